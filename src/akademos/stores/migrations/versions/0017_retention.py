"""Retention of the chained logs with a checkpoint, and what is carried forward of events whose retention ends."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0017"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the functions and the table."""
    run_statements(__file__)
