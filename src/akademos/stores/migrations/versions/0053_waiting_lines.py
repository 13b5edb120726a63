"""Hand-overs of the log say how many lines still waited, and how old the oldest was."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    run_statements(__file__)
