"""Certificates: numbered, given a code, and bound to the revision on which the learner completed the content."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta

from akademos.catalogue.records.declaration import Record
from akademos.errors import Conflict, InputError
from akademos.learning.credentials import CODE_BYTES, certificate_number, expires_on, verification_code
from akademos.stores.postgres.behaviours.content import rows
from akademos.stores.postgres.record_changes import RecordWork
from akademos.stores.postgres.record_rows import Row

_NEXT_SERIAL = """
    INSERT INTO certificate_serials AS s (tenant_id, last) VALUES (%s, 1)
    ON CONFLICT (tenant_id) DO UPDATE SET last = s.last + 1
    RETURNING last, extract(year FROM now() AT TIME ZONE 'UTC')::integer AS year, now() AS at
"""

_REVISION = """
    SELECT revision, content ->> 'title' AS title, (content ->> 'certificate_valid_months')::integer AS months
    FROM content_versions WHERE tenant_id = %s AND record = %s AND key = %s AND (%s::integer IS NULL OR revision = %s)
    ORDER BY revision DESC LIMIT 1
"""


def on_issue(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """What the platform puts on a certificate. Unless the request says until when it stands (null: for good), it holds
    for the months that the completed revision was published with, to the end of its last day in UTC.

    Raises:
        InputError: it names neither a course nor a path, or both, or its time would be over.
        Conflict: the learner has not completed it, or has one for this revision that stands.
    """
    course, path = row.get("course_id"), row.get("path_id")
    if (course is None) == (path is None):
        raise InputError(
            "A certificate is for one course or one path.",
            hint="Send course_id or path_id.",
            code="content_missing",
            status=422,
            pointer="/course_id",
        )
    # The row lock puts a tenant's issues in order: serials are used once, and no learner gets two at the same time.
    (serial,) = rows(work, _NEXT_SERIAL)
    ends = row.get("expires_at")
    if ends is not None and ends <= serial["at"]:
        raise InputError("The certificate would have expired.", hint="Leave expires_at out, or send a later one.",
                         status=422, pointer="/expires_at")  # fmt: skip
    kind, content, table = ("course", course, "learning_courses") if path is None else ("path", path, "learning_paths")
    title, revision, months = _earned(work, kind, content, table, row["learner_key"])
    _refuse_second(work, kind, content, revision, row["learner_key"])
    last = None if "expires_at" in sent else expires_on(serial["at"].astimezone(UTC).date(), months)
    ends_at = {} if last is None else {"expires_at": datetime.combine(last + timedelta(days=1), time(), UTC)}
    return ends_at | {
        "number": certificate_number(serial["year"], serial["last"]),
        "title": title,
        "content_revision": revision,
        "issued_at": serial["at"],
        "verification_code": verification_code(secrets.token_bytes(CODE_BYTES)),
    }


def _earned(
    work: RecordWork, kind: str, content: object, table: str, learner: object
) -> tuple[object, object, int | None]:
    """Title and revision of what the learner has completed, and for how many months that is certified."""
    progress = rows(
        work,
        "SELECT content_revision FROM learning_user_progress WHERE tenant_id = %s AND learner_key = %s "
        "AND content_type = %s AND content_id = %s AND state = 'completed'",
        learner,
        kind,
        content,
    )
    if not progress:
        raise Conflict(
            f"The learner has not completed this {kind}.",
            hint=f"A certificate is issued when the learner's progress in the {kind} is completed.",
            code="not_completed",
        )
    revision = progress[0]["content_revision"]
    versions = rows(work, _REVISION, table, content, revision, revision)
    if not versions:
        raise Conflict(
            f"The {kind} was never published in the revision that the learner completed.",
            hint=f"Publish the {kind}, then issue the certificate.",
            code="not_published",
        )
    return versions[0]["title"], versions[0]["revision"], versions[0]["months"]


def _refuse_second(work: RecordWork, kind: str, content: object, revision: object, learner: object) -> None:
    standing = rows(
        work,
        f"SELECT number FROM learning_certificates WHERE tenant_id = %s AND learner_key = %s AND {kind}_id = %s "
        "AND content_revision = %s AND status = 'issued' AND (expires_at IS NULL OR expires_at > now())",
        learner,
        content,
        revision,
    )
    if standing:
        raise Conflict(
            f"The learner has the certificate {standing[0]['number']} for this, and it stands.",
            hint="Revoke that one first if it is to be replaced.",
            code="issued_already",
        )
