"""What the pipeline knows of senders' people at this moment: key, consent, opt-out.

Cached per tenant and consent version. The version is read, and its row share-locked, in the transaction that
uses the answer: a decision taken meanwhile waits for that transaction, and then finds what it landed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from akademos.privacy.consent import mask
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.database import Transaction

CACHED_PEOPLE = 50_000

_VERSIONS = "SELECT tenant_id, consent_version FROM tenants WHERE tenant_id = ANY(%s) ORDER BY tenant_id FOR SHARE"
_PEOPLE = """
    SELECT i.identifier_hash, uuid_send(p.learner_key), p.kind = 'staff', p.opted_out,
        (SELECT array_agg(c.purpose) FROM consent_state c
         WHERE c.tenant_id = p.tenant_id AND c.learner_key = p.learner_key AND c.granted)
    FROM identifiers i JOIN people p USING (tenant_id, learner_key)
    WHERE i.tenant_id = %s AND i.identifier_hash = ANY(%s)
"""


class Standing(NamedTuple):
    """One identifier's person; `key` is None for somebody we have never heard a decision of."""

    identifier_hash: bytes
    key: bytes | None
    consented: int
    staff: bool
    opted_out: bool


class Standings:
    """The cache of one process. Not thread-safe: one writer uses it."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._versions: dict[str, int] = {}
        self._people: dict[str, dict[Identifier, Standing]] = {}

    def versions(self, transaction: Transaction, tenants: Iterable[str]) -> None:
        """Read and share-lock the consent versions; forget what belongs to older ones."""
        for tenant_id, version in transaction.execute(_VERSIONS, (sorted(tenants),)):
            if self._versions.get(tenant_id) != version:
                self._versions[tenant_id] = version
                self._people[tenant_id] = {}

    def of(self, transaction: Transaction, tenant_id: str, wanted: set[Identifier]) -> dict[Identifier, Standing]:
        """The standing of each identifier; call `versions` first, in the same transaction."""
        known = self._people.setdefault(tenant_id, {})
        unknown = wanted.difference(known)
        if unknown:
            if len(known) + len(unknown) > CACHED_PEOPLE:
                known.clear()
                unknown = wanted
            self._load(transaction, tenant_id, unknown, known)
        return known

    def forget(self, tenant_id: str) -> None:
        """Somebody was added or changed in this transaction."""
        self._people.pop(tenant_id, None)

    def _load(
        self,
        transaction: Transaction,
        tenant_id: str,
        unknown: set[Identifier],
        known: dict[Identifier, Standing],
    ) -> None:
        hashes = {self._keys.identifier_hash(tenant_id, one.kind, one.value): one for one in unknown}
        for found, one in hashes.items():
            known[one] = Standing(found, None, 0, staff=False, opted_out=False)
        for found, key, staff, opted_out, purposes in transaction.execute(_PEOPLE, (tenant_id, list(hashes))):
            known[hashes[found]] = Standing(found, key, mask(purposes or ()), staff, opted_out)
