"""Circles among records: a row above itself, prerequisites that need each other. Refused, and named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import NoReturn

from psycopg import sql

from akademos.catalogue.records.declaration import Record
from akademos.errors import InputError
from akademos.stores.postgres.database import Transaction

# The row lock makes changes of one tenant follow each other, so that no two of them close a circle together.
LOCK = """
    INSERT INTO record_versions (tenant_id, version) VALUES (%s, 0)
    ON CONFLICT (tenant_id) DO UPDATE SET version = record_versions.version
"""
_ABOVE = """
    WITH RECURSIVE above (key, steps) AS (
        SELECT %(key)s::text, ARRAY[%(key)s::text]
        UNION ALL
        SELECT t.{parent}, above.steps || t.{parent} FROM above JOIN {table} t
            ON t.tenant_id = %(tenant)s AND t.{key} = above.key
        WHERE t.{parent} IS NOT NULL AND NOT t.{parent} = ANY(above.steps[2:])
    )
    SELECT steps FROM above WHERE key = %(key)s AND cardinality(steps) > 1 LIMIT 1
"""
# Every edge behind what needs the topic, so also the one that leads back to it.
_BEHIND = """
    WITH RECURSIVE later (topic) AS (
        SELECT %(needs)s::text
        UNION
        SELECT r.to_topic FROM later JOIN topic_relationships r
            ON r.tenant_id = %(tenant)s AND r.from_topic = later.topic AND r.kind = 'prerequisite'
                AND r.status = 'active'
    )
    SELECT r.from_topic, r.to_topic FROM later JOIN topic_relationships r ON r.tenant_id = %(tenant)s
        AND r.from_topic = later.topic AND r.kind = 'prerequisite' AND r.status = 'active'
    WHERE EXISTS (SELECT FROM later WHERE topic = %(needed)s)
"""
RELATIONSHIPS = "topic_relationships"


def can_go_in_a_circle(record: Record) -> bool:
    """Whether rows of a record refer to rows of the same."""
    return record.name == RELATIONSHIPS or any(one.refers == record.name for one in record.fields)


def lock_records(transaction: Transaction, tenant_id: str, record: Record) -> None:
    """Have changes that could close a circle, or that caches know by a number, follow each other."""
    if record.cached or can_go_in_a_circle(record):
        transaction.execute(LOCK, (tenant_id,))


def refuse_circle(transaction: Transaction, tenant_id: str, record: Record, row: Mapping[str, object]) -> None:
    """Refuse a row that was just written and closes a circle.

    Raises:
        InputError: it does; the reason names the circle.
    """
    if record.name == RELATIONSHIPS:
        if row["kind"] == "prerequisite" and row["status"] == "active":
            values = {"tenant": tenant_id, "needed": row["from_topic"], "needs": row["to_topic"]}
            order: TopologicalSorter[str] = TopologicalSorter()
            for before, after in transaction.execute(_BEHIND, values):
                order.add(after, before)
            try:
                order.prepare()
            except CycleError as cycle:
                _refuse(cycle.args[1], "Prerequisites go in a circle", "/to_topic")
        return
    for one in record.fields:
        if one.refers == record.name and row.get(one.name) is not None:
            statement = sql.SQL(_ABOVE).format(
                parent=sql.Identifier(one.name),
                table=sql.Identifier(record.name),
                key=sql.Identifier(record.keys[0].name),
            )
            values = {"tenant": tenant_id, "key": row[record.keys[0].name]}
            what = f"The {record.singular} is above itself"
            found = transaction.execute(statement, values).fetchone()
            if found is not None:
                _refuse(found[0], what, f"/{one.outside}")


def _refuse(circle: Sequence[str], what: str, pointer: str) -> NoReturn:
    raise InputError(
        f"{what}: {' > '.join(circle)}.",
        hint="Take one of these references out.",
        code="cycle",
        status=422,
        pointer=pointer,
    )
