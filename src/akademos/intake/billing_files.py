"""Billing files in FOCUS, and the rules of chargeback, read from disk: all of a file or a report of what is wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import polars as pl

from akademos.errors import InputError
from akademos.ledger.chargeback import Rule
from akademos.ledger.money import minor_unit
from akademos.sources import focus

TOLD = 20
"""Problems that are named one by one."""


def read_charges(files: Sequence[Path]) -> pl.DataFrame:
    """The charges of billing files (CSV or Parquet), as `ledger.chargeback.CHARGES`.

    Raises:
        InputError: a file cannot be read, lacks a column, or holds rows that are wrong: every problem is counted, the
            first ones are named by file, line and column. Nothing of any file is used then.
    """
    found, told, wrong = [], [], 0
    for file in files:
        rows = _rows(file)
        problems = focus.problems(rows)
        wrong += problems.height
        told += [f"{file.name}:{line} {column} {problem}" for line, column, problem in problems.iter_rows()]
        found.append(rows)
    if wrong:
        more = f" ... and {wrong - TOLD} more" if wrong > TOLD else ""
        raise InputError(
            f"{wrong} values are wrong: {'; '.join(told[:TOLD])}{more}.", hint="Ask the provider, or mend them."
        )
    charges = pl.concat([focus.charges(rows) for rows in found])
    for currency in charges["currency"].unique().sort():
        minor_unit(currency)
    return charges


def read_rules(file: Path) -> tuple[list[Rule], str]:
    """The rules of a TOML file in order, and the cost centre of what none fits.

    Example of a file::

        unallocated = "central IT"
        [[rule]]
        match = { "tag.course" = "algebra" }
        cost_centre = "mathematics"
        [[rule]]
        match = { service = "Object Storage" }
        shares = { mathematics = 0.4, languages = 0.6 }

    Raises:
        InputError: it is no such file; says where.
    """
    try:
        content = tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as broken:
        raise InputError(f"{file} cannot be read: {broken}.", hint="Write TOML in UTF-8.") from broken
    unallocated = content.get("unallocated")
    if not isinstance(unallocated, str) or not unallocated:
        raise InputError(
            f"{file} does not say who pays what no rule fits.",
            hint='Begin with `unallocated = "..."`.',
            pointer="unallocated",
        )
    rules = content.get("rule", [])
    return [_rule(one, f"{file}, rule {number}") for number, one in enumerate(rules, start=1)], unallocated


def _rows(file: Path) -> pl.DataFrame:
    try:
        if file.suffix == ".parquet":
            rows = pl.read_parquet(file)
            rows = rows.select(pl.all().cast(pl.String))
            first = 1
        else:
            rows, first = pl.read_csv(file, infer_schema=False), 2
    except (OSError, pl.exceptions.PolarsError) as broken:
        raise InputError(f"{file} cannot be read: {broken}.", hint="Give a CSV or Parquet file in FOCUS.") from broken
    missing = [name for name in focus.NEEDED if name not in rows.columns]
    if missing:
        raise InputError(
            f"{file} lacks {', '.join(missing)}.", hint="Export it as FOCUS 1.0, 1.1 or 1.2 with these columns."
        )
    empty_is_null = pl.when(pl.col(pl.String) != "").then(pl.col(pl.String))
    return rows.with_columns(empty_is_null).with_row_index("line", offset=first)


def _rule(one: Any, where: str) -> Rule:
    if not isinstance(one, dict):
        raise InputError(f"{where} is no table.", hint="Write `[[rule]]`.")
    matches, centre, shares = one.get("match"), one.get("cost_centre"), one.get("shares")
    if not isinstance(matches, dict) or not matches or not all(isinstance(value, str) for value in matches.values()):
        raise InputError(f"{where} matches nothing.", hint='Write `match = { service = "..." }`.')
    if (centre is None) == (shares is None):
        raise InputError(f"{where} needs `cost_centre` or `shares`, one of them.", hint="Say who pays.")
    try:
        given = {str(centre): 1} if shares is None else dict(shares)
        parts = {str(name): Decimal(part) for name, part in given.items()}
    except (InvalidOperation, TypeError, ValueError) as broken:
        raise InputError(
            f"{where}: the shares are no numbers.", hint="Write `shares = { a = 0.4, b = 0.6 }`."
        ) from broken
    try:
        return Rule(matches, parts)
    except InputError as refusal:
        raise InputError(f"{where}: {refusal.reason}", hint=refusal.hint) from refusal
