"""Pulls of what a dock has already: as at home, they find that it is the newest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graders.dock import Dock, Settings, Submission, pack

pytestmark = pytest.mark.docker

COMPOSE = "services: {one: {image: 'busybox:1.37', pull_policy: always, command: 'true'}}"
FRONT_END = "# syntax=docker/dockerfile:1\nFROM busybox:1.37\nRUN <<DONE\necho built > /built\nDONE\n"
FRONT_END_BY_COMPOSE = "services: {two: {image: two, build: front}}"
FRONT_END_BY_SCRIPT = f"cat > written <<'EOF'\n{FRONT_END}EOF\ndocker build --quiet --file written ."


@pytest.fixture(scope="module")
def submission(tmp_path_factory) -> Submission:
    folder = tmp_path_factory.mktemp("work")
    (folder / "Dockerfile").write_text("FROM busybox:1.37\nRUN echo built > /built\n")
    (folder / "compose.yaml").write_text(COMPOSE)
    (folder / "front").mkdir()
    (folder / "front" / "Dockerfile").write_text(FRONT_END)
    (folder / "front.yaml").write_text(FRONT_END_BY_COMPOSE)
    (folder / "front.sh").write_text(FRONT_END_BY_SCRIPT)
    return pack(folder)


@pytest.fixture(scope="module")
def dock(submission) -> Iterator[Dock]:
    with Dock.start(Settings(images=("busybox", "relay")), submission) as started:
        yield started


@pytest.mark.parametrize(
    "command",
    [
        ("docker", "pull", "busybox:1.37"),
        ("docker", "image", "pull", "--quiet", "docker.io/library/busybox:1.37"),
        ("docker", "run", "--rm", "--pull", "always", "busybox:1.37", "true"),
        ("docker", "build", "--pull", "-t", "built", "."),
        ("docker", "buildx", "build", "--pull", "--no-cache", "-t", "built", "."),
        ("docker", "compose", "pull"),
        ("docker", "compose", "up", "--pull", "always"),
        ("docker", "compose", "up"),
    ],
    ids=" ".join,
)
def test_an_official_image_that_is_there_is_the_newest(dock, command):
    ran = dock.run(*command)

    assert ran.exit == 0, ran.output
    assert dock.engine.images.get("busybox:1.37").id == dock.image_ids["busybox"]


@pytest.mark.parametrize(
    "command",
    ["docker build front", "docker buildx build front", "docker compose -f front.yaml build", "bash front.sh"],
)
def test_a_dockerfile_may_name_the_front_end_that_the_engine_has_built_in(dock, command):
    ran = dock.run(*command.split())

    assert ran.exit == 0, ran.output


def test_a_submission_that_comes_later_may_name_it_too(submission):
    with Dock.start(Settings(images=("busybox",))) as dock:
        dock.hand_in(submission)
        ran = dock.run("docker", "build", "front")

    assert ran.exit == 0, ran.output


def test_who_pulls_is_told_that_the_image_is_there(dock):
    assert "Status: Image is up to date for busybox:1.37" in dock.run("docker", "pull", "busybox:1.37").output


def test_after_a_pull_a_tag_of_ones_own_means_the_official_image_again(dock):
    dock.run("docker", "tag", "drydock/relay:1", "busybox:1.37")
    dock.run("docker", "pull", "busybox:1.37")

    assert dock.engine.images.get("busybox:1.37").id == dock.image_ids["busybox"]


@pytest.mark.parametrize("image", ["busybox", "alpine:3", "drydock/relay:1", "busybox:1.36"])
def test_what_docker_hub_alone_has_cannot_be_pulled(dock, image):
    ran = dock.run("docker", "pull", image)

    assert ran.exit == 1
    assert "registry-1.docker.io" in ran.output


def test_who_keeps_the_mirror_waiting_keeps_nobody_from_pulling(dock):
    connect = "import socket, time; held = [socket.create_connection(('127.213.0.1', 2371)) for _ in range(3)]; input()"
    with_held = f'sleep 30 | python3 -c "{connect}" & docker pull busybox:1.37; code=$?; kill $!; exit $code'
    ran = dock.run("bash", "-c", with_held)

    assert ran.exit == 0, ran.output


def test_with_egress_too_the_images_of_a_lab_stay_what_they_are():
    with Dock.start(Settings(images=("busybox",), egress=True)) as dock:
        assert "Image is up to date" in dock.run("docker", "pull", "busybox:1.37").output
