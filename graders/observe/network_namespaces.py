"""Network namespaces: which one a container is in, and what there is in it."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from graders.dock import Dock
from graders.observe.containers import Container
from graders.observe.inside import answer_of
from graders.verdicts import Evidence


@dataclass(frozen=True)
class View:
    """What a container sees of the network."""

    inode: int  # of its network namespace: two containers with the same one share everything here
    interfaces: Mapping[str, tuple[str, ...]]  # name -> addresses with their prefixes; those that are up, and lo
    gateways: tuple[str, ...]  # of its default routes
    listening: tuple[tuple[str, int], ...]  # where its own programs listen, not those beside it; TCP

    @property
    def addresses(self) -> tuple[str, ...]:
        """All its addresses but those of the loopback interface, without prefixes."""
        return tuple(
            address.partition("/")[0] for name, has in self.interfaces.items() if name != "lo" for address in has
        )

    def on(self, subnets: tuple[str, ...]) -> bool:
        """Whether it has an address in one of these subnets."""
        pools = [ipaddress.ip_network(subnet, strict=False) for subnet in subnets]
        return any(ipaddress.ip_address(address) in pool for address in self.addresses for pool in pools)

    def says(self) -> str:
        """The view in one line."""
        links = ", ".join(f"{name} {' '.join(has) or '-'}" for name, has in self.interfaces.items())
        routes = ", ".join(self.gateways) or "-"
        ports = ", ".join(f"{address}:{port}" for address, port in self.listening) or "-"
        return f"net:[{self.inode}]  {links}  default via {routes}  listens {ports}"


def views(dock: Dock, containers: Mapping[str, Container | None]) -> dict[str, View]:
    """Look into the namespaces of containers; one that does not run is in namespace 0. None: the dock itself."""
    asked = {
        name: (container.pid or -1) if container else 0  # no process has this number
        for name, container in containers.items()
    }
    answers = answer_of(dock, "network_namespaces.py", list(asked.values()))
    return {
        name: View(
            answer["inode"],
            {link: tuple(has) for link, has in answer["interfaces"].items()},
            tuple(answer["gateways"]),
            tuple((address, port) for address, port in answer["listening"]),
        )
        for name, answer in zip(asked, answers, strict=True)
    }


def seen(found: Mapping[str, View]) -> Evidence:
    """What containers see of the network, as evidence."""
    lines = [f"{name}: {view.says()}" for name, view in found.items()]
    return Evidence("readlink /proc/PID/ns/net; ip address; ip route; ss -ltn", "\n".join(lines))
