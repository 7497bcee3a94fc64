"""The checks of the isolation lab: namespaces, control groups and the union file system."""

from __future__ import annotations

import datetime
import itertools
import math
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from graders import Dock, Evidence, check, fail, not_assessable, scene
from graders.dock import Ran
from graders.observe.cgroups import Limits, kernel_offers, limits, set_limits, start_processes, take_memory
from graders.observe.containers import Container, find_container, fragment, logs, names, overview
from graders.observe.namespaces import View, views
from graders.observe.processes import Process, processes
from graders.observe.scripts import output_of, run_script, succeed
from graders.observe.storage import mounted, mounts
from graders.observe.waiting import until

UP_SECONDS, REPORT_SECONDS = 60, 60
SETTLE_SECONDS = 10  # for the ticker to start and for the hog to end
MIB, PAGE = 1 << 20, 1 << 16  # no machine's pages are larger
LEAST_MEMORY, LEAST_PAGE = 28 * MIB, 1 << 12  # bytes: the least that the grader sets; no machine's pages are smaller
KILLED = 137  # 128 + SIGKILL
LEAST_PID_MAX = 1 << 15  # the kernel's own bound on processes is not below that
NO_LIMIT = 1 << 60  # version 1 of control groups has a number near 2^63 for it
TOO_LITTLE = re.compile(r"Minimum memory limit allowed is \w+")  # what the engine says of a number of bytes
HOG_SAYS, HOG_COMMANDS = "hog: taking 256 MiB", ("hog", "/app/hog")
# What up.sh is given: none of the task's own examples, which a script may have typed in.
MEMORIES = sorted({*range(40, 80)} - {48})
TWENTIETHS = sorted({*range(4, 17)} - {7, 10})  # of a processor
PROCESSES = sorted({*range(30, 60)} - {40})
USUAL_PERIOD, PERIODS = 100000, (40000, 50000, 80000)  # microseconds: the engine's, and the grader's
SHARES = (0.25, 0.35, 0.45, 0.55)  # of a processor, which the grader sets
LIMIT_KEYS = ("memory", "cpus", "processes")
NUMBER_KEYS = ("net", "pid", "inside", "outside")
LINE = re.compile(r"^\s*(?P<key>[a-z]+)\s*(?P<sign>[=:])\s*['\"]?(?P<value>.*?)['\"]?\s*$")
COLOUR = re.compile(r"\x1b\[[\d;]*m")
NUMBER = re.compile(r"\d*\.?\d+(e[+-]?\d+)?", re.IGNORECASE)
Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Raised:
    """How up.sh was run."""

    ran: Ran
    environment: Mapping[str, str]

    @property
    def asked(self) -> dict[str, float]:
        """The limits that were asked for, under the report's names."""
        memory, processes = int(self.environment["MEMORY"]) * MIB, int(self.environment["PIDS"])
        return {"memory": memory, "cpus": float(self.environment["CPUS"]), "processes": processes}


@dataclass(frozen=True)
class Scenery:
    """The containers, and what their first processes and the dock see."""

    cell: Container
    visitor: Container
    ticker: Process
    limits: Limits
    dock_view: View
    cell_view: View
    visitor_view: View
    ticker_view: View


@dataclass(frozen=True)
class Reported:
    """A report, and the limits that the kernel had meanwhile."""

    ran: Ran
    values: Mapping[str, str]
    kernel: Limits


@scene
def raised(dock: Dock, dice: random.Random) -> Raised:
    """Run up.sh with values that nobody could know before."""
    lacking = tuple(kind for kind, there in kernel_offers(dock).items() if not there)
    environment = {
        "NAME": f"cell-{dice.randrange(10**6)}",
        "MEMORY": str(dice.choice(MEMORIES)),
        "CPUS": f"{dice.choice(TWENTIETHS) * 0.05:.2f}",
        "PIDS": str(dice.choice(PROCESSES)),
    }
    if lacking:  # the engine refuses to start what the kernel cannot limit
        not_assessable("kernel_cannot_limit", what=", ".join(lacking))
    return Raised(run_script(dock, "up.sh", environment, UP_SECONDS), environment)


@scene
def scenery(dock: Dock, raised: Raised) -> Scenery:
    """Both containers that run on, looked at from the dock."""
    found = {}
    for name in ("cell", "visitor"):
        container = find_container(dock, name)
        if container is None:
            _explain_refusal(raised)
            fail("container_missing", container=name, names=", ".join(names(dock)) or "-", evidence=[overview(dock)])
        if not container.running or container.raw["State"]["Restarting"]:
            evidence = [overview(dock), logs(dock, container)]
            fail("container_stopped", container=name, code=container.exit_code, evidence=evidence)
        found[name] = container
    cell, visitor = found["cell"], found["visitor"]
    ticker = until(lambda: _ticker(dock, cell), lambda process: process is not None, SETTLE_SECONDS)
    if ticker is None:
        evidence = [_listed(dock, cell), logs(dock, cell), fragment(cell, "Config", "Cmd")]
        fail("ticker_missing", evidence=evidence)
    seen = views(dock, [0, cell.pid, visitor.pid, ticker.pid], ("/", "/scratch"))
    looks = [view for view in seen if view]
    if len(looks) < len(seen):
        fail("container_stopped", container="cell, visitor", code="-", evidence=[overview(dock)])
    return Scenery(cell, visitor, ticker, limits(dock, cell), *looks)


@scene
def reported(dock: Dock, scenery: Scenery) -> Reported:
    """Run report.sh with everything as up.sh left it."""
    return _report(dock, scenery.limits)


@check
def up_works(dock: Dock, raised: Raised) -> None:
    """up.sh ends well and in time."""
    if raised.ran.exit:
        _explain_refusal(raised)
    succeed(dock, raised.ran, "up.sh", UP_SECONDS)


@check
def containers_run(scenery: Scenery) -> None:
    """cell and visitor run, and cell has its ticker."""


@check
def memory_limited(dock: Dock, raised: Raised, scenery: Scenery) -> None:
    """The kernel stops who takes more memory in cell than was asked, and nobody beside."""
    asked, has = raised.asked["memory"], scenery.limits.memory
    evidence = [_limits(scenery.limits), fragment(scenery.cell, "HostConfig", "Memory")]
    if has is None and _setting(scenery.cell, "MemoryReservation"):
        evidence = [*evidence, fragment(scenery.cell, "HostConfig", "MemoryReservation")]
        fail("reservation_for_limit", asked=f"{asked:.0f}", evidence=evidence)
    _compare_limit("cell", "memory", asked, has, "bytes", evidence)
    amount = int(asked) + 64 * MIB
    if take_memory(dock, None, amount).taken < amount:
        raise RuntimeError("the grader cannot take that much memory elsewhere either")
    taken = take_memory(dock, scenery.cell, amount)
    cell, visitor = find_container(dock, "cell"), find_container(dock, "visitor")
    alive = cell is not None and cell.pid == scenery.cell.pid
    if taken.signal != 9 or taken.taken > asked or not alive:
        seen = f"taken: {taken.taken} bytes, signal: {taken.signal}, cell alive: {alive}"
        fail("hog_not_killed", container="cell", seen=seen, evidence=[*evidence, overview(dock)])
    if visitor is None or visitor.pid != scenery.visitor.pid:  # cell lives, so this is not the limit's doing
        code = visitor.exit_code if visitor else "-"
        fail("container_stopped", container="visitor", code=code, evidence=[overview(dock)])


@check
def processes_limited(dock: Dock, raised: Raised, scenery: Scenery) -> None:
    """The kernel refuses one process more in cell than was asked."""
    asked, has = int(raised.asked["processes"]), scenery.limits.processes
    evidence = [_limits(scenery.limits), fragment(scenery.cell, "HostConfig", "PidsLimit")]
    ulimits = [str(one.get("Name")) for one in _setting(scenery.cell, "Ulimits") or ()]
    if has != asked and "nproc" in ulimits:
        fail("ulimit_for_limit", asked=asked, evidence=[*evidence, fragment(scenery.cell, "HostConfig", "Ulimits")])
    _compare_limit("cell", "processes", asked, has, "", evidence)
    most = asked + 20
    if start_processes(dock, None, most).refused:
        raise RuntimeError("the grader cannot start that many processes elsewhere either")
    bomb = start_processes(dock, scenery.cell, most)
    if not bomb.refused or bomb.there > asked:
        raise RuntimeError(f"the kernel has the limit {has} and does not keep it: {bomb}")


@check
def cpu_limited(raised: Raised, scenery: Scenery) -> None:
    """The kernel gives cell no more processor time than was asked."""
    asked, has = raised.asked["cpus"], scenery.limits.cpu
    evidence = [_limits(scenery.limits), fragment(scenery.cell, "HostConfig", "NanoCpus")]
    weights = [key for key in ("CpuShares", "CpusetCpus") if _setting(scenery.cell, key)]
    if has is None and weights:
        fail("shares_for_limit", asked=asked, evidence=[*evidence, fragment(scenery.cell, "HostConfig", weights[0])])
    _compare_limit("cell", "cpus", asked, has, "", evidence)


@check
def hog_killed(dock: Dock, raised: Raised) -> None:
    """The lab's hog was killed by its own memory limit, and is still there to be looked at."""
    hog = until(lambda: _kept_hog(dock), lambda found: found is not None and not found.running, SETTLE_SECONDS)
    if hog is None:
        _explain_refusal(raised)
        _explain_no_hog(dock)
    command = _command(hog)
    kept = ("Status", "ExitCode", "OOMKilled")
    state = ", ".join(f"{key}: {hog.raw['State'].get(key)}" for key in kept)
    evidence = [
        Evidence("$ docker inspect --format '{{json .State}}' hog", f"{state}\ncommand: {' '.join(command)}"),
        fragment(hog, "HostConfig", "Memory"),
        logs(dock, hog),
    ]
    asked, has = int(raised.asked["memory"]), _setting(hog, "Memory")
    if hog.image_id != dock.image_ids["cell"] or not _hogged(dock, hog, command):
        fail("hog_not_killed", container="hog", seen=f"{hog.image}: {' '.join(command)}", evidence=evidence)
    by_hand = _signals(dock, hog)
    if has or not by_hand:
        _compare_limit("hog", "memory", asked, has or None, "bytes", evidence)
    # The engine counts only what its restart policy did; the hog itself speaks whenever it is started.
    runs = max(1 + int(hog.raw["RestartCount"]), logs(dock, hog).text.count(HOG_SAYS))
    if runs > 1:
        fail("hog_started_again", runs=runs, evidence=evidence)
    if hog.running or hog.exit_code != KILLED or by_hand:
        reason = "still running" if hog.running else f"exit code {hog.exit_code}"
        if not hog.running and by_hand:
            reason = f"{reason}, but from docker kill or stop (signal {', '.join(by_hand)})"
        fail("hog_not_killed", container="hog", seen=reason, evidence=evidence)


@check
def hostname_set(raised: Raised, scenery: Scenery) -> None:
    """cell has the host name that was asked, in a UTS namespace of its own."""
    wanted, has = raised.environment["NAME"], scenery.cell_view.hostname
    if has != wanted:
        fail("hostname_differs", asked=wanted, has=has, evidence=[fragment(scenery.cell, "Config", "Hostname")])


@check
def network_shared(scenery: Scenery) -> None:
    """visitor is in cell's network namespace."""
    _shared("net", "own_network", scenery, "NetworkMode")


@check
def processes_shared(scenery: Scenery) -> None:
    """visitor is in cell's PID namespace."""
    _shared("pid", "own_processes", scenery, "PidMode")


@check
def root_read_only(dock: Dock, scenery: Scenery) -> None:
    """Nobody in cell can write to its root file system."""
    root = mounts(dock, scenery.cell).get("/")
    said = scenery.cell_view.writes.get("/", "-")
    if root is None or root.writable or not said:
        made = Evidence("cell: a new file in /", said or "made")
        evidence = [fragment(scenery.cell, "HostConfig", "ReadonlyRootfs"), made]
        fail("root_writable", evidence=evidence)


@check
def scratch_writable(scenery: Scenery) -> None:
    """cell's user can make a file in /scratch."""
    said = scenery.cell_view.writes.get("/scratch", "-")
    if said:
        evidence = [mounted(scenery.cell), fragment(scenery.cell, "HostConfig", "Tmpfs")]
        fail("scratch_not_writable", problem=said, evidence=evidence)


@check
def report_works(dock: Dock, reported: Reported) -> None:
    """report.sh ends well and says all that was asked."""
    _complete(dock, reported)


@check
def report_numbers(scenery: Scenery, reported: Reported) -> None:
    """The report has the namespaces and process IDs that the kernel has."""
    inside, outside = scenery.ticker_view.numbers[-1], scenery.ticker_view.numbers[0]
    here = scenery.cell_view.namespaces
    kernel = {"net": here["net"], "pid": here["pid"], "inside": inside, "outside": outside}
    others = [scenery.dock_view.namespaces, scenery.visitor_view.namespaces]
    lines = "\n".join(f"{key}={value}" for key, value in kernel.items())
    evidence = [output_of(reported.ran), Evidence("the kernel", lines)]
    for key, value in kernel.items():
        told = _number(reported.values[key])
        if told == value:
            continue
        of_ticker = key in ("inside", "outside")
        elsewhere = {inside, outside} if of_ticker else {view[key] for view in others}
        cause = "report_wrong_side" if told in elsewhere else "report_differs"
        if of_ticker and told in (1, scenery.cell.pid, scenery.visitor.pid):
            cause = "report_of_first_process"
        fail(cause, key=key, told=reported.values[key], kernel=value, evidence=evidence)


@check
def report_limits(dock: Dock, raised: Raised, scenery: Scenery, reported: Reported, dice: random.Random) -> None:
    """The report has the limits that the kernel has, also when they were changed behind the engine's back."""
    usual = _setting(scenery.cell, "CpuPeriod") or USUAL_PERIOD
    cpu, period = _other_share(raised.asked["cpus"], usual, dice)
    new = Limits(_less(scenery.limits.memory, dice), dice.randrange(100, 200), cpu)
    kernel = set_limits(dock, scenery.cell, new, period)
    again = _report(dock, kernel)
    _complete(dock, again)
    evidence = [output_of(again.ran), _limits(kernel), output_of(reported.ran), _limits(scenery.limits)]
    for key in LIMIT_KEYS:
        early, late, now = reported.values[key], again.values[key], _kernel(kernel, key)
        before = _kernel(scenery.limits, key)
        if _same(key, late, now) and (before is None or _same(key, early, before)):
            continue
        facts = {"key": key, "told": late, "kernel": f"{now:g}" if key == "cpus" else now}
        settings, other_unit = (raised.asked[key], before), _in_other_unit(key, late, now, period)
        if key == "cpus" and not _same(key, late, before) and _rounded((early, before), (late, now)):
            fail("report_rounded", **facts, evidence=evidence)
        if _of_others(dock, scenery, key, late):
            fail("report_of_another_group", **facts, evidence=evidence)
        if early == late and any(_same(key, late, was) or _in_other_unit(key, late, was, usual) for was in settings):
            fail("report_from_settings", **facts, evidence=evidence)
        if not other_unit and _of_usage(dock, scenery.cell, key, late):
            fail("report_of_usage", **facts, evidence=evidence)
        if _of_machine(dock, key, late):
            fail("report_of_machine", **facts, evidence=evidence)
        if early == late:
            fail("report_typed", **facts, evidence=evidence)
        if key == "cpus" and any(_same(key, late, cpu * period / one) for one in (usual, USUAL_PERIOD)):
            fail("period_assumed", **facts, period=period, evidence=evidence)
        fail("report_in_other_unit" if other_unit else "report_differs", **facts, evidence=evidence)


def _other_share(asked: float, usual: int, dice: random.Random) -> tuple[float, int]:
    """Another share of a processor than was asked, and its period.

    By a period that may be assumed the share would be neither what was asked nor this one when it is rounded.
    """
    choices = []
    for share, period in itertools.product(SHARES, PERIODS):
        assumed = [share * period / one for one in (period, usual, USUAL_PERIOD)]
        as_asked = any(abs(told - asked) <= 0.02 for told in assumed)
        if period != usual and not as_asked and not any(_rounded((f"{told:g}", share)) for told in assumed):
            choices.append((share, period))
    return dice.choice(choices)


def _less(memory: int | None, dice: random.Random) -> int:
    """A memory limit in bytes, below the one that is there: version 1 refuses one above memory and swap together."""
    less = LEAST_MEMORY + dice.randrange(10) * MIB
    return less if memory is None or memory > less else memory * dice.randrange(80, 95) // 100 // PAGE * PAGE


def _ticker(dock: Dock, cell: Container) -> Process | None:
    """The lab's ticker among the processes that the cell started."""
    return next((one for one in processes(dock, cell) if one.arguments[-1:] == ("/app/ticker",)), None)


def _explain_refusal(raised: Raised) -> None:
    """Fail where the engine refused a memory limit, as it does with a number without its unit."""
    if found := TOO_LITTLE.search(raised.ran.output):
        fail("unit_missing", memory=raised.environment["MEMORY"], said=found[0], evidence=[output_of(raised.ran)])


def _explain_no_hog(dock: Dock) -> NoReturn:
    """Fail with the misconception for which no container has the name: it has another one, or is gone."""
    there = {name: found for name in names(dock) if (found := find_container(dock, name))}
    if any(name != "hog" and _command(other)[-1] in HOG_COMMANDS for name, other in there.items()):
        fail("container_missing", container="hog", names=", ".join(there), evidence=[overview(dock)])
    fail("hog_missing", names=", ".join(there) or "-", evidence=[overview(dock)])


def _command(container: Container) -> list[str]:
    return [str(container.raw["Path"]), *map(str, container.raw["Args"])]


def _kept_hog(dock: Dock) -> Container | None:
    """The hog, unless it has ended with `--rm`: the engine is removing it then, also while it still tells of it."""
    hog = find_container(dock, "hog")
    return None if hog and not hog.running and _setting(hog, "AutoRemove") else hog


def _hogged(dock: Dock, hog: Container, command: list[str]) -> bool:
    """Whether the lab's hog ran there: it says so itself, first of all; without a log its command must do."""
    if not _setting(hog, "LogConfig") or _setting(hog, "LogConfig")["Type"] == "none":
        return command[-1] in HOG_COMMANDS
    return HOG_SAYS in logs(dock, hog).text


def _listed(dock: Dock, container: Container) -> Evidence:
    lines = [str(process) for process in processes(dock, container)]
    return Evidence(f"$ docker top {container.name}", "\n".join(lines) or "(none)")


def _setting(container: Container, key: str) -> Any:
    return container.raw["HostConfig"].get(key)


def _limits(kernel: Limits) -> Evidence:
    return Evidence("the limits of cell, in the kernel", kernel.says())


def _compare_limit(
    container: str, what: str, asked: float, has: float | None, unit: str, evidence: list[Evidence]
) -> None:
    """Fail unless a limit is there and is the one that was asked for."""
    facts = {"container": container, "what": what, "asked": f"{asked:.12g} {unit}".strip()}
    if has is None:
        fail("limit_missing", **facts, evidence=evidence)
    if not _near(what, has, asked):
        fail("limit_differs", **facts, has=f"{has:.12g} {unit}".strip(), evidence=evidence)


def _near(what: str, one: float, other: float) -> bool:
    """Whether two limits are the same; the kernel rounds memory to pages and processor time to microseconds."""
    if what == "processes":
        return one == other
    return abs(one - other) <= (0.004 if what == "cpus" else other * 0.005)


def _signals(dock: Dock, container: Container) -> list[str]:
    """The signals that were sent to a container through the engine."""
    wanted = {"container": [container.id], "event": ["kill"]}
    api: Any = dock.engine.api  # the stubs know no time with a fraction
    # By the dock's clock, or the engine would go on to wait for events that are yet to come.
    now = datetime.datetime.fromisoformat(api.info()["SystemTime"]).timestamp()
    events = api.events(since="0", until=f"{now:.6f}", filters=wanted, decode=True)
    return [str(event["Actor"]["Attributes"].get("signal", "-")) for event in events]


def _shared(kind: str, cause: str, scenery: Scenery, setting: str) -> None:
    """Fail unless the visitor is in the cell's namespace, which is not the dock's."""
    inodes = {
        name: view.namespaces[kind]
        for name, view in (("cell", scenery.cell_view), ("visitor", scenery.visitor_view), ("-", scenery.dock_view))
    }
    if inodes["cell"] == inodes["-"]:
        raise RuntimeError(f"the policy let cell into the dock's {kind} namespace")
    if inodes["cell"] != inodes["visitor"]:
        evidence = [
            Evidence(f"/proc/PID/ns/{kind}", "\n".join(f"{name}: {inode}" for name, inode in inodes.items())),
            fragment(scenery.visitor, "HostConfig", setting),
        ]
        fail(cause, cell=inodes["cell"], visitor=inodes["visitor"], evidence=evidence)


def _report(dock: Dock, kernel: Limits) -> Reported:
    """Run report.sh and read its lines."""
    ran = run_script(dock, "report.sh", {}, REPORT_SECONDS)
    said = COLOUR.sub("", ran.output).splitlines()
    found = [line for text in said if (line := LINE.match(text)) and line["value"]]
    # A colon counts only where no line has the key with the sign that was asked: a summary for people may follow.
    found.sort(key=lambda line: line["sign"] == "=")
    return Reported(ran, {line["key"]: line["value"] for line in found}, kernel)


def _complete(dock: Dock, reported: Reported) -> None:
    succeed(dock, reported.ran, "report.sh", REPORT_SECONDS)
    lacking = [key for key in (*LIMIT_KEYS, *NUMBER_KEYS) if key not in reported.values]
    if lacking:
        fail("report_incomplete", lacking=", ".join(lacking), evidence=[output_of(reported.ran)])


def _of_others(dock: Dock, scenery: Scenery, key: str, told: str) -> bool:
    """Whether a value is a limit of the visitor's or the dock's control group, or says that there is none."""
    number, said = _number(told), told.strip().lower()
    if said.startswith(("max", "-")) or (number is not None and (number >= NO_LIMIT or (key == "cpus" and not number))):
        return True
    return any(_same(key, told, _kernel(group, key)) for group in (limits(dock, scenery.visitor), limits(dock, None)))


def _of_usage(dock: Dock, cell: Container, key: str, told: str) -> bool:
    """Whether a value is what cell uses: whole pages far below each limit, or its processes and those that asked."""
    number, there = _number(told) or 0, len(processes(dock, cell))
    if key == "processes":
        return there <= number <= there + 3
    return key == "memory" and 0 < number < LEAST_MEMORY / 2 and number % LEAST_PAGE == 0


def _of_machine(dock: Dock, key: str, told: str) -> bool:
    """Whether a value is the machine's memory or processors, or a bound on processes that no container's limit is."""
    number, has = _number(told), dock.engine.api.info()
    if key == "cpus":
        return number == float(has["NCPU"])
    if key == "memory":
        return _same(key, told, has["MemTotal"]) or _in_other_unit(key, told, has["MemTotal"], USUAL_PERIOD)
    return told.strip() == "unlimited" or (number or 0) >= LEAST_PID_MAX


def _in_other_unit(key: str, told: str, now: float | None, period: int) -> bool:
    """Whether a value is the right one in KiB, MiB or GiB, in per cent, or the quota without its period."""
    number = _number(told.partition(" ")[0].rstrip("%").rstrip("iBb").rstrip("kKmMgG"))
    factors = {"memory": (1, 1 << 10, MIB, 1 << 30, 1e3, 1e6), "cpus": (1, 1e-2, 1e-3, 1 / period, 1e-9)}.get(key, ())
    return number is not None and now is not None and any(_near(key, number * factor, now) for factor in factors)


def _rounded(*pairs: tuple[str, float | None]) -> bool:
    """Whether each value told is what the kernel has, but without its fraction or with one digit of it only."""
    ways: tuple[Callable[[float], float], ...] = (
        math.floor,
        lambda value: math.floor(value * 10) / 10,
        lambda value: math.floor(value * 10 + 0.5) / 10,
        lambda value: float(f"{value:.1f}"),
    )
    known = [(_number(told), has) for told, has in pairs if has is not None]
    return any(all(told is not None and abs(told - way(has)) < 1e-6 for told, has in known) for way in ways)


def _number(text: str) -> float | None:
    """The number that a value of the report is, also in the form net:[4026531840]."""
    text = re.sub(r"^\w+:\[(\d+)\]$", r"\1", text.strip())
    return float(text) if NUMBER.fullmatch(text) else None


def _kernel(kernel: Limits, key: str) -> float | None:
    return {"memory": kernel.memory, "cpus": kernel.cpu, "processes": kernel.processes}[key]


def _same(key: str, told: str, value: float | None) -> bool:
    number = _number(told)
    return number is not None and value is not None and _near(key, number, value)
