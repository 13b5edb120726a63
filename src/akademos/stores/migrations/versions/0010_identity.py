"""Identity: links between keys of one person, hashes, salts, publishable keys and the hosts' signing keys."""

from __future__ import annotations

from akademos.stores.migrations.frozen import run_statements

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create tables and functions, and widen the table of keys."""
    run_statements(__file__)
