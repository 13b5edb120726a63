"""The suppression list on PostgreSQL: whom an erasure keeps out, by keyed hash of an identifier's keyed hash."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from akademos.privacy.pseudonyms import Keys
from akademos.stores.postgres.database import Transaction

_LISTED = "SELECT suppression_hash FROM suppressions WHERE tenant_id = %s AND suppression_hash = ANY(%s)"
_ADD = """
    INSERT INTO suppressions (tenant_id, suppression_hash, erasure_id) SELECT %s, unnest(%s::bytea[]), %s
    ON CONFLICT DO NOTHING
"""
_LIFT = "DELETE FROM suppressions WHERE tenant_id = %s AND suppression_hash = ANY(%s)"


def suppressed(transaction: Transaction, keys: Keys, tenant_id: str, hashes: Collection[bytes]) -> set[bytes]:
    """Which of some identifiers, given by keyed hash, belong to people who were erased."""
    listed = {keys.suppression_hash(tenant_id, one): one for one in hashes}
    return {listed[bytes(found)] for (found,) in transaction.execute(_LISTED, (tenant_id, list(listed)))}


def suppress(
    transaction: Transaction, keys: Keys, tenant_id: str, hashes: Sequence[bytes], erasure_id: UUID | None
) -> None:
    """Keep identifiers out from the commit on."""
    listed = [keys.suppression_hash(tenant_id, one) for one in hashes]
    transaction.execute(_ADD, (tenant_id, listed, erasure_id))


def lift(transaction: Transaction, keys: Keys, tenant_id: str, hashes: Collection[bytes]) -> int:
    """The person has consented anew: let the identifiers in again, under a new key; how many were out."""
    return transaction.execute(_LIFT, (tenant_id, [keys.suppression_hash(tenant_id, one) for one in hashes])).rowcount
