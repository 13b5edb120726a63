"""`akademos cost`: what the platform costs, and who pays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, get_args

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.cost_report import report
from akademos.cli.erasures import Data, TenantId
from akademos.cli.learner import only_tenant
from akademos.cli.operator import operator
from akademos.money import metering, money_hash
from akademos.system import System

app = typer.Typer(help="What the platform costs, and who pays.", no_args_is_help=True)
app.command()(report)


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


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="Billing files in FOCUS 1.0 to 1.2, CSV or Parquet.")],
    repeated: Annotated[
        str, typer.Option(help="More charges of a bill that has some: refuse; replace by a newer state; or add.")
    ] = "refuse",
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Bills into the books, each file whole or not at all; the same file again brings nothing. Last line: JSON."""
    from akademos.errors import InputError
    from akademos.intake.bill_loading import Repeated, load_bills

    mode: Repeated | None = next((one for one in get_args(Repeated) if one == repeated), None)
    if mode is None:
        raise InputError(f"--repeated is `{repeated}`.", hint="Use refuse, replace or add.")
    with System(settings.load(data=data)) as system:
        chosen = tenant or only_tenant(system)
        keyed = money_hash(system, chosen)
        bills = load_bills(files, chosen, system.money_books, keyed, by=operator(), repeated=mode)
    table = Table("file", "read", "new", "known", "taken back")
    for column in table.columns[1:]:
        column.justify = "right"
    for bill in bills:
        one = bill.loaded
        back = bill.taken_back
        numbers = (one.received - back, one.accepted - back, one.duplicate, back)
        table.add_row(bill.file, *(f"{number:,}" for number in numbers))
    console = Console()
    console.print(table)
    for bill in bills:
        if bill.removed:
            console.print(f"{bill.file}: {bill.removed:,} tags held personal data, which was left out.")
    last = [
        {"file": b.file, "accepted": b.loaded.accepted, "duplicate": b.loaded.duplicate, "taken_back": b.taken_back}
        for b in bills
    ]
    typer.echo(json.dumps({"files": last}))


@app.command()
def declare(
    files: Annotated[list[Path], typer.Argument(help="TOML: prices, discounts, rules, cost centres, fees, limits.")],
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Declare terms of money (docs/cost.md); what stands already as it is said brings nothing. Last line: JSON."""
    from akademos.intake.money_terms import declare_terms

    with System(settings.load(data=data)) as system:
        chosen = tenant or only_tenant(system)
        keyed = money_hash(system, chosen)
        loads = [declare_terms(file, chosen, system.money_books, keyed, by=operator()) for file in files]
    new, known = sum(one.accepted for one in loads), sum(one.duplicate for one in loads)
    typer.echo(f"{new:,} terms are new or changed, {known:,} stood already.")
    typer.echo(json.dumps({"accepted": new, "duplicate": known}))


@app.command()
def meter(tenant: TenantId = None, data: Data = None) -> None:
    """Charge what the platform itself was used for since the last metering, at declared prices. Last line: JSON."""
    with System(settings.load(data=data)) as system:
        chosen = tenant or only_tenant(system)
        metered = metering(system).by_hand(chosen, by=operator())
    table = Table("what", "which", "quantity", "unit", "list price", "charged", "currency")
    for column in table.columns[2:6]:
        column.justify = "right"
    for one in metered.charges:
        cells = (f"{one.usage.quantity:,.3f}", one.unit, f"{one.listed:,.6f}", f"{one.charged:,.6f}", one.currency)
        table.add_row(one.usage.item, one.usage.resource, *cells)
    if metered.charges:
        Console().print(table)
    else:
        typer.echo("Nothing was used since the last metering.")
    typer.echo(
        json.dumps(
            {
                "from": metered.start.isoformat(),
                "until": metered.end.isoformat(),
                "charges": len(metered.charges),
            }
        )
    )
