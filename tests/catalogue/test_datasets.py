"""The declared datasets against the tables that stand: what is not declared is red."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from akademos.catalogue.registry import builtin

#: Zones whose datasets are tables in PostgreSQL.
TABLE_ZONES = ("landing", "vault", "records", "serving", "log")
_TABLE = re.compile(r"CREATE TABLE akademos\.(\w+) \(\n(.*?)\n\)(?: PARTITION BY [^;]+)?;", re.DOTALL)
_LIKE = re.compile(r"CREATE TABLE akademos\.(\w+) \(LIKE akademos\.(\w+) INCLUDING ALL\)")
_COLUMN = re.compile(
    r"^    ([a-z]\w*) (?:text|uuid|xid8|bigint|integer|double precision|numeric|boolean|bytea|jsonb|date|timestamptz)\b"
    r"(.*)$",
    re.MULTILINE,
)


def tables(schema: str) -> dict[str, dict[str, bool]]:
    """Columns of every table and whether they may be null, as the schema says."""
    found: dict[str, dict[str, bool]] = {}
    for name, body in _TABLE.findall(schema):
        keys = {key.strip() for listed in re.findall(r"PRIMARY KEY \(([^)]*)\)", body) for key in listed.split(",")}
        found[name] = {
            column: not ("NOT NULL" in rest or "PRIMARY KEY" in rest or "GENERATED" in rest or column in keys)
            for column, rest in _COLUMN.findall(body)
        }
    for name, like in _LIKE.findall(schema):
        found[name] = found[like]
    return found


TABLES = tables(files("akademos.stores.postgres").joinpath("schema.sql").read_text())
DECLARED = {dataset.name: dataset for dataset in builtin().datasets if dataset.zone in TABLE_ZONES}


def test_every_table_is_declared_and_every_declared_one_stands() -> None:
    assert len(TABLES) > 30
    assert TABLES.keys() == DECLARED.keys()


@pytest.mark.parametrize("name", sorted(TABLES))
def test_columns_are_declared(name: str) -> None:
    if name not in DECLARED:
        pytest.fail(f"{name} is not declared")
    assert {column.name: column.nullable for column in DECLARED[name].columns} == TABLES[name]


def test_event_log_declares_the_columns_that_events_name() -> None:
    columns = {column.name for column in builtin().dataset("event_log").columns}
    named = {rule.column for event in builtin().events for rule in event.properties if rule.column}
    assert named
    assert named <= columns
