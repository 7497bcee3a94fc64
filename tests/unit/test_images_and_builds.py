"""What the builder and an image's layers say is read as it is meant, and the lab hands out what it grades with."""

import json
from pathlib import Path

import pytest

from graders.checks.dockerfile import GIVEN
from graders.observe.builds import Step, _read, _values
from graders.observe.layers import File, Image, Layer, _flatten, _steps, shown
from graders.observe.references import Parts, misconception, parts

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


def layer(*files):
    return Layer("sha256:0", tuple(File(path, kind, 0, 0o644, "0:0", 0, "") for path, kind in files), 0)


def test_a_file_that_a_later_layer_removes_is_not_in_the_final_image():
    first, second = layer(("/app/env", "file"), ("/app/kept", "file")), layer(("/app/env", "removed"))
    assert set(_flatten([first, second])) == {"/app/kept"}


def test_an_emptied_folder_keeps_what_its_own_layer_puts_there():
    first, second = layer(("/app/old", "file")), layer(("/app/new", "file"), ("/app", "emptied"))
    assert set(_flatten([first, second])) == {"/app/new"}


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("/payload", "/data/large"),  # a link in place of the file
        ("/payload", "data/../data/large"),
        ("/payload", "via/large"),  # through a link in place of a folder
        ("/elsewhere", "/data/large"),
    ],
)
def test_a_link_shows_the_file_behind_it(path, target):
    entries = {"/data/large": ("file", "a"), "/via": ("link", "data"), path: ("link", target)}
    final = {name: File(name, kind, 1, 0o644, "0:0", 0, digest) for name, (kind, digest) in entries.items()}

    found = shown(Image("sha256:0", (), {}, (), final), path)

    assert found is not None
    assert found.path == "/data/large"


def test_a_link_to_nothing_or_to_itself_shows_no_file():
    final = {
        path: File(path, "link", 0, 0o777, "0:0", 0, target) for path, target in (("/payload", "gone"), ("/x", "x"))
    }
    image = Image("sha256:0", (), {}, (), final)
    assert [shown(image, path) for path in ("/payload", "/x", "/none")] == [None, None, None]


@pytest.mark.parametrize(
    ("reference", "registry", "repository", "part", "cause"),
    [
        ("localhost:5000/app", "docker.io", "localhost:5000/app", "registry", "port_not_seen"),
        ("ship:5000/app", "docker.io", "ship:5000/app", "repository", "port_not_seen"),
        ("localhost/app", "docker.io", "localhost/app", "registry", "localhost_as_user"),
        ("ghcr.io/app", "ghcr.io", "library/app", "repository", "official_everywhere"),
        ("alice/app", "docker.io", "library/alice/app", "repository", "official_everywhere"),
        ("app", "docker.io", "app", "repository", "short_name_not_expanded"),
        ("app", "docker.io", "library/library/app", "repository", "official_everywhere"),
        ("alice/app", "docker.io", "app", "repository", "reference_misread"),
        ("web.site:1.2", "web.site", "", "registry", "name_as_registry"),
        ("web.site:1.2", "web.site:1.2", "web.site", "registry", "name_as_registry"),
    ],
)
def test_a_wrong_part_tells_the_misconception_behind_it(reference, registry, repository, part, cause):
    assert misconception(parts(reference), Parts(registry, repository, "latest", ""), part) == cause


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

    assert _steps(json.dumps(config)) == {
        "sha256:a": "COPY . .",
        "sha256:b": "RUN make all",
        "sha256:c": "RUN true",
    }


@pytest.mark.parametrize("config", ["", "[]", "{}", '{"rootfs": {"diff_ids": ["a"]}, "history": []}', "\ufffd"])
def test_a_configuration_that_cannot_be_read_costs_only_the_instructions(config):
    assert _steps(config) == {}
