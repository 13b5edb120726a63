"""Certifications of datasets on PostgreSQL; each change with its entry in the audit log."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import NotFound
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.catalogue import Certification
from akademos.stores.postgres.audit import append
from akademos.stores.postgres.database import Database

_REPLACE = """
    UPDATE dataset_certifications SET revoked_at = %s WHERE tenant_id = %s AND dataset = %s AND revoked_at IS NULL
    RETURNING certification_id::text
"""
_MADE = """
    INSERT INTO dataset_certifications (tenant_id, certification_id, dataset, level, statement, fingerprint, decided_by,
        decided_at, valid_until) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_STANDING = """
    SELECT certification_id::text, dataset, level, statement, fingerprint, decided_by, decided_at, valid_until
    FROM dataset_certifications WHERE tenant_id = %s AND revoked_at IS NULL ORDER BY decided_at DESC, certification_id
"""


class PostgresCertifications:
    """Adapter of the port `Certifications`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def certify(self, tenant_id: str, made: Certification) -> None:
        """Keep it; it replaces the one before."""
        with self._database.pipeline() as transaction:
            transaction.execute(_REPLACE, (made.decided_at, tenant_id, made.dataset))
            transaction.execute(
                _MADE,
                (tenant_id, UUID(made.certification_id), made.dataset, made.level, made.statement, made.fingerprint,
                 made.decided_by, made.decided_at, made.valid_until),
            )  # fmt: skip
            until = None if made.valid_until is None else made.valid_until.isoformat()
            detail = {"dataset": made.dataset, "level": made.level, "until": until, "columns": made.fingerprint}
            append(transaction, tenant_id, AuditEntry(made.decided_by, AuditAction.DATASET_CERTIFIED, None, detail))

    def revoke(self, tenant_id: str, dataset: str, *, by: str, at: datetime) -> None:
        """Take back what stands.

        Raises:
            NotFound: nothing stands.
        """
        with self._database.pipeline() as transaction:
            row = transaction.execute(_REPLACE, (at, tenant_id, dataset)).fetchone()
            if row is None:
                raise NotFound("No certification of it stands.", hint="/v1/catalogue shows what stands.")
            detail = {"dataset": dataset, "certification": row[0]}
            append(transaction, tenant_id, AuditEntry(by, AuditAction.CERTIFICATION_REVOKED, None, detail))

    def standing(self, tenant_id: str) -> list[Certification]:
        """Those that nobody took back or replaced, newest first."""
        with self._database.serving(tenant_id) as transaction:
            return [Certification(*row) for row in transaction.execute(_STANDING, (tenant_id,))]
