"""Who handed in what: a class's roster from a folder or a CSV, and one hand-in opened to be graded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from graders.classes.archives import suffix, unpack
from graders.classes.downloads import Owner, owners, shown
from graders.classes.entries import Entry, HandInRefused, Problem, Refused, Roster, RosterError, said
from graders.classes.hand_ins import in_archive, in_roster, names_of
from graders.classes.kinds import is_file, is_folder, is_link
from graders.classes.layout import Wanted, visible_children, wanted
from graders.classes.private import private_folder
from graders.classes.spreadsheets import KNOWN, Row, read_table, read_time
from graders.verdicts import Text

__all__ = ["Entry", "HandInRefused", "Problem", "Roster", "RosterError", "opened", "read_roster"]


def read_roster(source: Path, lab: str) -> Roster:
    """Read who handed in what.

    Args:
        source: a folder with a folder or an archive for each student, or a CSV; see docs/roster.md.
        lab: the lab's id or a path to it; its files decide where in a hand-in the submission lies.

    Returns:
        The students of a folder by id, those of a CSV in its order.

    Raises:
        RosterError: the source is not there, cannot be read, or is neither.
        graders.rubric.RubricError: there is no such lab.
    """
    needs = wanted(lab)
    try:
        source = source.resolve(strict=True)
    except (OSError, ValueError, RuntimeError) as problem:
        raise RosterError(said("unreadable", name=source, problem=_reason(problem))) from None
    if is_folder(source):
        return _Reading(needs, lab).folder(source)
    if not is_file(source) or suffix(source.name):
        raise RosterError(said("not_a_roster", name=source.name))
    return _Reading(needs, lab).table(source)


@contextmanager
def opened(entry: Entry) -> Iterator[Path]:
    """The folder to grade: a hand-in's own, or what was in its archive, in a private folder as long as this lasts.

    Raises:
        HandInRefused: nothing was handed in, or the archive cannot be taken; the problem says why. It is no zero.
        OSError: the machine's fault, a full disk for instance.
    """
    if entry.source is None:
        raise HandInRefused(Problem(entry.id, said("nothing")))
    if is_folder(entry.source):
        yield entry.source
        return
    with private_folder() as folder:
        try:
            unpack(entry.source, folder)
            place = in_archive(folder, wanted(entry.lab), entry.source.name)
        except Refused as refused:
            raise HandInRefused(Problem(entry.id, refused.what)) from None
        yield place


class _Reading:
    """A roster while it is read."""

    def __init__(self, needs: Wanted, lab: str) -> None:
        self._needs, self._lab = needs, lab
        self._entries: list[Entry] = []
        self._problems: list[Problem] = []

    def folder(self, source: Path) -> Roster:
        """A folder with a folder or an archive for each student."""
        try:
            found = [path for path in visible_children(source, None) if self._is_hand_in(path)]
        except OSError as problem:
            raise RosterError(said("unreadable", name=source, problem=_reason(problem))) from None
        whose = owners(source, found)
        hand_ins = defaultdict[str, list[tuple[Path, Owner]]](list)
        for path in found:
            owner = whose(path)
            if is_folder(path) or suffix(path.name) or owner.download:
                hand_ins[owner.id].append((path, owner))
            else:
                self._say("", said("stray_file", name=shown(path.name)))
        for id_, of_one in sorted(hand_ins.items()):
            self._take(id_, of_one)
        return self._roster()

    def table(self, source: Path) -> Roster:
        """A CSV with a line for each student."""
        table = read_table(source)
        for line, header in table.unknown:
            self._say("", _in_line(line, said("unknown_column", column=header, known=KNOWN)))
        lines = defaultdict[str, list[int]](list)
        for row in table.rows:
            lines[row.id].append(row.line)
        for row in table.rows:
            if not row.id.strip():
                self._say("", _in_line(row.line, said("no_id")))
            elif lines[row.id][1:]:
                if row.line == lines[row.id][0]:
                    self._say(row.id, said("id_twice", lines=", ".join(map(str, lines[row.id]))))
            elif row.cells_left:
                self._say(row.id, _in_line(row.line, said("too_many_cells")))
            else:
                self._take_row(row, source.parent)
        return self._roster()

    def _is_hand_in(self, path: Path) -> bool:
        """Whether it may be a student's; links and hidden folders are said and left out."""
        if is_link(path):
            self._say(shown(path.name.removesuffix(suffix(path.name))), said("link", name=shown(path.name)))
            return False
        if path.name.startswith("."):
            if is_folder(path) or suffix(path.name):
                self._say("", said("hidden", name=shown(path.name)))
            return False
        return True

    def _take(self, id_: str, hand_ins: Sequence[tuple[Path, Owner]]) -> None:
        with_files = [(path, owner) for path, owner in hand_ins if not owner.text_only]
        paths = [path for path, _ in with_files]
        if not paths:
            self._say(id_, said("text_only"))
        elif not all(is_folder(path) or suffix(path.name) for path in paths):
            self._say(id_, said("loose_files", names=names_of(paths)))
        elif len(paths) > 1:
            self._say(id_, said("two", names=names_of(paths)))
        else:
            self._enter(Entry(id_, with_files[0][1].name, paths[0], None, self._lab), _Where())

    def _take_row(self, row: Row, folder: Path) -> None:
        where = _Where(row.line)
        time = read_time(row.handed_in)
        if row.handed_in.strip() and not time:
            self._say(row.id, where.text(said("bad_time", seen=row.handed_in)))
        entry = Entry(row.id, row.name, None, time, self._lab)
        if not row.folder.strip():
            self._enter(entry, where)
            return
        try:
            # The CSV is the teacher's own: a path may lead anywhere, and may be a link.
            source = (folder / row.folder).resolve(strict=True)
        except (OSError, ValueError, RuntimeError) as problem:
            self._say(row.id, where.text(said("no_folder", name=row.folder, problem=_reason(problem))))
            return
        self._enter(replace(entry, source=source), where)

    def _enter(self, entry: Entry, where: _Where) -> None:
        """Find the submission in a hand-in, and enter it."""
        try:
            source = entry.source and in_roster(entry.source, self._needs)
        except Refused as refused:
            self._say(entry.id, where.text(refused.what))
            return
        except OSError as problem:
            name = shown(entry.source.name if entry.source else "")
            self._say(entry.id, where.text(said("unreadable", name=name, problem=_reason(problem))))
            return
        if source is None:
            self._say(entry.id, where.text(said("nothing")))
        self._entries.append(replace(entry, source=source))

    def _say(self, id_: str, what: Text) -> None:
        self._problems.append(Problem(id_, what))

    def _roster(self) -> Roster:
        return Roster(tuple(self._entries), tuple(self._problems))


@dataclass(frozen=True)
class _Where:
    """The line of a CSV that a text is about, if any."""

    line: int = 0

    def text(self, what: Text) -> Text:
        return _in_line(self.line, what) if self.line else what


def _in_line(line: int, what: Text) -> Text:
    prefix = said("line", line=line)
    return Text(f"{prefix.en} {what.en}", f"{prefix.ko} {what.ko}")


def _reason(problem: Exception) -> str:
    return getattr(problem, "strerror", None) or str(problem)
