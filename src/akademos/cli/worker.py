"""`akademos worker`: the mover, live state and the jobs, in a process of their own."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from akademos import settings as settings_module


def command(
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
    switch_off: Annotated[str, typer.Option(hidden=True, help="For `bench faults`: application_transaction.")] = "",
    kill_at: Annotated[str, typer.Option(hidden=True, help="For `bench faults`: committed.")] = "",
) -> None:
    """Move what landed to the core, keep live state, and run the jobs, until SIGINT or SIGTERM."""
    from akademos.system import System
    from akademos.telemetry import configure_logging

    chosen = settings_module.load(data=data)
    configure_logging(chosen.log_level)
    with System(chosen) as system:
        worker = system.worker(
            exactly_once=switch_off != "application_transaction",
            fault_point=_kill if kill_at == "committed" else _go_on,
        )
        for one in (signal.SIGINT, signal.SIGTERM):
            signal.signal(one, lambda *_: worker.stop())
        worker.run()


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _go_on() -> None:
    return
