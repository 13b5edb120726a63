"""Signing in on PostgreSQL: one statement says what decides about a request."""

from __future__ import annotations

from datetime import datetime

from akademos.catalogue.roles import Role
from akademos.catalogue.tenant_settings import mapped_roles
from akademos.privacy.pseudonyms import Keys
from akademos.privacy.role_standing import RoleFacts
from akademos.stores.ports.sign_in import SessionState, SignInFacts
from akademos.stores.postgres.database import Database

_FACTS = """
    WITH person AS MATERIALIZED (
        SELECT learner_key FROM identifiers WHERE tenant_id = %(tenant)s AND identifier_hash = %(person)s
    )
    SELECT
        (SELECT granted FROM role_grants g WHERE g.tenant_id = %(tenant)s AND g.role = %(role)s
            AND g.learner_key = (SELECT learner_key FROM person)
            AND (NOT g.granted OR g.valid_until IS NULL OR g.valid_until > %(now)s)),
        EXISTS (SELECT FROM staff_assignments a WHERE a.tenant_id = %(tenant)s AND a.role = %(role)s
            AND a.learner_key = (SELECT learner_key FROM person))
        OR %(role)s = 'advisor' AND EXISTS (SELECT FROM advisee_assignments a WHERE a.tenant_id = %(tenant)s
            AND a.advisor_key = (SELECT learner_key FROM person)
            AND (a.starts_on IS NULL OR a.starts_on <= current_date)
            AND (a.ends_on IS NULL OR a.ends_on > current_date)),
        (SELECT value FROM tenant_settings s WHERE s.tenant_id = %(tenant)s AND s.name = 'oidc_roles'),
        session.seen_at, session.expires_at, session.ended_at IS NOT NULL
    FROM (SELECT) AS one LEFT JOIN sessions session
        ON session.tenant_id = %(tenant)s AND session.session_hash = %(session)s
"""
_START = """
    INSERT INTO sessions (tenant_id, session_hash, learner_key, started_at, seen_at, expires_at)
    VALUES (%(tenant)s, %(session)s,
        (SELECT learner_key FROM identifiers WHERE tenant_id = %(tenant)s AND identifier_hash = %(person)s),
        %(now)s, %(now)s, %(expires)s)
    ON CONFLICT DO NOTHING
"""
_END_ALL = """
    UPDATE sessions SET ended_at = %(now)s
    WHERE tenant_id = %(tenant)s AND ended_at IS NULL AND expires_at > %(now)s AND learner_key =
        (SELECT learner_key FROM identifiers WHERE tenant_id = %(tenant)s AND identifier_hash = %(person)s)
"""


class PostgresSessions:
    """Adapter of the port `Sessions`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def facts(
        self, tenant_id: str, user_id: str, role: Role, now: datetime, *, session: bytes | None = None
    ) -> SignInFacts:
        """Everything that decides about a request, in one statement and so of one snapshot."""
        values = {
            "tenant": tenant_id,
            "person": self._keys.identifier_hash(tenant_id, "user", user_id),
            "role": role,
            "now": now,
            "session": session,
        }
        with self._database.serving(tenant_id) as transaction:
            row = transaction.execute(_FACTS, values).fetchone()
        if row is None:
            return SignInFacts(RoleFacts(), None)
        granted, on_roster, roles, seen_at, expires_at, ended = row
        facts = RoleFacts(granted, on_roster, role in mapped_roles(roles or "").values())
        return SignInFacts(facts, None if seen_at is None else SessionState(seen_at, expires_at, ended))

    def start(self, tenant_id: str, session: bytes, user_id: str, *, now: datetime, expires_at: datetime) -> bool:
        """Start a session; false when one was started under this number before. Forgets those that have expired."""
        values = {
            "tenant": tenant_id,
            "person": self._keys.identifier_hash(tenant_id, "user", user_id),
            "session": session,
            "now": now,
            "expires": expires_at,
        }
        with self._database.pipeline() as transaction:
            transaction.execute("DELETE FROM sessions WHERE expires_at < %(now)s AND tenant_id = %(tenant)s", values)
            return transaction.execute(_START, values).rowcount == 1

    def seen(self, tenant_id: str, session: bytes, now: datetime) -> None:
        """Note that the session is in use."""
        with self._database.pipeline() as transaction:
            transaction.execute(
                "UPDATE sessions SET seen_at = %s WHERE tenant_id = %s AND session_hash = %s AND ended_at IS NULL",
                (now, tenant_id, session),
            )

    def end(self, tenant_id: str, session: bytes, now: datetime) -> None:
        """End a session."""
        with self._database.pipeline() as transaction:
            transaction.execute(
                "UPDATE sessions SET ended_at = %s WHERE tenant_id = %s AND session_hash = %s AND ended_at IS NULL",
                (now, tenant_id, session),
            )

    def end_all(self, tenant_id: str, user_id: str, now: datetime) -> int:
        """End every session of a person; how many were still open."""
        person = self._keys.identifier_hash(tenant_id, "user", user_id)
        with self._database.pipeline() as transaction:
            return transaction.execute(_END_ALL, {"tenant": tenant_id, "person": person, "now": now}).rowcount
