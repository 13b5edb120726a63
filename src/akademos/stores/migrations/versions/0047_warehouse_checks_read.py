"""The serving role reads what the builds of the warehouse found."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0047"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Grant it."""
    run_statements(__file__)
