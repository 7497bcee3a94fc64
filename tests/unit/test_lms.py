"""Exports: plain CSV, Canvas, Moodle and Blackboard. The files are written after the systems' own code and pages."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from graders.classes.grades import Grade
from graders.classes.lms.blackboard import fill_blackboard
from graders.classes.lms.canvas import fill_canvas
from graders.classes.lms.cells import harmless, is_formula, parsed, table
from graders.classes.lms.csv_file import HEADER, plain_csv
from graders.classes.lms.filling import write
from graders.classes.lms.fitting import Fit
from graders.classes.lms.matching import Person, match
from graders.classes.lms.moodle import fill_worksheet
from graders.classes.lms.moodle_import import Import, moodle_import
from graders.classes.lms.sheet import filled, parse, read_sheet
from graders.classes.lms.summary import lines, summary
from graders.classes.refusals import GradebookError
from graders.classes.store import Override
from graders.verdicts import Text

FORMULAS = ["=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", " =1", "\ufeff=1", "＝1", '=cmd|"/C calc"!A0', "\n=1"]


def grade(student, final=None, name="", possible=100, notes=(), **more):
    value = None if final is None else Decimal(str(final))
    texts = tuple(map(Text.same, notes))
    return Grade(student, name, Decimal(str(possible)), points=value, final=value, notes=texts, **more)


def sheet(text, encoding="utf-8", mark=b"", name="export.csv"):
    return parse(mark + text.encode(encoding), name)


def said(done, language="en"):
    return lines(summary(done), language)


def changed(before, done, encoding="utf-8"):
    """The lines of a file that differ after it was filled in."""
    after = done.data.decode(encoding).splitlines()
    return [new for old, new in zip(before.splitlines(), after, strict=True) if old != new]


# Cells


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_could_take_for_a_formula_gets_an_apostrophe(text):
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "Kim", "김민지", "a=1", "1-2", "'=1", "*", "100%"])
def test_other_texts_stay_as_they_are(text):
    assert harmless(text) == text


@settings(max_examples=300, deadline=None)
@given(some.text())
def test_what_was_made_harmless_is_harmless_and_once_is_enough(text):
    assert not is_formula(harmless(text))
    assert harmless(harmless(text)) == harmless(text)


@pytest.mark.parametrize(
    ("text", "value"), [("87.50", "87.5"), ("87,5", "87.5"), (" 3 ", "3"), ("", None), ("EX", None), ("nan", None)]
)
def test_a_cell_is_read_as_a_number_where_it_is_one(text, value):
    assert parsed(text) == (None if value is None else Decimal(value))


# Sheets

cell_texts = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
tables = some.lists(some.lists(cell_texts, min_size=2, max_size=5), min_size=1, max_size=6)


@settings(max_examples=300, deadline=None)
@given(rows=tables, newline=some.sampled_from(["\n", "\r\n", "\r"]), quoting=some.sampled_from([0, 1]))
def test_a_sheet_is_read_as_pythons_own_csv_reads_it_and_written_back_to_the_byte(rows, newline, quoting):
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator=newline, quoting=quoting)
    writer.writerow(["Student", "ID", "Section", "Lab", "Total", "More"])
    writer.writerows(rows)
    data = text.getvalue().encode()
    read = parse(data, "export.csv")
    wanted = [cells or [""] for cells in csv.reader(io.StringIO(text.getvalue(), newline=""))]

    assert [[cell.text for cell in line.cells] for line in read.lines] == wanted
    assert [line.number for line in read.lines][:2] == [1, 2]
    assert filled(read, {}) == data


@settings(max_examples=200, deadline=None)
@given(rows=tables, place=some.tuples(some.integers(0, 5), some.integers(0, 6)), new=cell_texts)
def test_filling_in_a_cell_changes_that_cell_alone(rows, place, new):
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["Student", "ID", "Section", "Lab", "Total"], *rows])
    read = parse(text.getvalue().encode(), "export.csv")
    index, column = min(place[0], len(rows) - 1) + 1, place[1]
    after = [[cell.text for cell in line.cells] for line in parse(filled(read, {(index, column): new}), "x").lines]
    wanted = [[cell.text for cell in line.cells] for line in read.lines]
    wanted[index] += [""] * (column + 1 - len(wanted[index]))
    wanted[index][column] = new

    assert after == wanted


@pytest.mark.parametrize(
    ("encoding", "mark"),
    [
        ("utf-8", b""),
        ("utf-8", b"\xef\xbb\xbf"),
        ("utf-16-le", b"\xff\xfe"),
        ("utf-16-be", b"\xfe\xff"),
        ("cp949", b""),
    ],
)
def test_encoding_mark_and_ends_of_lines_stay(encoding, mark):
    text = "이름,점수\r\n김민지,\r\n"
    read = sheet(text, encoding, mark)

    assert filled(read, {(1, 1): "90"}) == mark + text.replace("지,", "지,90").encode(encoding)


@pytest.mark.parametrize(
    ("data", "said_"),
    [
        (b"", "no header in its first line"),
        (b"\n\n", "no header in its first line"),
        (b'a,b\n"x,1\n', "line 2: a quote is not closed"),
        (b'a,b\n1,2\n"x"y,1\n', "line 3: something follows a closing quote"),
        ("a,b\n".encode("utf-16-le"), "neither UTF-8, UTF-16 with a mark nor cp949"),
        (b"PK\x03\x04\x00\x00\xff\xff", "neither UTF-8, UTF-16 with a mark nor cp949"),
        (b"\xff\xfea", "neither UTF-8, UTF-16 with a mark nor cp949"),
    ],
)
def test_a_file_that_is_no_sheet_is_refused(data, said_):
    with pytest.raises(GradebookError, match=said_):
        parse(data, "export.csv")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(GradebookError, match=r"export.csv cannot be read: No such file"):
        read_sheet(tmp_path / "export.csv")


def test_a_character_that_the_files_encoding_lacks_is_refused():
    with pytest.raises(GradebookError, match=r"cp949, which has no 😀"):
        filled(sheet("이름,점수\n김,\n", "cp949"), {(1, 1): "😀"})


def test_a_long_sheet_is_read_in_no_time():
    text = "Student,ID,Section,Lab (1)\n" + "".join(f'"Kim, {n}",{n},S,\n' for n in range(20_000))

    assert len(sheet(text).rows) == 20_000


# Matching


def person(index, *keys, name=""):
    return Person(index, index + 1, keys, name)


def test_a_key_wins_over_a_name():
    people = [person(1, "1", "", name="Kim, Minji"), person(2, "2", "kim", name="Lee, Seoyeon")]
    (pair,) = match([grade("kim", 1, "Minji Kim")], people).pairs

    assert (pair.person.index, pair.by_name, pair.same_name) == (2, False, False)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Minji Kim", "Kim, Minji"),
        ("kimminji", "Kim, Minji"),
        ("김민지", "김, 민지"),
        ("김민지", "김 민지"),
        ("\u1100\u1175\u11b7민지", "김민지"),
        ("MINJI  KIM", "Minji Kim"),
    ],
)
def test_a_name_is_known_however_it_is_written(ours, theirs):
    (pair,) = match([grade("20261234", 1, ours)], [person(1, "77", name=theirs)]).pairs

    assert pair.by_name


def test_twins_are_not_told_apart_by_name_on_either_side():
    two_lines = match(
        [grade("a", 1, "Kim Minji")], [person(1, "1", name="Kim Minji"), person(2, "2", name="Minji, Kim")]
    )
    two_students = match([grade("a", 1, "Kim Minji"), grade("b", 2, "Kim Minji")], [person(1, "1", name="Kim Minji")])
    one_known = match(
        [grade("a", 1, "Kim Minji"), grade("2", 2, "Kim Minji")],
        [person(1, "1", name="Kim Minji"), person(2, "2", name="Kim Minji")],
    )

    nameless = match(
        [grade("a", 1, "Kim Minji"), grade("2", 2, "Kim Minji")], [person(1, "1", name="Kim Minji"), person(2, "2")]
    )

    assert (two_lines.pairs, two_students.pairs) == ((), ())
    assert [pair.grade.student for pair in nameless.pairs] == ["2"]
    assert [pair.grade.student for pair in one_known.pairs] == ["2"]
    assert [student.student for student in one_known.students] == ["a"]


def test_a_student_number_that_is_another_ones_id_is_told_apart_by_the_name_or_not_at_all():
    people = [person(1, "1001", "555", name="Lee, Seoyeon"), person(2, "2002", "1001", name="Kim, Minji")]
    by_name = match([grade("1001", 90, "Minji Kim")], people)
    nobody = match([grade("1001", 90)], people)

    assert [pair.person.index for pair in by_name.pairs] == [2]
    assert nobody.pairs == ()
    assert [[each.line for each in candidates] for _, candidates in nobody.ambiguous] == [[2, 3]]


def test_two_students_never_share_a_line():
    matching = match([grade("1", 90), grade("kim", 80)], [person(1, "1", "kim")])

    assert matching.pairs == ()
    assert [student.student for student, _ in matching.ambiguous] == ["1", "kim"]


def test_ids_that_differ_in_case_are_two():
    (pair,) = match([grade("Kim", 1)], [person(1, "kim"), person(2, "Kim")]).pairs

    assert pair.person.index == 2


# Canvas

LAB = "Custom networks (48213)"
CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Notes,Quiz 1 (48100),Custom networks (48213),"
    "Labs Current Score,Final Score\r\n"
    ",,,,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,,10.00,100.00,(read only),(read only)\r\n"
    '"Kim, Minji",9001,20261234,minji,"Section A, Mon",,8.00,,80.00,80.00\r\n'
    '"Lee, Seoyeon",9002,20265678,seoyeon,Section A,"said ""late""",9.00,50.00,90.00,90.00\r\n'
    '"박, 지훈",9003,,,Section B,,7.50,61.00,75.00,75.00\r\n'
    '"\'=HYPERLINK(""http://x""), Bad",9004,20269999,bad,Section B,,,EX,,\r\n'
    '"Choi, Yuna",9005,20261111,yuna,Section B,,,N/A,,\r\n'
    '"Student, Test",9006,,3f2a,Section A,,,,,\r\n'
)


def test_canvas_gets_its_own_file_back_with_one_column_filled_in():
    grades = [grade("9001", 87.5, "Kim"), grade("20265678", 92), grade("minji2", 1), grade("p", 61, "박지훈")]
    done = fill_canvas(sheet(CANVAS), LAB, grades)

    assert changed(CANVAS, done) == [
        '"Kim, Minji",9001,20261234,minji,"Section A, Mon",,8.00,87.5,80.00,80.00',
        '"Lee, Seoyeon",9002,20265678,seoyeon,Section A,"said ""late""",9.00,92,90.00,90.00',
    ]
    assert [(change.student, change.before, change.after) for change in done.changes] == [
        ("9001", "", "87.5"),
        ("20265678", "50.00", "92"),
    ]
    assert done.same == 1


def test_canvas_students_are_found_by_id_then_sis_ids_then_a_unique_name():
    grades = [grade("9001", 1), grade("20265678", 2), grade("yuna", 3), grade("p", 4, "지훈 박")]
    done = fill_canvas(sheet(CANVAS.replace("N/A", "")), LAB, grades)

    assert [change.line for change in done.changes] == [4, 5, 6, 8]
    assert [text for text in said(done) if "name" in text] == [
        "line 6: 박, 지훈 was found by the name alone, as p. Is that right?"
    ]


def test_whoever_has_no_score_keeps_what_canvas_has_for_a_blank_is_a_change():
    grades = [grade("9002", None, "Lee", notes=["The machine failed, not the student."])]
    done = fill_canvas(sheet(CANVAS), LAB, grades)

    assert done.data == CANVAS.encode()
    assert said(done)[0] == "line 5: 9002 Lee: left as it is. The machine failed, not the student."


def test_excused_and_unassigned_students_stay_so():
    done = fill_canvas(sheet(CANVAS), LAB, [grade("9004", 10), grade("9005", 20)])

    assert done.data == CANVAS.encode()
    assert [left.why.en for left in done.left] == ["Excused there (EX).", "Not assigned to this student there (N/A)."]


def test_who_was_not_matched_on_either_side_is_said():
    done = fill_canvas(sheet(CANVAS), LAB, [grade("9001", 90), grade("ghost", 50, "Ghost")])

    assert said(done)[1:] == [
        "ghost Ghost: has a score, but no line in the file.",
        "line 5: 9002 Lee, Seoyeon: nobody of ours.",
        "line 6: 9003 박, 지훈: nobody of ours.",
        'line 7: 9004 \'=HYPERLINK("http://x"), Bad: nobody of ours.',
        "line 8: 9005 Choi, Yuna: nobody of ours.",
        "line 9: 9006 Student, Test: nobody of ours.",
        f"{LAB}: 1 change, 0 are the same, 0 left as they are; students without a line: 1, lines without a student: 5.",
    ]
    assert said(done, "ko")[1] == "ghost Ghost: 점수가 있지만 파일에 행이 없습니다."


@pytest.mark.parametrize("title", ["Custom networks", "custom networks (48213)", "Custom networks (48214)", ""])
def test_canvas_would_make_an_assignment_of_a_title_that_it_does_not_know_so_it_is_refused(title):
    with pytest.raises(GradebookError, match=r"--new") as caught:
        fill_canvas(sheet(CANVAS), title, [grade("9001", 90)])

    assert "Quiz 1 (48100), Custom networks (48213)" in str(caught.value)


@pytest.mark.parametrize("title", ["Final Score", "Labs Current Score", "Section", "ID", "Student"])
def test_canvas_own_columns_take_no_grades(title):
    with pytest.raises(GradebookError, match="takes no grades"):
        fill_canvas(sheet(CANVAS), title, [grade("9001", 90)])


def test_a_new_assignment_is_made_at_the_end_and_only_when_asked_for():
    done = fill_canvas(sheet(CANVAS), "Volumes", [grade("9001", 90), grade("9002", None)], new=True)

    assert changed(CANVAS, done) == [
        "Student,ID,SIS User ID,SIS Login ID,Section,Notes,Quiz 1 (48100),Custom networks (48213),"
        "Labs Current Score,Final Score,Volumes",
        "    Points Possible,,,,,,10.00,100.00,(read only),(read only),100",
        '"Kim, Minji",9001,20261234,minji,"Section A, Mon",,8.00,,80.00,80.00,90',
    ]


@pytest.mark.parametrize(
    ("title", "said_"),
    [
        (LAB, "has Custom networks \\(48213\\) already"),
        ("Custom networks", "has Custom networks \\(48213\\) already"),
        ("Current Score", "cannot be the title"),
        ("Lab (12)", "cannot be the title"),
        (" ", "cannot be the title"),
    ],
)
def test_a_new_assignment_that_canvas_would_take_for_something_else_is_refused(title, said_):
    with pytest.raises(GradebookError, match=said_):
        fill_canvas(sheet(CANVAS), title, [grade("9001", 90)], new=True)


def test_a_new_title_that_begins_like_a_formula_is_made_harmless():
    done = fill_canvas(sheet(CANVAS), "=1+1", [grade("9001", 90)], new=True)

    assert done.data.splitlines()[0].endswith(b",'=1+1")


def test_two_columns_of_one_title_are_refused():
    with pytest.raises(GradebookError, match=r"several columns"):
        fill_canvas(sheet(CANVAS.replace("Quiz 1 (48100)", LAB)), LAB, [])


@pytest.mark.parametrize("text", ["a,b,c\n1,2,3\n", "Name,Email\nKim,k@x\n", "Student,ID,Lab (1)\nKim,1,\n"])
def test_a_file_that_is_not_canvas_gradebook_is_refused(text):
    with pytest.raises(GradebookError, match=r"no gradebook of Canvas's"):
        fill_canvas(sheet(text), LAB, [])


def test_canvas_semicolons_commas_in_numbers_and_names_in_two_columns_are_understood():
    text = (
        "\ufeffLastName;FirstName;ID;SIS Login ID;Section;Lab (7)\n"
        "    Points Possible;;;;;100,00\n"
        "Kim;Minji;1;minji;A;87,50\n"
        "Lee;Seoyeon;2;seo;A;50,00\n"
    )
    done = fill_canvas(sheet(text), "Lab (7)", [grade("x", 87.5, "Minji Kim"), grade("seo", 60)])

    assert (done.same, [change.before for change in done.changes]) == (1, ["50,00"])
    assert done.data == text.replace("50,00\n", "60\n").replace("87,60", "87,50").encode()


@pytest.mark.parametrize(("fit", "final"), [(Fit.SCALE, "8.75"), (Fit.AS_IS, None)])
def test_a_lab_and_an_assignment_of_other_points_are_fitted_as_the_teacher_says(fit, final):
    text = CANVAS.replace("10.00,100.00", "10.00,10.00")
    with pytest.raises(GradebookError, match=r"--fit scale") as caught:
        fill_canvas(sheet(text), LAB, [grade("9001", 87.5)])
    assert "line 4, 9001 Kim, Minji: 87.5 of 100; the maximum is 10" in str(caught.value)

    if final is None:
        with pytest.raises(GradebookError, match=r"above the maximum"):
            fill_canvas(sheet(text), LAB, [grade("9001", 87.5)], fit=fit)
    else:
        assert fill_canvas(sheet(text), LAB, [grade("9001", 87.5)], fit=fit).changes[0].after == final


def test_a_column_that_does_not_say_its_points_is_not_scaled_to_and_that_nobody_checked_is_said():
    text = CANVAS.replace("100.00,(read", ",(read")

    assert (
        "nobody checked whether the grades fit. Lines: 4."
        in said(fill_canvas(sheet(text), LAB, [grade("9001", 9)]))[-2]
    )
    with pytest.raises(GradebookError, match=r"nothing can be scaled to it"):
        fill_canvas(sheet(text), LAB, [grade("9001", 9)], fit=Fit.SCALE)


def test_points_that_a_machine_could_not_observe_are_made_good_by_scaling():
    done = fill_canvas(sheet(CANVAS), LAB, [grade("9001", 46, possible=92)], fit=Fit.SCALE)

    assert done.changes[0].after == "50"


def test_cells_of_the_systems_own_stay_and_a_formula_in_them_is_said():
    text = CANVAS.replace("Choi, Yuna", "=1+1, Yuna").replace("Section A,,,,,", "Section A,-,-3.5,,,")
    done = fill_canvas(sheet(text), LAB, [])

    assert done.data == text.encode()
    assert [line for line in said(done) if "carry out" in line] == [
        "A spreadsheet could carry out what stands in these lines, which are the system's own and were left as they "
        "are: 8. Upload the file without opening it there."
    ]


# Moodle, the worksheet

WORKSHEET = (
    'Identifier,"Full name","ID number","Email address",Status,Grade,"Maximum grade","Grade can be changed",'
    '"Last modified (submission)","Last modified (grade)","Feedback comments"\n'
    '"Participant 700001","Minji Kim",20261234,minji@example.ac.kr,"Submitted for grading",,100.00,Yes,'
    '"Monday, 16 March 2026, 9:12 PM",-,\n'
    '"Participant 700002","Lee Seoyeon",20265678,Seoyeon@Example.ac.kr,"Submitted for grading",55.00,100.00,Yes,'
    '"Monday, 16 March 2026, 9:30 PM","Tuesday, 17 March 2026, 1:00 PM","<p>Well done</p>"\n'
    '"Participant 700003","Park Jihun",,jihun@example.ac.kr,"No submission",,100.00,No,-,-,\n'
)
KOREAN = (
    '식별자,"사용자 성명","이메일 주소",상태,성적,"최대 성적","성적 변경 가능","마지막 수정됨(제출)",'
    '"마지막 수정됨(성적)","피드백 코멘트"\r\n'
    '"참가자 700001",김민지,minji@example.ac.kr,"채점을 위해 제출되었습니다.",,100.00,예,'
    '"2026년 3월 16일, 오후 9:12",-,\r\n'
    '"참가자 700002",이서연,seo@example.ac.kr,"제출이 없습니다.",,100.00,아니오,-,-,\r\n'
)


def test_a_worksheet_is_filled_in_by_participant_id_number_email_or_name():
    grades = [grade("700001", 90), grade("20265678", 80.5)]
    done = fill_worksheet(sheet(WORKSHEET), grades)

    assert changed(WORKSHEET, done) == [
        WORKSHEET.splitlines()[1].replace(",,100.00", ",90,100.00"),
        WORKSHEET.splitlines()[2].replace("55.00", "80.5"),
    ]
    for student, name in (("minji@example.ac.kr", ""), ("x", "Kim, Minji"), ("Participant 700001", "")):
        assert fill_worksheet(sheet(WORKSHEET), [grade(student, 90, name)]).changes[0].line == 2
    assert fill_worksheet(sheet(WORKSHEET), [grade("seoyeon@example.ac.kr", 90)]).changes[0].line == 3


def test_a_korean_worksheet_is_filled_in_and_a_locked_grade_stays():
    done = fill_worksheet(sheet(KOREAN), [grade("700001", 90), grade("seo@example.ac.kr", 80)])

    assert done.data == KOREAN.replace('되었습니다.",,', '되었습니다.",90,').encode()
    assert said(done, "ko") == [
        "2행: 700001: - -> 90",
        "3행: seo@example.ac.kr: 그대로 둡니다. LMS에서 잠겨 있어 성적을 바꿀 수 없습니다.",
        "성적: 변경 1, 같음 0, 그대로 둠 1, 행이 없는 학생 0, 학생이 없는 행 0.",
    ]


def test_headers_of_other_languages_can_be_named():
    text = KOREAN.replace("식별자", "Identificador").replace("성적,", "Calificación,", 1)
    text = text.replace("마지막 수정됨(성적)", "Última modificación (calificación)")
    with pytest.raises(GradebookError, match=r"no column Identifier / 식별자"):
        fill_worksheet(sheet(text), [grade("700001", 90)])

    headers = {
        "identifier": "Identificador",
        "grade": "Calificación",
        "modified": "Última modificación (calificación)",
    }
    assert fill_worksheet(sheet(text), [grade("700001", 90)], headers=headers).changes[0].after == "90"
    with pytest.raises(GradebookError, match=r"no column Nota"):
        fill_worksheet(sheet(text), [], headers={**headers, "grade": "Nota"})


def test_feedback_is_written_only_when_asked_for_and_is_escaped():
    graded = grade("700002", 55, notes=["names: <b>20</b> & more", "=1+1"])

    assert fill_worksheet(sheet(WORKSHEET), [graded]).data == WORKSHEET.encode()
    done = fill_worksheet(sheet(WORKSHEET), [graded], feedback="en")
    assert changed(WORKSHEET, done)[0].endswith('"names: &lt;b&gt;20&lt;/b&gt; &amp; more<br>=1+1"')
    assert (done.same, done.feedback, done.changes) == (1, 1, ())
    assert said(done)[-1] == "Notes written: 1."


def test_a_grade_above_the_maximum_which_moodle_would_pass_over_is_refused_with_its_line():
    text = WORKSHEET.replace("55.00,100.00", "55.00,50.00")
    with pytest.raises(GradebookError) as caught:
        fill_worksheet(sheet(text), [grade("700001", 90), grade("700002", 60)], fit=Fit.AS_IS)

    assert str(caught.value).splitlines()[1:] == ["  line 3, 700002 Lee Seoyeon: 60 of 100; the maximum is 50"]


def test_a_worksheet_with_a_scale_takes_no_points():
    with pytest.raises(GradebookError, match=r"no column for the maximum grade"):
        fill_worksheet(sheet(WORKSHEET.replace("Maximum grade", "Scale")), [])


# Moodle, the import

PARTICIPANTS = (
    '"First name","Last name","ID number","Email address"\n'
    "Minji,Kim,20261234,minji@example.ac.kr\n"
    "Seoyeon,Lee,,seo@example.ac.kr\n"
)


def read_back(done):
    return list(csv.reader(io.StringIO(done.data.decode("utf-8-sig"), newline="")))


def test_an_import_has_the_columns_that_a_teacher_maps():
    grades = [grade("20261234", 90, "Minji Kim", notes=["late"]), grade("lee", 70, "Seoyeon Lee"), grade("park")]
    done = moodle_import(grades, Import("Networks", "en"), sheet(PARTICIPANTS))

    assert read_back(done) == [
        ["Email address", "ID number", "Networks", "Feedback"],
        ["minji@example.ac.kr", "20261234", "90", "late"],
        ["seo@example.ac.kr", "", "70", ""],
    ]
    assert "In Moodle, map users by the column Email address." in said(done)
    assert "park: left out. There is no score." in said(done)


def test_one_unknown_user_would_cancel_the_import_so_all_are_named_beforehand():
    grades = [grade("20261234", 90), grade("ghost", 1, "Ghost"), grade("nobody", 2), grade("unscored")]
    with pytest.raises(GradebookError) as caught:
        moodle_import(grades, Import("Networks", "en"), sheet(PARTICIPANTS))

    assert str(caught.value).splitlines()[1:] == ["  ghost Ghost", "  nobody"]
    done = moodle_import(grades, Import("Networks", "en", leave_out=True), sheet(PARTICIPANTS))
    assert [row[1] for row in read_back(done)[1:]] == ["20261234"]
    assert [student.student for student in done.students] == ["ghost", "nobody"]


def test_a_grade_above_the_maximum_would_cancel_the_import_so_it_is_refused():
    with pytest.raises(GradebookError, match=r"line 2, 1: 90 of 100; the maximum is 50"):
        moodle_import([grade("1", 90)], Import("Networks", "en", maximum=Decimal(50), fit=Fit.AS_IS))

    done = moodle_import([grade("1", 90)], Import("Networks", "en", maximum=Decimal(50), fit=Fit.SCALE))
    assert read_back(done)[1][2] == "45"


def test_without_participants_an_id_is_an_email_address_or_a_number_and_that_nobody_checked_is_said():
    done = moodle_import([grade("a@x.kr", 1), grade("b@x.kr", 2)], Import("Networks", "en"))

    assert [row[:2] for row in read_back(done)[1:]] == [["a@x.kr", ""], ["b@x.kr", ""]]
    assert any("Nobody checked" in line for line in said(done))


def test_users_of_whom_no_column_is_there_for_all_are_refused():
    with pytest.raises(GradebookError) as caught:
        moodle_import([grade("a@x.kr", 1), grade("20261234", 2)], Import("Networks", "en"))

    assert str(caught.value).splitlines()[1:] == [
        "  a@x.kr: email address a@x.kr, ID number -",
        "  20261234: email address -, ID number 20261234",
    ]


def test_an_id_that_would_have_to_be_changed_to_be_harmless_is_refused():
    with pytest.raises(GradebookError, match=r"=1\+1: email address -"):
        moodle_import([grade("=1+1", 1)], Import("Networks", "en"))


def test_an_import_begins_with_a_mark_on_request():
    assert moodle_import([grade("1", 1)], Import("랩", "ko", mark=True)).data.startswith(b"\xef\xbb\xbfEmail")


# Blackboard

BLACKBOARD = (
    '"Last Name"\t"First Name"\t"Username"\t"Student ID"\t"Last Access"\t"Availability"\t'
    '"Lab 5 [Total Pts: 100 Score] |574266"\t"Lab 6 [Total Pts: 1,000 Score] |574283"\t'
    '"Total [Total Pts: up to 505 Score] |526940"\n'
    '"Kim"\t"Minji"\t"minji"\t"20261234"\t"2026-03-16"\t"Yes"\t""\t""\t"80.00"\n'
    '"Lee"\t"Seoyeon"\t"seo"\t"20265678"\t"2026-03-16"\t"Yes"\t"Needs Grading(50.00)"\t""\t"90.00"\n'
)


def blackboard():
    return sheet(BLACKBOARD, "utf-16-le", b"\xff\xfe", "gc_lab.xls")


@pytest.mark.parametrize("column", ["574266", "|574266", "Lab 5 [Total Pts: 100 Score] |574266"])
def test_blackboard_gets_its_own_file_back_with_one_column_filled_in(column):
    done = fill_blackboard(blackboard(), column, [grade("minji", 87.5), grade("20265678", 92)])
    wanted = BLACKBOARD.replace('"Yes"\t""\t""', '"Yes"\t"87.5"\t""').replace("Needs Grading(50.00)", "92")

    assert done.data == b"\xff\xfe" + wanted.encode("utf-16-le")
    assert [change.before for change in done.changes] == ["", "Needs Grading(50.00)"]


def test_blackboards_file_between_commas_with_korean_headers_stays_so():
    text = (
        '\ufeff"성","이름","사용자 이름","학생 ID","실습 5 [총점: 100 점수] |574266"\r\n'
        '"김","민지","minji","20261234",""\r\n'
    )
    done = fill_blackboard(sheet(text), "574266", [grade("x", 90, "김민지")])

    assert done.data == text.replace('""\r\n', '"90"\r\n').encode()


@pytest.mark.parametrize("column", ["574267", "Lab 5", "5", ""])
def test_blackboard_would_make_a_column_that_it_does_not_know_so_it_is_refused(column):
    with pytest.raises(GradebookError, match=r"behind `\|`: Lab 5"):
        fill_blackboard(blackboard(), column, [])


def test_a_total_that_blackboard_works_out_takes_no_grade():
    with pytest.raises(GradebookError, match=r"a total that Blackboard works out"):
        fill_blackboard(blackboard(), "526940", [])


def test_the_points_of_a_blackboard_column_are_read_from_its_header():
    with pytest.raises(GradebookError, match=r"the maximum is 1000"):
        fill_blackboard(blackboard(), "574283", [grade("minji", 87.5)])

    assert fill_blackboard(blackboard(), "574283", [grade("minji", 87.5)], fit=Fit.SCALE).changes[0].after == "875"


def test_a_file_without_usernames_is_refused():
    with pytest.raises(GradebookError, match=r"no column Username / User Name"):
        fill_blackboard(sheet("Name,Lab |12\nKim,\n"), "12", [])


# Plain CSV


def rows(grades, **options):
    data = plain_csv(grades, "en", **options)
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_the_plain_csv_has_a_line_for_each_student_and_no_number_where_there_is_no_score():
    given_points = Override("kim", "networking", 20, "=appeal", "Han", datetime(2026, 4, 1, tzinfo=UTC), "names")
    graded = grade("kim", 87.5, "Kim Minji", machine=Decimal("90.00"), overrides=(given_points,), notes=["a", "b"])
    first, second = rows([graded, grade("lee", None, "Lee", notes=["Nothing was handed in."])])

    assert tuple(first) == HEADER
    assert (first["machine"], first["final"], first["possible"], first["scored"]) == ("90", "87.5", "100", "yes")
    assert (first["overrides"], first["notes"]) == ("names=20 (Han: =appeal)", "a | b")
    assert (second["final"], second["penalty"], second["scored"]) == ("", "", "no")
    assert rows([graded], private=False)[0]["overrides"] == "names=20"


@pytest.mark.parametrize("name", [*FORMULAS, 'a"b,c', "line\nend", "김민지 🚢", "\x1b[31mred", "\u202eevil", "a\0b"])
def test_no_name_breaks_out_of_its_cell(name):
    (row, other) = rows([grade(name, 1, name, notes=[name]), grade("lee", 2)])

    assert other["id"] == "lee"
    for column in ("id", "name", "notes"):
        assert not is_formula(row[column])
        assert not {"\x1b", "\u202e", "\0", "\r"} & set(row[column])


def test_numbers_stay_numbers_and_a_mark_comes_on_request():
    assert table(["n"], [[Decimal("-1.50")]]) == b"n\r\n-1.5\r\n"
    assert plain_csv([], "en", mark=True).startswith(b"\xef\xbb\xbfid,")


# Writing


def test_nothing_is_written_over(tmp_path):
    source = tmp_path / "export.csv"
    source.write_bytes(CANVAS.encode())
    done = fill_canvas(read_sheet(source), LAB, [grade("9001", 90)])
    with pytest.raises(GradebookError, match=r"exists. Nothing is overwritten"):
        write(done.data, source)
    write(done.data, tmp_path / "new.csv")

    assert source.read_bytes() == CANVAS.encode()
    assert (tmp_path / "new.csv").read_bytes() == done.data


def test_a_place_where_nothing_can_be_written_is_said(tmp_path):
    done = fill_canvas(sheet(CANVAS), LAB, [])

    with pytest.raises(GradebookError, match=r"cannot be written: No such file"):
        write(done.data, tmp_path / "none" / "new.csv")


def test_what_was_filled_in_can_be_filled_in_again_without_a_change():
    grades = [grade("9001", 87.5), grade("9002", 92)]
    once = fill_canvas(sheet(CANVAS), LAB, grades)
    twice = fill_canvas(parse(once.data, "export.csv"), LAB, grades)

    assert (twice.data, twice.changes, twice.same) == (once.data, (), 2)
