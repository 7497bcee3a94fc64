"""A dock with more programs in it than others, and a lab with several nodes, graded as any."""

from __future__ import annotations

import dataclasses

import pytest

from graders.dock import Dock, Settings
from graders.grading import Grade, Options, dock_settings
from graders.labs import LABS, Checks, load
from graders.verdicts import Verdict
from graders.warm import Warm

pytestmark = pytest.mark.docker

SIGN = """set -e
export COSIGN_PASSWORD=secret
cosign generate-key-pair
docker tag busybox:1.37 registry:5000/app:1
digest=$(docker push registry:5000/app:1 | grep -o 'sha256:[0-9a-f]*' | tail -n 1)
http="--allow-http-registry --allow-insecure-registry"
cosign sign --yes --tlog-upload=false $http --key cosign.key registry:5000/app@$digest
cosign verify --insecure-ignore-tlog $http --key cosign.pub registry:5000/app@$digest
cosign generate-key-pair --output-key-prefix other
! cosign verify --insecure-ignore-tlog $http --key other.pub registry:5000/app@$digest
"""


def test_a_student_signs_and_verifies_an_image_where_the_lab_asks_for_the_program():
    with Dock.start(Settings(images=("busybox",), packages=("cosign",), registry=True)) as dock:
        ran = dock.run("bash", "-c", SIGN)
        raised = dock.run("find", "/usr", "/bin", "-xdev", "-perm", "/6000", "-type", "f")

    assert ran.exit == 0, ran.output
    assert raised.output == ""


def test_a_lab_with_nodes_is_graded_in_a_cluster_that_was_started_ahead(tmp_path):
    lab, _ = load(LABS / "networking")
    seen = {}

    def starts(dock: Dock) -> None:
        """The script of the submission runs in the first of two nodes."""
        seen["ran"] = dock.run("bash", "start.sh")
        seen["nodes"] = [node.place.host for node in dock.nodes]

    only = dataclasses.replace(lab.checks[0], id="starts", needs=())
    small = {"images": (), "nodes": 2, "memory": 768 << 20, "disk": 256 << 20}
    lab = dataclasses.replace(lab, dock={**lab.dock, **small}, checks=(only,))
    (tmp_path / "start.sh").write_text("docker node ls --format '{{.Hostname}} {{.Status}}' | sort")

    with Warm(lab, Options()) as warm:
        card = Grade(lab, Checks({"starts": starts}, {}), tmp_path, dock=warm.take()).finish()

    assert [result.verdict for result in card.results] == [Verdict.PASSED]
    assert seen["nodes"] == ["node-1", "node-2"]
    assert seen["ran"].output == "node-1 Ready\nnode-2 Ready\n"
    assert dock_settings(lab, Options()).nodes == 2
