"""What questions took, on PostgreSQL."""

from __future__ import annotations

from datetime import datetime

from akademos.stores.ports.query_usage import QuerySeconds
from akademos.stores.postgres.database import Database

_INSERT = """
    INSERT INTO query_usage (tenant_id, query, answers, seconds, noted_at)
    SELECT u.tenant_id, u.query, u.answers, u.seconds, %s
    FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::float[]) AS u (tenant_id, query, answers, seconds)
    JOIN tenants t USING (tenant_id)
"""


class PostgresQueryUsage:
    """Adapter of the port `QueryUsage`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, taken: QuerySeconds, noted_at: datetime) -> None:
        """Keep what was taken; see the port. A tenant that has gone meanwhile pays nothing."""
        columns = (
            [tenant_id for tenant_id, _ in taken],
            [query for _, query in taken],
            [one.answers for one in taken.values()],
            [one.seconds for one in taken.values()],
        )
        with self._database.pipeline() as transaction:
            transaction.execute(_INSERT, (noted_at, *columns))
