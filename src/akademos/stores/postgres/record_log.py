"""The log of record changes as a table, for the history that is derived from it."""

from __future__ import annotations

import polars as pl
from psycopg import sql

from akademos.catalogue.records.declaration import Record
from akademos.stores.postgres.database import Database

_TIME = pl.Datetime("us", "UTC")


class PostgresRecordLog:
    """Reads what the tables' triggers have noted."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def changes(self, tenant_id: str, record: Record) -> pl.DataFrame:
        """All changes of one record as a log of `ledger.scd2`: its keys and contents as texts (lists and objects as
        JSON), `valid_at` and `recorded_at` (the change's instant: records hold from when they are written), `position`
        and `ended` (never: what is gone is archived). Columns that name people are left out."""
        names = [one.name for one in record.fields if one.kind != "person"]
        statement = sql.SQL(
            "SELECT {}, at, position FROM record_changes WHERE tenant_id = %s AND record = %s ORDER BY position"
        ).format(sql.SQL(", ").join(sql.SQL("after ->> {}").format(sql.Literal(name)) for name in names))
        with self._database.pipeline(tenant_id) as transaction:
            rows = transaction.execute(statement, (tenant_id, record.name)).fetchall()
        schema: dict[str, pl.DataType | type[pl.DataType]] = dict.fromkeys(names, pl.String)
        schema |= {"recorded_at": _TIME, "position": pl.Int64}
        return pl.DataFrame(rows, schema=schema, orient="row").with_columns(
            pl.col("recorded_at").alias("valid_at"), pl.lit(value=False).alias("ended")
        )
