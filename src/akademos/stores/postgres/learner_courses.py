"""Courses and paths of a learner on PostgreSQL: progress as it is kept, outlines as they are published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psycopg.rows import dict_row

from akademos.learning.path import PathStep, path_standing
from akademos.stores.ports.learning import CourseOfLearner, PathOfLearner
from akademos.stores.postgres.database import Database, Transaction

_COURSES = """
    SELECT c.course_id, coalesce(v.content ->> 'title', c.title) AS title, coalesce(p.state, 'not_started') AS state,
        coalesce(p.percentage, 0) AS percentage, p.content_revision AS revision, p.last_activity_at
    FROM learning_courses c
    LEFT JOIN learning_user_progress p ON p.tenant_id = c.tenant_id AND p.learner_key = %(learner)s
        AND p.content_type = 'course' AND p.content_id = c.course_id
    LEFT JOIN content_versions v ON v.tenant_id = c.tenant_id AND v.record = 'learning_courses'
        AND v.key = c.course_id AND v.revision = p.content_revision
    WHERE c.tenant_id = %(tenant)s AND (p.learner_key IS NOT NULL OR EXISTS (
        SELECT FROM enrolments e WHERE e.tenant_id = c.tenant_id AND e.course_id = c.course_id
            AND e.learner_key = %(learner)s AND (e.withdrawn_on IS NULL OR e.withdrawn_on > current_date)))
    ORDER BY title, c.course_id
"""
# The revision that the learner is on, else the newest published one.
_PATHS = """
    SELECT DISTINCT ON (v.key) v.key AS path_id, v.content
    FROM content_versions v
    LEFT JOIN learning_user_progress p ON p.tenant_id = v.tenant_id AND p.learner_key = %(learner)s
        AND p.content_type = 'path' AND p.content_id = v.key
    WHERE v.tenant_id = %(tenant)s AND v.record = 'learning_paths' AND (p.learner_key IS NOT NULL OR EXISTS (
        SELECT FROM learning_user_progress q, jsonb_to_recordset(v.content -> 'learning_path_steps')
            AS s(content_type text, content_id text)
        WHERE q.tenant_id = v.tenant_id AND q.learner_key = %(learner)s AND q.content_type = s.content_type
            AND q.content_id = s.content_id AND q.state <> 'not_started'))
    ORDER BY v.key, v.revision IS DISTINCT FROM p.content_revision, v.revision DESC
"""
_SHARES = """
    SELECT content_type, content_id, CASE state WHEN 'completed' THEN 1 ELSE least(percentage, 99) / 100 END
    FROM learning_user_progress WHERE tenant_id = %(tenant)s AND learner_key = %(learner)s
"""
_TITLES = """
    SELECT 'course', course_id, title FROM learning_courses WHERE tenant_id = %(tenant)s AND course_id = ANY (%(ids)s)
    UNION ALL
    SELECT 'lesson', lesson_id, title FROM learning_lessons WHERE tenant_id = %(tenant)s AND lesson_id = ANY (%(ids)s)
    UNION ALL
    SELECT 'quiz', quiz_id, title FROM learning_quizzes WHERE tenant_id = %(tenant)s AND quiz_id = ANY (%(ids)s)
    UNION ALL
    SELECT 'exercise', exercise_id, title FROM learning_practical_exercises
    WHERE tenant_id = %(tenant)s AND exercise_id = ANY (%(ids)s)
    UNION ALL
    SELECT 'material', material_id, title FROM materials WHERE tenant_id = %(tenant)s AND material_id = ANY (%(ids)s)
"""


class PostgresLearnerCourses:
    """Adapter of the port `LearnerCourses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def courses(self, tenant_id: str, learner_key: str) -> list[CourseOfLearner]:
        """Courses, by title."""
        with self._database.serving(tenant_id) as transaction:
            found = _rows(transaction, _COURSES, tenant_id, learner_key)
        return [
            CourseOfLearner(
                row["course_id"],
                row["title"],
                row["state"],
                1.0 if row["state"] == "completed" else row["percentage"] / 100,
                row["revision"],
                row["last_activity_at"],
            )
            for row in found
        ]

    def paths(self, tenant_id: str, learner_key: str) -> list[PathOfLearner]:
        """Paths that the learner has begun, or has done steps of."""
        with self._database.serving(tenant_id) as transaction:
            found = _rows(transaction, _PATHS, tenant_id, learner_key)
            if not found:
                return []
            values = {"tenant": tenant_id, "learner": learner_key}
            shares = {(kind, one): share for kind, one, share in transaction.execute(_SHARES, values)}
            ids = [step["content_id"] for row in found for step in row["content"].get("learning_path_steps", ())]
            titled = transaction.execute(_TITLES, {"tenant": tenant_id, "ids": ids})
            titles = {(kind, one): title for kind, one, title in titled}
        return [_path(row["path_id"], row["content"], shares, titles) for row in found]


def _path(
    path_id: str,
    content: Mapping[str, Any],
    shares: Mapping[tuple[str, str], float],
    titles: Mapping[tuple[str, str], str],
) -> PathOfLearner:
    steps = sorted(content.get("learning_path_steps", ()), key=lambda step: (step["position"], step["step_id"]))
    shown = {step["step_id"]: (step["content_type"], step["content_id"]) for step in steps}
    standing = path_standing(
        [PathStep(one["step_id"], tuple(one["needs_steps"] or ()), optional=bool(one["optional"])) for one in steps],
        {step: shares.get(what, 0.0) for step, what in shown.items()},
    )
    return PathOfLearner(
        path_id,
        content["title"],
        content.get("goal") or "",
        standing,
        {step: titles.get(what, what[1]) for step, what in shown.items()},
        frozenset(step["step_id"] for step in steps if step["optional"]),
    )


def _rows(transaction: Transaction, query: str, tenant_id: str, learner_key: str) -> list[dict[str, Any]]:
    with transaction.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, {"tenant": tenant_id, "learner": learner_key}).fetchall()
