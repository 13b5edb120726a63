"""Retention of tables on PostgreSQL: what each dataset declares, counted from its time column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.declarations import Dataset
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.ports.retention import Age
from akademos.stores.postgres.audit import append
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.person_columns import personal_tables
from akademos.stores.postgres.server_files import TableRewriter

OTHERWISE = ("landing", "held", "dead_letters", "event_index")
"""Limited by the hour: jobs.expiry.expire_landing."""

CHAINED = ("audit_log", "access_log", "access_seals")
"""Each row confirms the one before: they go from the oldest on, by a function of the tables' owner that leaves a
checkpoint; the access log in whole sealed batches. The newest seal stays, so that the next one follows it."""

_END_OF_COURSE = (
    "(SELECT c.ends_on FROM learning_courses c WHERE c.tenant_id = kept.tenant_id AND c.course_id = kept.course_id)"
)
COUNTED_FROM = {
    "enrolments": f"coalesce(kept.withdrawn_on, {_END_OF_COURSE}, kept.registered_on)",
    "staff_assignments": _END_OF_COURSE,
    "demographics": _END_OF_COURSE,
    "learner_targets": "kept.target_date",
    "advisee_assignments": "kept.ends_on",
}
"""Where a dataset has no time column of its own."""

_ONLY = {
    "bases": "NOT EXISTS (SELECT FROM consent_state s WHERE s.tenant_id = kept.tenant_id AND s.granted "
    "AND s.basis = 'basis:' || kept.basis_id)",
    "imports": "kept.started_at < (SELECT max(i.started_at) FROM imports i WHERE i.tenant_id = kept.tenant_id)",
    "withdrawals": "kept.done_at IS NOT NULL",
    "erasures": "kept.completed_at IS NOT NULL",
    "legal_holds": "kept.lifted_at IS NOT NULL",
    "models": "kept.replaced_at IS NOT NULL",
    "job_runs": "kept.outcome <> 'running'",
    "ops_alerts": "kept.cleared_at IS NOT NULL",
    "ops_incidents": "kept.resolved_at IS NOT NULL",
}
"""What must be over before a row may go: a proof lasts as long as what it proves."""

_TOTALS = {
    "receipts": (
        "tenant_id, source, door",
        "'(carried forward)', door",
        "received, accepted, held, duplicate, conflict, suppressed, rejected",
        "received_at",
    ),
    "movements": ("tenant_id, kind", "kind", "events", "recorded_at"),
}

_STANDING = "SELECT DISTINCT learner_key FROM consent_state WHERE tenant_id = %s AND changed_at < now() - %s"
_HOLDS = """
    SELECT learner_key::text FROM legal_holds WHERE tenant_id = %s AND lifted_at IS NULL AND %s = ANY(datasets)
"""
_APPEND_ONLY = """
    SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = 'refuse_change' AND p.pronamespace = 'akademos'::regnamespace
"""
_COLUMNS = """
    SELECT c.relname, array_agg(a.attname::text) FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace = 'akademos'::regnamespace AND c.relkind IN ('r', 'p') GROUP BY c.relname
"""


class PostgresRetention:
    """Adapter of the port `RecordRetention`."""

    def __init__(self, database: Database, datasets: Sequence[Dataset]) -> None:
        self._database = database
        self._datasets = [one for one in datasets if one.retention is not None and one.available]
        self._rewriter = TableRewriter(database, datasets)

    def held_people(self, tenant_id: str, dataset: str) -> tuple[bool, list[str]]:
        """Whether a hold stops all deletion from a dataset, and the keys of people whose rows it stops."""
        with self._database.pipeline() as transaction:
            return _held(transaction, tenant_id, dataset)

    def expire(self, tenant_id: str, now: datetime, *, events_removed: int) -> Mapping[str, int]:
        """Delete what is due in every table, in one transaction with its audit entry."""
        removed: dict[str, int] = {}
        with self._database.pipeline() as transaction:
            columns = dict(transaction.execute(_COLUMNS).fetchall())
            append_only = {table for (table,) in transaction.execute(_APPEND_ONLY)}
            for dataset in self._datasets:
                if dataset.name in columns and dataset.name not in (*OTHERWISE, *CHAINED):
                    rows = self._expire(transaction, tenant_id, dataset, now, columns[dataset.name], append_only)
                    if rows:
                        removed[dataset.name] = rows
            removed |= self._expire_logs(transaction, tenant_id)
            logged = sum(removed.get(name, 0) for name in ("preference_log", "security_log"))
            if logged:
                transaction.execute(
                    "INSERT INTO movements (tenant_id, kind, events) VALUES (%s, 'expired_log', %s)",
                    (tenant_id, logged),
                )
            if removed or events_removed:
                detail: dict[str, Json] = {"event_log": events_removed, **removed}
                append(
                    transaction, tenant_id, AuditEntry("job:retention", AuditAction.RETENTION_ENFORCED, None, detail)
                )
        return removed

    def expire_shared(self, now: datetime) -> Mapping[str, int]:
        """Delete what is due of rows that are about the installation and no tenant; see the port."""
        removed: dict[str, int] = {}
        with self._database.pipeline() as transaction:
            there = dict(transaction.execute(_COLUMNS).fetchall())
            for dataset in self._datasets:
                if dataset.name not in there or dataset.retention is None or not _may_be_shared(dataset):
                    continue
                rows = transaction.execute(
                    f"DELETE FROM {dataset.name} AS kept WHERE kept.tenant_id IS NULL AND {_due(dataset)}",
                    {"before": now - dataset.retention},
                ).rowcount
                if rows:
                    removed[dataset.name] = rows
        return removed

    def _expire(
        self,
        transaction: Transaction,
        tenant_id: str,
        dataset: Dataset,
        now: datetime,
        columns: Sequence[str],
        append_only: set[str],
    ) -> int:
        everybody, keys = _held(transaction, tenant_id, dataset.name)
        if everybody or dataset.retention is None:
            return 0
        before, kept_keys = now - dataset.retention, [UUID(key) for key in keys]
        if dataset.name in _TOTALS:
            return _carry_forward(transaction, tenant_id, dataset.name, before)
        if dataset.name in append_only:
            if dataset.name == "consent_history":  # the proof of what still stands
                kept_keys += [key for (key,) in transaction.execute(_STANDING, (tenant_id, dataset.retention))]
            row = transaction.execute(
                "SELECT expire_rows(%s, %s, %s, %s, %s::uuid[])",  # by the server's own clock
                (tenant_id, dataset.name, dataset.time_column, dataset.retention, kept_keys),
            ).fetchone()
            return int(row[0]) if row else 0
        condition = _due(dataset)
        if "learner_key" in columns:
            condition += " AND (kept.learner_key IS NULL OR kept.learner_key <> ALL (%(keys)s))"
        return transaction.execute(
            f"DELETE FROM {dataset.name} AS kept WHERE kept.tenant_id = %(tenant)s AND {condition}",
            {"tenant": tenant_id, "before": before, "keys": kept_keys},
        ).rowcount

    def _expire_logs(self, transaction: Transaction, tenant_id: str) -> dict[str, int]:
        kept = {one.name: one.retention for one in self._datasets if one.name in CHAINED}
        wanted = [
            None if any((*_held(transaction, tenant_id, name),)) else kept.get(name)  # a hold of one person stops all
            for name in ("audit_log", "access_log")
        ]
        row = transaction.execute("SELECT expire_logs(%s, %s, %s)", (tenant_id, *wanted)).fetchone()
        return {name: int(rows) for name, rows in (row[0] if row else {}).items() if rows}

    def rewrite(self, datasets: Sequence[str]) -> None:
        """Have no deleted row's bytes left in tables that name people."""
        if not datasets:
            return
        with self._database.pipeline() as transaction:
            personal = set(personal_tables(transaction, self._datasets)) & set(datasets)
        if personal:
            self._rewriter.rewrite_tables(sorted(personal))
        self._rewriter.vacuum(sorted(set(datasets) - personal))

    def ages(self, tenant_id: str, now: datetime) -> Mapping[str, Age]:
        """How the rows of each table stand."""
        found: dict[str, Age] = {}
        with self._database.pipeline() as transaction:
            columns = dict(transaction.execute(_COLUMNS).fetchall())
            for dataset in self._datasets:
                if dataset.name not in columns or dataset.retention is None:
                    continue
                counted = counted_from(dataset)
                row = transaction.execute(
                    f"SELECT count(*), min({counted})::timestamptz, count(*) FILTER (WHERE {_due(dataset)}), "
                    f"count(*) FILTER (WHERE {counted} IS NULL) FROM {dataset.name} AS kept "
                    "WHERE kept.tenant_id = %(tenant)s",
                    {"tenant": tenant_id, "before": now - dataset.retention},
                ).fetchone()
                if row is not None:
                    found[dataset.name] = Age(*row)
        return found


def counted_from(dataset: Dataset) -> str:
    """The expression from which a dataset's retention counts."""
    return COUNTED_FROM.get(dataset.name) or f"kept.{dataset.time_column}"


def _may_be_shared(dataset: Dataset) -> bool:
    """Whether the declaration lets a row have no tenant."""
    return any(column.name == "tenant_id" and column.nullable for column in dataset.columns)


def _due(dataset: Dataset) -> str:
    only = _ONLY.get(dataset.name)
    return f"{counted_from(dataset)} < %(before)s" + (f" AND {only}" if only else "")


def _held(transaction: Transaction, tenant_id: str, dataset: str) -> tuple[bool, list[str]]:
    keys = [key for (key,) in transaction.execute(_HOLDS, (tenant_id, dataset))]
    return None in keys, [key for key in keys if key is not None]


def _carry_forward(transaction: Transaction, tenant_id: str, table: str, before: datetime) -> int:
    """Rows of counts become their sum, so that what came in still equals where it went; how many rows fewer."""
    into, named, counts, at = _TOTALS[table]
    sums = ", ".join(f"sum({one.strip()})" for one in counts.split(","))
    groups = "door" if table == "receipts" else "kind"
    statement = sql.SQL(
        f"WITH due AS (DELETE FROM {table} WHERE tenant_id = %(tenant)s AND {at} < %(before)s AND EXISTS "
        f"(SELECT FROM {table} o WHERE o.tenant_id = %(tenant)s AND o.{at} < %(before)s "
        f"GROUP BY o.{groups} HAVING count(*) > 1) RETURNING *), "
        f"carried AS (INSERT INTO {table} ({into}, {counts}, {at}) SELECT %(tenant)s, {named}, {sums}, max({at}) "
        f"FROM due GROUP BY {groups} RETURNING 1) "
        "SELECT (SELECT count(*) FROM due) - (SELECT count(*) FROM carried)"
    )
    values: dict[str, Any] = {"tenant": tenant_id, "before": before}
    row = transaction.execute(statement, values).fetchone()
    return int(row[0]) if row else 0
