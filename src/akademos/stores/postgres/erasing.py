"""Taking a person out of the database: the key first, in one transaction with everything that names them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from akademos.catalogue.declarations import Dataset
from akademos.errors import Conflict
from akademos.privacy.erasure import ErasedPerson, without_names
from akademos.privacy.pseudonyms import NONCE_BYTES, Keys, audit_name, seal, unseal
from akademos.stores.ports.erasure import Erasure, ErasureKeys, LandingErased
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.erasures import advance_in, opened
from akademos.stores.postgres.legal_holds import IDENTITY, keep, standing
from akademos.stores.postgres.models import mark_for_rebuild
from akademos.stores.postgres.person_columns import VAULT, PersonColumn, person_columns
from akademos.stores.postgres.server_files import TableRewriter
from akademos.stores.postgres.suppression import suppress
from akademos.stores.postgres.waiting_events import erase_dead_letters, erase_held, erase_landed, forget_ids

KeysOf = Callable[[Transaction, str, str], list[str]]
"""All learner_keys of the person behind one, that one first: linked identities have several."""

_BUMP = "UPDATE tenants SET consent_version = consent_version + 1 WHERE tenant_id = %s"
_PEOPLE = """
    SELECT learner_key::text, kind = 'staff', data_key, display_name FROM people
    WHERE tenant_id = %s AND learner_key = ANY(%s) ORDER BY learner_key FOR UPDATE
"""
_IDENTIFIERS = """
    SELECT learner_key::text, kind, identifier_hash, sealed FROM identifiers
    WHERE tenant_id = %s AND learner_key = ANY(%s)
"""
# What another person shares stays theirs, and would be found.
_CLIENT_HASHES = """
    SELECT DISTINCT keyed_hash FROM identity_hashes h
    WHERE tenant_id = %(tenant)s AND learner_key = ANY(%(keys)s) AND NOT EXISTS (
        SELECT FROM identity_hashes o WHERE o.tenant_id = h.tenant_id AND o.keyed_hash = h.keyed_hash
            AND o.learner_key <> ALL (%(keys)s)
    )
"""
_SEAL = "UPDATE erasures SET sealed = %s, reason = %s WHERE tenant_id = %s AND erasure_id = %s"
_FORGET_PROGRESS = "UPDATE job_runs SET detail = detail - 'done_through' WHERE detail->>'done_through' = ANY(%s)"
CHANGES = "record_changes"
"""Append-only: a function of its owner takes people out of it."""

_COUNT = "INSERT INTO movements (tenant_id, kind, events, reference) VALUES (%s, %s, %s, %s)"


def only_itself(_: Transaction, __: str, learner_key: str) -> list[str]:
    """A person with one key."""
    return [learner_key]


class PostgresEraser(TableRewriter):
    """Adapter of the port `PersonEraser`.

    Args:
        datasets: the catalogue's; what they declare as personal is what goes.
        keys_of: which keys belong to one person.
    """

    def __init__(
        self,
        database: Database,
        keys: Keys,
        erasure_keys: ErasureKeys,
        datasets: Sequence[Dataset],
        *,
        clock: Callable[[], datetime],
        keys_of: KeysOf = only_itself,
    ) -> None:
        super().__init__(database, datasets)
        self._keys = keys
        self._erasure_keys = erasure_keys
        self._clock = clock
        self._keys_of = keys_of

    def destroy(self, erasure: Erasure) -> Erasure:
        """Suppress, keep what is held, take the person out of every table, destroy the data key; in one commit."""
        tenant_id, secret = erasure.tenant_id, self._erasure_keys.read(erasure.erasure_id)
        with self._database.pipeline() as transaction:
            # Whoever checked consent before this writes nothing more: see `landing_rows`.
            transaction.execute(_BUMP, (tenant_id,))
            first = opened(transaction, erasure, secret)
            person = self._gather(transaction, tenant_id, self._keys_of(transaction, tenant_id, first))
            sealed = seal(secret, person.dumped(), os.urandom(NONCE_BYTES))
            transaction.execute(_SEAL, (sealed, _cleared(erasure, person), tenant_id, erasure.erasure_id))
            suppress(transaction, self._keys, tenant_id, person.hashes, erasure.erasure_id)
            columns = person_columns(transaction, self._datasets)
            progress = {
                "held": self._hold(transaction, erasure, person, columns),
                "models_to_rebuild": mark_for_rebuild(
                    transaction, self._keys, tenant_id, person.keys, self._clock()
                ),
            }  # fmt: skip
            progress |= self._remove(transaction, erasure, person, columns)
            return advance_in(transaction, erasure, "vault", progress)

    def _gather(self, transaction: Transaction, tenant_id: str, keys: Sequence[str]) -> ErasedPerson:
        uuids = [UUID(key) for key in keys]
        names: dict[str, bytes] = {}
        data_keys: dict[str, bytes] = {}
        shown, staff = [], False
        for key, is_staff, wrapped, display_name in transaction.execute(_PEOPLE, (tenant_id, uuids)):
            data_keys[key] = self._keys.unwrap(tenant_id, key, wrapped)
            names[key] = audit_name(data_keys[key])
            staff = staff or is_staff
            if display_name is not None:
                shown.append(unseal(data_keys[key], display_name))
        if not names:
            raise Conflict("The person left the vault without this erasure.", hint="Restore the vault.", code="erased")
        identifiers, hashes = [], []
        for key, kind, hashed, sealed in transaction.execute(_IDENTIFIERS, (tenant_id, uuids)):
            identifiers.append((kind, unseal(data_keys[key], sealed)))
            hashes.append(bytes(hashed))
        found = transaction.execute(_CLIENT_HASHES, {"tenant": tenant_id, "keys": uuids})
        client_hashes = tuple(bytes(hashed) for (hashed,) in found)
        return ErasedPerson(names, staff, tuple(identifiers), tuple(hashes), tuple(shown), client_hashes)

    def _hold(
        self, transaction: Transaction, erasure: Erasure, person: ErasedPerson, columns: Sequence[PersonColumn]
    ) -> dict[str, list[str]]:
        """Seal what legal holds keep; their ids with the datasets concerned."""
        tenant_id = erasure.tenant_id
        keys = [UUID(key) for key in person.keys]
        holds = standing(transaction, tenant_id, person.keys)
        for hold_id, datasets in holds.items():
            identity = [{"learner_keys": person.keys, "identifiers": person.identifiers, "names": person.display_names}]
            keep(transaction, self._keys, tenant_id, hold_id, IDENTITY, erasure.erasure_id, identity)
            for table in sorted({one.table for one in columns if one.table in datasets}):
                named = " OR ".join(f"{one.column} = ANY(%(keys)s)" for one in columns if one.table == table)
                rows = transaction.execute(
                    f"SELECT to_jsonb(kept) FROM {table} AS kept WHERE tenant_id = %(tenant)s AND ({named})",
                    {"tenant": tenant_id, "keys": keys},
                ).fetchall()
                kept = [row for (row,) in rows]
                keep(transaction, self._keys, tenant_id, hold_id, table, erasure.erasure_id, kept)
        return {str(hold_id): datasets for hold_id, datasets in holds.items()}

    def keep_events(self, erasure: Erasure, hold_id: UUID, rows: list[Any]) -> None:
        """Seal events of the core for a hold."""
        with self._database.pipeline() as transaction:
            keep(transaction, self._keys, erasure.tenant_id, hold_id, "event_log", erasure.erasure_id, rows)

    def _remove(
        self, transaction: Transaction, erasure: Erasure, person: ErasedPerson, columns: Sequence[PersonColumn]
    ) -> dict[str, Any]:
        tenant_id, keys = erasure.tenant_id, [UUID(key) for key in person.keys]
        held, held_redacted = erase_held(transaction, tenant_id, person)
        if held:
            reference = f"erasure/{erasure.erasure_id}"
            transaction.execute(_COUNT, (tenant_id, "erased_held", held, reference))
        removed = {"held": held, "dead_letters": erase_dead_letters(transaction, tenant_id, person)}
        renamed: dict[str, int] = {}
        for one in columns:
            if one.table == CHANGES:
                continue  # last: what is taken out of the records is noted there
            if one.treatment == "delete":
                statement = f"DELETE FROM {one.table} WHERE tenant_id = %s AND {one.column} = ANY(%s)"
                rows = transaction.execute(statement, (tenant_id, keys)).rowcount
                removed[one.table] = removed.get(one.table, 0) + rows
                continue
            if one.treatment == "empty":
                statement = (
                    f"UPDATE {one.table} SET {one.column} = NULL WHERE tenant_id = %s AND {one.column} = ANY(%s)"
                )
                rows = transaction.execute(statement, (tenant_id, keys)).rowcount
            else:
                rows = self._rename(transaction, tenant_id, person, one)
            renamed[one.table] = max(renamed.get(one.table, 0), rows)  # one row may name the person twice
        renamed["job_runs"] = transaction.execute(_FORGET_PROGRESS, (person.keys,)).rowcount
        for table in reversed(VAULT):
            statement = f"DELETE FROM {table} WHERE tenant_id = %s AND learner_key = ANY(%s)"
            removed[table] = transaction.execute(statement, (tenant_id, keys)).rowcount
        names = [UUID(bytes=name) for name in person.names.values()]
        row = transaction.execute("SELECT erase_record_changes(%s, %s, %s, NULL)", (tenant_id, keys, names)).fetchone()
        removed[CHANGES] = int(row[0]) if row else 0
        return {"removed": removed, "renamed": renamed, "held_redacted": held_redacted}

    def _rename(self, transaction: Transaction, tenant_id: str, person: ErasedPerson, one: PersonColumn) -> int:
        keys = [UUID(key) for key in person.keys]
        values = [tenant_id, one.table, one.column, keys, [UUID(bytes=name) for name in person.names.values()]]
        row = transaction.execute("SELECT rename_person(%s, %s, %s, %s, %s)", values).fetchone()
        return int(row[0]) if row else 0

    def clear_landing(self, tenant_id: str, person: ErasedPerson) -> LandingErased:
        """Remove the person from what waits in landing, and count it."""
        with self._database.pipeline() as transaction:
            removed, redacted, in_hand = erase_landed(transaction, tenant_id, person)
            if removed:
                transaction.execute(_COUNT, (tenant_id, "erased", removed, None))
        return LandingErased(removed, redacted, in_hand)

    def forget_ids(self, tenant_id: str, event_ids: Sequence[str]) -> int:
        """Take ids of the person's events out of the index of ids."""
        with self._database.pipeline() as transaction:
            return forget_ids(transaction, tenant_id, [UUID(one) for one in event_ids])


def _cleared(erasure: Erasure, person: ErasedPerson) -> str:
    return without_names(
        erasure.reason, [*person.keys, *person.display_names, *(value for _, value in person.identifiers)]
    )
