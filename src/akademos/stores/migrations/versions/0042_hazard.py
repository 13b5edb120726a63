"""Students in focus of courses without dates: estimates by the hazard of leaving."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0042"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let estimates say so."""
    run_statements(__file__)
