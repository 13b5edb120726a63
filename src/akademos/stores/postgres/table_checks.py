"""Checks of quality on PostgreSQL: each is a query for offending rows of one tenant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from akademos.catalogue.checks import Check, CheckKind
from akademos.catalogue.declarations import Dataset
from akademos.errors import CatalogueError
from akademos.ledger.anomalies import STABILITY_CUT, Z_CUT, modified_z, stability_index
from akademos.stores.ports.quality import Offence
from akademos.stores.postgres.database import Database, Transaction

SAMPLE = 5
"""Keys of offending rows that are kept."""

WEEK, BEFORE = timedelta(days=7), timedelta(days=28)

_TABLE = "SELECT to_regclass('akademos.' || quote_ident(%s)) IS NOT NULL"
_COLUMNS = """
    SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull FROM pg_attribute a
    WHERE a.attrelid = ('akademos.' || quote_ident(%s))::regclass AND a.attnum > 0 AND NOT a.attisdropped
"""
_KEY = """
    SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
    WHERE i.indrelid = ('akademos.' || quote_ident(%s))::regclass AND i.indisprimary ORDER BY a.attnum
"""
_TYPES: Mapping[str, tuple[str, ...]] = {
    "string": ("text", "uuid", "xid8"),
    "strings": ("text[]",),
    "int32": ("integer", "integer[]"),
    "int64": ("bigint", "xid8"),
    "float64": ("double precision",),
    "decimal": ("numeric",),
    "bool": ("boolean",),
    "timestamp": ("timestamp with time zone",),
    "date": ("date",),
    "json": ("jsonb", "integer[]"),
    "bytes": ("bytea", "bytea[]"),
}
"""How PostgreSQL may write each declared type."""


class PostgresTableChecks:
    """Adapter of the port `TableChecks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stands(self, dataset: Dataset) -> bool:
        """Whether there is a table of that name."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(_TABLE, (dataset.name,)).fetchone()
        return bool(row and row[0])

    def offences(self, tenant_id: str, dataset: Dataset, check: Check, now: datetime) -> Offence:
        """What breaks a check.

        Raises:
            CatalogueError: the check names what is not there, or is of a kind that is not run here.
        """
        with self._database.pipeline() as transaction:
            if check.kind is CheckKind.SCHEMA:
                return _schema(transaction, dataset)
            if check.kind is CheckKind.VOLUME:
                return _volume(transaction, tenant_id, dataset, now)
            if check.kind is CheckKind.DRIFT:
                return _drift(transaction, tenant_id, dataset, check, now)
            if check.kind is CheckKind.FRESHNESS:
                return _freshness(transaction, tenant_id, dataset, check, now)
            if check.kind is CheckKind.RECONCILIATION:
                return _found(transaction, check.query, tenant_id)
            key = _sample_key(transaction, dataset)
            return _found(transaction, _offending(dataset, check, key), tenant_id)


def _offending(dataset: Dataset, check: Check, key: str) -> str:
    """The query for the keys of rows that break a check of one table."""
    rows = f"SELECT {key} FROM {dataset.name} AS checked WHERE checked.tenant_id = %(tenant)s"
    if check.kind is CheckKind.NOT_NULL:
        return f"{rows} AND {check.columns[0]} IS NULL"
    if check.kind in {CheckKind.RANGE, CheckKind.RULE}:
        return f"{rows} AND NOT ({check.condition})"
    if check.kind is CheckKind.UNIQUE:
        columns = ", ".join(check.columns)
        filled = " AND ".join(f"{one} IS NOT NULL" for one in check.columns)
        return (
            f"SELECT count(*)::text FROM {dataset.name} WHERE tenant_id = %(tenant)s AND {filled} "
            f"GROUP BY {columns} HAVING count(*) > 1"
        )
    if check.kind is CheckKind.REFERENCES and check.refers is not None:
        column, (other, there) = check.columns[0], check.refers
        declared = next((one for one in dataset.columns if one.name == column), None)
        several = declared is not None and declared.type == "strings"
        values = f"unnest(checked.{column})" if several else f"(SELECT checked.{column})"
        looked_at = f" AND ({check.condition})" if check.condition else ""
        return (
            f"{rows}{looked_at} AND EXISTS (SELECT FROM {values} AS v(value) WHERE v.value IS NOT NULL AND NOT EXISTS "
            f"(SELECT FROM {other} o WHERE o.tenant_id = %(tenant)s AND o.{there} = v.value))"
        )
    raise CatalogueError(
        f"The check {check.name} of {dataset.name} cannot be run on a table.", hint="Declare it with another kind."
    )


def _found(transaction: Transaction, query: str, tenant_id: str) -> Offence:
    row = transaction.execute(
        f"WITH offending AS ({query}) SELECT count(*), "
        f"(SELECT array_agg(one) FROM (SELECT offending::text AS one FROM offending LIMIT {SAMPLE}) AS few) "
        "FROM offending",
        {"tenant": tenant_id},
    ).fetchone()
    count, sample = row or (0, None)
    return Offence(int(count), tuple(sample or ()))


def _sample_key(transaction: Transaction, dataset: Dataset) -> str:
    """The columns of a row's key that may stand in a result: none that names a person, none that is sealed."""
    shown = {one.name for one in dataset.columns if not one.personal and one.type not in {"bytes", "json"}}
    columns = [name for (name,) in transaction.execute(_KEY, (dataset.name,)) if name in shown and name != "tenant_id"]
    return ", ".join(f"checked.{name}" for name in columns) or "'a row'"


def _schema(transaction: Transaction, dataset: Dataset) -> Offence:
    there = {name: (kind, filled) for name, kind, filled in transaction.execute(_COLUMNS, (dataset.name,))}
    wrong = [f"{one.name}: missing" for one in dataset.columns if one.name not in there]
    wrong += [f"{name}: not declared" for name in there if name not in {one.name for one in dataset.columns}]
    for one in dataset.columns:
        kind, filled = there.get(one.name, ("", False))
        if kind and kind.partition("(")[0] not in _TYPES[one.type]:  # digits of decimals are not declared
            wrong.append(f"{one.name}: {kind}, declared as {one.type}")
        if kind and filled == one.nullable:
            wrong.append(f"{one.name}: {'never' if filled else 'may be'} null, declared otherwise")
    return Offence(len(wrong), tuple(wrong[:SAMPLE]))


def _freshness(transaction: Transaction, tenant_id: str, dataset: Dataset, check: Check, now: datetime) -> Offence:
    row = transaction.execute(
        f"SELECT max({dataset.time_column})::timestamptz FROM {dataset.name} WHERE tenant_id = %s", (tenant_id,)
    ).fetchone()
    newest = row[0] if row else None
    if newest is None or check.within is None:
        return Offence(0, enough=False, said="no row yet")
    late = now - newest > check.within
    return Offence(int(late), said=f"newest {newest:%Y-%m-%d %H:%M} UTC")


def _volume(transaction: Transaction, tenant_id: str, dataset: Dataset, now: datetime) -> Offence:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    found: dict[Any, int] = dict(
        transaction.execute(
            f"SELECT ({dataset.time_column} AT TIME ZONE 'UTC')::date, count(*) FROM {dataset.name} "
            f"WHERE tenant_id = %s AND {dataset.time_column} >= %s AND {dataset.time_column} < %s GROUP BY 1",
            (tenant_id, midnight - BEFORE - timedelta(days=1), midnight),
        ).fetchall()
    )
    yesterday = (midnight - timedelta(days=1)).date()
    began = min(found, default=yesterday)
    days = [yesterday - timedelta(days=back) for back in range(1, BEFORE.days + 1)]
    before = [float(found.get(day, 0)) for day in days if day >= began]
    rows = found.get(yesterday, 0)
    z = modified_z(float(rows), before)
    if z is None:
        return Offence(0, enough=False, said=f"{len(before)} days to compare with")
    return Offence(int(abs(z) > Z_CUT), said=f"{rows} rows on {yesterday:%Y-%m-%d}, z {z:.1f}")


def _drift(transaction: Transaction, tenant_id: str, dataset: Dataset, check: Check, now: datetime) -> Offence:
    column, at = check.columns[0], dataset.time_column

    def counted(since: datetime, until: datetime) -> dict[str, int]:
        rows: Sequence[tuple[Any, ...]] = transaction.execute(
            f"SELECT coalesce({column}::text, ''), count(*) FROM {dataset.name} "
            f"WHERE tenant_id = %s AND {at} >= %s AND {at} < %s GROUP BY 1",
            (tenant_id, since, until),
        ).fetchall()
        return {str(value): int(count) for value, count in rows}

    index = stability_index(counted(now - WEEK - BEFORE, now - WEEK), counted(now - WEEK, now))
    if index is None:
        return Offence(0, enough=False, said="fewer than 100 rows in one of the two spans")
    return Offence(int(index > STABILITY_CUT), said=f"stability index {index:.3f}")
