"""Indexes for searches of the access log."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0043"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indexes."""
    run_statements(__file__)
