"""A lab for classes to look at: the networking lab's checks with a few causes, whatever its rubric says by now."""

from __future__ import annotations

from pathlib import Path

from graders.rubric import Cause, Check, Lab
from graders.scorecards.samples import HINTS, POINTS, TASKS, TITLES
from graders.verdicts import Text

NOTHING = Text.same("")

WRONG = {
    "hard_coded_address": (
        "{container} asks for {name} by an address, `{address}`, not by its name.",
        "{container} 컨테이너가 {name} 컨테이너를 이름이 아니라 주소 `{address}`로 찾습니다.",
        "Docker gives a container another address whenever it likes. A name stays.",
        "Docker는 컨테이너의 주소를 언제든 바꿀 수 있습니다. 이름은 그대로입니다.",
    ),
    "flat_network": (
        "All containers are on one network.",
        "모든 컨테이너가 한 네트워크에 있습니다.",
        "Whoever is on a network reaches everyone on it; then the store is in reach of strangers.",
        "같은 네트워크의 모든 컨테이너는 서로 닿을 수 있으므로, 외부에서 store에 닿게 됩니다.",
    ),
    "script_failed": (
        "{script} ended with exit code {code}.",
        "{script}가 실패했습니다(종료 코드 {code}).",
        "An exit code other than 0 says that something went wrong.",
        "0이 아닌 종료 코드는 무언가 잘못되었다는 뜻입니다.",
    ),
    "default_bridge": (
        "{container} is on Docker's default bridge.",
        "{container} 컨테이너가 Docker의 기본 브리지에 있습니다.",
        "On the default bridge, names do not resolve.",
        "기본 브리지에서는 이름이 해석되지 않습니다.",
    ),
    "publishes_too_much": (
        "{container} publishes port {port} too.",
        "{container} 컨테이너도 포트 {port}를 공개합니다.",
        "Every published port is a door for the whole machine.",
        "공개된 포트는 모두 기계 전체를 향한 문입니다.",
    ),
    "not_internal": (
        "The inner network reaches the outside.",
        "inner 네트워크가 외부에 닿습니다.",
        "Only `--internal` keeps a network from having a way out.",
        "`--internal` 옵션만이 네트워크에서 나가는 길을 막습니다.",
    ),
    "not_repeatable": (
        "After clean.sh, {what} is still there.",
        "clean.sh 뒤에도 {what} 항목이 남아 있습니다.",
        "A script that leaves something behind fails the second time.",
        "무언가를 남기는 스크립트는 두 번째에 실패합니다.",
    ),
}
FACTS = {
    "container": ("middle", "edge"),
    "name": ("store",),
    "address": ("172.18.0.2", "172.19.0.3"),
    "script": ("start.sh",),
    "code": ("1", "125", "127"),
    "port": ("8080", "8081"),
    "what": ("inner", "outer"),
}
CAUSES = {
    "start_works": ("script_failed",),
    "containers_run": ("script_failed",),
    "networks_exist": ("default_bridge",),
    "inner_is_internal": ("not_internal",),
    "right_networks": ("flat_network", "default_bridge"),
    "names_resolve": ("default_bridge",),
    "message_comes_back": ("hard_coded_address",),
    "survives_new_address": ("hard_coded_address",),
    "strangers_stay_out": ("flat_network",),
    "only_edge_publishes": ("publishes_too_much",),
    "starts_again": ("not_repeatable",),
}
CHANCE = dict(zip(CAUSES, (0.05, 0.03, 0.08, 0.3, 0.15, 0.1, 0.12, 0.35, 0.15, 0.08, 0.2), strict=True))
NEEDS = {"names_resolve": "right_networks", "survives_new_address": "message_comes_back"}


def lab(checks: int = len(TITLES), **more: object) -> Lab:
    """The networking lab, as its rubric was once; more checks than it has are copies of its last one."""
    ids = [*TITLES, *(f"{list(TITLES)[-1]}_{number}" for number in range(2, 50))][:checks]
    listed = tuple(_check(id) for id in ids)
    words: dict[str, object] = {
        "id": "networking",
        "folder": Path("labs/networking"),
        "version": "1",
        "week": 5,
        "title": Text("Custom networks and DNS", "사용자 정의 네트워크와 DNS"),
        "summary": Text.same(""),
        "lesson": "",
        "files": ("start.sh", "clean.sh"),
        "dock": {},
        "checks": listed,
        "causes": {name: _cause(name, *texts) for name, texts in WRONG.items()},
        "reasons": {},
        "moments": {},
    }
    return Lab(**{**words, **more})  # type: ignore[arg-type]


def _check(id: str) -> Check:
    root = root_of(id)
    en, ko = TITLES[root]
    return Check(id, float(POINTS[root]), Text(en, ko), HINTS, CAUSES[root], task=TASKS[root])


def root_of(id: str) -> str:
    """The check that another one is a copy of, or itself."""
    return next(title for title in TITLES if id.startswith(title))


def _cause(name: str, wrong: str, wrong_ko: str, why: str, why_ko: str) -> Cause:
    return Cause(name, Text(wrong, wrong_ko), Text(why, why_ko), NOTHING, NOTHING, NOTHING)
