"""Stale states that may wait."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0048"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add when a stale state is due."""
    run_statements(__file__)
