"""Precomputed learner analytics on PostgreSQL. Consent is looked at again in the transaction that writes."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import polars as pl

from akademos.catalogue.declarations import Purpose
from akademos.stores.ports.learner_state import Cohort, LearnerState, PastCohort, StaleState
from akademos.stores.postgres import linked_consent, memory_weights
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.stale_marks import MARKED_AGAIN

# Locked, so that a decision or a merge waits for this transaction and then finds what it wrote.
_HOLD_CONSENT = """
    SELECT FROM consent_state
    WHERE tenant_id = %s AND purpose = %s AND learner_key = ANY(%s::uuid[]) ORDER BY learner_key FOR SHARE
"""
_WRITE = """
    INSERT INTO learner_state AS kept (tenant_id, learner_key, version, computed_at, computed_as_of, definition, events,
        last_event_at, packed)
    VALUES (%s, %s, 1, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (tenant_id, learner_key) DO UPDATE SET version = kept.version + 1, computed_at = excluded.computed_at,
        computed_as_of = excluded.computed_as_of, definition = excluded.definition, events = excluded.events,
        last_event_at = excluded.last_event_at, packed = excluded.packed
    WHERE kept.computed_as_of <= excluded.computed_as_of
"""
_READ = """
    SELECT learner_key::text, version, computed_at, computed_as_of, definition, events, last_event_at, packed
    FROM learner_state WHERE tenant_id = %s AND learner_key = %s
"""
_READ_MANY = """
    SELECT learner_key::text, version, computed_at, computed_as_of, definition, events, last_event_at, packed
    FROM learner_state WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[]) ORDER BY learner_key
"""
# What is paused, restricted or objected to is not computed anew, and nothing of it is deleted.
_NOT_STOPPED = """ AND NOT EXISTS (
        SELECT FROM consent_state c WHERE c.tenant_id = t.tenant_id AND c.learner_key = t.learner_key
            AND c.purpose = 'learning_support' AND c.granted AND NOT c.live
    )"""
_REMOVE = f"DELETE FROM learner_state t WHERE tenant_id = %s AND learner_key = ANY(%s){_NOT_STOPPED}"
_REMOVE_TOPICS = f"DELETE FROM topic_mastery t WHERE tenant_id = %s AND learner_key = ANY(%s){_NOT_STOPPED}"
_REMOVE_WEIGHTS = f"DELETE FROM memory_weights t WHERE tenant_id = %s AND learner_key = ANY(%s){_NOT_STOPPED}"
# Who has no state any more has no events either that weights could rest on.
_DROP_WEIGHTS = f"""
    DELETE FROM memory_weights t WHERE tenant_id = %s{_NOT_STOPPED} AND NOT EXISTS (
        SELECT FROM learner_state s WHERE s.tenant_id = t.tenant_id AND s.learner_key = t.learner_key
    )
"""
_MARK = f"""
    INSERT INTO stale_learner_states (tenant_id, learner_key, marked_at)
    SELECT DISTINCT %s, k, (SELECT clock_timestamp()) FROM unnest(%s::uuid[]) AS _ (k)
    {MARKED_AGAIN}
"""
_STALE = """
    SELECT tenant_id, learner_key::text, marked_at, coalesce(events, 0)
    FROM stale_learner_states LEFT JOIN learner_state USING (tenant_id, learner_key)
    WHERE due_at <= clock_timestamp() OR %s
    ORDER BY due_at, tenant_id, learner_key LIMIT %s
"""
_SETTLE = "DELETE FROM stale_learner_states WHERE tenant_id = %s AND learner_key = %s AND marked_at = %s"
_TOPICS = """
    INSERT INTO topic_mastery (tenant_id, learner_key, topic_id, as_of, status, mastery, low, high, answers)
    SELECT %s, * FROM unnest(%s::uuid[], %s::text[], %s::timestamptz[], %s::text[], %s::float8[], %s::float8[],
        %s::float8[], %s::int[])
"""
_TOPIC_COLUMNS = ("learner_key", "topic_id", "as_of", "status", "mastery", "low", "high", "answers")
_WRITE_COHORT = """
    INSERT INTO item_difficulty (tenant_id, version, computed_at, items, packed, cohort_times)
    SELECT %(tenant)s, coalesce(max(version), 0) + 1, %(at)s, %(items)s, %(difficulty)s, %(times)s
    FROM item_difficulty WHERE tenant_id = %(tenant)s
    RETURNING version
"""
_FORGET_COHORTS = "DELETE FROM item_difficulty WHERE tenant_id = %s AND version <= %s"
_COHORT_VERSION = "SELECT max(version) FROM item_difficulty WHERE tenant_id = %s"
_COHORT = "SELECT computed_at, packed, cohort_times FROM item_difficulty WHERE tenant_id = %s AND version = %s"
_FORGET_PASTS = "DELETE FROM cohort_pasts WHERE tenant_id = %s"
_WRITE_PAST = "INSERT INTO cohort_pasts (tenant_id, at, version, packed, cohort_times) VALUES (%s, %s, %s, %s, %s)"
_PAST = """
    SELECT version, at, packed, cohort_times FROM cohort_pasts
    WHERE tenant_id = %s AND at <= %s ORDER BY at DESC LIMIT 1
"""

VERSIONS_KEPT = 30
"""About a month of nights, so that a state can be compared with what it was computed from."""


class PostgresLearnerStates:
    """Adapter of the port `LearnerStates`. Safe to share between threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._cohorts: dict[str, Cohort] = {}
        self._lock = threading.Lock()

    def write(
        self, tenant_id: str, states: Iterable[LearnerState], *, of: Mapping[str, Sequence[str]] | None = None
    ) -> int:
        """Upsert the states of those who consent, drop those of the others; see the port."""
        by_key = {state.learner_key: state for state in states}
        with self._database.pipeline() as transaction:
            consenting, unchanged = _consenting(
                transaction, tenant_id, {key: (of or {}).get(key, (key,)) for key in by_key}
            )
            rows = [
                (tenant_id, key, one.computed_at, one.computed_as_of, one.definition, one.events, one.last_event_at,
                 one.packed)
                for key, one in sorted(by_key.items()) if key in unchanged
            ]  # fmt: skip
            cursor = transaction.cursor()
            if rows:
                cursor.executemany(_WRITE, rows)
            written = cursor.rowcount if rows else 0
            _remove(transaction, tenant_id, [key for key in by_key if key not in consenting])
        return written

    def read(self, tenant_id: str, learner_key: str) -> LearnerState | None:
        """One learner's row."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(_READ, (tenant_id, learner_key)).fetchone()
        return LearnerState(*row) if row else None

    def read_many(self, tenant_id: str, learner_keys: Sequence[str]) -> list[LearnerState]:
        """The rows of some learners, in the order of their keys."""
        with self._database.pipeline() as transaction:
            return [LearnerState(*row) for row in transaction.execute(_READ_MANY, (tenant_id, list(learner_keys)))]

    def remove(self, tenant_id: str, learner_keys: Sequence[str]) -> int:
        """Drop rows of learners who no longer have consented events."""
        with self._database.pipeline() as transaction:
            return _remove(transaction, tenant_id, learner_keys)

    def drop_before(self, tenant_id: str, computed_as_of: datetime) -> int:
        """Drop rows that a run over all learners has not renewed; see the port."""
        values = (tenant_id, computed_as_of)
        with self._database.pipeline() as transaction:
            transaction.execute(
                f"DELETE FROM topic_mastery t WHERE tenant_id = %s AND as_of < %s{_NOT_STOPPED}", values
            )
            statement = f"DELETE FROM learner_state t WHERE tenant_id = %s AND computed_as_of < %s{_NOT_STOPPED}"
            dropped = transaction.execute(statement, values).rowcount
            transaction.execute(_DROP_WEIGHTS, (tenant_id,))
            return dropped

    def mark_stale(self, tenant_id: str, learner_keys: Sequence[str]) -> None:
        """Have the states of some learners computed anew soon."""
        with self._database.pipeline() as transaction:
            transaction.execute(_MARK, (tenant_id, [UUID(key) for key in learner_keys]))

    def stale(self, limit: int, *, early: bool = False) -> list[StaleState]:
        """Stale states that are due; see the port."""
        with self._database.pipeline() as transaction:
            return [StaleState(*row) for row in transaction.execute(_STALE, (early, limit))]

    def settle(self, done: Sequence[StaleState]) -> None:
        """Remove the marks, unless they were set again meanwhile."""
        if done:
            with self._database.pipeline() as transaction:
                transaction.cursor().executemany(
                    _SETTLE, [(one.tenant_id, one.learner_key, one.marked_at) for one in done]
                )

    def write_topic_mastery(self, tenant_id: str, of: Mapping[str, Sequence[str]], rows: pl.DataFrame) -> int:
        """Replace the snapshot of some learners; see the port."""
        keys = [UUID(key) for key in of]
        with self._database.pipeline() as transaction:
            transaction.execute(_REMOVE_TOPICS, (tenant_id, keys))
            _, unchanged = _consenting(transaction, tenant_id, of)
            kept = rows.filter(pl.col("learner_key").is_in(list(unchanged))).select(_TOPIC_COLUMNS)
            transaction.execute(_TOPICS, (tenant_id, *(kept[name].to_list() for name in _TOPIC_COLUMNS)))
        return kept.height

    def write_cohort(
        self,
        tenant_id: str,
        computed_at: datetime,
        tables: Mapping[str, pl.DataFrame],
        pasts: Sequence[PastCohort] = (),
    ) -> int:
        """Keep a new version of what the cohort taught, and what it had taught before; see the port."""
        difficulty = tables["item_difficulty"]
        values = {
            "tenant": tenant_id,
            "at": computed_at,
            "items": difficulty.height,
            "difficulty": _packed(difficulty),
            "times": _packed(tables["cohort_times"]),
        }
        with self._database.pipeline() as transaction:
            ((version,),) = transaction.execute(_WRITE_COHORT, values)
            transaction.execute(_FORGET_COHORTS, (tenant_id, version - VERSIONS_KEPT))
            transaction.execute(_FORGET_PASTS, (tenant_id,))
            transaction.cursor().executemany(
                _WRITE_PAST,
                [
                    (tenant_id, one.at, version, _packed(one.tables["item_difficulty"]),
                     _packed(one.tables["cohort_times"]))
                    for one in pasts
                ],
            )  # fmt: skip
        return int(version)

    def cohort(self, tenant_id: str, at: datetime | None = None) -> Cohort | None:
        """What the cohort taught by now, or had taught by an instant; see the port."""
        newest = self._newest(tenant_id)
        if newest is None or at is None or newest.computed_at <= at:
            return newest
        with self._database.pipeline() as transaction:
            row = transaction.execute(_PAST, (tenant_id, at)).fetchone()
        if row is None:
            return None
        version, known_at, difficulty, times = row
        return _cohort(version, known_at, difficulty, times)

    def _newest(self, tenant_id: str) -> Cohort | None:
        """The newest version; kept in memory until there is a newer one."""
        with self._database.pipeline() as transaction:
            ((version,),) = transaction.execute(_COHORT_VERSION, (tenant_id,))
            with self._lock:
                kept = self._cohorts.get(tenant_id)
            if version is None or (kept is not None and kept.version == version):
                return kept if version is not None else None
            ((computed_at, difficulty, times),) = transaction.execute(_COHORT, (tenant_id, version))
        read = _cohort(version, computed_at, difficulty, times)
        with self._lock:
            self._cohorts[tenant_id] = read
        return read

    def write_cohort_weights(
        self, tenant_id: str, fitted_at: datetime, weights: Sequence[float], *, learners: int, reviews: int
    ) -> int:
        """A new version of the tenant's FSRS-6 weights; see the port."""
        with self._database.pipeline() as transaction:
            return memory_weights.write_cohort(
                transaction, tenant_id, fitted_at, weights, learners=learners, reviews=reviews
            )

    def write_weights(self, tenant_id: str, of: Mapping[str, Sequence[str]], rows: pl.DataFrame) -> int:
        """FSRS-6 weights of learners' own; see the port."""
        if rows.is_empty():
            return 0
        with self._database.pipeline() as transaction:
            _, unchanged = _consenting(transaction, tenant_id, {key: of[key] for key in rows["learner_key"]})
            kept = rows.filter(pl.col("learner_key").is_in(list(unchanged)))
            return memory_weights.write_own(transaction, tenant_id, kept.iter_rows(named=True))

    def weights(self, tenant_id: str, learner_keys: Sequence[str], at: datetime) -> dict[str, pl.DataFrame]:
        """FSRS-6 weights in force at an instant; see the port."""
        with self._database.pipeline() as transaction:
            return memory_weights.in_force(transaction, tenant_id, learner_keys, at)

    def item_difficulty(self, tenant_id: str) -> tuple[int, pl.DataFrame] | None:
        """Item difficulty of the newest version."""
        cohort = self.cohort(tenant_id)
        return None if cohort is None else (cohort.version, cohort.tables["item_difficulty"])


def _remove(transaction: Transaction, tenant_id: str, learner_keys: Sequence[str]) -> int:
    if not learner_keys:
        return 0
    values = (tenant_id, [UUID(key) for key in learner_keys])
    transaction.execute(_REMOVE_TOPICS, values)
    transaction.execute(_REMOVE_WEIGHTS, values)
    return transaction.execute(_REMOVE, values).rowcount


def _consenting(transaction: Transaction, tenant_id: str, of: Mapping[str, Sequence[str]]) -> tuple[set[str], set[str]]:
    """Who of these people consents, and who of them is still known by the very keys that were read."""
    purpose = Purpose.LEARNING_SUPPORT
    held = sorted({key for keys in of.values() for key in keys})
    transaction.execute(_HOLD_CONSENT, (tenant_id, purpose.value, held))
    # A statement of its own: it sees what was committed while the one before waited.
    found = linked_consent.people(transaction, tenant_id, list(of), purpose)
    return set(found), {key for key, keys in of.items() if found.get(key) == tuple(keys)}


def _cohort(version: int, at: datetime, difficulty: bytes, times: bytes) -> Cohort:
    return Cohort(version, at, {"item_difficulty": _unpacked(difficulty), "cohort_times": _unpacked(times)})


def _packed(table: pl.DataFrame) -> bytes:
    target = io.BytesIO()
    table.write_ipc(target, compression="zstd")
    return target.getvalue()


def _unpacked(content: bytes) -> pl.DataFrame:
    return pl.read_ipc(io.BytesIO(content))
