"""What a transaction of the serving role begins with, and that nothing of it outlives it."""

from __future__ import annotations

import pytest

from akademos.stores.postgres.database import Database

_SETTINGS = (
    "SELECT current_setting('akademos.tenant', true), current_setting('synchronous_commit'), "
    "current_setting('transaction_isolation')"
)


@pytest.mark.parametrize("tenant_id", ["college", "o'brien", "back\\slash", "'; RESET ROLE; --"])
def test_it_sees_the_tenant_whatever_it_is_called(database: Database, tenant_id: str) -> None:
    with database.serving(tenant_id) as transaction:
        assert transaction.execute(_SETTINGS).fetchone() == (tenant_id, "on", "read committed")
        assert transaction.execute("SELECT current_user").fetchone() == ("akademos_serving",)


def test_it_may_read_one_snapshot_or_write_what_a_crash_may_take(database: Database) -> None:
    with database.serving("college", snapshot=True) as transaction:
        assert transaction.execute(_SETTINGS).fetchone() == ("college", "on", "repeatable read")
    with database.serving("college", durable=False) as transaction:
        assert transaction.execute(_SETTINGS).fetchone() == ("college", "off", "read committed")
    with database.serving("other") as transaction:  # on the same connection
        assert transaction.execute(_SETTINGS).fetchone() == ("other", "on", "read committed")


def _halfway(database: Database) -> None:
    with database.pipeline() as transaction:
        transaction.execute("INSERT INTO tenants (tenant_id, name, time_zone) VALUES ('halfway', 'H', 'UTC')")
        raise RuntimeError("halfway")


def test_it_is_taken_back_as_a_whole(database: Database) -> None:
    with pytest.raises(RuntimeError, match="halfway"):
        _halfway(database)
    with database.pipeline() as transaction:
        assert transaction.execute("SELECT count(*) FROM tenants WHERE tenant_id = 'halfway'").fetchone() == (0,)
