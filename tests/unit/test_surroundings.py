"""What docks are told of the network around their machine, and what is no proxy or certificate."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from graders.dock.surroundings import AUTHORITIES, NO_PROXY, PROXY, surroundings
from graders.dock.troubles import Trouble

ONE = b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"


@pytest.fixture(autouse=True)
def afresh(monkeypatch) -> Iterator[None]:
    for name in (PROXY, NO_PROXY, AUTHORITIES):
        monkeypatch.delenv(name, raising=False)
    surroundings.cache_clear()
    yield
    surroundings.cache_clear()


def test_nothing_is_passed_on_that_nobody_asked_for(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")

    told = surroundings()

    assert (told.environment(), told.engine(), told.files()) == ({}, {}, {})


def test_a_proxy_is_told_to_scripts_and_to_the_engine_with_what_goes_past_it(monkeypatch):
    monkeypatch.setenv(PROXY, "http://proxy.example:3128")
    monkeypatch.setenv(NO_PROXY, "intern.example, 192.0.2.0/24")

    variables, engine = surroundings().environment(["node-2"]), surroundings().engine(["node-2"])

    assert (
        variables["https_proxy"] == variables["HTTPS_PROXY"] == variables["HTTP_PROXY"] == "http://proxy.example:3128"
    )
    assert {"localhost", "172.16.0.0/12", "node-2", "intern.example", "192.0.2.0/24"} <= set(
        variables["no_proxy"].split(",")
    )
    assert engine["proxies"]["https-proxy"] == "http://proxy.example:3128"
    assert engine["proxies"]["no-proxy"] == variables["NO_PROXY"]


@pytest.mark.parametrize(
    "said", ["proxy.example:3128", "http://proxy.example", "http://localhost:3128", "http://127.0.0.1:1", "http://[x"]
)
def test_what_no_dock_could_reach_is_a_trouble_that_says_what_is_wanted(monkeypatch, said):
    monkeypatch.setenv(PROXY, said)

    with pytest.raises(Trouble) as raised:
        surroundings()

    assert f"{PROXY} is {said}; it must be a URL with a port that containers reach" in str(raised.value)


def test_a_password_is_not_shown(monkeypatch):
    monkeypatch.setenv(PROXY, "http://kim:sesame@127.0.0.1:3128")

    with pytest.raises(Trouble) as raised:
        surroundings()

    assert "sesame" not in str(raised.value)


def test_each_certificate_of_a_bundle_is_a_file_of_its_own(monkeypatch, tmp_path):
    (tmp_path / "bundle.pem").write_bytes(b"# ours\n" + ONE + b"\n" + ONE)
    monkeypatch.setenv(AUTHORITIES, str(tmp_path / "bundle.pem"))

    files = surroundings().files()

    assert list(files.values()) == [ONE, ONE]
    assert all(path.startswith("usr/local/share/ca-certificates/") and path.endswith(".crt") for path in files)


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"])
def test_a_file_without_certificates_is_a_trouble(monkeypatch, tmp_path, content):
    path = tmp_path / "bundle.pem"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(AUTHORITIES, str(path))

    with pytest.raises(Trouble, match="certificates in PEM form"):
        surroundings()
