"""What the builder and an image's layers say is read as it is meant, and the lab hands out what it grades with."""

import io
import json
import tarfile
from pathlib import Path

import pytest

from graders.checks.dockerfile import GIVEN
from graders.observe.builds import Step, _read, _values
from graders.observe.layers import _flatten, _read_layer, _steps

WORK = Path(__file__).parents[2] / "labs" / "dockerfile" / "work"


def test_progress_is_read_with_other_lines_between_and_a_value_cut_off():
    text = 'WARNING: one\n{\n "a": 1\n}\n{"b": 2}\nERROR: two\n{"c": '
    assert _values(text) == ([{"a": 1}, {"b": 2}], 'WARNING: one\nERROR: two\n{"c":')


def test_a_steps_error_output_and_cache_are_joined_by_its_digest():
    values = [
        {"vertexes": [{"digest": "x", "name": "[build 2/3] RUN make"}, {"digest": "y", "name": "[2/3] COPY . ."}]},
        {"logs": [{"vertex": "x", "data": "bm8gcnVsZQo="}]},
        {"vertexes": [{"digest": "x", "name": "[build 2/3] RUN make", "error": "exit code: 2"}]},
        {"vertexes": [{"digest": "y", "name": "[2/3] COPY . .", "cached": True}]},
    ]
    steps, _ = _read("\n".join(json.dumps(value, indent=1) for value in values))
    assert steps == (
        Step("[build 2/3] RUN make", False, "exit code: 2", "no rule"),
        Step("[2/3] COPY . .", True, "", ""),
    )
    assert (steps[0].stage, steps[0].command, steps[1].stage) == ("build", "RUN make", "")


def layer(**files):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name.replace("__", "/"))
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    packed.seek(0)
    return _read_layer("sha256:0", packed, {"key": b"secret"})


def test_a_file_that_a_later_layer_removes_is_found_and_is_not_in_the_final_image():
    first = layer(app__env=b"the secret", app__kept=b"")
    second = layer(**{"app__.wh.env": b""})
    assert [file.path for file in first.files if file.found] == ["/app/env"]
    assert set(_flatten([first, second])) == {"/app/kept"}


def test_a_text_across_two_pieces_of_a_large_file_is_found():
    assert layer(big=b"x" * ((1 << 20) - 3) + b"secret").files[0].found == ("key",)


def test_an_emptied_folder_keeps_what_its_own_layer_puts_there():
    final = _flatten([layer(app__old=b""), layer(**{"app__new": b"", "app__.wh..wh..opq": b""})])
    assert set(final) == {"/app/new"}


def test_the_starter_files_are_those_that_the_grader_builds_with():
    given = {str(path.relative_to(GIVEN)).removesuffix(".given"): path for path in GIVEN.rglob("*.given")}
    assert given
    for name, path in given.items():
        assert (WORK / name).read_bytes() == path.read_bytes(), name


def test_each_layer_is_told_with_the_instruction_that_made_it():
    config = {
        "rootfs": {"diff_ids": ["sha256:a", "sha256:b", "sha256:c"]},
        "history": [
            {"created_by": "COPY . . # buildkit"},
            {"created_by": "ENV LISTEN=0.0.0.0", "empty_layer": True},
            {"created_by": "RUN |1 LICENCE=1 /bin/sh -c make all # buildkit"},
            {"created_by": "RUN /bin/sh -c true # buildkit"},
        ],
    }

    assert _steps(json.dumps(config).encode()) == {
        "sha256:a": "COPY . .",
        "sha256:b": "RUN make all",
        "sha256:c": "RUN true",
    }


@pytest.mark.parametrize("config", [b"", b"[]", b"{}", b'{"rootfs": {"diff_ids": ["a"]}, "history": []}', b"\xff"])
def test_a_configuration_that_cannot_be_read_costs_only_the_instructions(config):
    assert _steps(config) == {}
