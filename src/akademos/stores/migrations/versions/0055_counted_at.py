"""Batches of imports say when they were counted, so that metering finds each once."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the instant, and an index for metering."""
    run_statements(__file__)
