"""Legal holds on PostgreSQL: what may not be deleted, and what was kept, sealed, when its person was erased."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import NotFound
from akademos.privacy.pseudonyms import NONCE_BYTES, Keys, seal, unseal
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.audit import append, name_of
from akademos.stores.postgres.database import Database, Transaction

_SET = """
    INSERT INTO legal_holds (tenant_id, hold_id, learner_key, datasets, reason, set_by) VALUES (%s, %s, %s, %s, %s, %s)
"""
_STANDING = """
    SELECT hold_id, datasets FROM legal_holds
    WHERE tenant_id = %s AND lifted_at IS NULL AND (learner_key IS NULL OR learner_key = ANY(%s)) ORDER BY set_at
"""
_KEEP = """
    INSERT INTO held_records (tenant_id, hold_id, dataset, erasure_id, rows, sealed) VALUES (%s, %s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING
"""
_LIFT = """
    UPDATE legal_holds SET lifted_at = now(), lifted_by = %s
    WHERE tenant_id = %s AND hold_id = %s AND lifted_at IS NULL RETURNING learner_key::text
"""
_ALL = """
    SELECT hold_id, learner_key IS NOT NULL, datasets, reason, set_by, set_at, lifted_at,
        coalesce((SELECT sum(rows) FROM held_records r WHERE r.tenant_id = h.tenant_id AND r.hold_id = h.hold_id), 0)
    FROM legal_holds h WHERE tenant_id = %s ORDER BY set_at DESC
"""

IDENTITY = "identity"
"""Under this name the held records say whose rows the others are."""


@dataclass(frozen=True, slots=True)
class LegalHold:
    """One hold; `kept` counts rows of erased people that it keeps."""

    hold_id: UUID
    of_one_person: bool
    datasets: tuple[str, ...]
    reason: str
    set_by: str
    set_at: datetime
    lifted_at: datetime | None
    kept: int


class PostgresLegalHolds:
    """Sets and lifts holds."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def set(self, tenant_id: str, who: Identifier | None, datasets: Sequence[str], *, reason: str, by: str) -> UUID:
        """Stop deletion of datasets, of one person or of everybody; the hold's id.

        Raises:
            NotFound: nobody is known by that identifier.
        """
        hold_id = uuid4()
        with self._database.pipeline() as transaction:
            key = subject = None
            if who is not None:
                row = transaction.execute(
                    "SELECT learner_key::text FROM identifiers WHERE tenant_id = %s AND identifier_hash = %s",
                    (tenant_id, self._keys.identifier_hash(tenant_id, who.kind, who.value)),
                ).fetchone()
                if row is None:
                    raise NotFound("Nobody is known by that id.", hint="Check the id and the tenant.")
                key = row[0]
                subject = name_of(transaction, self._keys, tenant_id, key)
            transaction.execute(_SET, (tenant_id, hold_id, key, list(datasets), reason, by))
            detail: dict[str, Json] = {"hold": str(hold_id), "datasets": list(datasets)}
            append(transaction, tenant_id, AuditEntry(by, AuditAction.LEGAL_HOLD_SET, subject, detail))
        return hold_id

    def lift(self, tenant_id: str, hold_id: UUID, *, by: str) -> int:
        """End a hold; what it kept of erased people is deleted. How many rows that were.

        Raises:
            NotFound: there is no such hold, or it is lifted.
        """
        with self._database.pipeline() as transaction:
            row = transaction.execute(_LIFT, (by, tenant_id, hold_id)).fetchone()
            if row is None:
                raise NotFound("There is no such hold, or it is lifted.", hint="`akademos hold list` shows them.")
            subject = None if row[0] is None else name_of(transaction, self._keys, tenant_id, row[0])
            gone = transaction.execute(
                "DELETE FROM held_records WHERE tenant_id = %s AND hold_id = %s RETURNING rows", (tenant_id, hold_id)
            ).fetchall()
            kept = sum(int(rows) for (rows,) in gone)
            detail: dict[str, Json] = {"hold": str(hold_id), "rows_deleted": kept}
            append(transaction, tenant_id, AuditEntry(by, AuditAction.LEGAL_HOLD_LIFTED, subject, detail))
        return kept

    def all(self, tenant_id: str) -> list[LegalHold]:
        """Newest first."""
        with self._database.pipeline() as transaction:
            return [
                LegalHold(row[0], row[1], tuple(row[2]), *row[3:]) for row in transaction.execute(_ALL, (tenant_id,))
            ]

    def kept(self, tenant_id: str, hold_id: UUID, *, reason: str, by: str) -> dict[str, list[Any]]:
        """What a hold keeps of erased people, opened: rows by dataset. The audit log says so."""
        found: dict[str, list[Any]] = {}
        with self._database.pipeline() as transaction:
            rows = transaction.execute(
                "SELECT dataset, sealed FROM held_records WHERE tenant_id = %s AND hold_id = %s ORDER BY dataset",
                (tenant_id, hold_id),
            )
            for dataset, sealed in rows:
                found.setdefault(dataset, []).extend(json.loads(unseal(self._keys.derived(tenant_id, "holds"), sealed)))
            detail: dict[str, Json] = {"hold": str(hold_id), "reason": reason}
            append(transaction, tenant_id, AuditEntry(by, AuditAction.DATA_EXPORTED, None, detail))
        return found


def standing(transaction: Transaction, tenant_id: str, learner_keys: Iterable[str]) -> dict[UUID, list[str]]:
    """The holds that concern some people, with their datasets."""
    keys = [UUID(key) for key in learner_keys]
    return {hold_id: list(datasets) for hold_id, datasets in transaction.execute(_STANDING, (tenant_id, keys))}


def keep(
    transaction: Transaction, keys: Keys, tenant_id: str, hold_id: UUID, dataset: str, erasure_id: UUID, rows: list[Any]
) -> None:
    """Seal rows for a hold; doing it again changes nothing."""
    sealed = seal(keys.derived(tenant_id, "holds"), json.dumps(rows, default=str), os.urandom(NONCE_BYTES))
    transaction.execute(_KEEP, (tenant_id, hold_id, dataset, erasure_id, len(rows), sealed))
