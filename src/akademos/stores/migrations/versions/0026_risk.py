"""Students in focus: the weekly estimate of risk."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0026"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    run_statements(__file__)
