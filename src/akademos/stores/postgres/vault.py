"""Identity vault on PostgreSQL: keyed hashes to look up, sealed values to read, one data key a person."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence

from akademos.privacy.pseudonyms import KEY_BYTES, NONCE_BYTES, Keys, seal, unseal
from akademos.stores.ports.identity import Identifier, Person, PersonKind
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.suppression import lift, suppressed

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('akademos.vault.' || %s, 0))"
# Arrays of bytes are sent in binary (%b): as text each byte of them is escaped, which costs more than the query.
_FIND = """
    SELECT i.identifier_hash, p.learner_key::text, p.kind, p.persona, p.time_zone, p.opted_out
    FROM identifiers i JOIN people p USING (tenant_id, learner_key)
    WHERE i.tenant_id = %s AND i.identifier_hash = ANY(%b)
"""
_LEARNERS = """
    SELECT DISTINCT ON (p.learner_key) p.learner_key::text, p.data_key, i.kind, i.sealed
    FROM people p JOIN identifiers i USING (tenant_id, learner_key)
    WHERE tenant_id = %s AND p.kind = 'learner'
        AND EXISTS (SELECT FROM consent_state c WHERE c.tenant_id = p.tenant_id AND c.learner_key = p.learner_key)
    ORDER BY p.learner_key, i.kind DESC, i.created_at
"""
_ADD_PEOPLE = """
    INSERT INTO people (tenant_id, learner_key, kind, data_key)
    SELECT %s, unnest(%s::uuid[]), %s, unnest(%b::bytea[])
"""
_ADD_IDENTIFIERS = """
    INSERT INTO identifiers (tenant_id, identifier_hash, kind, learner_key, sealed)
    SELECT %s, unnest(%b::bytea[]), unnest(%s::text[]), unnest(%s::uuid[]), unnest(%b::bytea[])
"""
_DESCRIBE = """
    UPDATE people p SET display_name = n.name, persona = coalesce(%s, p.persona), time_zone = coalesce(%s, p.time_zone)
    FROM unnest(%s::uuid[], %b::bytea[]) AS n (learner_key, name)
    WHERE p.tenant_id = %s AND p.learner_key = n.learner_key
"""


class PostgresVault:
    """Adapter of the port `IdentityVault`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def find(self, tenant_id: str, identifiers: Sequence[Identifier]) -> dict[Identifier, Person]:
        """The people behind identifiers; unknown identifiers are absent."""
        with self._database.pipeline() as transaction:
            return self.find_in(transaction, tenant_id, identifiers)

    def find_in(
        self, transaction: Transaction, tenant_id: str, identifiers: Iterable[Identifier]
    ) -> dict[Identifier, Person]:
        """`find` within a transaction that is already open."""
        by_hash = {self._keys.identifier_hash(tenant_id, one.kind, one.value): one for one in identifiers}
        rows = transaction.execute(_FIND, (tenant_id, list(by_hash)))
        return {
            by_hash[found]: Person(learner_key, kind, persona, time_zone, opted_out)
            for found, learner_key, kind, persona, time_zone, opted_out in rows
        }

    def ensure(
        self,
        tenant_id: str,
        identifiers: Sequence[Identifier],
        *,
        kind: PersonKind = "learner",
        readmit: bool = False,
    ) -> dict[Identifier, Person]:
        """The people behind identifiers; whoever is unknown gets a random key first; see the port."""
        with self._database.pipeline() as transaction:
            return self.ensure_in(transaction, tenant_id, identifiers, kind=kind, readmit=readmit)

    def ensure_in(
        self,
        transaction: Transaction,
        tenant_id: str,
        identifiers: Sequence[Identifier],
        *,
        kind: PersonKind = "learner",
        readmit: bool = False,
    ) -> dict[Identifier, Person]:
        """`ensure` within a transaction that is already open; takes the vault lock if someone is unknown."""
        known = self.find_in(transaction, tenant_id, identifiers)
        if len(known) == len(set(identifiers)):
            return known
        transaction.execute(_LOCK, (tenant_id,))
        known = self.find_in(transaction, tenant_id, identifiers)
        unknown = [one for one in dict.fromkeys(identifiers) if one not in known]
        if unknown:
            unknown = self._admitted(transaction, tenant_id, unknown, readmit=readmit)
        if unknown:
            self._add(transaction, tenant_id, unknown, kind)
            known = self.find_in(transaction, tenant_id, identifiers)
        return known

    def _admitted(
        self, transaction: Transaction, tenant_id: str, unknown: list[Identifier], *, readmit: bool
    ) -> list[Identifier]:
        """Those of them who were not erased, or all of them from now on."""
        hashes = {self._keys.identifier_hash(tenant_id, one.kind, one.value): one for one in unknown}
        if not readmit:
            erased = suppressed(transaction, self._keys, tenant_id, hashes.keys())
            return [one for hashed, one in hashes.items() if hashed not in erased]
        if lift(transaction, self._keys, tenant_id, hashes.keys()):
            # Writers that knew them as erased look again.
            transaction.execute(
                "UPDATE tenants SET consent_version = consent_version + 1 WHERE tenant_id = %s", (tenant_id,)
            )
        return unknown

    def _add(self, transaction: Transaction, tenant_id: str, unknown: list[Identifier], kind: PersonKind) -> None:
        people, wrapped, hashes, sealed = [], [], [], []
        for one in unknown:
            learner_key, data_key = str(uuid.uuid4()), os.urandom(KEY_BYTES)
            people.append(learner_key)
            wrapped.append(self._keys.wrap(tenant_id, learner_key, data_key, os.urandom(NONCE_BYTES)))
            hashes.append(self._keys.identifier_hash(tenant_id, one.kind, one.value))
            sealed.append(seal(data_key, one.value, os.urandom(NONCE_BYTES)))
        transaction.execute(_ADD_PEOPLE, (tenant_id, people, kind, wrapped))
        kinds = [one.kind for one in unknown]
        transaction.execute(_ADD_IDENTIFIERS, (tenant_id, hashes, kinds, people, sealed))

    def describe(
        self,
        tenant_id: str,
        people: Mapping[str, str],
        *,
        persona: str | None = None,
        time_zone: str | None = None,
    ) -> None:
        """Set display names (learner_key -> name), and persona and time zone where given."""
        with self._database.pipeline() as transaction:
            data_keys = self._data_keys(transaction, tenant_id, list(people))
            known = [(key, name) for key, name in people.items() if key in data_keys]
            sealed = [seal(data_keys[key], name, os.urandom(NONCE_BYTES)) for key, name in known]
            transaction.execute(_DESCRIBE, (persona, time_zone, [key for key, _ in known], sealed, tenant_id))

    def _data_keys(self, transaction: Transaction, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, bytes]:
        rows = transaction.execute(
            "SELECT learner_key::text, data_key FROM people WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[])",
            (tenant_id, list(learner_keys)),
        )
        return {key: self._keys.unwrap(tenant_id, key, wrapped) for key, wrapped in rows}

    def learners(self, tenant_id: str) -> Iterator[tuple[Identifier, str]]:
        """Every learner who has decided about consent; see the port."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(_LEARNERS, (tenant_id,)).fetchall()
        for key, wrapped, kind, sealed in rows:
            yield Identifier(kind, self._open(tenant_id, key, wrapped, sealed)), key

    def display_names(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, str]:
        """Names of people, for pages behind the gate; who has none is absent."""
        with self._database.serving(tenant_id) as transaction:
            rows = transaction.execute(
                "SELECT learner_key::text, data_key, display_name FROM people "
                "WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[]) AND display_name IS NOT NULL",
                (tenant_id, list(learner_keys)),
            ).fetchall()
        return {key: self._open(tenant_id, key, wrapped, sealed) for key, wrapped, sealed in rows}

    def user_ids(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, str]:
        """The hosts' own ids of people, for pages behind the gate."""
        with self._database.serving(tenant_id) as transaction:
            rows = transaction.execute(
                "SELECT learner_key::text, p.data_key, i.sealed FROM identifiers i "
                "JOIN people p USING (tenant_id, learner_key) "
                "WHERE i.tenant_id = %s AND learner_key = ANY(%s::uuid[]) AND i.kind = 'user'",
                (tenant_id, list(learner_keys)),
            ).fetchall()
        return {key: self._open(tenant_id, key, wrapped, sealed) for key, wrapped, sealed in rows}

    def _open(self, tenant_id: str, learner_key: str, wrapped: bytes, sealed: bytes) -> str:
        return unseal(self._keys.unwrap(tenant_id, learner_key, wrapped), sealed)
