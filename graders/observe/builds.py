"""Build the submission's Dockerfile in the dock, from a context of ours, and read what the builder says of it."""

from __future__ import annotations

import base64
import io
import json
import re
import tarfile
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from docker.errors import ImageNotFound

from graders.dock import Dock, Ran, Trouble
from graders.verdicts import Evidence
from graders.vocabulary import fail

# The causes that `built` may name; a check that builds lists them in its rubric.
CAUSES = (
    "dockerfile_missing",
    "base_not_there",
    "build_step_fails",
    "dockerfile_unreadable",
    "build_too_slow",
    "limit_reached",
)
FOLDER = "/run/drydock/contexts"
MOST_PROGRESS = 8 << 20  # bytes of progress that are read
LAST_LINES = 25

# As the dock's root: copy the student's folder without following links, and lay our files over it.
PREPARE = """
import base64, io, os, shutil, sys, tarfile
target = sys.argv[1]
shutil.copytree("/work", target, symlinks=True)
for name in sys.argv[3:]:
    path = os.path.join(target, name)
    if os.path.islink(path) or os.path.isfile(path):
        os.unlink(path)
    elif os.path.isdir(path):
        shutil.rmtree(path)
tarfile.open(fileobj=io.BytesIO(base64.b64decode(sys.argv[2]))).extractall(target, filter="data")
"""


@dataclass(frozen=True)
class Step:
    """One step of a build, as the builder reports it."""

    name: str  # [stage 2/5] RUN ...
    cached: bool
    error: str
    output: str

    @property
    def command(self) -> str:
        """The step without its place."""
        return re.sub(r"^\[[^\]]*\] ", "", self.name)

    @property
    def stage(self) -> str:
        """The stage that it belongs to; empty for the builder's own steps and for that of a Dockerfile with one."""
        place = re.match(r"\[([^\]\s]+) +\d+/\d+\]", self.name)
        return place[1] if place and "/" not in place[1] else ""


@dataclass(frozen=True)
class Built:
    """How a build ended."""

    ran: Ran
    command: str  # as a student would type it
    steps: tuple[Step, ...]
    bases: tuple[str, ...]  # base images that were asked for, in full, arguments resolved
    image: str  # id; empty where there is none

    @property
    def failed_step(self) -> Step | None:
        """The step that failed of itself, not only because the build was ended."""
        broken = [step for step in self.steps if step.error]
        return next((step for step in broken if "context canceled" not in step.error), next(iter(broken), None))


def offline(dock: Dock) -> None:
    """Let a dock without a way out refuse the default registry at once, instead of after a time-out."""
    if not dock.settings.egress:
        line = "127.0.0.1 registry-1.docker.io auth.docker.io"
        dock.output("sh", "-c", 'echo "$0" >> /etc/hosts', line)


def prepare_context(dock: Dock, files: Mapping[str, bytes], replaced: tuple[str, ...] = ()) -> str:
    """Make a build context in the dock: the submission with files of ours laid over it.

    Args:
        files: path -> content of ours.
        replaced: files and folders of the submission that ours stand in for, removed first.

    Returns:
        its folder, which belongs to the dock's root.
    """
    target = f"{FOLDER}/{uuid.uuid4().hex}"
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(content), 0o644, 1767225600  # 2026-01-01
            archive.addfile(entry, io.BytesIO(content))
    dock.program(PREPARE, target, base64.b64encode(packed.getvalue()).decode(), *replaced)
    return target


def build(
    dock: Dock,
    context: str,
    *options: str,
    shown: str,
    environment: Mapping[str, str] | None = None,
    bases: Mapping[str, str] | None = None,
    seconds: float = 90,
) -> Built:
    """Build a context as the student, without a network.

    Args:
        context: its folder in the dock.
        options: of `docker buildx build`.
        shown: the command as a student would type it.
        environment: variables of the command.
        bases: repository -> local image that stands in for any of its tags or digests that the dock lacks.
        seconds: its time limit.
    """
    built = _build(dock, context, options, shown, environment or {}, seconds)
    wanted = _stand_ins(built, bases or {})
    if built.image or not wanted or built.ran.ended_by:  # a limit that was reached once is reached again
        return built
    again = _build(dock, context, (*options, *wanted), shown, environment or {}, seconds)
    return replace(again, bases=tuple(dict.fromkeys((*built.bases, *again.bases))))


def _build(
    dock: Dock, context: str, options: tuple[str, ...], shown: str, environment: Mapping[str, str], seconds: float
) -> Built:
    tag = f"build-{uuid.uuid4().hex[:10]}:1"
    progress = f"/home/student/{tag[:-2]}.json"
    command = ["docker", "buildx", "build", "--progress=rawjson", "--network=none", "--provenance=false"]
    script = f'exec "$@" 2> {progress}'
    ran = dock.run(
        "bash", "-c", script, "build", *command, "--tag", tag, *options, context,
        environment={**environment, "BUILDX_GIT_INFO": "false"}, seconds=seconds,
    )  # fmt: skip
    text = dock.output("head", "-c", str(MOST_PROGRESS), progress, most=MOST_PROGRESS)
    steps, rest = _read(text)
    try:
        image = str(dock.engine.api.inspect_image(tag)["Id"]) if ran.exit == 0 else ""
    except ImageNotFound:
        image = ""
    if image and not steps:
        raise Trouble("dock_lost", problem=f"no progress of a build that worked: {text[:200]}")
    ran = replace(ran, command=("docker", "build"), output=(ran.output + "\n" + rest).strip())
    return Built(ran, shown, steps, tuple(_bases(steps)), image)


def _read(text: str) -> tuple[tuple[Step, ...], str]:
    """The steps of a build from its progress, JSON values one after the other, and what is no progress."""
    names: dict[str, str] = {}
    cached: set[str] = set()
    errors: dict[str, str] = {}
    outputs: dict[str, bytearray] = {}
    values, rest = _values(text)
    for value in values:
        for vertex in value.get("vertexes") or ():
            number = str(vertex.get("digest"))
            names[number] = str(vertex.get("name", ""))
            if vertex.get("cached"):
                cached.add(number)
            if vertex.get("error"):
                errors[number] = str(vertex["error"])
        for log in value.get("logs") or ():
            outputs.setdefault(str(log.get("vertex")), bytearray()).extend(base64.b64decode(log.get("data") or ""))
    steps = tuple(
        Step(name, number in cached, errors.get(number, ""), _last_lines(outputs.get(number, b"")))
        for number, name in names.items()
    )
    return steps, rest


def _values(text: str) -> tuple[list[dict[str, Any]], str]:
    """JSON objects one after the other, each at the beginning of a line, and the last of the lines between them."""
    decoder, values, rest, at = json.JSONDecoder(), [], [], 0
    while at < len(text):
        end = text.find("\n", at) + 1 or len(text)
        if text[at] == "{":
            try:
                value, end = decoder.raw_decode(text, at)
                values.append(value)
                at = end
                continue
            except ValueError:  # cut off, or a line that only looks like one
                pass
        if text[at:end].strip():
            rest.append(text[at:end].rstrip())
        at = end
    return values, "\n".join(rest[-LAST_LINES:])


def _last_lines(output: bytes | bytearray) -> str:
    return "\n".join(bytes(output[-16384:]).decode(errors="replace").splitlines()[-LAST_LINES:])


METADATA = re.compile(r"\[internal\] load metadata for (\S+)")


def _bases(steps: tuple[Step, ...]) -> Iterator[str]:
    for step in steps:
        if found := METADATA.match(step.name):
            yield found[1]


def _stand_ins(built: Built, bases: Mapping[str, str]) -> list[str]:
    """Options that put a local image in the place of what the builder could not find."""
    options = []
    for reference in built.bases:
        for repository, image in bases.items():
            if re.match(rf"(docker\.io/)?(library/)?{re.escape(repository)}([:@]|$)", reference):
                short = re.sub(r"^docker\.io/(library/)?", "", reference)
                options += ["--build-context", f"{short}=docker-image://{image}"]
                options += ["--build-context", f"{short.removesuffix(':latest')}=docker-image://{image}"]
    return options


def succeed(dock: Dock, built: Built, seconds: float) -> None:
    """Fail with the fitting one of CAUSES unless there is an image."""
    if built.image:
        return
    evidence = [report(built)]
    ran, step = built.ran, built.failed_step
    if dock.run("test", "-f", "Dockerfile").exit:
        fail("dockerfile_missing", evidence=evidence)
    if reached := dock.state().reached:
        fail("limit_reached", limits=", ".join(reached), evidence=evidence)
    # A build's steps run outside the student's cgroup, so a kill for memory is told by its exit code (128 + 9) alone.
    if step and not ran.ended_by and step.error.endswith("exit code: 137"):
        fail("limit_reached", limits="memory", evidence=evidence)
    if ran.ended_by == "time":
        running = step.command if step else "-"
        fail("build_too_slow", seconds=f"{seconds:.0f}", step=running, evidence=evidence)
    if step and (base := METADATA.match(step.name)):
        fail("base_not_there", base=base[1], evidence=evidence)
    if step and not step.name.startswith("[internal]"):
        fail("build_step_fails", step=step.name, command=step.command, error=step.error, evidence=evidence)
    fail("dockerfile_unreadable", problem=(ran.output.splitlines() or ["-"])[-1], evidence=evidence)


def report(built: Built) -> Evidence:
    """The step that failed, its command and its last lines; without one, what the builder said."""
    step = built.failed_step
    if step is None:
        return Evidence(f"$ {built.command}", built.ran.output or "(none)")
    return Evidence(f"$ {built.command}", f"{step.name}\n{step.output}\n{step.error}")


def overview(built: Built) -> Evidence:
    """Each step, and whether the builder took it from its cache."""
    lines = [f"{'CACHED' if step.cached else '   ran'}  {step.name[:150]}" for step in built.steps if _of_file(step)]
    return Evidence(f"$ {built.command}", "\n".join(lines) or "(none)")


def _of_file(step: Step) -> bool:
    return bool(re.match(r"\[[^\]]*\d+/\d+\]", step.name))
