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

# Of people by key, however many: each is looked up by itself (OFFSET 0), or a plan that is kept reads all of them; and
# the sub-select hides how many are asked for, or each call is planned anew, which takes longer than the look-ups.
_FIND = f"""
    SELECT i.identifier_hash, p.learner_key::text, p.kind, p.data_key
    FROM unnest((SELECT %(hashes)s::bytea[])) AS w (identifier_hash) CROSS JOIN LATERAL (
        SELECT i.identifier_hash, {person_of("%(tenant)s", "i.learner_key")} AS person_key FROM identifiers i
        WHERE i.tenant_id = %(tenant)s AND i.identifier_hash = w.identifier_hash OFFSET 0
    ) AS i CROSS JOIN LATERAL (
        SELECT p.learner_key, p.kind, p.data_key FROM people p
        WHERE p.tenant_id = %(tenant)s AND p.learner_key = i.person_key OFFSET 0) AS p
"""
# The name that a host knows a person by may stand under a key that was linked to theirs.
_NAMED = f"""
    SELECT p.learner_key::text, p.data_key, i.learner_key::text, i.data_key, i.sealed
    FROM unnest((SELECT %(keys)s::uuid[])) AS w (learner_key) CROSS JOIN LATERAL (
        SELECT p.learner_key, p.data_key, {person_of("%(tenant)s", "p.learner_key")} AS person_key FROM people p
        WHERE p.tenant_id = %(tenant)s AND p.learner_key = w.learner_key OFFSET 0) AS p
    LEFT JOIN LATERAL (
        SELECT i.learner_key, i.sealed, o.data_key FROM (
            SELECT p.learner_key UNION ALL SELECT l.learner_key FROM identity_links l
            WHERE l.tenant_id = %(tenant)s AND l.person_key = p.person_key
        ) AS own CROSS JOIN LATERAL (
            SELECT i.learner_key, i.sealed, i.created_at FROM identifiers i
            WHERE i.tenant_id = %(tenant)s AND i.learner_key = own.learner_key AND i.kind = 'user' OFFSET 0
        ) AS i CROSS JOIN LATERAL (
            SELECT o.data_key FROM people o WHERE o.tenant_id = %(tenant)s AND o.learner_key = i.learner_key OFFSET 0
        ) AS o
        ORDER BY i.learner_key = p.learner_key DESC, i.created_at LIMIT 1
    ) AS i ON true
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
        found = transaction.execute(_FIND, {"tenant": tenant_id, "hashes": list(by_hash)})
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
        for key, wrapped, holder, holder_wrapped, sealed in transaction.execute(
            _NAMED, {"tenant": tenant_id, "keys": wanted}
        ):
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
