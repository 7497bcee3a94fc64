"""The checks of the images lab: names, layers, copy-on-write."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from graders import Dock, Evidence, check, fail, scene
from graders.dock import Ran
from graders.observe import builds, images
from graders.observe.containers import Container, find_container, names, overview
from graders.observe.layers import Image, read_images, shown
from graders.observe.references import MISCONCEPTIONS, Parts, Read, Reference, misconception, read, references
from graders.observe.scripts import output_of, run_script, succeed
from graders.observe.storage import layer, layer_holds, mounted
from graders.observe.waiting import until

SECONDS = 60  # for each script
SETTLE_SECONDS = 3  # for a container's own command to write its file
BASE = "busybox"
RED, ALSO_RED, BLUE, FAT, LEAN = "red:1", "red:stable", "blue:1", "fat:1", "lean:1"
COMMITTED, BUILT = "committed:1", "built:1"
ONE, TWO, NOTE = "one", "two", "/note"
VARIABLE = "WORD"
NO_VALUE = ("", VARIABLE, f"${VARIABLE}", f"${{{VARIABLE}}}")  # what a shell that has not the word makes of it
ARCHIVE = "images.tar"
MEASURES = ("id", "size", "layers", "shared")
SLACK = 64 << 10  # bytes that the picture of layers allows beside the payload
LONGEST_NAME = 64  # bytes of the file /name
COLOURS = {"red": b"red", "blue": b"blue"}


@dataclass(frozen=True)
class Parsed:
    """What parse.sh made of the references."""

    references: tuple[Reference, ...]
    read: Read


@dataclass(frozen=True)
class Built:
    """How build.sh was run, and the images it left."""

    ran: Ran
    payload: str  # SHA-256 of the file
    size: int  # of the file, in bytes
    ids: Mapping[str, str]  # name -> image id


@dataclass(frozen=True)
class Contents:
    """What is in the images."""

    images: Mapping[str, Image]  # by name
    base: int  # bytes of the base image
    budget: int  # bytes

    def observed(self) -> dict[str, object]:
        """For the picture of layers: those of fat:1, sizes in bytes."""
        if FAT not in self.images:
            return {}
        own = [{"step": each.step, "size": each.size} for each in self.images[FAT].layers]
        return {"layers": {"base": self.base, "budget": self.budget, "own": own}}


@dataclass(frozen=True)
class Changed:
    """How change.sh was run, and what it left."""

    ran: Ran
    word: str
    images: Mapping[str, Image]  # by name
    commits: Mapping[str, str]  # the images that were made from containers -> of which, by ids


@dataclass(frozen=True)
class Pair:
    """Two images to be measured, and what is true of the first."""

    first: str
    second: str
    facts: Mapping[str, frozenset[str]]  # name of a value -> what is right


@dataclass(frozen=True)
class Reported:
    """A run of report.sh."""

    pair: Pair
    ran: Ran
    said: Mapping[str, str]

    @property
    def wrong(self) -> list[str]:
        """Names of the values that differ from what is true."""
        return [name for name in MEASURES if self.said.get(name) not in self.pair.facts[name]]


@scene
def parsed(dock: Dock, dice: random.Random) -> Parsed:
    """Run parse.sh for references that nobody could know before."""
    wanted = references(dice)
    return Parsed(wanted, read(dock, "parse.sh", wanted, f"mark-{dice.getrandbits(64):x}", SECONDS))


@scene
def built(dock: Dock, dice: random.Random) -> Built:
    """Run build.sh with a payload of random size and content."""
    builds.offline(dock)
    size = dice.randrange(1 << 20, 3 << 20)
    script = 'rm -rf payload && head -c "$0" /dev/urandom > payload && sha256sum payload'
    payload = dock.run("bash", "-c", script, str(size)).output.split(" ")[0]
    ran = run_script(dock, "build.sh", {}, SECONDS)
    return Built(ran, payload, size, images.image_ids(dock, (RED, ALSO_RED, BLUE, FAT, LEAN)))


@scene
def contents(dock: Dock, built: Built) -> Contents:
    """Read the images that build.sh left."""
    base = dock.image_ids[BASE]
    read_in = _read(dock, built.ids, {"sum": built.payload})
    return Contents(read_in, int(dock.engine.api.inspect_image(base)["Size"]), built.size + SLACK)


@scene
def changed(dock: Dock, dice: random.Random, contents: Contents) -> Changed:
    """Run change.sh with a word that nobody could know before; by now the images of build.sh have been read."""
    word = f"word-{dice.getrandbits(48):x}"
    ran = run_script(dock, "change.sh", {VARIABLE: word}, SECONDS)
    read_in = _read(dock, images.image_ids(dock, (COMMITTED, BUILT)), {"word": word, "variable": VARIABLE})
    return Changed(ran, word, read_in, images.commits(dock))


@check
def parser_runs(dock: Dock, parsed: Parsed) -> None:
    """parse.sh ends well and prints the four parts of each reference."""
    succeed(dock, parsed.read.ran, "parse.sh", SECONDS)
    for reference, seen in zip(parsed.references, parsed.read.parts, strict=True):
        if seen is None:
            fail("parts_missing", reference=reference.text, evidence=[output_of(parsed.read.ran)])


@check
def parser_finds_repository(parsed: Parsed) -> None:
    """Registry and repository of each reference without a digest."""
    pairs = [(known, seen) for known, seen in _pairs(parsed) if not known.means.digest]
    _judge(pairs, ("registry", "repository"))


@check
def parser_finds_tag(parsed: Parsed) -> None:
    """Tag and digest of each reference."""
    _judge(_pairs(parsed), ("tag", "digest"))


@check
def build_works(dock: Dock, built: Built) -> None:
    """build.sh ends well and in time."""
    succeed(dock, built.ran, "build.sh", SECONDS)


@check
def two_tags_one_image(dock: Dock, built: Built) -> None:
    """Two names stand for one image."""
    red, also = (_need(dock, built.ids, name) for name in (RED, ALSO_RED))
    if red != also:
        facts = {"red": red[7:19], "stable": also[7:19]}
        fail("tag_of_another_image", **facts, evidence=[images.listing(dock)])


@check
def layers_are_shared(dock: Dock, built: Built, contents: Contents) -> None:
    """Both colours hold the payload, in one layer that is common to them."""
    for name in (RED, BLUE):
        _need(dock, built.ids, name)
        image = contents.images[name]
        _expect_payload(image, name, built)
        _expect_name(image, name, name.partition(":")[0])
        _expect_base(dock, image, name)
    red, blue = contents.images[RED], contents.images[BLUE]
    # Only what lies on the same layers is stored once; a copy on top may have the same digest and is another layer.
    pairs = zip(images.layer_ids(dock, red.id), images.layer_ids(dock, blue.id), strict=False)
    common = {first for first, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs)}
    for name, image in ((RED, red), (BLUE, blue)):
        copies = [file.path for each in image.layers if each.id not in common for file in each.files
                  if file.digest == built.payload]  # fmt: skip
        if copies:
            evidence = [_layers(RED, red, built.payload), _layers(BLUE, blue, built.payload)]
            facts = {
                "image": name,
                "path": copies[0],
                "size": built.size,
                "shared": len(common.intersection(each.id for each in image.layers)),
            }
            fail("copied_layers", **facts, evidence=evidence)
    _expect_one_layer(red, RED, built)  # the common ones, too, may hold it more than once


@check
def deleted_file_stays(dock: Dock, built: Built, contents: Contents) -> None:
    """In fat:1 the payload cannot be seen, and lies in a layer all the same."""
    _need(dock, built.ids, FAT)
    image = contents.images[FAT]
    _expect_sum(image, FAT, built)
    evidence = [_layers(FAT, image, built.payload)]
    paths = _holding(image, built)
    if not paths:
        fail("nothing_deleted", size=built.size, evidence=evidence)
    for path in paths:
        if file := image.final.get(path):  # emptied or replaced is not deleted
            fail("payload_still_seen", image=FAT, path=path, size=file.size, evidence=evidence)


@check
def lean_without_payload(dock: Dock, built: Built, contents: Contents) -> None:
    """In lean:1 no layer holds the payload."""
    _need(dock, built.ids, LEAN)
    image = contents.images[LEAN]
    _expect_sum(image, LEAN, built)
    if paths := _holding(image, built):
        evidence = [_layers(LEAN, image, built.payload)]
        fail("deleted_too_late", path=paths[0], size=built.size, evidence=evidence)


@check
def report_measures(dock: Dock, built: Built, dice: random.Random) -> None:
    """report.sh measures images of the student's and of the grader's."""
    there = images.image_ids(dock, (RED, BLUE))  # change.sh may have removed them
    theirs = [_pair(dock, RED, BLUE)] if len(there) > 1 else []
    ours = _pair(dock, *images.samples(dock, dock.image_ids[BASE], dice))
    runs = [_report(dock, pair) for pair in (*theirs, ours)]
    for run in runs:
        succeed(dock, run.ran, "report.sh", SECONDS)
    bad = next((run for run in runs if run.wrong), None)
    if bad is None:
        return
    name = bad.wrong[0]
    facts = {"name": name, "first": bad.pair.first, "second": bad.pair.second, "said": bad.said.get(name, "-"),
             "truth": " / ".join(sorted(bad.pair.facts[name]))}  # fmt: skip
    # What is told of both pairs alike was not measured.
    told = [{run.said.get(each) for run in runs} - {None} for each in bad.wrong]
    typed = len(runs) > 1 and any(len(values) == 1 for values in told)
    fail("report_typed" if typed else "report_differs", **facts, evidence=[output_of(run.ran) for run in runs])


@check
def change_works(dock: Dock, changed: Changed) -> None:
    """change.sh ends well and in time."""
    succeed(dock, changed.ran, "change.sh", SECONDS)


@check
def writes_stay_apart(dock: Dock, built: Built, changed: Changed) -> None:
    """What one container writes is in its own layer, and not in another's from the same image."""
    red = {built.ids.get(RED, ""), images.image_id(dock, RED)} - {""}  # change.sh may have built it once more
    if not red:
        _need(dock, {}, RED)
    one, two = (_container(dock, name, red) for name in (ONE, TWO))
    note = until(lambda: _note_of(dock, one), lambda text: text == changed.word, SETTLE_SECONDS)
    evidence = [layer(dock, one), layer(dock, two)]
    if note is None:
        fail("note_missing", what=ONE, evidence=evidence)
    if note in NO_VALUE:
        fail("word_not_handed_over", what=ONE, wanted=changed.word, found=note or "-", evidence=evidence)
    if note != changed.word:
        _differs(f"container {ONE}", NOTE, changed.word, note[:200], evidence)
    if NOTE not in layer_holds(dock, one, changed.word):
        fail("note_not_in_layer", evidence=[*evidence, mounted(one)])
    if changed.word in (_note_of(dock, two) or "") or layer_holds(dock, two, changed.word):
        fail("note_in_both", word=changed.word, evidence=evidence)


@check
def container_committed(dock: Dock, changed: Changed) -> None:
    """committed:1 was made from a container, and holds the note."""
    image = _changed_image(dock, changed, COMMITTED)
    # The engine forgets old events, so the image has to say for itself, too, that it was made in another way.
    otherwise = images.made_by_builder(dock, image.id) or images.imported(dock, image.id)
    if image.id not in changed.commits and otherwise:
        fail("not_committed", evidence=[images.history(dock, COMMITTED)])
    one = find_container(dock, ONE)
    if not _has_word(image):
        if one and _note_of(dock, one) == changed.word:
            evidence = [_layers(COMMITTED, image, ""), layer(dock, one), mounted(one)]
            fail("commit_without_note", word=changed.word, evidence=evidence)
        _blame_note(dock, changed, COMMITTED)
    committed = changed.commits.get(image.id, "")
    if one and committed and committed != one.id:
        fail("another_committed", container=committed[:12], one=one.id[:12], evidence=[overview(dock)])


@check
def built_from_dockerfile(dock: Dock, built: Built, changed: Changed) -> None:
    """built:1 holds the same files, and no step of it was made from a container."""
    image = _changed_image(dock, changed, BUILT)
    if not _has_word(image):
        _blame_note(dock, changed, BUILT)
    _expect_payload(image, BUILT, built)
    _expect_name(image, BUILT, "red")
    below = images.steps(dock, RED)  # however that one was made
    committed = {step for commit in changed.commits for step in images.steps(dock, commit)[:1]} - set(below)
    by_hand = image.id in changed.commits or committed & set(images.steps(dock, image.id))
    if by_hand or images.imported(dock, image.id):
        fail("commit_instead_of_build", evidence=[images.history(dock, BUILT)])


@check
def comes_back(dock: Dock, built: Built, changed: Changed) -> None:
    """After every image was removed, unpack.sh brings the same ones back with their names."""
    wanted = {name: _need(dock, built.ids, name) for name in (RED, ALSO_RED, BLUE)}
    packed = run_script(dock, "pack.sh", {}, SECONDS)
    succeed(dock, packed, "pack.sh", SECONDS)
    if dock.run("test", "-s", ARCHIVE).exit:
        listing = dock.run("ls", "-l")
        fail("archive_missing", file=ARCHIVE, evidence=[output_of(packed), output_of(listing)])
    wanted |= images.image_ids(dock, tuple(wanted))  # pack.sh may have built them once more, or have removed them
    images.remove_all(dock)
    if left := images.image_ids(dock, tuple(wanted)):
        raise RuntimeError(f"the grader could not remove {', '.join(left)}")
    unpacked = run_script(dock, "unpack.sh", {}, SECONDS)
    succeed(dock, unpacked, "unpack.sh", SECONDS)
    back = images.image_ids(dock, tuple(wanted))
    evidence = [output_of(packed), output_of(unpacked), images.listing(dock)]
    for name, image in wanted.items():
        if name not in back:
            fail("not_back", image=name, have=", ".join(images.tags(dock)) or "-", evidence=evidence)
        if back[name] != image:
            fail("other_id", image=name, before=image[7:19], after=back[name][7:19], evidence=evidence)


def _pairs(parsed: Parsed) -> list[tuple[Reference, Parts]]:
    return [(known, seen) for known, seen in zip(parsed.references, parsed.read.parts, strict=True) if seen]


def _judge(pairs: Sequence[tuple[Reference, Parts]], wanted: Sequence[str]) -> None:
    """Fail with the clearest misconception that the wrong answers show."""
    wrong = [
        (MISCONCEPTIONS.index(misconception(known.means, seen, part)), known, seen, part)
        for known, seen in pairs
        for part in wanted
        if getattr(known.means, part) != getattr(seen, part)
    ]
    if not wrong:
        return
    cause, known, seen, part = min(wrong, key=lambda each: each[0])
    facts = {
        "reference": known.text,
        "part": part,
        "means": getattr(known.means, part) or '""',
        "seen": getattr(seen, part) or '""',
        "count": len({known.text for _, known, _, _ in wrong}),
        "all": len(pairs),
    }
    lines = [f"{known.text}\n{seen.says()}" for _, known, seen, _ in wrong]
    evidence = [Evidence("$ bash parse.sh REFERENCE", "\n\n".join(dict.fromkeys(lines)))]
    fail(MISCONCEPTIONS[cause], **facts, evidence=evidence)


def _read(dock: Dock, ids: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, Image]:
    """Read images, by name."""
    if not ids:
        return {}
    searched = {**COLOURS, **{name: text.encode() for name, text in texts.items()}}
    found = read_images(dock, list(dict.fromkeys(ids.values())), dock.image_ids[BASE], searched)
    return {name: found[image] for name, image in ids.items()}


def _need(dock: Dock, ids: Mapping[str, str], name: str) -> str:
    """An image's id, or the end of the check where there is none."""
    if name not in ids:
        fail("image_missing", image=name, have=", ".join(images.tags(dock)) or "-", evidence=[images.listing(dock)])
    return ids[name]


def _differs(what: str, path: str, expected: str, seen: str, evidence: Iterable[Evidence] = ()) -> NoReturn:
    fail("content_differs", what=what, path=path, wanted=expected, found=seen, evidence=evidence)


def _expect_payload(image: Image, name: str, built: Built) -> None:
    """The image shows the payload."""
    file = shown(image, "/payload")
    if file is None or file.digest != built.payload:
        seen = f"SHA-256 {file.digest[:12]}…" if file else "-"
        _differs(name, "/payload", f"SHA-256 {built.payload[:12]}…", seen, [_layers(name, image, built.payload)])


def _expect_one_layer(image: Image, name: str, built: Built) -> None:
    """No layer holds the payload once more."""
    holding = [(each, file.path) for each in image.layers for file in each.files if file.digest == built.payload]
    if len({each.id for each, _ in holding}) > 1:
        last, path = holding[-1]
        facts = {"image": name, "path": path, "size": built.size, "step": last.step[:200] or "-"}
        fail("payload_copied", **facts, evidence=[_layers(name, image, built.payload)])


def _expect_name(image: Image, name: str, colour: str) -> None:
    """The image's file /name tells its colour."""
    file = shown(image, "/name")
    told = [each for each in COLOURS if file and each in file.found]
    if file is None or told != [colour] or file.size > LONGEST_NAME:
        _differs(name, "/name", colour, ", ".join(told) or "-", [_layers(name, image, "")])


def _expect_base(dock: Dock, image: Image, name: str) -> None:
    """The image's lowest layers are those of the base."""
    base = images.layer_ids(dock, dock.image_ids[BASE])
    if images.layer_ids(dock, image.id)[: len(base)] != base:
        fail("not_on_base", image=name, evidence=[_layers(name, image, ""), images.history(dock, name)])


def _expect_sum(image: Image, name: str, built: Built) -> None:
    """The image shows the payload's checksum and not the payload."""
    file = shown(image, "/sum")
    evidence = [_layers(name, image, built.payload)]
    if file is None or "sum" not in file.found:
        _differs(name, "/sum", built.payload, "-" if file is None else f"{file.size} bytes", evidence)
    there = [path for path, file in image.final.items() if file.digest == built.payload]
    if there:
        fail("payload_still_seen", image=name, path=there[0], size=built.size, evidence=evidence)


def _holding(image: Image, built: Built) -> list[str]:
    """Where the image's layers hold the payload, seen or not."""
    return [file.path for each in image.layers for file in each.files if file.digest == built.payload]


def _layers(name: str, image: Image, payload: str) -> Evidence:
    """What each layer of an image's own holds, the payload marked."""
    lines = []
    for each in image.layers:
        lines.append(f"{each.id[7:19]}  {each.size} bytes  {each.step[:120]}")
        lines += [f"    {file.kind:8} {file.path}{'   <- payload' if payload and file.digest == payload else ''}"
                  for file in each.files[:12]]  # fmt: skip
    return Evidence(f"docker save {name}", "\n".join(lines) or "(no layer of its own)")


def _pair(dock: Dock, first: str, second: str) -> Pair:
    """Two images, and what is true of the first."""
    seen = images.measure(dock, first, second)
    facts = {
        "id": frozenset({seen.id, seen.id.removeprefix("sha256:")}),
        "size": frozenset({str(seen.size)}),
        "layers": frozenset({str(seen.layers)}),
        "shared": frozenset(map(str, seen.shared)),
    }
    return Pair(first, second, facts)


def _report(dock: Dock, pair: Pair) -> Reported:
    """Run report.sh for two images."""
    ran = dock.run("bash", "report.sh", pair.first, pair.second, seconds=SECONDS)
    lines = [line.partition("=") for line in ran.output.splitlines()]
    return Reported(
        pair, ran, {name.strip(): value.strip() for name, sign, value in lines if sign and name.strip() in MEASURES}
    )


def _container(dock: Dock, name: str, wanted: set[str]) -> Container:
    """A container from one of these images, or the end of the check."""
    found = find_container(dock, name)
    if found is None or found.image_id not in wanted:
        facts = {"container": name, "image": found.image if found else "-", "names": ", ".join(names(dock)) or "-"}
        fail("container_missing", **facts, evidence=[overview(dock)])
    return found


def _note_of(dock: Dock, container: Container) -> str | None:
    """What a container's note says; None where it has none."""
    text = images.file_of(dock, container.id, NOTE)
    return None if text is None else text.strip()


def _changed_image(dock: Dock, changed: Changed, name: str) -> Image:
    """An image that change.sh made, or the end of the check."""
    _need(dock, {each: image.id for each, image in changed.images.items()}, name)
    return changed.images[name]


def _has_word(image: Image) -> bool:
    """Whether an image shows the note, with the word."""
    file = shown(image, NOTE)
    return file is not None and "word" in file.found


def _blame_note(dock: Dock, changed: Changed, name: str) -> NoReturn:
    """Fail with the reason why an image shows no note with the word."""
    image = changed.images[name]
    file = shown(image, NOTE)
    evidence = [_layers(name, image, ""), images.history(dock, name)]
    if file is None:
        fail("note_missing", what=name, evidence=evidence)
    seen = f"{file.size} bytes, without it"
    # Blank, or the variable's name with or without its sign and braces; a line's end beside.
    if file.size <= 1 or ("variable" in file.found and file.size <= len(NO_VALUE[-1]) + 1):
        fail("word_not_handed_over", what=name, wanted=changed.word, found=seen, evidence=evidence)
    _differs(name, NOTE, changed.word, seen, evidence)
