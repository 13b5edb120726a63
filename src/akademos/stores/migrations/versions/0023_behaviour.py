"""Behaviour of records: scoring of items, reviews, and what certificates need."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Two columns' worth of rules, three tables and a trigger."""
    run_statements(__file__)
