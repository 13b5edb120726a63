"""The spine: tenants, vault, consent, landing, records, serving, and the walls between them."""

from pathlib import Path
from typing import cast

import psycopg
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the schema; the statements are frozen beside this file."""
    statements = (Path(__file__).parent / "0001_spine.sql").read_text()
    # Past SQLAlchemy, which would take the percent signs for placeholders.
    driver = cast("psycopg.Connection", op.get_bind().connection.driver_connection)
    driver.execute(statements.encode())
