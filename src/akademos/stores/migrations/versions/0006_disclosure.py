"""Disclosure control: who is counted with whom, what was last taken of them, what is published; budgets of noise."""

from akademos.stores.migrations.frozen import run_statements

revision = "0006"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables, their walls, and the tenant's floor."""
    run_statements(__file__)
