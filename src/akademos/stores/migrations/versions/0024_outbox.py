"""Publishing outward: the sequence of record changes, its consumers, dead letters and notices of erasures."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, and note record changes as they are made."""
    run_statements(__file__)
