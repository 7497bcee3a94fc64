"""Lays out what was observed: networks and containers as a picture, layers and what happened when as bars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

COLUMN, BOX, BOX_HEIGHT = 108, 96, 50  # of one container, in the picture's units
MARGIN, BUS_GAP = 10, 62  # a bus and the room for its links
ADDRESS = 26  # what the last container's address needs beyond its column
LONGEST_LABEL = 12  # characters that fit into a box
MOST_LAYERS = 127  # no image has more
MOST = 24  # containers and networks in a picture; the tables have all


@dataclass(frozen=True)
class Link:
    """One container's place on one network."""

    network: str
    address: str
    kind: str  # joined, missing or extra
    x: float = 0
    y: float = 0  # at the box
    bus: float = 0  # y of the network's line
    labelled: bool = True  # whether there is room for a word beside it

    @property
    def label_y(self) -> float:
        """Where its word stands: near the box, clear of every network's line."""
        return self.y + 24 if self.bus > self.y else self.y - 16


@dataclass(frozen=True)
class Box:
    """One container."""

    name: str
    state: str  # running, stopped or missing
    published: tuple[str, ...]
    links: tuple[Link, ...]
    x: float = 0
    y: float = 0

    @property
    def middle(self) -> float:
        """The x of its middle."""
        return self.x + BOX / 2

    @property
    def label(self) -> str:
        """Its name, cut to the box."""
        return _cut(self.name, LONGEST_LABEL)


@dataclass(frozen=True)
class Bus:
    """One network."""

    name: str
    state: str  # there or missing
    driver: str
    internal: bool
    members: tuple[str, ...]
    y: float = 0
    below: bool = False  # below the containers

    @property
    def label(self) -> str:
        """Its name, cut to the picture."""
        return _cut(self.name, 2 * LONGEST_LABEL)


@dataclass(frozen=True)
class Topology:
    """The picture of networks and containers."""

    buses: tuple[Bus, ...]
    boxes: tuple[Box, ...]
    width: float
    height: float
    left_out: bool  # there was more than a picture can hold

    @property
    def drawn(self) -> tuple[Box, ...]:
        """The containers that are in the picture; the tables have all."""
        return self.boxes[:MOST]

    @property
    def wide(self) -> bool:
        """Whether it is too wide for a narrow screen and is to scroll."""
        return len(self.boxes) > 4

    def has(self, kind: str) -> bool:
        """Whether a link of this kind is in it."""
        return any(link.kind == kind for box in self.boxes for link in box.links)


def topology(observed: Mapping[str, Any]) -> Topology | None:
    """Lay out the networks and containers; None where none were observed or expected."""
    expected = {name: list(joined) for name, joined in (observed.get("expected") or {}).items()}
    seen = {entry["name"]: entry for entry in observed.get("containers") or ()}
    networks = {entry["name"]: entry for entry in observed.get("networks") or ()}
    names = [*dict.fromkeys((*expected, *seen))]
    if not names and not networks:
        return None
    boxes = [_box(name, seen.get(name), expected.get(name)) for name in names]
    buses = [_bus(name, networks.get(name)) for name in _order(expected, networks, boxes)]
    return _place(buses, boxes)


def _order(expected: Mapping[str, Sequence[str]], networks: Iterable[str], boxes: Iterable[Box]) -> list[str]:
    """Networks as the chain of containers meets them: those with fewer demands on a container first."""
    asked = sorted(expected.values(), key=len) if expected else []
    wanted = [name for joined in asked for name in joined]
    used = [link.network for box in boxes for link in box.links]
    return [*dict.fromkeys((*wanted, *networks, *used))]


def _box(name: str, seen: Mapping[str, Any] | None, expected: Sequence[str] | None) -> Box:
    joined: Mapping[str, str] = seen["networks"] if seen else {}
    links = [
        Link(network, address, "extra" if expected is not None and network not in expected else "joined")
        for network, address in joined.items()
    ]
    links += [Link(network, "", "missing") for network in expected or () if network not in joined]
    state = "missing" if seen is None else "running" if seen["running"] else "stopped"
    return Box(name, state, tuple(seen["published"]) if seen else (), tuple(links))


def _bus(name: str, seen: Mapping[str, Any] | None) -> Bus:
    if seen is None:
        return Bus(name, "missing", "", False, ())
    return Bus(name, "there", seen["driver"], seen["internal"], tuple(seen["members"]))


def _place(buses: Sequence[Bus], boxes: Sequence[Box]) -> Topology:
    """Half of the networks above the containers, half below, so that few lines cross."""
    above = (min(len(buses), MOST) + 1) // 2
    row = MARGIN + above * BUS_GAP
    placed = []
    for number, bus in enumerate(buses[:MOST]):
        below = number >= above
        y = row + BOX_HEIGHT + (number - above + 1) * BUS_GAP if below else MARGIN + 14 + number * BUS_GAP
        placed.append(Bus(bus.name, bus.state, bus.driver, bus.internal, bus.members, y - 14 if below else y, below))
    lines = {bus.name: bus for bus in placed}
    drawn = tuple(_placed(box, MARGIN + 6 + number * COLUMN, row, lines) for number, box in enumerate(boxes[:MOST]))
    height = row + BOX_HEIGHT + (len(placed) - above) * BUS_GAP + MARGIN
    width = 2 * MARGIN + max(len(drawn), 2) * COLUMN + ADDRESS
    rest = tuple(boxes[MOST:])
    return Topology(tuple(placed), drawn + rest, width, height, bool(rest) or len(buses) > MOST)


def _placed(box: Box, x: float, y: float, lines: Mapping[str, Bus]) -> Box:
    links: list[Link] = []
    for below in (False, True):
        side = [link for link in box.links if link.network in lines and lines[link.network].below is below]
        for number, link in enumerate(side):
            at = x + BOX * (number + 1) / (len(side) + 1)
            start = y + BOX_HEIGHT if below else y
            alone = len(side) == 1
            links.append(Link(link.network, link.address, link.kind, at, start, lines[link.network].y, alone))
    return Box(box.name, box.state, box.published, tuple(links), x, y)


@dataclass(frozen=True)
class LayerBar:
    """The size of one layer, as a bar."""

    step: str
    size: int  # bytes
    left: float  # of the bar, in hundredths of the whole: where the layer below it ends
    width: float


@dataclass(frozen=True)
class Layers:
    """What an image adds to its base, layer by layer, against what it may add."""

    base: int  # bytes
    budget: int  # bytes for all layers together
    own: tuple[LayerBar, ...]
    limit: float  # where the budget ends, in hundredths of the whole

    @property
    def added(self) -> int:
        """Bytes of all layers together."""
        return sum(bar.size for bar in self.own)

    @property
    def left(self) -> float:
        """Where what was added ends."""
        return self.own[-1].left + self.own[-1].width if self.own else 0

    @property
    def over(self) -> bool:
        """Whether it adds more than it may."""
        return self.added > self.budget


def layers(observed: Mapping[str, Any]) -> Layers | None:
    """Lay out an image's layers; None where none were observed."""
    seen = observed.get("layers")
    if not seen:
        return None
    budget, entries = int(seen["budget"]), seen["own"][:MOST_LAYERS]
    whole = max(sum(int(entry["size"]) for entry in entries), budget) * 1.04
    bars, below = [], 0
    for entry in entries:
        size = int(entry["size"])
        bars.append(LayerBar(str(entry["step"]), size, round(100 * below / whole, 2), round(100 * size / whole, 2)))
        below += size
    return Layers(int(seen["base"]), budget, tuple(bars), round(100 * budget / whole, 2))


@dataclass(frozen=True)
class Event:
    """One thing that happened, as a bar."""

    what: Any  # a text in one language, or in both as {en, ko}
    kind: str
    start: float  # seconds since the grading began
    seconds: float
    left: float  # of the bar, in hundredths of the whole
    width: float

    @property
    def moment(self) -> bool:
        """Whether it took no time."""
        return self.seconds == 0


def events(observed: Mapping[str, Any]) -> tuple[Event, ...]:
    """What happened, by its beginning."""
    return tuple(_events(sorted(observed.get("timeline") or (), key=lambda event: (event["start"], event["end"]))))


def _events(entries: Sequence[Mapping[str, Any]]) -> Iterator[Event]:
    whole = max((entry["end"] for entry in entries), default=0) or 1
    for entry in entries:
        start, end = float(entry["start"]), float(entry["end"])
        width = max(round(100 * (end - start) / whole, 2), 0.8)
        left = min(round(100 * start / whole, 2), 100 - width)
        yield Event(entry["what"], str(entry["kind"]), start, round(end - start, 3), left, width)


def _cut(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
