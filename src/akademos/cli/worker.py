"""`akademos worker`: the mover, live state and the jobs, in a process of their own."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Annotated

import structlog
import typer

from akademos import __version__
from akademos import settings as settings_module
from akademos.cli.allocator import bound_arenas
from akademos.settings import Settings

log = structlog.get_logger()


def command(
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
    switch_off: Annotated[str, typer.Option(hidden=True, help="For `bench faults`: application_transaction.")] = "",
    kill_at: Annotated[int, typer.Option(hidden=True, help="For `bench faults`: which commit to die after.")] = 0,
) -> None:
    """Move what landed to the core, keep live state, and run the jobs, until SIGINT or SIGTERM."""
    bound_arenas()
    exactly_once = switch_off != "application_transaction"
    work(settings_module.load(data=data), exactly_once=exactly_once, fault_point=_dying_at(kill_at))


def work(chosen: Settings, *, exactly_once: bool = True, fault_point: Callable[[], None] = lambda: None) -> None:
    """Be the worker of an installation until SIGINT or SIGTERM; call from the main thread.

    Args:
        chosen: the installation's settings.
        exactly_once: without it, commits of the core carry no application transaction: what `bench faults` shows.
        fault_point: called after each commit of the core, before landing forgets it.
    """
    asked_to_end = threading.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, lambda *_: asked_to_end.set())  # until the worker listens itself
    from akademos.system import System
    from akademos.telemetry import configure_logging
    from akademos.watching import log_keeper

    with System(chosen) as system, log_keeper(system, "worker") as keeper:
        configure_logging(chosen.log_level, keeper.offer)
        worker = system.worker(exactly_once=exactly_once, fault_point=fault_point)
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, lambda *_: worker.stop())
        if not asked_to_end.is_set():
            log.info("worker_started", version=__version__)
            worker.run()
            log.info("worker_stopped")


def _dying_at(commit: int) -> Callable[[], None]:
    """Something that kills this process when it is called for the given time, counted from 1; never for 0."""
    calls = count(1)

    def die() -> None:
        if next(calls) == commit:
            os.kill(os.getpid(), signal.SIGKILL)

    return die
