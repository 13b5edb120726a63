"""Product KPIs: the guard's memory, the snapshots as published, and notes."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0034"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    run_statements(__file__)
