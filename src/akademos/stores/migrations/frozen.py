"""Runs the statements of a migration, frozen in a file of the same name beside it."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import psycopg
from alembic import op


def run_statements(migration: str) -> None:
    """Run `<migration>.sql`, past SQLAlchemy, which would take the percent signs for placeholders.

    Args:
        migration: `__file__` of the migration.
    """
    driver = cast("psycopg.Connection", op.get_bind().connection.driver_connection)
    driver.execute(Path(migration).with_suffix(".sql").read_bytes())
