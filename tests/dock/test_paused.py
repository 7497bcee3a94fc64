"""A dock goes away whatever was paused in it, however its harness ends."""

import os
import signal
import subprocess
import sys

import pytest

from graders.dock import Dock, Settings, ensure_seed
from graders.dock.engine import engine

pytestmark = pytest.mark.docker

KEYS = ("busybox",)
HARNESS = """
import sys
from graders.dock import Dock, Settings, ensure_seed
dock = Dock.start(Settings(images=("busybox",)), None, seed=ensure_seed(("busybox",)))
container = dock.engine.containers.run(dock.image_ids["busybox"], ["sleep", "999"], detach=True)
container.pause()
print(dock.id, flush=True)
sys.stdin.read()
"""


def there(container):
    return [one for one in engine().api.containers(all=True) if one["Id"] == container]


def test_a_dock_with_a_paused_container_is_removed():
    with Dock.start(Settings(images=KEYS), None, seed=ensure_seed(KEYS)) as dock:
        container = dock.engine.containers.run(dock.image_ids["busybox"], ["sleep", "999"], detach=True)
        container.pause()
        assert there(dock.id)
        dock.close(wait=True)

    assert not there(dock.id)


def test_a_dock_with_a_paused_container_is_removed_when_its_harness_was_killed(eventually):
    process = subprocess.Popen(
        [sys.executable, "-c", HARNESS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=os.getcwd()
    )
    dock = process.stdout.readline().strip()
    assert there(dock)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdin.close()
    process.stdout.close()

    eventually(lambda: not there(dock))
