"""The scheduler: Dask's own, with deadlines that fit submissions and with no door that stands open."""

from __future__ import annotations

from collections.abc import Callable

import dask.config
from distributed import Scheduler
from distributed.security import Security

from graders.dock import Trouble

# Dask's own settings, its files and environment variables, go before these.
SETTINGS = {
    "distributed": {
        "scheduler": {
            # A job that was on two workers when they died is tried once more, alone; see the dispatcher.
            "allowed-failures": 1,
            "worker-ttl": "30s",  # then a mute worker's jobs are given to others
            "no-workers-timeout": "10 minutes",  # then whoever waits for a worker is told
        }
    }
}
LOCAL_ONLY = "127.0.0.1:0"  # Dask's page of figures asks nobody who they are


async def serve(host: str, port: int, security: Security, say: Callable[[str], None]) -> None:
    """Hand out jobs until cancelled.

    Args:
        host: the address to listen at; empty for all of this machine's.
        port: 0 for one that is free.
        security: with encryption wherever others can reach the address.
        say: called with the scheduler's address as soon as it answers.

    Raises:
        Trouble: `cluster_port`: it cannot listen there.
    """
    dask.config.update_defaults(SETTINGS)
    scheme = "tls" if security.require_encryption else "tcp"
    try:
        async with Scheduler(
            host=host, port=port, protocol=scheme, security=security, dashboard=False, dashboard_address=LOCAL_ONLY
        ) as scheduler:
            say(scheduler.address)
            await scheduler.finished()
    except RuntimeError as problem:  # how Dask says that it did not start
        cause = problem.__cause__
        if not isinstance(cause, OSError):
            raise
        address = f"{scheme}://{host or '*'}:{port}"
        raise Trouble("cluster_port", address=address, problem=cause.strerror or cause) from None
