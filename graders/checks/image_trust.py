"""The checks of the image-trust lab: whom does an image come from."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from docker.errors import APIError

from graders import Dock, Evidence, check, fail, scene
from graders.dock import Ran
from graders.observe import builds, moving_registry
from graders.observe.containers import Container, find_container, overview
from graders.observe.exposure import spellings
from graders.observe.images import student_images
from graders.observe.moving_registry import Asked, Image, MovingRegistry, questions, signature_tag
from graders.observe.scripts import output_of, succeed
from graders.observe.secrets import in_files, in_image
from graders.observe.waiting import until

SECONDS = 60  # for each script
LEAVE_SECONDS = 12  # for what was replaced to end: the engine waits 10 seconds for a program that ignores SIGTERM
APP = "app"  # what deploy.sh calls its container
KEYS = "/keys"  # a folder of the dock: what the student is told the paths of
PUBLISHER, RELEASE = f"{KEYS}/publisher.pub", f"{KEYS}/release"
NEXT_PUBLISHER = f"{KEYS}/next/publisher.pub"  # another one each time: whoever keeps the first has not read that
MARK = "image-trust.mark"  # a label, by which containers and images made from one of ours are known
PROGRAM = "echo '{mark}'; trap 'exit 0' TERM; while :; do sleep 3600 & wait $!; done"
KINDS = ("ENCRYPTED SIGSTORE", "ENCRYPTED COSIGN", "ENCRYPTED", "EC", "RSA", "OPENSSH")
# With the end of the line: a script that looks for private keys holds such words, too.
HEADERS = [
    f"-----BEGIN {kind}PRIVATE KEY-----{end}"
    for kind in ("", *(f"{kind} " for kind in KINDS))
    for end in ("\n", "\r\n")
]
PART = 18  # letters of the private key that nothing else has by chance
# What cosign says where it wants to ask the public transparency log.
PUBLIC_LOG = re.compile(
    r"rekor\.sigstore\.dev|tuf-repo-cdn|getting Rekor|verified log entries|local metadata and targets"
)
# What docker says where it wants the signatures of Docker Content Trust, which a Notary keeps and not the registry.
CONTENT_TRUST = re.compile(r"notary|trust data", re.IGNORECASE)
# What cosign says where there is no public key at the path that it was told.
NO_KEY = re.compile(r"loading public key")


@dataclass(frozen=True)
class Harbor:
    """The registry with its images, and the key pairs."""

    registry: MovingRegistry
    handed_in: tuple[str, ...]  # files of the submission with a private key
    password: str  # of the release key
    key_line: str  # a line of that key
    to_sign: Image
    good: Image
    better: Image  # signed, too, by the next publisher
    unsigned: Image
    copied: Image  # with the signature of the good one
    foreign: Image  # signed by somebody else
    moving: Image  # signed; its tag means it only while cosign verifies ...
    moved: Image  # ... and this one otherwise
    turning: Image  # signed; its tag means it until its signature has been read ...
    turned: Image  # ... and this one then
    base_before: Image  # signed, too
    base: Image  # signed
    base_moved: Image  # what the tag of the base means later
    base_unsigned: Image
    base_moving: Image  # signed; its tag means it only while cosign verifies ...
    base_swapped: Image  # ... and this one otherwise

    @property
    def meanings(self) -> dict[str, str]:
        """What to call the digests in evidence."""
        return {
            self.to_sign.digest: "the image to sign",
            self.good.digest: "signed by the publisher",
            self.better.digest: "signed by the publisher",
            self.unsigned.digest: "not signed",
            self.copied.digest: "with the signature of another image",
            self.foreign.digest: "signed by somebody else",
            self.moving.digest: "signed by the publisher",
            self.moved.digest: "another one, not signed",
            self.turning.digest: "signed by the publisher",
            self.turned.digest: "another one, not signed",
            self.base_before.digest: "signed by the publisher",
            self.base.digest: "signed by the publisher",
            self.base_moved.digest: "another one, not signed",
            self.base_unsigned.digest: "not signed",
            self.base_moving.digest: "signed by the publisher",
            self.base_swapped.digest: "another one, not signed",
        }


@dataclass(frozen=True)
class Deployed:
    """One run of deploy.sh, and what was there afterwards."""

    image: Image
    ran: Ran
    app: Container | None
    started: frozenset[str]  # the marks of all containers that were ever started
    asked: tuple[Asked, ...]
    overview: Evidence
    older: tuple[str, ...] = ()  # containers that still run from the image of the run before

    @property
    def runs(self) -> bool:
        """Whether the container runs from this image."""
        return self.has(self.image)

    def has(self, image: Image) -> bool:
        """Whether the container runs from an image."""
        return bool(self.app and self.app.running and _mark(self.app.raw) == image.mark)

    def evidence(self, harbor: Harbor) -> list[Evidence]:
        """What the script said, what runs, and what the registry was asked meanwhile."""
        return [output_of(self.ran), self.overview, questions(self.asked, harbor.meanings)]


@dataclass(frozen=True)
class Pinned:
    """pin.sh with two signed bases and an unsigned one, and the build of its Dockerfile after the tag has moved."""

    first: Ran  # with the second of the signed ones, or with the one before, where that failed
    second: Ran | None = None
    built: builds.Built | None = None
    mark: str = ""  # of the base of what was built
    dockerfile: str = ""
    former: str = ""  # the Dockerfile that the first left
    former_mark: str = ""  # of the base on which that one builds; looked at only where the last one has another


@dataclass(frozen=True)
class Repinned:
    """pin.sh with a base whose tag moves meanwhile, and the build of its Dockerfile."""

    ran: Ran
    asked: tuple[Asked, ...]
    dockerfile: str
    mark: str  # of the base of what was built


@scene
def harbor(dock: Dock, dice: random.Random) -> Harbor:
    """A registry with images of all kinds, and keys that nobody could know before."""
    handed_in = tuple(path for path, _ in in_files(dock, HEADERS))
    registry = moving_registry.start(dock, dock.image_ids["busybox"])
    publisher, next_publisher, stranger = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    password = f"{dice.getrandbits(64):016x}"
    key_line = _make_keys(dock, password, *map(moving_registry.public_key, (publisher, next_publisher)))
    names = [f"{dice.choice(('pier', 'quay', 'hold'))}/{_word(dice)}-{n}" for n in range(4)]
    tags = [f"{dice.randrange(1, 9)}.{n}" for n in dice.sample(range(100), 6)]

    def make(repository: str, tag: str) -> Image:
        mark = f"{_word(dice)}-{dice.randrange(10**6)}"
        return registry.make(repository, tag, mark, MARK, ["sh", "-c", PROGRAM.format(mark=mark)])

    good, better, unsigned, copied, foreign = (make(names[0], tag) for tag in tags[:5])
    to_sign, (moving, moved) = make(names[1], tags[1]), (make(names[2], tag) for tag in (tags[2], f"{tags[2]}-x"))
    turning, turned = (make(names[2], tag) for tag in (tags[0], f"{tags[0]}-x"))
    base_before, base, base_moved, base_unsigned = (
        make(names[3], tag) for tag in (tags[5], tags[3], f"{tags[3]}-x", tags[4])
    )
    base_moving, base_swapped = (make(names[3], tag) for tag in (tags[0], f"{tags[0]}-x"))
    for image in (good, moving, turning, base_before, base, base_moving):
        registry.sign(image, publisher)
    registry.sign(better, next_publisher)
    registry.sign(foreign, stranger)
    registry.copy_signature(good, copied)
    registry.move(moving, moved)
    registry.turn(turning, turned)
    registry.move(base_moving, base_swapped)
    return Harbor(
        registry, handed_in, password, key_line, to_sign, good, better, unsigned, copied, foreign, moving, moved,
        turning, turned, base_before, base, base_moved, base_unsigned, base_moving, base_swapped,
    )  # fmt: skip


@scene
def signed(dock: Dock, harbor: Harbor) -> Ran:
    """sign.sh, with an image and the release key."""
    environment = {"SIGNING_KEY": f"{RELEASE}.key", "COSIGN_PASSWORD": harbor.password}
    return dock.run("bash", "sign.sh", harbor.to_sign.name, environment=environment, seconds=SECONDS)


@scene
def deployed(dock: Dock, harbor: Harbor) -> Deployed:
    """deploy.sh with an image that the publisher signed."""
    return _deploy(dock, harbor, harbor.good)


@scene
def replaced(dock: Dock, harbor: Harbor, deployed: Deployed) -> Deployed:
    """deploy.sh with the next such image, after the first."""
    found = _deploy(dock, harbor, harbor.better, key=NEXT_PUBLISHER)
    if not found.runs:
        return found
    # With some time, for a script that lets the older one end in the background.
    older = until(lambda: _running_from(dock, harbor.good), lambda names: not names, LEAVE_SECONDS)
    return replace(found, older=older, overview=overview(dock)) if older else found


@scene
def refusals(dock: Dock, dice: random.Random, harbor: Harbor, replaced: Deployed) -> dict[str, Deployed]:
    """deploy.sh with each image that must not run, in random order."""
    images = {"unsigned": harbor.unsigned, "copied": harbor.copied, "foreign": harbor.foreign}
    order = dice.sample(sorted(images), len(images))
    return {kind: _deploy(dock, harbor, images[kind], room=not replaced.runs) for kind in order}


@scene
def moved(dock: Dock, harbor: Harbor, replaced: Deployed, refusals: dict[str, Deployed]) -> Deployed:
    """deploy.sh with a tag that means another image to the engine than to cosign."""
    return _deploy(dock, harbor, harbor.moving, room=not replaced.runs)


@scene
def turned(dock: Dock, harbor: Harbor, replaced: Deployed, moved: Deployed) -> Deployed:
    """deploy.sh with a tag that means another image to everybody, once its signature has been read."""
    return _deploy(dock, harbor, harbor.turning, room=not replaced.runs)


@scene
def pinned(dock: Dock, harbor: Harbor) -> Pinned:
    """pin.sh with three bases; then the tag of the second moves, local copies go, and the Dockerfile is built."""
    # What is good for the starter's line FROM only is not good for the next base.
    first = _pin(dock, harbor.base_before)
    if not first.exit:
        first = _pin(dock, harbor.base)
    if first.exit:
        return Pinned(first)
    former = _dockerfile(dock)
    second = _pin(dock, harbor.base_unsigned)
    harbor.registry.retag(harbor.base, harbor.base_moved)
    for image in (harbor.base_before, harbor.base, harbor.base_moved, harbor.base_unsigned):
        try:
            dock.engine.api.remove_image(image.id, force=True)
        except APIError as problem:
            if problem.status_code not in (404, 409):
                raise
    builds.offline(dock)
    built, mark = _build(dock, {})
    found = Pinned(first, second, built, mark, _dockerfile(dock), former)
    bases = {each.mark for each in (harbor.base_before, harbor.base, harbor.base_moved, harbor.base_unsigned)}
    if mark in bases or found.dockerfile == former:
        return found
    return replace(found, former_mark=_build(dock, {"Dockerfile": former.encode()})[1])


@scene
def repinned(dock: Dock, harbor: Harbor, pinned: Pinned) -> Repinned:
    """pin.sh with a tag that means another base to the engine than to cosign, after all others."""
    since = harbor.registry.number()
    ran = _pin(dock, harbor.base_moving)
    asked = tuple(harbor.registry.asked(since))
    return Repinned(ran, asked, _dockerfile(dock), _build(dock, {})[1])


@check
def key_stays_out(dock: Dock, harbor: Harbor, signed: Ran) -> None:
    """No private key is handed in, and sign.sh leaves no copy of the one that it is lent."""
    for path in harbor.handed_in:
        fail("private_key_in_files", path=path, evidence=[Evidence("$ grep -rl 'PRIVATE KEY' .", path)])
    copies = _spelt(harbor.key_line)
    for path, which in in_files(dock, [*copies]):
        called = [*copies.values()][which]
        evidence = Evidence(f"files with the key in {called}" if called else "$ grep -rl 'PRIVATE KEY' . ~ /tmp", path)
        fail("private_key_in_files", path=f"{path} ({called})" if called else path, evidence=[evidence])
    for name, image in student_images(dock).items():
        if in_image(dock, image, copies):
            fail("private_key_in_image", image=name, evidence=[Evidence("$ docker images", name)])
    _succeed(dock, signed, "sign.sh")  # only one that has signed may have left a copy


@check
def sign_works(dock: Dock, signed: Ran) -> None:
    """sign.sh ends well and in time."""
    _succeed(dock, signed, "sign.sh")


@check
def image_signed(dock: Dock, harbor: Harbor, signed: Ran) -> None:
    """What sign.sh attached to the image verifies with the public part of the key that it was told."""
    image = harbor.to_sign
    command = ("cosign", "verify", "--insecure-ignore-tlog=true", "--key", f"{RELEASE}.pub", image.pinned)
    verified = dock.run(*command, seconds=SECONDS)
    if verified.exit == 0:
        return
    evidence = [output_of(signed), output_of(verified)]
    there = harbor.registry.manifest(image.repository, signature_tag(image))
    fail("signed_with_other_key" if there else "not_signed", image=image.name, digest=image.digest, evidence=evidence)


@check
def good_runs(dock: Dock, harbor: Harbor, deployed: Deployed) -> None:
    """An image that the publisher signed runs."""
    _runs(dock, harbor, deployed)


@check
def next_replaces(dock: Dock, harbor: Harbor, replaced: Deployed) -> None:
    """The next one that the publisher signed takes its place."""
    if replaced.ran.ended_by or replaced.runs:
        _succeed(dock, replaced.ran, "deploy.sh")
    if replaced.older:
        seen = f"{harbor.good.tag}: {', '.join(replaced.older)}, {replaced.image.tag}: {APP}"
        fail("not_replaced", image=replaced.image.name, seen=seen, evidence=replaced.evidence(harbor))
    if not replaced.runs:
        image, ran = replaced.image, replaced.ran
        wanted = any(each.client == "docker" and each.repository == image.repository for each in replaced.asked)
        if _refused_it(replaced) and not wanted:
            fail("good_refused", image=image.name, code=ran.exit, evidence=replaced.evidence(harbor))
        seen = f"{_seen(replaced.app)}; exit {replaced.ran.exit}"
        fail("not_replaced", image=replaced.image.name, seen=seen, evidence=replaced.evidence(harbor))


@check
def unsigned_refused(dock: Dock, harbor: Harbor, refusals: dict[str, Deployed]) -> None:
    """An image without a signature does not run."""
    _refused(dock, harbor, refusals["unsigned"], "verify_ignored")


@check
def copied_refused(dock: Dock, harbor: Harbor, refusals: dict[str, Deployed]) -> None:
    """An image with the signature of another one does not run, nor does the other one in its place."""
    copied = refusals["copied"]
    if _believed(harbor, copied):
        facts = {"image": copied.image.name, "other": harbor.good.name}
        fail("copy_believed", **facts, evidence=copied.evidence(harbor))
    _refused(dock, harbor, copied, "any_signature")


@check
def foreign_refused(dock: Dock, harbor: Harbor, refusals: dict[str, Deployed]) -> None:
    """An image that somebody else signed does not run."""
    _refused(dock, harbor, refusals["foreign"], "any_signature")


@check
def refusal_told(harbor: Harbor, refusals: dict[str, Deployed]) -> None:
    """Where deploy.sh refuses an image its exit code says so."""
    for each in refusals.values():
        if not each.ran.exit and each.image.mark not in each.started and not _believed(harbor, each):
            fail("refusal_not_told", script="deploy.sh", image=each.image.name, evidence=each.evidence(harbor))


@check
def old_one_stays(harbor: Harbor, replaced: Deployed, refusals: dict[str, Deployed]) -> None:
    """What was refused has left alone what runs: it is the same, and was not stopped for a moment either."""
    assert replaced.app
    for each in refusals.values():
        if not each.app or not each.app.running or _started_at(each.app) != _started_at(replaced.app):
            fail("old_one_stopped", image=each.image.name, evidence=each.evidence(harbor))


@check
def moved_tag_refused(dock: Dock, harbor: Harbor, moved: Deployed, turned: Deployed) -> None:
    """What runs is what was verified, also while the tag moves."""
    for each, other in ((moved, harbor.moved), (turned, harbor.turned)):
        if other.mark in each.started:
            facts = {"image": each.image.name, "verified": each.image.digest, "runs": other.digest}
            fail("tag_after_verify", **facts, evidence=each.evidence(harbor))
        if each.ran.ended_by:
            _succeed(dock, each.ran, "deploy.sh")


@check
def pin_works(dock: Dock, pinned: Pinned) -> None:
    """pin.sh ends well and in time with a base that the publisher signed."""
    _succeed(dock, pinned.first, "pin.sh")


@check
def base_pinned(dock: Dock, harbor: Harbor, pinned: Pinned, repinned: Repinned) -> None:
    """The Dockerfile has the verified base, also after its tag has moved, while it moves, and after an unsigned one."""
    assert pinned.second
    assert pinned.built
    report = builds.overview if pinned.built.image else builds.report
    evidence = [Evidence("$ cat Dockerfile", pinned.dockerfile[:2048] or "(none)"), report(pinned.built)]
    if pinned.mark == harbor.base_unsigned.mark:
        facts = {"script": "pin.sh", "image": harbor.base_unsigned.name}
        # Where the script says no it did verify, but had written before.
        late = pinned.second.exit and not pinned.second.ended_by
        fail("base_lost" if late else "verify_ignored", **facts, evidence=[output_of(pinned.second), *evidence])
    if pinned.mark == harbor.base_moved.mark:
        fail("base_by_tag", image=harbor.base.name, digest=harbor.base.digest, evidence=evidence)
    if pinned.mark == harbor.base_before.mark:
        facts = {"image": harbor.base.name, "digest": harbor.base.digest, "before": harbor.base_before.digest}
        fail("base_not_replaced", **facts, evidence=evidence)
    if pinned.mark != harbor.base.mark and pinned.former_mark == harbor.base.mark:
        before = Evidence("$ cat Dockerfile  # before the refusal", pinned.former[:2048])
        image = harbor.base_unsigned.name
        fail("base_lost", image=image, evidence=[before, output_of(pinned.second), *evidence])
    if pinned.mark != harbor.base.mark:
        fail("base_not_there", digest=harbor.base.digest, evidence=evidence)
    if not pinned.second.exit:
        image = harbor.base_unsigned.name
        fail("refusal_not_told", script="pin.sh", image=image, evidence=[output_of(pinned.second), *evidence])
    if repinned.mark == harbor.base_swapped.mark:
        facts = {"image": harbor.base_moving.name, "verified": harbor.base_moving.digest}
        told = questions(repinned.asked, harbor.meanings)
        evidence = [Evidence("$ cat Dockerfile", repinned.dockerfile[:2048]), output_of(repinned.ran), told]
        fail("base_after_verify", **facts, pinned=harbor.base_swapped.digest, evidence=evidence)
    if repinned.mark not in (harbor.base.mark, harbor.base_moving.mark):
        evidence = [output_of(repinned.ran), Evidence("$ cat Dockerfile", repinned.dockerfile[:2048] or "(none)")]
        fail("base_lost", image=harbor.base_moving.name, evidence=evidence)


def _deploy(dock: Dock, harbor: Harbor, image: Image, *, key: str = PUBLISHER, room: bool = False) -> Deployed:
    """Run deploy.sh with an image.

    Args:
        key: of the publisher, to verify it with.
        room: remove the container of the last run before, for a script that cannot.
    """
    api = dock.engine.api
    if room and find_container(dock, APP):
        api.remove_container(APP, force=True)
    since = harbor.registry.number()
    ran = dock.run("bash", "deploy.sh", image.name, environment={"PUBLIC_KEY": key}, seconds=SECONDS)
    asked = tuple(harbor.registry.asked(since))
    return Deployed(image, ran, find_container(dock, APP), _started(dock), asked, overview(dock))


def _runs(dock: Dock, harbor: Harbor, deployed: Deployed) -> None:
    ran, evidence = deployed.ran, deployed.evidence(harbor)
    trusted = CONTENT_TRUST.search(ran.output)  # verified, too, but by what knows nothing of these signatures
    told = ran.ended_by or ran.refusals or PUBLIC_LOG.search(ran.output)  # why it failed
    if (_refused_it(deployed) or (ran.exit and trusted)) and not deployed.runs and not told:
        fail("good_refused", image=deployed.image.name, code=ran.exit, evidence=evidence)
    _succeed(dock, ran, "deploy.sh")
    if not deployed.runs:
        fail("app_missing", image=deployed.image.name, seen=_seen(deployed.app), evidence=evidence)


def _refused_it(deployed: Deployed) -> bool:
    """Whether a verification may have said no: it asked for a signature, if only of another digest, or had no key."""
    asked = any(each.client == "cosign" and each.reference.endswith(".sig") for each in deployed.asked)
    return bool(deployed.ran.exit and (asked or NO_KEY.search(deployed.ran.output)))


def _started_at(app: Container) -> tuple[str, str]:
    """Which container it is, and since when it runs: one that was stopped and started again has another moment."""
    return app.id, str(app.raw["State"]["StartedAt"])


def _seen(app: Container | None) -> str:
    return f"{app.image}, {app.raw['State']['Status']}" if app else "-"


def _believed(harbor: Harbor, deployed: Deployed) -> bool:
    """Whether the script was content with a copied signature, and ran the image that it was made for."""
    return deployed.image == harbor.copied and not deployed.ran.exit and deployed.has(harbor.good)


def _refused(dock: Dock, harbor: Harbor, deployed: Deployed, cause: str) -> None:
    """Fail if an image ran that must not, or if the script did not come to an end."""
    image = deployed.image
    if image.mark in deployed.started:
        # Where the script says no and has cleared away what it had started, it did verify, but too late.
        late = deployed.ran.exit and not deployed.ran.ended_by and not _running_from(dock, image)
        cause = "started_first" if late else cause
        fail(cause, script="deploy.sh", image=image.name, evidence=deployed.evidence(harbor))
    if deployed.ran.ended_by:
        _succeed(dock, deployed.ran, "deploy.sh")


def _succeed(dock: Dock, ran: Ran, name: str) -> None:
    if ran.exit and not ran.ended_by and PUBLIC_LOG.search(ran.output):
        fail("asks_the_public_log", script=name, evidence=[output_of(ran)])
    succeed(dock, ran, name, SECONDS)


def _started(dock: Dock) -> frozenset[str]:
    """The marks of all containers that were ever started, also of those that are gone again.

    The engine remembers its last 256 events.
    """
    api = dock.engine.api
    now: Any = f"{time.time():.6f}"
    heard = api.events(since=0, until=now, filters={"type": "container", "event": "start"}, decode=True)
    gone = {str(event["Actor"]["Attributes"].get(MARK, "")) for event in heard}
    there = {
        str((raw.get("Labels") or {}).get(MARK, "")) for raw in api.containers(all=True) if raw["State"] != "created"
    }
    return frozenset((gone | there) - {""})


def _pin(dock: Dock, image: Image) -> Ran:
    return dock.run("bash", "pin.sh", image.name, environment={"PUBLIC_KEY": PUBLISHER}, seconds=SECONDS)


def _dockerfile(dock: Dock) -> str:
    return dock.run("head", "-c", "65536", "Dockerfile", seconds=5).output


def _build(dock: Dock, files: Mapping[str, bytes]) -> tuple[builds.Built, str]:
    """Build the student's Dockerfile; also the mark of its base, if it is an image of ours.

    Args:
        files: of ours, in the place of the student's: path -> content.
    """
    built = builds.build(dock, builds.prepare_context(dock, files, tuple(files)), shown="docker build .")
    return built, _mark(dock.engine.api.inspect_image(built.image)) if built.image else ""


def _running_from(dock: Dock, image: Image) -> tuple[str, ...]:
    """The names of the containers that run from an image."""
    api: Any = dock.engine.api
    there = api.containers(filters={"label": f"{MARK}={image.mark}"})
    return tuple(sorted(raw["Names"][0].lstrip("/") for raw in there))


def _mark(raw: Any) -> str:
    """The mark of a container or image."""
    return str((raw["Config"].get("Labels") or {}).get(MARK, ""))


def _make_keys(dock: Dock, password: str, publisher: bytes, next_publisher: bytes) -> str:
    """Make the release key pair and put the publishers' public keys beside it; a line of the private key."""
    script = (
        f"mkdir -p {KEYS}/next && cd {KEYS} && cosign generate-key-pair --output-key-prefix release > /dev/null 2>&1"
        f' && printf %s "$1" > {PUBLISHER} && printf %s "$2" > {NEXT_PUBLISHER} && chmod 644 *.pub next/*.pub'
        f" && chown 1000 {RELEASE}.key && sed -n 8p {RELEASE}.key"
    )
    command: Sequence[str] = ("env", f"COSIGN_PASSWORD={password}", "HOME=/root", "sh", "-c", script, "sh")
    return dock.output(*command, publisher.decode(), next_publisher.decode()).strip()


def _spelt(line: str) -> dict[str, str]:
    """Texts of which a copy of a key with this line has one, wherever its lines are broken, with what to call them."""
    parts = [line[start : start + PART] for start in range(0, len(line) - PART + 1, PART)]
    return {text: called for part in parts for text, called in spellings(part).items()}


def _word(dice: random.Random) -> str:
    return "".join(dice.choices("bcdfgklmnprst", k=3)) + dice.choice("aeiou")
