"""Landing on PostgreSQL, the writing side: many requests, one transaction, usually one statement."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import psycopg

from akademos.catalogue.policies import LIMITS
from akademos.errors import Unavailable
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.identity import Identifier, PersonKind
from akademos.stores.ports.landing import Receipt
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.landing_rows import LandingRows
from akademos.stores.postgres.landing_side import write_logs, write_refusals
from akademos.stores.postgres.standing import Standing, Standings
from akademos.stores.postgres.vault import PostgresVault

_KNOWN_IDS = "SELECT event_id, content_hash FROM event_index WHERE tenant_id = %s AND event_id = ANY(%s)"
_HOLD_DECISIONS = "SELECT FROM tenants WHERE tenant_id = ANY(%s) ORDER BY tenant_id FOR SHARE"
_OLDEST = "SELECT received_at FROM landing ORDER BY transaction_id, seq LIMIT 1"

LAG_CHECK_S = 5.0
ATTEMPTS = 20


class PostgresLanding:
    """Adapter of the port `LandingStore`. One writer at a time uses an instance."""

    def __init__(self, database: Database, vault: PostgresVault, keys: Keys) -> None:
        self._database = database
        self._vault = vault
        self._standings = Standings(database, keys)
        self._lag_checked = -LAG_CHECK_S

    def land(self, receipts: Sequence[Receipt]) -> list[list[str]]:
        """Take several requests in one durable transaction; see the port."""
        search_index = any(one.too_old for receipt in receipts for one in receipt.arrivals)
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
            return rows if rows.write(connection, versions) else None
        with connection.transaction():
            if not rows.write(connection, versions):
                return None
            if rows.logged:
                write_logs(connection, rows.logged)
                for receipt, _, _ in rows.logged:
                    self._standings.forget(receipt.tenant_id)
            write_refusals(connection, receipts, rows.verdicts)
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
            new = [party for party in group if people[tenant_id][party].key is None]
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
