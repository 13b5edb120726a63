"""Money: bills, declared terms, exchange rates, payments, settlements and balances."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0031"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    run_statements(__file__)
