"""Alerts with owners, deliveries and quiet hours; interventions with arms, and their effect."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0036"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the four tables."""
    run_statements(__file__)
