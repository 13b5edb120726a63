"""What is published of materials that help is kept by publication."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    run_statements(__file__)
