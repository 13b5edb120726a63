"""Looks at the rows of one dataset on PostgreSQL: how many, how new, a few of them, and who reads them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg import sql

from akademos.catalogue.dataset_rights import HIDDEN_TYPES
from akademos.catalogue.declarations import Dataset
from akademos.stores.ports.catalogue import Sample, Standing, Use
from akademos.stores.postgres.database import Database

COUNTED_AT_MOST = 100_000
LONGEST_TEXT = 120

_KIND = "SELECT c.reltuples::bigint FROM pg_class c WHERE c.oid = to_regclass('akademos.' || quote_ident(%s))"
# A list of learners leaves a row of each, written one after the other: that is one look.
_USE = """
    SELECT role, count(*) FILTER (WHERE began), max(at) FROM (
        SELECT role, at, at - lag(at) OVER (PARTITION BY actor, role, what ORDER BY access_id)
            < interval '50 milliseconds' IS NOT TRUE AS began
        FROM access_log
        WHERE tenant_id = %(tenant)s AND decision = 'allowed' AND at >= %(since)s
            AND (what = ANY(%(what)s) OR EXISTS (
                SELECT FROM unnest(%(what)s::text[]) AS w WHERE starts_with(what, w || '?')))
    ) AS looks
    GROUP BY role ORDER BY 2 DESC, 1
"""


class PostgresDatasetLooks:
    """Adapter of the port `DatasetLooks`. Everything is bound to the tenant twice: by the wall and by the condition."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self, tenant_id: str, dataset: Dataset) -> Standing | None:
        """Rows and the newest one; None where it is no table, or one whose rows belong to no tenant."""
        if not _by_tenant(dataset):
            return None
        table = sql.Identifier(dataset.name)
        newest: sql.Composable = sql.SQL("NULL")
        if dataset.time_column is not None:
            newest = sql.SQL("max({})::timestamptz").format(sql.Identifier(dataset.time_column))
        with self._database.pipeline(tenant_id) as transaction:
            row = transaction.execute(_KIND, (dataset.name,)).fetchone()
            if row is None:
                return None
            limited = sql.SQL("SELECT count(*) FROM (SELECT FROM {} WHERE tenant_id = %s LIMIT %s) AS few").format(
                table
            )
            (rows,) = transaction.execute(limited, (tenant_id, COUNTED_AT_MOST)).fetchone() or (0,)
            counted = rows < COUNTED_AT_MOST
            (at,) = transaction.execute(
                sql.SQL("SELECT {} FROM {} WHERE tenant_id = %s").format(newest, table), (tenant_id,)
            ).fetchone() or (None,)
        return Standing(int(rows) if counted else max(int(row[0]), COUNTED_AT_MOST), counted, at)

    def sample(self, tenant_id: str, dataset: Dataset, limit: int) -> Sample | None:
        """Some rows as text, without columns that hold hashes, seals or free documents; None as of `standing`."""
        if not _by_tenant(dataset):
            return None
        shown = [
            one for one in dataset.columns
            if one.type not in HIDDEN_TYPES and not one.personal and one.name != "tenant_id"
        ]  # fmt: skip
        left_out = tuple(one.name for one in dataset.columns if one not in shown and one.name != "tenant_id")
        columns = sql.SQL(", ").join(
            sql.SQL("left({}::text, %(longest)s)").format(sql.Identifier(one.name)) for one in shown
        )
        order = sql.Identifier(dataset.time_column or shown[0].name)
        direction = sql.SQL("DESC NULLS LAST" if dataset.time_column else "")
        with self._database.pipeline(tenant_id) as transaction:
            if transaction.execute(_KIND, (dataset.name,)).fetchone() is None:
                return None
            query = sql.SQL("SELECT {} FROM {} WHERE tenant_id = %(tenant)s ORDER BY {} {} LIMIT %(limit)s").format(
                columns, sql.Identifier(dataset.name), order, direction
            )
            values = {"tenant": tenant_id, "limit": limit, "longest": LONGEST_TEXT}
            rows = tuple(tuple(row) for row in transaction.execute(query, values))
        return Sample(tuple(one.name for one in shown), rows, left_out)

    def use(self, tenant_id: str, addresses: Sequence[str], since: datetime) -> list[Use]:
        """Looks at addresses that were allowed, by role, most first; a look at many people is one."""
        with self._database.serving(tenant_id) as transaction:
            found = transaction.execute(_USE, {"tenant": tenant_id, "since": since, "what": list(addresses)})
            return [Use(*row) for row in found]


def _by_tenant(dataset: Dataset) -> bool:
    """Whether rows tell whose they are; of a table that the tenants share, one is told nothing about the others."""
    return any(one.name == "tenant_id" for one in dataset.columns)
