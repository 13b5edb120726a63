"""Research releases: their register, and whose row is whose where that is kept."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the two tables."""
    run_statements(__file__)
