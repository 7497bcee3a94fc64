"""Which line of a file is which student's. Where two could be meant, nobody is, and it is said."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from graders.classes.grades import Grade


@dataclass(frozen=True)
class Person:
    """A line of a file.

    Args:
        index: of the line in the file.
        line: its number, for people.
        keys: what identifies the person, strongest first; empty where a line has none.
        name: for people; may be empty.
    """

    index: int
    line: int
    keys: tuple[str, ...]
    name: str = ""

    @property
    def label(self) -> str:
        """Who it is, for people."""
        return " ".join(filter(None, (next(filter(None, self.keys), ""), self.name)))


@dataclass(frozen=True)
class Pair:
    """A student and the line that is theirs."""

    person: Person
    grade: Grade
    by_name: bool = False  # nothing but the name says so

    @property
    def same_name(self) -> bool:
        """Whether both sides call them alike; a side without a name does not object."""
        ours, theirs = _forms(self.grade.name), _forms(self.person.name)
        return not ours or not theirs or bool(ours & theirs)


@dataclass(frozen=True)
class Matching:
    """Who is who.

    Args:
        pairs: in the file's order.
        ambiguous: students for whom several lines, or whose line several students, could be meant.
        students: those without a line.
        people: lines without a student, in the file's order.
    """

    pairs: tuple[Pair, ...]
    ambiguous: tuple[tuple[Grade, tuple[Person, ...]], ...]
    students: tuple[Grade, ...]
    people: tuple[Person, ...]


def match(grades: Sequence[Grade], people: Sequence[Person]) -> Matching:
    """Match students with lines: by the first key that fits, else by a name that only one line and one student have.

    Where keys lead to different lines (a student number that is another's ID) the name decides; if it does not,
    the student is ambiguous, for a grade in the wrong line is worse than none.

    Args:
        grades: of a class.
        people: the lines.
    """
    found = _by_keys(grades, people)
    found |= _by_names(grades, people, found)
    times = Counter(candidates[0].index for candidates, _ in found.values() if len(candidates) == 1)
    pairs, ambiguous = [], []
    for place, (candidates, by_name) in found.items():
        if len(candidates) == 1 and times[candidates[0].index] == 1:
            pairs.append(Pair(candidates[0], grades[place], by_name))
        else:
            ambiguous.append((grades[place], candidates))
    taken = {pair.person.index for pair in pairs}
    return Matching(
        pairs=tuple(sorted(pairs, key=lambda pair: pair.person.index)),
        ambiguous=tuple(ambiguous),
        students=tuple(grade for place, grade in enumerate(grades) if place not in found),
        people=tuple(person for person in people if person.index not in taken),
    )


Found = dict[int, tuple[tuple[Person, ...], bool]]


def _by_keys(grades: Sequence[Grade], people: Sequence[Person]) -> Found:
    lines = defaultdict[str, dict[int, Person]](dict)
    for person in people:
        for key in filter(None, map(_key, person.keys)):
            lines[key][person.index] = person
    found: Found = {}
    for place, grade in enumerate(grades):
        candidates = tuple(lines.get(_key(grade.student), {}).values())
        if len(candidates) > 1:
            named = tuple(person for person in candidates if _forms(person.name) & _forms(grade.name))
            candidates = named if len(named) == 1 else candidates
        if candidates:
            found[place] = candidates, False
    return found


def _by_names(grades: Sequence[Grade], people: Sequence[Person], found: Found) -> Found:
    taken = {person.index for candidates, _ in found.values() for person in candidates}
    lines, students = defaultdict[str, set[int]](set), defaultdict[str, set[int]](set)
    for place, person in enumerate(people):
        for form in _forms(person.name):
            lines[form].add(place)
    for place, grade in enumerate(grades):
        for form in _forms(grade.name):
            students[form].add(place)
    named: Found = {}
    for place in range(len(grades)):
        forms = _forms(grades[place].name)
        candidates = set[int]().union(*(lines[form] for form in forms))
        namesakes = set[int]().union(*(students[form] for form in forms))
        if place not in found and len(candidates) == len(namesakes) == 1:
            person = people[candidates.pop()]
            if person.index not in taken:
                named[place] = (person,), True
    return named


def _key(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _forms(name: str) -> frozenset[str]:
    """How a name may be written: `Kim, Minji` is also `Minji Kim`, `김, 민지` also `김민지`; case counts not."""
    name = " ".join(unicodedata.normalize("NFKC", name).casefold().split())
    last, comma, first = (part.strip() for part in name.partition(","))
    orders = (f"{last} {first}", f"{first} {last}") if comma else (name,)
    return frozenset(form for order in orders for form in (order.strip(), order.replace(" ", "")) if form)
