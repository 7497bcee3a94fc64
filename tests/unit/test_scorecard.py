"""The scorecard's record, page and files. Run this module as a program to make sample cards in a folder."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest

from graders.scorecards import files, html, record
from graders.scorecards.html import render
from graders.texts import interface
from graders.verdicts import LANGUAGES, Evidence, Finding, Result, Scorecard, Text, Verdict, visible

SCORECARDS = Path(html.__file__).parent
SCHEMA = json.loads((SCORECARDS / "result.schema.json").read_text("utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
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
        "nothing_started": scorecard(
            result("start_works", Verdict.FAILED, finding=finding(cause="script_missing", evidence=(), reproduce="")),
            *(result(check, Verdict.BLOCKED, blocked_by="start_works") for check in list(TITLES)[1:]),
            observed={**observed({"store": {"bridge": "172.17.0.2"}}, store=True)},
        ),
    }


class Reader(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


CARDS = sample_cards()
every_page = pytest.mark.parametrize(
    ("name", "language"), [(name, language) for name in CARDS for language in LANGUAGES]
)


@pytest.mark.parametrize("name", CARDS)
def test_a_record_fits_the_schema(name: str) -> None:
    written = json.loads(record.to_json(CARDS[name]))

    assert [error.message for error in VALIDATOR.iter_errors(written)] == []


@pytest.mark.parametrize("name", sorted(CARDS.keys() - {"hostile"}))
def test_a_card_comes_back_whole_from_its_record(name: str) -> None:
    written = json.loads(record.to_json(CARDS[name]))

    assert CARDS[name] == record.from_record(written)


@pytest.mark.parametrize("name", CARDS)
def test_a_record_comes_back_whole_from_its_card(name: str) -> None:
    written = json.loads(record.to_json(CARDS[name]))

    assert written == record.to_record(record.from_record(written))


def test_evidence_that_was_cut_is_not_cut_again() -> None:
    cut = Evidence("log", "\n".join(f"line {number} " + "\u202e" * 100 for number in range(100)))
    card = scorecard(result("start_works", Verdict.FAILED, finding=finding(evidence=(cut, Evidence("x", "y" * 10**6)))))

    assert card == record.from_record(json.loads(record.to_json(card)))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": "drydock/result/2"}, "drydock/result/2"),
        ({"lab": {}}, "'id'"),
        ({"checks": 3}, "wrong type"),
        ({"checks": [{}]}, "'id'"),
        ({"submission": None}, "wrong type"),
    ],
)
def test_a_broken_record_is_refused_with_the_reason(change: dict[str, object], words: str) -> None:
    with pytest.raises(record.RecordError, match=re.escape(words)):
        record.from_record({**record.to_record(CARDS["perfect"]), **change})


def test_the_documented_example_fits_the_schema_and_is_a_card() -> None:
    text = (SCORECARDS.parents[1] / "docs" / "result.md").read_text("utf-8")
    example = json.loads(text.split("```json\n")[1].split("```")[0])

    assert [error.message for error in VALIDATOR.iter_errors(example)] == []
    assert example == record.to_record(record.from_record(example))


@pytest.mark.parametrize("text", ["x" * 10**6, "\u202e" * 10**6, HOSTILE, "plain"])
def test_a_text_made_safe_stays_as_it_is(text: str) -> None:
    once = record.safe(text)

    assert once == record.safe(once)
    assert len(once) <= record.LONGEST


@every_page
def test_a_page_asks_for_nothing_and_runs_nothing(name: str, language: str) -> None:
    page = Reader(render(CARDS[name], language))

    used = {tag for tag, _ in page.tags}
    attributes = {key for _, found in page.tags for key in found}
    targets = {found["href"] or "" for tag, found in page.tags if found.get("href")}
    assert not used & {"script", "img", "iframe", "object", "embed", "base", "form"}
    assert not {key for key in attributes if key.startswith("on") or key in ("style", "src", "srcset")}
    assert all(target == "data:," or target.startswith(("#", "scorecard.", LESSON)) for target in targets)


@every_page
def test_a_page_links_within_itself_to_what_is_there(name: str, language: str) -> None:
    page = Reader(render(CARDS[name], language))
    ids = [found["id"] for _, found in page.tags if "id" in found]
    wanted = {(found["href"] or "")[1:] for _, found in page.tags if (found.get("href") or "").startswith("#")}
    wanted |= {found["aria-labelledby"] or "" for _, found in page.tags if "aria-labelledby" in found}

    assert len(ids) == len(set(ids))
    assert wanted <= set(ids)


def test_the_policy_names_the_hash_of_the_style() -> None:
    page = render(CARDS["failing"], "en")
    style = page.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()

    assert f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:" in page
    assert "url(" not in style


@every_page
def test_a_page_is_in_one_language_and_the_same_each_time(name: str, language: str) -> None:
    page = render(CARDS[name], language)

    assert page == render(CARDS[name], language)
    assert f'<html lang="{language}">' in page
    if language == "en" and name != "hostile":
        assert set() == set(re.findall(r"[가-힣]+", page)) - {"한국어"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_content_is_shown_as_text(language: str) -> None:
    page = render(CARDS["hostile"], language)
    words = "".join(Reader(page).words)

    assert "<script>alert(1)</script>" in words
    assert "{{ 7 * 7 }}" in words
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", page)
    assert "<U+202E>evil" in words
    assert len(page.encode("utf-8")) < 100_000


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_lesson_is_a_link_only_where_it_is_on_the_web(language: str) -> None:
    page = render(
        scorecard(replace(result("start_works", Verdict.FAILED, finding=finding()), lesson="javascript:alert(1)")),
        language,
    )

    assert "javascript:" not in {found["href"] for _, found in Reader(page).tags if "href" in found}
    assert "javascript:alert(1)" in page


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("line", ["<&한글 \x1b[0m", "\u202e", "a plain line of a log "])
def test_a_page_stays_small_with_24_failing_checks(language: str, line: str) -> None:
    log = "\n".join(line * 20 for _ in range(60))
    found = finding(evidence=tuple(Evidence(f"$ docker logs {number}", log) for number in range(4)))
    card = scorecard(*(result(f"check_{number}", Verdict.FAILED, finding=found) for number in range(24)))
    page = render(card, language)

    assert len(page.encode("utf-8")) < 300 << 10
    assert interface("shortened").in_language(language) in page


def keys_in_templates() -> Iterator[str]:
    for template in sorted((SCORECARDS / "templates").glob("*.html")):
        yield from re.findall(r'say\("([a-z_]+)"[,)]', template.read_text("utf-8"))
    yield from Verdict
    yield from ("running", "stopped", "missing", "legend_missing", "legend_extra", "event_broken", "event_recovered")
    yield from ("lines_left_out", "characters_left_out", "shortened", "other_language")


@pytest.mark.parametrize("key", sorted(set(keys_in_templates())))
def test_each_text_of_the_page_exists_in_both_languages(key: str) -> None:
    text = interface(key)

    assert text.en
    assert text.ko
    assert Text(text.en, text.en).placeholders() == Text(text.ko, text.ko).placeholders()


@every_page
def test_no_placeholder_is_left_on_a_page(name: str, language: str) -> None:
    assert re.findall(r"(?<!\{)\{[a-z_]+\}(?!\})", render(CARDS[name], language).split("</style>")[1]) == []


def test_the_page_says_what_is_first_and_what_blocks() -> None:
    page = render(CARDS["failing"], "en")

    assert page.index("Fix this first") < page.index("The store is on the outer network") < page.index(">Checks<")
    assert "needs Each container is on just its networks" in page
    assert "This kernel has no <code>ip_vs</code> module." in page


def test_an_error_is_no_score_and_not_the_students_fault() -> None:
    page = render(CARDS["error"], "en")

    assert "Not your fault" in page
    assert interface("no_score").en in page
    assert "<strong>–</strong>" in page


def test_missing_and_unwanted_links_are_drawn_and_named() -> None:
    page = render(CARDS["failing"], "en")

    assert page.count('<g class="link missing">') == 1
    assert page.count('<g class="link extra">') == 1
    assert interface("legend_missing").en in page


@pytest.mark.parametrize("empty", [{}, {"timeline": []}, {"networks": [], "containers": [], "expected": {}}])
def test_a_card_without_observations_has_no_pictures(empty: dict[str, object]) -> None:
    page = render(scorecard(observed=empty), "ko")

    assert interface("what_docker_had").ko not in page
    assert interface("timeline").ko not in page


@pytest.mark.parametrize(("value", "words"), [(12.5, "12.5"), (100.0, "100"), (0.0, "0"), (3.33, "3.33"), (20, "20")])
def test_numbers_have_no_needless_zeros(value: float, words: str) -> None:
    assert words == html.number(value)


def test_both_pages_and_the_record_are_written(tmp_path: Path) -> None:
    path = files.write(CARDS["failing"], tmp_path / "deep" / "folder", "ko")

    assert path == tmp_path / "deep" / "folder" / "scorecard.html"
    assert {"scorecard.html", "scorecard.en.html", "result.json"} == {file.name for file in path.parent.iterdir()}
    assert '<a href="scorecard.en.html" lang="en"' in path.read_text("utf-8")
    assert '<a href="scorecard.html" lang="ko"' in path.with_name("scorecard.en.html").read_text("utf-8")
    assert record.from_record(json.loads(path.with_name("result.json").read_text("utf-8"))) == CARDS["failing"]


def test_a_card_in_another_language_leaves_no_page_of_the_earlier_one(tmp_path: Path) -> None:
    files.write(CARDS["failing"], tmp_path, "en")
    files.write(CARDS["perfect"], tmp_path, "ko")

    assert {"scorecard.html", "scorecard.en.html", "result.json"} == {file.name for file in tmp_path.iterdir()}


def test_a_failed_write_leaves_the_earlier_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files.write(CARDS["perfect"], tmp_path, "en")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    def refuse(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("os.replace", refuse)
    with pytest.raises(OSError, match="no space"):
        files.write(CARDS["failing"], tmp_path, "en")

    assert before == {file.name: file.read_bytes() for file in tmp_path.iterdir()}


def test_a_folder_gets_a_name_that_every_file_system_takes() -> None:
    names = [
        files.folder_name(name)
        for name in ("kim-minji", "김민지", "a b", "a_b", "../..", "a/b", "", "x" * 300, HOSTILE)
    ]

    assert names[:2] == ["kim-minji", "김민지"]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[\w-][\w.-]{0,99}", name) for name in names)


def make_samples(folder: Path) -> None:
    """Write every sample card, in each language as the chosen one, to be looked at."""
    for name, card in CARDS.items():
        for language in LANGUAGES:
            files.write(card, folder / f"{name}-{language}", language)


if __name__ == "__main__":
    make_samples(Path(sys.argv[1]))
