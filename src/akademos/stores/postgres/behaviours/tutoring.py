"""Sessions with an automated tutor: kept with what it referred to and how sure it was, or not at all."""

from __future__ import annotations

from collections.abc import Mapping

from akademos.catalogue.records.declaration import Record
from akademos.learning.tutoring import check_session
from akademos.stores.postgres.record_changes import RecordWork
from akademos.stores.postgres.record_rows import Row


def on_tutor_session(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """Refuse a session that does not say what whoever looks at it later must know."""
    check_session(row)
    return {}
