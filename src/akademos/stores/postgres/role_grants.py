"""Grants of roles on PostgreSQL: the last word in a row, every word in the audit log."""

from __future__ import annotations

from datetime import datetime

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.roles import GRANTABLE, Role
from akademos.errors import InputError, NotFound
from akademos.privacy.pseudonyms import Keys, unseal
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.sign_in import RoleGrant
from akademos.stores.postgres import audit
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.tenant_settings import require_tenant
from akademos.stores.postgres.vault import PostgresVault

_DECIDE = """
    INSERT INTO role_grants AS kept (tenant_id, learner_key, role, granted, decided_by, decided_at, valid_until)
    VALUES (%s, %s, %s, %s, %s, now(), %s)
    ON CONFLICT (tenant_id, learner_key, role) DO UPDATE
        SET (granted, decided_by, decided_at, valid_until)
            = (excluded.granted, excluded.decided_by, excluded.decided_at, excluded.valid_until)
        WHERE (kept.granted, kept.valid_until) IS DISTINCT FROM (excluded.granted, excluded.valid_until)
"""
_ALL = """
    SELECT g.learner_key::text, p.data_key, p.display_name,
        (SELECT sealed FROM identifiers i WHERE i.tenant_id = g.tenant_id AND i.learner_key = g.learner_key
            AND i.kind = 'user' ORDER BY i.created_at LIMIT 1),
        g.role, g.granted, g.decided_by, g.decided_at, g.valid_until
    FROM role_grants g JOIN people p USING (tenant_id, learner_key) WHERE g.tenant_id = %s
    ORDER BY g.role, g.decided_at, g.learner_key
"""


class PostgresRoleGrants:
    """Adapter of the port `RoleGrants`."""

    def __init__(self, database: Database, keys: Keys, vault: PostgresVault) -> None:
        self._database = database
        self._keys = keys
        self._vault = vault

    def grant(self, tenant_id: str, user_id: str, role: Role, *, by: str, until: datetime | None = None) -> bool:
        """Give a role, until an instant or until it is revoked; false when that is so already."""
        _refuse_ungrantable(role)
        who = Identifier("user", user_id)
        with self._database.pipeline() as transaction:
            require_tenant(transaction, tenant_id)
            person = self._vault.ensure_in(transaction, tenant_id, [who], kind="staff")[who]
            return self._decide(transaction, tenant_id, person.learner_key, role, by=by, granted=True, until=until)

    def revoke(self, tenant_id: str, user_id: str, role: Role, *, by: str) -> bool:
        """Take a role away from the next request on, also where the identity provider claims it."""
        _refuse_ungrantable(role)
        who = Identifier("user", user_id)
        with self._database.pipeline() as transaction:
            require_tenant(transaction, tenant_id)
            person = self._vault.find_in(transaction, tenant_id, [who]).get(who)
            if person is None:
                raise NotFound(
                    "Nobody is known by that user_id in the tenant.", hint="`akademos tenant role list` shows who is."
                )
            return self._decide(transaction, tenant_id, person.learner_key, role, by=by, granted=False, until=None)

    def _decide(
        self,
        transaction: Transaction,
        tenant_id: str,
        learner_key: str,
        role: Role,
        *,
        by: str,
        granted: bool,
        until: datetime | None,
    ) -> bool:
        done = transaction.execute(_DECIDE, (tenant_id, learner_key, role, granted, by, until)).rowcount == 1
        if done:
            subject = audit.name_of(transaction, self._keys, tenant_id, learner_key)
            detail = {"role": role, "granted": granted, "until": None if until is None else until.isoformat()}
            audit.append(transaction, tenant_id, AuditEntry(by, AuditAction.ROLE_CHANGED, subject, detail))
        return done

    def all(self, tenant_id: str) -> list[RoleGrant]:
        """Every role that was ever granted or revoked, as it stands."""
        with self._database.serving(tenant_id) as transaction:
            rows = transaction.execute(_ALL, (tenant_id,)).fetchall()
        grants = []
        for key, wrapped, name, user_id, role, granted, by, at, until in rows:
            data_key = self._keys.unwrap(tenant_id, key, wrapped)
            person = None if user_id is None else unseal(data_key, user_id)
            called = None if name is None else unseal(data_key, name)
            grants.append(RoleGrant(person, called, role, granted, by, at, until))
        return grants


def _refuse_ungrantable(role: Role) -> None:
    if role not in GRANTABLE:
        raise InputError(f"The role {role} is not granted.", hint="Roles to grant are " + ", ".join(GRANTABLE) + ".")
