"""Audit rows of loads keep where their difference went."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the causes of a load's difference."""
    run_statements(__file__)
