"""What is carried forward of expired events, on PostgreSQL: one packed row a key."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import orjson
import polars as pl

from akademos.catalogue.declarations import Purpose
from akademos.errors import Unavailable
from akademos.stores.ports.carried import Carried
from akademos.stores.postgres.database import Database

LENGTH_BYTES = 4

_READ = """
    SELECT learner_key::text, covers, packed FROM carried_forward
    WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[]) ORDER BY learner_key
"""
_KEYS = """
    SELECT learner_key::text FROM carried_forward WHERE tenant_id = %s AND learner_key::text > %s
    ORDER BY learner_key::text
"""
# Locked, so that a withdrawal waits for this transaction and its job then finds what it wrote.
_GRANTED = """
    SELECT learner_key FROM consent_state
    WHERE tenant_id = %s AND purpose = %s AND granted AND learner_key = ANY(%s::uuid[]) ORDER BY learner_key FOR SHARE
"""
_WRITE = """
    INSERT INTO carried_forward (tenant_id, learner_key, carried_at, covers, packed) VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, learner_key) DO UPDATE
        SET carried_at = excluded.carried_at, covers = excluded.covers, packed = excluded.packed
"""
_REMOVE = "DELETE FROM carried_forward WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[])"


class PostgresCarriedForward:
    """Adapter of the port `CarriedForward`. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, Carried]:
        """By key; see the port."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(_READ, (tenant_id, list(learner_keys))).fetchall()
        return {
            key: Carried(key, {name: datetime.fromisoformat(at) for name, at in covers.items()}, _unpacked(packed))
            for key, covers, packed in rows
        }

    def keys(self, tenant_id: str, *, after: str = "") -> list[str]:
        """Every key that has something carried; see the port."""
        with self._database.pipeline() as transaction:
            return [key for (key,) in transaction.execute(_KEYS, (tenant_id, after))]

    def write(self, tenant_id: str, carried: Sequence[Carried], at: datetime) -> int:
        """Keep it, of those who still grant; see the port."""
        keys = [one.learner_key for one in carried]
        with self._database.pipeline() as transaction:
            found = transaction.execute(_GRANTED, (tenant_id, Purpose.LEARNING_SUPPORT.value, keys))
            granted = {str(key) for (key,) in found}
            rows = [
                (tenant_id, one.learner_key, at, _stamps(one.covers), _packed(one.tables))
                for one in carried
                if one.learner_key in granted
            ]
            if rows:
                transaction.cursor().executemany(_WRITE, rows)
        return len(rows)

    def remove(self, tenant_id: str, learner_keys: Sequence[str]) -> int:
        """Drop it; see the port."""
        with self._database.pipeline() as transaction:
            return transaction.execute(_REMOVE, (tenant_id, [UUID(key) for key in learner_keys])).rowcount


def _stamps(covers: Mapping[str, datetime]) -> str:
    return orjson.dumps({name: at.isoformat() for name, at in sorted(covers.items())}).decode()


def _packed(tables: Mapping[str, pl.DataFrame]) -> bytes:
    """A heading (names and lengths as JSON, behind its own length), then each table as Arrow IPC."""
    parts: dict[str, bytes] = {}
    for name, table in tables.items():
        target = io.BytesIO()
        table.write_ipc(target, compression="zstd")
        parts[name] = target.getvalue()
    heading = orjson.dumps({name: len(content) for name, content in parts.items()})
    return len(heading).to_bytes(LENGTH_BYTES) + heading + b"".join(parts.values())


def _unpacked(content: bytes) -> dict[str, pl.DataFrame]:
    end = LENGTH_BYTES + int.from_bytes(content[:LENGTH_BYTES])
    tables = {}
    try:
        for name, length in orjson.loads(content[LENGTH_BYTES:end]).items():
            tables[name] = pl.read_ipc(io.BytesIO(content[end : end + length]))
            end += length
    except (orjson.JSONDecodeError, pl.exceptions.PolarsError, OSError) as broken:
        raise Unavailable(
            "What was carried forward of a learner's events cannot be read.",
            hint="Restore the database from your backup; the row was damaged.",
            code="carried_unreadable",
        ) from broken
    return tables
