"""Inputs of the warehouse from PostgreSQL: COPY out, columns in Arrow, Parquet files, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import RawIOBase
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq
from psycopg import sql

from akademos.catalogue.warehouse_extracts import Columns, Extract, decimal_digits
from akademos.errors import CatalogueError
from akademos.stores.postgres.database import Database, Transaction

_ARROW = {
    "string": pa.string(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "timestamp": pa.timestamp("us", "UTC"),
    "date": pa.date32(),
}
# Written so that every value is read back as it is: floats to the last digit, instants in UTC.
_FORMS = "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL extra_float_digits = 1"
_SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"
BLOCK_BYTES = 4 * 2**20


def arrow_schema(columns: Columns) -> pa.Schema:
    """The Arrow schema of declared columns."""
    return pa.schema([pa.field(name, _arrow(kind)) for name, kind in columns])


def _arrow(kind: str) -> pa.DataType:
    digits = decimal_digits(kind)
    return _ARROW[kind] if digits is None else pa.decimal128(*digits)


class PostgresExtracts:
    """Adapter of the port `ExtractSource`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def at_one_instant(self) -> Iterator[SnapshotExtraction]:
        """All that is written by what is given comes from one snapshot; see the port."""
        with self._database.pipeline() as transaction:
            transaction.execute(_SNAPSHOT)
            transaction.execute(_FORMS)
            yield SnapshotExtraction(transaction)


class SnapshotExtraction:
    """Adapter of the port `Extraction`: one transaction with repeatable reads."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def write(self, tenant_id: str, extract: Extract, to: Path, **values: object) -> int:
        """Write what a query gives for a tenant to a Parquet file; see the port."""
        schema = arrow_schema(extract.columns)
        names = sql.SQL(", ").join(sql.Identifier(name) for name in schema.names)
        statement = sql.SQL("COPY (SELECT {} FROM ({}) AS extract) TO STDOUT (FORMAT csv)").format(
            names, sql.SQL(extract.query)
        )
        rows = 0
        with pq.ParquetWriter(to, schema, compression="zstd") as writer:
            try:
                with self._transaction.cursor().copy(statement, {"tenant": tenant_id, **values}) as copy:
                    for batch in _batches(_Stream(iter(copy)), schema):
                        writer.write_batch(batch)
                        rows += batch.num_rows
            except (psycopg.errors.UndefinedColumn, pa.ArrowInvalid) as wrong:
                raise CatalogueError(
                    f"Extract `{extract.name}` does not give the columns it declares: {str(wrong).splitlines()[0]}",
                    hint="Correct its query or its columns in catalogue.warehouse.",
                ) from wrong
        return rows


def _batches(stream: _Stream, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    first = stream.peek()
    if not first:
        return
    reader = pc.open_csv(
        pa.PythonFile(stream, mode="r"),
        read_options=pc.ReadOptions(column_names=schema.names, block_size=BLOCK_BYTES, use_threads=False),
        parse_options=pc.ParseOptions(newlines_in_values=True),
        convert_options=pc.ConvertOptions(
            column_types=schema,
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
        ),
    )
    for batch in reader:
        if batch.num_rows:
            yield batch


class _Stream(RawIOBase):
    """The blocks of a COPY as a file."""

    def __init__(self, blocks: Iterator[Any]) -> None:
        self._blocks = blocks
        self._rest = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def peek(self) -> bytes:
        """What comes next, without taking it; empty at the end."""
        while not self._rest and not self._ended:
            block = next(self._blocks, None)
            if block is None:
                self._ended = True
            else:
                self._rest = bytes(block)
        return self._rest

    def read(self, size: int = -1) -> bytes:
        parts: list[bytes] = []
        wanted = size if size >= 0 else 2**62
        while wanted and (rest := self.peek()):
            taken = rest[:wanted]
            self._rest = rest[wanted:]
            parts.append(taken)
            wanted -= len(taken)
        return b"".join(parts)
