"""The access log names people by their audit names, and is sealed in batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import psycopg
from alembic import context, op

from akademos.errors import SettingsError
from akademos.privacy.pseudonyms import Keys, audit_name
from akademos.stores.migrations.frozen import run_statements

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_KEY = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_PEOPLE = """
    SELECT named.tenant_id, named.person, p.data_key
    FROM (SELECT tenant_id, learner_key::text AS person FROM log_in_clear WHERE learner_key IS NOT NULL
        UNION SELECT tenant_id, actor FROM log_in_clear WHERE actor ~ %s) named
    LEFT JOIN akademos.people p ON p.tenant_id = named.tenant_id AND p.learner_key = named.person::uuid
"""
_COPY = """
    INSERT INTO akademos.access_log (access_id, tenant_id, at, actor, role, subject, what, purpose, reason, decision,
        consent_version)
    OVERRIDING SYSTEM VALUE
    SELECT old.access_id, old.tenant_id, old.at, coalesce('person:' || encode(a.name, 'hex'), old.actor), old.role,
        s.name, old.what, old.purpose, old.reason, old.decision, old.consent_version
    FROM log_in_clear old
        LEFT JOIN named a ON a.tenant_id = old.tenant_id AND a.person = old.actor
        LEFT JOIN named s ON s.tenant_id = old.tenant_id AND s.person = old.learner_key::text
"""
_LAST = "SELECT max(access_id) FROM log_in_clear"


def upgrade() -> None:
    """Keep every row aside, make the tables anew, and copy the rows back with the people's audit names in them."""
    driver = cast("psycopg.Connection", op.get_bind().connection.driver_connection)
    driver.execute("SET LOCAL ROLE akademos_pipeline")  # row-level security hides the rows from the tables' owner
    driver.execute("CREATE TEMPORARY TABLE log_in_clear ON COMMIT DROP AS SELECT * FROM akademos.access_log")
    driver.execute("RESET ROLE")
    run_statements(__file__)
    driver.execute("SET LOCAL ROLE akademos_pipeline")
    row = driver.execute(_LAST).fetchone()
    if row and row[0]:
        _copy(driver)
    driver.execute("RESET ROLE")
    if row and row[0]:
        driver.execute("SELECT setval('akademos.access_log_access_id_seq', %s)", (row[0],))


def _copy(driver: psycopg.Connection) -> None:
    made: Callable[[], Keys] | None = context.config.attributes.get("keys")
    if made is None:
        raise SettingsError(
            "The access log holds rows that name people, and no master key is there to rename them.",
            hint="Run any command of `akademos` on the installation's data folder: it migrates with its master key.",
        )
    keys = made()
    people = driver.execute(_PEOPLE, (_KEY,)).fetchall()
    names = [
        # Nobody can be asked for the name of somebody who is gone: a keyed hash stands for them.
        audit_name(keys.unwrap(tenant_id, person, wrapped))
        if wrapped is not None
        else keys.identifier_hash(tenant_id, "gone", person)
        for tenant_id, person, wrapped in people
    ]
    driver.execute("CREATE TEMPORARY TABLE named (tenant_id text, person text, name bytea) ON COMMIT DROP")
    driver.execute(
        "INSERT INTO named SELECT * FROM unnest(%s::text[], %s::text[], %s::bytea[])",
        ([row[0] for row in people], [row[1] for row in people], names),
    )
    driver.execute("ANALYZE named")
    driver.execute(_COPY)
