"""A recommendation can be accepted before anybody noted that it was shown."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let it go from proposed to accepted."""
    run_statements(__file__)
