"""Learning records: their life cycles, versions and history, and the tables of the domain that were missing."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0020"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Extend what stands, create what is missing."""
    run_statements(__file__)
