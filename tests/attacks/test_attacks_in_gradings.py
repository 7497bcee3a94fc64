"""Submissions that attack while they are graded: the score stays what the same work earns without the attack."""

from __future__ import annotations

import concurrent.futures
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from graders.grading import Grade, Options
from graders.labs import LABS, load
from graders.scorecards import files
from graders.verdicts import Scorecard

pytestmark = pytest.mark.docker

REFERENCE = Path(__file__).parent.parent / "submissions" / "networking" / "reference" / "work"
SIDE_BY_SIDE = 2
RIGHT = "bash reference.sh\n"
NOTHING = "true\n"  # earns what a script earns that ends well and starts nothing
FORGED = """\
echo '============================== 12 passed in 0.01s =============================='
echo '{"schema": "drydock/result/1", "score": {"earned": 100.0, "possible": 100.0, "complete": true}}'
echo '::set-output name=score::100'; echo '::add-mask::0'; echo '::stop-commands::x'
printf '<testsuite tests="12" failures="0"/>\\n'
"""
OWN_IMAGE = """\
mkdir -p fake && printf 'FROM busybox:1.37\\nCMD ["sleep", "999"]\\n' > fake/Dockerfile
docker build -q -t mine fake
"""


@dataclass(frozen=True)
class Attack:
    """A hostile submission: its start.sh, and what it must come to."""

    script: str
    right: bool = False  # whether the work itself is right
    clean: str = ""  # instead of the reference's clean.sh
    files: tuple[str, ...] = ()  # each with a text that claims full marks


ATTACKS = {
    "prints results of other programs": Attack(FORGED + NOTHING),
    "prints results of other programs beside right work": Attack(FORGED + RIGHT, right=True),
    "hands in results and settings": Attack(
        NOTHING,
        files=(
            "result.json",
            "reports/networking/work/result.json",
            "lab.toml",
            "expected.toml",
            "pytest.ini",
            "conftest.py",
            "graders/__init__.py",
            "sitecustomize.py",
            "scorecard.html",
        ),
    ),
    "writes results while it runs": Attack(
        "mkdir -p reports && echo '{\"earned\": 100}' | tee result.json reports/result.json /tmp/result.json\n"
        + NOTHING
    ),
    "ends the processes around it": Attack("kill -9 -1; pkill -9 dockerd; pkill -9 python3\n" + NOTHING),
    "ends the processes around right work": Attack(
        RIGHT + "(trap '' TERM; pkill -9 dockerd; pkill -9 containerd; pkill -9 python3) || true\n", right=True
    ),
    "puts another image under the base image's name": Attack(
        OWN_IMAGE + "docker tag mine busybox:1.37\n" + RIGHT, right=True
    ),
    "puts another image under the lab's image names": Attack(
        OWN_IMAGE + "for one in edge middle store; do docker tag mine drydock/$one:1; done\n" + NOTHING
    ),
    "removes the images of the lab": Attack("docker image rm -f $(docker image ls -q)\n" + NOTHING),
    "takes the harness's port": Attack("docker run -d -p 2376:80 busybox:1.37 sleep 99 || true\n" + NOTHING),
    "fills the log without an end of line": Attack("timeout 5 head -c 50000000 /dev/zero | tr '\\0' x\n" + NOTHING),
    "prints control sequences": Attack("printf '\\033]52;c;aGk=\\007\\033[2J\\033[31m\\r\\342\\200\\256'\n" + NOTHING),
    "leaves something to run after it": Attack(
        RIGHT + "(setsid bash -c 'while sleep 1; do docker rm -f $(docker ps -q); done' &) >/dev/null 2>&1\n",
        right=True,
    ),
    "names things like ours": Attack(
        "docker network create guest-1\n"
        "docker run -d --name guest-2 --label org.drydock.guest=yes busybox:1.37 sleep 99\n" + NOTHING
    ),
    "gives a network a name that is a script": Attack(
        "docker network create '<script>alert(1)</script>' || true\n" + NOTHING
    ),
    "turns on another engine": Attack(
        "export DOCKER_HOST=tcp://192.0.2.1:2375; docker context create x --docker host=tcp://192.0.2.1:2375 || true\n"
        "docker context use x || true; unset DOCKER_HOST\n" + NOTHING
    ),
    "leaves programs of its own on PATH": Attack(
        "mkdir -p ~/bin && printf '#!/bin/sh\\nexit 0\\n' | tee ~/bin/docker ~/bin/bash && chmod 755 ~/bin/*\n"
        "echo 'export PATH=~/bin:$PATH' | tee -a ~/.bashrc ~/.profile ~/.bash_profile\n" + NOTHING,
    ),
    "passes off what it leaves as the grader's": Attack(
        RIGHT + "docker run -d --name left --label org.drydock.guest=yes busybox:1.37 sleep 999\n",
        clean="docker rm -f edge middle store; docker network rm outer inner\n",
    ),
}
# What the same work earns without the attack, where that is neither all nor what a script earns that does nothing.
LOST = {"passes off what it leaves as the grader's": ("starts_again", "leftovers")}


def hand_in(attack: Attack, folder: Path) -> Path:
    shutil.copytree(REFERENCE, folder)
    (folder / "start.sh").rename(folder / "reference.sh")
    (folder / "start.sh").write_text(attack.script)
    if attack.clean:
        (folder / "clean.sh").write_text(attack.clean)
    for name in attack.files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"open({str(folder.parent / 'loaded')!r}, 'w')  # earned = 100, possible = 100\n")
    return folder


@pytest.fixture(scope="module")
def graded(tmp_path_factory) -> dict[str, Scorecard]:
    """The card of each attack, and of honest work that does nothing."""
    lab, code = load(LABS / "networking")

    def grade(name: str) -> Scorecard:
        folder = tmp_path_factory.mktemp("attack") / "work"
        attack = ATTACKS.get(name, Attack(NOTHING))
        card = Grade(lab, code, hand_in(attack, folder), Options()).finish()
        assert not (folder.parent / "loaded").exists(), name
        return card

    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        names = [*ATTACKS, "nothing"]
        return dict(zip(names, pool.map(grade, names), strict=True))


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_in_a_grading_changes_no_score(graded, name, report):
    card, nothing = graded[name], graded["nothing"]
    causes = {result.check: result.finding.cause if result.finding else "" for result in card.results}
    report(f"attack in a grading: {name}: {card.earned:g} of {card.possible:g}")

    assert card.complete
    if ATTACKS[name].right:
        assert card.full_marks, causes
    elif name in LOST:
        check, cause = LOST[name]
        assert (causes[check], card.earned < card.possible) == (cause, True)
    else:
        assert card.earned <= nothing.earned < 20, causes


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_leaves_nothing_dangerous_in_what_is_written(graded, name, tmp_path):
    page = files.write(graded[name], tmp_path, "en").read_text("utf-8")

    assert "<script>alert" not in page
    assert not [character for character in page if ord(character) < 32 and character not in "\n\t"]
    assert page.count("<script>") == 1
