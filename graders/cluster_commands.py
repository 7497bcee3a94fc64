"""The commands `drydock scheduler` and `drydock worker`, and what `drydock grade` needs to use them."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import logging
import signal
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager
from typing import Any, TypeVar

from graders.class_arguments import LOOPBACK
from graders.classes.queue import Grader, bearable
from graders.dock import Trouble, watcher
from graders.labs import all_labs, load
from graders.rubric import Lab
from graders.texts import catalogue

T = TypeVar("T")
Say = Callable[[str], None]
ENDED = 0
EVERYWHERE = ""


def run_scheduler(options: argparse.Namespace, speaks: str, say: Say) -> int:
    """Hand out jobs until Ctrl-C.

    Raises:
        Trouble: `cluster_missing`, `cluster_plain`, `cluster_tls` or `cluster_port`.
    """
    need_dask()
    from graders.classes.cluster import contact, scheduler

    host = options.host or (EVERYWHERE if options.tls else LOOPBACK)
    if options.tls and not options.tls.exists():
        contact.make_certificate(options.tls)
        say(_text("made", speaks, file=options.tls))
    elif not options.tls and not contact.is_loopback(host):
        raise Trouble("cluster_plain", address=f"tcp://{host}:{options.port}")
    security = contact.security_of(options.tls) if options.tls else contact.PLAINLY

    def listening(address: str) -> None:
        say(_text("listening", speaks, address=address))

    return _until_ended(scheduler.serve(host, options.port, security, listening))


def run_worker(options: argparse.Namespace, speaks: str, say: Say) -> int:
    """Grade what a scheduler hands out until Ctrl-C; the docks of those that run then are removed.

    Raises:
        Trouble: `cluster_missing`, `cluster_plain`, `cluster_tls`, `cluster_address`, `cluster_refused`; or an image
            cannot be had.
    """
    need_dask()
    from graders.classes.cluster import slots
    from graders.classes.cluster.contact import contact
    from graders.classes.cluster.facts import facts_of

    where = contact(options.scheduler, options.tls)
    labs = [load(folder)[0] for folder in all_labs()]
    watcher.watch()  # which removes what a worker left that died with its machine
    many = max(1, options.jobs or min((bearable(lab) for lab in labs), default=1))
    resources = {facts_of(lab).resource: float(many) for lab in labs}

    def tell(state: str) -> None:
        say(_text(state, speaks, address=where.address, jobs=many))

    return _until_ended(slots.work(where, many, resources, tell))


def dispatcher(
    options: argparse.Namespace, lab: Lab, warn: Callable[[Trouble], None]
) -> AbstractContextManager[Grader[T]]:
    """Whoever grades a class on the cluster that the options name.

    Raises:
        Trouble: see `Dispatcher` and `contact`.
    """
    need_dask()
    from graders.classes.cluster.contact import contact
    from graders.classes.cluster.dispatcher import Dispatcher
    from graders.classes.cluster.facts import facts_of

    where = contact(options.scheduler, options.tls)
    return Dispatcher[T](where, facts_of(lab), most=options.jobs, warn=warn)


def need_dask() -> None:
    """Make sure that what only a cluster needs is installed, and have it say no more than we say ourselves.

    Raises:
        Trouble: `cluster_missing`.
    """
    if not importlib.util.find_spec("distributed"):
        raise Trouble("cluster_missing")
    import distributed

    logging.getLogger(distributed.__name__).setLevel(logging.CRITICAL)
    for name in [name for name in logging.root.manager.loggerDict if name.startswith(f"{distributed.__name__}.")]:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def _until_ended(serving: Coroutine[Any, Any, None]) -> int:
    """Run it until Ctrl-C or SIGTERM, and let it end cleanly."""

    async def run() -> None:
        task = asyncio.current_task()
        assert task
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        await serving

    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(run())
    return ENDED


def _text(key: str, speaks: str, **facts: object) -> str:
    return catalogue("cluster")[key].fill({name: str(fact) for name, fact in facts.items()}).in_language(speaks)
