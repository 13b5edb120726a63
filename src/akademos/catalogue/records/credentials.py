"""Certificates: what somebody has earned, on which revision, and whether it still stands."""

from __future__ import annotations

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.records.declaration import CREDENTIAL, Action, Field, LifeCycle, Record, access
from akademos.catalogue.records.life_cycles import status
from akademos.catalogue.roles import Reach

CERTIFICATE = LifeCycle(
    "issued",
    {"issued": {"revoke": "revoked", "expire": "expired"}, "revoked": {}, "expired": {"revoke": "revoked"}},
    entries=("revoked", "expired"),
)

CERTIFICATES = Record(
    name="learning_certificates",
    collection="certificates",
    singular="certificate",
    description="Certificates; verifiable by a public code that does not say whose they are.",
    grain="one certificate",
    fields=(
        Field("certificate_id", "text", "certificate", key=True, required=True),
        Field("number", "text", "number printed on it", required=True, unique=True, looked_up=True),
        Field("learner_key", "person", "who has earned it", required=True, looked_up=True),
        Field("title", "text", "what it certifies", required=True),
        Field("course_id", "text", "course that it was earned in", refers="learning_courses", looked_up=True),
        Field("path_id", "text", "path that it was earned on", refers="learning_paths", looked_up=True),
        Field("content_revision", "integer", "revision of the course or path", least=1, set_by="platform"),
        status(CERTIFICATE, "issued, revoked or expired"),
        Field("issued_at", "timestamp", "when it was issued", set_by="platform"),
        Field("expires_at", "timestamp", "until when it stands; empty: for good"),
        Field("revoked_at", "timestamp", "when it was revoked", set_by="platform"),
        Field("revocation_reason", "text", "why", confidential=True, set_by="platform"),
        Field(
            "verification_code",
            "text",
            "public code by which anybody who was shown it can verify the certificate",
            unique=True,
            looked_up=True,
            confidential=True,
            set_by="platform",
        ),
    ),
    access=(
        access("learner", Reach.SELF, "read"),
        access("instructor", Reach.OWN_COURSES, "read"),
        access("service", Reach.TENANT, "read create revoke expire"),
    ),
    life_cycle=CERTIFICATE,
    actions={
        "revoke": Action(
            "It stands no longer.",
            sets=("revocation_reason",),
            needs=("revocation_reason",),
            stamps=("revoked_at",),
        ),
        "expire": Action("Its time is over."),
    },
    audited={
        "create": AuditAction.CERTIFICATE_ISSUED,
        "revoke": AuditAction.CERTIFICATE_REVOKED,
        "expire": AuditAction.CERTIFICATE_EXPIRED,
    },
    retention=CREDENTIAL,
)

CREDENTIALS = (CERTIFICATES,)
