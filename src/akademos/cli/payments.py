"""`akademos payments`: payments, settlements, balances and exchange rates into the books; see docs/payments.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.erasures import Data, TenantId
from akademos.cli.learner import only_tenant
from akademos.cli.operator import operator
from akademos.intake.payment_files import PaymentKind, Report
from akademos.money import money_hash
from akademos.system import System

app = typer.Typer(help="Payments, settlements, balances and exchange rates into the books.", no_args_is_help=True)
Files = Annotated[list[Path], typer.Argument(help="CSV (with a header) or JSON lines, UTF-8.")]
Map = Annotated[Path | None, typer.Option("--map", help="TOML: which column is what (docs/payments.md).")]
TOLD = 10


@app.command("import")
def import_(files: Files, columns: Map = None, tenant: TenantId = None, data: Data = None) -> None:
    """Payments, refunds, chargebacks and adjustments. Refused rows go into FILE.rejects.csv; the last line is JSON."""
    _load(files, "transactions", columns, tenant, data)


@app.command()
def settlements(files: Files, columns: Map = None, tenant: TenantId = None, data: Data = None) -> None:
    """Lines of settlements: what providers pay out for which transaction."""
    _load(files, "settlements", columns, tenant, data)


@app.command()
def balances(files: Files, columns: Map = None, tenant: TenantId = None, data: Data = None) -> None:
    """What providers say they still have to pay out, at the end of a day."""
    _load(files, "balances", columns, tenant, data)


@app.command()
def rates(files: Files, columns: Map = None, tenant: TenantId = None, data: Data = None) -> None:
    """Exchange rates by day."""
    _load(files, "rates", columns, tenant, data)


def _load(files: list[Path], kind: PaymentKind, columns: Path | None, tenant: str | None, data: Path | None) -> None:
    from akademos.intake.payment_files import load_payments, read_map

    mapping = read_map(columns, kind)
    with System(settings.load(data=data)) as system:
        chosen = tenant or only_tenant(system)
        keyed = money_hash(system, chosen)
        reports = [
            load_payments(file, kind, chosen, system.money_books, keyed, mapping, by=operator()) for file in files
        ]
    _tell(reports)
    if any(report.problems for report in reports):
        raise typer.Exit(1)


def _tell(reports: list[Report]) -> None:
    table = Table("file", "read", "new", "known", "refused")
    for column in table.columns[1:]:
        column.justify = "right"
    for report in reports:
        one = report.loaded
        table.add_row(report.file, *(f"{n:,}" for n in (one.received, one.accepted, one.duplicate, one.rejected)))
    Console().print(table)
    for report in reports:
        for problem in report.problems[:TOLD]:
            typer.echo(f"{report.file}:{problem.line} {problem.column} {problem.reason} ({problem.code})")
        if report.rejects is not None:
            typer.echo(f"{len(report.problems):,} refused rows with their reasons: {report.rejects}")
    last = [
        {
            "file": report.file,
            "received": report.loaded.received,
            "accepted": report.loaded.accepted,
            "duplicate": report.loaded.duplicate,
            "rejected": report.loaded.rejected,
        }
        for report in reports
    ]
    typer.echo(json.dumps({"files": last}))
