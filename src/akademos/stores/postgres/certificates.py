"""Certificates on PostgreSQL, as holders and strangers see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from psycopg.rows import dict_row

from akademos.learning.credentials import Kind, PublicCertificate
from akademos.stores.ports.certificates import Certificate
from akademos.stores.postgres.database import Database

_DESCRIPTION: dict[Kind, str] = {"course": "description", "path": "goal"}
_SHOWN = """
    SELECT c.*, t.name AS issuer, v.content
    FROM learning_certificates c
    JOIN tenants t USING (tenant_id)
    LEFT JOIN content_versions v ON v.tenant_id = c.tenant_id
        AND v.record = CASE WHEN c.path_id IS NULL THEN 'learning_courses' ELSE 'learning_paths' END
        AND v.key = coalesce(c.path_id, c.course_id) AND v.revision = c.content_revision
"""
_OF_LEARNER = _SHOWN + "WHERE c.tenant_id = %s AND c.learner_key = %s ORDER BY c.issued_at DESC, c.number DESC"
_BY_CODE = _SHOWN + "WHERE c.verification_code = %s"


class PostgresCertificates:
    """Adapter of the port `Certificates`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_learner(self, tenant_id: str, learner_key: str) -> list[Certificate]:
        """A learner's, newest first."""
        with (
            self._database.serving(tenant_id) as transaction,
            transaction.cursor(row_factory=dict_row) as cursor,
        ):
            rows = cursor.execute(_OF_LEARNER, (tenant_id, learner_key)).fetchall()
        return [_certificate(row) for row in rows]

    def public(self, code: str, at: datetime) -> PublicCertificate | None:
        """What anybody is told who has the code."""
        # The tenant is not known yet: the pipeline's role, one row by a secret, and nothing of it that names anybody.
        with self._database.pipeline() as transaction, transaction.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(_BY_CODE, (code,)).fetchone()
        if row is None:
            return None
        found = _certificate(row)
        return PublicCertificate(
            number=found.number,
            title=found.title,
            revision=found.revision,
            kind=found.kind,
            issuer=found.issuer,
            standing=found.standing(at.astimezone(UTC).date()),
            issued_at=found.issued_at,
            expires_on=found.last_day,
            revoked_at=found.revoked_at,
        )

    def issuer(self, tenant_id: str) -> str | None:
        """The name under which a tenant issues."""
        with self._database.serving(tenant_id) as transaction:
            row = transaction.execute("SELECT name FROM tenants WHERE tenant_id = %s", (tenant_id,)).fetchone()
        return None if row is None else str(row[0])

    def revoked(self, tenant_id: str) -> Sequence[int]:
        """The serials of revoked ones."""
        with self._database.serving(tenant_id) as transaction:
            rows = transaction.execute(
                "SELECT serial FROM certificate_revocations WHERE tenant_id = %s ORDER BY 1", (tenant_id,)
            ).fetchall()
        return [int(row[0]) for row in rows]


def _certificate(row: dict[str, Any]) -> Certificate:
    kind: Kind = "course" if row["path_id"] is None else "path"
    content = row["content"] or {}
    parts = row["number"].split("-")
    ours = len(parts) == 3 and parts[1].isdecimal()
    return Certificate(
        certificate_id=row["certificate_id"],
        number=row["number"],
        serial=int(parts[1]) if ours else None,
        kind=kind,
        content_id=row["path_id"] or row["course_id"] or "",
        title=row["title"],
        description=content.get(_DESCRIPTION[kind]) or row["title"],
        revision=row["content_revision"],
        issuer=row["issuer"],
        issued_at=row["issued_at"] or row["created_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"] or (row["updated_at"] if row["status"] == "revoked" else None),
        code=row["verification_code"] or "",
    )
