"""People in learning records: user ids outside, keys in the tables, audit names in the logs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from akademos.catalogue.records.declaration import Field, Record
from akademos.errors import Conflict, InputError
from akademos.privacy.pseudonyms import Keys, audit_name, unseal
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.database import Transaction
from akademos.stores.postgres.person_sql import person_of
from akademos.stores.postgres.vault import PostgresVault

_FIND = f"""
    SELECT i.identifier_hash, p.learner_key::text, p.kind, p.data_key
    FROM identifiers i JOIN people p ON p.tenant_id = i.tenant_id
        AND p.learner_key = {person_of("i.tenant_id", "i.learner_key")}
    WHERE i.tenant_id = %s AND i.identifier_hash = ANY(%s)
"""
# The name that a host knows a person by may stand under a key that was linked to theirs.
_NAMED = f"""
    SELECT p.learner_key::text, p.data_key, i.learner_key::text, o.data_key, i.sealed FROM people p
    LEFT JOIN LATERAL (
        SELECT i.learner_key, i.sealed FROM identifiers i
        WHERE i.tenant_id = p.tenant_id AND i.kind = 'user' AND (i.learner_key = p.learner_key OR i.learner_key IN (
            SELECT l.learner_key FROM identity_links l WHERE l.tenant_id = p.tenant_id
                AND l.person_key = {person_of("p.tenant_id", "p.learner_key")}))
        ORDER BY i.learner_key = p.learner_key DESC, i.created_at LIMIT 1
    ) AS i ON true
    LEFT JOIN people o ON o.tenant_id = p.tenant_id AND o.learner_key = i.learner_key
    WHERE p.tenant_id = %s AND p.learner_key = ANY(%s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """Somebody of the vault: the key, learner or staff, and the name in logs."""

    learner_key: str
    kind: str
    audit_name: bytes


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """The user id of a key, None where nobody goes by one, and the name in logs."""

    user_id: str | None
    audit_name: bytes


class RecordPeople:
    """Finds and names people within a transaction."""

    def __init__(self, keys: Keys, vault: PostgresVault) -> None:
        self._keys = keys
        self._vault = vault

    def known(self, transaction: Transaction, tenant_id: str, user_ids: Iterable[str]) -> dict[str, KnownPerson]:
        """People by user id; who is unknown is absent."""
        by_hash = {self._keys.identifier_hash(tenant_id, "user", one): one for one in user_ids}
        if not by_hash:
            return {}
        found = transaction.execute(_FIND, (tenant_id, list(by_hash)))
        return {
            by_hash[bytes(hashed)]: KnownPerson(key, kind, audit_name(self._keys.unwrap(tenant_id, key, wrapped)))
            for hashed, key, kind, wrapped in found
        }

    def as_keys(
        self, transaction: Transaction, tenant_id: str, record: Record, values: Mapping[str, object], *, admit: bool
    ) -> dict[str, object]:
        """The values with people by key; `admit`: whoever is unknown enters the vault.

        Raises:
            InputError: nobody is known by a user id, or somebody of the staff stands where a learner must.
            Conflict: the person was erased.
        """
        people = [(one, str(values[one.name])) for one in record.people if values.get(one.name) is not None]
        found = self.known(transaction, tenant_id, {user_id for _, user_id in people})
        if admit and any(user_id not in found for _, user_id in people):
            for one, user_id in people:
                if user_id not in found:
                    who = Identifier("user", user_id)
                    if not self._vault.ensure_in(transaction, tenant_id, [who], kind=one.party):
                        raise Conflict(
                            "The person was erased: nothing of them comes back.",
                            hint="A new consent of the person makes a new beginning.",
                            code="erased",
                        )
            found = self.known(transaction, tenant_id, {user_id for _, user_id in people})
        return dict(values) | {one.name: _key(one, found.get(user_id)) for one, user_id in people}

    def named(self, transaction: Transaction, tenant_id: str, keys: Iterable[str]) -> dict[str, NamedPerson]:
        """User ids and audit names by key."""
        wanted = list(keys)
        if not wanted:
            return {}
        people: dict[str, NamedPerson] = {}
        for key, wrapped, holder, holder_wrapped, sealed in transaction.execute(_NAMED, (tenant_id, wanted)):
            data_key = self._keys.unwrap(tenant_id, key, wrapped)
            user_id = None
            if sealed is not None:
                user_id = unseal(self._keys.unwrap(tenant_id, holder, holder_wrapped), sealed)
            people[key] = NamedPerson(user_id, audit_name(data_key))
        return people


def _key(one: Field, person: KnownPerson | None) -> str:
    if person is None:
        raise InputError(
            f"Nobody is known by the id in `{one.outside}`.",
            hint="People come in with their records, their consent, or their first event.",
            code="unknown_person",
            status=422,
            pointer=f"/{one.outside}",
        )
    if person.kind != one.party:
        raise InputError(
            f"`{one.outside}` must be {'a learner' if one.party == 'learner' else 'a member of staff'}.",
            hint="Check the id: nobody is both.",
            code="wrong_party",
            status=422,
            pointer=f"/{one.outside}",
        )
    return person.learner_key
