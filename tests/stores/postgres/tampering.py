"""What somebody with every right on the database server may do: past triggers, grants and row-level security."""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from akademos.stores.postgres.embedded import EmbeddedPostgres


class Tamperer:
    """A superuser of the server in one database."""

    def __init__(self, postgres: EmbeddedPostgres, dsn: str) -> None:
        self._dsn = make_conninfo(postgres.superuser_dsn, dbname=str(conninfo_to_dict(dsn)["dbname"]))

    def do(self, statement: str, *values: object) -> int:
        """Run a statement with the triggers switched off; how many rows it touched."""
        with psycopg.connect(self._dsn) as connection:
            connection.execute("SET session_replication_role = replica")
            return connection.execute(statement.encode(), values).rowcount
