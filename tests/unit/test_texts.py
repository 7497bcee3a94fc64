"""Texts for people: in both languages, with the same placeholders, and there for every code that is used."""

import ast
import locale
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

import graders
from graders.dock import Trouble
from graders.labs import LABS
from graders.texts import HERE, catalogue, interface, language, policy_reasons, shared_causes, trouble
from graders.verdicts import Text, Verdict

PACKAGE = Path(graders.__file__).parent
POLICY = PACKAGE / "dock" / "recipes" / "dock" / "policy.py"
DOMAINS = sorted({path.stem for path in HERE.rglob("*.po")})
CATALOGUES = sorted(HERE.rglob("*.po"))


def entries(domain, language="en"):
    with (HERE / "locale" / language / "LC_MESSAGES" / f"{domain}.po").open("rb") as file:
        return [entry for entry in read_po(file, locale=language, abort_invalid=True) if entry.id]


def calls(path, function):
    """The first argument of each call of a function, where it is a plain string."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value, {keyword.arg for keyword in node.keywords}


def modules():
    return [path for path in sorted(PACKAGE.rglob("*.py")) if "recipes" not in path.parts]


def same_placeholders(text):
    return Text.same(text.en).placeholders() == Text.same(text.ko).placeholders()


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_a_catalogue_has_every_text_of_its_domain_and_none_is_fuzzy_double_or_obsolete(path):
    language = path.parts[-3]
    keys = [entry.id for entry in entries(path.stem, language)]
    lines = path.read_text("utf-8").splitlines()

    assert [entry.id for entry in entries(path.stem, language) if entry.fuzzy or not entry.string] == []
    assert keys == [entry.id for entry in entries(path.stem, "en")]
    assert sum(line.startswith("msgid ") for line in lines) == len(keys) + 1
    assert [line for line in lines if line.startswith("#~")] == []


@pytest.mark.parametrize(("domain", "key"), [(domain, entry.id) for domain in DOMAINS for entry in entries(domain)])
def test_a_text_is_there_in_both_languages_with_the_same_placeholders(domain, key):
    text = catalogue(domain)[key]

    assert text.en.strip()
    assert text.ko.strip()
    assert same_placeholders(text)


@pytest.mark.parametrize("key", sorted(shared_causes()))
def test_a_shared_cause_says_the_same_in_both_languages(key):
    cause = shared_causes()[key]

    assert cause.id == key
    assert all(same_placeholders(text) for text in (cause.wrong, cause.why, cause.try_, cause.expected, cause.seen))


def test_every_rule_of_the_policy_has_a_text():
    rules = {rule for rule, _ in calls(POLICY, "Refused")}

    assert "host_path" in rules
    assert set(policy_reasons("en")) >= rules | {"not_allowed"}
    assert policy_reasons("ko").keys() == policy_reasons("en").keys()


def test_no_text_is_for_a_rule_that_the_policy_does_not_have():
    assert set(policy_reasons("en")) == {rule for rule, _ in calls(POLICY, "Refused")}


TROUBLES = sorted(
    {(code, frozenset(facts)) for path in modules() for code, facts in calls(path, "Trouble")},
    key=lambda pair: (pair[0], sorted(map(str, pair[1]))),
)


@pytest.mark.parametrize(("code", "facts"), TROUBLES, ids=[code for code, _ in TROUBLES])
def test_every_trouble_has_a_text_and_gives_its_facts(code, facts):
    text = trouble(code, {})

    assert None in facts or text.placeholders() <= facts


def test_no_text_is_for_a_trouble_that_nobody_has():
    assert set(catalogue("troubles")) == {code for code, _ in TROUBLES}


def test_a_submission_is_refused_with_shared_causes_only():
    refused = {cause: facts for path in modules() for cause, facts in calls(path, "SubmissionRefused")}

    assert refused
    assert set(refused) <= set(shared_causes())
    for cause, facts in refused.items():
        shown = shared_causes()[cause]
        texts = (shown.wrong, shown.why, shown.try_, shown.expected, shown.seen, Text.same(shown.reproduce))
        assert set().union(*(text.placeholders() for text in texts)) <= facts


def test_every_interface_text_that_the_code_names_is_there():
    named = {key for path in modules() for key, _ in calls(path, "interface")}

    assert named
    assert named <= set(catalogue("interface"))


def test_every_text_of_the_command_line_that_the_code_names_is_there():
    named = {key for name in ("cli", "doctor") for key, _ in calls(PACKAGE / f"{name}.py", "text")}

    assert named
    assert named <= set(catalogue("doctor"))


def test_every_verdict_has_a_word():
    assert all(interface(verdict.value).ko for verdict in Verdict)


def test_a_trouble_shows_its_facts():
    text = str(Trouble("engine_too_old", seen="19.03", oldest="20.10"))

    assert text == "The Docker engine is version 19.03; Drydock needs 20.10 or newer. Update Docker."


@pytest.mark.parametrize(
    ("variables", "spoken"),
    [
        ({"LANG": "ko_KR.UTF-8"}, "ko"),
        ({"LANG": "en_GB.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LC_ALL": "ko_KR.UTF-8", "LANG": "en_US.UTF-8"}, "ko"),
        ({"LC_ALL": "C", "LC_MESSAGES": "ko_KR", "LANG": "ko_KR"}, "en"),
        ({"LC_MESSAGES": "ko_KR.UTF-8", "LANG": "en_US.UTF-8"}, "ko"),
        ({"LC_ALL": "", "LANG": "ko_KR.UTF-8"}, "ko"),
    ],
)
def test_the_language_is_the_locales_where_we_have_it(monkeypatch, variables, spoken):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    assert language() == spoken
    assert language("auto") == spoken


@pytest.mark.parametrize(
    ("name", "spoken"), [("Korean_Korea", "ko"), ("ko_KR", "ko"), ("German_Germany", "en"), (None, "en")]
)
def test_without_variables_the_systems_locale_counts(monkeypatch, name, spoken):
    for variable in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(locale, "getlocale", lambda: (name, "UTF-8"))

    assert language() == spoken


def test_the_language_that_was_asked_for_wins(monkeypatch):
    monkeypatch.setenv("LC_ALL", "ko_KR.UTF-8")

    assert language("en") == "en"


KOREAN = [*HERE.rglob("ko/**/*.po"), HERE / "causes.toml", *LABS.glob("*/lab.toml")]
# A particle's form depends on how the word before it ends; "script" is always a file such as up.sh ("에이치").
PARTICLE = re.compile(r"\{(?!script\})\w+\}(?:은|는|이|가|을|를|과|와|로|으로|라|이라)(?![가-힣(])")


@pytest.mark.parametrize("path", KOREAN, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_no_korean_particle_hangs_on_a_placeholder_that_it_may_not_fit(path):
    assert PARTICLE.findall(path.read_text("utf-8")) == []


def test_a_particle_on_a_placeholder_is_seen():
    text = "종료 코드 {code}로 끝남, {folder}는, {script}가, {container} 컨테이너가, {kind}을(를)"
    assert PARTICLE.findall(text) == ["{code}로", "{folder}는"]
