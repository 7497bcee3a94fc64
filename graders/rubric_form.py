"""The form of a rubric: what may stand in `lab.toml`, key by key."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from graders.verdicts import Text

Word = Annotated[str, Field(min_length=1)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Package = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class _Text(_Strict):
    en: Word
    ko: Word

    def text(self) -> Text:
        return Text(self.en.strip(), self.ko.strip())


class CauseForm(_Strict):
    """A misconception, below `causes`."""

    wrong: _Text
    why: _Text
    try_: Annotated[_Text, Field(alias="try")]
    expected: _Text
    seen: _Text
    reproduce: str = ""


class _Check(_Strict):
    id: Id
    points: Annotated[float, Field(gt=0)]
    title: _Text
    hints: Annotated[list[_Text], Field(min_length=1, max_length=3)]
    causes: Annotated[list[Id], Field(min_length=1)]
    needs: list[Id] = []
    alone: bool = False
    lesson: str = ""
    task: Id | None = None


class DockForm(_Strict):
    """The settings of its docks, `dock`."""

    images: list[Word] = []
    memory_mb: Annotated[int, Field(ge=512)] = 1280
    disk_mb: Annotated[int, Field(ge=64)] = 1024
    work_mb: Annotated[int, Field(ge=8)] = 128
    processes: Annotated[int, Field(ge=600)] = 2000
    ports: list[int] = []
    lend: list[str] = []
    packages: list[Package] = []
    nodes: Annotated[int, Field(ge=1, le=7)] = 1
    managers: Annotated[int, Field(ge=1)] = 1
    joined: bool = True
    node_images: list[Word] = []
    registry: bool = False
    host_name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9#.-]{0,62}$")] = "dock"


class _Submission(_Strict):
    files: Annotated[list[Word], Field(min_length=1)]


class _Reading(_Strict):
    title: _Text
    url: Annotated[str, Field(pattern=r"^https://\S+$")]


class RubricForm(_Strict):
    """The whole file."""

    version: Word
    week: Annotated[int, Field(ge=1, le=8)]
    title: _Text
    summary: _Text
    lesson: str = ""
    submission: _Submission
    dock: DockForm = DockForm()
    tasks: dict[Id, _Text] = {}
    checks: Annotated[list[_Check], Field(min_length=1)]
    causes: dict[Id, CauseForm] = {}
    reasons: dict[Id, _Text] = {}
    moments: dict[Id, _Text] = {}
    topic: _Text | None = None
    after: list[Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]] = []
    reading: list[_Reading] = []
    bonus: bool = False


class CausesForm(_Strict):
    """A file of causes alone; `causes` is added to it, so that a mistake has the same place as in a rubric."""

    causes: dict[Id, CauseForm]
