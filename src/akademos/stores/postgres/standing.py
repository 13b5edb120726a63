"""What the pipeline knows of senders' people at this moment: key, consent, opt-out.

Cached per tenant and consent version. Whoever writes by it names the version in the statement that writes, which
share-locks it: a decision taken meanwhile waits for that, and then finds what it landed.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from types import MappingProxyType
from typing import NamedTuple

from akademos.privacy.consent import mask, without_opted_out
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.person_sql import LIVE
from akademos.stores.postgres.suppression import suppressed

CACHED_PEOPLE = 50_000

_VERSION = "SELECT consent_version FROM tenants WHERE tenant_id = %s"
_PEOPLE = f"""
    SELECT i.identifier_hash, uuid_send(p.learner_key), p.kind = 'staff',
        EXISTS (SELECT FROM people o WHERE o.tenant_id = p.tenant_id AND o.learner_key = ANY(mine.keys)
            AND o.opted_out),
        live, paused, restricted, uuid_send(coalesce(absorbed.person_key, p.learner_key))
    FROM identifiers i JOIN people p USING (tenant_id, learner_key)
        LEFT JOIN identity_links absorbed USING (tenant_id, learner_key)
        CROSS JOIN LATERAL (
            SELECT ARRAY(
                SELECT coalesce(absorbed.person_key, p.learner_key)
                UNION ALL
                SELECT l.learner_key FROM identity_links l WHERE l.tenant_id = p.tenant_id
                    AND l.person_key = coalesce(absorbed.person_key, p.learner_key)
            ) AS keys
        ) AS mine
        CROSS JOIN LATERAL (
            SELECT array_agg(purpose) FILTER (WHERE live) AS live, array_agg(purpose) FILTER (WHERE paused) AS paused,
                array_agg(purpose) FILTER (WHERE restricted) AS restricted
            FROM (
                SELECT c.purpose, bool_or(c.live AND c.learner_key = p.learner_key) AND {LIVE} AS live,
                    bool_or(c.paused) AS paused, bool_or(c.restricted OR c.objected) AS restricted
                FROM consent_state c WHERE c.tenant_id = p.tenant_id AND c.learner_key = ANY(mine.keys)
                GROUP BY c.purpose
            ) AS strictest
        ) AS consent
    WHERE i.tenant_id = %s AND i.identifier_hash = ANY(%s)
"""


class Standing(NamedTuple):
    """One identifier's person; `key` is None for somebody we have never heard a decision of.

    `consented` is a mask of live purposes, without what an opt-out takes from it; `paused` and `restricted` (also by an
    objection) are masks of purposes for which nothing new is collected. `erased`: on the suppression list. `person` is
    the key of the person, who may have several.
    """

    identifier_hash: bytes
    key: bytes | None
    consented: int
    staff: bool
    opted_out: bool
    paused: int = 0
    restricted: int = 0
    erased: bool = False
    person: bytes | None = None


_NOBODY: Mapping[Identifier, Standing] = MappingProxyType({})


class Standings:
    """The cache of one process. Not thread-safe: one writer uses it."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys
        self._versions: dict[str, int] = {}
        self._people: dict[str, dict[Identifier, Standing]] = {}

    def version(self, tenant_id: str) -> int:
        """The consent version at which people are known."""
        return self._versions[tenant_id]

    def met(self, tenant_id: str) -> Mapping[Identifier, Standing]:
        """Those met since anything changed, as of `version`; that of nobody when there is none."""
        return self._people.get(tenant_id, _NOBODY)

    def of(self, tenant_id: str, wanted: Set[Identifier]) -> dict[Identifier, Standing]:
        """The standing of each identifier, all as of `version`."""
        known = self._people.get(tenant_id)
        if known is not None and known.keys() >= wanted:
            return known
        with self._database.pipeline() as transaction:
            # The version first: what is read after it may be newer, never older.
            row = transaction.execute(_VERSION, (tenant_id,)).fetchone()
            version = int(row[0]) if row else 0
            if known is None or self._versions[tenant_id] != version or len(known) + len(wanted) > CACHED_PEOPLE:
                known = self._people[tenant_id] = {}
                self._versions[tenant_id] = version
            self._load(transaction, tenant_id, wanted - known.keys(), known)
        return known

    def forget(self, tenant_id: str | None = None) -> None:
        """Somebody was added or has decided; without a tenant: forget all."""
        if tenant_id is None:
            self._people.clear()
        else:
            self._people.pop(tenant_id, None)

    def _load(
        self,
        transaction: Transaction,
        tenant_id: str,
        unknown: Set[Identifier],
        known: dict[Identifier, Standing],
    ) -> None:
        hashes = {self._keys.identifier_hash(tenant_id, one.kind, one.value): one for one in unknown}
        for found, one in hashes.items():
            known[one] = Standing(found, None, 0, staff=False, opted_out=False)
        for found, key, staff, opted_out, live, paused, restricted, person in transaction.execute(
            _PEOPLE, (tenant_id, list(hashes))
        ):
            consented = mask(live or ())
            if opted_out:
                consented = without_opted_out(consented)
            stops = mask(paused or ()), mask(restricted or ())
            known[hashes[found]] = Standing(found, key, consented, staff, opted_out, *stops, person=person)
        for found in suppressed(transaction, self._keys, tenant_id, hashes.keys()):
            known[hashes[found]] = Standing(found, None, 0, staff=False, opted_out=False, erased=True)
