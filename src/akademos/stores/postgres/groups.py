"""Answers over groups on PostgreSQL: the guard's memory as the pipeline, what is published as the serving role."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.policies import LIMITS
from akademos.privacy.disclosure_blocks import Ledger
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.groups import INSTITUTION, Estimate, GroupAnswer, Population, Published
from akademos.stores.postgres.block_ledgers import BlockLedgers
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.person_sql import CONSENTING

_FLOOR = "SELECT group_floor FROM tenants WHERE tenant_id = %s"
_SCOPES = """
    SELECT '' UNION SELECT course_id FROM enrolments WHERE tenant_id = %(tenant)s
    UNION SELECT scope FROM group_blocks WHERE tenant_id = %(tenant)s ORDER BY 1
"""
_CONSENTING = f"""
    SELECT p.learner_key::text, p.persona FROM people p JOIN ({CONSENTING}) c USING (learner_key)
    WHERE p.tenant_id = %(tenant)s AND p.kind = 'learner'
"""
# Whoever is enrolled under any of their keys, by the key that they are read under.
_ENROLLED = """
    SELECT DISTINCT coalesce(l.person_key, e.learner_key)::text
    FROM enrolments e LEFT JOIN identity_links l USING (tenant_id, learner_key)
    WHERE e.tenant_id = %(tenant)s AND e.course_id = %(scope)s
        AND (e.withdrawn_on IS NULL OR e.withdrawn_on > current_date)
"""
# The estimate over all topics belongs to the institution, every other to the course of its topic: no estimate is
# counted in two scopes.
_ESTIMATES = """
    SELECT m.learner_key::text, m.topic_id, m.mastery, m.answers
    FROM topic_mastery m LEFT JOIN topics t ON t.tenant_id = m.tenant_id AND t.topic_id = m.topic_id
    WHERE m.tenant_id = %(tenant)s AND m.status = 'ok' AND m.mastery IS NOT NULL
        AND CASE WHEN m.topic_id = '*' THEN '' ELSE coalesce(t.course_id, '') END = %(scope)s
"""
_LEDGERS = BlockLedgers("group", "scope", "topic_id", "mastery", ("weak", "developing", "mastered"))
_WRITE_ANSWER = """
    INSERT INTO group_answers (tenant_id, scope, topic_id, persona, as_of, learners, mastery, mastered, weak)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_TAUGHT = """
    SELECT s.course_id FROM staff_assignments s JOIN identifiers i USING (tenant_id, learner_key)
    WHERE s.tenant_id = %s AND s.role = 'instructor' AND i.identifier_hash = %s
"""
_ANSWERS = """
    WITH taught AS (
        SELECT topic_id, course_id, name, position FROM topics t WHERE tenant_id = %(tenant)s
            AND NOT EXISTS (SELECT FROM topics p WHERE p.tenant_id = t.tenant_id AND p.parent_id = t.topic_id)
    ), shown AS (
        SELECT c.course_id AS scope, c.title, t.topic_id, t.name, t.position
        FROM learning_courses c JOIN taught t ON t.course_id = c.course_id
        WHERE c.tenant_id = %(tenant)s AND (%(all)s OR c.course_id = ANY(%(courses)s))
        UNION ALL SELECT '', NULL, '*', NULL, -1 WHERE %(all)s
        UNION ALL SELECT '', NULL, topic_id, name, position FROM taught WHERE %(all)s AND course_id IS NULL
    ), personas AS (
        SELECT '*' AS persona UNION SELECT persona FROM group_answers WHERE tenant_id = %(tenant)s
    )
    SELECT nullif(shown.scope, ''), shown.title, shown.topic_id, shown.name, personas.persona,
        a.as_of, a.learners, a.mastery, a.mastered, a.weak
    FROM shown CROSS JOIN personas LEFT JOIN group_answers a ON a.tenant_id = %(tenant)s AND a.scope = shown.scope
        AND a.topic_id = shown.topic_id AND a.persona = personas.persona
    ORDER BY shown.scope, shown.position, shown.topic_id, personas.persona
"""


class PostgresGroups:
    """Adapter of the ports `GroupLedgers` and `PublishedGroups`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def floor(self, tenant_id: str) -> int:
        """The tenant's k."""
        with self._database.serving(tenant_id) as transaction:
            row = transaction.execute(_FLOOR, (tenant_id,)).fetchone()
        return LIMITS.group_floor if row is None else int(row[0])

    def scopes(self, tenant_id: str) -> list[str]:
        """The institution and the courses."""
        with self._database.pipeline() as transaction:
            return [row[0] for row in transaction.execute(_SCOPES, {"tenant": tenant_id})]

    def population(self, tenant_id: str, scope: str, purposes: Sequence[Purpose]) -> Population:
        """Who may be counted in a scope, and their estimates; see the port."""
        values = {"tenant": tenant_id, "scope": scope, "purposes": [purpose.value for purpose in purposes]}
        with self._database.pipeline() as transaction:
            personas = dict(transaction.execute(_CONSENTING, values).fetchall())
            found = [Estimate(*row) for row in transaction.execute(_ESTIMATES, values) if row[0] in personas]
            belong = {one.learner_key for one in found}
            if scope != INSTITUTION:
                belong &= {row[0] for row in transaction.execute(_ENROLLED, values)}
        return Population(frozenset(personas), {key: personas[key] for key in sorted(belong)}, found)

    def ledger(self, tenant_id: str, scope: str) -> Ledger:
        """What is remembered of a scope."""
        with self._database.pipeline() as transaction:
            return _LEDGERS.read(transaction, tenant_id, scope)

    def publish(self, tenant_id: str, scope: str, ledger: Ledger, rows: Sequence[Published]) -> None:
        """Replace memory and publication of a scope, in one transaction."""
        of = (tenant_id, scope)
        with self._database.pipeline() as transaction:
            transaction.execute("DELETE FROM group_answers WHERE tenant_id = %s AND scope = %s", of)
            _LEDGERS.replace(transaction, tenant_id, scope, ledger)
            transaction.cursor().executemany(
                _WRITE_ANSWER,
                [
                    (*of, one.topic_id, one.row.label, one.as_of, one.row.people, one.row.mean, *one.row.shares)
                    for one in rows
                ],
            )

    def courses_taught(self, tenant_id: str, user_id: str) -> frozenset[str]:
        """Courses to which a person is assigned as instructor."""
        with self._database.serving(tenant_id) as transaction:
            rows = transaction.execute(_TAUGHT, (tenant_id, self._keys.identifier_hash(tenant_id, "user", user_id)))
            return frozenset(row[0] for row in rows)

    def answers(self, tenant_id: str, courses: Collection[str] | None) -> list[GroupAnswer]:
        """Every group, published or withheld; see the port."""
        values = {"tenant": tenant_id, "all": courses is None, "courses": sorted(courses or ())}
        with self._database.serving(tenant_id) as transaction:
            return [GroupAnswer(*row) for row in transaction.execute(_ANSWERS, values)]
