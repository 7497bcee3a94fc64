"""Capabilities by their names, and the parts of an inspection that show a secret."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from graders.checks import hardening
from graders.dock import Ran, Refusal
from graders.observe.containers import Container
from graders.observe.exposure import in_inspect, spellings
from graders.observe.privileges import names, shown
from graders.vocabulary import Failed

DEFAULT = 0xA80425FB  # what the engine leaves a container
CONTAINER = Container("app", "1", "app:1", "sha256:1", True, 0, 12, {}, (), "bridge", (), (), {})
RAN = Ran(("bash", "up.sh"), 1, 1.0, "", "refused", ())


def test_a_containers_default_capabilities_are_fourteen() -> None:
    found = names(DEFAULT)

    assert len(found) == 14
    assert {"CHOWN", "SETUID", "NET_RAW", "MKNOD"} <= set(found)
    assert shown(found) == "CHOWN, DAC_OVERRIDE, FOWNER, FSETID, ... (14)"


def test_no_capabilities_have_no_names_and_one_that_is_too_new_is_a_number() -> None:
    assert names(0) == ()
    assert shown(()) == "-"
    assert names(1 << 45) == ("45",)


@pytest.mark.parametrize(
    ("raw", "paths"),
    [
        ({"Config": {"Env": ["A=1", "KEY=s3cret"]}}, ["Config.Env"]),
        ({"Config": {"Labels": {"key": "s3cret"}}, "Args": ["--key", "s3cret"]}, ["Config.Labels.key", "Args"]),
        ({"Config": {"Labels": {"s3cret": "key"}}}, ["Config.Labels"]),
        ({"Mounts": [{"Source": "/work/key.txt", "RW": False}], "Pid": 12, "Health": None}, []),
    ],
)
def test_a_secret_is_found_wherever_inspect_shows_it(raw, paths) -> None:
    assert in_inspect(replace(CONTAINER, raw=raw), {"s3cret": ""}) == paths


@pytest.mark.parametrize("around", ["{}", "{}\n", "KEY={}", "the key={};", "k={}."])
def test_a_secret_is_found_in_base64_whatever_stands_around_it(around) -> None:
    text = base64.b64encode(around.format("key-0123456789abcdef").encode()).decode()
    raw = {"Config": {"Env": [f"K={text}"]}}

    assert in_inspect(replace(CONTAINER, raw=raw), spellings("key-0123456789abcdef")) == ["Config.Env (base64)"]


def test_what_is_no_secret_is_not_found_in_any_spelling() -> None:
    raw = {"Config": {"Env": [f"K={base64.b64encode(b'key-01234X6789abcdef').decode()}"]}}

    assert in_inspect(replace(CONTAINER, raw=raw), spellings("key-0123456789abcdef")) == []


@pytest.mark.parametrize(
    ("rule", "asked", "cause"),
    [
        ("host_path", "/var/run/docker.sock", "engine_socket"),
        ("host_namespace", "--pid host", "shared_namespace"),
        ("capability", "--cap-add SYS_ADMIN", "capabilities_left"),
        ("not_allowed", "Privileged=true", "confinement_off"),
        ("security_option", "--security-opt seccomp=unconfined", "confinement_off"),
    ],
)
def test_what_the_policy_refused_is_told_as_the_misconception_that_it_is(rule, asked, cause) -> None:
    with pytest.raises(Failed) as failed:
        hardening._explain(replace(RAN, refusals=(Refusal(rule, asked),)))

    assert failed.value.cause == cause


def test_another_refusal_is_left_to_the_causes_that_all_labs_share() -> None:
    hardening._explain(replace(RAN, refusals=(Refusal("host_path", "/etc"),)))
