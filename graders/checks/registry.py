"""The checks of the registry lab: look up, push and pull."""

from __future__ import annotations

import base64
import contextlib
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from docker.errors import APIError, NotFound

from graders import Dock, Evidence, check, fail, partly, scene
from graders.dock import Ran
from graders.observe.images import student_images
from graders.observe.registry import Manifest, Registry, listing, start_registry
from graders.observe.scripts import output_of, run_script, succeed
from graders.observe.secrets import in_files, in_image, watch_arguments

SECONDS = 60  # for each script
RUNS = 3  # of an image that says nothing
RUN_SECONDS = 15  # for the published image
MOVING = "latest"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
ALONE = re.compile(r"(?:\S+@)?sha256:[0-9a-f]{64}")  # what digest.txt shall hold: one line
KEPT = ("registry", "busybox")  # images of ours, without which nothing can be observed
TOLD = re.compile(
    r"(?:log|sign)(?:g?ing|g?ed)?[ _-]?in|passw|\bpass\b|credential|authori[sz]|authenticat|\bauth\b|denied|\b401\b"
    r"|\bpw\b|로그인|비밀번호|비번|패스워드|암호|인증|자격 ?증명|계정",
    re.I,
)
LOGGING_OUT = re.compile(r"Removing login credentials|Not logged in to")  # what docker logout says in any case
TO_DOCKER_HUB = re.compile(r"refers to repository \[docker\.io/|failed to push docker\.io/")
AT_DOCKER_HUB = re.compile(r"https://(?:registry-1|index|auth)\.docker\.io/")
REFUSED = re.compile(r"\bunauthorized\b|no basic auth credentials|incorrect username or password", re.I)
ASKED_FOR_TAGS = re.compile(rb'"GET /v2/(\S+)/tags/list\S* HTTP/[0-9.]+" (\d{3}) ')  # in the registry's log
EXAMPLE = re.compile(r"\b(?:localhost|127\.0\.0\.1)(?::| port )5000\b")  # the practice registry; ours has another port
MOST_LOCAL = 3  # local images that are run to compare

Contents = Mapping[str, Mapping[str, Manifest]]


@dataclass(frozen=True)
class Harbor:
    """The lab's registry, and what the scripts are told."""

    registry: Registry
    repository: str

    def environment(self, version: str = "", password: str = "") -> dict[str, str]:
        """The variables of one run."""
        given = {
            "REGISTRY": self.registry.address,
            "REGISTRY_USER": self.registry.user,
            "REGISTRY_PASSWORD": password or self.registry.password,
            "REPOSITORY": self.repository,
        }
        return given | ({"VERSION": version} if version else {})


@dataclass(frozen=True)
class Published:
    """One run of publish.sh, and what the registry held afterwards."""

    ran: Ran
    version: str
    contents: Contents
    there: bool  # whether the registry still runs
    digest_file: str
    arguments: list[list[str]]  # of the student's programs, where the password was among them
    secrets: list[tuple[str, int]]  # files with a secret, and which

    def tags(self, harbor: Harbor) -> Mapping[str, Manifest]:
        """The tags of the lab's repository."""
        return self.contents.get(harbor.repository, {})


@dataclass(frozen=True)
class Listed:
    """list.sh before and after the grader added a tag."""

    first: Ran
    second: Ran
    tags: frozenset[str]
    added: str
    arguments: list[list[str]]
    secrets: list[tuple[str, int]]  # files with a secret, and which
    asked: frozenset[tuple[str, str]]  # whose tags the registry was asked for, and the codes of its answers
    asked_again: bool  # whether the second run was told the lab's repository's tags


@scene
def harbor(dock: Dock, dice: random.Random) -> Harbor:
    """A registry with a login, a port and a repository that nobody could know before; it refuses everyone else."""
    port, user = dice.randrange(20000, 30000), f"{dice.choice(('pilot', 'mate', 'cook'))}{dice.randrange(1000)}"
    password = "".join(dice.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(20))
    registry = start_registry(dock, port, user, password)
    return Harbor(registry, f"{dice.choice(('pier', 'quay', 'dock'))}/beacon-{dice.randrange(1000, 9999)}")


@scene
def published(dock: Dock, dice: random.Random, harbor: Harbor) -> Published:
    """The first publish."""
    return _publish(dock, harbor, f"{dice.randrange(1, 9)}.{dice.randrange(100)}.{dice.randrange(10**4, 10**5)}")


@scene
def republished(dock: Dock, dice: random.Random, harbor: Harbor, published: Published) -> Published:
    """The second publish, of the next version."""
    major = int(published.version.partition(".")[0]) + 1
    return _publish(dock, harbor, f"{major}.{dice.randrange(100)}.{dice.randrange(10**4, 10**5)}")


@scene
def listed(dock: Dock, dice: random.Random, harbor: Harbor) -> Listed:
    """list.sh, a tag that the grader adds, and list.sh again."""
    registry, repository = harbor.registry, harbor.repository
    tags = registry.contents(dock).get(repository, {})
    added = f"grader-{dice.randrange(10**6)}"
    before = len(_answers(dock, registry))
    with watch_arguments(dock, _secrets(registry)) as watch:
        first = _list(dock, harbor)
        if tags:  # a second publish may have emptied the repository
            registry.tag(dock, repository, next(iter(tags.values())).digest, added)
        between = len(_answers(dock, registry))
        second = _list(dock, harbor) if tags and not first.exit else first
    left, asked = in_files(dock, _secrets(registry)), _answers(dock, registry)
    again = (repository, "200") in asked[between:]
    return Listed(first, second, frozenset(tags), added, watch.seen, left, frozenset(asked[before:]), again)


@check
def publish_works(dock: Dock, harbor: Harbor, published: Published) -> None:
    """publish.sh ends well and in time."""
    if not published.there:
        fail("registry_gone", evidence=[output_of(published.ran)])
    if published.ran.exit and not published.contents:
        _elsewhere(harbor, published, [output_of(published.ran)])
    succeed(dock, published.ran, "publish.sh", SECONDS)


@check
def tags_pushed(harbor: Harbor, published: Published) -> None:
    """The registry holds the repository, with the version and the moving tag."""
    tags, version = published.tags(harbor), published.version
    evidence = [listing(published.contents), output_of(published.ran)]
    facts = {"repository": harbor.repository, "version": version, "tags": ", ".join(tags) or "-"}
    if not tags:
        have = [name for name, their in published.contents.items() if their]  # what was deleted again leaves its name
        if have:
            fail("other_name", repository=harbor.repository, have=", ".join(have), evidence=evidence)
        _elsewhere(harbor, published, evidence)
        fail("not_pushed", **facts, evidence=evidence)
    if version not in tags:
        fail("latest_only" if set(tags) == {MOVING} else "version_missing", **facts, evidence=evidence)
    if MOVING not in tags:
        fail("latest_missing", **facts, evidence=evidence)


@check
def one_digest(harbor: Harbor, published: Published) -> None:
    """Both tags stand for one manifest."""
    tags = published.tags(harbor)
    version, moving = tags[published.version].digest, tags[MOVING].digest
    if version != moving:
        facts = {"version": published.version, "digest": version, "latest": moving}
        fail("tags_differ", **facts, evidence=[listing(published.contents)])


@check
def digest_file(dock: Dock, harbor: Harbor, published: Published) -> None:
    """digest.txt names the manifest that the registry holds."""
    manifest = published.tags(harbor)[published.version]
    evidence = [Evidence("$ cat digest.txt", published.digest_file or "(none)"), listing(published.contents)]
    found = DIGEST.findall(published.digest_file)
    if not found:
        fail("digest_missing", digest=manifest.digest, text=published.digest_file[:100] or "-", evidence=evidence)
    if manifest.digest in found:
        _alone(published, manifest.digest, evidence)
        return
    if found[0] == _older_form(dock, harbor, published.version):
        fail("digest_of_older_form", digest=manifest.digest, seen=found[0], evidence=evidence)
    local = {manifest.image_id} | {str(raw["Id"]) for raw in dock.engine.api.images(all=True)}
    cause = "digest_of_image_id" if found[0] in local else "digest_differs"
    fail(cause, digest=manifest.digest, seen=found[0], evidence=evidence)


@check
def logged_out(harbor: Harbor, published: Published) -> None:
    """No credentials remain after publish.sh."""
    for path, which in published.secrets:
        if which == 1:
            fail("left_logged_in", path=path, registry=harbor.registry.address, evidence=[output_of(published.ran)])


@check
def old_versions_stay(dock: Dock, harbor: Harbor, published: Published, republished: Published) -> None:
    """After a second publish the old version is untouched, and the moving tag has moved."""
    before, after = published.tags(harbor), republished.tags(harbor)
    evidence = [output_of(republished.ran), listing(published.contents), listing(republished.contents)]
    old, new = published.version, republished.version
    if republished.ran.exit or new not in after:
        _not_docker_hub(harbor, republished.ran, evidence)
        succeed(dock, republished.ran, "publish.sh", SECONDS)
        fail("second_publish_missing", version=new, tags=", ".join(after) or "-", evidence=evidence)
    now = after[old].digest if old in after else "-"
    if now != before[old].digest:
        fail("old_version_changed", version=old, digest=before[old].digest, now=now, evidence=evidence)
    moving = after[MOVING].digest if MOVING in after else "-"
    stood = before[MOVING].digest == before[old].digest  # where it never did, one_digest has told that
    if stood and moving != after[new].digest:
        fail("latest_not_moved", version=new, digest=after[new].digest, latest=moving, evidence=evidence)
    first, second = DIGEST.search(published.digest_file), DIGEST.search(republished.digest_file)
    if first and first[0] == before[old].digest and (not second or second[0] != after[new].digest):
        evidence = [Evidence("$ cat digest.txt", republished.digest_file or "(none)"), listing(republished.contents)]
        shown = second[0] if second else "-"
        fail("digest_not_renewed", digest=after[new].digest, seen=shown, evidence=evidence)
    if first and ALONE.fullmatch(published.digest_file.strip()):
        _alone(republished, after[new].digest, evidence)


@check
def list_agrees(dock: Dock, harbor: Harbor, listed: Listed) -> None:
    """list.sh prints the tags that the registry has, also those that came from elsewhere."""
    if {code for _, code in listed.asked} == {"401"}:
        fail("list_not_logged_in", evidence=[output_of(listed.first)])
    _told(harbor, listed)
    succeed(dock, listed.first, "list.sh", SECONDS)
    succeed(dock, listed.second, "list.sh", SECONDS)
    wanted, first, second = set(listed.tags), _lines(listed.first), _lines(listed.second)
    evidence = [output_of(listed.first), output_of(listed.second)]
    facts = {"tags": ", ".join(sorted(wanted)), "added": listed.added}
    if _repositories(listed.first, harbor.repository) and not any(tag in listed.first.output for tag in wanted):
        fail("list_of_repositories", **facts, printed=", ".join(sorted(first)), evidence=evidence)
    if first & wanted and first == second and listed.added not in second and not listed.asked_again:
        fail("list_not_asked", **facts, printed=", ".join(sorted(second)) or "-", evidence=evidence)
    if first != wanted:
        fail("list_differs", **facts, printed=", ".join(sorted(first)) or "-", evidence=evidence)
    if wanted and second != wanted | {listed.added}:
        printed = ", ".join(sorted(second)) or "-"
        if listed.asked_again:  # it was told the tag, and has left it out
            facts["tags"] = ", ".join(sorted(wanted | {listed.added}))
            fail("list_differs", **facts, printed=printed, evidence=evidence)
        fail("list_not_asked", **facts, printed=printed, evidence=evidence)


@check
def password_hidden(dock: Dock, harbor: Harbor, published: Published, republished: Published, listed: Listed) -> None:
    """The password is in no program's arguments, in no file and in no image."""
    for run in (published, republished):
        if run.arguments:
            fail("password_in_arguments", script="publish.sh", evidence=_arguments(harbor.registry, run.arguments))
    left = [*published.secrets, *republished.secrets]
    stored = {path for path, which in left if which == 1}  # a login that is left is another check's
    for path, which in left:
        if which == 0 or (which > 1 and path not in stored):
            fail("password_in_file", path=path, evidence=[Evidence(f"$ grep -l PASSWORD {path}", path)])
    for tag, image in student_images(dock).items():
        _no_password(dock, harbor.registry, tag, image)
    _no_password_pushed(dock, harbor.registry, republished.contents)
    if listed.arguments:
        partly(0.5, "password_in_arguments", script="list.sh", evidence=_arguments(harbor.registry, listed.arguments))
    for path in sorted({path for path, _ in listed.secrets} - {path for path, _ in left}):
        partly(0.5, "password_in_file", path=path, evidence=[Evidence(f"$ grep -l PASSWORD {path}", path)])


@check
def wrong_password_fails(dock: Dock, dice: random.Random, harbor: Harbor, published: Published) -> None:
    """With a wrong password publish.sh fails and says so, by a line that it does not print when all is well."""
    password = f"wrong-{dice.randrange(10**8)}"
    ran = run_script(dock, "publish.sh", harbor.environment(f"9.9.{dice.randrange(10**5)}", password), SECONDS)
    if ran.ended_by:
        succeed(dock, ran, "publish.sh", SECONDS)
    if not ran.exit:
        fail("failure_swallowed", evidence=[output_of(ran)])
    _not_docker_hub(harbor, ran, [output_of(ran)])
    always = set(published.ran.output.splitlines())
    said = [line for line in ran.output.splitlines() if line not in always and not LOGGING_OUT.match(line)]
    if not TOLD.search("\n".join(said)):
        fail("failure_not_told", code=ran.exit, evidence=[output_of(ran)])


@check
def pull_runs(dock: Dock, harbor: Harbor, published: Published, republished: Published) -> None:
    """With every local image removed, a pull by digest runs and prints the version."""
    contents = harbor.registry.contents(dock)
    last = next((run for run in (republished, published) if run.version in contents.get(harbor.repository, {})), None)
    if last is None:
        fail("pull_fails", image=f"{harbor.repository}:{published.version}", problem="-", evidence=[listing(contents)])
    manifest = contents[harbor.repository][last.version]
    local = _local_outputs(dock, contents)
    _remove_all(dock, harbor)
    image = f"{harbor.registry.address}/{harbor.repository}@{manifest.digest}"
    problem = _pull(dock, harbor.registry, image)
    if problem:
        fail("pull_fails", image=image, problem=problem, evidence=[listing(contents)])
    printed = _run(dock, image)
    evidence = [Evidence(f"$ docker run --rm {image}", printed or "(none)")]
    evidence += [Evidence(f"$ docker run --rm {tag}", text or "(none)") for tag, text in local.items()]
    if last.version in printed:
        return
    facts = {"version": last.version, "printed": printed.strip()[:200] or "-"}
    for tag, text in local.items():
        if last.version in text:
            fail("works_only_locally", **facts, local=tag, evidence=evidence)
    if last is republished and published.version in printed:
        fail("old_image_again", **facts, evidence=evidence)
    fail("version_not_in_image", **facts, evidence=evidence)


def _publish(dock: Dock, harbor: Harbor, version: str) -> Published:
    """Run publish.sh under watch, and take down all that it left."""
    registry = harbor.registry
    with watch_arguments(dock, _secrets(registry)) as watch:
        ran = run_script(dock, "publish.sh", harbor.environment(version), SECONDS)
    there = registry.runs(dock)
    return Published(
        ran,
        version,
        registry.contents(dock) if there else {},
        there,
        dock.run("head", "-c", "4096", "digest.txt", seconds=5).output,
        watch.seen,
        in_files(dock, _secrets(registry)),
    )


def _elsewhere(harbor: Harbor, published: Published, evidence: list[Evidence]) -> None:
    """Fail where a script that put nothing into the registry meant another one."""
    if TO_DOCKER_HUB.search(published.ran.output):
        fail("default_registry", evidence=evidence)
    _not_docker_hub(harbor, published.ran, evidence)
    if found := EXAMPLE.search(published.ran.output):
        fail("address_written_down", seen=found[0], address=harbor.registry.address, evidence=evidence)
    if found := REFUSED.search(published.ran.output):
        fail("login_refused", seen=found[0], address=harbor.registry.address, evidence=evidence)


def _not_docker_hub(harbor: Harbor, ran: Ran, evidence: list[Evidence]) -> None:
    """Fail where a script wanted something of Docker Hub; a log-out there asks nobody."""
    if any(AT_DOCKER_HUB.search(line) and not LOGGING_OUT.match(line) for line in ran.output.splitlines()):
        fail("docker_hub_asked", address=harbor.registry.address, evidence=evidence)


def _alone(published: Published, digest: str, evidence: list[Evidence]) -> None:
    """Fail where digest.txt holds more than one line with the digest: whoever pulls what it says cannot."""
    if not ALONE.fullmatch(published.digest_file.strip()):
        fail("digest_not_alone", digest=digest, text=published.digest_file.strip()[:300], evidence=evidence)


def _older_form(dock: Dock, harbor: Harbor, tag: str) -> str:
    """The digest that the registry gives a tag to those who do not say which form of manifest they mean."""
    registry = harbor.registry
    login = ("--user", f"{registry.user}:{registry.password}")
    url = f"http://{registry.address}/v2/{harbor.repository}/manifests/{tag}"
    found = DIGEST.search(dock.output("curl", "--silent", "--head", *login, url))
    return found[0] if found else ""


def _secrets(registry: Registry) -> list[str]:
    """The password; the login as the client's settings keep it; the password encoded alone."""
    alone = base64.b64encode(registry.password.encode()).decode().rstrip("=")
    return [registry.password, registry.login, alone]


def _list(dock: Dock, harbor: Harbor) -> Ran:
    """Run list.sh with its two streams apart: what it says on standard error is no tag."""
    errors = "/tmp/list.errors"  # noqa: S108 - in the dock
    ran = dock.run("bash", "-c", f"exec bash list.sh 2> {errors}", environment=harbor.environment(), seconds=SECONDS)
    if ran.exit or ran.ended_by:
        said = dock.run("head", "-c", "8192", errors, seconds=5).output
        ran = replace(ran, output=ran.output + said)
    return replace(ran, command=("bash", "list.sh"))


def _answers(dock: Dock, registry: Registry) -> list[tuple[str, str]]:
    """Which repositories' tags the registry was asked for, and the codes that it gave."""
    log = dock.engine.api.logs(registry.container, stderr=False, tail=2000)
    return [(name.decode(errors="replace"), code.decode()) for name, code in ASKED_FOR_TAGS.findall(log)]


def _told(harbor: Harbor, listed: Listed) -> None:
    """Fail where list.sh asks another registry, or for another repository, than the variables say."""
    asked = {name for name, _ in listed.asked}
    example = EXAMPLE.search(listed.first.output)
    seen = "" if harbor.repository in asked else ", ".join(sorted(asked)) or (example[0] if example else "")
    if seen:
        facts = {"repository": harbor.repository, "address": harbor.registry.address, "seen": seen}
        fail("list_elsewhere", **facts, evidence=[output_of(listed.first)])


def _lines(ran: Ran) -> set[str]:
    return {line.strip() for line in ran.output.splitlines() if line.strip()}


def _repositories(ran: Ran, repository: str) -> bool:
    """Whether a script prints the answer of `/v2/_catalog`, as it is or one on each line."""
    return '"repositories"' in ran.output or repository in {line.strip(' ",') for line in _lines(ran)}


def _no_password(dock: Dock, registry: Registry, name: str, image: str) -> None:
    if in_image(dock, image, _secrets(registry)):
        fail("password_in_image", image=name, evidence=[_history(dock, registry, image)])


def _no_password_pushed(dock: Dock, registry: Registry, contents: Contents) -> None:
    """Fail where an image has the password that is only in the registry any more: whoever pulls it reads it there."""
    here = {str(raw["Id"]) for raw in dock.engine.api.images(all=True)}
    pushed = {known.image_id: f"{name}@{known.digest}" for name, tags in contents.items() for known in tags.values()}
    for image, name in pushed.items():
        if image and image not in here and not _pull(dock, registry, f"{registry.address}/{name}"):
            try:
                _no_password(dock, registry, name, image)
            finally:
                _remove_image(dock, image)


def _arguments(registry: Registry, seen: list[list[str]]) -> list[Evidence]:
    """The arguments, as `ps` would have shown them to everyone; the password itself need not be told."""
    lines = [" ".join(arguments)[:600] for arguments in seen]
    for secret in _secrets(registry):
        lines = [line.replace(secret, "(the password)") for line in lines]
    return [Evidence("$ ps -ef", "\n".join(lines))]


def _history(dock: Dock, registry: Registry, image: str) -> Evidence:
    text = "\n".join(str(step.get("CreatedBy", "")) for step in dock.engine.api.history(image)[:30])
    for secret in _secrets(registry):
        text = text.replace(secret, "(the password)")
    return Evidence("$ docker history --no-trunc", text[:4000])


def _local_outputs(dock: Dock, contents: Contents) -> dict[str, str]:
    """What the local images print that are not in the registry."""
    pushed = {manifest.image_id for tags in contents.values() for manifest in tags.values()}
    rest = [(tag, image) for tag, image in student_images(dock).items() if image not in pushed]
    return {tag: _run(dock, image) for tag, image in rest[:MOST_LOCAL]}


def _remove_all(dock: Dock, harbor: Harbor) -> None:
    """Remove every container and image but our own, and the build cache."""
    api = dock.engine.api
    for raw in api.containers(all=True):
        if raw["Id"] != harbor.registry.container:
            with contextlib.suppress(NotFound):
                api.remove_container(raw["Id"], force=True, v=True)
    ours = {dock.image_ids[key] for key in KEPT if key in dock.image_ids}
    for _ in range(3):  # one that others are built on goes only after them
        for raw in api.images():
            if raw["Id"] not in ours:
                _remove_image(dock, str(raw["Id"]))
    api.prune_builds()


def _remove_image(dock: Dock, image: str) -> None:
    try:
        dock.engine.api.remove_image(image, force=True)
    except APIError as problem:
        if problem.status_code not in (404, 409):
            raise


def _pull(dock: Dock, registry: Registry, image: str) -> str:
    """Pull, and the registry's or the engine's refusal if it refuses."""
    login = {"username": registry.user, "password": registry.password}
    try:
        for message in dock.engine.api.pull(image, stream=True, decode=True, auth_config=login):
            if "error" in message:
                return str(message["error"])[:400]
    except NotFound as problem:
        return str(problem.explanation)[:400]
    return ""


def _run(dock: Dock, image: str) -> str:
    """What an image prints.

    Once in some thousand times the engine loses all that a container said that ended within milliseconds ("reading from
    a closed fifo" in its log), so one that said nothing is asked again.
    """
    return next(filter(None, (_run_once(dock, image) for _ in range(RUNS))), "")


def _run_once(dock: Dock, image: str) -> str:
    """What an image prints, run without a network or anything else of the dock."""
    api = dock.engine.api
    made = api.create_container(image, host_config=api.create_host_config(network_mode="none"))["Id"]
    try:
        api.start(made)
        with contextlib.suppress(Exception):  # one that runs on has said what it has to say by now
            api.wait(made, timeout=RUN_SECONDS)
        return str(api.logs(made, tail=20)[-4096:].decode(errors="replace"))
    except APIError as problem:
        if (problem.status_code or 500) >= 500 and "exec" not in str(problem.explanation):
            raise
        return str(problem.explanation)[:400]
    finally:
        api.remove_container(made, force=True, v=True)
