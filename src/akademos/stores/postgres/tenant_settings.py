"""Settings of tenants on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import available_timezones

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.tenant_settings import TENANT_SETTINGS, checked
from akademos.errors import InputError, NotFound
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.postgres import audit
from akademos.stores.postgres.database import Database, Transaction

_PUT = """
    INSERT INTO tenant_settings AS kept (tenant_id, name, value, changed_by, changed_at) VALUES (%s, %s, %s, %s, now())
    ON CONFLICT (tenant_id, name) DO UPDATE
        SET (value, changed_by, changed_at) = (excluded.value, excluded.changed_by, excluded.changed_at)
        WHERE kept.value <> excluded.value
"""
_BUMP = """
    INSERT INTO record_versions (tenant_id, version) VALUES (%s, 1)
    ON CONFLICT (tenant_id) DO UPDATE SET version = record_versions.version + 1
"""


def require_tenant(transaction: Transaction, tenant_id: str) -> None:
    """Go on only if there is such a tenant, and keep it until the transaction ends.

    Raises:
        NotFound: there is none.
    """
    found = transaction.execute("SELECT FROM tenants WHERE tenant_id = %s FOR SHARE", (tenant_id,)).fetchone()
    if found is None:
        raise NotFound(f"There is no tenant `{tenant_id}`.", hint="Create it with `akademos tenant create`.")


class PostgresTenantSettings:
    """Adapter of the port `TenantSettings`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, tenant_id: str) -> Mapping[str, str]:
        """Every setting of a tenant, with the default where it has set none."""
        with self._database.serving(tenant_id) as transaction:
            kept = transaction.execute(
                "SELECT name, value FROM tenant_settings WHERE tenant_id = %s", (tenant_id,)
            ).fetchall()
        return {one.name: one.default for one in TENANT_SETTINGS} | dict(kept)

    def put(self, tenant_id: str, name: str, value: str, *, by: str) -> bool:
        """Set one, or with an empty value go back to the default; false when it is so already."""
        kept = checked(name, value)
        with self._database.pipeline() as transaction:
            require_tenant(transaction, tenant_id)
            if kept:
                done = transaction.execute(_PUT, (tenant_id, name, kept, by))
            else:
                done = transaction.execute(
                    "DELETE FROM tenant_settings WHERE tenant_id = %s AND name = %s", (tenant_id, name)
                )
            if done.rowcount:
                _audit(transaction, tenant_id, by, name, kept)
        return done.rowcount == 1

    def put_time_zone(self, tenant_id: str, time_zone: str, *, by: str) -> bool:
        """Set the time zone of learners who have none of their own; the curriculum's version rises with it."""
        if time_zone not in available_timezones():
            raise InputError(f"`{time_zone}` is no IANA time zone.", hint="Use a name like Europe/Berlin.")
        with self._database.pipeline() as transaction:
            require_tenant(transaction, tenant_id)
            done = transaction.execute(
                "UPDATE tenants SET time_zone = %s WHERE tenant_id = %s AND time_zone <> %s",
                (time_zone, tenant_id, time_zone),
            )
            if done.rowcount:
                transaction.execute(_BUMP, (tenant_id,))
                _audit(transaction, tenant_id, by, "time_zone", time_zone)
        return done.rowcount == 1

    def with_value(self, name: str, value: str) -> list[str]:
        """Tenants that have set `name` to exactly this."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(
                "SELECT tenant_id FROM tenant_settings WHERE name = %s AND value = %s ORDER BY 1", (name, value)
            ).fetchall()
        return [row[0] for row in rows]


def _audit(transaction: Transaction, tenant_id: str, by: str, name: str, value: str) -> None:
    entry = AuditEntry(by, AuditAction.TENANT_CHANGED, detail={"setting": name, "value": value})
    audit.append(transaction, tenant_id, entry)
