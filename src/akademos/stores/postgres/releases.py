"""The register of research releases on PostgreSQL, and who may be in one."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

import orjson
import psycopg

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.declarations import Purpose
from akademos.errors import Conflict, NotFound
from akademos.privacy.pseudonyms import NONCE_BYTES, Keys, seal, unseal
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.ports.releases import Enrolled, Member, Release, ResearchPopulation, Rewrite
from akademos.stores.postgres import audit
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.person_sql import CONSENTING

_PURPOSES = [Purpose.RESEARCH.value]
_PEOPLE = f"""
    SELECT p.learner_key::text, q.learner_key::text, q.persona
    FROM people p LEFT JOIN identity_links l USING (tenant_id, learner_key)
    JOIN people q ON q.tenant_id = p.tenant_id AND q.learner_key = coalesce(l.person_key, p.learner_key)
    WHERE p.tenant_id = %(tenant)s AND q.kind = 'learner' AND q.learner_key IN ({CONSENTING})
"""
_ENROLMENTS = """
    SELECT learner_key::text, course_id, withdrawn_on IS NOT NULL FROM enrolments
    WHERE tenant_id = %(tenant)s AND course_id = ANY(%(courses)s)
"""
_COURSES = """
    SELECT course_id, starts_on, ends_on FROM learning_courses
    WHERE tenant_id = %(tenant)s AND course_id = ANY(%(courses)s)
"""
_TOPICS = "SELECT topic_id, course_id FROM topics WHERE tenant_id = %(tenant)s AND course_id = ANY(%(courses)s)"

# Whoever decides about consent or erases somebody waits for this line: none does while a release is registered.
_LOCK_TENANT = "SELECT FROM tenants WHERE tenant_id = %s FOR UPDATE"
_COLUMNS = (
    "tenant_id, release_id, name, kind, made_at, made_by, parameters, row_count, checksum, report, changed_at, "
    "withdrawn_by, withdrawn_at"
)
_ADD = f"INSERT INTO releases ({_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, NULL, NULL, NULL)"
_ADD_MEMBER = (
    "INSERT INTO release_members (tenant_id, release_id, learner_key, course_id, sealed) VALUES (%s, %s, %s, %s, %s)"
)
_DATA_KEYS = "SELECT learner_key::text, data_key FROM people WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[])"
# Of a person who turned out to be two, one row of a course stays.
_LIVE = f"""
    SELECT DISTINCT ON (m.release_id, coalesce(l.person_key, m.learner_key), m.course_id)
        m.release_id, m.learner_key, m.course_id, m.sealed
    FROM release_members m LEFT JOIN identity_links l USING (tenant_id, learner_key)
    WHERE m.tenant_id = %(tenant)s AND coalesce(l.person_key, m.learner_key) IN ({CONSENTING})
    ORDER BY 1, coalesce(l.person_key, m.learner_key), 3, 2
"""
_STANDING = """
    SELECT tenant_id, release_id, row_count FROM releases
    WHERE kind = 'pseudonymous' AND withdrawn_at IS NULL AND (%(tenant)s::text IS NULL OR tenant_id = %(tenant)s)
    ORDER BY tenant_id, release_id
"""
_ONE_LIVE = f"""
    SELECT live.learner_key::text, p.data_key, live.sealed FROM ({_LIVE}) AS live
    JOIN people p ON p.tenant_id = %(tenant)s AND p.learner_key = live.learner_key WHERE live.release_id = %(release)s
"""
_MEMBERS = """
    SELECT m.learner_key::text, m.course_id, p.data_key, m.sealed FROM release_members m
    JOIN people p USING (tenant_id, learner_key) WHERE m.tenant_id = %s AND m.release_id = %s
"""
_REMOVE_MEMBER = (
    "DELETE FROM release_members WHERE tenant_id = %s AND release_id = %s AND learner_key = %s AND course_id = %s"
)
_CHANGE = """
    UPDATE releases SET row_count = %s, checksum = %s, changed_at = clock_timestamp()
    WHERE tenant_id = %s AND release_id = %s
"""
_WITHDRAW = """
    UPDATE releases SET withdrawn_by = %s, withdrawn_at = clock_timestamp()
    WHERE tenant_id = %s AND release_id = %s AND withdrawn_at IS NULL
"""


class PostgresReleases:
    """Adapter of the port `ReleaseRegister`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def population(self, tenant_id: str, courses: Sequence[str]) -> ResearchPopulation:
        """Who may be in a release now."""
        values = {"tenant": tenant_id, "courses": list(courses), "purposes": _PURPOSES}
        with self._database.pipeline() as transaction:
            people = transaction.execute(_PEOPLE, values).fetchall()
            enrolments = transaction.execute(_ENROLMENTS, values).fetchall()
            known = transaction.execute(_COURSES, values).fetchall()
            topics = transaction.execute(_TOPICS, values).fetchall()
        person_of = {key: person for key, person, _ in people}
        return ResearchPopulation(
            person_of,
            {person: persona for _, person, persona in people},
            [Enrolled(person_of[key], course, gone) for key, course, gone in enrolments if key in person_of],
            {course: (starts, ends) for course, starts, ends in known},
            dict(topics),
        )

    def add(self, release: Release, people: Collection[str], members: Sequence[Member]) -> bool:
        """Register a release, if everybody in it still consents."""
        tenant_id = release.tenant_id
        try:
            with self._database.pipeline() as transaction:
                transaction.execute(_LOCK_TENANT, (tenant_id,))
                found = transaction.execute(CONSENTING, {"tenant": tenant_id, "purposes": _PURPOSES})
                if not {str(row[0]) for row in found}.issuperset(people):
                    return False
                transaction.execute(
                    _ADD,
                    (
                        tenant_id, release.release_id, release.name, release.kind, release.made_at, release.made_by,
                        _json(release.parameters), release.row_count, release.checksum, _json(release.report),
                    ),
                )  # fmt: skip
                self._add_members(transaction, release, members)
                self._audit(transaction, release, AuditAction.RELEASE_MADE, release.made_by, release.row_count)
        except psycopg.errors.UniqueViolation:
            raise Conflict(
                f"There is a release {release.name} already.", hint="Choose another name.", code="release_exists"
            ) from None
        return True

    def _add_members(self, transaction: Transaction, release: Release, members: Sequence[Member]) -> None:
        people = sorted({one.person for one in members})
        data_keys = {
            key: self._keys.unwrap(release.tenant_id, key, wrapped)
            for key, wrapped in transaction.execute(_DATA_KEYS, (release.tenant_id, people))
        }
        transaction.cursor().executemany(
            _ADD_MEMBER,
            [
                (
                    release.tenant_id,
                    release.release_id,
                    one.person,
                    one.course,
                    seal(data_keys[one.person], one.release_key, os.urandom(NONCE_BYTES)),
                )
                for one in members
            ],
        )

    def all(self, tenant_id: str) -> list[Release]:
        """A tenant's releases, newest first."""
        query = f"SELECT {_COLUMNS} FROM releases WHERE tenant_id = %s ORDER BY made_at DESC, release_id"
        with self._database.serving(tenant_id) as transaction:
            return [Release(*row) for row in transaction.execute(query, (tenant_id,))]

    def get(self, tenant_id: str, release_id: UUID) -> Release | None:
        """One of them."""
        with self._database.serving(tenant_id) as transaction:
            return _one(transaction, tenant_id, release_id)

    def known(self) -> frozenset[UUID]:
        """All that are not withdrawn."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute("SELECT release_id FROM releases WHERE withdrawn_at IS NULL")
            return frozenset(row[0] for row in rows)

    def outdated(self, tenant_id: str | None = None) -> list[tuple[str, UUID]]:
        """Pseudonymous releases with more rows than people who still consent."""
        found: list[tuple[str, UUID]] = []
        with self._database.pipeline() as transaction:
            standing = transaction.execute(_STANDING, {"tenant": tenant_id}).fetchall()
            for tenant in sorted({row[0] for row in standing}):
                counted = f"SELECT release_id, count(*) FROM ({_LIVE}) AS live GROUP BY release_id"
                live = dict(transaction.execute(counted, {"tenant": tenant, "purposes": _PURPOSES}).fetchall())
                found += [(of, one) for of, one, rows in standing if of == tenant and live.get(one, 0) != rows]
        return found

    def shrink(self, tenant_id: str, release_id: UUID, rewrite: Rewrite, *, actor: str) -> int:
        """Take out whoever does not consent any more."""
        with self._database.pipeline() as transaction:
            transaction.execute(
                "SELECT FROM releases WHERE tenant_id = %s AND release_id = %s FOR UPDATE", (tenant_id, release_id)
            )
            release = _one(transaction, tenant_id, release_id)
            if release is None or release.withdrawn_at is not None:
                return 0
            values = {"tenant": tenant_id, "release": release_id, "purposes": _PURPOSES}
            live = {
                unseal(self._keys.unwrap(tenant_id, key, wrapped), sealed)
                for key, wrapped, sealed in transaction.execute(_ONE_LIVE, values)
            }
            left, checksum = rewrite(release, frozenset(live))
            for key, course, wrapped, sealed in transaction.execute(_MEMBERS, (tenant_id, release_id)).fetchall():
                if unseal(self._keys.unwrap(tenant_id, key, wrapped), sealed) not in left:
                    transaction.execute(_REMOVE_MEMBER, (tenant_id, release_id, key, course))
            transaction.execute(_CHANGE, (len(left), checksum, tenant_id, release_id))
            self._audit(transaction, release, AuditAction.RELEASE_CHANGED, actor, len(left))
        return release.row_count - len(left)

    def withdraw(self, tenant_id: str, release_id: UUID, *, actor: str) -> bool:
        """Mark a release withdrawn."""
        with self._database.pipeline() as transaction:
            release = _one(transaction, tenant_id, release_id)
            if release is None:
                raise NotFound("There is no such release.", hint="`akademos release list` lists them.")
            done = transaction.execute(_WITHDRAW, (actor, tenant_id, release_id)).rowcount == 1
            if done:
                members = "DELETE FROM release_members WHERE tenant_id = %s AND release_id = %s"
                transaction.execute(members, (tenant_id, release_id))
                self._audit(transaction, release, AuditAction.RELEASE_WITHDRAWN, actor, 0)
        return done

    @staticmethod
    def _audit(transaction: Transaction, release: Release, action: AuditAction, actor: str, rows: int) -> None:
        detail: dict[str, Json] = {"release": str(release.release_id), "kind": release.kind, "rows": rows}
        audit.append(transaction, release.tenant_id, AuditEntry(actor, action, detail=detail))


def _one(transaction: Transaction, tenant_id: str, release_id: UUID) -> Release | None:
    query = f"SELECT {_COLUMNS} FROM releases WHERE tenant_id = %s AND release_id = %s"
    row = transaction.execute(query, (tenant_id, release_id)).fetchone()
    return None if row is None else Release(*row)


def _json(said: Any) -> str:
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()
