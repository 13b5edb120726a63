"""Help is for somebody who takes the course, on a day that can be, with the name of the trial if a lot was drawn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from akademos.catalogue.records.declaration import Record
from akademos.learning.helping import check_help, not_enrolled
from akademos.stores.postgres.person_sql import keys_of
from akademos.stores.postgres.record_changes import RecordWork
from akademos.stores.postgres.record_rows import Row

SAID = frozenset({"learner_key", "course_id", "starts_on", "ends_on", "trial", "arm", "assignment"})
"""Columns that are looked at; a row that came to be under other rules may change in all others."""

_TAKES = f"""
    SELECT EXISTS (
        SELECT FROM enrolments e WHERE e.tenant_id = %(tenant)s AND e.course_id = %(course)s
            AND e.learner_key IN ({keys_of("%(tenant)s", "%(learner)s::uuid")})
            AND (e.registered_on IS NULL OR %(day)s::date IS NULL OR e.registered_on <= %(day)s::date)
            AND (e.withdrawn_on IS NULL OR e.withdrawn_on > coalesce(%(day)s::date, current_date)))
"""
"""Without a day, help is planned: whoever is going to take the course may have it."""
_TODAY = "SELECT (now() AT TIME ZONE time_zone)::date FROM tenants WHERE tenant_id = %s"


def on_help(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """Refuse help that cannot be."""
    noted = row | dict(sent)
    changed = {name for name in SAID if name in sent and sent[name] != row.get(name)} if "version" in row else SAID
    if not changed:
        return {}
    (today,) = work.transaction.execute("SELECT current_date").fetchone() or (date.max,)
    check_help({name: noted.get(name) for name in SAID}, today)
    course = noted.get("course_id")
    if course is not None and changed & {"learner_key", "course_id", "starts_on"}:
        about = {
            "tenant": work.tenant_id, "course": course, "learner": noted["learner_key"], "day": noted.get("starts_on"),
        }  # fmt: skip
        work.require(lambda: _require_enrolled(work, about))
    return {}


def on_begin(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """Help that was planned for no day begins on the day that it is at the institution: without one nobody could tell
    whether it helped."""
    if row["starts_on"] is not None:
        return {}
    (today,) = work.transaction.execute(_TODAY, (work.tenant_id,)).fetchone() or (None,)
    begun = {"starts_on": today}
    return begun | dict(on_help(work, record, row, {**sent, **begun}))


def _require_enrolled(work: RecordWork, about: Mapping[str, object]) -> None:
    (takes,) = work.transaction.execute(_TAKES, about).fetchone() or (False,)
    if not takes:
        raise not_enrolled()
