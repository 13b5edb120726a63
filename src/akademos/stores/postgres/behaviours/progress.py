"""Progress points at the revision on which it was made."""

from __future__ import annotations

from collections.abc import Mapping

from akademos.catalogue.records.declaration import Record
from akademos.stores.postgres.behaviours.content import rows
from akademos.stores.postgres.record_changes import RecordWork
from akademos.stores.postgres.record_rows import Row

_RECORDS = {
    "course": "learning_courses",
    "path": "learning_paths",
    "quiz": "learning_quizzes",
    "exercise": "learning_practical_exercises",
}


def on_progress(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """The newest published revision, unless the row names one: of a lesson its course's."""
    if row.get("content_revision") is not None or sent.get("content_revision") is not None:
        return {}
    kind, content = str(row["content_type"]), row["content_id"]
    if kind == "lesson":
        kind, content = "course", row.get("course_id")
    found = rows(
        work,
        "SELECT max(revision) AS revision FROM content_versions WHERE tenant_id = %s AND record = %s AND key = %s",
        _RECORDS[kind],
        content,
    )
    return {"content_revision": found[0]["revision"]}


def on_completed(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """What is completed is done to the last part."""
    return {**on_progress(work, record, row, sent), "percentage": 100}
