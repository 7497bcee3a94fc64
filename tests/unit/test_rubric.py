"""A rubric's mistakes: one clear line each, with the file and the key."""

from dataclasses import replace

import pytest

from graders.rubric import RubricError, read_causes, read_lab
from graders.verdicts import Text

TEXT = '{ en = "one", ko = "하나" }'
CAUSE = f"wrong = {TEXT}\nwhy = {TEXT}\ntry = {TEXT}\nexpected = {TEXT}\nseen = {TEXT}\n"
VALID = f"""
version = "1.0.0"
week = 5
title = {TEXT}
summary = {TEXT}

[submission]
files = ["start.sh"]

[dock]
images = ["store"]

[[checks]]
id = "starts"
points = 40
title = {TEXT}
hints = [{TEXT}]
causes = ["stopped"]

[[checks]]
id = "answers"
points = 60
title = {TEXT}
hints = [{TEXT}]
needs = ["starts"]
causes = ["mute"]

[causes.stopped]
{CAUSE}
[causes.mute]
{CAUSE}
"""


@pytest.fixture
def write(tmp_path):
    """Write a rubric into the folder of a lab."""

    def written(text, name="harbour"):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        (folder / "lab.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return folder

    return written


def mistakes(folder, shared=None):
    """The lines of a rubric's error, without the file, which each must name."""
    with pytest.raises(RubricError) as raised:
        read_lab(folder, shared or {})
    lines = str(raised.value).splitlines()
    start = f"{folder / 'lab.toml'}: "
    assert all(line.startswith(start) for line in lines), lines
    return [line.removeprefix(start) for line in lines]


def changed(old, new, text=VALID):
    """The rubric with its first `old` replaced."""
    assert old in text
    return text.replace(old, new, 1)


def test_a_valid_rubric_becomes_a_lab(write):
    lab = read_lab(write(VALID), {})

    assert (lab.id, lab.week, lab.version, lab.files) == ("harbour", 5, "1.0.0", ("start.sh",))
    assert [(check.id, check.points, check.needs) for check in lab.checks] == [
        ("starts", 40, ()),
        ("answers", 60, ("starts",)),
    ]
    assert lab.causes["mute"].try_ == Text("one", "하나")
    assert lab.dock["images"] == ("store",)


def test_a_lab_names_the_module_of_its_checks(write):
    assert read_lab(write(VALID, "health-checks"), {}).module == "graders.checks.health_checks"


def test_a_check_without_a_lesson_takes_the_labs(write):
    lab = read_lab(write(changed("[submission]", 'lesson = "https://a.test/"\n[submission]')), {})

    assert {check.lesson for check in lab.checks} == {"https://a.test/"}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("week = 5", "week = 5\nweeks = 6", "weeks: unknown key"),
        ("points = 40", "points = 40\npoint = 4", "checks.starts.point: unknown key"),
        ("[dock]", "[dock]\ndisk = 3", "dock.disk: unknown key"),
        ("[dock]", "[dock]\nmanagers = 2", "dock.managers: at most as many as nodes, which are 1; seen: 2"),
        (
            "[dock]",
            "[dock]\nnodes = 3\nmanagers = 3\njoined = false",
            "dock.managers: the student forms the Swarm (joined = false), not the harness; seen: 3",
        ),
        ("[dock]", "[dock]\njoined = false", "dock.joined: is for several nodes; seen: nodes = 1"),
        ("week = 5", 'week = "5"', "week: input should be a valid integer; seen: '5'"),
        ("week = 5", "week = 9", "week: input should be less than or equal to 8; seen: '9'"),
        ("points = 40", 'points = "40"', "checks.starts.points: input should be a valid number; seen: '40'"),
        ("points = 40", "points = true", "checks.starts.points: input should be a valid number; seen: 'True'"),
        ("points = 40", "points = 0", "checks.starts.points: input should be greater than 0; seen: '0'"),
        ("points = 40", "points = 41", "checks: points must sum up to 100; seen: 101"),
        ('version = "1.0.0"', "", "version: missing"),
        (f"title = {TEXT}", 'title = { en = "one" }', "title.ko: missing translation"),
        (f"hints = [{TEXT}]", 'hints = [{ ko = "하나" }]', "checks.starts.hints.0.en: missing translation"),
        (f"why = {TEXT}", 'why = { en = "one" }', "causes.stopped.why.ko: missing translation"),
        (f"why = {TEXT}", "", "causes.stopped.why: missing"),
        (
            f"title = {TEXT}",
            'title = { en = "one", ko = "" }',
            "title.ko: string should have at least 1 character; seen: ''",
        ),
        (f"title = {TEXT}", 'title = { en = "a", ko = "b", fr = "c" }', "title.fr: unknown key"),
        (
            'causes = ["stopped"]',
            'causes = ["stopped"]\nneeds = ["answers"]',
            "checks.starts.needs: 'answers' is no check that comes before this one",
        ),
        ('needs = ["starts"]', 'needs = ["sails"]', "checks.answers.needs: 'sails' is no check that comes before"),
        ('needs = ["starts"]', 'needs = ["answers"]', "checks.answers.needs: 'answers' is no check that comes before"),
        (
            'causes = ["mute"]',
            'causes = ["mute", "deaf"]',
            "checks.answers.causes: 'deaf' is neither in [causes] nor a cause that all labs share",
        ),
        ("[causes.mute]", f"[causes.idle]\n{CAUSE}\n[causes.mute]", "causes.idle: no check lists this cause"),
        ('id = "answers"', 'id = "Answers"', "checks.Answers.id: string should match pattern"),
        (f"wrong = {TEXT}", 'wrong = { en = "{a} x", ko = "x" }', "causes.stopped.wrong: en and ko must have the same"),
        (f"try = {TEXT}", 'try = { en = "{a}", ko = "{b}" }', "causes.stopped.try: en and ko must have the same"),
        ('files = ["start.sh"]', "files = []", "submission.files: list should have at least 1 item"),
        ("week = 5", "week = ", "cannot be read: Invalid value (at line 3, column 8)"),
        ("week = 5", "week = 5\nweek = 6", "cannot be read: Cannot overwrite a value (at line 4, column 9)"),
    ],
)
def test_a_mistake_is_one_line_with_file_and_key(write, old, new, line):
    found = mistakes(write(changed(old, new)))

    assert len(found) == 1, found
    assert found[0].startswith(line)


def test_two_checks_of_one_id_are_told(write):
    text = changed('id = "answers"', 'id = "starts"').replace('needs = ["starts"]', "")

    assert mistakes(write(text)) == ["checks.starts.id: two checks have this id"]


def test_several_mistakes_give_several_lines(write):
    text = changed("week = 5", 'week = "5"\ncolour = "red"')
    text = changed(f"summary = {TEXT}", "", text)

    assert mistakes(write(text)) == [
        "week: input should be a valid integer; seen: '5'",
        "summary: missing",
        "colour: unknown key",
    ]


def test_several_mistakes_beyond_form_give_several_lines(write):
    text = changed('needs = ["starts"]', 'needs = ["sails"]')
    text = changed("points = 60", "points = 50", text)
    text = changed('causes = ["mute"]', 'causes = ["deaf"]', text)

    assert [line.partition(":")[0] for line in mistakes(write(text))] == [
        "checks",
        "checks.answers.needs",
        "checks.answers.causes",
        "causes.mute",
    ]


def test_points_with_fractions_may_sum_up_to_the_total(write):
    text = changed("points = 40", "points = 33.3")
    text = changed("points = 60", "points = 66.7", text)

    assert [check.points for check in read_lab(write(text), {}).checks] == [33.3, 66.7]


def test_points_with_fractions_are_summed_up_as_a_person_would(write):
    more = f'id = "x%d"\npoints = 14.3\ntitle = {TEXT}\nhints = [{TEXT}]\ncauses = ["mute"]\n'
    text = changed("points = 40", "points = 14.3")
    text = changed("points = 60", "points = 14.2", text)
    text = changed(
        "[causes.stopped]", "".join(f"[[checks]]\n{more % n}\n" for n in range(5)) + "[causes.stopped]", text
    )

    assert len(read_lab(write(text), {}).checks) == 7


@pytest.mark.parametrize("name", ["Harbour", "my_lab", "5-networks", "a b", "harbour.old"])
def test_a_folder_whose_name_can_be_no_id_is_one_line(write, name):
    assert mistakes(write(VALID, name)) == [
        f"the folder's name is the lab's id: small letters, digits, -; seen: {name!r}"
    ]


def test_a_cause_that_all_labs_share_need_not_be_written_again(write):
    shared = {"late": replace(read_lab(write(VALID), {}).causes["mute"], id="late")}
    text = changed('causes = ["mute"]', 'causes = ["mute", "late"]')

    assert read_lab(write(text), shared).causes["late"] == shared["late"]


def test_a_cause_of_a_shared_name_is_one_line(write):
    shared = {"mute": read_lab(write(VALID), {}).causes["mute"]}

    assert mistakes(write(VALID), shared) == ["causes.mute: all labs share a cause of this name"]


def test_a_rubric_that_is_not_there_is_one_line(tmp_path):
    found = mistakes(tmp_path)

    assert len(found) == 1
    assert found[0].startswith("cannot be read: [Errno 2] No such file or directory")


def test_a_rubric_that_is_not_utf_8_is_one_line(write):
    found = mistakes(write(VALID.encode("cp949")))

    assert len(found) == 1
    assert found[0].startswith("cannot be read: 'utf-8' codec can't decode byte")


def test_a_file_of_causes_is_read_as_strictly(tmp_path):
    path = tmp_path / "causes.toml"
    path.write_text(f"[late]\n{CAUSE}colour = 1\n\n[early]\nwrong = {{ en = 'x' }}\n", "utf-8")

    with pytest.raises(RubricError) as raised:
        read_causes(path)

    lines = str(raised.value).splitlines()
    assert f"{path}: late.colour: unknown key" in lines
    assert f"{path}: early.wrong.ko: missing translation" in lines
    assert f"{path}: early.why: missing" in lines
    assert all(line.startswith(f"{path}: ") for line in lines)
