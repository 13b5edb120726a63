"""`akademos jobs`: what runs by itself, and running it by hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings as settings_module
from akademos.errors import InputError, NotFound

if TYPE_CHECKING:
    from akademos.stores.ports.job_runs import JobRun

_LOOK_AGAIN_S = 1.0

app = typer.Typer(help="What runs by itself: look at it, or run it by hand.", no_args_is_help=True)


@app.command()
def run(
    names: Annotated[list[str], typer.Argument(help="Names of jobs, in their order; `akademos jobs list` has them.")],
    wait: Annotated[bool, typer.Option("--wait", help="Wait for a job that another process is running.")] = False,
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
    protection: Annotated[
        str, typer.Option(hidden=True, help="For `bench disclosure`: full, suppression or none.")
    ] = "full",
) -> None:
    """Run jobs now, one after the other, whether they are due or not."""
    from akademos.jobs.group_statistics import PROTECTIONS
    from akademos.system import System

    chosen = settings_module.load(data=data)
    weakened = PROTECTIONS.get(protection)
    if weakened is None or (weakened != "full" and chosen.environment != "development"):
        raise InputError(
            "Disclosure control cannot be weakened here.", hint="Leave --protection out; only benches measure without."
        )
    with System(chosen) as system:
        commands = system.jobs(protection=weakened).commands()
        for name in names:
            if name not in commands:
                raise NotFound(f"There is no job `{name}`.", hint="Jobs: " + ", ".join(commands) + ".")
        for name in names:
            _run(name, commands[name], wait=wait)


def _run(name: str, command: Callable[[], list[JobRun | None]], *, wait: bool) -> None:
    """Run one job and say what it did; anew while another process is at it, when that is to be waited for: the other
    may have begun too early."""
    while True:
        outcomes = command()
        if not wait or None not in outcomes:
            break
        time.sleep(_LOOK_AGAIN_S)
    for done in outcomes:
        if done is None:
            typer.echo(f"{name}: another process is running it.")
        else:
            left_out = f" Left out: {done.detail['left_out']}." if "left_out" in done.detail else ""
            typer.echo(f"{name}: read {done.rows_in:,}, wrote or removed {done.rows_out:,}.{left_out}")


@app.command(name="list")
def show(
    runs: Annotated[int, typer.Option(min=1, help="How many past runs.")] = 20,
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
) -> None:
    """When each job runs, and how it went lately."""
    from akademos.jobs.plan import SCHEDULE, Nightly
    from akademos.system import System

    console = Console()
    plan = Table("job", "runs", title="schedule")
    for job in SCHEDULE:
        when = f"nightly after {job.at:%H:%M} UTC" if isinstance(job, Nightly) else f"every {job.period}"
        plan.add_row(job.job, when)
    console.print(plan)
    past = Table("job", "tenant", "started", "seconds", "outcome", "rows in", "rows out", title="latest runs")
    with System(settings_module.load(data=data)) as system:
        for one in system.job_runs.recent(runs):
            past.add_row(
                one.job,
                one.tenant_id or "",
                f"{one.started_at:%Y-%m-%d %H:%M:%S}",
                _seconds(one.started_at, one.finished_at),
                str(one.detail.get("reason") or one.detail.get("left_out") or one.outcome),
                f"{one.rows_in or 0:,}",
                f"{one.rows_out or 0:,}",
            )
    console.print(past)


def _seconds(started: datetime, finished: datetime | None) -> str:
    return "" if finished is None else f"{(finished - started).total_seconds():.2f}"
