"""The checks of the lab registry-tls: a registry with a certificate, a login, and an engine that trusts it."""

from __future__ import annotations

import base64
import datetime
import json
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from docker.errors import APIError, ImageNotFound, NotFound

from graders import Dock, Evidence, check, fail, partly, scene
from graders.dock import Ran
from graders.observe import tls
from graders.observe.containers import find_container, logs, names, overview
from graders.observe.guests import image_of_ours
from graders.observe.scripts import output_of, run_script, succeed
from graders.observe.storage import layer_holds
from graders.observe.tls import Certificate, Door, Looked, Vault
from graders.observe.waiting import until

SECONDS = 60  # for each script
ANSWER_SECONDS = 20  # from the end of up.sh until the registry answers
AUTHORITY = "certs/ca.crt"
TRUST = "/etc/docker/certs.d"
SETTINGS = "/etc/docker/daemon.json"  # which the dock's engine does not read
ASIDE = "/run/drydock/aside"
LEAST_DAYS, SERVER_DAYS, AUTHORITY_DAYS = 7, 825, 3660
SKEW = datetime.timedelta(minutes=10)
BCRYPT = ("$2a$", "$2b$", "$2y$")
SYSTEM_STORE = re.compile(r"ca-certificates|ca-trust|/etc/ssl\b|/etc/pki\b")
RESTART = re.compile(r"\b(?:systemctl|service|dockerd): .*not found|booted with systemd|unrecognized service")
LOOPBACK = "127.0.0.1"
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
MADE_BEFORE = "^-----BEGIN ([A-Z0-9]+ )*(PRIVATE KEY|CERTIFICATE)-----"
CLEAR = (
    "find /work -type f ! -name '*.sh' ! -name '*.py' -exec grep -lE -e \"$0\" {} + |"
    ' while IFS= read -r file; do rm -f -- "$file"; done'
)


@dataclass(frozen=True)
class Site:
    """What the scripts are told, and what only the grader knows."""

    host: str  # a name of the dock's own address
    address: str
    port: int
    user: str
    password: str
    wrong: str
    repository: str

    @property
    def name(self) -> str:
        """HOST:PORT."""
        return f"{self.host}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables of each script."""
        return {
            "REGISTRY_HOST": self.host,
            "REGISTRY_PORT": str(self.port),
            "REGISTRY_USER": self.user,
            "REGISTRY_PASSWORD": self.password,
        }


@dataclass(frozen=True)
class Certified:
    """What certs.sh left."""

    ran: Ran
    authority: tuple[Certificate, ...]


@scene
def site(dock: Dock, dice: random.Random) -> Site:
    """A name, a port and a login that nobody could know before; the name is the dock's own and not one of a loopback
    address, for which an engine would put up with any certificate."""
    password, wrong = ("".join(dice.choice(LETTERS) for _ in range(20)) for _ in range(2))
    user = f"{dice.choice(('pilot', 'mate', 'cook'))}{dice.randrange(1000)}"
    repository = f"cargo/crate-{dice.randrange(1000, 9999)}"
    return Site(dock.place.host, dock.own_address, dice.randrange(20000, 30000), user, password, wrong, repository)


@scene
def certified(dock: Dock, site: Site) -> Certified:
    """One run of certs.sh, without the keys and certificates of an earlier run: a submission comes without the modes of
    its files, and who writes a key anew leaves it the mode that it has."""
    dock.output("sh", "-c", CLEAR, MADE_BEFORE)
    ran = run_script(dock, "certs.sh", site.environment, SECONDS)
    return Certified(ran, tuple(tls.certificates(dock, f"/work/{AUTHORITY}")))


@scene
def started(dock: Dock, site: Site, certified: Certified) -> Ran:
    """One run of up.sh."""
    return run_script(dock, "up.sh", site.environment, SECONDS)


@scene
def authority(dock: Dock, certified: Certified, started: Ran) -> tuple[Certificate, ...]:
    """The authority that others get once the registry runs: up.sh may have made all certificates anew."""
    return tuple(tls.certificates(dock, f"/work/{AUTHORITY}")) or certified.authority


@scene
def looked(dock: Dock, site: Site, authority: tuple[Certificate, ...]) -> Looked:
    """What answers, as soon as something does."""
    pem = "".join(each.pem for each in authority)

    def look() -> Looked:
        return tls.look(dock, site.address, site.port, site.host, pem)

    def enough(seen: Looked) -> bool:
        return seen.answers or site.port not in _published(dock)

    until(look, enough, ANSWER_SECONDS)
    others = _published(dock) - {site.port}
    login = f"{site.user}:{site.password}"
    return tls.look(dock, site.address, site.port, site.host, pem, others, login, seconds=0)


@scene
def vault(dock: Dock, site: Site, looked: Looked) -> Vault:
    """Where keys and the password lie while the registry runs."""
    return tls.vault(dock, site.user, site.password)


@scene
def left(dock: Dock, site: Site, trusted: Ran) -> Vault:
    """Where they lie when all scripts have run."""
    return tls.vault(dock, site.user, site.password)


@scene
def doors(dock: Dock, site: Site, looked: Looked) -> list[Door]:
    """The codes of each kind of request."""
    login = (site.user, site.password, site.wrong)
    return tls.knock(dock, site.address, site.port, site.host, *login, site.repository)


@scene
def nearby(dock: Dock, site: Site, looked: Looked) -> tuple[tuple[int, int, int], ...]:
    """Registries at ports that only the machine itself reaches: port, code without TLS and with it, no login."""
    ports = _published(dock, near=True) - {site.port}
    login = f"{site.user}:{site.password}"
    return tls.look(dock, LOOPBACK, min(ports), site.host, "", ports, login, seconds=0).others if ports else ()


@scene
def trusted(dock: Dock, site: Site, looked: Looked) -> Ran:
    """One run of trust.sh."""
    return run_script(dock, "trust.sh", site.environment, SECONDS)


@check
def certs_work(dock: Dock, certified: Certified) -> None:
    """certs.sh ends well and in time, and leaves the authority's certificate."""
    succeed(dock, certified.ran, "certs.sh", SECONDS)
    if not certified.authority:
        listing = dock.run("ls", "-l", "certs", seconds=5)
        evidence = [output_of(certified.ran), output_of(listing)]
        fail("authority_missing", path=AUTHORITY, evidence=evidence)


@check
def up_works(dock: Dock, started: Ran) -> None:
    """up.sh ends well and in time."""
    succeed(dock, started, "up.sh", SECONDS)


@check
def tls_answers(dock: Dock, site: Site, looked: Looked) -> None:
    """The registry answers by TLS, and nowhere without."""
    if looked.plain in (200, 401):
        fail("plain_http", **_plain(site, site.port, looked.plain))
    if not looked.leaf:
        _unreachable(dock, site)
    for port, plain, _ in looked.others:
        if plain in (200, 401):
            partly(0.5, "plain_http", **_plain(site, port, plain))


@check
def certificate_verifies(site: Site, authority: tuple[Certificate, ...], looked: Looked) -> None:
    """The certificate verifies with the student's authority and for the registry's name, and not without it."""
    leaf = tls.leaf_of(looked)
    evidence = [leaf.shown] if leaf else []
    facts = {"name": site.host, "names": ", ".join(leaf.names) if leaf and leaf.names else "-"}
    if not looked.alone:
        fail("not_verified", path=AUTHORITY, problem="verifies without it", evidence=evidence)
    if looked.chain and leaf and any(tls.signed_by(leaf, each) for each in authority):
        _unfit(site, leaf, authority, looked.chain)
    if looked.chain:
        fail("not_verified", path=AUTHORITY, problem=looked.chain, evidence=evidence)
    if looked.named:
        fail("name_differs" if leaf and leaf.names else "name_missing", **facts, evidence=evidence)


@check
def certificate_sane(site: Site, authority: tuple[Certificate, ...], looked: Looked) -> None:
    """The authority is one and the server is none, and both are valid for a sane time."""
    server = tls.leaf_of(looked)
    if server is None:
        fail("not_verified", path=AUTHORITY, problem="not a certificate")
    if server.authority or server in authority or not all(each.authority for each in authority):
        _roles_mixed(server, authority)
    if server.key and server.key in [each.key for each in authority]:
        fail("one_key", evidence=[authority[0].shown, server.shown])
    _in_time(site, server, authority[0])


@check
def keys_private(dock: Dock, left: Vault) -> None:
    """No private key can be read by everyone, and none is in an image."""
    if found := tls.keys_in_images(dock):
        image, path = found[0]
        fail("key_in_image", image=image, path=path, evidence=[Evidence(f"keys in {image}", path)])
    for path, mode, readable in left.keys:
        if readable and tls.holds_key(dock, path):
            listing = "\n".join(f"{mode}  {path}" for path, mode, _ in left.keys)
            fail("key_readable", path=path, mode=mode, evidence=[Evidence("$ stat --format '%04a  %n' ...", listing)])


@check
def login_works(dock: Dock, site: Site, doors: list[Door], vault: Vault) -> None:
    """With the login, everything works."""
    if all(_good(door.right) for door in doors):
        return
    _hashed(vault)
    if not any(door.right for door in doors):
        _unreachable(dock, site)
    bad = [door for door in doors if not _good(door.right)]
    refused = [door for door in bad if door.right in (401, 403)]
    # What is missing after an error has its cause in the error.
    first = refused[0] if refused else max(bad, key=lambda door: door.right)
    facts = {"request": f"{first.method} {first.path}", "code": first.right}
    cause = "login_refused" if refused else "request_fails"
    fail(cause, **facts, evidence=[tls.doors(doors), *_logs(dock)])


@check
def login_required(site: Site, looked: Looked, nearby: tuple[tuple[int, int, int], ...], doors: list[Door]) -> None:
    """Without the login, and with a wrong password, nothing does."""
    evidence = [tls.doors(doors)]
    open_to_all = [door for door in doors if door.anonymous != 401]
    if len(open_to_all) == len(doors):
        _open(site, doors)
    for door in open_to_all:
        option = "--head" if door.method == "HEAD" else f"--request {door.method}"  # which would wait for a body
        facts = {"request": f"{door.method} {door.path}", "option": option, "path": door.path}
        fail("login_on_one_path", **facts, code=door.anonymous, evidence=evidence)
    for door in doors:
        if door.wrong != 401:
            fail("any_password", request=f"{door.method} {door.path}", code=door.wrong, evidence=evidence)
    others = [*((site.host, *found) for found in looked.others), *((LOOPBACK, *found) for found in nearby)]
    for host, port, *codes in others:
        for scheme, code in zip(("http", "https"), codes, strict=True):
            if code == 200:
                fail("login_not_asked", scheme=scheme, address=f"{host}:{port}", code=code, evidence=evidence)


@check
def password_hashed(dock: Dock, site: Site, left: Vault, doors: list[Door]) -> None:
    """The password is kept as a hash of bcrypt's, and nowhere else."""
    _hashed(left)
    for place, form in left.plain:
        start = f"PASSWORD ({form})" if form else "PASSWORD"
        fail("password_not_hashed", place=place, start=start, evidence=[Evidence(f"grep {start}", place)])
    for place in _own_files_with(dock, site):
        fail("password_not_hashed", place=place, start="PASSWORD", evidence=[Evidence("grep PASSWORD", place)])
    if not left.lines and all(_good(door.anonymous) for door in doors):
        _open(site, doors)  # what is not kept at all is not kept well either


@check
def trust_works(dock: Dock, trusted: Ran) -> None:
    """trust.sh ends well and in time."""
    if trusted.exit:
        _not_insecure(dock, [output_of(trusted)])
        _other_trust(trusted)
    succeed(dock, trusted, "trust.sh", SECONDS)


@check
def engine_trusts(
    dock: Dock, dice: random.Random, site: Site, authority: tuple[Certificate, ...], trusted: Ran
) -> None:
    """The engine pushes and pulls with the certificate in its folder, and does not without."""
    folder = f"{TRUST}/{site.name}"
    there = _listing(dock)
    _not_insecure(dock, [there])
    tag = f"t{dice.randrange(10**6)}"
    name = f"{site.name}/{site.repository}-engine"
    dock.engine.api.tag(image_of_ours(dock), name, tag)
    facts = {"folder": folder, "name": site.name}
    if problem := _transfer(dock, site, "push", name, tag):
        _engine_fails(problem, facts, [there])
    _move(dock, folder, ASIDE)
    try:
        without = _transfer(dock, site, "pull", name, tag)
    finally:
        _move(dock, ASIDE, folder)
    if not without:
        evidence = [there, Evidence(f"$ docker pull {name}:{tag}", f"works without {folder}")]
        fail("insecure_registry", seen=f"docker pull {name}:{tag}", evidence=evidence)
    dock.engine.api.remove_image(f"{name}:{tag}")
    if problem := _transfer(dock, site, "pull", name, tag):
        _engine_fails(problem, facts, [there])
    given = {each.der for path in _given(dock, folder) for each in tls.certificates(dock, path)}
    if not given & {each.der for each in authority}:
        fail("server_trusted", **facts, evidence=[there])


def _published(dock: Dock, near: bool = False) -> set[int]:
    """The ports that running containers publish on more than a loopback address; near: those on one."""
    running = [found for name in names(dock) if (found := find_container(dock, name)) and _lives(found.raw["State"])]
    return {
        int(port)
        for each in running
        for address, port, _ in each.published or _asked_for(each.raw["HostConfig"].get("PortBindings") or {})
        if port and _loopback(address) == near
    }


def _unreachable(dock: Dock, site: Site) -> NoReturn:
    """Fail with why nothing answers: the container ended, or its port is not where it shall be."""
    evidence = [overview(dock), *_logs(dock)]
    for each in filter(None, (find_container(dock, name) for name in names(dock))):
        outside = _asked_for(each.raw["HostConfig"].get("PortBindings") or {})
        addresses = [address for address, port, _ in outside if port == str(site.port)]
        state = each.raw["State"]
        if addresses and (not state["Running"] or state["Restarting"] or each.raw["RestartCount"]):
            facts = {"container": each.name, "code": state["ExitCode"]}
            fail("registry_ended", **facts, evidence=[overview(dock), logs(dock, each, 15)])
        if addresses and all(_loopback(address) for address in addresses):
            fail("on_loopback_only", address=site.name, seen=f"{addresses[0]}:{site.port}", evidence=evidence)
    published = _published(dock)
    if published and site.port not in published:
        fail("other_port", address=site.name, ports=", ".join(map(str, sorted(published))), evidence=evidence)
    fail("not_reachable", address=site.name, evidence=evidence)


def _loopback(address: str) -> bool:
    return address.startswith("127.") or address == "::1"


def _lives(state: dict[str, object]) -> bool:
    """Whether a container runs, or is about to again."""
    return bool(state["Running"] or state["Restarting"])


def _asked_for(bindings: dict[str, list[dict[str, str]] | None]) -> Iterable[tuple[str, str, int]]:
    """What a container shall publish that is just being started again."""
    return [(each["HostIp"], each["HostPort"], 0) for found in bindings.values() for each in found or ()]


def _logs(dock: Dock) -> list[Evidence]:
    """The last lines of the containers' logs."""
    return [logs(dock, found, 15) for name in names(dock)[:3] if (found := find_container(dock, name))]


def _flag(certificate: Certificate) -> str:
    return "CA:TRUE" if certificate.authority else "CA:FALSE"


def _good(code: int) -> bool:
    return 200 <= code < 400


def _plain(site: Site, port: int, code: int) -> dict[str, Any]:
    """What to say of a registry that answers without TLS."""
    evidence = Evidence(f"$ curl --include http://{site.host}:{port}/v2/", f"HTTP {code}")
    return {"address": f"{site.host}:{port}", "code": code, "evidence": [evidence]}


def _open(site: Site, doors: list[Door]) -> NoReturn:
    code = doors[0].anonymous
    fail("login_not_asked", scheme="https", address=site.name, code=code, evidence=[tls.doors(doors)])


def _unfit(site: Site, server: Certificate, authority: Sequence[Certificate], problem: str) -> NoReturn:
    """Fail with why a certificate does not verify that the authority's key has signed."""
    now = datetime.datetime.now(datetime.UTC)
    if not all(each.authority for each in authority):
        _roles_mixed(server, authority)
    if not all(each.begins <= now <= each.ends for each in (server, *authority)):
        _in_time(site, server, authority[0])
    fail("certificate_unfit", path=AUTHORITY, problem=problem, evidence=[authority[0].shown, server.shown])


def _roles_mixed(server: Certificate, authority: Sequence[Certificate]) -> NoReturn:
    flags = {"authority": _flag(authority[0]), "server": _flag(server), "same": str(server in authority).upper()}
    fail("roles_mixed", **flags, evidence=[authority[0].shown, server.shown])


def _in_time(site: Site, server: Certificate, authority: Certificate) -> None:
    """Fail where a certificate is not valid for a sane time: one of a week was made a moment ago."""
    now = datetime.datetime.now(datetime.UTC)
    soon = now + datetime.timedelta(LEAST_DAYS) - SKEW
    for certificate, most, file in ((server, SERVER_DAYS, site.host), (authority, AUTHORITY_DAYS, AUTHORITY)):
        if certificate.begins > now + SKEW or certificate.ends < soon or certificate.days > most:
            spans = f"{certificate.begins:%Y-%m-%d} - {certificate.ends:%Y-%m-%d}"
            facts = {"which": file, "least": LEAST_DAYS, "most": most, "span": spans}
            fail("time_not_sane", **facts, evidence=[authority.shown, server.shown])


def _hashed(vault: Vault) -> None:
    """Fail where a password file holds something else than a hash of bcrypt's."""
    for place, rest in vault.lines:
        if not rest.startswith(BCRYPT):
            shown = "PASSWORD" if (place, "") in vault.plain else f"{rest[:6]}..."
            line = Evidence(f"$ cat {place}", f"USER:{shown}")
            fail("password_not_hashed", place=place, start=f"USER:{shown}", evidence=[line])


def _own_files_with(dock: Dock, site: Site) -> list[str]:
    """Files that containers have beside their images' and their mounts, and that hold the login: what `docker cp` or
    Compose put there (a secret from a variable), and what they wrote themselves."""
    encoded = base64.b64encode(f"{site.user}:{site.password}".encode()).decode().rstrip("=")
    return [
        f"{name}:{path}"
        for name in names(dock)
        if (found := find_container(dock, name))
        for path in layer_holds(dock, found, f"{site.password}\n{encoded}")  # each line is looked for
    ]


def _not_insecure(dock: Dock, evidence: Iterable[Evidence]) -> None:
    """Fail where the student's script tells the engine not to check certificates."""
    text = dock.output("head", "-c", "65536", SETTINGS)
    try:
        listed = json.loads(text).get("insecure-registries")
    except (ValueError, AttributeError):
        listed = "insecure-registries" in text
    if listed:
        fail("insecure_registry", seen=SETTINGS, evidence=[Evidence(f"$ cat {SETTINGS}", text), *evidence])


def _other_trust(trusted: Ran) -> None:
    """Fail where a script ended because it wanted to change the machine or to restart the engine."""
    if found := SYSTEM_STORE.search(trusted.output):
        fail("system_store", seen=found[0], evidence=[output_of(trusted)])
    if RESTART.search(trusted.output):
        fail("engine_restarted", evidence=[output_of(trusted)])


def _listing(dock: Dock) -> Evidence:
    """The files below the engine's folder of certificates."""
    script = 'cd "$0" && { find -L . -maxdepth 2 | head -n 40; true; }'
    return Evidence(f"$ find {TRUST}", dock.output("sh", "-c", script, TRUST))


def _given(dock: Dock, folder: str) -> list[str]:
    """The certificates that the engine reads for a registry."""
    script = 'cd "$0" && for file in *.crt; do echo "$PWD/$file"; done | head -n 20'
    return dock.output("sh", "-c", script, folder).splitlines()


def _move(dock: Dock, source: str, target: str) -> None:
    dock.output("sh", "-c", '[ ! -e "$0" ] && [ ! -L "$0" ] || mv -T "$0" "$1"', source, target)


def _engine_fails(problem: str, facts: dict[str, str], evidence: list[Evidence]) -> None:
    """Fail with what the engine said."""
    if "x509" in problem or "certificate" in problem:
        fail("not_trusted", **facts, problem=problem, evidence=evidence)
    fail("engine_refused", problem=problem, evidence=evidence)


def _transfer(dock: Dock, site: Site, do: str, name: str, tag: str) -> str:
    """Let the engine push or pull; what went wrong, or nothing."""
    login = {"username": site.user, "password": site.password}
    api = dock.engine.api
    try:
        # Tells at once what a push would only tell after five tries.
        api.login(**login, registry=site.name, reauth=True)
        ask = api.push if do == "push" else api.pull
        for message in ask(name, tag=tag, stream=True, decode=True, auth_config=login):
            if "error" in message:
                return str(message["error"])[:400]
    except (NotFound, ImageNotFound, APIError) as problem:
        return str(problem.explanation)[:400]
    return ""
