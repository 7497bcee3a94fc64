"""Where a secret shows: arguments of short-lived programs, files, images."""

import pytest

from graders.dock import Dock, Settings
from graders.observe.registry import start_registry
from graders.observe.secrets import in_files, in_image, watch_arguments

pytestmark = pytest.mark.docker
SECRET = "k7wq-secret-mussel"


@pytest.fixture(scope="module")
def dock():
    with Dock.start(Settings(images=("busybox", "registry"))) as dock:
        yield dock


def test_a_secret_in_the_arguments_of_the_shortest_program_is_seen(dock):
    with watch_arguments(dock, [SECRET]) as watch:
        for number in range(5):
            dock.run("bash", "-c", f'/bin/true "$S" {number}', environment={"S": SECRET})

    assert watch.seen == [["/bin/true", SECRET, str(number), ""] for number in range(5)]


def test_a_secret_from_a_builtin_to_standard_input_is_not_seen(dock):
    with watch_arguments(dock, [SECRET]) as watch:
        ran = dock.run("bash", "-c", 'printf %s "$S" | cat', environment={"S": SECRET})

    assert ran.output == SECRET
    assert watch.seen == []


def test_a_watch_that_has_ended_holds_nothing_up(dock):
    with watch_arguments(dock, [SECRET]):
        pass

    assert dock.run("true", seconds=5).exit == 0


def test_files_with_a_secret_are_found_and_what_is_no_file_is_passed_by(dock):
    dock.run("bash", "-c", 'mkfifo pipe; mkdir -p deep; echo "a $S" > deep/x; echo b > y', environment={"S": SECRET})

    assert in_files(dock, ["other", SECRET]) == [("/work/deep/x", 1)]


def test_a_secret_that_a_later_layer_hides_is_found(dock):
    build = 'printf "FROM busybox:1.37\\nRUN echo %s > /x\\nRUN rm /x\\n" "$1" | docker build -q -t "$0" -'
    for name, text in (("hides", SECRET), ("clean", "nothing")):
        assert dock.run("bash", "-c", build, name, text).exit == 0

    assert in_image(dock, "hides", [SECRET])
    assert not in_image(dock, "clean", [SECRET])


def test_an_image_without_layers_is_looked_at_too(dock):
    for name, text in (("label", SECRET), ("nothing", "none")):
        build = 'printf "FROM scratch\nLABEL said=%s\n" "$1" | docker build -q -t "$0" -'
        assert dock.run("bash", "-c", build, name, text).exit == 0

    assert in_image(dock, "label", [SECRET])
    assert not in_image(dock, "nothing", [SECRET])


def test_a_registry_takes_its_login_and_nobody_else(dock):
    registry = start_registry(dock, 21212, "mate", SECRET)
    push = (
        'echo "$S" | docker login -u mate --password-stdin 127.0.0.1:21212 && '
        "docker tag busybox:1.37 127.0.0.1:21212/a/b:1 && docker push 127.0.0.1:21212/a/b:1"
    )

    assert registry.contents(dock) == {}
    assert dock.run("bash", "-c", push, environment={"S": "wrong"}).exit != 0
    assert registry.contents(dock) == {}
    assert dock.run("bash", "-c", push, environment={"S": SECRET}).exit == 0

    manifest = registry.contents(dock)["a/b"]["1"]
    registry.tag(dock, "a/b", manifest.digest, "2")
    assert registry.contents(dock) == {"a/b": {"1": manifest, "2": manifest}}
    assert manifest.image_id == dock.image_ids["busybox"]
