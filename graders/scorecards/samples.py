"""Cards of every kind, to look at when the page changes, and for the golden page:

    python -m graders.scorecards.samples FOLDER [NAME ...]

writes each, or just those named, as a page in each language.
"""

from __future__ import annotations

import sys
from pathlib import Path

from graders.scorecards.html import render
from graders.texts import interface
from graders.verdicts import LANGUAGES, Evidence, Finding, Result, Scorecard, Text, Verdict, visible

HOSTILE = (
    "</pre></script></style><script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31mred\x1b]52;c;aGk=\x07"
    "\u202eevil\u2066\x00 \ud800 {{ 7 * 7 }} `code`\r\nend"
)
LESSON = "https://docs.docker.com/engine/network/drivers/bridge/"


def finding(**more: object) -> Finding:
    """A misconception of the networking lab, as its rubric would word it."""
    words: dict[str, object] = {
        "cause": "hard_coded_address",
        "wrong": Text(
            "The middle container asks for the store by an address, `172.18.0.2`, not by its name.",
            "middle 컨테이너가 store를 이름이 아니라 주소 `172.18.0.2`로 찾습니다.",
        ),
        "why": Text(
            "Docker gives a container another address whenever it likes: after a restart, or when others came first. "
            "A name stays, and Docker's DNS server always knows the address behind it.",
            "Docker는 컨테이너의 주소를 언제든 바꿀 수 있습니다. "
            "다시 시작하거나 다른 컨테이너가 먼저 시작되면 주소가 달라집니다. "
            "이름은 그대로이고, Docker의 DNS 서버가 이름 뒤의 주소를 항상 알고 있습니다.",
        ),
        "try_": Text(
            "Give the middle container `NEXT=http://store:8080/`, and put both on the same user-defined network.",
            "middle 컨테이너에 `NEXT=http://store:8080/`을 지정하고, "
            "두 컨테이너를 같은 사용자 정의 네트워크에 연결하세요.",
        ),
        "expected": Text("the message comes back after the store has moved", "store를 옮긴 뒤에도 메시지가 돌아옴"),
        "seen": Text("a page of a decoy at the old address `172.18.0.2`", "이전 주소 `172.18.0.2`에 둔 미끼의 페이지"),
        "evidence": (
            Evidence("$ curl http://127.0.0.1:23456/", 'HTTP 200\n{"edge": {"middle": {"decoy": true}}}'),
            Evidence("$ docker inspect middle --format '{{json .Config.Env}}'", '["NEXT=http://172.18.0.2:8080/"]'),
        ),
        "reproduce": "docker exec middle wget -qO- http://store:8080/",
    }
    return Finding(**{**words, **more})  # type: ignore[arg-type]


TITLES = {
    "start_works": ("start.sh ends well and in time", "start.sh가 제시간에 정상 종료"),
    "containers_run": ("The three containers run, from the lab's images", "세 컨테이너가 실습 이미지로 실행 중"),
    "networks_exist": ("Both networks are user-defined bridges", "두 네트워크 모두 사용자 정의 브리지"),
    "inner_is_internal": ("The inner network reaches nothing outside", "inner 네트워크는 외부에 닿지 않음"),
    "right_networks": ("Each container is on just its networks", "각 컨테이너가 정해진 네트워크에만 연결"),
    "names_resolve": ("Each name answers from inside its caller", "호출하는 컨테이너 안에서 이름이 응답"),
    "message_comes_back": ("A random message comes back through the port", "임의의 메시지가 공개된 포트로 돌아옴"),
    "survives_new_address": ("It still works when the store moves", "store의 주소가 바뀌어도 동작"),
    "strangers_stay_out": ("Strangers cannot reach the store", "외부 컨테이너는 store에 닿지 못함"),
    "only_edge_publishes": ("Only the edge publishes a port", "edge만 포트를 공개"),
    "starts_again": ("After clean.sh, start.sh works again", "clean.sh 뒤에 start.sh가 다시 동작"),
}
TASKS = {
    **dict.fromkeys(("start_works", "containers_run"), Text("Start", "시작")),
    **dict.fromkeys(("networks_exist", "inner_is_internal", "right_networks"), Text("Networks", "네트워크")),
    **dict.fromkeys(("names_resolve", "message_comes_back", "survives_new_address"), Text("Names", "이름")),
    **dict.fromkeys(("strangers_stay_out", "only_edge_publishes"), Text("Who reaches what", "접근 범위")),
    "starts_again": Text("After a change", "변화가 생긴 뒤"),
}
POINTS = dict(zip(TITLES, (10, 10, 10, 8, 10, 12, 12, 10, 8, 5, 5), strict=True))
HINTS = (
    Text("What does the middle container know about the store?", "middle 컨테이너는 store에 대해 무엇을 알고 있나요?"),
    Text("Look at the variable `NEXT`. Is that a name?", "변수 `NEXT`를 보세요. 그것은 이름인가요?"),
    Text(
        "On a user-defined network, a container's name is a host name.",
        "사용자 정의 네트워크에서는 컨테이너 이름이 호스트 이름입니다.",
    ),
)
EXPECTED = {"edge": ["outer"], "middle": ["inner", "outer"], "store": ["inner"]}


def result(check: str, verdict: Verdict = Verdict.PASSED, **more: object) -> Result:
    """One check's result."""
    en, ko = TITLES.get(check, (check, check))
    points = float(POINTS.get(check, 5))
    earned = points if verdict is Verdict.PASSED else points / 2 if verdict is Verdict.PARTIAL else 0.0
    words: dict[str, object] = {"earned": earned, "seconds": 0.412, "hints": HINTS, "lesson": LESSON}
    words["task"] = TASKS.get(check)
    return Result(check=check, title=Text(en, ko), points=points, verdict=verdict, **{**words, **more})  # type: ignore[arg-type]


def observed(joined: dict[str, dict[str, str]], **stopped: bool) -> dict[str, object]:
    """What the engine had: each container's networks and addresses."""
    networks = sorted({network for at in joined.values() for network in at})
    return {
        "networks": [
            {
                "name": network,
                "driver": "bridge",
                "internal": network == "inner",
                "members": [name for name, at in joined.items() if network in at],
            }
            for network in networks
        ],
        "containers": [
            {
                "name": name,
                "running": not stopped.get(name, False),
                "networks": at,
                "published": ["127.0.0.1:23456->8080"] if name == "edge" else [],
            }
            for name, at in joined.items()
        ],
        "expected": EXPECTED,
        "timeline": [
            {"what": "dock", "kind": "dock", "start": 0.01, "end": 0.78},
            {"what": "start_works", "kind": "check", "start": 0.79, "end": 2.61},
            {"what": "containers_run", "kind": "check", "start": 2.61, "end": 2.68},
            {"what": "names_resolve", "kind": "check", "start": 2.7, "end": 3.31},
            {"what": "message_comes_back", "kind": "check", "start": 2.7, "end": 2.95},
            {"what": "survives_new_address", "kind": "check", "start": 3.31, "end": 9.86},
            {"what": "store leaves inner", "kind": "broken", "start": 3.4, "end": 3.4},
            {"what": {"en": "message is back", "ko": "메시지가 돌아옴"}, "kind": "recovered", "start": 9.5, "end": 9.5},
            {"what": "starts_again", "kind": "check", "start": 9.86, "end": 13.2},
        ],
    }


WHOLE = {
    "edge": {"outer": "172.19.0.2"},
    "middle": {"outer": "172.19.0.3", "inner": "172.18.0.3"},
    "store": {"inner": "172.18.0.2"},
}


def scorecard(*results: Result, **more: object) -> Scorecard:
    """A card of the networking lab."""
    words: dict[str, object] = {
        "lab": "networking",
        "lab_version": "1",
        "title": Text("Custom networks and DNS", "사용자 정의 네트워크와 DNS"),
        "week": 5,
        "submission": "kim-minji",
        "digest": "sha256:4f0c9f3a7f0f2b6d5b7f0f2b6d5b1e8a",
        "run": "5f2c9a41b07e",
        "started": "2026-03-09T14:05:10+09:00",
        "seconds": 13.42,
        "versions": {"drydock": "0.1.0", "engine": "26.1.5", "dock": "sha256:77aa01c2"},
        "results": results,
        "observed": observed(WHOLE),
    }
    return Scorecard(**{**words, **more})  # type: ignore[arg-type]


LAYERS = {
    "base": 96 << 20,
    "budget": 30 << 20,
    "own": [
        {"step": "WORKDIR /app", "size": 0},
        {"step": "COPY . . # buildkit", "size": 5 << 20},
        {"step": "RUN /bin/sh -c pip install --no-index --find-links wheels -r requirements.txt", "size": 2 << 20},
        {"step": "RUN /bin/sh -c python generate.py --rehearse && useradd --system app", "size": 41 << 20},
    ],
}


def _too_large() -> Finding:
    return finding(
        cause="too_large",
        wrong=Text("The image adds 48.0 MB to its base.", "이미지가 베이스에 48.0 MB를 더합니다."),
        why=Text("Each pull and each start pays for it.", "가져올 때와 시작할 때마다 그만큼 더 듭니다."),
        try_=Text("Build in one stage, and copy what is needed.", "한 스테이지에서 빌드하고 필요한 것만 복사하세요."),
        expected=Text("it adds at most 30.0 MB", "더하는 크기 30.0 MB 이하"),
        seen=Text("it adds 48.0 MB", "더하는 크기 48.0 MB"),
        evidence=(Evidence("docker save", " 41943040  /app/rehearsal.bin"),),
        reproduce="docker history harbour",
    )


def sample_cards() -> dict[str, Scorecard]:
    """Cards to look at: each verdict, and each section."""
    unwired = {
        "edge": {"outer": "172.19.0.2"},
        "middle": {"outer": "172.19.0.3"},
        "store": {"inner": "172.18.0.2", "outer": "172.19.0.4"},
    }
    failing = {
        "right_networks": result(
            "right_networks",
            Verdict.FAILED,
            finding=finding(
                cause="flat_network",
                wrong=Text(
                    "The store is on the outer network, and the middle is not on the inner one.",
                    "store 컨테이너가 outer 네트워크에 있고, middle 컨테이너는 inner 네트워크에 없습니다.",
                ),
                expected=Text(
                    "edge: outer\nmiddle: inner, outer\nstore: inner", "edge: outer\nmiddle: inner, outer\nstore: inner"
                ),
                seen=Text(
                    "edge: outer\nmiddle: outer\nstore: inner, outer", "edge: outer\nmiddle: outer\nstore: inner, outer"
                ),
            ),
        ),
        "names_resolve": result("names_resolve", Verdict.PARTIAL, finding=finding(cause="name_unknown")),
        "survives_new_address": result("survives_new_address", Verdict.BLOCKED, blocked_by="right_networks"),
        "strangers_stay_out": result("strangers_stay_out", Verdict.FAILED, finding=finding(cause="store_in_reach")),
        "inner_is_internal": result(
            "inner_is_internal",
            Verdict.NOT_ASSESSABLE,
            reason=Text("This kernel has no `ip_vs` module.", "이 커널에는 `ip_vs` 모듈이 없습니다."),
        ),
        "starts_again": result("starts_again", Verdict.BLOCKED, blocked_by="start_works"),
    }
    broken = result(
        "survives_new_address",
        Verdict.ERROR,
        reason=interface("our_mistake"),
        detail='Traceback (most recent call last):\n  File "x.py", line 3\n'
        "RuntimeError: the grader could not move the store",
    )
    hostile = finding(
        wrong=Text.same(visible(HOSTILE)),
        seen=Text.same(visible(HOSTILE)),
        evidence=(Evidence(HOSTILE, HOSTILE), Evidence("a line of 10 MB", "x" * 10_000_000)),
    )
    return {
        "failing": scorecard(
            *(failing.get(check) or result(check) for check in TITLES),
            observed=observed(unwired),
            notices=(Text("Left out of the submission: notes.lnk", "제출물에서 제외: notes.lnk"),),
        ),
        "perfect": scorecard(*map(result, TITLES)),
        "error": scorecard(*(broken if check == "survives_new_address" else result(check) for check in TITLES)),
        "hostile": scorecard(
            result("start_works", Verdict.FAILED, finding=hostile),
            result("containers_run", Verdict.ERROR, reason=Text.same(HOSTILE), detail=HOSTILE),
            submission=HOSTILE,
            started=HOSTILE,
            notices=(Text.same(HOSTILE),),
            versions={"drydock": HOSTILE},
            observed={
                "containers": [
                    {"name": HOSTILE, "running": False, "networks": {HOSTILE: HOSTILE}, "published": [HOSTILE]}
                ],
                "networks": [{"name": HOSTILE, "driver": HOSTILE, "internal": True, "members": [HOSTILE]}],
                "timeline": [{"what": HOSTILE, "kind": HOSTILE, "start": 0, "end": 1}],
            },
        ),
        "too_large": scorecard(
            result("image_builds"),
            result("is_small", Verdict.FAILED, finding=_too_large()),
            lab="dockerfile",
            title=Text("Writing an image", "이미지 작성하기"),
            week=3,
            observed={"layers": LAYERS},
        ),
        "nothing_started": scorecard(
            result("start_works", Verdict.FAILED, finding=finding(cause="script_missing", evidence=(), reproduce="")),
            *(result(check, Verdict.BLOCKED, blocked_by="start_works") for check in list(TITLES)[1:]),
            observed={**observed({"store": {"bridge": "172.17.0.2"}}, store=True)},
        ),
    }


def write_samples(folder: Path, names: list[str]) -> None:
    """Write cards as pages, `NAME.LANGUAGE.html`."""
    cards = sample_cards()
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or list(cards):
        for language in LANGUAGES:
            (folder / f"{name}.{language}.html").write_text(render(cards[name], language), "utf-8")


if __name__ == "__main__":
    write_samples(Path(sys.argv[1]), sys.argv[2:])
