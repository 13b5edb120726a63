"""What the cohort had taught by instants of the past; what the watch over models needs and finds."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0046"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and the column."""
    run_statements(__file__)
