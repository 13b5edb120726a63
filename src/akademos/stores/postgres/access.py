"""Tenants on PostgreSQL, and who of them may sign in."""

from __future__ import annotations

import re
from zoneinfo import available_timezones

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.roles import Role
from akademos.errors import Conflict, InputError, NotFound
from akademos.privacy.pseudonyms import Keys, unseal
from akademos.stores.ports.access import KnownPerson, Tenant
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.postgres.audit import append
from akademos.stores.postgres.database import Database

_SLUG = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_PEOPLE = """
    WITH teaching AS (
        SELECT learner_key, role, array_agg(DISTINCT course_id ORDER BY course_id) AS courses
        FROM staff_assignments WHERE tenant_id = %(tenant)s GROUP BY learner_key, role
        UNION ALL SELECT DISTINCT a.advisor_key, 'advisor', '{}'::text[] FROM advisee_assignments a
        WHERE a.tenant_id = %(tenant)s AND NOT EXISTS (SELECT FROM staff_assignments s WHERE s.tenant_id = a.tenant_id
            AND s.learner_key = a.advisor_key AND s.role = 'advisor')
    ), studying AS (
        SELECT p.learner_key, (SELECT coalesce(array_agg(e.course_id ORDER BY e.course_id), '{}') FROM enrolments e
            WHERE e.tenant_id = p.tenant_id AND e.learner_key = p.learner_key) AS courses
        FROM people p
        WHERE p.tenant_id = %(tenant)s AND p.kind = 'learner' AND p.display_name IS NOT NULL
            AND p.learner_key NOT IN (SELECT learner_key FROM teaching)
        ORDER BY p.created_at, p.learner_key LIMIT %(learners)s
    )
    SELECT p.learner_key::text, p.data_key, p.display_name, i.sealed, chosen.role, chosen.courses
    FROM (SELECT learner_key, courses, role FROM teaching
          UNION ALL SELECT learner_key, courses, 'learner' FROM studying) AS chosen
        JOIN people p ON p.tenant_id = %(tenant)s AND p.learner_key = chosen.learner_key
        JOIN LATERAL (SELECT sealed FROM identifiers WHERE tenant_id = p.tenant_id AND learner_key = p.learner_key
            AND kind = 'user' ORDER BY created_at LIMIT 1) AS i ON true
    ORDER BY array_position(ARRAY['instructor', 'advisor', 'learner'], chosen.role), p.created_at, p.learner_key
"""
_SET_FLOOR = """
    UPDATE tenants SET group_floor = %s FROM (SELECT group_floor FROM tenants WHERE tenant_id = %s FOR UPDATE) AS before
    WHERE tenant_id = %s RETURNING before.group_floor
"""
_ROLES = """
    SELECT
        EXISTS (SELECT FROM staff_assignments s WHERE s.tenant_id = i.tenant_id AND s.learner_key = i.learner_key
            AND s.role = 'instructor'),
        EXISTS (SELECT FROM staff_assignments s WHERE s.tenant_id = i.tenant_id AND s.learner_key = i.learner_key
            AND s.role = 'advisor')
        OR EXISTS (SELECT FROM advisee_assignments a WHERE a.tenant_id = i.tenant_id AND a.advisor_key = i.learner_key)
    FROM identifiers i WHERE i.tenant_id = %s AND i.identifier_hash = %s
"""


class PostgresTenants:
    """Adapter of the port `Tenants`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def create(self, tenant_id: str, name: str, *, time_zone: str = "UTC", actor: str) -> bool:
        """Add a tenant; false when it is already there. The id as name, and UTC, claim nothing about one that is."""
        if not _SLUG.fullmatch(tenant_id):
            raise InputError(
                f"`{tenant_id}` is no name for a tenant.",
                hint="Use up to 63 lower-case letters, digits, - and _, a letter first.",
            )
        if time_zone not in available_timezones():
            raise InputError(f"`{time_zone}` is no IANA time zone.", hint="Use a name like Europe/Berlin.")
        with self._database.pipeline() as transaction:
            made = transaction.execute(
                "INSERT INTO tenants (tenant_id, name, time_zone) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
                (tenant_id, name, time_zone),
            ).rowcount
            kept = transaction.execute(
                "SELECT name, time_zone FROM tenants WHERE tenant_id = %s", (tenant_id,)
            ).fetchone()
            if made:
                detail: dict[str, Json] = {"change": "created", "time_zone": time_zone}
                append(transaction, tenant_id, AuditEntry(actor, AuditAction.TENANT_CHANGED, None, detail))
        other_name = name != tenant_id and kept is not None and kept[0] != name
        other_zone = time_zone != "UTC" and kept is not None and kept[1] != time_zone
        if other_name or other_zone:
            raise Conflict(
                f"The tenant `{tenant_id}` is already there with another name or time zone.",
                hint="Choose another id, or leave it as it is.",
            )
        return made == 1

    def set_group_floor(self, tenant_id: str, floor: int, *, actor: str) -> None:
        """Set the smallest group that is published; recorded in the audit log."""
        if floor < LIMITS.group_floor_least:
            raise InputError(
                f"No tenant may publish groups of fewer than {LIMITS.group_floor_least} people.",
                hint=f"{LIMITS.group_floor} is usual.",
                code="group_floor_invalid",
            )
        with self._database.pipeline() as transaction:
            row = transaction.execute(_SET_FLOOR, (floor, tenant_id, tenant_id)).fetchone()
            if row is None:
                raise NotFound(f"There is no tenant `{tenant_id}`.", hint="`akademos tenant list` lists them.")
            detail = {"group_floor": floor, "before": int(row[0])}
            append(transaction, tenant_id, AuditEntry(actor, AuditAction.TENANT_CHANGED, detail=detail))

    def all(self) -> list[Tenant]:
        """Every tenant, by id."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute("SELECT tenant_id, name, time_zone FROM tenants ORDER BY tenant_id").fetchall()
        return [Tenant(*row) for row in rows]

    def people(self, tenant_id: str, *, learners: int = 12) -> list[KnownPerson]:
        """All instructors and advisors with their courses, then the first `learners` named learners."""
        with self._database.serving(tenant_id) as transaction:
            rows = transaction.execute(_PEOPLE, {"tenant": tenant_id, "learners": learners}).fetchall()
        people = []
        for key, wrapped, name, user_id, role, courses in rows:
            data_key = self._keys.unwrap(tenant_id, key, wrapped)
            people.append(
                KnownPerson(
                    unseal(data_key, user_id),
                    None if name is None else unseal(data_key, name),
                    role,
                    tuple(courses),
                )
            )
        return people

    def roles_of(self, tenant_id: str, user_id: str) -> tuple[Role, ...]:
        """The roles in which a person may look at individuals by the rosters; empty when unknown."""
        values = (tenant_id, self._keys.identifier_hash(tenant_id, "user", user_id))
        with self._database.serving(tenant_id) as transaction:
            row = transaction.execute(_ROLES, values).fetchone()
        if row is None:
            return ()
        roles: tuple[tuple[Role, bool], ...] = (("instructor", row[0]), ("advisor", row[1]), ("learner", True))
        return tuple(role for role, stands in roles if stands)
