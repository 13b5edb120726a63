"""`akademos items FILE`: item analysis of answers in a file."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    import polars as pl

_COLUMNS = ("question_id", "answers", "difficulty", "rest_correlation", "discrimination", "location", "reasons")


def command(
    file: Annotated[
        Path, typer.Argument(help="Answers, Parquet or CSV: user_id, question_id, client_timestamp, score.")
    ],
    to: Annotated[Path | None, typer.Option(help="Folder for the whole tables as CSV; made if absent.")] = None,
    secure: Annotated[
        Path | None, typer.Option(help="Ids of secure items, one a line: their names and options are left out.")
    ] = None,
) -> None:
    """Which items to revise and why: difficulty, discrimination, distractors, drift; reliability of assessments."""
    from akademos.analytics.fixed_forms import form_reliability
    from akademos.analytics.item_analysis import item_analysis, masked
    from akademos.evaluate.item_files import read_answers, read_secure

    answers, now = read_answers(file), datetime.now(UTC)
    tables = item_analysis(answers, now)
    forms = form_reliability(answers, now)
    if secure is not None:
        hidden = read_secure(secure)
        tables = masked(tables, hidden)
        forms = forms.drop("weakening_items")
    _show(tables["items"])
    if to is not None:
        _write(tables | {"forms": forms}, to)
        typer.echo(f"Wrote {', '.join(f'{name}.csv' for name in (*tables, 'forms'))} to {to}.")


def _show(items: pl.DataFrame) -> None:
    known = items.filter(items["status"] == "ok")
    listed = known.with_columns(known["reasons"].list.len().alias("of")).sort(
        "of", descending=True, maintain_order=True
    )
    table = Table(*_COLUMNS, title="Items, those to revise first")
    for row in listed.select(_COLUMNS).iter_rows():
        table.add_row(*map(_cell, row))
    console = Console()
    console.print(table)
    few = items.height - known.height
    if few:
        console.print(f"{few} more items have fewer than 50 first attempts: no statement yet.", highlight=False)


def _cell(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return "" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)


def _write(tables: dict[str, pl.DataFrame], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        lists = [column for column, dtype in table.schema.items() if str(dtype).startswith("List")]
        table.with_columns(table[column].list.join(";") for column in lists).write_csv(folder / f"{name}.csv")
