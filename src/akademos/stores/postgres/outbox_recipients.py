"""Telling consumers that a person was erased: a notice in the sequence of each that knows people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from akademos.outbox.selection import pseudonym
from akademos.privacy.pseudonyms import Keys
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.outbox_pages import PSEUDONYMS
from akademos.stores.postgres.outbox_places import lock_head, next_place

_TOLD = "SELECT consumer, confirmed_at FROM outbox_notices WHERE tenant_id = %s AND erasure_id = %s ORDER BY consumer"
_UNTOLD = """
    SELECT consumer FROM outbox_consumers c WHERE tenant_id = %(tenant)s AND people <> 'none' AND NOT EXISTS (
        SELECT FROM outbox_notices n
        WHERE n.tenant_id = c.tenant_id AND n.consumer = c.consumer AND n.erasure_id = %(erasure)s
    ) ORDER BY consumer
"""
_TELL = """
    INSERT INTO outbox_notices (tenant_id, consumer, position, erasure_id, people) VALUES (%s, %s, %s, %s, %s)
"""
_UNCONFIRMED = """
    SELECT consumer, erasure_id, told_at FROM outbox_notices WHERE tenant_id = %s AND confirmed_at IS NULL
    ORDER BY told_at, consumer
"""


class PostgresRecipients:
    """Adapter of the port `Recipients`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def tell(self, tenant_id: str, erasure_id: UUID, learner_keys: Sequence[str]) -> dict[str, list[str]]:
        """Put the notice of an erasure into the sequence of every consumer that knows people; see the port."""
        secret = self._keys.derived(tenant_id, PSEUDONYMS)
        with self._database.pipeline() as transaction:
            head = lock_head(transaction, tenant_id)
            untold = transaction.execute(_UNTOLD, {"tenant": tenant_id, "erasure": erasure_id}).fetchall()
            for (consumer,) in untold:
                head = next_place(transaction, tenant_id, head)
                people = sorted(pseudonym(secret, consumer, key) for key in learner_keys)
                transaction.execute(_TELL, (tenant_id, consumer, head, erasure_id, people))
            told = transaction.execute(_TOLD, (tenant_id, erasure_id)).fetchall()
        return {
            "told": [consumer for consumer, _ in told],
            "confirmed": [consumer for consumer, confirmed in told if confirmed is not None],
        }

    def unconfirmed(self, tenant_id: str) -> list[tuple[str, UUID, datetime]]:
        """Notices that nobody has confirmed yet; see the port."""
        with self._database.pipeline() as transaction:
            return [(row[0], row[1], row[2]) for row in transaction.execute(_UNCONFIRMED, (tenant_id,))]
