"""What questions took is kept by tenant."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    run_statements(__file__)
