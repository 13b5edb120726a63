"""Erasure: requests, receipts, the suppression list, legal holds, training rows."""

from akademos.stores.migrations.frozen import run_statements

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and what may change append-only ones."""
    run_statements(__file__)
