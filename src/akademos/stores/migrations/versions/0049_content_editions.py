"""Contents, items and journeys in editions."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put editions in the place of blocks."""
    run_statements(__file__)
