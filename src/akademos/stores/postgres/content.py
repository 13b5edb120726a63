"""Contents and items on PostgreSQL: the guard's memory as the pipeline, what is published as the serving role."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

import orjson

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.policies import LIMITS
from akademos.privacy.disclosure_editions import Edition, Editions, Version
from akademos.stores.ports.content import ContentSupport, Crowd, PublishedStatistic, Statistic, Subject, Taken
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.kpis import TERMS
from akademos.stores.postgres.person_sql import CONSENTING

_FLOOR = "SELECT group_floor FROM tenants WHERE tenant_id = %s"
_COURSES = """
    SELECT course_id FROM enrolments WHERE tenant_id = %(tenant)s
    UNION SELECT course_id FROM content_editions WHERE tenant_id = %(tenant)s ORDER BY 1
"""
_CROWD = f"""
    SELECT DISTINCT consenting.learner_key::text, p.persona, e.course_id, e.registered_on
    FROM ({CONSENTING}) AS consenting
        JOIN people p ON p.tenant_id = %(tenant)s AND p.learner_key = consenting.learner_key AND p.kind = 'learner'
        LEFT JOIN identity_links l ON l.tenant_id = %(tenant)s AND l.person_key = consenting.learner_key
        LEFT JOIN enrolments e ON e.tenant_id = %(tenant)s AND e.learner_key IN (consenting.learner_key, l.learner_key)
            AND (e.withdrawn_on IS NULL OR e.withdrawn_on > current_date)
"""
_TAKEN = "SELECT learner_key::text, contents, items FROM content_taken WHERE tenant_id = %s AND course_id = %s"
_RETIRED = "SELECT question_id FROM items WHERE tenant_id = %s AND course_id = %s AND status = 'archived'"
_PEOPLE = "SELECT learner_key::text, part, versions FROM content_people WHERE tenant_id = %s AND course_id = %s"
_EDITIONS = """
    SELECT entry, part, as_of, since, people, smallest_group, shown FROM content_editions
    WHERE tenant_id = %s AND course_id = %s
"""
_WRITE_PEOPLE = """
    INSERT INTO content_people (tenant_id, course_id, learner_key, part, versions)
    SELECT %s, %s, p.learner_key, %s, %s::jsonb FROM people p WHERE p.tenant_id = %s AND p.learner_key = %s
"""
_WRITE_EDITION = """
    INSERT INTO content_editions (tenant_id, course_id, entry, part, as_of, since, people, smallest_group, shown)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_WRITE_TAKEN = """
    INSERT INTO content_taken (tenant_id, course_id, learner_key, contents, items)
    SELECT %s, %s, p.learner_key, %s, %s FROM people p WHERE p.tenant_id = %s AND p.learner_key = %s
"""
_WRITE = """
    INSERT INTO content_statistics (tenant_id, course_id, subject, subject_id, version, as_of, smallest_group, detail)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb)
"""
_NEWEST_SUPPORT = """
    SELECT smallest_group, materials FROM content_support WHERE tenant_id = %s AND course_id = %s
    ORDER BY published_at DESC LIMIT 1
"""
_WRITE_SUPPORT = """
    INSERT INTO content_support (tenant_id, course_id, published_at, smallest_group, materials)
    VALUES (%s, %s, %s, %s, %s::jsonb)
    ON CONFLICT (tenant_id, course_id, published_at) DO UPDATE SET smallest_group = excluded.smallest_group,
        materials = excluded.materials
"""
_SUPPORT = """
    SELECT c.course_id, newest.published_at, newest.materials FROM learning_courses c CROSS JOIN LATERAL (
        SELECT s.published_at, s.smallest_group, s.materials FROM content_support s
        WHERE s.tenant_id = %(tenant)s AND s.course_id = c.course_id AND s.published_at <= %(at)s
        ORDER BY s.published_at DESC LIMIT 1
    ) AS newest
    WHERE c.tenant_id = %(tenant)s
        AND newest.smallest_group >= (SELECT group_floor FROM tenants WHERE tenant_id = %(tenant)s)
    ORDER BY c.course_id
"""
_DROP_ANSWERS = """
    DELETE FROM journey_answers WHERE tenant_id = %(tenant)s AND course_id = %(course)s AND edition NOT IN (
        SELECT as_of FROM content_statistics
        WHERE tenant_id = %(tenant)s AND course_id = %(course)s AND subject = 'course')
"""
_STATISTICS = """
    SELECT s.course_id, s.subject, s.subject_id, s.version, s.as_of, s.smallest_group, s.detail,
        coalesce(c.title, s.course_id), coalesce(m.title, s.subject_id),
        coalesce(m.topic_ids, i.topic_ids, '{}'), coalesce(i.secure, false)
    FROM content_statistics s
        LEFT JOIN learning_courses c ON c.tenant_id = s.tenant_id AND c.course_id = s.course_id
        LEFT JOIN materials m ON s.subject = 'content' AND m.tenant_id = s.tenant_id AND m.material_id = s.subject_id
        LEFT JOIN items i ON s.subject = 'item' AND i.tenant_id = s.tenant_id AND i.question_id = s.subject_id
    WHERE s.tenant_id = %(tenant)s AND s.subject = %(subject)s AND (%(all)s OR s.course_id = ANY(%(courses)s))
        AND s.smallest_group >= (SELECT group_floor FROM tenants WHERE tenant_id = %(tenant)s)
    ORDER BY s.course_id, s.subject_id, s.version
"""


class PostgresContent:
    """Adapter of the ports `ContentLedgers` and `PublishedContent`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def floor(self, tenant_id: str) -> int:
        """The tenant's k."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(_FLOOR, (tenant_id,)).fetchone()
        return LIMITS.group_floor if row is None else int(row[0])

    def terms(self, tenant_id: str) -> list[tuple[str, date, date]]:
        """Name, first and last day."""
        with self._database.pipeline() as transaction:
            return [(name, first, last) for name, first, last in transaction.execute(TERMS, (tenant_id,))]

    def courses(self, tenant_id: str) -> list[str]:
        """Courses with enrolments, or with anybody counted."""
        with self._database.pipeline() as transaction:
            return [row[0] for row in transaction.execute(_COURSES, {"tenant": tenant_id})]

    def crowd(self, tenant_id: str, purposes: Sequence[Purpose]) -> Crowd:
        """Who consents, and who of them is enrolled where; see the port."""
        values = {"tenant": tenant_id, "purposes": [purpose.value for purpose in purposes]}
        consenting = set[str]()
        enrolled: dict[str, dict[str, str]] = defaultdict(dict)
        registered: dict[str, dict[str, date]] = defaultdict(dict)
        with self._database.pipeline() as transaction:
            for key, persona, course, day in transaction.execute(_CROWD, values):
                consenting.add(key)
                if course is not None:
                    enrolled[course][key] = persona
                    if day is not None:
                        registered[course][key] = min(day, registered[course].get(key, day))
        return Crowd(frozenset(consenting), enrolled, registered)

    def editions(self, tenant_id: str, course_id: str) -> Editions:
        """What is remembered of a course."""
        of = (tenant_id, course_id)
        with self._database.pipeline() as transaction:
            people = transaction.execute(_PEOPLE, of).fetchall()
            editions = transaction.execute(_EDITIONS, of).fetchall()
        return Editions(
            parts={key: part for key, part, _ in people if part is not None},
            spent=frozenset(key for key, part, _ in people if part is None),
            editions={(entry, part): Edition(*rest) for entry, part, *rest in editions},
            versions={
                (entry, key): Version(evidence, None if since is None else datetime.fromisoformat(since))
                for key, _, versions in people
                for entry, (evidence, since) in versions.items()
            },
        )

    def taken(self, tenant_id: str, course_id: str) -> dict[str, Taken]:
        """What was taken of whom."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(_TAKEN, (tenant_id, course_id)).fetchall()
        return {key: Taken(contents, items) for key, contents, items in rows}

    def retired(self, tenant_id: str, course_id: str) -> frozenset[str]:
        """question_ids that are no longer asked."""
        with self._database.pipeline() as transaction:
            return frozenset(row[0] for row in transaction.execute(_RETIRED, (tenant_id, course_id)))

    def publish(
        self,
        tenant_id: str,
        course_id: str,
        memory: Editions,
        taken: Mapping[str, Taken],
        statistics: Sequence[Statistic],
        support: ContentSupport,
        smallest_group: int,
    ) -> None:
        """Replace memory and publication of a course; see the port."""
        of = (tenant_id, course_id)
        with self._database.pipeline() as transaction:
            for table in ("content_people", "content_editions", "content_taken", "content_statistics"):
                transaction.execute(f"DELETE FROM {table} WHERE tenant_id = %s AND course_id = %s", of)
            _write_memory(transaction, tenant_id, course_id, memory)
            cursor = transaction.cursor()
            cursor.executemany(
                _WRITE_TAKEN, [(*of, one.contents, one.items, tenant_id, key) for key, one in sorted(taken.items())]
            )
            cursor.executemany(
                _WRITE,
                [
                    (
                        *of, one.subject, one.subject_id, one.version, one.as_of, one.smallest_group,
                        orjson.dumps(one.detail).decode(),
                    )
                    for one in statistics
                ],
            )  # fmt: skip
            transaction.execute(_DROP_ANSWERS, {"tenant": tenant_id, "course": course_id})
            newest = transaction.execute(_NEWEST_SUPPORT, of).fetchone()
            if newest != (smallest_group, support.materials) and (newest is not None or support.materials):
                body = orjson.dumps(support.materials).decode()
                transaction.execute(_WRITE_SUPPORT, (*of, support.published_at, smallest_group, body))

    def statistics(self, tenant_id: str, subject: Subject, courses: Collection[str] | None) -> list[PublishedStatistic]:
        """What is published; see the port."""
        values = {"tenant": tenant_id, "subject": subject, "all": courses is None, "courses": sorted(courses or ())}
        with self._database.serving(tenant_id) as transaction:
            return [
                PublishedStatistic(Statistic(*row[:7]), row[7], row[8], tuple(row[9]), row[10])
                for row in transaction.execute(_STATISTICS, values)
            ]

    def support(self, tenant_id: str, at: datetime) -> tuple[ContentSupport, ...]:
        """What helps, as in force at an instant; see the port."""
        with self._database.serving(tenant_id) as transaction:
            found = transaction.execute(_SUPPORT, {"tenant": tenant_id, "at": at})
            return tuple(ContentSupport(*row) for row in found)


def _write_memory(transaction: Transaction, tenant_id: str, course_id: str, memory: Editions) -> None:
    cursor = transaction.cursor()
    versions: dict[str, dict[str, tuple[int, str | None]]] = defaultdict(dict)
    for (entry, key), version in memory.versions.items():
        versions[key][entry] = version.evidence, None if version.since is None else version.since.isoformat()
    people: list[tuple[str, str | None]] = [*memory.parts.items(), *((key, None) for key in memory.spent)]
    cursor.executemany(
        _WRITE_PEOPLE,
        [
            (tenant_id, course_id, part, orjson.dumps(versions[key]).decode(), tenant_id, key)
            for key, part in sorted(people, key=lambda one: one[0])
        ],
    )
    cursor.executemany(
        _WRITE_EDITION,
        [
            (tenant_id, course_id, *key, one.as_of, one.since, one.people, one.floor, one.shown)
            for key, one in sorted(memory.editions.items())
        ],
    )
