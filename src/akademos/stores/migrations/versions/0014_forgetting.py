"""FSRS-6 weights fitted to reviews: of a tenant, and of each learner."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0014"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the two tables."""
    run_statements(__file__)
