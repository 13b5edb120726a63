"""Figures on the terminal: a readable table and, last, one JSON object on one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import typer
from rich.console import Console
from rich.table import Table


def show_figures(title: str, figures: Mapping[str, Any]) -> None:
    """Prints nested figures, one row a figure, then the same as JSON."""
    table = Table("figure", "value", title=title)
    for path, value in _leaves(figures):
        table.add_row(path, f"{value:,}" if isinstance(value, int) else str(value))
    Console().print(table)
    typer.echo(orjson.dumps(figures).decode())


def _leaves(value: object, path: str = "") -> list[tuple[str, object]]:
    if isinstance(value, Mapping):
        return [leaf for key, inner in value.items() for leaf in _leaves(inner, f"{path}.{key}" if path else str(key))]
    return [(path, value)]
