"""Role grants, advisees, sessions, settings of tenants."""

from akademos.stores.migrations.frozen import run_statements

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and their walls."""
    run_statements(__file__)
