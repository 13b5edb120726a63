"""Checks of quality as they are declared with the data: what must hold, and how a run finds the rows that break it.

A check that runs returns offending rows. Conditions are SQL over one row, in the part that PostgreSQL and DuckDB
share. What another rule of the platform already makes impossible to break is declared as enforced, and says so in
the catalogue; it is never run, because it could not fail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class CheckKind(StrEnum):
    """How a check looks at the data."""

    SCHEMA = "schema"  # the columns stand as they are declared
    NOT_NULL = "not_null"
    UNIQUE = "unique"
    REFERENCES = "references"  # every value is there in another dataset
    RANGE = "range"
    RULE = "rule"  # a condition over one row
    FRESHNESS = "freshness"  # the newest row, or the last success of the job, is young enough
    VOLUME = "volume"  # yesterday's rows against the days before
    DRIFT = "drift"  # this week's distribution against the weeks before
    RECONCILIATION = "reconciliation"  # two datasets agree
    ENFORCED = "enforced"  # by constraint or code; never run


class Severity(StrEnum):
    """What a failed check means. Whoever publishes asks for `critical`: such data is not put over the good one."""

    CRITICAL = "critical"
    MAJOR = "major"
    MINOR = "minor"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold.

    Attributes:
        statement: what must hold, for people.
        columns: what it looks at; of a distribution the column itself.
        condition: SQL over one row, for ranges and rules; a row for which it is false (not: null) offends. Of a
            reference: rows that are looked at; empty: all.
        refers: dataset and column where every value must be.
        query: of a reconciliation: SELECT of the keys of offending rows, with the placeholder `%(tenant)s`.
        within: of freshness: how old the newest row may be.
        keeps_out: columns that must not be taken as a sample key.
    """

    statement: str
    kind: CheckKind
    severity: Severity = Severity.MAJOR
    columns: tuple[str, ...] = ()
    condition: str = ""
    refers: tuple[str, str] | None = None
    query: str = ""
    within: timedelta | None = None

    @property
    def name(self) -> str:
        """Its name within the dataset: kind and columns, or kind and the statement in short."""
        words = "_".join(self.columns) or re.sub(r"[^a-z0-9]+", "_", self.statement.lower()).strip("_")[:48].rstrip("_")
        return self.kind.value if self.kind in _ALONE else f"{self.kind.value}_{words}"


_ALONE = frozenset({CheckKind.SCHEMA, CheckKind.FRESHNESS, CheckKind.VOLUME})


def enforced(statement: str) -> Check:
    """What a constraint or the writing code makes impossible to break."""
    return Check(statement, CheckKind.ENFORCED)


def schema_stands() -> Check:
    """Names, types and nullability of the columns are as declared."""
    return Check("the columns stand as they are declared", CheckKind.SCHEMA, Severity.CRITICAL)


def filled(column: str, *, severity: Severity = Severity.MAJOR) -> Check:
    """A column without nulls, where the table itself would take them."""
    return Check(f"{column} is filled", CheckKind.NOT_NULL, severity, (column,))


def unique(*columns: str, severity: Severity = Severity.CRITICAL) -> Check:
    """No two rows of a tenant have the same values in these columns; rows with a null do not count."""
    return Check(f"{' and '.join(columns)} are unique within the tenant", CheckKind.UNIQUE, severity, columns)


def refers(
    column: str, dataset: str, other: str, *, severity: Severity = Severity.MAJOR, or_is: str | None = None
) -> Check:
    """Every value of a column (or every element of a list) is there in another dataset of the tenant; `or_is` is a
    value that stands for something else."""
    statement = f"{column} is in {dataset}.{other}" + ("" if or_is is None else f" or {or_is}")
    condition = "" if or_is is None else f"{column} <> '{or_is}'"
    return Check(statement, CheckKind.REFERENCES, severity, (column,), condition=condition, refers=(dataset, other))


def within_range(column: str, low: float, high: float, *, severity: Severity = Severity.MAJOR) -> Check:
    """A number lies between two bounds, inclusive."""
    return Check(
        f"{column} is within {low:g} and {high:g}", CheckKind.RANGE, severity, (column,),
        condition=f"{column} BETWEEN {low!r} AND {high!r}",
    )  # fmt: skip


def holds(statement: str, condition: str, *, severity: Severity = Severity.MAJOR) -> Check:
    """A condition over one row."""
    return Check(statement, CheckKind.RULE, severity, condition=condition)


def agrees(statement: str, query: str, *, severity: Severity = Severity.CRITICAL) -> Check:
    """Two datasets agree: a query over both finds no row."""
    return Check(statement, CheckKind.RECONCILIATION, severity, query=query)


def fresh(within: timedelta, *, severity: Severity = Severity.MAJOR) -> Check:
    """The last success of the job that writes it, or its newest row, is no older."""
    hours = within / timedelta(hours=1)
    return Check(f"no older than {hours:g} hours", CheckKind.FRESHNESS, severity, within=within)


def steady(*, severity: Severity = Severity.MINOR) -> Check:
    """As many rows yesterday as on the days before: modified z-score below 3.5 (see `ledger.anomalies`)."""
    return Check("yesterday has as many rows as days like it", CheckKind.VOLUME, severity)


def alike(column: str, *, severity: Severity = Severity.MINOR) -> Check:
    """A column's distribution of the last seven days is that of the four weeks before: population stability index
    below 0.25 (see `ledger.anomalies`)."""
    return Check(f"{column} is distributed as before", CheckKind.DRIFT, severity, (column,))
