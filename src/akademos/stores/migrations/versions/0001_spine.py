"""The spine: tenants, vault, consent, landing, records, serving, and the walls between them."""

from akademos.stores.migrations.frozen import run_statements

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the schema."""
    run_statements(__file__)
