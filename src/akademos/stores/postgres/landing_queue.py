"""Landing on PostgreSQL, the emptying side: whole transactions out in columns, and exact counts of where they went.

Rows carry the id of their transaction. Ids below the snapshot's xmin belong to transactions that have ended, so
no row can turn up under them later, and the highest id of a batch is a watermark that loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from akademos.learning.observations import PROGRESS_EVENTS
from akademos.stores.ports.landing_queue import Backlog, LandedEvents, LandingBatch, PersonStanding, StaleMark, Waiting
from akademos.stores.ports.progress import RECOMPUTE, Observation
from akademos.stores.postgres.columns import instants, integers, uuids
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.landing_side import LEFT_INDEX
from akademos.stores.postgres.locks import CONSENTED_WRITES, lock, lock_consented_writes, lock_landing
from akademos.stores.postgres.progress import enqueue
from akademos.stores.postgres.stale_marks import MARKED_AGAIN

# Transaction ids are reused by a cluster that was restored (another identifier) or wound back (another timeline).
_APPLICATION = """
    SELECT 'mover/' || system_identifier || '/' || left(pg_walfile_name(pg_current_wal_lsn()), 8) || '/'
        || current_database() FROM pg_control_system()
"""
_NEXT = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
_SIZES = """
    WITH head AS (
        SELECT transaction_id, octet_length(raw) AS size FROM landing
        WHERE transaction_id > %(after)s::text::xid8 AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY transaction_id, seq LIMIT %(rows)s + 1
    )
    SELECT transaction_id::text::bigint, count(*), sum(size) FROM head GROUP BY transaction_id ORDER BY 1
"""
# Bounded below as well: what lies there was moved, and the index must not wade through its remains.
_WITHIN = "transaction_id > %(after)s::text::xid8 AND transaction_id <= %(version)s::text::xid8"
_COUNT = f"SELECT count(*) FROM landing WHERE {_WITHIN}"
# Aggregated in the server: one message for all rows, fixed-width columns as they will lie in memory. All columns of
# a group see its rows in the same order, whichever it is. Sorting whole rows to group them would cost as much again.
_HASHED = "SET LOCAL enable_sort = off; SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL work_mem = '64MB'"
_EVENTS = f"""
    SELECT tenant_id, event, source,
        string_agg(int8send(seq), ''), string_agg(uuid_send(event_id), ''),
        string_agg(coalesce(uuid_send(actor_key), %(nobody)s), ''),
        string_agg(coalesce(uuid_send(subject_key), %(nobody)s), ''),
        string_agg(timestamptz_send(received_at), ''), string_agg(timestamptz_send(occurred_at), ''),
        string_agg(raw, '\\x0a')
    FROM landing WHERE {_WITHIN} GROUP BY tenant_id, event, source
"""
_PEOPLE = """
    SELECT tenant_id, learner_key::text, p.kind = 'staff', p.persona,
        coalesce(array_agg(c.purpose) FILTER (WHERE c.granted), '{}'),
        coalesce(bool_or(c.basis = 'consent') FILTER (WHERE c.granted), true), min(c.basis) FILTER (WHERE c.granted)
    FROM people p LEFT JOIN consent_state c USING (tenant_id, learner_key)
    WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[])
    GROUP BY tenant_id, learner_key, p.kind, p.persona
"""
_IMPORTED = "SELECT DISTINCT tenant_id FROM imports WHERE tenant_id = ANY(%s)"
_COUNTED = """
    WITH gone AS ({deleted})
    INSERT INTO movements (tenant_id, kind, events) SELECT tenant_id, %(kind)s, count(*) FROM gone GROUP BY tenant_id
    RETURNING events
"""
_SET_ASIDE = _COUNTED.format(deleted=f"DELETE FROM landing WHERE {_WITHIN} AND seq = ANY(%(seq)s) RETURNING tenant_id")
_POSTPONE = f"""
    WITH gone AS (DELETE FROM landing WHERE {_WITHIN} AND seq = ANY(%(seq)s) RETURNING *)
    INSERT INTO landing (tenant_id, event_id, event, actor_key, subject_key, source, received_at, occurred_at, raw)
    SELECT tenant_id, event_id, event, actor_key, subject_key, source, received_at, occurred_at, raw FROM gone
"""
_FINISH = _COUNTED.format(deleted=f"DELETE FROM landing WHERE {_WITHIN} RETURNING tenant_id")
_IN_HAND = """
    INSERT INTO landing_in_hand (moving_to) VALUES (%(version)s::text::xid8)
    ON CONFLICT (one_row) DO UPDATE SET moving_to = excluded.moving_to
"""
_OUT_OF_HAND = "DELETE FROM landing_in_hand WHERE moving_to <= %(version)s::text::xid8"
_MARK_STALE = f"""
    INSERT INTO stale_learner_states (tenant_id, learner_key, marked_at, due_at)
    SELECT t, k, (SELECT clock_timestamp()), (SELECT clock_timestamp()) + min(s) * interval '1 second'
    FROM unnest(%s::text[], %s::uuid[], %s::int[]) AS _ (t, k, s) GROUP BY t, k
    {MARKED_AGAIN}
"""
_MARK_RECOVERED = f"""
    INSERT INTO stale_learner_states (tenant_id, learner_key, marked_at)
    SELECT DISTINCT tenant_id, party, (SELECT clock_timestamp())
    FROM landing CROSS JOIN unnest(ARRAY[actor_key, subject_key]) AS party
    WHERE transaction_id <= %(version)s::text::xid8 AND party IS NOT NULL
    {MARKED_AGAIN}
"""
# What they did is in the core: everything of them is computed anew from there.
_OBSERVE_RECOVERED = f"""
    INSERT INTO progress_observations (tenant_id, learner_key, event, at)
    SELECT DISTINCT l.tenant_id, p.learner_key, '{RECOMPUTE}', (SELECT clock_timestamp())
    FROM landing l CROSS JOIN unnest(ARRAY[l.actor_key, l.subject_key]) AS party
    JOIN people p ON p.tenant_id = l.tenant_id AND p.learner_key = party
    WHERE l.transaction_id <= %(version)s::text::xid8 AND l.event = ANY(%(events)s)
"""
_EXPIRE_HELD = _COUNTED.format(deleted="DELETE FROM held WHERE received_at < %(before)s RETURNING tenant_id")
_EXPIRE_LETTERS = "DELETE FROM dead_letters WHERE received_at < %(before)s"
_EXPIRE_INDEX = f"""
    WITH gone AS (
        DELETE FROM event_index WHERE (tableoid, ctid) IN (
            SELECT tableoid, ctid FROM event_index WHERE received_at < %(before)s LIMIT %(rows)s
        ) RETURNING *
    ), left_index AS ({LEFT_INDEX.format(payload_hash="content_hash")})
    SELECT count(*) FROM gone
"""
_SETTLE = """
    INSERT INTO movements (tenant_id, kind, events)
    SELECT %(tenant)s, %(kind)s, %(total)s - counted
    FROM (
        SELECT coalesce(sum(events), 0) AS counted FROM movements WHERE tenant_id = %(tenant)s AND kind = %(kind)s
    ) AS _
    WHERE counted < %(total)s
    RETURNING events
"""
_BACKLOG = """
    SELECT (SELECT count(*) FROM landing), (SELECT received_at FROM landing ORDER BY transaction_id, seq LIMIT 1)
"""

_WAITING = "SELECT (SELECT min(received_at) FROM held), (SELECT min(received_at) FROM dead_letters)"

INDEX_ROWS_AT_ONCE = 20_000


class PostgresLandingQueue:
    """Adapter of the port `LandingQueue`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._finished: int | None = None

    @property
    def application(self) -> str:
        """Application id for the core's commits: one for each life of the cluster."""
        with self._database.pipeline() as transaction:
            ((application,),) = transaction.execute(_APPLICATION)
        return str(application)

    @property
    def next_transaction(self) -> int:
        """The transaction id that the cluster gives next."""
        with self._database.pipeline() as transaction:
            ((following,),) = transaction.execute(_NEXT)
        return int(following)

    @contextmanager
    def take(self, rows: int, size: int, *, committed: int | None) -> Iterator[LandingBatch | None]:
        """Enter with the next batch; see the port."""
        with self._database.pipeline() as guard:
            lock_landing(guard)
            if committed is not None and committed != self._finished:
                with self._database.pipeline() as transaction:
                    _recover(transaction, committed)
            version, found = _next_transactions(guard, committed or 0, rows, size)
            if not found:
                yield None
                return
            lock_consented_writes(guard)
            yield _Batch(self._database, guard, committed or 0, version, found)
        self._finished = version  # the guard's transaction is committed

    def recover(self, committed: int) -> int:
        """Delete rows whose transaction the core already holds; see the port."""
        with self._database.pipeline() as transaction:
            lock_landing(transaction)
            return _recover(transaction, committed)

    def wait_for_writers(self) -> None:
        """Wait out whoever checked consent before now."""
        with self._database.pipeline() as transaction:
            lock(transaction, CONSENTED_WRITES)

    def backlog(self) -> Backlog:
        """For metrics, alerts and back-pressure."""
        with self._database.pipeline() as transaction:
            ((events, oldest),) = transaction.execute(_BACKLOG)
        return Backlog(events, oldest)

    def expire(self, *, landing_before: datetime, index_before: datetime) -> int:
        """Enforce the limits of held rows, dead letters and the index of ids; see the port."""
        with self._database.pipeline() as transaction:
            values = {"before": landing_before, "kind": "expired_held"}
            expired = int(sum(count for (count,) in transaction.execute(_EXPIRE_HELD, values)))
            transaction.execute(_EXPIRE_LETTERS, values)
        gone = INDEX_ROWS_AT_ONCE
        while gone == INDEX_ROWS_AT_ONCE:
            with self._database.pipeline() as transaction:
                bounds = {"before": index_before, "rows": INDEX_ROWS_AT_ONCE}
                ((gone,),) = transaction.execute(_EXPIRE_INDEX, bounds)
        return expired

    def waiting(self) -> Waiting:
        """For metrics and alerts of what may wait for a day at most."""
        with self._database.pipeline() as transaction:
            ((held, letters),) = transaction.execute(_WAITING)
        return Waiting(held, letters)

    def settle(self, kind: str, totals: Mapping[str, int]) -> int:
        """Have the movements of a kind add up; see the port."""
        uncounted = 0
        with self._database.pipeline() as transaction:
            lock_landing(transaction)
            for tenant_id, total in totals.items():
                values = {"tenant": tenant_id, "kind": kind, "total": total}
                uncounted += sum(int(count) for (count,) in transaction.execute(_SETTLE, values))
        return uncounted


class _Batch:
    """Adapter of the port `LandingBatch`; `guard` holds the locks."""

    def __init__(self, database: Database, guard: Transaction, after: int, version: int, rows: int) -> None:
        self._database = database
        self._bounds = {"after": after, "version": version}
        self._guard = guard
        self._events: list[LandedEvents] | None = None
        self.version = version
        self.rows = rows

    def events(self) -> Sequence[LandedEvents]:
        """The rows."""
        if self._events is None:
            self._guard.execute(_HASHED)
            found = self._guard.cursor(binary=True).execute(_EVENTS, {**self._bounds, "nobody": bytes(16)})
            self._events = [
                LandedEvents(
                    tenant_id, event, source, integers(seq), uuids(event_id), uuids(actor), uuids(subject),
                    instants(received), instants(occurred), raw,
                )
                for tenant_id, event, source, seq, event_id, actor, subject, received, occurred, raw in found
            ]  # fmt: skip
        return self._events

    def people(self) -> Mapping[tuple[str, str], PersonStanding]:
        """Who is in it, at this moment."""
        keys: dict[str, set[str]] = {}
        for landed in self.events():
            for parties in (landed.actor_key, landed.subject_key):
                keys.setdefault(landed.tenant_id, set()).update(parties.unique().drop_null().to_pylist())
        return {
            (tenant_id, key): PersonStanding(staff, persona, frozenset(purposes), "consent" if own else basis)
            for tenant, mine in keys.items()
            for tenant_id, key, staff, persona, purposes, own, basis in self._guard.execute(
                _PEOPLE, (tenant, list(mine))
            )
        }

    def imported_tenants(self) -> frozenset[str]:
        """Tenants of whose events some came by import."""
        tenants = list({landed.tenant_id for landed in self.events()})
        return frozenset(tenant_id for (tenant_id,) in self._guard.execute(_IMPORTED, (tenants,)))

    def prepare(self, *, withdrawn: Sequence[int], late_duplicates: Sequence[int], postponed: Sequence[int]) -> None:
        """Take rows out of the batch, and note that the rest is about to move; see the port."""
        # In a transaction of its own: the guard's must go on holding the locks.
        with self._database.pipeline() as transaction:
            for kind, seq in (("withdrawn", withdrawn), ("late_duplicate", late_duplicates)):
                if seq:
                    transaction.execute(_SET_ASIDE, {**self._bounds, "kind": kind, "seq": list(seq)})
            if postponed:
                transaction.execute(_POSTPONE, {**self._bounds, "seq": list(postponed)})
            transaction.execute(_IN_HAND, self._bounds)

    def finish(self, stale: Sequence[StaleMark], observed: Sequence[Observation] = ()) -> int:
        """Delete and count what is left; see the port."""
        # In the guard's transaction: whoever has lost the locks cannot finish.
        if stale:
            tenants, keys, waits = zip(*stale, strict=True)
            self._guard.execute(_MARK_STALE, (list(tenants), list(map(UUID, keys)), list(waits)))
        enqueue(self._guard, observed)
        values = {**self._bounds, "kind": "moved"}
        self._guard.execute(_OUT_OF_HAND, values)
        return int(sum(count for (count,) in self._guard.execute(_FINISH, values)))


def _next_transactions(transaction: Transaction, after: int, rows: int, size: int) -> tuple[int, int]:
    """Watermark and row count of the next whole transactions within the bounds; one at least, if any waits."""
    found = transaction.execute(_SIZES, {"after": after, "rows": rows}).fetchall()
    cut = sum(count for _, count, _ in found) > rows
    if cut and len(found) == 1:
        version = found[0][0]
        ((taken,),) = transaction.execute(_COUNT, {"after": after, "version": version})
        return version, int(taken)
    version, taken, taken_size = 0, 0, 0
    for transaction_id, count, bytes_ in found[:-1] if cut else found:
        if taken and (taken + count > rows or taken_size + bytes_ > size):
            break
        version, taken, taken_size = transaction_id, taken + count, taken_size + int(bytes_)
    return version, taken


def _recover(transaction: Transaction, committed: int) -> int:
    values = {"kind": "moved", "after": 0, "version": committed}
    transaction.execute(_MARK_RECOVERED, values)
    transaction.execute(_OBSERVE_RECOVERED, {**values, "events": list(PROGRESS_EVENTS)})
    transaction.execute(_OUT_OF_HAND, values)
    return int(sum(count for (count,) in transaction.execute(_FINISH, values)))
