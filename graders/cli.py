"""The command `drydock`: prepare a machine, look at it, carry images to one without a network."""

from __future__ import annotations

import argparse
import io
import os
import random
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

# What one command alone needs and is slow to load, it imports itself, so that nobody waits for what others need.
from graders import class_arguments, course
from graders.classes.entries import RosterError
from graders.classes.refusals import GradebookError
from graders.classes.troubles import StoreError
from graders.dock import Trouble, kit
from graders.dock.seed import prepare_side_by_side
from graders.exporting import STANDARD_OUTPUT, ExportError, export
from graders.grading import CONTROL_IMAGE, Options, dock_settings
from graders.hints import STATE, UnknownCheckError, next_hint
from graders.labs import HOME, INSTALLED, all_labs, lab_folder, load, work_folder
from graders.opening import last_card, show
from graders.rubric import Lab, RubricError, read_lab
from graders.scorecards.exports import FORMATS
from graders.starter import start
from graders.texts import catalogue, interface, language, shared_causes, text, trouble
from graders.verify import SIDE_BY_SIDE, differences, find_cases, grade_all, table

if TYPE_CHECKING:
    from rich.console import Console

RUBRIC_WRONG = CORPUS_DIFFERS = 1
MACHINE_AT_FAULT, OUR_MISTAKE, NO_GRADE, INTERRUPTED = 2, 3, 4, 130
CORPUS = HOME / "tests" / "submissions"
COURSE = "course"  # what `open` takes beside labs
REPORTS = HOME / "reports"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: without the program's name; the process's own where missing.

    Returns:
        the exit code: 0 all well, 1 a rubric is wrong or the doctor found something bad, 2 the machine or the
        command line is at fault, 3 a mistake of ours, 4 a result is no grade and was not exported, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a letter that the terminal has not is no reason to end
            stream.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
    speaks = language(options.lang)
    try:
        return int(options.run(options, speaks))
    except RubricError as problem:
        _complain(str(problem))
        return RUBRIC_WRONG
    except Trouble as problem:
        _complain(trouble(problem.code, problem.facts).in_language(speaks))
        return MACHINE_AT_FAULT
    except (RosterError, StoreError) as problem:
        _complain((problem.what if isinstance(problem, RosterError) else problem.text).in_language(speaks))
        return MACHINE_AT_FAULT
    except GradebookError as problem:
        _complain(problem.text.in_language(speaks))
        return MACHINE_AT_FAULT
    except ExportError as problem:
        _complain(str(problem))
        return NO_GRADE if problem.no_grade else MACHINE_AT_FAULT
    except BrokenPipeError:  # whoever read us, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as problem:
        _complain(f"{problem.filename or 'drydock'}: {problem.strerror or problem}")
        return MACHINE_AT_FAULT
    except KeyboardInterrupt:
        _complain(text("interrupted").in_language(speaks))
        return INTERRUPTED
    except Exception as problem:  # noqa: BLE001 - the one place where a mistake of ours ends, and it is kept
        seen = f"{type(problem).__name__}: {problem}"
        _complain(text("unexpected", problem=seen, file=_keep_traceback()).in_language(speaks))
        return OUR_MISTAKE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="drydock", description=__doc__)
    _takes_language(parser, default="auto")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    def add(name: str, run: Callable[..., int], what: str, to: Any = commands) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = to.add_parser(name, help=what, description=what)
        _takes_language(command, default=argparse.SUPPRESS)  # or it would undo what stands before the command
        command.set_defaults(run=run)
        return command

    def takes_labs(command: argparse.ArgumentParser) -> None:
        command.add_argument("labs", nargs="*", metavar="LAB", help="a lab's id or folder (default: all labs)")

    def takes_reports(command: argparse.ArgumentParser) -> None:
        what = "where scorecards are (default: reports/ beside the labs)"
        command.add_argument("--reports", type=Path, default=REPORTS, metavar="DIR", help=what)

    add("doctor", _doctor, "look at this machine, and say what is wrong with it and how to mend it")
    takes_labs(add("images", _images, "pull or build all images that labs use, and prepare their docks"))
    kits = commands.add_parser("kit", help="carry images to machines without a network", description=kit.__doc__)
    actions = kits.add_subparsers(title="commands", required=True, metavar="COMMAND")
    saving = add("save", _save, "write all images that labs use into one file", actions)
    saving.add_argument("file", type=Path, metavar="FILE", help="the kit to write")
    takes_labs(saving)
    loading = add("load", _load, "load a kit into this machine's engine", actions)
    loading.add_argument("file", type=Path, metavar="FILE", help="a kit that `drydock kit save` wrote")
    starting = add("start", _start, "put a lab's starter files where there are none yet; yours are kept")
    starting.add_argument("lab", metavar="LAB", help="a lab's id or folder")
    starting.add_argument("--into", type=Path, metavar="DIR", help="default: the lab's own work folder")
    verifying = add("verify", _verify, "grade a lab's corpus, and compare verdicts and causes with what is expected")
    takes_labs(verifying)
    verifying.add_argument("--corpus", type=Path, default=CORPUS, metavar="DIR", help="default: tests/submissions")
    at_once = "how many at a time; two more where some have several docks and others do not (default: %(default)s)"
    verifying.add_argument("--jobs", type=int, default=SIDE_BY_SIDE, metavar="N", help=at_once)
    verifying.add_argument("--repeat", type=int, default=1, metavar="N", help="how many times, in random order")
    what = "this kernel has all that is observed: not_assessable is no alternative to another verdict"
    verifying.add_argument("--complete", action="store_true", help=what)
    exporting = add("export", _export, "write scorecards in another program's format (docs/formats.md)")
    exporting.add_argument("format", choices=sorted(FORMATS), metavar="FORMAT", help=", ".join(sorted(FORMATS)))
    exporting.add_argument(
        "results", nargs="+", type=Path, metavar="RESULT", help="a result.json, or a folder that holds one"
    )
    what = "a file, or a folder where there are several results (default: - for standard output)"
    exporting.add_argument("--output", default=STANDARD_OUTPUT, metavar="PATH", help=what)
    what = "stands in for a variable of the environment, which classroom50 asks; may be repeated"
    exporting.add_argument("--set", action="append", default=[], type=_pair, metavar="VARIABLE=VALUE", help=what)
    exporting.formatter_class = argparse.RawDescriptionHelpFormatter
    exporting.epilog = "\n".join(["formats:", *(f"  {name:14}{_read_by(name)}" for name in sorted(FORMATS))])
    hinting = add("hint", _hint, "show the next hint for a check, one more each time")
    hinting.add_argument("lab", metavar="LAB", help="a lab's id or folder")
    hinting.add_argument("check", metavar="CHECK", help="a check's id, as the scorecard names it")
    hinting.add_argument("--again", action="store_true", help="begin with the first hint")
    takes_reports(hinting)
    opening = add("open", _open, "open the last scorecard in a browser, or the way through the study: open course")
    opening.add_argument("lab", nargs="?", metavar="LAB", help="a lab's id or folder, or `course` (default: any lab)")
    takes_reports(opening)
    watching = add("watch", _watch, "grade again on every save, and say what changed")
    watching.add_argument("lab", metavar="LAB", help="a lab's id or folder")
    watching.add_argument("--submission", type=Path, metavar="DIR", help="default: the lab's own work folder")
    what = "whether containers reach beyond the dock (default: on)"
    watching.add_argument("--egress", choices=("on", "off"), default="on", help=what)
    takes_reports(watching)
    grading = add("grade", _grade, "grade a class: a folder of submissions, or a CSV that says where they are")
    grading.add_argument("lab", metavar="LAB", help="a lab's id or folder")
    class_arguments.add_grade_arguments(grading)
    takes_reports(grading)
    what = "hand out a class's jobs to the workers of several machines (docs/cluster.md)"
    class_arguments.add_scheduler_arguments(add("scheduler", _scheduler, what))
    what = "grade what a scheduler hands out, on each machine with an engine"
    class_arguments.add_worker_arguments(add("worker", _worker, what))
    paging = add("pages", _pages, "write the pages of classes that were graded, and of their course")
    takes_labs(paging)
    class_arguments.add_pages_arguments(paging)
    takes_reports(paging)
    booking = add(
        "gradebook", _gradebook, "show a class's grades, or fill them into a file of Canvas, Moodle, Blackboard"
    )
    booking.add_argument("lab", metavar="LAB", help="a lab's id or folder")
    class_arguments.add_gradebook_arguments(booking)
    takes_reports(booking)
    overriding = add("override", _override, "give a student points in place of the machine's, with a reason")
    overriding.add_argument("lab", metavar="LAB", help="a lab's id or folder")
    class_arguments.add_override_arguments(overriding)
    takes_reports(overriding)
    takes_reports(add("labs", _labs, "list the labs in the study's order: id, week, best score, title and topic"))
    return parser


def _pair(given: str) -> tuple[str, str]:
    variable, equals, value = given.partition("=")
    if not (variable and equals):
        raise argparse.ArgumentTypeError(f"expected VARIABLE=VALUE; seen: {given}")
    return variable, value


def _read_by(name: str) -> str:
    return interface(FORMATS[name].help).in_language(language())


def _takes_language(parser: argparse.ArgumentParser, default: str) -> None:
    what = "language of what is said (auto: the locale's)"
    parser.add_argument("--lang", choices=("auto", "en", "ko"), default=default, help=what)


def _doctor(options: argparse.Namespace, speaks: str) -> int:
    from rich.text import Text as Styled

    from graders.doctor import Level, examine, report

    console = _console(sys.stdout)
    styles = {Level.OK: "green", Level.WARN: "yellow", Level.BAD: "bold red"}

    def show(level: Level | None, said: str) -> None:
        first, *more = said.split("\n")
        mark = f"[{text(level).in_language(speaks)}]" if level else ""
        console.print(
            Styled.assemble((mark, styles[level] if level else ""), " " if mark else "", first), soft_wrap=True
        )
        for line in more:
            console.print(Styled(f"    {line}"), soft_wrap=True)

    keys = [key for keys in _sets(_chosen([])) for key in keys]
    return report(examine(keys), speaks, show)


def _images(options: argparse.Namespace, speaks: str) -> int:
    from graders.progress import Shown

    sets = _sets(_chosen(options.labs))
    with Shown() as say:
        seeds = {seed.image for seed in prepare_side_by_side(sets, say)}
    keys = {"dock", *(key for keys in sets for key in keys)}
    _say(text("images_ready", images=len(keys), seeds=len(seeds)).in_language(speaks))
    return 0


def _save(options: argparse.Namespace, speaks: str) -> int:
    from graders.progress import Shown

    with Shown() as say:
        saved = kit.save(options.file, _sets(_chosen(options.labs)), say)
    facts = {"images": len(saved.images), "seeds": len(saved.seeds), "size": kit.megabytes(saved.bytes)}
    _say(text("kit_saved", file=options.file, **facts).in_language(speaks))
    return 0


def _load(options: argparse.Namespace, speaks: str) -> int:
    from graders.progress import Shown

    with Shown() as say:
        loaded = kit.load(options.file, say)
    facts = {"images": len(loaded.images), "seeds": len(loaded.seeds), "size": kit.megabytes(loaded.bytes)}
    _say(text("kit_loaded", **facts).in_language(speaks))
    return 0


def _start(options: argparse.Namespace, speaks: str) -> int:
    (lab,) = _chosen([options.lab])
    copied = start(lab, options.into)
    for word, names in (("started_new", copied.new), ("started_same", copied.same), ("started_kept", copied.kept)):
        for name in names:
            _say(text(word, file=name).in_language(speaks))
    _say(text("started_installed" if INSTALLED else "started", folder=copied.folder, lab=lab.id).in_language(speaks))
    return 0


def _verify(options: argparse.Namespace, speaks: str) -> int:
    different = 0
    corpus = {folder: find_cases(options.corpus, folder) for folder in [*map(lab_folder, options.labs)] or all_labs()}
    for repetition in range(options.repeat):
        # Each repetition in another order, so that no case can lean on the one before it.
        order = random.Random() if options.repeat > 1 else None  # noqa: S311 - no secret
        for folder, cards in grade_all(corpus, jobs=options.jobs, shuffle=order):
            cases = corpus[folder]
            for line in table(cases, cards, complete=options.complete):
                _say(line)
            found = sum(len(differences(case, cards[case.name], complete=options.complete)) for case in cases)
            facts = {"lab": folder.name, "cases": len(cases), "run": repetition + 1, "differences": found}
            _say(text("verified", **facts).in_language(speaks))
            different += found
    return CORPUS_DIFFERS if different else 0


def _export(options: argparse.Namespace, speaks: str) -> int:
    environment = {**os.environ, **dict(options.set)}
    for path in export(options.format, options.results, options.output, speaks, environment):
        if path:
            _say(str(path))
    return 0


def _hint(options: argparse.Namespace, speaks: str) -> int:
    (lab,) = _chosen([options.lab])
    try:
        hint = next_hint(lab, options.check, options.reports, again=options.again)
    except UnknownCheckError as problem:
        _complain(_interface("hint_unknown", speaks, lab=lab.id, check=problem.asked, known=", ".join(problem.known)))
        return MACHINE_AT_FAULT
    if hint.forgotten:
        _complain(_interface("hint_forgotten", speaks, file=options.reports / STATE))
    facts = {"check": options.check, "rung": hint.rung, "rungs": hint.rungs, "hint": hint.text.in_language(speaks)}
    _say(_interface("hint_of", speaks, **facts))
    after = "hint_exhausted" if hint.exhausted else "hint_last" if hint.last else "hint_more"
    _say(_interface(after, speaks, lesson=hint.lesson or "-"))
    return 0


def _open(options: argparse.Namespace, speaks: str) -> int:
    if options.lab == COURSE:
        return _opened(course.write_start(_chosen([]), options.reports, speaks).absolute(), speaks)
    lab = lab_folder(options.lab).name if options.lab else ""
    card = last_card(options.reports, lab, speaks)
    if card is None:
        _complain(_interface("open_none", speaks, folder=options.reports / lab, lab=lab or "LAB"))
        return MACHINE_AT_FAULT
    return _opened(card, speaks)


def _opened(page: Path, speaks: str) -> int:
    _say(str(page))
    if not show(page):
        _complain(_interface("open_yourself", speaks, address=page.as_uri()))
    return 0


def _watch(options: argparse.Namespace, speaks: str) -> int:
    from graders.screen import Screen
    from graders.watching import Watch

    lab, code = load(lab_folder(options.lab))
    folder = (options.submission or work_folder(lab)).resolve()
    screen = Screen(lab, _console(sys.stdout), speaks, options.reports)
    _say(f"{lab.title.in_language(speaks)} ({lab.id} {lab.version})")
    _say(_interface("watching", speaks, folder=folder))
    try:
        Watch(lab, code, folder, Options(egress=options.egress == "on", language=speaks), screen).run()
    except KeyboardInterrupt:  # how a watch ends
        _say(_interface("watch_ended", speaks))
    return 0


def _grade(options: argparse.Namespace, speaks: str) -> int:
    from graders import grade_class

    return grade_class.run(options, speaks, lab_folder(options.lab), _console(sys.stdout))


def _scheduler(options: argparse.Namespace, speaks: str) -> int:
    from graders import cluster_commands

    return cluster_commands.run_scheduler(options, speaks, _say)


def _worker(options: argparse.Namespace, speaks: str) -> int:
    from graders import cluster_commands

    return cluster_commands.run_worker(options, speaks, _say)


def _pages(options: argparse.Namespace, speaks: str) -> int:
    from graders import class_pages

    return class_pages.run(options, speaks, _chosen(options.labs), _say)


def _gradebook(options: argparse.Namespace, speaks: str) -> int:
    from graders import give_grades

    (lab,) = _chosen([options.lab])
    return give_grades.run(options, speaks, lab, _say)


def _override(options: argparse.Namespace, speaks: str) -> int:
    from graders import give_grades

    (lab,) = _chosen([options.lab])
    return give_grades.override(options, speaks, lab, _say)


def _interface(key: str, speaks: str, **facts: object) -> str:
    return interface(key).fill({name: str(fact) for name, fact in facts.items()}).in_language(speaks)


def _labs(options: argparse.Namespace, speaks: str) -> int:
    labs = _chosen([])
    if not labs:
        _say(text("no_labs").in_language(speaks))
        return 0
    widest = max(len(lab.id) for lab in labs)
    found = course.places(labs, options.reports)
    for place in found:
        _say(course.line(place, speaks, widest))
    total = course.Total.of(found)
    facts = {"earned": str(total.earned), "possible": str(total.possible)}
    _say(catalogue(course.DOMAIN)["total"].fill(facts).in_language(speaks))
    return 0


def _chosen(names: Sequence[str]) -> list[Lab]:
    """The labs that were named, or all. Their rubrics are read, their code is not loaded."""
    folders = [lab_folder(name) for name in names] or all_labs()
    return [read_lab(folder, shared_causes()) for folder in dict.fromkeys(folders)]


def _sets(labs: Sequence[Lab]) -> list[list[str]]:
    """For each lab what its docks are made of, the control workload's image among it; that one alone without a lab."""
    sets = [sorted(keys) for lab in labs for keys in dock_settings(lab, Options()).seeds]
    return [keys for number, keys in enumerate(sets) if keys not in sets[:number]] or [[CONTROL_IMAGE]]


def _console(stream: Any) -> Console:
    from rich.console import Console

    return Console(file=stream, highlight=False)


def _say(line: str) -> None:
    print(line, flush=True)


def _complain(lines: str) -> None:
    print(lines, file=sys.stderr, flush=True)


def _keep_traceback() -> str:
    """Write the traceback of the exception at hand into a file, and name it."""
    with tempfile.NamedTemporaryFile("w", prefix="drydock-", suffix=".txt", delete=False, encoding="utf-8") as file:
        file.write(traceback.format_exc())
    return file.name


if __name__ == "__main__":
    sys.exit(main())
