"""How long certificates hold, by course and path."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0044"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns, and hold them with what else is published."""
    run_statements(__file__)
