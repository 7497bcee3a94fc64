"""The checks of the volumes lab: kinds of storage, and keeping data."""

from __future__ import annotations

import concurrent.futures
import contextlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from docker.errors import NotFound

from graders import Dock, Evidence, Timeline, check, fail, partly, scene
from graders.checks import volumes_backup as backups
from graders.checks.volumes_backup import DATA
from graders.dock import Ran
from graders.observe.containers import Container, find_container, fragment, logs, names, overview
from graders.observe.guests import remove_guests
from graders.observe.network import Answer, ask, http
from graders.observe.scripts import output_of, run_script, succeed
from graders.observe.storage import (
    Mount,
    add_file,
    find_volume,
    layer,
    layer_holds,
    mounted,
    mounts,
)
from graders.observe.waiting import until

PORT = 8080  # where the app listens
SECONDS = 60  # for each script
SETTLE_SECONDS = 6  # for the app to answer after a start
MEMBERS = ("notes", "reader")
VOLUME, SCRATCH, CONFIG = "notes-data", "/scratch", "/etc/notes.conf"
DOCK_ROOT = 100000  # what a container's root is in the dock


@dataclass(frozen=True)
class Raised:
    """How up.sh was run."""

    ran: Ran
    environment: Mapping[str, str]
    title: str
    config: str  # notes.conf as up.sh left it

    @property
    def port(self) -> int:
        """Where the app is to be published."""
        return int(self.environment["PORT"])


@dataclass(frozen=True)
class Scenery:
    """What the dock had after up.sh."""

    containers: Mapping[str, Container]


@dataclass(frozen=True)
class Noted:
    """A note that was added, and the page after it."""

    text: str
    answer: Answer
    page: Answer


@dataclass(frozen=True)
class Restarted:
    """The page before and after the container was restarted."""

    draft: str
    answer: Answer
    before: Answer
    after: Answer


@dataclass(frozen=True)
class Outage:
    """How a backup left the app, where it did not keep a note any more."""

    state: str  # of the container, in the engine's words; empty where it is gone
    answer: Answer
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True)
class BackedUp:
    """The last of two backups, and the notes that were there before it."""

    ran: Ran
    old: tuple[str, ...]  # notes of long before, as far as the app still had them
    early: str
    late: str
    outage: Outage | None  # the first backup's


@dataclass(frozen=True)
class Restored:
    """A fresh volume, and what the first restore put there."""

    volume: str
    ran: Ran
    files: Mapping[str, str]
    running: tuple[str, ...]  # containers that use the volume after restore.sh

    def note(self, backed_up: BackedUp) -> str:
        """The latest note that the backup has; one that lacks the last was told so where that is asked."""
        return backed_up.late if backups.holds(self.files, backed_up.late) else backed_up.early


@dataclass(frozen=True)
class Newer:
    """A note that was added to the restored volume."""

    text: str
    page: Answer
    answer: Answer


@scene
def raised(dock: Dock, dice: random.Random) -> Raised:
    """Run up.sh with an owner, a port and a title that nobody could know before."""
    environment = {"PORT": str(dice.randrange(20000, 30000)), "OWNER": f"owner-{dice.randrange(10**8)}"}
    title = f"title-{dice.randrange(10**8)}"
    _write_config(dock, title)
    dock.run("sh", "-c", "rm -rf backup && mkdir backup && chmod 777 backup")
    ran = run_script(dock, "up.sh", environment, SECONDS)
    return Raised(ran, environment, title, dock.run("head", "-c", "2000", "notes.conf").output)


@scene
def scenery(dock: Dock, raised: Raised) -> Scenery:
    """Everything that up.sh left."""
    return Scenery({name: found for name in names(dock) if (found := find_container(dock, name))})


@scene
def noted(dock: Dock, raised: Raised, scenery: Scenery, dice: random.Random) -> Noted:
    """Add a note through the published port, and look at the page."""
    text = f"note-{dice.randrange(10**8)}"
    _page(dock, raised.port)
    answer = ask(dock, http(None, f"http://127.0.0.1:{raised.port}/?add={text}"))[0]
    return Noted(text, answer, _page(dock, raised.port))


@scene
def restarted(dock: Dock, raised: Raised, scenery: Scenery, dice: random.Random, timeline: Timeline) -> Restarted:
    """Keep a draft, and restart the container."""
    draft = f"draft-{dice.randrange(10**8)}"
    answer = ask(dock, http(None, f"http://127.0.0.1:{raised.port}/?draft={draft}"))[0]
    before = _page(dock, raised.port)
    dock.engine.api.restart(scenery.containers["notes"].id, timeout=2)
    timeline.mark("restarted", "event")
    return Restarted(draft, answer, before, _page(dock, raised.port))


@scene
def backed_up(dock: Dock, raised: Raised, noted: Noted, dice: random.Random) -> BackedUp:
    """Add a note, back up, add another, and back up again at once."""
    early, late = f"early-{dice.randrange(10**8)}", f"late-{dice.randrange(10**8)}"
    if ask(dock, http(None, f"http://127.0.0.1:{raised.port}/"))[0].status != 200:
        _raise_again(dock, raised)
    before = _add(dock, raised, early)
    old = (noted.text,) if f"note: {noted.text}" in _page(dock, raised.port).body else ()
    ran = _back_up(dock, raised)
    if before.status != 200:
        fail("no_answer", answer=before.says(), port=raised.port, evidence=[overview(dock)])
    backups.keep(dock)
    outage = None
    if (after := _add(dock, raised, late)).status != 200:
        outage = Outage(_state(dock, "notes"), after, (output_of(ran), overview(dock)))
        _raise_again(dock, raised)  # what the backup holds is another question
        if (after := _add(dock, raised, late)).status != 200:
            fail("no_answer", answer=after.says(), port=raised.port, evidence=[overview(dock)])
    ran = _back_up(dock, raised)
    if backups.missing(dock):
        # On a busy machine an engine may, once in thousands, lose what a container says that ends at once.
        ran = _back_up(dock, raised)
    if backups.missing(dock):
        fail("backup_missing", evidence=[output_of(ran), backups.listing(dock)])
    return BackedUp(ran, old, early, late, outage)


@scene
def restored(dock: Dock, backed_up: BackedUp, dice: random.Random) -> Restored:
    """Restore into a volume that is not there yet."""
    volume = f"fresh-{dice.randrange(10**8)}"
    ran = run_script(dock, "restore.sh", {"VOLUME": volume}, SECONDS)
    succeed(dock, ran, "restore.sh", SECONDS)
    return Restored(volume, ran, backups.files_in(dock, volume), backups.users(dock, volume))


@scene
def newer(dock: Dock, restored: Restored, dice: random.Random) -> Newer:
    """Let the app add a note to the restored volume; where it cannot, add one for it."""
    text = f"newer-{dice.randrange(10**8)}"
    app = backups.app_on(dock, restored.volume)
    try:
        page = _settle(dock, http(app, f"http://127.0.0.1:{PORT}/"))
        answer = ask(dock, http(app, f"http://127.0.0.1:{PORT}/?add={text}"))[0]
    finally:
        remove_guests(dock)
    volume = find_volume(dock, restored.volume)
    if answer.status != 200 and volume:
        add_file(dock, volume, f"{text}.txt", text)
    return Newer(text, page, answer)


@check
def up_works(dock: Dock, raised: Raised) -> None:
    """up.sh ends well and in time."""
    succeed(dock, raised.ran, "up.sh", SECONDS)


@check
def containers_run(dock: Dock, scenery: Scenery) -> None:
    """Both containers run, from the lab's image."""
    for name in MEMBERS:
        container = scenery.containers.get(name)
        if container is None:
            have = ", ".join(scenery.containers) or "-"
            fail("container_missing", container=name, names=have, evidence=[overview(dock)])
        if container.image_id != dock.image_ids["notes"]:
            evidence = [fragment(container, "Config", "Image")]
            fail("wrong_image", container=name, image=container.image, evidence=evidence)
        if not container.running:
            evidence = [overview(dock), logs(dock, container)]
            fail("container_stopped", container=name, code=container.exit_code, evidence=evidence)


@check
def app_writes(dock: Dock, scenery: Scenery, raised: Raised, noted: Noted) -> None:
    """The app takes a note at its published port, and its user is not root."""
    container = scenery.containers["notes"]
    shown = ", ".join(f"{host}:{number}->{inside}" for host, number, inside in container.published) or "-"
    ports = [host for host, number, inside in container.published if (number, inside) == (str(raised.port), PORT)]
    evidence = [Evidence(f"$ curl http://127.0.0.1:{raised.port}/?add={noted.text}", noted.answer.says())]
    if not ports:
        evidence = [fragment(container, "NetworkSettings", "Ports")]
        fail("not_published", port=raised.port, published=shown, evidence=evidence)
    if noted.answer.status == 500:
        found = mounts(dock, container).get(DATA)
        if found and not found.writable:
            fail("data_read_only", answer=noted.answer.says(), evidence=[*evidence, mounted(container)])
        fail("cannot_write", answer=noted.answer.says(), evidence=[*evidence, mounted(container)])
    if f"note: {noted.text}" not in noted.page.body:
        fail("no_answer", answer=noted.answer.says(), port=raised.port, evidence=[*evidence, logs(dock, container)])
    if _user(dock, container) == DOCK_ROOT:
        partly(0.4, "runs_as_root", evidence=[fragment(container, "Config", "User")])
    if ports != ["127.0.0.1"] or len(container.published) > 1:
        evidence = [fragment(container, "NetworkSettings", "Ports")]
        partly(0.6, "published_everywhere", port=raised.port, published=shown, evidence=evidence)


@check
def named_volume(dock: Dock, scenery: Scenery) -> None:
    """What is mounted at the data folder is the volume with the declared name."""
    container = scenery.containers["notes"]
    all_mounts = mounts(dock, container)
    found = all_mounts.get(DATA)
    if found and found.kind == "volume" and found.name == VOLUME:
        return
    evidence = [mounted(container)]
    if found and found.kind == "bind":
        fail("bind_instead", source=found.source, evidence=evidence)
    if found and found.in_memory:
        fail("data_in_memory", evidence=evidence)
    elsewhere = [path for path, mount in all_mounts.items() if mount.kind == "volume" and mount.name == VOLUME]
    if elsewhere:
        fail("wrong_path", path=elsewhere[0], evidence=evidence)
    if found and found.anonymous:
        fail("anonymous_volume", volume=found.name[:12], evidence=evidence)
    fail("wrong_volume_name", volume=found.name if found else "-", evidence=evidence)


@check
def volume_as_declared(dock: Dock, scenery: Scenery, raised: Raised) -> None:
    """The volume has the driver and the labels that were asked."""
    volume = find_volume(dock, VOLUME)
    if volume is None:
        have = ", ".join(sorted(raw["Name"][:24] for raw in dock.engine.api.volumes()["Volumes"] or ()))
        fail("volume_missing", have=have or "-")
    seen = ", ".join(f"{key}={value}" for key, value in sorted(volume.labels.items()))
    evidence = [Evidence(f"$ docker volume inspect {VOLUME}", f"driver: {volume.driver}\nlabels: {seen or '-'}"
                         f"\noptions: {dict(volume.options) or '-'}")]  # fmt: skip
    if volume.driver != "local" or volume.options:
        fail("not_plain_local", driver=volume.driver, options=dict(volume.options) or "-", evidence=evidence)
    asked = {"lab": "volumes", "owner": raised.environment["OWNER"]}
    if any(volume.labels.get(key) != value for key, value in asked.items()):
        fail("labels_differ", owner=asked["owner"], labels=seen or "-", evidence=evidence)


@check
def not_in_layer(dock: Dock, scenery: Scenery, noted: Noted) -> None:
    """Nothing of the note is in the container's writable layer."""
    container = scenery.containers["notes"]
    files = layer_holds(dock, container, noted.text)
    if files:
        fail("writable_layer", file=files[0], evidence=[layer(dock, container), mounted(container)])


@check
def config_is_bound(dock: Dock, scenery: Scenery, raised: Raised, dice: random.Random) -> None:
    """The config is the student's file itself, and nobody in the container can change it."""
    container = scenery.containers["notes"]
    changed = f"title-{dice.randrange(10**8)}"
    before = _page(dock, raised.port)
    _write_config(dock, changed)
    after = _page(dock, raised.port)
    found = mounts(dock, container).get(CONFIG)
    evidence = [Evidence(f"$ curl http://127.0.0.1:{raised.port}/", f"{before.says()}\n{after.says()}"),
                mounted(container)]  # fmt: skip
    if f"title: {raised.title}" not in before.body:
        if raised.title not in raised.config:  # before anything is said of the mount: it may be right
            first = (raised.config.splitlines() or ["-"])[0]
            fail("config_rewritten", title=raised.title, config=first, evidence=[*evidence, output_of(raised.ran)])
        if found and found.kind == "volume":
            fail("config_is_volume", title=raised.title, volume=_name(found), evidence=evidence)
        fail("config_missing", title=raised.title, answer=_first_line(before), evidence=evidence)
    if f"title: {changed}" not in after.body:
        fail("config_copied", title=changed, answer=_first_line(after), evidence=evidence)
    if found is None or found.writable:
        fail("config_writable", evidence=evidence)


@check
def reader_reads_only(dock: Dock, scenery: Scenery, noted: Noted, dice: random.Random) -> None:
    """The reader sees the notes of the same volume, and cannot add one; a silent one is judged by its mount."""
    reader = scenery.containers["reader"]
    text = f"forbidden-{dice.randrange(10**8)}"
    page = _settle(dock, http(reader, f"http://127.0.0.1:{PORT}/"))
    attempt = ask(dock, http(reader, f"http://127.0.0.1:{PORT}/?add={text}"))[0]
    found, here = (mounts(dock, container).get(DATA) for container in (reader, scenery.containers["notes"]))
    evidence = [
        Evidence("reader: GET /", page.says()),
        Evidence(f"reader: GET /?add={text}", attempt.says()),
        mounted(reader),
    ]
    # The task does not say that reader runs the app: it may idle, and be entered by those who read.
    shares = f"note: {noted.text}" in page.body if page.status else _same(found, here)
    if not shares:
        facts = {"reader": _name(found), "notes": _name(here)}
        fail("reader_other_volume", **facts, evidence=evidence)
    if attempt.status == 200 or found is None or found.writable:
        fail("reader_can_write", answer=attempt.says(), evidence=evidence)


@check
def scratch_in_memory(dock: Dock, scenery: Scenery, restarted: Restarted) -> None:
    """The scratch folder is a tmpfs that the app can write, and it is empty after a restart."""
    container = find_container(dock, "notes") or scenery.containers["notes"]
    evidence = [
        Evidence("GET /?draft=...", restarted.answer.says()),
        Evidence("before the restart: GET /", restarted.before.says()),
        Evidence("after the restart: GET /", restarted.after.says()),
        fragment(container, "HostConfig", "Tmpfs"),
        mounted(container),
    ]
    found = mounts(dock, container).get(SCRATCH)
    in_memory = found is not None and found.in_memory
    if f"draft: {restarted.draft}" not in restarted.before.body:
        if not in_memory:
            fail("scratch_missing", where=_kind(found), answer=restarted.answer.says(), evidence=evidence)
        fail("scratch_not_writable", answer=restarted.answer.says(), evidence=evidence)
    if not in_memory or restarted.draft in restarted.after.body:
        fail("scratch_on_disk", where=_kind(found), after=_draft(restarted.after), evidence=evidence)


@check
def survives_replacement(
    dock: Dock, raised: Raised, scenery: Scenery, noted: Noted, restarted: Restarted, timeline: Timeline
) -> None:
    """The note is there after a restart, and after other containers took the place of the first ones."""
    container = find_container(dock, "notes") or scenery.containers["notes"]
    note = f"note: {noted.text}"
    evidence = [
        Evidence("after the restart: GET /", restarted.after.says()),
        mounted(container),
        layer(dock, container),
    ]
    where = mounts(dock, container).get(DATA)
    in_layer = layer_holds(dock, container, noted.text)
    if note not in restarted.after.body:
        _lost(where, in_layer, "restart", restarted.after, evidence)
    _remove(dock)
    timeline.mark("removed", "broken")
    ran = run_script(dock, "up.sh", raised.environment, SECONDS)
    page = _page(dock, raised.port)
    evidence = [output_of(ran), Evidence("with new containers: GET /", page.says()), *evidence]
    if ran.exit or page.status != 200:
        fail("second_up_fails", code=ran.exit, answer=page.says(), evidence=evidence)
    if note not in page.body:
        _lost(where, in_layer, "replacement", page, evidence)
    timeline.mark("note_back", "recovered")


@check
def down_keeps_volume(dock: Dock, raised: Raised, noted: Noted) -> None:
    """down.sh removes the containers and keeps the volume, and up.sh works again."""
    had = find_volume(dock, VOLUME)
    ran = run_script(dock, "down.sh", raised.environment, SECONDS)
    succeed(dock, ran, "down.sh", SECONDS)
    evidence = [output_of(ran), overview(dock)]
    # One that was run with `--rm` goes after it has ended, and `docker stop` does not wait for that.
    left = until(lambda: names(dock), lambda there: not there, SETTLE_SECONDS)
    if left:
        fail("containers_left", left=", ".join(left), evidence=evidence)
    if had is None:
        fail("volume_missing", have="-", evidence=evidence)
    if find_volume(dock, VOLUME) is None:
        fail("volume_removed", evidence=evidence)
    again = run_script(dock, "up.sh", raised.environment, SECONDS)
    page = _page(dock, raised.port)
    if again.exit or page.status != 200:
        fail("second_up_fails", code=again.exit, answer=page.says(), evidence=[output_of(again)])


@check
def backup_restores(dock: Dock, backed_up: BackedUp, restored: Restored) -> None:
    """Restored into a fresh volume, the backup holds all notes, also the one of a moment before."""
    wanted = [*backed_up.old, backed_up.early, backed_up.late]
    backups.compare(dock, wanted, restored.files, [output_of(backed_up.ran), output_of(restored.ran)])
    if outage := backed_up.outage:
        facts = {"state": outage.state or "-", "answer": outage.answer.says()}
        partly(0.4, "backup_stops_app", **facts, evidence=list(outage.evidence))


@check
def restored_is_writable(newer: Newer) -> None:
    """The app, started on the restored volume, can add a note."""
    if newer.answer.status != 200:
        evidence = [Evidence("GET /", newer.page.says()), Evidence(f"GET /?add={newer.text}", newer.answer.says())]
        fail("restored_ownership", answer=newer.answer.says(), evidence=evidence)


@check
def restore_replaces(dock: Dock, backed_up: BackedUp, restored: Restored, newer: Newer, dice: random.Random) -> None:
    """A restore over a newer note and a spoilt one leaves only those of the backup, as they were."""
    before = backups.files_in(dock, restored.volume)
    if not backups.holds(before, newer.text):
        raise RuntimeError("the grader could not add a newer note")
    spoilt = backups.spoil(dock, restored.volume, before, restored.note(backed_up), dice)
    ran = run_script(dock, "restore.sh", {"VOLUME": restored.volume}, SECONDS)
    running = ", ".join(restored.running)
    if ran.exit and running:  # its name or its port is taken, or its volume is in use
        fail("restore_starts_app", containers=running, evidence=[output_of(ran), overview(dock)])
    succeed(dock, ran, "restore.sh", SECONDS)
    files = backups.files_in(dock, restored.volume)
    evidence = [output_of(ran), backups.contents(files)]
    if backups.holds(files, newer.text):
        fail("restore_mixes", note=newer.text, evidence=evidence)
    if backups.holds(files, spoilt):
        fail("restore_keeps_old", note=restored.note(backed_up), spoilt=spoilt, evidence=evidence)
    if not backups.holds(files, restored.note(backed_up)):
        fail("restore_loses", note=restored.note(backed_up), evidence=evidence)
    if running:
        partly(0.6, "restore_starts_app", containers=running, evidence=[output_of(restored.ran), overview(dock)])


@check
def restore_stands_alone(dock: Dock, backed_up: BackedUp, restored: Restored, dice: random.Random) -> None:
    """The backup restores what it holds, also with the containers and the old volume gone."""
    earlier, volume = f"earlier-{dice.randrange(10**8)}", f"alone-{dice.randrange(10**8)}"
    # While all is there: the backup before the last one, which cannot hold the last note.
    with backups.kept_in_place(dock):
        told = run_script(dock, "restore.sh", {"VOLUME": earlier}, SECONDS)
    other = backups.files_in(dock, earlier)
    _remove(dock)
    with contextlib.suppress(NotFound):
        dock.engine.api.remove_volume(VOLUME, force=True)
    ran = run_script(dock, "restore.sh", {"VOLUME": volume}, SECONDS)
    files = backups.files_in(dock, volume)
    if ran.exit or not backups.holds(files, restored.note(backed_up)):
        fail("restore_needs_old_volume", code=ran.exit, evidence=[output_of(ran), backups.contents(files)])
    if backups.holds(other, backed_up.late):
        fail("restored_beside_backup", note=backed_up.late, evidence=[output_of(told), backups.contents(other)])


def _write_config(dock: Dock, title: str) -> None:
    """Write the student's notes.conf in place, as an editor that keeps the file would, whatever mode it was given."""
    dock.run("sh", "-c", 'chmod 644 notes.conf; printf "title = %s\\n" "$0" > notes.conf; chmod 644 notes.conf', title)


def _settle(dock: Dock, probe: object) -> Answer:
    """The answer of the app, asked until it comes or the time is up."""
    return until(lambda: ask(dock, probe)[0], lambda answer: answer.status, SETTLE_SECONDS)  # type: ignore[arg-type]


def _page(dock: Dock, port: int) -> Answer:
    """The app's page at its published port."""
    return _settle(dock, http(None, f"http://127.0.0.1:{port}/"))


def _add(dock: Dock, raised: Raised, text: str) -> Answer:
    """The app's answer to a note, asked until it comes or the time is up."""
    return _settle(dock, http(None, f"http://127.0.0.1:{raised.port}/?add={text}"))


def _back_up(dock: Dock, raised: Raised) -> Ran:
    """Run backup.sh, which must end well."""
    ran = run_script(dock, "backup.sh", raised.environment, SECONDS)
    succeed(dock, ran, "backup.sh", SECONDS)
    return ran


def _raise_again(dock: Dock, raised: Raised) -> None:
    """Have the app in new containers, by up.sh."""
    _remove(dock)
    again = run_script(dock, "up.sh", raised.environment, SECONDS)
    page = _page(dock, raised.port)
    if again.exit or page.status != 200:
        fail("second_up_fails", code=again.exit, answer=page.says(), evidence=[output_of(again)])


def _state(dock: Dock, name: str) -> str:
    """What the engine calls a container's state, `paused` say; empty where there is no such container."""
    container = find_container(dock, name)
    return str(container.raw["State"]["Status"]) if container else ""


def _user(dock: Dock, container: Container) -> int:
    """The user of a container's first process, in the dock's numbers; -1 where it has ended."""
    return int(dock.output("sh", "-c", 'stat -c %u "/proc/$0" 2>/dev/null || echo -1', str(container.pid)) or "-1")


def _remove(dock: Dock) -> None:
    """Remove all containers, with their anonymous volumes."""

    def remove(identity: str) -> None:
        with contextlib.suppress(NotFound):
            dock.engine.api.remove_container(identity, force=True, v=True)

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(remove, [raw["Id"] for raw in dock.engine.api.containers(all=True)]))


def _lost(where: Mount | None, in_layer: Sequence[str], when: str, page: Answer, evidence: list[Evidence]) -> NoReturn:
    """Fail with the reason why a note is gone."""
    if in_layer:
        fail("writable_layer", file=in_layer[0], evidence=evidence)
    if where and where.in_memory:
        fail("data_in_memory", evidence=evidence)
    if where and where.anonymous:
        fail("anonymous_volume", volume=where.name[:12], evidence=evidence)
    fail("note_lost", when=when, answer=page.says(), evidence=evidence)


def _kind(mount: Mount | None) -> str:
    if mount is None:
        return "-"
    return mount.kind or ("tmpfs" if mount.in_memory else "-")


def _same(one: Mount | None, other: Mount | None) -> bool:
    """Whether two containers have the same volume, or folder of the host, mounted."""
    return bool(one and other and one.source and one.source == other.source)


def _name(mount: Mount | None) -> str:
    """What to call what is mounted: the volume by its name, another mount by its kind."""
    return (mount.name[:24] or _kind(mount)) if mount else "-"


def _first_line(answer: Answer) -> str:
    return answer.body.splitlines()[0] if answer.body else answer.says()


def _draft(answer: Answer) -> str:
    return next((line for line in answer.body.splitlines() if line.startswith("draft: ")), answer.says())
