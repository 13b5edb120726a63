"""The audit log: who changed what, chained."""

from akademos.stores.migrations.frozen import run_statements

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, its chain and its wall."""
    run_statements(__file__)
