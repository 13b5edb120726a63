"""Landing on PostgreSQL, the writing side: many requests, one transaction, at most two COPYs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import psycopg

from akademos.catalogue.policies import LIMITS
from akademos.errors import Unavailable
from akademos.privacy.consent import without_opted_out
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.identity import Identifier, PersonKind
from akademos.stores.ports.landing import Arrival, Receipt
from akademos.stores.postgres import copy
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.landing_side import write_logs, write_receipts, write_refusals
from akademos.stores.postgres.standing import Standing, Standings
from akademos.stores.postgres.vault import PostgresVault

_COPY_INDEX = (
    "COPY event_index (tenant_id, event_id, content_hash, received_at, source, event, size, verdict) "
    "FROM STDIN (FORMAT BINARY)"
)
_COPY_LANDING = (
    "COPY landing (tenant_id, event_id, event, actor_key, subject_key, source, received_at, occurred_at, raw) "
    "FROM STDIN (FORMAT BINARY)"
)
_COPY_HELD = (
    "COPY held (tenant_id, event_id, event, actor_hash, subject_hash, source, received_at, occurred_at, raw) "
    "FROM STDIN (FORMAT BINARY)"
)
_KNOWN_IDS = "SELECT event_id, content_hash FROM event_index WHERE tenant_id = %s AND event_id = ANY(%s)"
_OLDEST = "SELECT received_at FROM landing ORDER BY transaction_id, seq LIMIT 1"

LAG_CHECK_S = 5.0
ATTEMPTS = 20


class PostgresLanding:
    """Adapter of the port `LandingStore`. One writer at a time uses an instance."""

    def __init__(self, database: Database, vault: PostgresVault, keys: Keys) -> None:
        self._database = database
        self._vault = vault
        self._keys = keys
        self._standings = Standings(keys)
        self._lag_checked = -LAG_CHECK_S

    def land(self, receipts: Sequence[Receipt]) -> list[list[str]]:
        """Take several requests in one durable transaction; see the port."""
        search_index = any(one.too_old for receipt in receipts for one in receipt.arrivals)
        for attempt in range(ATTEMPTS):
            try:
                with self._database.landing() as transaction:
                    return self._land(transaction, receipts, search_index=search_index)
            except psycopg.errors.UniqueViolation:
                search_index = True  # some ids are known: look them up, and try again without them
            except (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure):
                continue
            except Unavailable as down:
                self._standings = Standings(self._keys)
                if down.code != Unavailable.code or attempt > 0:
                    raise
                # The connection may only have been stale. What did commit is found again as duplicates.
                search_index = True
            except BaseException:
                self._standings = Standings(self._keys)  # it may hold what was rolled back
                raise
        raise Unavailable("other writers keep sending the same ids", hint="Send it again.", retry_after_s=1)

    def _land(self, transaction: Transaction, receipts: Sequence[Receipt], *, search_index: bool) -> list[list[str]]:
        self._refuse_when_lagging(transaction, max(receipt.received_at for receipt in receipts))
        self._standings.versions(transaction, {receipt.tenant_id for receipt in receipts})
        known = self._known_ids(transaction, receipts) if search_index else {}
        index, landing, held = [copy.HEADER], [copy.HEADER], [copy.HEADER]
        logged: list[tuple[Receipt, Arrival, bytes | None]] = []
        verdicts: list[list[str]] = []
        for receipt in receipts:
            people = self._people(transaction, receipt)
            tenant, source = copy.text(receipt.tenant_id), copy.text(receipt.source)
            received = copy.timestamp(receipt.received_at)
            row, entry = copy.columns(9) + tenant, copy.columns(8) + tenant
            mine: list[str] = []
            for one in receipt.arrivals:
                seen = (receipt.tenant_id, one.event_id)
                first = known.get(seen)
                if first is not None:
                    mine.append("duplicate" if first == one.content_hash else "conflict")
                    continue
                if one.too_old:
                    mine.append("rejected")
                    continue
                known[seen] = one.content_hash
                actor = people[one.actor] if one.actor is not None else None
                subject = people[one.subject] if one.subject is not None else None
                verdict = _verdict(one, actor, subject)
                mine.append(verdict)
                event_id, event = copy.sixteen(one.event_id), copy.text(one.handling.event)
                index += (
                    entry, event_id, copy.sixteen(one.content_hash), received, source, event,
                    copy.integer(len(one.raw)), copy.text(verdict),
                )  # fmt: skip
                if verdict == "accepted":
                    if not one.handling.in_core:
                        logged.append((receipt, one, actor and actor.key))
                        continue
                    parties = copy.sixteen(actor and actor.key) + copy.sixteen(subject and subject.key)
                    target = landing
                elif verdict == "held":
                    parties = copy.sixteen(actor and actor.identifier_hash) + copy.sixteen(
                        subject and subject.identifier_hash
                    )
                    target = held
                else:
                    continue
                target += (
                    row, event_id, event, parties, source, received, copy.timestamp(one.occurred_at),
                    copy.binary(one.raw),
                )  # fmt: skip
            verdicts.append(mine)
        for statement, rows in ((_COPY_INDEX, index), (_COPY_LANDING, landing), (_COPY_HELD, held)):
            if len(rows) > 1:
                rows.append(copy.TRAILER)
                with transaction.cursor().copy(statement) as sink:
                    sink.write(b"".join(rows))
        if logged:
            write_logs(transaction, logged)
            for receipt, _, _ in logged:
                self._standings.forget(receipt.tenant_id)
        with transaction.pipeline():  # one round trip for the rest
            write_receipts(transaction, receipts, verdicts)
            write_refusals(transaction, receipts, verdicts)
            transaction.commit()
        return verdicts

    def _known_ids(self, transaction: Transaction, receipts: Sequence[Receipt]) -> dict[tuple[str, bytes], bytes]:
        wanted: dict[str, list[str]] = {}
        for receipt in receipts:
            wanted.setdefault(receipt.tenant_id, []).extend(one.event_id.hex() for one in receipt.arrivals)
        return {
            (tenant_id, event_id.bytes): bytes(content_hash)
            for tenant_id, ids in wanted.items()
            for event_id, content_hash in transaction.execute(_KNOWN_IDS, (tenant_id, ids))
        }

    def _people(self, transaction: Transaction, receipt: Receipt) -> dict[Identifier, Standing]:
        tenant_id = receipt.tenant_id
        wanted = {party for one in receipt.arrivals for party in (one.actor, one.subject) if party is not None}
        people = self._standings.of(transaction, tenant_id, wanted)
        # Staff and people in events that rest on another basis than consent get their key on first sight.
        staff = {one.actor for one in receipt.arrivals if one.actor and one.handling.actor_is_staff}
        others = {
            party
            for one in receipt.arrivals
            if not one.handling.needs_consent
            for party in (one.actor, one.subject)
            if party and party not in staff
        }
        kinds: tuple[tuple[PersonKind, set[Identifier]], ...] = (("staff", staff), ("learner", others))
        for kind, group in kinds:
            new = [party for party in group if people[party].key is None]
            if new:
                self._vault.ensure_in(transaction, tenant_id, new, kind=kind)
                self._standings.forget(tenant_id)
                people = self._standings.of(transaction, tenant_id, wanted)
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


def _verdict(one: Arrival, actor: Standing | None, subject: Standing | None) -> str:
    handling = one.handling
    learners = [] if actor is None or actor.staff or handling.actor_is_staff else [actor]
    if subject is not None:
        learners.append(subject)
    if handling.stopped_by_opt_out and (one.opt_out or any(party.opted_out for party in learners)):
        return "suppressed"
    if not handling.needs_consent:
        return "accepted"
    for party in learners:
        consented = without_opted_out(party.consented) if party.opted_out else party.consented
        if not handling.purposes & consented:
            return "held"
    return "accepted"
