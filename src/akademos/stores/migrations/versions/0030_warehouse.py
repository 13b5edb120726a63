"""What builds of the warehouse found, and the audit rows of its loads."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0030"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the two tables."""
    run_statements(__file__)
