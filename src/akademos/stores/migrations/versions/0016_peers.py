"""Comparison with peers: the guard's memory, and what was published when."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the four tables."""
    run_statements(__file__)
