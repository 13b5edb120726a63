"""Landing on PostgreSQL, the writing side: many requests, one transaction, usually one statement.

That one statement is sent from the event loop, which goes on receiving while the database works. Whatever needs more
(people not met before, ids known already, refusals, essential events, an outage) is done in steps by a thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter

import psycopg
from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from akademos.catalogue.policies import LIMITS
from akademos.errors import Unavailable
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.identity import Identifier, PersonKind
from akademos.stores.ports.landing import Receipt
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.identity import PostgresIdentity
from akademos.stores.postgres.identity_evidence import EvidenceNotes
from akademos.stores.postgres.landing_rows import LandingRows
from akademos.stores.postgres.landing_side import write_logs, write_refusals
from akademos.stores.postgres.standing import Standing, Standings
from akademos.stores.postgres.vault import PostgresVault
from akademos.telemetry import SUPPRESSED

_KNOWN_IDS = "SELECT event_id, content_hash FROM event_index WHERE tenant_id = %s AND event_id = ANY(%s)"
_HOLD_DECISIONS = "SELECT FROM tenants WHERE tenant_id = ANY(%s) ORDER BY tenant_id FOR SHARE"
_OLDEST = "SELECT received_at FROM landing ORDER BY transaction_id, seq LIMIT 1"

LAG_CHECK_S = 5.0
ATTEMPTS = 20


_actor, _subject, _handling = attrgetter("actor"), attrgetter("subject"), attrgetter("handling")


class PostgresLanding:
    """Adapter of the port `LandingStore`. One writer at a time uses an instance, in one event loop."""

    def __init__(self, database: Database, vault: PostgresVault, keys: Keys) -> None:
        self._database = database
        self._vault = vault
        self._standings = Standings(database, keys)
        self._evidence = EvidenceNotes(self._standings, PostgresIdentity(database, keys))
        self._lag_checked = -LAG_CHECK_S
        self._cursor: AsyncCursor[TupleRow] | None = None  # one for all groups: making one costs as much as an event

    async def land(self, receipts: Sequence[Receipt]) -> list[list[str]]:
        """Take several requests in one durable transaction, then note what they say about who is whom; see the port."""
        verdicts = await self._landed(receipts)
        for receipt in receipts:
            if receipt.evidence and not self._evidence.settled(receipt):
                await asyncio.to_thread(self._evidence.note, receipt)
        return verdicts

    async def _landed(self, receipts: Sequence[Receipt]) -> list[list[str]]:
        search_index = any(one.too_old for receipt in receipts for one in receipt.arrivals)
        if not search_index and time.monotonic() - self._lag_checked < LAG_CHECK_S:
            try:
                verdicts = await self._land_at_once(receipts)
            except psycopg.errors.UniqueViolation:
                search_index = True
            except (psycopg.OperationalError, psycopg.InterfaceError):
                # The connection is gone; what did commit before is found again as duplicates.
                search_index = True
                await self.close()
            else:
                if verdicts is not None:
                    return verdicts
        return await asyncio.to_thread(self._land_in_steps, receipts, search_index=search_index)

    async def close(self) -> None:
        """Close the connection."""
        cursor, self._cursor = self._cursor, None
        if cursor is not None:
            await cursor.connection.close()

    async def _land_at_once(self, receipts: Sequence[Receipt]) -> list[list[str]] | None:
        """The verdicts; None, with nothing written, when one statement cannot do it."""
        people = self._known_people(receipts)
        if people is None:
            return None
        rows = LandingRows({})
        for receipt in receipts:
            rows.add(receipt, people[receipt.tenant_id])
        if not rows.usual:
            return None
        if self._cursor is None:
            self._cursor = (await self._database.connect_landing()).cursor()
        statement, values = rows.statement({tenant_id: self._standings.version(tenant_id) for tenant_id in people})
        done = await (await self._cursor.execute(statement, values)).fetchone()
        if done and done[0]:
            return rows.verdicts
        self._standings.forget()  # somebody decided about consent meanwhile
        return None

    def _known_people(self, receipts: Sequence[Receipt]) -> dict[str, Mapping[Identifier, Standing]] | None:
        """Per tenant the people met before; None when somebody was not, or may lack a key that an event needs."""
        people: dict[str, Mapping[Identifier, Standing]] = {}
        for receipt in receipts:
            tenant_id, arrivals = receipt.tenant_id, receipt.arrivals
            known = people[tenant_id] = self._standings.met(tenant_id)
            parties = set(map(_actor, arrivals))
            parties.update(map(_subject, arrivals))
            parties.discard(None)
            if not known.keys() >= parties:
                return None
            handlings = {id(one): one for one in map(_handling, arrivals)}.values()
            if any(one.actor_is_staff or not one.needs_consent for one in handlings) and any(
                known[party].key is None for party in parties
            ):
                return None
        return people

    def _land_in_steps(self, receipts: Sequence[Receipt], *, search_index: bool) -> list[list[str]]:
        decided = False
        for attempt in range(ATTEMPTS):
            try:
                with self._database.landing() as connection:
                    if not decided:
                        rows = self._land(connection, receipts, search_index=search_index)
                    else:
                        rows = self._land_before_decisions(connection, receipts, search_index=search_index)
            except psycopg.errors.UniqueViolation:
                search_index = True  # some ids are known: look them up, and try again without them
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                continue
            except Unavailable as down:
                self._standings.forget()
                if down.code != Unavailable.code or attempt > 0:
                    raise
                # The connection may only have been stale. What did commit is found again as duplicates.
                search_index = True
            else:
                if rows is not None:
                    for reason in rows.suppressed.values():
                        SUPPRESSED.labels(reason).inc()
                    return rows.verdicts
                decided = True  # by somebody about consent, meanwhile
        raise Unavailable("other writers keep sending the same ids", hint="Send it again.", retry_after_s=1)

    def _land(self, connection: Transaction, receipts: Sequence[Receipt], *, search_index: bool) -> LandingRows | None:
        self._refuse_when_lagging(connection, max(receipt.received_at for receipt in receipts))
        people = self._people(receipts)
        versions = {tenant_id: self._standings.version(tenant_id) for tenant_id in people}
        rows = LandingRows(self._known_ids(connection, receipts) if search_index else {})
        for receipt in receipts:
            rows.add(receipt, people[receipt.tenant_id])
        if rows.usual:
            return rows if _write(connection, rows, versions) else None
        with connection.transaction():
            if not _write(connection, rows, versions):
                return None
            if rows.logged:
                write_logs(connection, rows.logged)
                for receipt, _, _ in rows.logged:
                    self._standings.forget(receipt.tenant_id)
            write_refusals(connection, receipts, rows.verdicts, rows.suppressed)
        return rows

    def _land_before_decisions(
        self, connection: Transaction, receipts: Sequence[Receipt], *, search_index: bool
    ) -> LandingRows | None:
        """As `_land`; whoever decides about consent waits. For when decisions keep coming in between."""
        with connection.transaction():
            connection.execute(_HOLD_DECISIONS, (list({receipt.tenant_id for receipt in receipts}),))
            self._standings.forget()
            return self._land(connection, receipts, search_index=search_index)

    def _known_ids(self, connection: Transaction, receipts: Sequence[Receipt]) -> dict[tuple[str, bytes], bytes]:
        wanted: dict[str, list[str]] = {}
        for receipt in receipts:
            wanted.setdefault(receipt.tenant_id, []).extend(one.event_id.hex() for one in receipt.arrivals)
        return {
            (tenant_id, event_id.bytes): bytes(content_hash)
            for tenant_id, ids in wanted.items()
            for event_id, content_hash in connection.execute(_KNOWN_IDS, (tenant_id, ids))
        }

    def _people(self, receipts: Sequence[Receipt]) -> dict[str, dict[Identifier, Standing]]:
        """Per tenant everybody in its events; staff, and people in events that rest on another basis than consent, get
        their key on first sight."""
        wanted: dict[str, set[Identifier]] = {}
        keyed: dict[tuple[str, PersonKind], set[Identifier]] = {}
        for receipt in receipts:
            tenant_id, arrivals = receipt.tenant_id, receipt.arrivals
            mine = wanted.setdefault(tenant_id, set())
            mine.update([one.actor for one in arrivals if one.actor is not None])
            mine.update([one.subject for one in arrivals if one.subject is not None])
            for one in arrivals:
                handling = one.handling
                if one.actor is not None and handling.actor_is_staff:
                    keyed.setdefault((tenant_id, "staff"), set()).add(one.actor)
                if not handling.needs_consent:
                    parties = (one.subject,) if handling.actor_is_staff else (one.actor, one.subject)
                    keyed.setdefault((tenant_id, "learner"), set()).update(party for party in parties if party)
        people = {tenant_id: self._standings.of(tenant_id, mine) for tenant_id, mine in wanted.items()}
        for (tenant_id, kind), group in sorted(keyed.items(), key=lambda one: one[0], reverse=True):  # staff first
            new = [
                party for party in group if people[tenant_id][party].key is None and not people[tenant_id][party].erased
            ]
            if new:
                self._vault.ensure(tenant_id, new, kind=kind)
                self._standings.forget(tenant_id)
                people[tenant_id] = self._standings.of(tenant_id, wanted[tenant_id])
        return people

    def _refuse_when_lagging(self, transaction: Transaction, received_at: datetime) -> None:
        now = time.monotonic()
        if now - self._lag_checked < LAG_CHECK_S:
            return
        row = transaction.execute(_OLDEST).fetchone()
        if row and received_at - row[0] > timedelta(hours=LIMITS.backpressure_hours):
            raise Unavailable(
                f"accepted events have waited over {LIMITS.backpressure_hours} hours for the mover",
                hint="Start the worker (`akademos worker`); then send the same ids again.",
                code="mover_lags",
                retry_after_s=60,
            )
        self._lag_checked = now


def _write(transaction: Transaction, rows: LandingRows, versions: Mapping[str, int]) -> bool:
    row = transaction.execute(*rows.statement(versions)).fetchone()
    return bool(row and row[0])
