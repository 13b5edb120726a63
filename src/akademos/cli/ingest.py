"""`akademos ingest`: files into the core under a recorded basis."""

from __future__ import annotations

import time
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from akademos import settings
from akademos.cli.operator import operator
from akademos.errors import InputError
from akademos.system import System


def command(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.")],
    basis: Annotated[Path | None, typer.Option(help="TOML file with the recorded basis of the import.")] = None,
    layout: Annotated[str | None, typer.Option(help="assistments, oulad or rows; recognised when left out.")] = None,
    column_map: Annotated[Path | None, typer.Option("--map", help="TOML file with a column map (any table).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Last line: the summary as JSON.")] = False,
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
) -> None:
    """Import files: checked like every event, exactly once, resumable; the same file again adds nothing."""
    from akademos.intake.basis import read_basis
    from akademos.intake.bulk.layouts import plan

    if basis is None:
        raise InputError(
            "An import needs a recorded basis.",
            hint="Write one (docs/tutorials/ingest.md) and give it with --basis FILE; without a basis, send the events "
            "to POST /v1/events/batch, where they wait for consent.",
            code="basis_missing",
        )
    recorded = read_basis(basis)
    todo = plan(paths, layout=layout, column_map=_map(column_map))
    console = Console(stderr=True)
    started = time.monotonic()
    with System(settings.load(data=data)) as system, _progress(console) as bar:
        if recorded.tenant_id not in {one.tenant_id for one in system.tenants.all()}:
            system.tenants.create(recorded.tenant_id, recorded.tenant_id, time_zone="UTC", actor=operator())
        tasks: dict[str, Any] = {}

        def shown(title: str, rows: int) -> None:
            if title not in tasks:
                tasks[title] = bar.add_task(title, total=None)
            bar.update(tasks[title], completed=rows)

        summary = system.bulk_import(recorded, actor=operator()).run(todo, shown)
        imported = time.monotonic()
        compaction = system.sort_core()
    seconds, more = imported - started, time.monotonic() - imported
    out = Console()
    if not out.is_terminal:
        out.width = 150
    out.print(_table(summary))
    for one in summary.files:
        for sample in one.samples:
            out.print(f"  {one.title}: {sample}", highlight=False)
        if one.dropped:
            out.print(f"  {one.title}: unknown columns left out: {', '.join(sorted(one.dropped))}", highlight=False)
        if one.error:
            out.print(f"  [bold red]{one.title}: {one.error}[/]", highlight=False)
    totals = summary.totals
    out.print(
        f"{totals['read']:,} rows read, {totals['accepted']:,} events new in {seconds:.1f} s "
        f"({totals['read'] / max(seconds, 0.001):,.0f} rows/s); sorted in {more:.1f} s "
        f"({compaction.files_before} files into {compaction.files_after}).",
        highlight=False,
    )
    if as_json:
        report = {
            "layout": summary.layout,
            **totals,
            "seconds": round(seconds, 2),
            "compaction_seconds": round(more, 2),
            "learners": len(summary.learners),
            "records": [asdict(one) for one in summary.records],
            "restricted": {"new": summary.restricted[0], "known": summary.restricted[1]},
            "files": [
                {"title": one.title, "read": one.read, "accepted": one.accepted, "duplicate": one.duplicate,
                 "suppressed": one.suppressed, "rejected": one.rejected, "reasons": dict(one.reasons)}
                for one in summary.files
            ],
        }  # fmt: skip
        typer.echo(orjson.dumps(report).decode())
    if any(one.error for one in summary.files):
        raise typer.Exit(1)


def _map(path: Path | None) -> dict[str, Any] | None:
    if path is None:
        return None
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as missing:
        raise InputError(f"The column map {path} cannot be read.", hint="Check the path.") from missing
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise InputError(f"The column map {path} is not TOML: {broken}.", hint="Mend that line.") from broken


def _progress(console: Console) -> Progress:
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("rows"),
        TimeElapsedColumn(), console=console, transient=True,
    )  # fmt: skip


def _table(summary: Any) -> Table:
    table = Table("file", title=f"import, layout {summary.layout}")
    for name in ("read", "events", "accepted", "duplicate", "suppressed", "rejected"):
        table.add_column(name, justify="right")
    table.add_column("reasons")
    for one in summary.files:
        numbers = (one.read, one.events, one.accepted, one.duplicate, one.suppressed, one.rejected)
        reasons = ", ".join(f"{code} {count:,}" for code, count in one.reasons.most_common())
        table.add_row(one.title, *(f"{number:,}" for number in numbers), reasons)
    for record in summary.records:
        table.add_row(f"records: {record.table}", f"{record.read:,}", "", f"{record.new:,}", f"{record.unchanged:,}")
    if any(summary.restricted):
        new, known = summary.restricted
        table.add_row("restricted: demographics", f"{new + known:,}", "", f"{new:,}", f"{known:,}")
    return table
