"""Billing files in FOCUS, and the rules of chargeback, read from disk: all of a file or a report of what is wrong."""

from __future__ import annotations

import json
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


def read_bill(files: Sequence[Path]) -> dict[Path, pl.DataFrame]:
    """The rows of billing files (CSV or Parquet), sound ones only, as `sources.focus` takes them.

    Raises:
        InputError: a file cannot be read, lacks a column, or holds rows that are wrong: every problem is counted, the
            first ones are named by file, line and column. Nothing of any file is used then.
    """
    found, told, wrong = {}, [], 0
    for file in files:
        rows = _rows(file)
        problems = pl.concat([focus.problems(rows), _strange_currencies(rows)]).sort("line", maintain_order=True)
        wrong += problems.height
        told += [f"{file.name}:{line} {column} {problem}" for line, column, problem in problems.iter_rows()]
        found[file] = rows
    if wrong:
        more = f" ... and {wrong - TOLD} more" if wrong > TOLD else ""
        raise InputError(
            f"{wrong} values are wrong: {'; '.join(told[:TOLD])}{more}.", hint="Ask the provider, or mend them."
        )
    return found


def _strange_currencies(rows: pl.DataFrame) -> pl.DataFrame:
    unknown = []
    for currency in rows["BillingCurrency"].drop_nulls().unique():
        try:
            minor_unit(currency)
        except InputError as refusal:
            unknown.append((currency, refusal.reason.rstrip(".")))
    said = pl.col("BillingCurrency").replace_strict(dict(unknown), default=None, return_dtype=pl.String)
    return rows.select("line", pl.lit("BillingCurrency").alias("column"), said.alias("problem")).drop_nulls("problem")


def read_charges(files: Sequence[Path]) -> pl.DataFrame:
    """The charges of billing files (CSV or Parquet), as `ledger.chargeback.CHARGES`; raises as `read_bill`."""
    return pl.concat([focus.charges(rows) for rows in read_bill(files).values()])


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
    return [rule_of(one, f"{file}, rule {number}") for number, one in enumerate(rules, start=1)], unallocated


def _rows(file: Path) -> pl.DataFrame:
    try:
        if file.suffix == ".parquet":
            rows = pl.read_parquet(file)
            rows = rows.select(_as_text(name, kind) for name, kind in rows.schema.items())
            first = 1
        else:
            rows, first = pl.read_csv(file, infer_schema=False), 2
            header = pl.read_csv(file, infer_schema=False, has_header=False, n_rows=1).row(0)
            doubled = [name for place, name in enumerate(header) if name in header[:place]]
            if doubled:
                raise InputError(
                    f"{file.name}:1 names the column {doubled[0]} twice.", hint="Leave one of them in the file."
                )
    except (OSError, pl.exceptions.PolarsError) as broken:
        raise InputError(f"{file} cannot be read: {broken}.", hint="Give a CSV or Parquet file in FOCUS.") from broken
    missing = [name for name in focus.NEEDED if name not in rows.columns]
    if missing:
        raise InputError(
            f"{file} lacks {', '.join(missing)}.", hint="Export it as FOCUS 1.0, 1.1 or 1.2 with these columns."
        )
    empty_is_null = pl.when(pl.col(pl.String) != "").then(pl.col(pl.String))
    return rows.with_columns(empty_is_null).with_row_index("line", offset=first)


def _as_text(name: str, kind: pl.DataType) -> pl.Expr:
    """A column as CSV would have it; maps, as Parquet files of bills hold tags, as JSON objects."""
    if isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct):
        return pl.col(name).map_elements(
            lambda pairs: json.dumps({pair["key"]: pair["value"] for pair in pairs}), return_dtype=pl.String
        )
    return pl.col(name).struct.json_encode() if isinstance(kind, pl.Struct) else pl.col(name).cast(pl.String)


def rule_of(one: Any, where: str) -> Rule:
    """A rule of chargeback as TOML or the books have it.

    Raises:
        InputError: it matches nothing, or says not who pays; says `where`.
    """
    if not isinstance(one, dict):
        raise InputError(f"{where} is no table.", hint="Write `[[rule]]`.")
    unknown = [name for name in one if name not in ("match", "cost_centre", "shares")]
    if unknown:
        raise InputError(f"{where} has an unknown field `{unknown[0]}`.", hint="Known: match, cost_centre, shares.")
    matches, centre, shares = one.get("match"), one.get("cost_centre"), one.get("shares")
    if not isinstance(matches, dict) or not matches or not all(isinstance(value, str) for value in matches.values()):
        raise InputError(f"{where} matches nothing.", hint='Write `match = { service = "..." }`.')
    if (centre is None) == (shares is None):
        raise InputError(f"{where} needs `cost_centre` or `shares`, one of them.", hint="Say who pays.")
    try:
        given = {str(centre): 1} if shares is None else dict(shares)
        parts = {str(name): Decimal(part) for name, part in given.items()}
        if not all(part.is_finite() for part in parts.values()):
            raise ValueError("infinite")
    except (InvalidOperation, TypeError, ValueError) as broken:
        raise InputError(
            f"{where}: the shares are no numbers.", hint="Write `shares = { a = 0.4, b = 0.6 }`."
        ) from broken
    for said in (*matches, *matches.values(), *parts):
        if not said.strip() or "\0" in said:
            raise InputError(f"{where}: a name is empty, or holds a sign NUL.", hint="Write it as the bill has it.")
    try:
        return Rule(matches, parts)
    except InputError as refusal:
        raise InputError(f"{where}: {refusal.reason}", hint=refusal.hint) from refusal
