"""The checks of the dockerfile lab: writing an image."""

from __future__ import annotations

import concurrent.futures
import hashlib
import io
import random
import re
import string
import tarfile
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from docker.errors import APIError, NotFound

from graders import Dock, Evidence, Timeline, check, fail, partly, scene
from graders.observe import builds
from graders.observe.builds import Built
from graders.observe.containers import Container, find_container, fragment, logs
from graders.observe.layers import File, Image, read_images, said
from graders.observe.network import Answer, ask, http, network
from graders.observe.processes import freeze, processes
from graders.observe.waiting import until

GIVEN = Path(__file__).parent / "given" / "dockerfile"  # the app as it was handed out
PORT = 8000  # where the app listens unless it is told otherwise
BUILD_SECONDS = 90
START_SECONDS = 20  # for an app that does something else first
ANSWER_SECONDS = 8  # once another one has
STOP_SECONDS = 2
SLACK_SECONDS = 0.5  # for the engine to tell that a container has ended
HEALTH_SECONDS = 15
# The image's own test, only asked more often, and most often at first; in nanoseconds, and 0 would stand for what the
# image says. https://docs.docker.com/reference/dockerfile/#healthcheck
HEALTH = {
    "StartPeriod": 5_000_000_000,
    "StartInterval": 800_000_000,
    "Interval": 2_000_000_000,
    "Timeout": 6_000_000_000,
    "Retries": 1,
}
BUDGET = 30 << 20  # bytes that an image may add to its base
HARBOURS = "harbours.csv"
TOOLS = ("generate.py", HARBOURS, "wheels/chartmaker-0.9-py3-none-any.whl")
DEPENDENCY = "signalflags"
ADDED = 1  # the kind of a change: https://docs.docker.com/reference/api/engine/version/v1.45/
SHOWN = "docker build --build-arg LICENCE --secret id=licence,env=LICENCE --tag harbour ."
SHELLS = ("sh", "bash", "dash", "ash", "busybox")
FLAG_NAMES = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike "
    "November Oscar Papa Quebec Romeo Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu"
)
FLAGS = dict(zip(string.ascii_lowercase, FLAG_NAMES.split(" "), strict=True))
# What may differ between two builds: times within bytecode, the day of a password, logs and caches of tools.
MAY_DIFFER = ("/var/log/", "/var/cache/", "/var/lib/apt/", "/var/lib/dpkg/", "/etc/shadow", "/etc/gshadow")

# What the engine says where it is the image that cannot be started.
IMAGES_FAULT = (
    "no command specified",
    "executable file not found",
    "no such file or directory",
    "permission denied",
    "unable to find user",
    "unable to find group",
    "exec format error",
    "OCI runtime create failed",
)


@dataclass(frozen=True)
class Work:
    """The submission's image, and what was hidden in its context."""

    built: Built
    secrets: Mapping[str, bytes]  # where -> a text that nobody could know before
    files: Mapping[str, bytes]  # ours, in the context
    harbours: int  # in our harbours.csv, as many as nobody could know before


@dataclass(frozen=True)
class Again:
    """Two further builds."""

    touched: Built  # after one line of app.py has changed
    fresh: Built  # the same input, nothing from the cache


@dataclass(frozen=True)
class Contents:
    """What is in the images of the three builds."""

    images: Mapping[str, Image]  # by id
    first: str  # id of the first build's
    base: int  # bytes of the base image

    def __getitem__(self, image: str) -> Image:
        return self.images[image]

    def observed(self) -> dict[str, object]:
        """For the picture of layers; sizes in bytes."""
        own = [{"step": layer.step, "size": layer.size} for layer in self.images[self.first].layers]
        return {"layers": {"base": self.base, "budget": BUDGET, "own": own}}


@dataclass(frozen=True)
class Fleet:
    """Containers of the image, as started; none, with a reason, where they do not start."""

    greeting: str
    port: int
    plain: str
    moved: str  # listens on that port; the others are told none
    frozen: str  # but not before it was seen healthy
    ending: str
    refused: str


@scene
def work(dock: Dock, dice: random.Random) -> Work:
    """Build the submission with our own copy of the app, and with files beside it that belong to nobody's image."""
    secrets = {name: f"licence-{dice.getrandbits(128):032x}".encode() for name in (".env", ".git", "LICENCE")}
    given = sorted(GIVEN.rglob("*.given"))
    files = {str(path.relative_to(GIVEN)).removesuffix(".given"): path.read_bytes() for path in given}
    more = [f"Buoy {number},{number}.5,{-number}.5\n" for number in range(1, dice.randrange(3, 60))]
    files[HARBOURS] += "".join(more).encode()
    files[".env"] = b"LICENCE=" + secrets[".env"] + b"\n"
    files[".git/HEAD"] = b"ref: refs/heads/main\n"
    files[".git/config"] = b'[remote "origin"]\n\turl = https://me:' + secrets[".git"] + b"@example.org/harbour.git\n"
    builds.offline(dock)
    harbours = len(files[HARBOURS].splitlines()) - 1  # the first line names the columns
    return Work(_build(dock, files, secrets), secrets, files, harbours)


@scene
def again(dock: Dock, work: Work, dice: random.Random) -> Again:
    """Build twice more: with a touched source line, and without the cache."""
    ended = time.time()
    touched = {**work.files, "app.py": work.files["app.py"] + f"# touched {dice.getrandbits(64):x}\n".encode()}
    _wait(lambda: time.time() > ended + 1.1, 5)  # what a layer's files tell of time is whole seconds
    return Again(_build(dock, touched, work.secrets), _build(dock, work.files, work.secrets, "--no-cache"))


@scene
def contents(dock: Dock, work: Work, again: Again) -> Contents:
    """What is in the three images."""
    ids = list(dict.fromkeys(built.image for built in (work.built, again.touched, again.fresh) if built.image))
    base = dock.image_ids["python"]
    images = read_images(dock, ids, base, work.secrets)
    return Contents(images, work.built.image, int(dock.engine.api.inspect_image(base)["Size"]))


@scene
def fleet(dock: Dock, work: Work, dice: random.Random) -> Fleet:
    """Start all the containers that checks look at, side by side."""
    greeting, port = f"{dice.choice(('Ahoy', 'Moin', 'Hello'))}-{dice.getrandbits(40):x}", dice.randrange(20000, 30000)
    told = {"GREETING": greeting}
    elsewhere = {**told, "PORT": str(port)}
    image = work.built.image
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        jobs = [
            pool.submit(_start, dock, image, told, None),
            pool.submit(_start, dock, image, elsewhere, HEALTH),
            pool.submit(_start, dock, image, told, HEALTH),
            pool.submit(_start, dock, image, told, None),
        ]
        started = [job.result() for job in jobs]
    plain, changed, frozen, ending = (name for name, _ in started)
    return Fleet(greeting, port, plain, changed, frozen, ending, started[0][1])


@check
def image_builds(dock: Dock, work: Work) -> None:
    """The image builds from a clean context without a network."""
    builds.succeed(dock, work.built, BUILD_SECONDS)


@check
def base_is_pinned(work: Work) -> None:
    """No base image is one whose name means another image tomorrow."""
    for base in work.built.bases:
        name, _, digest = base.partition("@")
        tag = name.rpartition("/")[2].partition(":")[2]
        if not digest and not re.match(r"v?\d+\.\d", tag):  # none, latest, slim, slim-debian12, 3-slim
            fail("floating_base", base=base, evidence=[builds.overview(work.built)])


@check
def answers(dock: Dock, work: Work, fleet: Fleet) -> None:
    """The app answers with a random greeting from its environment, and with the harbours that the build was given."""
    if fleet.refused:
        fail("does_not_start", problem=fleet.refused)
    container = _look(dock, fleet.plain)
    answer = _get(dock, fleet.plain, PORT, "/")
    evidence = [Evidence(f"$ curl http://CONTAINER:{PORT}/", answer.says()), logs(dock, container)]
    if fleet.greeting in answer.body and answer.status == 200:
        here = ask(dock, http(container, f"http://127.0.0.1:{PORT}/"))[0]
        if not here.status:
            evidence.append(Evidence(f"in the container: GET http://127.0.0.1:{PORT}/", here.says()))
            partly(0.5, "listens_on_one_address", listening=_listening(dock, container), evidence=evidence)
        if f"from {work.harbours} harbours" not in answer.body:
            partly(0.5, "chart_not_built", count=work.harbours, answer=answer.body.strip(), evidence=evidence)
        return
    if answer.status == 200:
        fail("greeting_ignored", greeting=fleet.greeting, answer=answer.says(), evidence=evidence)
    if answer.status:
        fail("page_fails", answer=answer.says(), evidence=evidence)
    _blame_silence(dock, fleet.plain, PORT, answer, evidence)


@check
def honours_port(dock: Dock, fleet: Fleet) -> None:
    """With another PORT the app listens there."""
    answer = _get(dock, fleet.moved, fleet.port, "/health")
    if answer.status:
        return
    evidence = [Evidence(f"$ curl http://CONTAINER:{fleet.port}/health", answer.says())]
    _blame_silence(dock, fleet.moved, fleet.port, answer, [*evidence, logs(dock, _look(dock, fleet.moved))])


@check
def not_root(dock: Dock, work: Work, fleet: Fleet) -> None:
    """No process of the running container is root's."""
    running = processes(dock, _look(dock, fleet.plain))
    evidence = [Evidence("$ docker top CONTAINER -eo uid,args", "\n".join(map(str, running)) or "(none)")]
    if not running:
        raise RuntimeError("the grader saw no process of a container that answers")
    if all(process.uid != 0 for process in running):
        return
    found = next(process for process in running if process.uid == 0)
    for stage in dict.fromkeys(step.stage for step in work.built.steps):
        if stage and (user := _user_of_stage(dock, work, stage)):
            fail("user_in_other_stage", stage=stage, user=user, process=found, evidence=evidence)
    fail("runs_as_root", process=found, evidence=evidence)


@check
def can_write(dock: Dock, fleet: Fleet) -> None:
    """The app can write where it must."""
    first, second = (_get(dock, fleet.plain, PORT, "/visit") for _ in range(2))
    if _visits(second) <= _visits(first):
        container = _look(dock, fleet.plain)
        who = [str(process) for process in processes(dock, container)][:1]
        evidence = [Evidence(f"$ curl http://CONTAINER:{PORT}/visit", f"{first.says()}\n{second.says()}")]
        evidence.append(Evidence("$ docker top CONTAINER -eo uid,args", "\n".join(who)))
        fail("cannot_write", answer=first.says(), evidence=evidence)


def _visits(answer: Answer) -> int:
    """How many visits a page counts; a health check may have been one."""
    found = re.fullmatch(r"visit (\d+)\s*", answer.body)
    return int(found[1]) if found else 0


@check
def stops(dock: Dock, fleet: Fleet) -> None:
    """SIGTERM ends the app in time, with code 0."""
    _get(dock, fleet.ending, PORT, "/health")  # up, or there is nothing to end
    container = _look(dock, fleet.ending)
    running = processes(dock, container)
    first = running[0] if running else None
    evidence = [Evidence("$ docker top CONTAINER -eo uid,args", "\n".join(map(str, running)) or "(none)")]
    began = time.monotonic()
    dock.engine.api.kill(fleet.ending, signal="SIGTERM")
    ended = _wait(lambda: not _look(dock, fleet.ending).running, STOP_SECONDS + SLACK_SECONDS)
    seconds = time.monotonic() - began
    if not ended:
        shell = first is not None and first.arguments[:1] and Path(first.arguments[0]).name in SHELLS
        fail("shell_in_front" if shell else "no_handler", process=first or "-", evidence=evidence)
    code = _look(dock, fleet.ending).exit_code
    if code:
        evidence.append(logs(dock, container))
        fail("stops_with_code", code=code, seconds=f"{seconds:.1f}", evidence=evidence)


@check
def gets_healthy(dock: Dock, fleet: Fleet, timeline: Timeline) -> None:
    """The health check turns healthy, with another port for the app and with none named."""
    container = _look(dock, fleet.moved)
    test = ((container.raw["Config"].get("Healthcheck") or {}).get("Test")) or ["NONE"]
    if test[0] == "NONE":
        fail("health_missing", evidence=[fragment(container, "Config", "Healthcheck")])
    asked = (fleet.moved, fleet.frozen)
    healthy = [name for name in asked if _gets_healthy(dock, name)]
    if healthy:  # a busy machine may be slow: once one is healthy, so must the other be, which is still asked
        healthy = [name for name in asked if name in healthy or _gets_healthy(dock, name, ANSWER_SECONDS)]
    if ill := next((name for name in asked if name not in healthy), ""):
        evidence = [_health_log(dock, ill)]
        if not healthy:
            fail("health_never_healthy", status=_health(dock, ill), evidence=evidence)
        fail("health_wrong_port" if ill == fleet.moved else "health_needs_port", port=fleet.port, evidence=evidence)
    timeline.mark("healthy", "event")


@check
def gets_unhealthy(dock: Dock, fleet: Fleet, timeline: Timeline) -> None:
    """The health check notices an app that answers with errors, and one that does not answer any more."""
    if not _gets_healthy(dock, fleet.frozen):
        fail("health_never_healthy", status=_health(dock, fleet.frozen), evidence=[_health_log(dock, fleet.frozen)])
    timeline.mark("app_broken", "broken")
    _break(dock, fleet.moved)
    freeze(dock, _look(dock, fleet.frozen))
    try:
        _unhealthy_or_fail(dock, fleet)
    finally:  # their checks would go on and on
        for name in (fleet.moved, fleet.frozen):
            dock.engine.api.remove_container(name, force=True, v=True)
    timeline.mark("seen_broken", "event")


@check
def takes_arguments(dock: Dock, work: Work, dice: random.Random) -> None:
    """An argument replaces the command, but not the program."""
    word = "".join(dice.choices(string.ascii_lowercase, k=6))
    flags = " ".join(FLAGS[letter] for letter in word)
    name, problem = _start(dock, work.built.image, {}, None, ["say", word])
    if problem and '"say"' not in problem:  # the engine names what it could not run: the image's own program
        fail("does_not_start", problem=problem)
    if problem:
        fail("program_replaced", word=word, problem=problem)
    ended = _wait(lambda: not _look(dock, name).running, START_SECONDS)
    container = _look(dock, name)
    said_there = logs(dock, container)
    if flags in said_there.text and ended:
        return
    if not ended:
        fail("argument_ignored", word=word, evidence=[said_there])
    if container.exit_code in (126, 127):
        fail("program_replaced", word=word, problem=said_there.text.strip()[-200:], evidence=[said_there])
    fail("argument_misread", word=word, flags=flags, code=container.exit_code, evidence=[said_there])


@check
def keeps_cache(dock: Dock, work: Work, again: Again, contents: Contents, fleet: Fleet) -> None:
    """A touched source line does not run the dependency step again, and no start of a container does."""
    _need_image(again.touched)
    if not fleet.refused:
        _get(dock, fleet.plain, PORT, "/health")  # up, or it may still be about to
        if written := _written(dock, fleet.plain):
            evidence = [Evidence("$ docker diff CONTAINER", "\n".join(written))]
            fail("dependencies_at_start", path=written[0], evidence=evidence)
    before, after = (_times(contents[built.image]) for built in (work.built, again.touched))
    if before != after:
        path = next(path for path in sorted({*before, *after}) if before.get(path) != after.get(path))
        fail("dependencies_after_sources", path=path, evidence=[builds.overview(again.touched)])


@check
def no_secrets(work: Work, contents: Contents) -> None:
    """No secret is in a layer, in the configuration or in the history."""
    image = contents[work.built.image]
    hidden: list[tuple[File, str]] = []
    for layer in image.layers:
        for file in layer.files:
            for name in file.found:
                evidence = [Evidence(layer.id[:19], f"{file.path}: {name}")]
                if image.final.get(file.path) == file and (name == "LICENCE" or layer.step.startswith("RUN ")):
                    # The key is in no file of the context, so .dockerignore is not what failed.
                    facts = {"path": file.path, "secret": name, "step": layer.step[:200] or "-"}
                    fail("secret_written_by_step", **facts, evidence=evidence)
                if image.final.get(file.path) == file:
                    fail("secret_in_layer", path=file.path, secret=name, evidence=evidence)
                hidden.append((file, name))
    if hidden:
        file, name = hidden[0]
        lines = "\n".join(f"{file.path}: {name}" for file, name in hidden[:20])
        fail("secret_removed_too_late", path=file.path, secret=name, evidence=[Evidence("docker save", lines)])
    text = said(image)
    for name, secret in work.secrets.items():
        if secret.decode() in text:
            steps = [line for line in image.history if secret.decode() in line] or [str(image.config.get("Env"))]
            evidence = [Evidence("$ docker history --no-trunc harbour", "\n".join(steps))]
            fail("secret_in_history", secret=name, evidence=evidence)


@check
def tools_are_gone(work: Work, contents: Contents) -> None:
    """What only the build needs is not in the image."""
    image = contents[work.built.image]
    tools = _tools(work.files)
    found = [(file, tools[file.digest]) for layer in image.layers for file in layer.files if file.digest in tools]
    if not found:
        return
    evidence = [Evidence("docker save", "\n".join(file.path for file, _ in found[:40]))]
    left = [(file, tool) for file, tool in found if image.final.get(file.path) == file]
    if left:
        fail("single_stage", path=left[0][0].path, tool=left[0][1], evidence=evidence)
    fail("tools_removed_too_late", path=found[0][0].path, tool=found[0][1], evidence=evidence)


@check
def is_small(work: Work, contents: Contents) -> None:
    """The image adds no more to its base than it may."""
    image = contents[work.built.image]
    if image.size > BUDGET:
        largest = sorted((file for layer in image.layers for file in layer.files), key=lambda file: -file.size)[:8]
        evidence = [Evidence("docker save", "\n".join(f"{file.size:>10}  {file.path}" for file in largest))]
        facts = {"size": _megabytes(image.size), "budget": _megabytes(BUDGET), "largest": largest[0].path}
        fail("too_large", **facts, evidence=evidence)


@check
def builds_the_same(work: Work, again: Again, contents: Contents) -> None:
    """Two builds of the same input hold the same files."""
    _need_image(again.fresh)
    first, second = (_comparable(contents[built.image]) for built in (work.built, again.fresh))
    differ = sorted(path for path in {*first, *second} if first.get(path) != second.get(path))
    if differ:
        lines = "\n".join(f"{path}\n  1: {first.get(path)}\n  2: {second.get(path)}" for path in differ[:12])
        fail("builds_differ", path=differ[0], count=len(differ), evidence=[Evidence(f"$ {SHOWN} --no-cache", lines)])


def _build(dock: Dock, files: Mapping[str, bytes], secrets: Mapping[str, bytes], *options: str) -> Built:
    context = builds.prepare_context(dock, files, (*files, ".git", "wheels"))
    return builds.build(
        dock,
        context,
        "--build-arg",
        "LICENCE",
        "--secret",
        "id=licence,env=LICENCE",
        *options,
        shown=SHOWN,
        environment={"LICENCE": secrets["LICENCE"].decode()},
        bases={"python": "python:3.13-slim"},
        seconds=BUILD_SECONDS,
    )


def _need_image(built: Built) -> None:
    """A build that worked before must work again; the reason is in its report."""
    if not built.image:
        step = built.failed_step
        fail("builds_only_once", step=step.name if step else "-", evidence=[builds.report(built)])


def _start(
    dock: Dock,
    image: str,
    environment: Mapping[str, str],
    health: Mapping[str, int] | None,
    command: list[str] | None = None,
) -> tuple[str, str]:
    """The id of a started container, and why it did not start where that is the image's fault."""
    api = dock.engine.api
    config = api.create_container_config(image, command or [], environment=dict(environment))
    if health:
        config["Healthcheck"] = dict(health)  # the SDK knows no StartInterval
    try:
        name = str(api.create_container_from_config(config)["Id"])
        api.start(name)
    except APIError as problem:
        text = str(problem.explanation)
        if any(words in text for words in IMAGES_FAULT):
            return "", text
        raise
    return name, ""


def _look(dock: Dock, name: str) -> Container:
    container = find_container(dock, name)
    if container is None:
        raise RuntimeError(f"the grader's container is gone: {name}")
    return container


def _get(dock: Dock, name: str, port: int, path: str) -> Answer:
    """The answer of a container at its own address, as soon as there is one; the last try's when the time is up."""

    def tried() -> Answer:
        container = _look(dock, name)
        if not container.running:
            return Answer(error="stopped", detail=f"exit code {container.exit_code}")
        address = next(iter(container.networks.values()), "")
        return ask(dock, http(None, f"http://{address}:{port}{path}"))[0]

    def final(answer: Answer) -> bool:
        return bool(answer.status) or answer.error == "stopped" or _listens(dock, _look(dock, name))

    answer = until(tried, final, START_SECONDS)
    return answer if answer.status or answer.error == "stopped" else tried()


def _listens(dock: Dock, container: Container) -> bool:
    return bool(ask(dock, network(container))[0].listening)


def _listening(dock: Dock, container: Container) -> str:
    """Where a container's programs listen, in one line."""
    return ", ".join(f"{address}:{number}" for address, number in ask(dock, network(container))[0].listening) or "-"


def _blame_silence(dock: Dock, name: str, port: int, answer: Answer, evidence: list[Evidence]) -> NoReturn:
    """Fail with the reason why nothing answers."""
    container = _look(dock, name)
    if not container.running:
        fail("container_stopped", code=container.exit_code, evidence=evidence)
    listening, shown = ask(dock, network(container))[0].listening, _listening(dock, container)
    if listening and all(address.startswith("127.") or address == "::1" for address, _ in listening):
        fail("listens_on_loopback", listening=shown, evidence=evidence)
    if listening and all(number != port for _, number in listening):
        fail("wrong_port", port=port, listening=shown, evidence=evidence)
    fail("no_answer", port=port, answer=answer.says(), evidence=evidence)


def _user_of_stage(dock: Dock, work: Work, stage: str) -> str:
    """The user that an earlier stage of the build ends with; empty where it sets none."""
    built = _build(dock, work.files, work.secrets, "--target", stage.removeprefix("stage-"))
    if not built.image or built.image == work.built.image:
        return ""
    user = str(dock.engine.api.inspect_image(built.image)["Config"].get("User") or "")
    return "" if user.partition(":")[0] in ("root", "0") else user


def _health(dock: Dock, name: str) -> str:
    return str((_look(dock, name).raw["State"].get("Health") or {}).get("Status", "none"))


def _gets_healthy(dock: Dock, name: str, seconds: float = HEALTH_SECONDS) -> bool:
    return _wait(lambda: _health(dock, name) == "healthy", seconds)


def _break(dock: Dock, name: str) -> None:
    """Put the app of a container out of order, also where its image has no /data."""
    try:
        dock.engine.api.put_archive(name, "/data", _tar("broken", b""))
    except NotFound:  # whether the app can write there is asked by itself
        dock.engine.api.put_archive(name, "/", _tar("data/broken", b""))


def _unhealthy_or_fail(dock: Dock, fleet: Fleet) -> None:
    """Wait for both broken apps to be noticed."""
    if not _wait(lambda: _health(dock, fleet.moved) == "unhealthy", HEALTH_SECONDS):
        answer = _get(dock, fleet.moved, fleet.port, "/health")
        if answer.status != 503:
            raise RuntimeError(f"the grader could not break the app: {answer.says()}")
        fail("health_always_passes", answer=answer.says(), evidence=[_health_log(dock, fleet.moved)])
    if not _wait(lambda: _health(dock, fleet.frozen) == "unhealthy", HEALTH_SECONDS):
        fail("health_misses_hang", evidence=[_health_log(dock, fleet.frozen)])


def _health_log(dock: Dock, name: str) -> Evidence:
    health = _look(dock, name).raw["State"].get("Health") or {}
    lines = [f"exit {entry['ExitCode']}: {str(entry['Output']).strip()[-300:]}" for entry in health.get("Log") or ()]
    title = "$ docker inspect --format '{{json .State.Health}}' CONTAINER"
    return Evidence(title, "\n".join([str(health.get("Status", "none")), *lines]))


def _tools(files: Mapping[str, bytes]) -> dict[str, str]:
    """Digests of what only the build needs -> what it is."""
    known = {hashlib.sha256(files[name]).hexdigest(): name for name in TOOLS}
    with zipfile.ZipFile(io.BytesIO(files[TOOLS[-1]])) as wheel:
        module = wheel.read("chartmaker/__init__.py")
    return known | {hashlib.sha256(module).hexdigest(): "chartmaker"}


def _times(image: Image) -> dict[str, int]:
    """When each file of the installed dependency was written; bytecode may be made at any time."""
    return {
        path: file.modified
        for path, file in image.final.items()
        if file.kind == "file" and f"/{DEPENDENCY}" in path and not path.endswith((".pyc", ".whl"))
    }


def _written(dock: Dock, name: str) -> list[str]:
    """What a running container has added to its image of the dependency; bytecode may be made at any time."""
    added = sorted(str(change["Path"]) for change in dock.engine.api.diff(name) or () if change["Kind"] == ADDED)
    return [path for path in added if f"/{DEPENDENCY}" in path and "__pycache__" not in path]


def _comparable(image: Image) -> dict[str, str]:
    """Each file as far as two builds must agree on it: all but its time."""
    return {
        path: f"{file.kind} {file.mode:o} {file.owner} {file.digest[:24]}"
        for path, file in image.final.items()
        if not path.startswith(MAY_DIFFER) and not path.endswith(".pyc")
    }


def _tar(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _megabytes(size: int) -> str:
    return f"{size / (1 << 20):.1f} MB"


def _wait(reached: Callable[[], bool], seconds: float) -> bool:
    """Whether a condition comes true in time."""
    return until(reached, bool, seconds)
