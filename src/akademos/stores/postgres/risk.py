"""Students in focus on PostgreSQL: what risk rests on, and the scores, written and read under live consent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date, timedelta
from typing import Any

import orjson
import polars as pl

from akademos.catalogue.declarations import Purpose
from akademos.stores.ports.risk import FocusScore, RiskScore
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.person_sql import CONSENTING, STOPPED

PURPOSES = (Purpose.ADVISING.value, Purpose.LEARNING_SUPPORT.value)
FRESH = timedelta(days=14)
"""An older score is not shown: it describes another time."""

_COLUMNS = tuple(field.name for field in fields(RiskScore))
_JSON = ("reasons", "effects", "changed")
_LISTED = ", ".join(f"r.{name}::text" if name == "learner_key" else f"r.{name}" for name in _COLUMNS)

_COURSES = """
    SELECT course_id, starts_on, ends_on FROM learning_courses
    WHERE tenant_id = %s ORDER BY course_id
"""
_ENROLMENTS = f"""
    SELECT coalesce(l.person_key, e.learner_key)::text, e.course_id, min(e.registered_on),
        CASE WHEN bool_and(e.withdrawn_on IS NOT NULL) THEN max(e.withdrawn_on) END, max(e.resit)
    FROM enrolments e LEFT JOIN identity_links l USING (tenant_id, learner_key)
    WHERE e.tenant_id = %(tenant)s AND coalesce(l.person_key, e.learner_key) IN ({CONSENTING})
    GROUP BY 1, 2 ORDER BY 1, 2
"""
_GROUPS = f"""
    SELECT coalesce(l.person_key, d.learner_key)::text, d.course_id, one.key, min(one.value)
    FROM demographics d LEFT JOIN identity_links l USING (tenant_id, learner_key)
        CROSS JOIN LATERAL jsonb_each_text(d.attributes) AS one
    WHERE d.tenant_id = %(tenant)s AND one.value IS NOT NULL
        AND coalesce(l.person_key, d.learner_key) IN ({CONSENTING})
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_OF_WEEK = f"SELECT {_LISTED} FROM risk_scores r WHERE r.tenant_id = %s AND r.as_of = %s"
# Locked, so that a decision waits for this transaction and then finds what it wrote.
_HOLD_CONSENT = """
    SELECT FROM consent_state WHERE tenant_id = %s AND purpose = ANY(%s)
    ORDER BY learner_key, purpose FOR SHARE
"""
_NOT_STOPPED = f" AND r.learner_key NOT IN ({STOPPED})"
_FORGET = f"""
    DELETE FROM risk_scores r
    WHERE r.tenant_id = %(tenant)s AND r.learner_key NOT IN ({CONSENTING}){_NOT_STOPPED}
"""
_REPLACE = f"DELETE FROM risk_scores r WHERE r.tenant_id = %(tenant)s AND r.as_of = %(as_of)s{_NOT_STOPPED}"
_WRITE = f"""
    INSERT INTO risk_scores (tenant_id, {", ".join(_COLUMNS)})
    SELECT %(tenant)s, {", ".join(f"%({name})s" for name in _COLUMNS)}
    WHERE %(learner_key)s::uuid IN ({CONSENTING})
"""
_NEWEST = f"""
    SELECT DISTINCT ON (r.learner_key, r.course_id) c.title, {_LISTED}
    FROM risk_scores r JOIN learning_courses c ON c.tenant_id = r.tenant_id AND c.course_id = r.course_id
    WHERE r.tenant_id = %(tenant)s AND r.learner_key = ANY(%(keys)s::uuid[]) AND r.as_of > %(oldest)s
        AND (c.ends_on IS NULL OR c.ends_on >= %(today)s)
        AND r.learner_key IN ({CONSENTING})
        AND EXISTS (
            SELECT FROM enrolments e LEFT JOIN identity_links l USING (tenant_id, learner_key)
            WHERE e.tenant_id = r.tenant_id AND e.course_id = r.course_id
                AND coalesce(l.person_key, e.learner_key) = r.learner_key
                AND (e.withdrawn_on IS NULL OR e.withdrawn_on > %(today)s))
    ORDER BY r.learner_key, r.course_id, r.as_of DESC
"""


class PostgresRisk:
    """Adapter of the ports `RiskLedger` and `FocusScores`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def courses(self, tenant_id: str) -> pl.DataFrame:
        """All courses."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(_COURSES, (tenant_id,)).fetchall()
        schema = {"course_id": pl.String, "starts_on": pl.Date, "ends_on": pl.Date}
        return pl.DataFrame(rows, schema=schema, orient="row")

    def enrolments(self, tenant_id: str) -> pl.DataFrame:
        """Everybody who was ever enrolled and consents; see the port."""
        with self._database.pipeline() as transaction:
            values = {"tenant": tenant_id, "purposes": [Purpose.LEARNING_SUPPORT.value]}
            rows = transaction.execute(_ENROLMENTS, values).fetchall()
        schema = {
            "learner_key": pl.String,
            "course_id": pl.String,
            "registered_on": pl.Date,
            "withdrawn_on": pl.Date,
            "resits": pl.Int32,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    def group_attributes(self, tenant_id: str) -> pl.DataFrame:
        """Which groups learners belong to; see the port."""
        values = {"tenant": tenant_id, "purposes": [Purpose.RESEARCH.value, Purpose.LEARNING_SUPPORT.value]}
        with self._database.pipeline() as transaction:
            rows = transaction.execute(_GROUPS, values).fetchall()
        schema = dict.fromkeys(("learner_key", "course_id", "attribute", "value"), pl.String)
        return pl.DataFrame(rows, schema=schema, orient="row")

    def of_week(self, tenant_id: str, as_of: date) -> Mapping[tuple[str, str], RiskScore]:
        """The scores of one week."""
        with self._database.pipeline() as transaction:
            found = [RiskScore(*row) for row in transaction.execute(_OF_WEEK, (tenant_id, as_of))]
        return {(one.learner_key, one.course_id): one for one in found}

    def write(self, tenant_id: str, as_of: date, scores: Sequence[RiskScore]) -> int:
        """Replace a week; see the port."""
        with self._database.pipeline() as transaction:
            transaction.execute(_HOLD_CONSENT, (tenant_id, list(PURPOSES)))
            values = {"tenant": tenant_id, "as_of": as_of, "purposes": list(PURPOSES)}
            transaction.execute(_FORGET, values)
            transaction.execute(_REPLACE, values)
            cursor = transaction.cursor()
            if scores:
                cursor.executemany(_WRITE, [_values(tenant_id, one) for one in scores])
            return max(cursor.rowcount, 0) if scores else 0

    def forget(self, tenant_id: str) -> int:
        """Drop what nobody consents to any more; see the port."""
        with self._database.pipeline() as transaction:
            return transaction.execute(_FORGET, {"tenant": tenant_id, "purposes": list(PURPOSES)}).rowcount

    def newest(self, tenant_id: str, learner_keys: Sequence[str], today: date) -> list[FocusScore]:
        """The newest scores, consent looked at in the same statement; see the port."""
        values = {
            "tenant": tenant_id,
            "keys": list(learner_keys),
            "purposes": list(PURPOSES),
            "today": today,
            "oldest": today - FRESH,
        }
        with self._database.serving(tenant_id) as transaction:
            return [FocusScore(row[0], RiskScore(*row[1:])) for row in transaction.execute(_NEWEST, values)]


def _values(tenant_id: str, score: RiskScore) -> dict[str, Any]:
    values = {name: getattr(score, name) for name in _COLUMNS}
    packed = {name: orjson.dumps(values[name]).decode() for name in _JSON}
    return {"tenant": tenant_id, "purposes": list(PURPOSES), **values, **packed}
