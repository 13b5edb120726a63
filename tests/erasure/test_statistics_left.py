"""The planner's statistics of a table whose last row goes: nothing of the person stays in them."""

from __future__ import annotations

import uuid

from tests.stores.postgres.tampering import Tamperer
from tests.stores.postgres.test_audit_verification import tamperer

from akademos.catalogue.registry import builtin
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.server_files import TableRewriter

__all__ = ["tamperer"]


def sampled(tamperer: Tamperer, key: uuid.UUID) -> int:
    """In how many columns' statistics the key stands; a superuser's question, as row-level security hides them."""
    return tamperer.do(
        "SELECT attname FROM pg_stats WHERE schemaname = 'akademos' AND "
        "(most_common_vals::text LIKE %s OR histogram_bounds::text LIKE %s)", f"%{key}%", f"%{key}%",
    )  # fmt: skip


def test_the_only_persons_values_leave_the_statistics_with_the_rows(
    database: Database, tenant: str, tamperer: Tamperer
) -> None:
    key, rewriter = uuid.uuid4(), TableRewriter(database, builtin().datasets)
    with database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO withdrawals (tenant_id, learner_key, version) SELECT %s, %s, n FROM generate_series(1, 50) n",
            (tenant, key),
        )
    rewriter.rewrite_tables(["withdrawals"])
    assert sampled(tamperer, key) == 1
    with database.pipeline() as transaction:
        transaction.execute("DELETE FROM withdrawals")
    assert rewriter.rewrite_tables(["withdrawals"]).left == ()
    assert sampled(tamperer, key) == 0
