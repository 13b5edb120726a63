"""The registry of models: what a version was trained on and how good it is; the pass mark of an exam."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    run_statements(__file__)
