"""Operations: the platform's own log and figures, alerts, incidents, maintenance."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0032"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    run_statements(__file__)
