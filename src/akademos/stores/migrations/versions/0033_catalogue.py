"""The catalogue: results of checks, issues, versions of what is declared, certifications, access requests."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0033"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the five tables."""
    run_statements(__file__)
