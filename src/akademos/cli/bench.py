"""`akademos bench`: the commands that measure. Each prints a table and, last, one JSON object on one line."""

from __future__ import annotations

import signal
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from akademos.cli.figures import show_figures

app = typer.Typer(help="Measure. The last line printed is one JSON object.", no_args_is_help=True)


@app.callback()
def bench() -> None:
    """Measure. The last line printed is one JSON object."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # and end what was started on the way


@app.command()
def ingest(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds of each cell, door and ceiling in turn.")] = 3,
    window: Annotated[float, typer.Option(min=0.2, help="Seconds of each round.")] = 1.0,
) -> None:
    """Events a second through the HTTP door, as a ratio to what durability alone costs."""
    _report("ingest", rounds=rounds, window_s=window)


@app.command()
def faults(
    rounds: Annotated[int, typer.Option(min=1, help="Rounds, each with one kill -9.")] = 20,
    switch_off: Annotated[
        str, typer.Option(help="A safeguard to switch off: synchronous_commit or application_transaction.")
    ] = "",
) -> None:
    """Kill server, mover and PostgreSQL at random moments; compare journals with the core's files."""
    _report("faults", rounds=rounds, switch_off=switch_off or None)


@app.command()
def analytics() -> None:
    """Events a second of each learner analytic, milliseconds for one learner, FSRS speed and parity."""
    _report("analytics")


@app.command()
def answers(
    learners: Annotated[int, typer.Option(min=1, help="Learners.")] = 10_000,
    each: Annotated[int, typer.Option(min=25, help="Events of each learner, in a year.")] = 1_000,
    long_ones: Annotated[int, typer.Option(min=0, help="Learners beside them with ten times as many events.")] = 100,
    folder: Annotated[Path | None, typer.Option(help="Keep the installation here, and use it again.")] = None,
) -> None:
    """p50 and p99 of each answer about a learner, its growth with history, and of past instants."""
    _report("answers", learners=learners, events_each=each, long_ones=long_ones, folder=folder)


@app.command()
def erasure(
    events: Annotated[int, typer.Option(min=10_000, help="Events in the store.")] = 1_000_000,
) -> None:
    """Erase one learner from a store of many events: seconds, bytes rewritten, what is found afterwards."""
    _report("erasure", events=events)


@app.command()
def trust(
    trials: Annotated[int, typer.Option(min=1, help="Revocations under load.")] = 1_000,
    rounds: Annotated[int, typer.Option(min=6, help="Kills.")] = 100,
    queries: Annotated[int, typer.Option(min=10, help="Questions of the attacker.")] = 10_000,
    events: Annotated[int, typer.Option(min=1, help="Events in the store that somebody is erased from.")] = 20_000_000,
) -> None:
    """Revocations, kills, attacks and an erasure: does what is promised hold?"""
    _report("trust", trials=trials, rounds=rounds, queries=queries, events=events)


@app.command()
def revocation(
    trials: Annotated[int, typer.Option(min=1, help="Revocations.")] = 1_000,
    processes: Annotated[int, typer.Option(min=1, help="Server processes.")] = 4,
) -> None:
    """Revoke consent under load; is the next request of every process refused?"""
    _report("revocation", trials=trials, processes=processes)


@app.command()
def consistency() -> None:
    """One learner asked now against the nightly rows: every field, every learner of the demo."""
    _report("consistency")


@app.command()
def recovery() -> None:
    """Estimates against the demo's true abilities."""
    _report("recovery")


@app.command()
def disclosure(
    queries: Annotated[int, typer.Option(min=10, help="Questions that the attacker asks.")] = 10_000,
    protection: Annotated[str, typer.Option(help="full, or weakened: suppression, none.")] = "full",
    baselines: Annotated[bool, typer.Option(help="Attack the weakened protections too.")] = True,
) -> None:
    """Attack published groups: filters, differences, totals, exports, before and after a revocation, in collusion."""
    _report("disclosure", queries=queries, protection=protection, baselines=baselines)


@app.command()
def records(
    rows: Annotated[int, typer.Option(min=1_000, help="Rows of progress.")] = 1_000_000,
    lookups: Annotated[int, typer.Option(min=50, help="Look-ups that are timed; a fifth as many lists.")] = 2_000,
    rate: Annotated[int, typer.Option(min=100, help="Events a second while learners read.")] = 1_000,
    seconds: Annotated[float, typer.Option(min=1, help="For how long.")] = 30.0,
    audit_rows: Annotated[int, typer.Option(min=1_000, help="Rows of the audit log.")] = 1_000_000,
) -> None:
    """Look-ups and lists of learning records, events to progress while reading, verification of the audit log."""
    _report("records", rows=rows, lookups=lookups, events_per_s=rate, seconds=seconds, audit_rows=audit_rows)


@app.command()
def journeys(
    events: Annotated[int, typer.Option(min=1_000, help="Events in the file.")] = 20_000_000,
    learners: Annotated[int, typer.Option(min=10, help="Learners.")] = 50_000,
) -> None:
    """Funnels, paths, loops, retention and survival over a file of many events."""
    _report("journeys", events=events, learners=learners)


@app.command()
def warehouse(
    day: Annotated[
        int, typer.Option(min=1_000, help="Events of the day that the nightly build brings in.")
    ] = 1_400_000,
    events: Annotated[int, typer.Option(min=0, help="Events in the core besides, for the full rebuild.")] = 20_000_000,
) -> None:
    """The nightly build after a day of events, a full rebuild over many, and its memory."""
    _report("warehouse", day_events=day, events=events)


@app.command(name="all")
def every() -> None:
    """All of them, one after the other."""
    for name in ("ingest", "analytics", "answers", "consistency", "faults", "recovery", "disclosure"):
        _report(name)


def _report(name: str, **options: Any) -> None:
    show_figures(f"bench {name}", import_module(f"akademos.bench.{name}").run(**options))
