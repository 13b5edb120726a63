"""`akademos cost`: what the platform costs, and who pays."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(help="What the platform costs, and who pays.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps the command's name when there is only one."""


@app.command()
def chargeback(
    files: Annotated[list[Path], typer.Argument(help="Billing files in FOCUS 1.0 to 1.2, CSV or Parquet.")],
    rules: Annotated[Path, typer.Option(help="TOML: which charges go to which cost centre.")],
    to: Annotated[Path | None, typer.Option(help="Write it as CSV to this file.")] = None,
) -> None:
    """Divide bills among cost centres, to the minor unit: the parts of each bill sum to it."""
    from akademos.intake.billing_files import read_charges, read_rules
    from akademos.ledger.chargeback import chargeback as divided
    from akademos.ledger.money import from_minor, minor_unit

    known, unallocated = read_rules(rules)
    result = divided(read_charges(files), known, unallocated)
    if to is not None:
        result.write_csv(to)
    table = Table("account", "period", "cost centre", "currency", "allocated", "pays")
    for column in table.columns[4:]:
        column.justify = "right"
    for (account, period, currency), bill in result.group_by(
        "billing_account", "period_start", "currency", maintain_order=True
    ):
        digits = f",.{minor_unit(str(currency))}f"
        for row in bill.iter_rows(named=True):
            cells = (format(row["effective"], ",.4f"), format(row["amount"], digits))
            table.add_row(str(account), str(period), row["cost_centre"], str(currency), *cells)
        total = from_minor(0, str(currency)) + sum(bill["amount"].to_list())
        corrected = bill["correction"][0]
        note = f" (corrections of earlier periods: {format(corrected, digits)})" if corrected else ""
        table.add_row(str(account), str(period), f"[bold]bill{note}[/]", str(currency), "", format(total, digits))
    Console().print(table)
