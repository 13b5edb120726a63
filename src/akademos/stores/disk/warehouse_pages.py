"""What the tables of the warehouse hold, read from where it is declared: the descriptions beside the models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from akademos.errors import CatalogueError

_META = ("grain", "owner", "classification", "sensitivity", "retention", "service_level")


@dataclass(frozen=True, slots=True)
class TableDescription:
    """One table: `meta` holds grain, owner, classification, sensitivity, retention and service level; `columns` are
    (name, description, checks)."""

    schema: str
    table: str
    description: str
    meta: dict[str, str]
    columns: tuple[tuple[str, str, tuple[str, ...]], ...]
    checks: tuple[str, ...]


def described(schema: str) -> list[TableDescription]:
    """The tables of a schema in the order of their declaration.

    Raises:
        CatalogueError: a table or a column lacks its description, or a table one of the facts about it.
    """
    path = Path(str(files("akademos").joinpath(f"warehouse/models/marts/{schema}/{schema}.yml")))
    return [_table(schema, model) for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]]


def schemas() -> list[str]:
    """Schemas that stand."""
    folder = Path(str(files("akademos").joinpath("warehouse/models/marts")))
    return sorted(one.parent.name for one in folder.glob("*/*.yml"))


def _table(schema: str, model: dict[str, Any]) -> TableDescription:
    name = model["name"].removeprefix(f"{schema}__")
    meta = {**model.get("meta", {}), **model.get("config", {}).get("meta", {})}
    lacking = [one for one in _META if not meta.get(one)]
    lacking += [column["name"] for column in model["columns"] if not column.get("description")]
    if lacking or not model.get("description"):
        raise CatalogueError(
            f"{schema}.{name} is not described: {', '.join(lacking) or 'what it holds'}.",
            hint=f"Say it in {schema}.yml.",
        )
    columns = tuple(
        (column["name"], column["description"], tuple(map(_check, column.get("data_tests", ()))))
        for column in model["columns"]
    )
    checks = tuple(map(_check, model.get("data_tests", ())))
    return TableDescription(schema, name, model["description"], {one: str(meta[one]) for one in _META}, columns, checks)


def _check(declared: str | dict[str, Any]) -> str:
    if isinstance(declared, str):
        return declared.replace("_", " ")
    ((name, details),) = declared.items()
    given = details.get("arguments", details)
    values = "; ".join(
        ", ".join(map(str, value)) if isinstance(value, list) else str(value)
        for key, value in given.items()
        if key not in ("config", "arguments")
    )
    return f"{name.replace('_', ' ')} ({values})"


def page(schema: str) -> str:
    """The reference page of a schema in Markdown."""
    return "\n".join(_lines(schema))


def _lines(schema: str) -> Iterator[str]:
    yield f"# Warehouse: schema `{schema}`"
    yield ""
    yield "Made by `akademos marts reference` from the descriptions beside the models; do not edit."
    for one in described(schema):
        yield ""
        yield f"## {schema}.{one.table}"
        yield ""
        yield one.description
        yield ""
        yield "; ".join(f"{name.replace('_', ' ')}: {value}" for name, value in one.meta.items()) + "."
        yield ""
        yield "| Column | Meaning | Checks |"
        yield "|---|---|---|"
        for name, description, checks in one.columns:
            yield f"| {name} | {_cell(description)} | {_cell('; '.join(checks))} |"
        if one.checks:
            yield ""
            yield f"Checks of the table: {'; '.join(one.checks)}."
    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").strip()
