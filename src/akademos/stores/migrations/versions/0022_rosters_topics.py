"""Rosters as they came, and topics that were merged and split."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0022"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables."""
    run_statements(__file__)
