"""`akademos txn`: whether payments, settlements and balances agree."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.erasures import Data, TenantId
from akademos.cli.learner import only_tenant
from akademos.errors import InputError
from akademos.money import books
from akademos.system import System, now

app = typer.Typer(help="Whether payments, settlements and balances agree.", no_args_is_help=True)
TOLD = 20


@app.callback()
def _group() -> None:
    """Keeps the command's name when there is only one."""


@app.command()
def reconcile(
    as_of: Annotated[
        str | None, typer.Option(help="As it stood at the end of which day (UTC), today if left out.")
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Write every finding as CSV to this file.")] = None,
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Match every transaction with its settlement, and balances with the sum of movements; a mismatch is a row with its
    cause. The last line is JSON."""
    import polars as pl

    from akademos.jobs.warehouse.computed_txn import findings
    from akademos.ledger.payment_matching import CAUSES

    day = _day(as_of) if as_of else now().date()
    with System(settings.load(data=data)) as system:
        chosen = tenant or only_tenant(system)
        references = system.money_books.references(chosen)
        found = [
            {**one, "reference": references.get(str(one["subject_id"]), one["subject_id"])}
            for one in findings(books(system, chosen, day))
        ]
    if to is not None:
        pl.DataFrame(found, infer_schema_length=None).write_csv(to)
    causes = Counter((str(one["subject"]), str(one["status"]), str(one["cause"])) for one in found)
    table = Table("what", "finding", "cause", "rows", "in words")
    table.columns[3].justify = "right"
    for (subject, status, cause), rows in sorted(causes.items()):
        table.add_row(subject, status, cause, f"{rows:,}", next(said for name, said in CAUSES.items() if name == cause))
    console = Console()
    console.print(table)
    _name([one for one in found if one["status"] == "mismatch"], console)
    summed = Counter(str(one["status"]) for one in found)
    by_cause = Counter(str(one["cause"]) for one in found if one["status"] == "mismatch")
    typer.echo(json.dumps({"as_of": str(day), **summed, "causes": by_cause}))


def _name(wrong: Sequence[Mapping[str, object]], console: Console) -> None:
    if not wrong:
        return
    table = Table("cause", "reference", "expected", "found", "", "fee off", "days")
    for column in (2, 3, 5, 6):
        table.columns[column].justify = "right"
    for one in wrong[:TOLD]:
        table.add_row(
            str(one["cause"]), str(one["reference"]), _said(one["expected"]), _said(one["found"]), str(one["currency"]),
            _said(one.get("fee_difference")), _said(one.get("days")),
        )  # fmt: skip
    console.print(table)
    if len(wrong) > TOLD:
        console.print(f"... and {len(wrong) - TOLD:,} more; --to FILE.csv writes all of them.")


def _said(value: object) -> str:
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}" if value else "0"
    return "" if value is None else str(value)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as broken:
        raise InputError(f"--as-of is `{text}`.", hint="Write a day like 2026-05-31.") from broken
