"""Changes of topics on PostgreSQL: the rows of the curriculum, the history and the audit row in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.records import BY_NAME
from akademos.errors import Conflict, NotFound
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.ports.topic_changes import KEYS, UNDONE, CurriculumRows, Row, TopicChange, TopicPlan
from akademos.stores.postgres.audit import append
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.records import PostgresRecords, load_rows, refuse_cycles, refused
from akademos.stores.postgres.stale_marks import MARKED_AGAIN

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "topics": ("topic_id", "parent_id", "course_id", "name", "position", "status"),
    "topic_relationships": ("from_topic", "to_topic", "kind", "status"),
    "items": ("question_id", "topic_ids"),
    "materials": ("material_id", "kind", "title", "topic_ids"),
    "exam_weights": ("exam_id", "section", "topic_id", "weight"),
}
"""What of a row a change of topics may touch, and what a row cannot be without."""

_GONE: Mapping[str, Mapping[str, object]] = {
    "topics": {"status": "archived"},
    "topic_relationships": {"status": "archived"},
    "exam_weights": {"weight": 0.0},
}
"""How rows are that a change made, once it is taken back."""

_ADD = """
    INSERT INTO topic_changes (tenant_id, number, kind, sources, targets, moves, edits, reason, made_by)
    SELECT %s, coalesce(max(number), 0) + 1, %s, %s, %s, %s, %s, %s, %s FROM topic_changes WHERE tenant_id = %s
    RETURNING number
"""
_READ = """
    SELECT number, kind, sources, targets, reason, made_by, made_at, undone_by, undone_reason, undone_at
    FROM topic_changes WHERE tenant_id = %s
"""
_HISTORY = _READ + " AND (%s::bigint IS NULL OR number < %s) ORDER BY number DESC LIMIT %s"
_LATER = """
    SELECT number FROM topic_changes
    WHERE tenant_id = %s AND number > %s AND undone_at IS NULL AND (sources || targets) && %s ORDER BY number LIMIT 1
"""
_UNDO = """
    UPDATE topic_changes SET undone_by = %s, undone_reason = %s, undone_at = now() WHERE tenant_id = %s AND number = %s
"""
# Whoever has answered on one of these topics is computed anew before they are shown anything.
_MARK = f"""
    INSERT INTO stale_learner_states (tenant_id, learner_key, marked_at)
    SELECT DISTINCT tenant_id, learner_key, clock_timestamp() FROM topic_mastery
    WHERE tenant_id = %s AND topic_id = ANY(%s)
    {MARKED_AGAIN}
"""


class PostgresTopicChanges:
    """Adapter of the port `TopicChanges`."""

    def __init__(self, database: Database, records: PostgresRecords) -> None:
        self._database = database
        self._records = records

    def make(
        self, tenant_id: str, plan: Callable[[CurriculumRows], TopicPlan], *, reason: str, actor: str
    ) -> TopicChange:
        """Plan a change on the curriculum as it stands and carry it out; see the port."""
        with self._database.pipeline() as transaction:
            done = self._carried_out(transaction, tenant_id, plan)
            row = transaction.execute(
                _ADD,
                (
                    tenant_id, done.kind, list(done.sources), list(done.targets),
                    Jsonb([asdict(one) for one in done.moves]),
                    Jsonb([{"table": one.table, "before": one.before, "after": one.after} for one in done.edits]),
                    reason, actor, tenant_id,
                ),
            ).fetchone()  # fmt: skip
            number = int(row[0]) if row else 0
            action = AuditAction.TOPICS_MERGED if done.kind == "merge" else AuditAction.TOPICS_SPLIT
            self._finish(transaction, tenant_id, (*done.sources, *done.targets))
            made = _change(transaction, tenant_id, number)
            append(transaction, tenant_id, AuditEntry(actor, action, None, _detail(made, reason)))
        return made

    def preview(self, tenant_id: str, plan: Callable[[CurriculumRows], TopicPlan]) -> TopicPlan:
        """What a change would do; see the port."""
        with self._database.pipeline() as transaction, transaction.transaction(force_rollback=True):
            done = self._carried_out(transaction, tenant_id, plan)
            refuse_cycles(transaction, tenant_id)
        return done

    def undo(self, tenant_id: str, number: int, *, reason: str, actor: str) -> TopicChange:
        """Take a change back; see the port."""
        with self._database.pipeline() as transaction:
            self._records.lock(transaction, tenant_id)
            change = _change(transaction, tenant_id, number)
            if change.undone_at is not None:
                raise Conflict(f"Change {number} is undone already.", hint="There is nothing left to do.", code=UNDONE)
            topics = [*change.sources, *change.targets]
            later = transaction.execute(_LATER, (tenant_id, number, topics)).fetchone()
            if later is not None:
                raise Conflict(
                    f"Change {later[0]} came later and rests on change {number}.", hint=f"Undo change {later[0]} first."
                )
            row = transaction.execute(
                "SELECT edits FROM topic_changes WHERE tenant_id = %s AND number = %s", (tenant_id, number)
            ).fetchone()
            edits: list[dict[str, Any]] = row[0] if row else []
            _refuse_changed(transaction, tenant_id, edits)
            _named(transaction, "undo")
            back = [(one["table"], one["before"] or {**one["after"], **_GONE[one["table"]]}) for one in edits]
            _write(transaction, tenant_id, back)
            transaction.execute(_UNDO, (actor, reason, tenant_id, number))
            self._finish(transaction, tenant_id, topics)
            change = _change(transaction, tenant_id, number)
            entry = AuditEntry(actor, AuditAction.TOPICS_RESTORED, None, _detail(change, reason))
            append(transaction, tenant_id, entry)
        return change

    def get(self, tenant_id: str, number: int) -> TopicChange:
        """One change; see the port."""
        with self._database.pipeline() as transaction:
            return _change(transaction, tenant_id, number)

    def history(self, tenant_id: str, *, before: int | None = None, limit: int | None = None) -> list[TopicChange]:
        """Changes, the newest first."""
        with self._database.pipeline() as transaction:
            return [_made(row) for row in transaction.execute(_HISTORY, (tenant_id, before, before, limit))]

    def _carried_out(
        self, transaction: Transaction, tenant_id: str, plan: Callable[[CurriculumRows], TopicPlan]
    ) -> TopicPlan:
        self._records.lock(transaction, tenant_id)
        done = plan({table: _rows(transaction, tenant_id, table) for table in KEYS})
        _named(transaction, done.kind)
        _write(transaction, tenant_id, [(one.table, one.after) for one in done.edits])
        return done

    def _finish(self, transaction: Transaction, tenant_id: str, topics: Sequence[str]) -> None:
        refuse_cycles(transaction, tenant_id)
        self._records.count_up(transaction, tenant_id)
        transaction.execute(_MARK, (tenant_id, list(topics)))
        transaction.execute("SELECT set_config('akademos.record_action', '', true)")


def _named(transaction: Transaction, action: str) -> None:
    transaction.execute("SELECT set_config('akademos.record_action', %s, true)", (action,))


def _rows(transaction: Transaction, tenant_id: str, table: str) -> list[Row]:
    columns = _COLUMNS[table]
    statement = sql.SQL("SELECT {} FROM {} WHERE tenant_id = %s").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
    )
    found = transaction.execute(statement, (tenant_id,))
    return [dict(zip(columns, row, strict=True)) for row in found]


def _write(transaction: Transaction, tenant_id: str, rows: Sequence[tuple[str, Row]]) -> None:
    try:
        for table in KEYS:
            mine = [row for one, row in rows if one == table]
            if mine:
                load_rows(transaction, tenant_id, BY_NAME[table], mine)
        transaction.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except (psycopg.errors.IntegrityError, psycopg.errors.DataError) as refusal:
        raise refused(refusal) from refusal


def _refuse_changed(transaction: Transaction, tenant_id: str, edits: Sequence[Mapping[str, Any]]) -> None:
    for table, keys in KEYS.items():
        mine = [one["after"] for one in edits if one["table"] == table]
        if not mine:
            continue
        standing = {tuple(row[key] for key in keys): row for row in _rows(transaction, tenant_id, table)}
        for row in mine:
            key = tuple(row[name] for name in keys)
            if standing.get(key) != row:
                what = BY_NAME[table].singular
                raise Conflict(
                    f"The {what} {', '.join(f'`{part}`' for part in key)} was changed since.",
                    hint="Give it back what the change made of it, or make the opposite change by hand.",
                )


def _change(transaction: Transaction, tenant_id: str, number: int) -> TopicChange:
    row = transaction.execute(_READ + " AND number = %s", (tenant_id, number)).fetchone()
    if row is None:
        raise NotFound(f"There is no change {number} of topics.", hint="`akademos topics changes` lists them.")
    return _made(row)


def _made(row: tuple[Any, ...]) -> TopicChange:
    number, kind, sources, targets, *rest = row
    return TopicChange(number, kind, tuple(sources), tuple(targets), *rest)


def _detail(change: TopicChange, reason: str) -> dict[str, Json]:
    return {
        "change": change.number,
        "kind": change.kind,
        "sources": list(change.sources),
        "targets": list(change.targets),
        "reason": reason,
    }
