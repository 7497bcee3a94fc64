"""The doctor on the machine that runs the tests."""

import pytest

from graders import cli, doctor
from graders.dock import images, watcher
from graders.dock.engine import engine

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def records() -> dict[str, doctor.Record]:
    images.ensure(["dock", doctor.CONTROL_IMAGE])
    return {record.part: record for record in doctor.examine()}


def test_every_part_is_looked_at_in_order(records):
    assert list(records) == ["engine", "cgroups", "disk", "memory", "network", "images", "dock"]


def test_nothing_is_bad_where_grading_works(records):
    assert [record for record in records.values() if record.level is doctor.Level.BAD] == []


def test_a_dock_is_started_used_and_removed(records):
    left = engine().api.containers(all=True, filters={"label": f"{watcher.RUN_LABEL}={watcher.run_id()}"})

    assert records["dock"].seen.en.startswith("started in ")
    assert [container["Id"] for container in left if container["Image"] in records["dock"].seen.en] == []


def test_a_missing_image_is_bad_and_named(monkeypatch):
    find = images.find
    monkeypatch.setattr(images, "find", lambda key: None if key == "python" else find(key))

    record = next(record for record in doctor.examine(["python"]) if record.part == "images")

    assert record.level is doctor.Level.BAD
    assert record.seen.en == "missing: python:3.13-slim"
    assert "drydock kit load" in record.mend.en


def test_a_dock_that_cannot_start_is_bad_and_says_why(monkeypatch):
    from graders.dock import Seed

    monkeypatch.setattr(doctor, "ensure_seed", lambda _keys: Seed("drydock/no-such-image:1", {}))

    record = doctor._dock()

    assert record.level is doctor.Level.BAD
    assert "no-such-image" in record.seen.en


def test_the_command_says_in_korean_that_the_machine_can_grade(capsys):
    code = cli.main(["doctor", "--lang", "ko"])

    assert code == 0
    assert capsys.readouterr().out.splitlines()[-1] == "이 컴퓨터에서 채점할 수 있습니다."
