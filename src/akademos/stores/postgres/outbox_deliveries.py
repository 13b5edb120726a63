"""Turns of webhooks on PostgreSQL.

A turn is a lease on the consumer's row, not a lock: no transaction is open while a recipient answers. A process that
dies leaves a lease that runs out; whoever has lost the lease moves nothing any more, so what was sent twice then is
acknowledged once.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from akademos.catalogue.outbox import OUTBOX_LIMITS
from akademos.errors import AkademosError
from akademos.privacy.pseudonyms import Keys, unseal
from akademos.stores.ports.outbox import Consumer, Delivery, Page, Standing
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.outbox import CONSUMER_COLUMNS, SECRETS, PostgresOutbox, consumer_of

ACTOR = "job:outbox"
REASON_LENGTH = 300

_TAKE = f"""
    WITH due AS (
        SELECT c.tenant_id AS of_tenant, c.consumer AS of_consumer FROM outbox_consumers c
        WHERE c.url IS NOT NULL AND c.state = 'active' AND c.next_attempt_at <= %(now)s
            AND (c.leased_until IS NULL OR c.leased_until < %(now)s)
            AND (c.position < (SELECT h.position FROM outbox_heads h WHERE h.tenant_id = c.tenant_id)
                OR EXISTS (SELECT FROM outbox_letters l
                    WHERE l.tenant_id = c.tenant_id AND l.consumer = c.consumer AND l.again))
        ORDER BY c.next_attempt_at, c.tenant_id, c.consumer LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox_consumers SET lease = %(lease)s, leased_until = %(now)s + %(period)s
    FROM due WHERE tenant_id = of_tenant AND consumer = of_consumer
    RETURNING {CONSUMER_COLUMNS},
        secret, CASE WHEN previous_until > %(now)s THEN previous_secret END
"""
_AGAIN = """
    SELECT position FROM outbox_letters WHERE tenant_id = %s AND consumer = %s AND again ORDER BY position LIMIT %s
"""
_END = "lease = NULL, leased_until = NULL"
_DELIVERED = f"""
    UPDATE outbox_consumers SET position = greatest(position, %(cursor)s), failures = 0, last_error = NULL,
        next_attempt_at = now(), {_END}
    WHERE tenant_id = %(tenant)s AND consumer = %(consumer)s AND lease = %(lease)s
"""
_FAILED = f"""
    UPDATE outbox_consumers SET failures = failures + %(more)s, last_error = %(reason)s,
        next_attempt_at = %(next)s, {_END}
    WHERE tenant_id = %(tenant)s AND consumer = %(consumer)s AND lease = %(lease)s
    RETURNING failures, attempts
"""
_GIVEN_UP = """
    UPDATE outbox_consumers SET position = greatest(position, %(cursor)s), failures = 0
    WHERE tenant_id = %(tenant)s AND consumer = %(consumer)s
"""
_GONE = f"""
    UPDATE outbox_consumers SET state = 'gone', last_error = 'the recipient answered 410', {_END}
    WHERE tenant_id = %(tenant)s AND consumer = %(consumer)s AND lease = %(lease)s
"""
_STOP = f"""
    UPDATE outbox_consumers SET state = 'paused', last_error = %(reason)s, {_END}
    WHERE tenant_id = %(tenant)s AND consumer = %(consumer)s AND lease = %(lease)s
"""
_WRITE_LETTERS = """
    INSERT INTO outbox_letters (tenant_id, consumer, position, attempts, reason)
    SELECT %(tenant)s, %(consumer)s, place, %(attempts)s, %(reason)s FROM unnest(%(places)s::bigint[]) AS place
    ON CONFLICT (tenant_id, consumer, position)
        DO UPDATE SET attempts = outbox_letters.attempts + 1, reason = excluded.reason, again = false
"""
_LETTERS_GONE = "DELETE FROM outbox_letters WHERE tenant_id = %s AND consumer = %s AND position = ANY(%s)"
_CONFIRM = """
    UPDATE outbox_notices SET confirmed_at = now(), people = NULL
    WHERE tenant_id = %s AND consumer = %s AND position = ANY(%s) AND confirmed_at IS NULL
"""
_STANDING = """
    SELECT (SELECT count(*) FROM outbox_letters), (
        SELECT min(o.sequenced_at) FROM outbox_consumers c CROSS JOIN LATERAL (
            SELECT sequenced_at FROM outbox o WHERE o.tenant_id = c.tenant_id AND o.position > c.position
            ORDER BY o.position LIMIT 1
        ) AS o WHERE c.url IS NOT NULL
    ), (SELECT min(told_at) FROM outbox_notices WHERE confirmed_at IS NULL)
"""


class PostgresDeliveries:
    """Adapter of the port `Deliveries`."""

    def __init__(self, database: Database, keys: Keys, outbox: PostgresOutbox) -> None:
        self._database = database
        self._keys = keys
        self._outbox = outbox

    def take(self, now: datetime) -> Delivery | None:
        """The next turn that is due; see the port."""
        while True:
            lease = uuid.uuid4()
            with self._database.pipeline() as transaction:
                values = {"now": now, "lease": lease, "period": OUTBOX_LIMITS.lease}
                row = transaction.execute(_TAKE, values).fetchone()
            if row is None:
                return None
            consumer = consumer_of(row)
            found = self._content(consumer, lease)
            if found is None:
                continue
            page, letters = found
            if page.events:
                opened = (self._secret(consumer.tenant_id, sealed) for sealed in row[16:18] if sealed is not None)
                return Delivery(consumer, page, tuple(opened), lease, letters)
            self.delivered(Delivery(consumer, page, (), lease, letters))

    def _content(self, consumer: Consumer, lease: uuid.UUID) -> tuple[Page, tuple[int, ...]] | None:
        """What to send, and which dead letters it is; None when the consumer had to be stopped."""
        tenant_id = consumer.tenant_id
        with self._database.serving(tenant_id) as transaction:
            asked = (tenant_id, consumer.name, consumer.batch)
            letters = tuple(place for (place,) in transaction.execute(_AGAIN, asked))
            if letters:
                return self._outbox.page_of(transaction, consumer, letters, actor=ACTOR), letters
            try:
                page = self._outbox.page(transaction, consumer, after=None, limit=consumer.batch, actor=ACTOR)
            except AkademosError as expired:
                reason = expired.reason
            else:
                return page, ()
        with self._database.pipeline() as transaction:
            transaction.execute(_STOP, {**_who(consumer), "lease": lease, "reason": reason})
        return None

    def _secret(self, tenant_id: str, sealed: bytes) -> bytes:
        return bytes.fromhex(unseal(self._keys.derived(tenant_id, SECRETS), bytes(sealed)))

    def delivered(self, delivery: Delivery) -> None:
        """The recipient took everything in it; see the port."""
        consumer, page = delivery.consumer, delivery.page
        who = (consumer.tenant_id, consumer.name)
        with self._database.pipeline() as transaction:
            cursor = consumer.position if delivery.letters else page.cursor
            transaction.execute(_DELIVERED, {**_who(consumer), "lease": delivery.lease, "cursor": cursor})
            transaction.execute(_CONFIRM, (*who, _places(page.events)))
            # With what may not leave by now: that is no letter either.
            transaction.execute(_LETTERS_GONE, (*who, list(delivery.letters)))

    def failed(self, delivery: Delivery, reason: str, *, next_attempt_at: datetime) -> bool:
        """It did not take it; see the port."""
        consumer, page = delivery.consumer, delivery.page
        values: dict[str, Any] = {
            **_who(consumer),
            "lease": delivery.lease,
            "reason": reason[:REASON_LENGTH],
            "next": next_attempt_at,
            "more": 0 if delivery.letters else 1,
            "cursor": page.cursor,
            "places": list(delivery.letters) or _places(page.events),
        }
        with self._database.pipeline() as transaction:
            row = transaction.execute(_FAILED, values).fetchone()
            if row is None:  # the lease ran out: somebody else has the turn
                return False
            failures, attempts = row
            if delivery.letters:
                transaction.execute(_WRITE_LETTERS, {**values, "attempts": 1})
                return True
            if failures < attempts:
                return False
            transaction.execute(_WRITE_LETTERS, {**values, "attempts": failures})
            transaction.execute(_GIVEN_UP, values)
        return True

    def standing(self) -> Standing:
        """For metrics and alerts."""
        with self._database.pipeline() as transaction:
            ((letters, waiting, unconfirmed),) = transaction.execute(_STANDING)
        return Standing(letters, waiting, unconfirmed)

    def gone(self, delivery: Delivery) -> None:
        """The recipient wants nothing any more; see the port."""
        with self._database.pipeline() as transaction:
            transaction.execute(_GONE, {**_who(delivery.consumer), "lease": delivery.lease})


def _who(consumer: Consumer) -> dict[str, Any]:
    return {"tenant": consumer.tenant_id, "consumer": consumer.name}


def _places(events: Sequence[Any]) -> list[int]:
    return [int(event["sequence"]) for event in events]
