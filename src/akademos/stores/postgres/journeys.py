"""Journeys on PostgreSQL: who is counted, and the one answer to each question, as the pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from akademos.stores.ports.journeys import CountedPart, Edition
from akademos.stores.postgres.database import Database

_EDITION = """
    SELECT s.as_of, s.smallest_group FROM content_statistics s JOIN tenants t USING (tenant_id)
    WHERE s.tenant_id = %(tenant)s AND s.course_id = %(course)s AND s.subject = 'course'
        AND s.smallest_group >= t.group_floor
"""
_PARTS = """
    SELECT e.part, e.as_of, e.people, array_agg(p.learner_key::text), array_agg(p.versions -> 'journeys' ->> 1)
    FROM content_editions e JOIN content_people p USING (tenant_id, course_id, part)
    WHERE e.tenant_id = %(tenant)s AND e.course_id = %(course)s AND e.entry = 'journeys' AND e.shown
        AND p.versions -> 'journeys' ->> 1 IS NOT NULL
    GROUP BY e.part, e.as_of, e.people ORDER BY e.part
"""
_KEPT = """
    SELECT answer FROM journey_answers
    WHERE tenant_id = %(tenant)s AND course_id = %(course)s AND edition = %(edition)s AND question = %(question)s
"""
_KEEP = """
    INSERT INTO journey_answers (tenant_id, course_id, edition, question, answer, answered_at)
    SELECT %(tenant)s, %(course)s, %(edition)s, %(question)s, %(answer)s::jsonb, %(at)s
    WHERE (SELECT count(*) FROM journey_answers
        WHERE tenant_id = %(tenant)s AND course_id = %(course)s AND edition = %(edition)s) < %(most)s
    ON CONFLICT DO NOTHING
"""
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('journey_answers ' || %(tenant)s || ' ' || %(course)s))"


class PostgresJourneys:
    """Adapter of the port `JourneyLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def edition(self, tenant_id: str, course_id: str) -> Edition | None:
        """What is in force of a course; see the port."""
        values = {"tenant": tenant_id, "course": course_id}
        with self._database.pipeline() as transaction:
            row = transaction.execute(_EDITION, values).fetchone()
            if row is None:
                return None
            found = transaction.execute(_PARTS, values).fetchall()
        parts = [
            CountedPart(
                {key: datetime.fromisoformat(until) for key, until in sorted(zip(keys, untils, strict=True))},
                part, observed, people == len(keys),
            )
            for part, observed, people, keys, untils in found
        ]  # fmt: skip
        return Edition(row[0], row[1], tuple(parts))

    def kept(self, tenant_id: str, course_id: str, since: datetime, question: str) -> Mapping[str, Any] | None:
        """What a question was answered with in this edition."""
        values = {"tenant": tenant_id, "course": course_id, "edition": since, "question": question}
        with self._database.pipeline() as transaction:
            row = transaction.execute(_KEPT, values).fetchone()
        return None if row is None else row[0]

    def keep(
        self, tenant_id: str, course_id: str, since: datetime, question: str, answer: Mapping[str, Any], at: datetime,
        most: int,
    ) -> Mapping[str, Any] | None:  # fmt: skip
        """Keep an answer and return the one that is kept; see the port."""
        values = {
            "tenant": tenant_id, "course": course_id, "edition": since, "question": question,
            "answer": orjson.dumps(answer).decode(), "at": at, "most": most,
        }  # fmt: skip
        with self._database.pipeline() as transaction:
            transaction.execute(_ONE_AT_A_TIME, values)
            transaction.execute(_KEEP, values)
            row = transaction.execute(_KEPT, values).fetchone()
        return None if row is None else row[0]
