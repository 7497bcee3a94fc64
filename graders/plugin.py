"""The pytest plugin: a folder that holds a `lab.toml` is collected as a lab, and nothing in it is imported."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from graders.course import note_best
from graders.exporting import STANDARD_OUTPUT, ExportError
from graders.exporting import render as render_format
from graders.grading import Grade, Options
from graders.labs import HOME, Checks, load, work_folder
from graders.rubric import RUBRIC, Check, Lab, RubricError
from graders.scorecards import files, terminal
from graders.scorecards.exports import FORMATS
from graders.texts import interface, language, trouble
from graders.verdicts import Result, Scorecard, Verdict

WORK = "work"  # the student's files, below a lab's folder

grades = pytest.StashKey[dict[Path, Grade]]()
result_key = pytest.StashKey[Result]()
finished = pytest.StashKey[list[tuple[Scorecard, Path]]]()
exported = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the command line's options, with their help."""
    group = parser.getgroup("drydock", "grading Docker labs")
    group.addoption("--submission", metavar="DIR", help="grade this folder instead of the lab's own work folder")
    group.addoption("--lang", choices=("auto", "en", "ko"), default="auto", help="language (auto: the locale's)")
    group.addoption(
        "--egress",
        choices=("on", "off"),
        default="on",
        help="whether containers reach beyond the dock (default: on; classes grade with off)",
    )
    group.addoption("--reports", metavar="DIR", help="where scorecards go (default: reports/ beside the labs)")
    group.addoption(
        "--drydock-format",
        action="append",
        default=[],
        metavar="FORMAT[:FILE]",
        help="write the scorecard in this format too, beside it or to FILE (- for standard output, where annotations "
        "go by themselves in GitHub Actions); may be repeated: " + ", ".join(sorted(FORMATS)),
    )
    group.addoption("--drydock-seed", type=int, metavar="N", help="pin the random values, to repeat a run exactly")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Refuse to start inside a submission, before anything of it is loaded."""
    given = early_config.known_args_namespace.submission
    if given and early_config.inipath:
        submission = Path(early_config.invocation_params.dir, given).resolve()
        if early_config.inipath.resolve().is_relative_to(submission):
            # pytest reads its settings before any plugin is there, from the first folder on its command line.
            text = interface("settings_of_submission").fill({"file": str(early_config.inipath), "folder": given})
            raise pytest.UsageError(text.in_language(language(early_config.known_args_namespace.lang)))
    paths = list(early_config.known_args_namespace.file_or_dir) or [str(early_config.invocation_params.dir)]
    for given in paths:
        path = Path(early_config.invocation_params.dir, given.partition("::")[0]).resolve()
        for folder in (path, *path.parents):
            if folder.name == WORK and (folder.parent / RUBRIC).is_file():
                text = interface("inside_work").fill({"folder": str(folder), "lab": str(folder.parent)})
                raise pytest.UsageError(text.in_language(language(early_config.known_args_namespace.lang)))


def pytest_configure(config: pytest.Config) -> None:
    """Begin with no grades; refuse a format that there is not."""
    for given in config.getoption("drydock_format"):
        name = given.partition(":")[0]
        if name not in FORMATS:
            text = interface("export_unknown").fill({"format": name, "known": ", ".join(sorted(FORMATS))})
            raise pytest.UsageError(text.in_language(speaks(config)))
    config.stash[grades] = {}


def pytest_collect_directory(path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a lab's folder; nothing else in it, the submission least of all, is looked at."""
    if (path / RUBRIC).is_file():
        return LabFolder.from_parent(parent, path=path)
    return None


class LabFolder(pytest.Directory):
    """A lab's folder, which holds nothing to collect but its rubric."""

    def collect(self) -> Iterator[pytest.Collector]:
        """The rubric alone."""
        yield LabFile.from_parent(self, path=self.path / RUBRIC)


class LabFile(pytest.File):
    """A rubric, whose checks are the tests."""

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each check."""
        try:
            lab, code = load(self.path.parent.resolve())
        except RubricError as problem:
            raise self.CollectError(str(problem)) from None
        for check in lab.checks:
            yield CheckItem.from_parent(self, name=check.id, lab=lab, code=code, check=check)


class CheckItem(pytest.Item):
    """One check of one lab."""

    def __init__(self, *, lab: Lab, code: Checks, check: Check, **more: Any) -> None:
        super().__init__(**more)
        self.lab, self.code, self.check = lab, code, check
        self.extra_keyword_matches.update({lab.id, *check.causes})
        # A library's warning, made an error by somebody's settings, must not cost points.
        self.add_marker(pytest.mark.filterwarnings("ignore"))

    def setup(self) -> None:
        """Wait for the verdict; an error is one of the machine's or ours, so it is no failure of a test."""
        result = self.config.stash[grades][self.lab.folder].result(self.check.id)
        self.stash[result_key] = result
        self.user_properties += [
            ("points", result.points),
            ("earned", result.earned),
            ("verdict", str(result.verdict)),
            ("cause", result.finding.cause if result.finding else ""),
        ]
        if result.verdict is Verdict.ERROR:
            raise CheckError(result)

    def runtest(self) -> None:
        """Turn the verdict into pytest's outcome."""
        result = self.stash[result_key]
        if result.verdict in (Verdict.FAILED, Verdict.PARTIAL):
            raise CheckFailed(result)
        if result.verdict in (Verdict.BLOCKED, Verdict.NOT_ASSESSABLE):
            pytest.skip(terminal.reason(self.lab, result, speaks(self.config)))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What stock pytest shows of a failure: the finding, not a trace of the grader's code."""
        if isinstance(excinfo.value, CheckFailed | CheckError):
            return "\n".join(terminal.detail(self.lab, excinfo.value.result, speaks(self.config)))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where pytest says that the check stands."""
        return self.path, None, f"{self.lab.id}: {self.check.title.in_language(speaks(self.config))}"


class CheckFailed(Exception):
    """A check failed, or earned a part of its points."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.check)
        self.result = result


class CheckError(Exception):
    """A check has no verdict, through no fault of the student's."""

    def __init__(self, result: Result) -> None:
        super().__init__(result.check)
        self.result = result


def speaks(config: pytest.Config) -> str:
    """The language to speak."""
    return language(config.getoption("lang"))


def submission_of(config: pytest.Config, lab: Lab) -> Path:
    """The folder to grade for a lab."""
    given = config.getoption("submission")
    return Path(config.invocation_params.dir, given) if given else work_folder(lab)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Make a grade for each lab that was picked, and let pytest's own output step back where all items are checks."""
    items = [item for item in session.items if isinstance(item, CheckItem)]
    picked: dict[Path, list[CheckItem]] = {}
    for item in items:
        picked.setdefault(item.lab.folder, []).append(item)
    config = session.config
    if config.getoption("submission") and len(picked) > 1:
        named = ", ".join(folder.name for folder in picked)
        raise pytest.UsageError(interface("one_lab_only").fill({"labs": named}).in_language(speaks(config)))
    if items and not submission_of(config, items[0].lab).is_dir():
        facts = {"folder": str(submission_of(config, items[0].lab))}
        raise pytest.UsageError(trouble("submission_missing", facts).in_language(speaks(config)))
    for given in config.getoption("drydock_format"):
        if len(picked) > 1 and given.partition(":")[2] not in ("", STANDARD_OUTPUT):
            facts = {"given": given, "labs": ", ".join(folder.name for folder in picked)}
            raise pytest.UsageError(interface("export_one_file").fill(facts).in_language(speaks(config)))
    for folder, checks in picked.items():
        options = Options(
            egress=config.getoption("egress") == "on",
            language=speaks(config),
            seed=config.getoption("drydock_seed"),
            only=frozenset(item.check.id for item in checks),
        )
        first = checks[0]
        config.stash[grades][folder] = Grade(first.lab, first.code, submission_of(config, first.lab), options)
    if items and len(items) == len(session.items) and config.get_verbosity() <= 0:
        # Our own lines say it better; -v brings back what stock pytest shows.
        config.option.tbstyle = "no" if config.option.tbstyle == "auto" else config.option.tbstyle
        reporter = config.pluginmanager.get_plugin("terminalreporter")
        if reporter is not None and config.option.reportchars in ("", "fE"):
            reporter.reportchars = ""


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: Any) -> tuple[str, str, str] | None:
    """Keep pytest's letters out of our lines; its categories and verbose words stay."""
    if not hasattr(report, "drydock"):
        return None
    if report.when == "call" or report.outcome != "passed":
        category = "error" if report.when == "setup" and report.outcome == "failed" else report.outcome
        return (category, "", report.drydock.upper())
    return ("", "", "")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Mark a check's report with its verdict."""
    report = yield
    if isinstance(item, CheckItem):
        result = item.stash.get(result_key, None)
        report.drydock = str(result.verdict) if result else ""
        if result:
            report.duration = result.seconds if report.when == "call" else report.duration
    return report


def pytest_sessionstart(session: pytest.Session) -> None:
    """Register what prints."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None:
        session.config.pluginmanager.register(Reporter(session.config, reporter), "drydock-reporter")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Print a check's line as soon as it is final; tell the grade to stop when pytest does."""
    printer = item.config.pluginmanager.get_plugin("drydock-reporter")
    if isinstance(item, CheckItem) and printer:
        printer.announce(item)
    answer = yield
    if isinstance(item, CheckItem) and printer and result_key in item.stash:
        printer.line(item.stash[result_key])
    if item.session.shouldfail or item.session.shouldstop:
        for grade in item.config.stash[grades].values():
            grade.cancel()
    return answer


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the scorecards; only full marks end with exit code 0."""
    config = session.config
    if config.option.collectonly or not config.stash.get(grades, {}):
        return
    begun = [grade for grade in config.stash[grades].values() if grade.begun]
    if session.exitstatus == pytest.ExitCode.INTERRUPTED:
        # Whoever pressed Ctrl-C does not wait for a script's time limit; the watcher removes the dock.
        for grade in begun:
            grade.cancel()
        return
    cards = [grade.finish() for grade in begun]
    config.stash[finished] = [(card, write_card(config, card)) for card in cards]
    config.stash[exported] = [
        line for card, path in config.stash[finished] for line in write_formats(config, card, path)
    ]
    if session.exitstatus == pytest.ExitCode.OK and not all(card.full_marks for card in cards):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def write_card(config: pytest.Config, card: Scorecard) -> Path:
    """Write a card into the reports folder and say where it is."""
    given = config.getoption("reports")
    root = Path(config.invocation_params.dir, given) if given else HOME / "reports"
    note_best(root, card)
    return files.write(card, root / card.lab / files.folder_name(card.submission), speaks(config))


def write_formats(config: pytest.Config, card: Scorecard, page: Path) -> Iterator[str]:
    """Write a card in the formats that were asked for; what cannot be written is said, and costs nothing."""
    taken = {files.RESULT}  # the card's own record
    for given in config.getoption("drydock_format"):
        name, _, output = given.partition(":")
        if not output and FORMATS[name].streams and os.environ.get("GITHUB_ACTIONS"):
            output = STANDARD_OUTPUT
        file = Path(FORMATS[name].file)
        path = page.with_name(f"{name}{file.suffix}" if file.name in taken else file.name)
        if output:
            path = Path(config.invocation_params.dir, output)
        else:
            taken.add(path.name)
        try:
            text = render_format(name, card, speaks(config), os.environ, page.parent)
        except ExportError as problem:
            yield str(problem)
            continue
        if output == STANDARD_OUTPUT:
            yield from text.splitlines()
        else:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
            except OSError as problem:
                yield f"{problem.filename or path}: {problem.strerror or problem}"
                continue
            yield f"{name}: {path}"


class Reporter:
    """Prints each check's line, and at the end what to fix first and the score."""

    def __init__(self, config: pytest.Config, reporter: Any) -> None:
        self.config, self.reporter, self.lab = config, reporter, ""
        self.quiet = config.get_verbosity() < 0

    def announce(self, item: CheckItem) -> None:
        """Name a lab before its first line."""
        self.reporter.showfspath = self.config.get_verbosity() > 0
        if self.lab != item.lab.id:
            self.lab = item.lab.id
            if not self.quiet:
                for line in terminal.heading(item.lab, submission_of(self.config, item.lab), speaks(self.config)):
                    self.reporter.ensure_newline()
                    self.reporter.write_line(line)

    def line(self, result: Result) -> None:
        """One check."""
        if not self.quiet and self.config.get_verbosity() <= 0:
            self.reporter.ensure_newline()
            text, markup = terminal.check_line(result, speaks(self.config), self.width, self.reporter._tw._file)
            self.reporter.write_line(text, **markup)

    @property
    def width(self) -> int:
        """Columns of the terminal."""
        return int(self.reporter._tw.fullwidth)

    def pytest_terminal_summary(self) -> None:
        """What to fix first, the score, and where the card is."""
        for card, path in self.config.stash.get(finished, []):
            for text, markup in terminal.summary(card, path, speaks(self.config), self.width):
                self.reporter.write_line(terminal.harmless(text), **markup)
        for line in self.config.stash.get(exported, []):
            self.reporter.write_line(line)
