"""The program that looks at control groups reads both versions as the kernel writes them."""

from __future__ import annotations

import runpy
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

PROGRAM: dict[str, Any] = runpy.run_path(
    str(resources.files("graders.dock") / "recipes" / "inside" / "cgroups.py"), run_name="cgroups"
)
CONTAINER = "lab/0c2e6a1b"
KINDS = ("memory", "processes", "cpu")


def tree(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


@pytest.fixture
def version_1(tmp_path: Path) -> Any:
    return PROGRAM["version"](
        tree(
            tmp_path,
            {
                f"memory/{CONTAINER}/memory.limit_in_bytes": "50331648\n",
                f"pids/{CONTAINER}/pids.max": "40\n",
                f"cpu/{CONTAINER}/cpu.cfs_quota_us": "17500\n",
                f"cpu/{CONTAINER}/cpu.cfs_period_us": "50000\n",
                "memory/memory.limit_in_bytes": "2470445056\n",
                "pids/pids.max": "2000\n",
            },
        )
    )


@pytest.fixture
def version_2(tmp_path: Path) -> Any:
    return PROGRAM["version"](
        tree(
            tmp_path,
            {
                "cgroup.controllers": "cpuset cpu io memory hugetlb pids rdma misc\n",
                "lab/cgroup.subtree_control": "cpu memory pids\n",
                f"{CONTAINER}/memory.max": "50331648\n",
                f"{CONTAINER}/pids.max": "40\n",
                f"{CONTAINER}/cpu.max": "35000 100000\n",
            },
        )
    )


def places(cgroups: Any, groups: list[str]) -> dict[str, str]:
    return {kind: cgroups.place(kind, groups) for kind in KINDS}


GROUPS_1 = [
    "9:name=systemd:/",
    f"8:pids:/{CONTAINER}",
    f"4:memory:/{CONTAINER}",
    f"2:cpu,cpuacct:/{CONTAINER}",
    "0::/",
]
GROUPS_2 = [f"0::/{CONTAINER}"]


def test_limits_of_version_1_are_read_from_each_hierarchy(version_1: Any) -> None:
    assert version_1.read(places(version_1, GROUPS_1)) == {"memory": 50331648, "processes": 40, "cpu": 0.35}


def test_no_limits_of_version_1_are_none(version_1: Any, tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            f"memory/{CONTAINER}/memory.limit_in_bytes": "9223372036854771712\n",
            f"pids/{CONTAINER}/pids.max": "max\n",
            f"cpu/{CONTAINER}/cpu.cfs_quota_us": "-1\n",
        },
    )

    assert version_1.read(places(version_1, GROUPS_1)) == {"memory": None, "processes": None, "cpu": None}


def test_limits_of_version_2_are_read_from_the_one_hierarchy(version_2: Any) -> None:
    assert version_2.read(places(version_2, GROUPS_2)) == {"memory": 50331648, "processes": 40, "cpu": 0.35}


def test_no_limits_of_version_2_are_none(version_2: Any, tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            f"{CONTAINER}/memory.max": "max\n",
            f"{CONTAINER}/pids.max": "max\n",
            f"{CONTAINER}/cpu.max": "max 100000\n",
        },
    )

    assert version_2.read(places(version_2, GROUPS_2)) == {"memory": None, "processes": None, "cpu": None}


def test_limits_of_version_2_are_set(version_2: Any) -> None:
    here = places(version_2, GROUPS_2)
    version_2.set(here, 31457280, 133, 0.15, 40000)

    assert version_2.read(here) == {"memory": 31457280, "processes": 133, "cpu": 0.15}
    assert (Path(here["cpu"]) / "cpu.max").read_text() == "6000 40000"


def test_limits_of_version_1_are_set(version_1: Any) -> None:
    here = places(version_1, GROUPS_1)
    version_1.set(here, 31457280, 133, 0.15, 40000)

    assert version_1.read(here) == {"memory": 31457280, "processes": 133, "cpu": 0.15}
    assert (Path(here["cpu"]) / "cpu.cfs_period_us").read_text() == "40000"


def test_what_a_kernel_cannot_limit_is_told(version_1: Any, version_2: Any, tmp_path: Path) -> None:
    (tmp_path / "lab" / "cgroup.subtree_control").write_text("memory pids\n")

    assert version_2.offers() == {"memory": True, "processes": True, "cpu": False}
    assert version_1.offers() == {"memory": True, "processes": True, "cpu": False}


def test_the_docks_own_limits_are_those_at_the_top(version_1: Any, version_2: Any, tmp_path: Path) -> None:
    tree(tmp_path, {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"})
    assert PROGRAM["read_dock"](version_1) == {"memory": 2470445056, "processes": 2000, "cpu": None}
    tree(tmp_path, {"memory.max": "max\n", "pids.max": "2000\n", "cpu.max": "200000 100000\n"})
    assert PROGRAM["read_dock"](version_2) == {"memory": None, "processes": 2000, "cpu": 2.0}


def test_the_root_of_a_machine_has_no_limits(version_2: Any) -> None:
    assert PROGRAM["read_dock"](version_2) == dict.fromkeys(KINDS)
