"""Pause, restriction, objection, consent texts, ages, opt-outs counted, requests by right."""

from akademos.stores.migrations.frozen import run_statements

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen consent, create the tables and their walls."""
    run_statements(__file__)
