"""A worker: a machine with an engine, and as many slots as it bears docks. It needs no database and no one's files."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import replace

import dask.config
from distributed import Nanny
from distributed.comm.core import CommClosedError, connect

from graders.classes.cluster.contact import Contact
from graders.classes.cluster.scheduler import LOCAL_ONLY
from graders.classes.queue import Outcome, Queue
from graders.classes.worker import Order
from graders.dock import Trouble
from graders.labs import all_labs, lab_folder, load

SETTINGS = {"distributed": {"worker": {"daemon": False}}}  # a daemon may have no process for each grade
KNOCK_SECONDS = 30.0  # after which it is said that nobody answers
NO_LIMIT = 0  # of memory: what a grade takes is in its dock, which has a limit


def grade_here(lab: str, order: Order) -> list[Outcome[None]]:
    """Grade a submission on this machine, in a process of its own; tried again as on a machine alone.

    Args:
        lab: its id; the folder may be another one on each machine.
        order: what to grade.

    Returns:
        what became of each attempt.
    """
    here = f"{socket.gethostname()}/{os.getpid()}"
    orders = [(None, replace(order, lab=lab_folder(lab)))]
    # Loaded once for all grades to come, which may be of any lab.
    preload = [load(folder)[0].module for folder in all_labs()]
    return [replace(outcome, worker=here) for outcome in Queue[None](1, preload=preload).grade(orders)]


async def work(contact: Contact, slots: int, resources: Mapping[str, float], tell: Callable[[str], None]) -> None:
    """Grade what the scheduler at a contact hands out, until cancelled; wait for it where it is not there.

    Args:
        slots: how many submissions at a time.
        resources: what this machine offers; see `Facts.resource`.
        tell: called with what it does now: `waiting`, `joined`, `lost`.

    Raises:
        Trouble: `cluster_refused`.
    """
    dask.config.update_defaults(SETTINGS)
    while True:
        await _answered(contact, tell)
        try:
            async with Nanny(
                contact.address,
                nthreads=slots,
                resources=dict(resources),
                security=contact.security,
                memory_limit=NO_LIMIT,
                dashboard_address=LOCAL_ONLY,
                silence_logs=logging.CRITICAL,
            ) as nanny:  # which starts a worker's process, and another one where it dies
                tell("joined")
                await nanny.finished()
        except RuntimeError as problem:  # how Dask says that it did not start
            if not isinstance(problem.__cause__, OSError):
                raise
        tell("lost")


async def _answered(contact: Contact, tell: Callable[[str], None]) -> None:
    """Wait until a scheduler answers."""
    security = contact.security.get_connection_args("worker")
    while True:
        try:
            comm = await connect(contact.address, timeout=KNOCK_SECONDS, **security)
        except CommClosedError as problem:  # somebody answers, and will have none of it
            raise Trouble("cluster_refused", address=contact.address, problem=problem) from None
        except OSError:
            tell("waiting")
        else:
            await comm.close()
            return
