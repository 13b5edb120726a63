"""Comparison with peers on PostgreSQL: the guard's memory as the pipeline, what is published as the serving role."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.policies import LIMITS
from akademos.privacy.disclosure_blocks import Ledger
from akademos.stores.ports.peers import PeerPublication, Peers
from akademos.stores.postgres.block_ledgers import BlockLedgers
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.person_sql import CONSENTING, keys_of

_LEDGERS = BlockLedgers("peer", "course_id", "item", None, ())
_FLOOR = "SELECT group_floor FROM tenants WHERE tenant_id = %s"
_COURSES = """
    SELECT course_id FROM enrolments WHERE tenant_id = %(tenant)s
    UNION SELECT course_id FROM peer_blocks WHERE tenant_id = %(tenant)s ORDER BY 1
"""
_PEERS = f"""
    SELECT DISTINCT consenting.learner_key::text, e.course_id
    FROM ({CONSENTING}) AS consenting
        JOIN people p ON p.tenant_id = %(tenant)s AND p.learner_key = consenting.learner_key AND p.kind = 'learner'
        LEFT JOIN identity_links l ON l.tenant_id = %(tenant)s AND l.person_key = consenting.learner_key
        LEFT JOIN enrolments e ON e.tenant_id = %(tenant)s AND e.learner_key IN (consenting.learner_key, l.learner_key)
            AND (e.withdrawn_on IS NULL OR e.withdrawn_on > current_date)
"""
_NEWEST = """
    SELECT content, smallest_group FROM peer_publications WHERE tenant_id = %s AND course_id = %s
    ORDER BY published_at DESC LIMIT 1
"""
_PUBLISH = """
    INSERT INTO peer_publications (tenant_id, course_id, published_at, smallest_group, content)
    VALUES (%s, %s, %s, %s, %s::jsonb)
    ON CONFLICT (tenant_id, course_id, published_at) DO UPDATE SET smallest_group = excluded.smallest_group,
        content = excluded.content
"""
_IN_FORCE = f"""
    SELECT c.course_id, c.title, found.published_at, found.smallest_group, found.content
    FROM learning_courses c JOIN (
        SELECT DISTINCT e.course_id FROM enrolments e
        WHERE e.tenant_id = %(tenant)s AND (e.withdrawn_on IS NULL OR e.withdrawn_on > current_date)
            AND e.learner_key IN ({keys_of("%(tenant)s", "%(key)s::uuid")})
    ) AS mine USING (course_id)
    LEFT JOIN LATERAL (
        SELECT p.published_at, p.smallest_group, p.content FROM peer_publications p
        WHERE p.tenant_id = %(tenant)s AND p.course_id = c.course_id AND p.published_at <= %(at)s
        ORDER BY p.published_at DESC LIMIT 1
    ) AS found ON found.smallest_group >= (SELECT group_floor FROM tenants WHERE tenant_id = %(tenant)s)
    WHERE c.tenant_id = %(tenant)s ORDER BY c.course_id
"""


class PostgresPeers:
    """Adapter of the ports `PeerLedgers` and `PublishedPeers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def floor(self, tenant_id: str) -> int:
        """The tenant's k."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(_FLOOR, (tenant_id,)).fetchone()
        return LIMITS.group_floor if row is None else int(row[0])

    def courses(self, tenant_id: str) -> list[str]:
        """Courses with enrolments, or with anybody counted."""
        with self._database.pipeline() as transaction:
            return [row[0] for row in transaction.execute(_COURSES, {"tenant": tenant_id})]

    def peers(self, tenant_id: str, purposes: Sequence[Purpose]) -> Peers:
        """Who consents, and who of them is enrolled where; see the port."""
        values = {"tenant": tenant_id, "purposes": [purpose.value for purpose in purposes]}
        consenting, enrolled = set(), defaultdict(set)
        with self._database.pipeline() as transaction:
            for key, course in transaction.execute(_PEERS, values):
                consenting.add(key)
                if course is not None:
                    enrolled[course].add(key)
        return Peers(frozenset(consenting), {course: frozenset(keys) for course, keys in enrolled.items()})

    def ledger(self, tenant_id: str, course_id: str) -> Ledger:
        """What is remembered of a course."""
        with self._database.pipeline() as transaction:
            return _LEDGERS.read(transaction, tenant_id, course_id)

    def newest(self, tenant_id: str, course_id: str) -> Mapping[str, Any] | None:
        """Content of the newest publication of a course."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(_NEWEST, (tenant_id, course_id)).fetchone()
        return None if row is None else row[0]

    def publish(
        self,
        tenant_id: str,
        course_id: str,
        ledger: Ledger,
        at: datetime,
        smallest_group: int,
        content: Mapping[str, Any],
    ) -> bool:
        """Replace the memory of a course and publish what has changed; see the port."""
        body = orjson.dumps(content)
        with self._database.pipeline() as transaction:
            _LEDGERS.replace(transaction, tenant_id, course_id, ledger)
            newest = transaction.execute(_NEWEST, (tenant_id, course_id)).fetchone()
            if newest is not None and (newest[0], newest[1]) == (orjson.loads(body), smallest_group):
                return False
            transaction.execute(_PUBLISH, (tenant_id, course_id, at, smallest_group, body.decode()))
        return True

    def in_force(self, tenant_id: str, learner_key: str, at: datetime) -> tuple[PeerPublication, ...]:
        """What is in force of a person's courses; see the port."""
        values = {"tenant": tenant_id, "key": learner_key, "at": at}
        with self._database.serving(tenant_id) as transaction:
            return tuple(PeerPublication(*row) for row in transaction.execute(_IN_FORCE, values))
