"""Statistics of contents and items, and answers about journeys, with the memory of the guard behind them."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    run_statements(__file__)
