"""Rosters: who handed in what, from folders, archives, downloads, clones and tables; and what is said, not guessed."""

import ast
import datetime
import io
import os
import pickle
import random
import re
import tarfile
import time
import unicodedata
import zipfile
from pathlib import Path

import pytest

import graders.classes
from graders.classes import hand_ins, layout
from graders.classes.entries import said
from graders.classes.roster import Entry, HandInRefused, Problem, Roster, RosterError, opened, read_roster
from graders.dock import pack
from graders.rubric import RubricError
from graders.texts import catalogue
from graders.verdicts import Text

LAB = "networking"
CORPUS = Path(__file__).parent.parent / "submissions"
SEOUL = datetime.timezone(datetime.timedelta(hours=9))


@pytest.fixture
def roster(tmp_path):
    """The folder of a class."""
    path = tmp_path / "class"
    path.mkdir()
    return path


@pytest.fixture
def table(tmp_path):
    """A roster from a CSV of this text or these bytes, in a folder with some hand-ins."""
    for name in ("kim", "lee"):
        hand_in(tmp_path / "all" / name)
    archived(tmp_path / "all" / "park.zip")

    def read(content, encoding="utf-8"):
        path = tmp_path / "all" / "class.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return read_roster(path, LAB)

    return read


def hand_in(folder, *names, content="echo hello\n"):
    """A folder with files; the networking lab's where none are named."""
    for name in names or ("start.sh", "clean.sh"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def archived(path, *names):
    """An archive with files; the networking lab's where none are named."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if ".tar" in path.name or path.name.endswith("tgz"):
        with tarfile.open(path, "w:gz" if path.name.endswith("gz") else "w") as archive:
            for name in names or ("start.sh", "clean.sh"):
                info = tarfile.TarInfo(name)
                info.size = 11
                archive.addfile(info, io.BytesIO(b"echo hello\n"))
        return path
    with zipfile.ZipFile(path, "w") as archive:
        for name in names or ("start.sh", "clean.sh"):
            archive.writestr(name, "echo hello\n")
    return path


def entries(read):
    return {entry.id: entry.source for entry in read.entries}


def problems(read):
    """Whose problems and what they are, by the first words that tell."""
    return [(problem.id, key_of(problem.what)) for problem in read.problems]


def key_of(what):
    """The key of the catalogue that a text was made of, with or without a line before it."""
    said = re.sub(r"^Line \d+: ", "", what.en)
    for key, text in catalogue("roster").items():
        pattern = ".*".join(map(re.escape, re.split(r"\{\w+\}", text.en)))
        if key != "line" and re.fullmatch(pattern, said, re.DOTALL):
            return key
    raise AssertionError(what.en)


def files_in(entry):
    with opened(entry) as folder:
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


# A folder of folders


def test_a_folder_is_a_student_with_its_name_as_the_id(roster):
    hand_in(roster / "lee")
    hand_in(roster / "kim")

    assert read_roster(roster, LAB) == Roster(
        (Entry("kim", "", roster / "kim", None, LAB), Entry("lee", "", roster / "lee", None, LAB)), ()
    )


@pytest.mark.parametrize("inside", ["", "work", "labs/networking/work", "kims-hand-in", "kims-hand-in/work"])
def test_the_submission_is_found_by_the_labs_files(roster, inside):
    hand_in(roster / "kim" / inside)

    assert entries(read_roster(roster, LAB)) == {"kim": roster / "kim" / inside}


def test_one_of_the_labs_files_is_enough(roster):
    hand_in(roster / "kim" / "work", "start.sh")
    hand_in(roster / "kim", "README.md", "report.pdf")

    assert entries(read_roster(roster, LAB)) == {"kim": roster / "kim" / "work"}


def test_files_in_folders_of_the_lab_count(roster):
    hand_in(roster / "kim" / "work", "app/beacon")
    hand_in(roster / "kim", "README.md")

    assert entries(read_roster(roster, "registry")) == {"kim": roster / "kim" / "work"}


def test_a_clone_of_all_labs_has_the_submission_of_each(roster):
    hand_in(roster / "kim" / "labs/networking/work")
    hand_in(roster / "kim" / "labs/networking/starter")
    hand_in(roster / "kim" / "labs/dockerfile/work", "Dockerfile")
    hand_in(roster / "kim" / ".git", "config")

    assert entries(read_roster(roster, LAB)) == {"kim": roster / "kim/labs/networking/work"}
    assert entries(read_roster(roster, "dockerfile")) == {"kim": roster / "kim/labs/dockerfile/work"}


def test_the_labs_files_in_two_places_are_said_with_both(roster):
    hand_in(roster / "kim")
    hand_in(roster / "kim" / "work")
    read = read_roster(roster, LAB)

    assert entries(read) == {}
    assert problems(read) == [("kim", "ambiguous")]
    assert ".," in read.problems[0].what.en
    assert " work." in read.problems[0].what.en


def test_the_labs_files_elsewhere_are_said_with_their_place(roster):
    hand_in(roster / "kim" / "homework" / "week5")
    hand_in(roster / "kim", "README.md")
    read = read_roster(roster, LAB)

    assert (entries(read), problems(read)) == ({}, [("kim", "misplaced")])
    assert "homework/week5" in read.problems[0].what.ko


def test_starter_files_are_no_hand_in(roster):
    hand_in(roster / "kim" / "labs/networking/starter")
    hand_in(roster / "kim" / "labs/networking/work", "notes.txt")
    hand_in(roster / "kim", "README.md")

    assert entries(read_roster(roster, LAB)) == {"kim": roster / "kim"}


def test_none_of_the_labs_files_is_a_hand_in_to_be_graded_as_it_is(roster):
    hand_in(roster / "kim" / "mine", "run.sh")

    assert entries(read_roster(roster, LAB)) == {"kim": roster / "kim" / "mine"}


@pytest.mark.parametrize("inside", [None, "work", ".git/HEAD", ".DS_Store", "__MACOSX/x", "labs/networking/work"])
def test_a_folder_without_a_file_is_nothing_handed_in_and_said(roster, inside):
    path = roster / "kim" / (inside or ".")
    if inside and path.name in ("HEAD", ".DS_Store", "x"):
        hand_in(path.parent, path.name)
    else:
        path.mkdir(parents=True)
    read = read_roster(roster, LAB)

    assert read.entries == (Entry("kim", "", None, None, LAB),)
    assert problems(read) == [("kim", "nothing")]


def test_an_empty_class_is_a_class(roster):
    assert read_roster(roster, LAB) == Roster((), ())


def test_files_beside_the_hand_ins_are_said_and_left_out(roster):
    hand_in(roster / "kim")
    hand_in(roster, "grades.xlsx", ".DS_Store", ".gitignore", "Thumbs.db", "._kim")
    hand_in(roster / ".idea", "x")
    hand_in(roster / ".git", "x")
    hand_in(roster / "__MACOSX", "x")
    read = read_roster(roster, LAB)

    assert list(entries(read)) == ["kim"]
    assert problems(read) == [("", "hidden"), ("", "stray_file")]


# Links


def test_a_link_is_not_followed_but_said(roster, tmp_path):
    hand_in(tmp_path / "other")
    hand_in(roster / "kim")
    (roster / "lee").symlink_to(tmp_path / "other")
    (roster / "park.zip").symlink_to(archived(tmp_path / "real.zip"))
    read = read_roster(roster, LAB)

    assert list(entries(read)) == ["kim"]
    assert problems(read) == [("lee", "link"), ("park", "link")]


@pytest.mark.parametrize("link", ["work", "labs", "labs/networking", "labs/networking/work"])
def test_a_link_to_another_students_work_leads_nowhere(roster, link):
    other = hand_in(roster / "kim" / "labs/networking/work")
    path = roster / "lee" / link
    path.parent.mkdir(parents=True)
    path.symlink_to({"labs": roster / "kim/labs", "labs/networking": other.parent}.get(link, other))
    read = read_roster(roster, LAB)

    assert entries(read)["kim"] == other
    assert entries(read)["lee"] in (roster / "lee", roster / "lee/labs", roster / "lee/labs/networking")


def test_links_to_the_labs_files_are_none_of_them(roster):
    hand_in(roster / "kim")
    (roster / "lee" / "work").mkdir(parents=True)
    (roster / "lee" / "work" / "start.sh").symlink_to(roster / "kim" / "start.sh")
    hand_in(roster / "lee", "start.sh")

    assert entries(read_roster(roster, LAB))["lee"] == roster / "lee"


def test_a_class_may_itself_be_a_link(roster, tmp_path):
    hand_in(roster / "kim")
    (tmp_path / "now").symlink_to(roster)

    assert entries(read_roster(tmp_path / "now", LAB)) == {"kim": roster / "kim"}


# Archives


def test_an_archive_is_a_student_with_its_name_as_the_id(roster):
    for name in ("kim.zip", "lee.tar", "park.tar.gz", "choi.TGZ", "j.jung.zip"):
        archived(roster / name.lower()).rename(roster / name)
    hand_in(roster / "han")
    read = read_roster(roster, LAB)

    assert {id_: source.name for id_, source in entries(read).items()} == {
        "choi": "choi.TGZ",
        "han": "han",
        "j.jung": "j.jung.zip",
        "kim": "kim.zip",
        "lee": "lee.tar",
        "park": "park.tar.gz",
    }
    assert read.problems == ()
    assert {tuple(files_in(entry)) for entry in read.entries} == {("clean.sh", "start.sh")}


@pytest.mark.parametrize(("first", "second"), [("kim.zip", "kim.tar.gz"), ("kim.zip", "kim"), ("kim.zip", "kim.rar")])
def test_two_for_one_id_are_said_and_neither_is_taken(roster, first, second):
    archived(roster / first)
    hand_in(roster / "kim") if second == "kim" else archived(roster / second)
    read = read_roster(roster, LAB)

    assert (entries(read), problems(read)) == ({}, [("kim", "two")])
    assert first in read.problems[0].what.ko
    assert second in read.problems[0].what.ko


@pytest.mark.parametrize(
    ("name", "content", "key"),
    [
        ("kim.rar", b"Rar!\x1a\x07\x01\x00", "archive_kind"),
        ("kim.7z", b"7z\xbc\xaf\x27\x1c", "archive_kind"),
        ("kim.egg", b"EGGA", "archive_kind"),
        ("kim.alz", b"ALZ\x01", "archive_kind"),
        ("kim.zip", b"<html>", "not_an_archive"),
        ("kim.zip", b"", "not_an_archive"),
    ],
)
def test_an_archive_that_cannot_be_read_is_said_and_is_no_zero(roster, name, content, key):
    (roster / name).write_bytes(content)
    read = read_roster(roster, LAB)

    assert (entries(read), problems(read)) == ({}, [("kim", key)])


@pytest.mark.parametrize("inside", ["", "work/", "labs/networking/work/", "networking-kim-main/", "top/work/"])
def test_the_submission_in_an_archive_is_found_by_the_labs_files(roster, inside):
    archived(roster / "kim.zip", f"{inside}start.sh", f"{inside}clean.sh", "__MACOSX/._x")
    (entry,) = read_roster(roster, LAB).entries

    assert files_in(entry) == ["clean.sh", "start.sh"]


def test_a_clone_in_an_archive_has_the_submission_of_each_lab(roster):
    archived(roster / "kim.zip", "labs-main/labs/networking/work/start.sh", "labs-main/labs/dockerfile/work/Dockerfile")

    assert files_in(*read_roster(roster, LAB).entries) == ["start.sh"]
    assert files_in(*read_roster(roster, "dockerfile").entries) == ["Dockerfile"]


def test_an_archive_with_none_of_the_labs_files_is_opened_at_its_only_folder(roster):
    archived(roster / "kim.zip", "mine/run.sh", "__MACOSX/mine/._run.sh")

    assert files_in(*read_roster(roster, LAB).entries) == ["run.sh"]


@pytest.mark.parametrize(
    ("names", "key"),
    [
        (["start.sh", "work/start.sh"], "ambiguous"),
        (["a/b/c/start.sh", "README.md"], "misplaced"),
        (["__MACOSX/x"], "archive_empty"),
        (["more.zip"], "archive_in_archive"),
        (["top/more.tar.gz", "top/report.pdf"], "archive_in_archive"),
        (["../start.sh"], "archive_name_leads_out"),
        (["start.sh", "Start.sh"], "archive_twins"),
    ],
)
def test_an_archive_that_cannot_be_graded_is_a_problem_when_it_is_opened(roster, names, key):
    archived(roster / "kim.zip", *names)
    (entry,) = read_roster(roster, LAB).entries

    with pytest.raises(HandInRefused) as refused, opened(entry):
        pytest.fail("it was opened")

    assert refused.value.problem.id == "kim"
    assert key_of(refused.value.problem.what) == key


def test_a_folder_with_nothing_but_an_archive_stands_for_it(roster):
    archived(roster / "kim" / "homework.zip")
    hand_in(roster / "kim", ".DS_Store")
    read = read_roster(roster, LAB)

    assert entries(read) == {"kim": roster / "kim" / "homework.zip"}


@pytest.mark.parametrize("beside", ["report.pdf", "again.zip"])
def test_an_archive_in_a_folder_beside_other_things_is_said(roster, beside):
    archived(roster / "kim" / "homework.zip")
    archived(roster / "kim" / "again.zip") if beside == "again.zip" else hand_in(roster / "kim", beside)

    assert problems(read_roster(roster, LAB)) == [("kim", "archive_beside")]


# Opening


def test_a_folder_is_opened_where_it_lies(roster):
    hand_in(roster / "kim")
    (entry,) = read_roster(roster, LAB).entries

    with opened(entry) as folder:
        assert folder == roster / "kim"


def test_an_archive_is_opened_in_a_private_folder_that_goes_away(roster):
    archived(roster / "kim.zip", "work/start.sh")
    (entry,) = read_roster(roster, LAB).entries

    with opened(entry) as folder:
        assert folder.name == "work"
        assert folder.parent.stat().st_mode & 0o777 == 0o700
        assert not folder.is_relative_to(roster)
    assert not folder.parent.exists()
    assert os.listdir(roster) == ["kim.zip"]


def test_nothing_handed_in_cannot_be_opened():
    with pytest.raises(HandInRefused) as refused, opened(Entry("kim", "", None, None)):
        pytest.fail("it was opened")

    assert refused.value.problem == Problem("kim", said("nothing"))


def test_an_entry_without_a_lab_is_opened_at_its_only_folder(roster):
    entry = Entry("kim", "", archived(roster / "kim.zip", "top/work/start.sh"), None)

    assert files_in(entry) == ["work/start.sh"]


def test_what_goes_wrong_while_grading_is_not_taken_for_the_archives(roster):
    archived(roster / "kim.zip")
    (entry,) = read_roster(roster, LAB).entries

    with pytest.raises(ValueError, match="ours"), opened(entry):
        raise ValueError("ours")


def test_a_refusal_survives_the_way_to_another_process():
    refused = HandInRefused(Problem("kim", Text("a", "b")))

    assert pickle.loads(pickle.dumps(refused)).problem == refused.problem
    assert str(pickle.loads(pickle.dumps(RosterError(Text("a", "b"))))) == "a"


@pytest.mark.parametrize("work", sorted(CORPUS.glob("*/*/work")), ids=lambda path: "/".join(path.parts[-3:-1]))
def test_a_submission_of_the_corpus_is_the_same_in_a_folder_and_in_any_archive(roster, work):
    (roster / "folder").symlink_to(work)
    lab = work.parent.parent.name
    archived_at = {"zip": roster / "zip.zip", "tgz": roster / "tgz.tgz", "top": roster / "top.zip"}
    with zipfile.ZipFile(archived_at["zip"], "w") as plain, zipfile.ZipFile(archived_at["top"], "w") as top:
        for path in sorted(work.rglob("*")):
            plain.write(path, path.relative_to(work))
            top.write(path, Path("kims work") / path.relative_to(work))
    with tarfile.open(archived_at["tgz"], "w:gz") as archive:
        archive.add(work, ".")
    (roster / "folder").unlink()

    read = read_roster(roster, lab)
    digests = {}
    for entry in read.entries:
        with opened(entry) as folder:
            digests[entry.id] = pack(folder).digest

    assert digests == dict.fromkeys(("tgz", "top", "zip"), pack(work).digest)


# Downloads and clones


def test_moodles_folders_are_students_by_number_with_names(roster):
    hand_in(roster / "Kim Minsu_123456_assignsubmission_file_")
    archived(roster / "이 서연_123457_assignsubmission_file" / "work.zip")
    read = read_roster(roster, LAB)

    assert [(entry.id, entry.name) for entry in read.entries] == [("123456", "Kim Minsu"), ("123457", "이 서연")]
    assert entries(read)["123457"].name == "work.zip"
    assert read.problems == ()


def test_moodles_files_are_students_by_number_with_names(roster):
    archived(roster / "Kim Minsu_123456_assignsubmission_file_work.zip")
    hand_in(roster, "Lee Jun_123457_assignsubmission_file_start.sh", "Lee Jun_123457_assignsubmission_file_clean.sh")
    read = read_roster(roster, LAB)

    assert list(entries(read)) == ["123456"]
    assert problems(read) == [("123457", "loose_files")]


def test_moodles_online_text_is_passed_over_beside_files_and_said_alone(roster):
    hand_in(roster / "Kim Minsu_1_assignsubmission_file_")
    hand_in(roster / "Kim Minsu_1_assignsubmission_onlinetext_", "onlinetext.html")
    hand_in(roster / "Lee Jun_2_assignsubmission_onlinetext_", "onlinetext.html")
    read = read_roster(roster, LAB)

    assert entries(read) == {"1": roster / "Kim Minsu_1_assignsubmission_file_"}
    assert problems(read) == [("2", "text_only")]


def test_canvas_files_are_students_by_number_with_names(roster):
    archived(roster / "kimminsu_12345_67890_work.zip")
    archived(roster / "leejun_LATE_12346_67891_my_1_2_work-1.zip")
    archived(roster / "anon_Ab1Cd_67892_work.zip")
    archived(roster / "anon_LATE_Xy9Zz_67893_work.zip")
    read = read_roster(roster, LAB)

    assert [(entry.id, entry.name) for entry in read.entries] == [
        ("12345", "kimminsu"),
        ("12346", "leejun"),
        ("anon_Ab1Cd", ""),
        ("anon_Xy9Zz", ""),
    ]
    assert read.problems == ()


def test_loose_files_and_two_archives_from_canvas_are_said(roster):
    hand_in(roster, "kim_1_11_start.sh", "kim_1_12_clean.sh", "choi_3_31_text.html")
    archived(roster / "lee_2_21_a.zip")
    archived(roster / "lee_2_22_b.zip")

    assert problems(read_roster(roster, LAB)) == [("1", "loose_files"), ("2", "two"), ("3", "loose_files")]


@pytest.mark.parametrize("beside", ["han.zip", "folder/start.sh"])
def test_names_like_canvas_are_ids_as_they_stand_where_others_are_not(roster, beside):
    archived(roster / "kim_1_2_x.zip")
    archived(roster / beside) if beside.endswith("zip") else hand_in(roster / "folder")

    assert "kim_1_2_x" in entries(read_roster(roster, LAB))


def test_a_classrooms_clones_are_students_by_user(tmp_path):
    clones = tmp_path / "week-5-submissions"
    for user in ("kim", "lee-jun", "week-5-fan"):
        hand_in(clones / f"week-5-{user}" / "labs/networking/work")
        hand_in(clones / f"week-5-{user}" / ".git", "HEAD")
    hand_in(clones / "other")
    read = read_roster(clones, LAB)

    assert list(entries(read)) == ["kim", "lee-jun", "other", "week-5-fan"]
    assert entries(read)["kim"] == clones / "week-5-kim/labs/networking/work"


def test_a_clone_and_a_folder_of_the_same_user_are_two(tmp_path):
    hand_in(tmp_path / "a-submissions" / "a-kim")
    hand_in(tmp_path / "a-submissions" / "kim")

    assert problems(read_roster(tmp_path / "a-submissions", LAB)) == [("kim", "two")]


def test_names_are_kept_whole_in_other_folders(roster):
    hand_in(roster / "class-kim")

    assert list(entries(read_roster(roster, LAB))) == ["class-kim"]


# Ids


FOLDER_IDS = [
    "Kim",
    "kim",
    "CON",
    "nul.txt",
    "kim...",
    "kim ",
    " kim",
    "k\n\x1b[31mim",
    "\u202emik",
    "=1+1",
    "-rf",
    "{id}",
    "%s",
    "n" * 255,
    "김민수",
    unicodedata.normalize("NFD", "김민수"),
    "<script>",
    "kim;rm",
    "..kim",
]


def test_any_name_of_a_folder_is_an_id_as_it_stands(roster):
    wanted = [name for name in FOLDER_IDS if not name.startswith(".")]
    for name in wanted:
        hand_in(roster / name)

    assert sorted(entries(read_roster(roster, LAB))) == sorted(wanted)


def test_a_folders_name_that_is_not_utf_8_is_read_as_korean_windows_wrote_it_or_shown_in_bytes(roster):
    for name in ("김".encode("cp949"), b"caf\xff"):
        os.mkdir(os.fsencode(roster) + b"/" + name)
    read = read_roster(roster, LAB)

    assert [entry.id for entry in read.entries] == ["caf\\xff", "김"]
    assert [entry.id.encode() for entry in read.entries]


TABLE_IDS = [*FOLDER_IDS, "../x", "/etc/passwd", "..", ".", "a/b", "C:\\x", "\0", "k\0im", "n" * 300, "kim.zip", "~"]


def test_any_cell_is_an_id_as_it_stands_and_never_a_path(table, tmp_path):
    lines = [f'"{name}",kim' for name in TABLE_IDS]
    read = table("id,folder\n" + "\n".join(lines) + "\n")

    assert sorted(entries(read)) == sorted(TABLE_IDS)
    assert set(entries(read).values()) == {tmp_path / "all" / "kim"}
    assert read.problems == ()


def test_a_hostile_id_or_name_is_shown_harmlessly(table):
    read = table('id,folder\n"\x1b[31m\u202e",nowhere\n"a","x\ny\t\x1b]52;{files}"\n')
    shown = "".join(problem.what.en + problem.what.ko for problem in read.problems)

    assert problems(read) == [("\x1b[31m\u202e", "no_folder"), ("a", "no_folder")]
    assert not set("\x1b\n\t\u202e") & set(shown)
    assert "{files}" in shown


# Tables


def test_a_table_says_all_of_a_student(table, tmp_path):
    read = table("id,name,folder,handed_in\n2021001,Kim Minsu,kim,2026-03-02T23:59+09:00\n2021002,,park.zip,\n")

    assert read == Roster(
        (
            Entry(
                "2021001",
                "Kim Minsu",
                tmp_path / "all" / "kim",
                datetime.datetime(2026, 3, 2, 23, 59, tzinfo=SEOUL),
                LAB,
            ),
            Entry("2021002", "", tmp_path / "all" / "park.zip", None, LAB),
        ),
        (),
    )


@pytest.mark.parametrize(
    "header",
    ["id,name,folder,handed_in", "ID, Name ,FOLDER,Handed In", "학번,이름,폴더,제출시각", "학번,이름,폴더,제출 시각"],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp949", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_headers_encodings_and_delimiters_of_spreadsheets_are_known(table, header, encoding, delimiter):
    text = f"{header}\r\n2021001,김민수,kim,2026-03-02 23:59\r\n".replace(",", delimiter)
    read = table(text, encoding)

    assert [(entry.id, entry.name, entry.source.name) for entry in read.entries] == [("2021001", "김민수", "kim")]
    assert read.entries[0].handed_in.tzinfo
    assert read.problems == ()


def test_columns_come_in_any_order_and_only_id_and_folder_are_needed(table):
    assert list(entries(table("folder,id\nkim,1\n"))) == ["1"]


def test_blank_lines_and_short_ones_are_passed_over_or_filled(table):
    read = table("id,folder,name\n\n1,kim\n,,\n")

    assert (list(entries(read)), read.problems) == (["1"], ())


def test_the_order_of_a_table_is_kept(table):
    assert list(entries(table("id,folder\n2,kim\n1,lee\n"))) == ["2", "1"]


@pytest.mark.parametrize(
    ("lines", "whose", "key", "line"),
    [
        ("id,folder,grade\n1,kim,5", "", "unknown_column", 1),
        ('id,folder,name\n2,lee,"a\nb"\n,kim,x', "", "no_id", 4),
        ("id,folder\n \t,kim", "", "no_id", 2),
        ("id,folder\n1,nowhere", "1", "no_folder", 2),
        ("id,folder\n1,a\0b", "1", "no_folder", 2),
        ("id,folder\n1," + "n" * 300, "1", "no_folder", 2),
        ("id,folder\n1,", "1", "nothing", 2),
        ("id,folder\n1,kim,x", "1", "too_many_cells", 2),
        ("id,folder\n1,class.csv", "1", "not_an_archive", 2),
        ("id,folder\n1,empty", "1", "nothing", 2),
        ("id,folder\n1,both", "1", "ambiguous", 2),
    ],
)
def test_a_mistake_in_a_table_is_said_with_its_line(table, tmp_path, lines, whose, key, line):
    (tmp_path / "all" / "empty").mkdir()
    hand_in(hand_in(tmp_path / "all" / "both") / "work")
    read = table(lines + "\n")

    assert problems(read) == [(whose, key)]
    assert read.problems[0].what.en.startswith(f"Line {line}: ")
    assert read.problems[0].what.ko.startswith(f"{line}행: ")


def test_an_id_in_several_lines_is_said_with_all_of_them_and_none_is_taken(table):
    read = table("id,folder\n1,kim,x\n2,kim\n1,lee\n1,kim\n")

    assert list(entries(read)) == ["2"]
    assert problems(read) == [("1", "id_twice")]
    assert "2, 4, 5" in read.problems[0].what.ko


def test_nothing_handed_in_has_an_entry_and_what_cannot_be_found_has_none(table):
    read = table("id,folder\n1,\n2,nowhere\n")

    assert entries(read) == {"1": None}


def test_two_students_of_a_team_may_share_a_folder(table):
    assert len(entries(table("id,folder\n1,kim\n2,kim\n"))) == 2


def test_a_path_in_a_table_may_lead_anywhere_for_it_is_the_teachers(table, tmp_path):
    hand_in(tmp_path / "elsewhere")
    (tmp_path / "all" / "link").symlink_to(tmp_path / "elsewhere")
    read = table(f"id,folder\n1,../elsewhere\n2,{tmp_path}/elsewhere\n3,link\n")

    assert set(entries(read).values()) == {tmp_path / "elsewhere"}
    assert len(read.entries) == 3


def test_links_inside_a_tables_folder_are_not_followed(table, tmp_path):
    (tmp_path / "all" / "han").mkdir()
    (tmp_path / "all" / "han" / "work").symlink_to(tmp_path / "all" / "kim")

    assert entries(table("id,folder\n1,han\n")) == {"1": tmp_path / "all" / "han"}


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2026-03-02T23:59:00+09:00", (2026, 3, 2, 23, 59)),
        ("2026-03-02T14:59:00Z", (2026, 3, 2, 23, 59)),
        ("2026-03-02 23:59", (2026, 3, 2, 23, 59)),
        ("20260302T2359", (2026, 3, 2, 23, 59)),
        (" 2026-03-02 23:59 ", (2026, 3, 2, 23, 59)),
        ("2026. 3. 2. 오후 11:59:00", (2026, 3, 2, 23, 59)),
        ("2026-03-02 오전 12:05", (2026, 3, 2, 0, 5)),
        ("2026/3/2 오후 12:05", (2026, 3, 2, 12, 5)),
        ("2026/3/2 9:05", (2026, 3, 2, 9, 5)),
    ],
)
def test_times_are_read_as_spreadsheets_write_them(table, monkeypatch, cell, time):
    with_zone(monkeypatch, "Asia/Seoul")
    (entry,) = table(f"id,folder,handed_in\n1,kim,{cell}\n").entries

    assert entry.handed_in == datetime.datetime(*time, tzinfo=SEOUL)


@pytest.mark.parametrize(
    "cell", ["yesterday", "2026-03-02", "20260302", "3/2/2026 9:05", "2026-13-01 00:00", "2026. 3. 2. 오후 13:00", "5"]
)
def test_what_is_no_time_is_said_and_the_hand_in_is_still_taken(table, cell):
    read = table(f"id,folder,handed_in\n1,kim,{cell}\n")

    assert problems(read) == [("1", "bad_time")]
    assert [entry.handed_in for entry in read.entries] == [None]


def with_zone(monkeypatch, zone):
    """Live in a time zone; pytest puts the variable back, and the next caller reads it again."""
    monkeypatch.setenv("TZ", zone)
    time.tzset()


@pytest.fixture(autouse=True)
def _zone_afterwards():
    """Whatever a test set, the machine's zone is back after it."""
    before = os.environ.get("TZ")
    yield
    if before is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    ("content", "key"),
    [
        ("", "column_missing_or_twice"),
        ("name,folder\nKim,kim\n", "column_missing_or_twice"),
        ("id,name\n1,Kim\n", "column_missing_or_twice"),
        ("id,학번,folder\n1,2,kim\n", "column_missing_or_twice"),
        ("id,folder,name,이름\n1,kim,a,b\n", "column_missing_or_twice"),
        ('id,folder\n1,"kim\n2,lee\n', "table_malformed"),
        ('id,folder\n1,"kim"x\n', "table_malformed"),
        ("id,folder\n1," + "n" * 200_000 + "\n", "table_malformed"),
        (b"id,folder\n\xff\xfe\x81,kim\n", "table_encoding"),
        (b"\xff\xfei\0d", "table_encoding"),
        (b"x" * (17 << 20), "table_too_large"),
    ],
)
def test_a_table_that_cannot_be_read_is_an_error_in_both_languages(table, content, key):
    if content == b"\xff\xfei\0d":
        content += b"\0,"
    with pytest.raises(RosterError) as raised:
        table(content)

    assert key_of(raised.value.what) == key
    assert raised.value.what.ko != raised.value.what.en
    assert str(raised.value) == raised.value.what.en


# The source itself


def test_a_source_that_is_not_there_or_is_none_is_an_error(tmp_path):
    archived(tmp_path / "class.zip")
    os.mkfifo(tmp_path / "pipe")
    for name, key in (("nowhere", "unreadable"), ("class.zip", "not_a_roster"), ("pipe", "not_a_roster")):
        with pytest.raises(RosterError) as raised:
            read_roster(tmp_path / name, LAB)
        assert key_of(raised.value.what) == key


def test_a_source_named_relatively_gives_absolute_sources(roster, monkeypatch):
    hand_in(roster / "kim")
    monkeypatch.chdir(roster)

    assert entries(read_roster(Path(), LAB)) == {"kim": roster / "kim"}


def test_an_unknown_lab_is_an_error(roster):
    with pytest.raises(RubricError):
        read_roster(roster, "nothing-like-it")


def test_a_folder_that_cannot_be_read_is_a_problem_of_its_student(roster, monkeypatch):
    hand_in(roster / "kim")
    hand_in(roster / "lee")
    truly = os.scandir

    def denied(path):
        if Path(path).name == "kim":
            raise PermissionError(13, "Permission denied")
        return truly(path)

    monkeypatch.setattr(layout.os, "scandir", denied)
    read = read_roster(roster, LAB)

    assert (list(entries(read)), problems(read)) == (["lee"], [("kim", "unreadable")])


def test_a_class_that_cannot_be_read_is_an_error(roster, monkeypatch):
    def denied(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(layout.os, "scandir", denied)

    with pytest.raises(RosterError) as raised:
        read_roster(roster, LAB)
    assert key_of(raised.value.what) == "unreadable"


def test_a_folder_with_very_many_files_does_not_hold_us(roster, monkeypatch):
    monkeypatch.setattr(layout, "_MOST_LOOKED_AT", 50)
    for number in range(200):
        (roster / "kim" / f"{number}").mkdir(parents=True)
    hand_in(roster / "kim" / "0", "x")

    assert entries(read_roster(roster, LAB)) == {"kim": roster / "kim"}


def test_a_class_of_a_thousand_is_read_in_seconds(roster, report):
    dice = random.Random(5)
    for number in range(1000):
        place = dice.choice(["", "work", "labs/networking/work", "top"])
        if number % 2:
            hand_in(roster / f"{number}" / place)
        else:
            archived(roster / f"{number}.zip", f"{place or '.'}/start.sh")
    began = time.monotonic()
    read = read_roster(roster, LAB)
    seconds = time.monotonic() - began
    report(f"a roster of 1,000, half of them archives: {seconds:.2f} s")

    assert (len(read.entries), read.problems) == (1000, ())
    assert seconds < 20


# Texts


def test_every_text_that_the_code_says_is_there_with_its_facts_and_no_other_is():
    used = {}
    for path in Path(graders.classes.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "said":
                facts = {keyword.arg for keyword in node.keywords}
                used.setdefault(node.args[0].value, []).append(facts)

    assert set(used) == set(catalogue("roster"))
    for key, calls in used.items():
        assert all(catalogue("roster")[key].placeholders() == facts for facts in calls), key


def test_names_in_a_text_are_the_first_of_many():
    assert hand_ins.names_of([Path(str(number)) for number in range(9)]) == "0, 1, 2, 3, 4, …"
