"""The command line: what it says, and with which exit code, without an engine."""

import io
import json
import os
import socket
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from graders import cli, doctor
from graders.dock import Trouble, kit
from graders.rubric import RubricError
from graders.verdicts import Text


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, where no engine answers."""
    nowhere = {"DOCKER_HOST": "unix:///nonexistent/docker.sock", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        [sys.executable, "-m", "graders.cli", *arguments],
        env=os.environ | nowhere | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def raising(problem: BaseException):
    def command(_options: object, _language: str) -> int:
        raise problem

    return command


@pytest.mark.parametrize(
    "command", [[], ["doctor"], ["images"], ["kit"], ["kit", "save"], ["kit", "load"], ["labs"]], ids=" ".join
)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main([*command, "--help"])

    assert ended.value.code == 0
    assert "--lang" in capsys.readouterr().out or command == ["kit"]


def test_a_start_loads_nothing_slow_that_single_commands_need():
    slow = {"alembic", "distributed", "jinja2", "pydantic", "pytest", "rich", "sqlalchemy", "watchfiles"}
    command = "import sys, graders.cli; graders.cli._parser(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True, timeout=60)

    assert slow & set(done.stdout.split()) == set()


def test_labs_are_listed_with_id_week_score_title_and_topic(capsys, tmp_path):
    code = cli.main(["labs", "--lang", "en", "--reports", str(tmp_path)])

    assert code == 0
    assert "networking     5      -  Custom networks and DNS  (Networking)" in capsys.readouterr().out.splitlines()


def test_the_language_may_stand_before_or_after_the_command(capsys):
    cli.main(["--lang", "ko", "labs"])
    before = capsys.readouterr().out
    cli.main(["labs", "--lang", "ko"])

    assert capsys.readouterr().out == before
    assert not before.isascii()


def test_an_unknown_lab_is_named_with_the_known_ones(capsys):
    code = cli.main(["images", "nosuchlab"])

    assert code == cli.RUBRIC_WRONG
    assert capsys.readouterr().err.startswith("no lab 'nosuchlab'; known: ")


@pytest.mark.parametrize(("lang", "expected"), [("en", "No Docker engine answers"), ("ko", "엔진이 응답하지 않습니다")])
def test_without_an_engine_images_says_so_in_the_chosen_language(lang, expected):
    done = run("images", "--lang", lang)

    assert done.returncode == cli.MACHINE_AT_FAULT
    assert expected in done.stderr
    assert "Traceback" not in done.stderr


def test_without_an_engine_the_doctor_says_how_to_mend_it_and_stops():
    done = run("doctor")

    assert done.returncode == 1
    assert done.stdout.startswith("[bad] engine: No Docker engine answers at unix:///nonexistent/docker.sock")
    assert "→ Start Docker, or run ./bootstrap." in done.stdout
    assert done.stdout.endswith("This machine cannot grade yet. Mend what is bad, from the top.\n")


def test_a_scheduler_whose_port_is_taken_names_it_and_the_way_out():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run("scheduler", "--port", str(port))

    assert done.returncode == cli.MACHINE_AT_FAULT
    assert done.stderr.startswith(f"A scheduler cannot listen at tcp://127.0.0.1:{port}: Address already in use. ")
    assert "--port" in done.stderr


def test_a_scheduler_at_an_address_of_another_machine_names_it_and_the_way_out(tmp_path):
    done = run("--lang", "ko", "scheduler", "--host", "192.0.2.7", "--tls", str(tmp_path / "cluster.pem"))

    assert done.returncode == cli.MACHINE_AT_FAULT
    assert "주소입니다: tls://192.0.2.7:8786 (Cannot assign requested address). " in done.stderr
    assert "--host" in done.stderr


def test_an_interruption_ends_with_130(monkeypatch, capsys):
    monkeypatch.setattr(cli, "_labs", raising(KeyboardInterrupt()))

    assert cli.main(["labs", "--lang", "en"]) == cli.INTERRUPTED
    assert capsys.readouterr().err == "Interrupted.\n"


def test_a_trouble_is_told_by_its_text(monkeypatch, capsys):
    monkeypatch.setattr(cli, "_labs", raising(Trouble("engine_too_old", seen="19.03", oldest="20.10")))

    assert cli.main(["labs", "--lang", "ko"]) == cli.MACHINE_AT_FAULT
    assert "Docker 엔진 버전이 19.03입니다" in capsys.readouterr().err


def test_a_wrong_rubric_is_told_line_by_line(monkeypatch, capsys):
    monkeypatch.setattr(cli, "_labs", raising(RubricError("a: b\nc: d")))

    assert cli.main(["labs"]) == cli.RUBRIC_WRONG
    assert capsys.readouterr().err == "a: b\nc: d\n"


def test_a_mistake_of_ours_keeps_its_traceback_in_a_file(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(cli, "_labs", raising(ZeroDivisionError("oops")))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))

    assert cli.main(["labs", "--lang", "en"]) == cli.OUR_MISTAKE
    (kept,) = tmp_path.iterdir()
    assert f"ZeroDivisionError: oops. Please report it with the traceback in {kept}." in capsys.readouterr().err
    assert "Traceback (most recent call last)" in kept.read_text()


def test_a_kit_in_a_folder_that_is_not_there_is_a_line_and_no_traceback(tmp_path, capsys):
    code = cli.main(["kit", "save", str(tmp_path / "none" / "kit.tar")])

    assert code == cli.MACHINE_AT_FAULT
    assert "No such file or directory" in capsys.readouterr().err


def packed(path: Path, **members: bytes) -> Path:
    with tarfile.open(path, "w") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name.replace("_", "."))
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


def manifest(**changes: object) -> bytes:
    fields = {"format": 1, "images": {}, "seeds": [], "architecture": "amd64", "bytes": 3, "sha256": "0" * 64}
    return json.dumps(fields | changes).encode()


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda path: path, "No such file or directory"),
        (lambda path: path.mkdir() or path, "Is a directory"),
        (lambda path: path.touch() or path, "no tar archive, or was cut off"),
        (lambda path: path.write_bytes(b"x" * 9999) and path, "no tar archive, or was cut off"),
        (lambda path: packed(path, a_txt=b"a"), "it has no manifest.json"),
        (lambda path: packed(path, manifest_json=b"{", images_tar=b"abc"), "its manifest.json cannot be read"),
        (lambda path: packed(path, manifest_json=b"[]", images_tar=b"abc"), "its manifest.json cannot be read"),
        (lambda path: packed(path, manifest_json=manifest(seeds=3)), "its manifest.json cannot be read"),
        (lambda path: packed(path, manifest_json=manifest(format=9)), "its format is 9, and this Drydock reads 1"),
        (lambda path: packed(path, manifest_json=manifest()), "it has no images.tar"),
        (lambda path: packed(path, manifest_json=manifest(), images_tar=b"abc"), "wrong checksum"),
    ],
)
def test_a_broken_kit_is_refused_with_the_reason(tmp_path, make, problem):
    file = make(tmp_path / "kit.tar")

    with pytest.raises(Trouble) as refused:
        kit.load(file)

    assert refused.value.code == "kit_unreadable"
    assert problem in refused.value.facts["problem"]


def test_the_doctor_succeeds_with_a_warning_and_fails_with_something_bad():
    shown: list[tuple[doctor.Level | None, str]] = []
    warned = doctor.Record("memory", doctor.Level.WARN, Text.same("little"), Text.same("buy more"))
    broken = doctor.Record("disk", doctor.Level.BAD, Text.same("full\x1b[2J"))

    assert doctor.report([warned], "en", lambda *line: shown.append(line)) == 0
    assert doctor.report([warned, broken], "en", lambda *line: shown.append(line)) == 1
    assert shown[0] == (doctor.Level.WARN, "memory: little\n→ buy more")
    assert shown[3] == (doctor.Level.BAD, "disk: full␛[2J")
