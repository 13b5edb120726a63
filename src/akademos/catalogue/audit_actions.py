"""What the audit log records: every act that somebody may have to answer for."""

from __future__ import annotations

from enum import StrEnum


class AuditAction(StrEnum):
    """One kind of act; the value is what stands in the log, `object.act`."""

    CONSENT_DECIDED = "consent.decided"
    CONSENT_TEXT_DECLARED = "consent_text.declared"
    BASIS_RECORDED = "basis.recorded"
    PROCESSING_RESTRICTED = "processing.restricted"
    OBJECTION_RAISED = "objection.raised"
    STATEMENT_CONTESTED = "statement.contested"
    RIGHTS_REQUESTED = "rights.requested"
    RIGHTS_CLOSED = "rights.closed"
    IDENTITY_LINKED = "identity.linked"
    IDENTITY_MERGED = "identity.merged"
    IDENTITY_UNMERGED = "identity.unmerged"
    ERASURE_REQUESTED = "erasure.requested"
    ERASURE_COMPLETED = "erasure.completed"
    LEGAL_HOLD_SET = "legal_hold.set"
    LEGAL_HOLD_LIFTED = "legal_hold.lifted"
    RETENTION_ENFORCED = "retention.enforced"
    LOG_CHECKPOINT = "log.checkpoint"
    KEY_CREATED = "key.created"
    KEY_ROTATED = "key.rotated"
    KEY_REVOKED = "key.revoked"
    ROLE_CHANGED = "role.changed"
    TENANT_CHANGED = "tenant.changed"
    DATA_EXPORTED = "data.exported"
    RELEASE_MADE = "release.made"
    RELEASE_CHANGED = "release.changed"
    RELEASE_WITHDRAWN = "release.withdrawn"
    ACCESS_SEALED = "access.sealed"
    MODEL_PROMOTED = "model.promoted"
    MODEL_RETIRED = "model.retired"
