"""The checks of the lifecycle lab: commands, and the life of a container."""

from __future__ import annotations

import contextlib
import hashlib
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn, TypeVar

from docker.errors import APIError, ImageNotFound, NotFound

from graders import Dock, Evidence, Timeline, check, fail, scene
from graders.dock import Ran
from graders.observe.containers import Container, find_container, fragment, logs, names, overview
from graders.observe.events import Event, of, recorded, story, told
from graders.observe.files import last_changed, read_file
from graders.observe.processes import processes
from graders.observe.scripts import output_of, run_script, succeed
from graders.observe.storage import layer_holds, mounts
from graders.observe.waiting import until

SECONDS = 40  # for each script
SETTLE_SECONDS = 20  # for the engine or a program to come to what it was told
LIT_SECONDS = 3  # for a light whose log cannot be read
NOTE = "/srv/note"
UP_POLICY = "unless-stopped"
ENDED = ("flaky", "job")  # have ended when down.sh begins
Found = TypeVar("Found")


@dataclass(frozen=True)
class Given:
    """What all scripts are given."""

    environment: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.environment[name]


@dataclass(frozen=True)
class Act:
    """How a script ran, what happened to containers meanwhile, and what became of beacon."""

    script: str
    greeting: str
    ran: Ran
    events: Sequence[Event]
    before: Container | None
    after: Container | None

    @property
    def of_beacon(self) -> list[Event]:
        """What happened to the beacon that was there before."""
        return of(self.events, self.before.id) if self.before else []

    def evidence(self) -> list[Evidence]:
        """What the script said, and what the engine said of containers meanwhile."""
        return [output_of(self.ran), told(self.events)]


@dataclass(frozen=True)
class Job:
    """How job.sh ran, the container it left, and its files."""

    act: Act
    container: Container | None
    code: str
    log: str


@scene
def given(dice: random.Random) -> Given:
    """Values that nobody could know before."""
    return Given({
        "GREETING": f"hello-{dice.randrange(10**8)}",
        "TRIES": str(dice.choice((1, 4))),  # none that stands in the task or in a hint, which a student may type
        "NOTE": f"note-{dice.randrange(10**8)}",
        "ORDER": f"order-{dice.randrange(10**8)}",
        "PLACE": f"harbour-{dice.randrange(10**8)}",
    })  # fmt: skip


@scene
def raised(dock: Dock, given: Given) -> Act:
    """Run up.sh."""
    return _act(dock, "up.sh", given.environment)


@scene
def rounds(dock: Dock, given: Given, raised: Act) -> Act:
    """Run rounds.sh, once the light burns."""
    return _act(dock, "rounds.sh", given.environment)


@scene
def job(dock: Dock, given: Given) -> Job:
    """Run job.sh, and wait until its container has ended."""
    act = _act(dock, "job.sh", given.environment)
    code, log = _file(dock, "job.code"), _file(dock, "job.log")  # as the script left them

    def over(found: Container | None) -> bool:
        return found is None or not found.running or found.raw["RestartCount"] > 0

    container = until(lambda: find_container(dock, "job"), over, SETTLE_SECONDS)
    return Job(act, container, code, log)


@scene
def asked(dock: Dock, given: Given) -> Act:
    """Run ask.sh."""
    return _act(dock, "ask.sh", given.environment)


@scene
def renewed(dock: Dock, given: Given, raised: Act, dice: random.Random) -> Act:
    """Run replace.sh with another greeting."""
    return _act(dock, "replace.sh", {**given.environment, "GREETING": f"again-{dice.randrange(10**8)}"})


@scene
def ended(dock: Dock, given: Given, raised: Act, asked: Act, renewed: Act) -> Act:
    """Run down.sh, which does not answer for what has been told of others: that one runs on, is not there, or was left.

    What was left is removed only afterwards, since down.sh may well know of it. Where a script has removed the lab's
    image, which others tell, nothing can stand in.
    """
    found = {name: find_container(dock, name) for name in ENDED}
    for container in found.values():
        if container and container.running:
            dock.engine.api.stop(container.id, timeout=0)
    missing = [name for name, container in found.items() if container is None]
    made = []
    with contextlib.suppress(ImageNotFound):
        for name in missing:
            made.append(dock.engine.api.create_container(dock.image_ids["beacon"], name=name)["Id"])
    act = _act(dock, "down.sh", given.environment)
    _remove(dock, [*made, *_left(asked, renewed)])
    return act


@check
def up_works(dock: Dock, raised: Act) -> None:
    """up.sh ends well and in time; one that waits for its own beacon is told so."""
    if raised.ran.ended_by == "time" and raised.after and _attached(raised, raised.after):
        fail("runs_in_foreground", evidence=raised.evidence())
    if raised.ran.exit:
        _blame_option(raised)
        _blame_terminal(raised)
    succeed(dock, raised.ran, "up.sh", SECONDS)


@check
def beacon_runs(dock: Dock, raised: Act) -> None:
    """beacon is the light, runs, and was started in the background."""
    if not raised.after:
        _blame_terminal(raised)
    beacon = _need(dock, "beacon", raised.after, raised)
    if beacon.image_id != dock.image_ids["beacon"]:
        _other(dock, beacon, "serve")
    if not beacon.running:
        _blame_option(raised)
        _stopped(dock, beacon, raised)
    if not _lit(dock, beacon):
        _other(dock, beacon, "serve")
    if _attached(raised, beacon):
        fail("runs_in_foreground", evidence=raised.evidence())


@check
def greeting_given(dock: Dock, given: Given, raised: Act) -> None:
    """The greeting is in the environment of beacon."""
    _greets(dock, _need(dock, "beacon", raised.after, raised), given["GREETING"])


@check
def gives_up(dock: Dock, given: Given, raised: Act) -> None:
    """flaky is started again as often as was asked, and then left alone."""
    tries = int(given["TRIES"])
    flaky = _need(dock, "flaky", find_container(dock, "flaky"), raised)
    if flaky.image_id != dock.image_ids["beacon"]:
        _other(dock, flaky, "crash")
    _policy(flaky, "on-failure", tries)

    flaky = _rested(dock, flaky, tries)
    if flaky.raw["State"]["Status"] == "created":
        _stopped(dock, flaky, raised)
    if flaky.raw["State"]["Status"] != "exited" or flaky.exit_code != 7 or not _crashes(dock, flaky):
        _other(dock, flaky, "crash")
    if flaky.raw["RestartCount"] != tries:
        fail(
            "wrong_restart_policy", container="flaky", wanted=f"on-failure:{tries}",
            policy=f"{_shown_policy(flaky)}, RestartCount {flaky.raw['RestartCount']}",
            evidence=[fragment(flaky, "HostConfig", "RestartPolicy"), fragment(flaky, "State")],
        )  # fmt: skip


@check
def comes_back(dock: Dock, raised: Act, timeline: Timeline) -> None:
    """After its program was killed, beacon runs again by itself."""
    beacon = _need(dock, "beacon", find_container(dock, "beacon"), raised)
    _policy(beacon, UP_POLICY)
    dock.output("sh", "-c", 'kill -9 "$0" 2>/dev/null || true', str(beacon.pid))
    timeline.mark("crashed", "broken")

    def back(found: Container) -> bool:
        return found.running and found.pid not in (0, beacon.pid)

    again = until(lambda: find_container(dock, beacon.id) or beacon, back, SETTLE_SECONDS)
    if not back(again):
        _stopped(dock, again, raised)
    timeline.mark("came_back", "recovered")


@check
def rounds_work(dock: Dock, rounds: Act) -> None:
    """rounds.sh ends well and in time."""
    if rounds.ran.exit:
        _blame_terminal(rounds)
    succeed(dock, rounds.ran, "rounds.sh", SECONDS)


@check
def note_kept(dock: Dock, given: Given, rounds: Act) -> None:
    """The note was written into beacon, and is there after the restart."""
    beacon, note = _need(dock, "beacon", rounds.after, rounds), given["NOTE"]
    if rounds.before and beacon.id != rounds.before.id:
        fail("not_restarted", events=story(rounds.of_beacon), evidence=rounds.evidence())
    text, written = read_file(dock, beacon, NOTE)
    if note not in text:
        _blame_terminal(rounds)
        evidence = [Evidence(f"$ docker exec beacon cat {NOTE}", text or "(no such file)"), *rounds.evidence()]
        in_memory = [path for path, found in mounts(dock, beacon).items() if found.in_memory]
        if within := [path for path in in_memory if NOTE.startswith(f"{path}/")]:
            fail("note_in_memory", folder=within[-1], evidence=[*evidence, fragment(beacon, "HostConfig", "Tmpfs")])
        if elsewhere := _elsewhere(dock, beacon, note, rounds.events):
            fail("note_elsewhere", container=elsewhere, evidence=evidence)
        if paths := layer_holds(dock, beacon, note):
            fail("note_misplaced", path=paths[0], evidence=evidence)
        fail("note_missing", seen=text.strip() or "-", evidence=evidence)
    # Not only one that was written after all: one that a stopped container was given has not outlived its stop.
    later = [event.at for event in rounds.of_beacon if event.action in ("pause", "die")]
    if later and max(written, last_changed(dock, beacon, NOTE)) > later[0]:
        fail("wrong_order", events=story(rounds.of_beacon), evidence=rounds.evidence())


@check
def paused_and_resumed(dock: Dock, rounds: Act) -> None:
    """beacon was paused and resumed, before it was stopped."""
    actions = [event.action for event in rounds.of_beacon]
    pauses = [i for i, action in enumerate(actions) if action == "pause"]
    # The engine itself resumes a paused container that it is told to stop, but only after the signal.
    resumed = [
        i
        for i, action in enumerate(actions)
        if action == "unpause" and pauses and i > pauses[0] and "kill" not in actions[pauses[0] : i]
    ]
    evidence = rounds.evidence()
    if not resumed:
        fail("not_paused", events=story(rounds.of_beacon), evidence=evidence)
    if "die" in actions and resumed[0] > len(actions) - 1 - actions[::-1].index("die"):
        fail("wrong_order", events=story(rounds.of_beacon), evidence=evidence)


@check
def stopped_and_started(dock: Dock, rounds: Act) -> None:
    """The same container was stopped in good order, and runs again."""
    beacon = _need(dock, "beacon", rounds.after, rounds)
    actions = [event.action for event in rounds.of_beacon]
    if not (rounds.before and beacon.id == rounds.before.id and "die" in actions):
        fail("not_restarted", events=story(rounds.of_beacon), evidence=rounds.evidence())
    _gentle(rounds)
    # One that was told to end from within is started again by its policy, a moment later.
    beacon = until(lambda: find_container(dock, beacon.id) or beacon, _settled, SETTLE_SECONDS)
    if not beacon.running:
        _stopped(dock, beacon, rounds)


@check
def job_kept(dock: Dock, given: Given, job: Job) -> None:
    """job.sh ends well, and its container is kept, with the exit code of its work."""
    container = job.container
    if job.act.ran.exit == _code(given):
        fail("script_takes_code", code=_code(given), evidence=job.act.evidence())
    if job.act.ran.exit or container is None:
        _blame_terminal(job.act, job.log)
    succeed(dock, job.act.ran, "job.sh", SECONDS)
    if container is None:
        if any(event.name == "job" and event.action == "destroy" for event in job.act.events):
            fail("job_removed", events=story(job.act.events), evidence=job.act.evidence())
        _missing(dock, "job", job.act)
    if container.raw["HostConfig"]["RestartPolicy"]["Name"] not in ("", "no"):
        _policy(container, "no")
    if container.raw["State"]["Status"] == "created":
        _stopped(dock, container, job.act)
    if container.image_id == dock.image_ids["beacon"] and container.exit_code == _code(given):
        return
    if f"ORDER={given['ORDER']}" not in (container.raw["Config"]["Env"] or ()):
        _unset(dock, container, "ORDER", given["ORDER"])
    _other(dock, container, "report")


@check
def job_code_told(given: Given, job: Job) -> None:
    """job.code holds the container's exit code."""
    code = str(_code(given))
    if job.code.strip() != code:
        fail("code_wrong", code=code, seen=job.code.strip() or "-", evidence=job.act.evidence())


@check
def job_log_saved(given: Given, job: Job) -> None:
    """job.log holds all that the job said."""
    digest = _digest(given["ORDER"])
    evidence = [Evidence("$ cat job.log", job.log or "(empty, or not there)"), *job.act.evidence()]
    lines = (given["ORDER"], f"warning {digest[:8]}", f"result {digest[8:16]}")
    begins, warns, ends = (line in job.log for line in lines)
    if not (begins or warns or ends):
        fail("log_empty", evidence=evidence)
    if ends and not begins:
        fail("log_without_beginning", evidence=evidence)
    if not begins:
        fail("log_without_output", evidence=evidence)
    if not ends:
        fail("log_cut", evidence=evidence)
    if not warns:
        fail("log_without_errors", evidence=evidence)
    runs = [event.name for event in job.act.events if event.action == "die" and event.exit_code == _code(given)]
    if len(runs) > 1:
        fail("job_done_twice", containers=", ".join(runs), evidence=evidence)


@check
def asks_and_forgets(dock: Dock, given: Given, asked: Act) -> None:
    """ask.sh prints the answer of a container of its own, which is gone afterwards."""
    made = {event.container: event.name for event in asked.events if event.action == "create"}
    if asked.ran.exit:
        _blame_terminal(asked)
    if "PLACE: is not set" in asked.ran.output and made:
        _placeless(given, asked, made, "-")
    succeed(dock, asked.ran, "ask.sh", SECONDS)

    def left() -> list[str]:
        return [name for identity, name in made.items() if find_container(dock, identity)]

    def going() -> bool:  # the engine removes it by itself a moment after its end, which may come after the script's
        found = [one for identity in made if (one := find_container(dock, identity))]
        return any(one.raw["HostConfig"]["AutoRemove"] for one in found)

    until(going, lambda still: not still, SETTLE_SECONDS)
    if still := left():
        fail("rm_missing", names=", ".join(still), evidence=[overview(dock), *asked.evidence()])
    told = re.search(r"^weather: (.*), wind", asked.ran.output, re.MULTILINE)
    if told and made and told[1] != given["PLACE"]:
        _placeless(given, asked, made, f"PLACE={told[1]}")
    if not made or _digest(given["PLACE"])[:8] not in asked.ran.output:
        fail("answer_missing", count=len(made), evidence=asked.evidence())


@check
def replaced(dock: Dock, given: Given, renewed: Act) -> None:
    """Another container from the same image, with the new greeting, has taken the name; the old one is gone."""
    old = renewed.before
    if renewed.ran.exit or (old and renewed.after and renewed.after.id == old.id):
        _blame_refusal(renewed)
    if renewed.ran.exit or not renewed.after:
        _blame_terminal(renewed)
    succeed(dock, renewed.ran, "replace.sh", SECONDS)
    beacon = _need(dock, "beacon", renewed.after, renewed)
    if old and beacon.id == old.id:
        fail("not_replaced", seen=story(renewed.of_beacon), evidence=renewed.evidence())
    if not beacon.running:
        _stopped(dock, beacon, renewed)
    if beacon.image_id != dock.image_ids["beacon"]:
        # The note in another image means that the old container was saved as one; in a volume it may stay.
        if given["NOTE"] in read_file(dock, beacon, NOTE)[0]:
            fail("not_replaced", seen=f"{beacon.image}, {NOTE}: {given['NOTE']}", evidence=renewed.evidence())
        _other(dock, beacon, "serve")
    if old and (kept := find_container(dock, old.id)):
        evidence = [overview(dock), *renewed.evidence()]
        fail("containers_left", script="replace.sh", left=kept.name, evidence=evidence)
    _greets(dock, beacon, renewed.greeting)
    if not old or _shown_policy(beacon) != _shown_policy(old):  # what up.sh gave is told there
        _policy(beacon, UP_POLICY)


@check
def down_leaves_nothing(dock: Dock, ended: Act) -> None:
    """down.sh removes every container."""
    left = names(dock)
    if ended.ran.exit or left:
        _blame_refusal(ended)
    succeed(dock, ended.ran, "down.sh", SECONDS)
    if left:
        evidence = [overview(dock), *ended.evidence()]
        fail("containers_left", script="down.sh", left=", ".join(left), evidence=evidence)


@check
def stops_gracefully(renewed: Act, ended: Act) -> None:
    """The old beacon, and the last one, were told to stop and given the time for it."""
    for act in (renewed, ended):
        _gentle(act)
        if act.before and act.before.running and not any(event.action == "die" for event in act.of_beacon):
            fail("not_stopped", script=act.script, events=story(act.of_beacon), evidence=act.evidence())


def _act(dock: Dock, script: str, environment: Mapping[str, str]) -> Act:
    """Run a script once a light that burns is ready to be told to stop."""
    before = find_container(dock, "beacon")
    if before and before.running:
        until(lambda: _log(dock, before), _ready, LIT_SECONDS)
    with recorded(dock) as events:
        ran = run_script(dock, script, environment, SECONDS)
    return Act(script, environment["GREETING"], ran, events, before, find_container(dock, "beacon"))


def _said(dock: Dock, container: Container) -> list[Evidence]:
    """The container's log as evidence, where it can be read."""
    with contextlib.suppress(APIError):
        return [logs(dock, container)]
    return []


def _rested(dock: Dock, flaky: Container, tries: int) -> Container:
    """The container flaky once it rests; the engine may take long for each start, not only for all together."""

    count = flaky.raw["RestartCount"]

    def rests(found: Container) -> bool:
        return bool(found.raw["State"]["Status"] == "exited" or found.raw["RestartCount"] > tries)

    def further(found: Container) -> bool:
        return rests(found) or bool(found.raw["RestartCount"] > count)

    seen = until(lambda: find_container(dock, "flaky") or flaky, further, SETTLE_SECONDS)
    return _rested(dock, seen, tries) if further(seen) and not rests(seen) else seen


def _crashes(dock: Dock, flaky: Container) -> bool:
    """Whether the program crash has to do with it; an engine may lose what a container says that ends at once."""
    log = _log(dock, flaky)
    return log is None or "crash:" in log or "crash" in " ".join((flaky.raw["Path"], *flaky.raw["Args"]))


def _settled(container: Container) -> bool:
    return str(container.raw["State"]["Status"]) != "restarting"


def _log(dock: Dock, container: Container) -> str | None:
    """The end of a container's log; None where its driver keeps none that can be read."""
    try:
        return logs(dock, container).text
    except APIError:
        return None


def _ready(log: str | None) -> bool:
    """Whether the light has said last that it burns."""
    return log is not None and log.rstrip().rpartition("\n")[2].startswith("beacon: lit")


def _lit(dock: Dock, beacon: Container) -> bool:
    """Whether it is the light that runs, and no other program that says the same; not every log can be read."""

    def burns() -> bool:
        log = _log(dock, beacon)
        words = [word for process in processes(dock, beacon) for word in process.arguments]
        return (log is None or "beacon: lit" in log) and "serve" in (word.rpartition("/")[2] for word in words)

    return until(burns, lambda lit: lit, LIT_SECONDS)


def _file(dock: Dock, name: str) -> str:
    """The beginning of a file that a script wrote; empty where there is none."""
    ran = dock.run("head", "-c", "32768", name)
    return ran.output if ran.exit == 0 else ""


def _remove(dock: Dock, containers: Iterable[str]) -> None:
    """Remove containers, by their ids, where they are still there."""
    for identity in containers:
        with contextlib.suppress(NotFound):
            dock.engine.api.remove_container(identity, force=True, v=True)


def _left(asked: Act, renewed: Act) -> list[str]:
    """What ask.sh left, and the beacon that replace.sh left beside the new one, by their ids, where that is told."""
    found = [event.container for event in asked.events if event.action == "create" and not asked.ran.exit]
    old, new = renewed.before, renewed.after
    if old and new and new.id != old.id and new.running and not renewed.ran.exit:
        found.append(old.id)
    return found


def _elsewhere(dock: Dock, beacon: Container, note: str, events: Sequence[Event]) -> str:
    """A container other than beacon that has, or may have had, the note; empty where there is none."""
    for name in names(dock):
        other = find_container(dock, name)
        if other and other.id != beacon.id and layer_holds(dock, other, note):
            return name
    made = [event.name for event in events if event.action == "create" and event.container != beacon.id]
    return made[0] if made else ""


def _digest(text: str) -> str:
    """What the programs of the image make of a text (`printf %s TEXT | md5sum`)."""
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _code(given: Given) -> int:
    """The exit code of the program report."""
    return int(_digest(given["ORDER"])[16:18], 16) % 90 + 10


def _attached(act: Act, container: Container) -> bool:
    return any(event.action == "attach" for event in of(act.events, container.id))


def _blame_option(raised: Act) -> None:
    """Fail if an option stands behind the image, where it is the name of a program."""
    if found := re.search(r'exec: "(-[^"]*)"', raised.ran.output):
        fail("option_behind_image", option=found[1], evidence=raised.evidence())


def _blame_terminal(act: Act, log: str = "") -> None:
    """Fail if a script asked for a terminal; a log is where it may have sent what Docker said."""
    if "the input device is not a TTY" in act.ran.output + log:
        fail("terminal_wanted", script=act.script, evidence=act.evidence())


def _placeless(given: Given, asked: Act, made: Mapping[str, str], seen: str) -> NoReturn:
    """Fail because the container that ask.sh made was not given the place."""
    facts = {"container": next(iter(made.values())), "variable": "PLACE", "value": given["PLACE"]}
    fail("variable_missing", **facts, seen=seen, evidence=asked.evidence())


def _blame_refusal(act: Act) -> None:
    """Fail if the engine refused what a script asked for because of a container that is there still."""
    if "stop the container before removing" in act.ran.output:
        fail("removed_while_running", script=act.script, evidence=act.evidence())
    if "is already in use by container" in act.ran.output:
        fail("name_taken", script=act.script, evidence=act.evidence())


def _need(dock: Dock, name: str, container: Container | None, act: Act) -> Container:
    return container or _missing(dock, name, act)


def _missing(dock: Dock, name: str, act: Act) -> NoReturn:
    evidence = [overview(dock), *act.evidence()]
    fail("container_missing", container=name, names=", ".join(names(dock)) or "-", evidence=evidence)


def _stopped(dock: Dock, container: Container, act: Act) -> NoReturn:
    """Fail because a container does not run."""
    status = container.raw["State"]["Status"]
    evidence = [overview(dock), *_said(dock, container), *act.evidence()]
    fail("container_stopped", container=container.name, status=status, code=container.exit_code, evidence=evidence)


def _other(dock: Dock, container: Container, program: str) -> NoReturn:
    """Fail because a container does not run the program that was asked."""
    command = " ".join((container.raw["Path"], *container.raw["Args"]))
    evidence = [fragment(container, "Config", "Cmd"), fragment(container, "State"), *_said(dock, container)]
    facts = {"container": container.name, "program": program, "command": command, "image": container.image}
    fail("other_program", **facts, evidence=evidence)


def _unset(dock: Dock, container: Container, variable: str, value: str) -> NoReturn:
    """Fail because a variable is not in a container's environment."""
    have = [entry for entry in container.raw["Config"]["Env"] or () if entry.startswith(f"{variable}=")]
    evidence = [fragment(container, "Config", "Env"), *_said(dock, container)]
    facts = {"container": container.name, "variable": variable, "value": value}
    fail("variable_missing", **facts, seen=have[0] if have else "-", evidence=evidence)


def _greets(dock: Dock, beacon: Container, greeting: str) -> None:
    """Fail unless the program of beacon has the greeting."""
    wanted = f"GREETING={greeting}"
    if wanted not in (beacon.raw["Config"]["Env"] or ()) and f"greeting: {greeting}" not in (_log(dock, beacon) or ""):
        _unset(dock, beacon, "GREETING", greeting)


def _policy(container: Container, name: str, most: int = 0) -> None:
    """Fail unless a container has a restart policy."""
    policy: Any = container.raw["HostConfig"]["RestartPolicy"]
    if policy["Name"] != name or policy.get("MaximumRetryCount", 0) != most:
        wanted = f"{name}:{most}" if most else name
        evidence = [fragment(container, "HostConfig", "RestartPolicy"), fragment(container, "RestartCount")]
        facts = {"container": container.name, "wanted": wanted, "policy": _shown_policy(container)}
        fail("wrong_restart_policy", **facts, evidence=evidence)


def _shown_policy(container: Container) -> str:
    policy: Any = container.raw["HostConfig"]["RestartPolicy"]
    most = policy.get("MaximumRetryCount", 0)
    return f"{policy['Name'] or 'no'}{f':{most}' if most else ''}"


def _gentle(act: Act) -> None:
    """Fail if the beacon that was there before the script did not end with code 0."""
    for event in act.of_beacon:
        if event.action == "die" and event.exit_code:
            facts = {"script": act.script, "code": event.exit_code}
            fail("killed_not_stopped", **facts, evidence=act.evidence())
