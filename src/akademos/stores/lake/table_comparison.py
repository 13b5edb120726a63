"""Tables that two engines made of the same inputs: taking over what Spark left, and comparing two files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import duckdb

from akademos.stores.lake.warehouse import connect, quoted
from akademos.stores.ports.warehouse import TableComparison

CLOSE = 1e-9
"""Floats are equal that differ by no more than this share of the larger one: engines add them up in another order."""

_FLOATS = ("DOUBLE", "FLOAT")
_COLUMNS = """
    SELECT schema_name || '.' || table_name, column_name, data_type FROM duckdb_columns()
    WHERE database_name = '{side}' AND schema_name IN ({schemas}) ORDER BY 1, column_index
"""

Columns = dict[str, str]
"""Type by name."""


def take_over(tables: Path, file: Path, memory_limit_mb: int) -> int:
    """Copy tables that lie as Parquet in `<schema>.db/<table>` into a DuckDB file that has none of that name yet.

    Returns:
        How many were copied.
    """
    taken = 0
    with closing(duckdb.connect(str(file), config={"memory_limit": f"{memory_limit_mb}MB", "threads": 2})) as engine:
        engine.execute("SET TimeZone = 'UTC'")
        known = {tuple(row) for row in engine.execute("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()}
        for place in sorted(tables.glob("*.db/*")):
            schema, table = place.parent.name.removesuffix(".db"), place.name
            if (schema, table) not in known:
                engine.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
                engine.execute(
                    f"CREATE TABLE {schema}.{table} AS SELECT * FROM read_parquet('{quoted(place)}/*.parquet')"
                )
                taken += 1
    return taken


def compare_tables(
    ours: Path, theirs: Path, schemas: Sequence[str], memory_limit_mb: int, *, spill: Path
) -> list[TableComparison]:
    """Every table of the schemas in two files, by name; rows in any order."""
    with closing(connect(None, memory_limit_mb, spill=spill)) as engine:
        known = []
        for side, file in (("ours", ours), ("theirs", theirs)):
            engine.execute(f"ATTACH '{quoted(file)}' AS {side} (READ_ONLY)")
            known.append(_columns(engine, side, schemas))
        one, other = known
        return [
            _compared(engine, name, one.get(name, {}), other.get(name, {})) for name in sorted({*one, *other})
        ]  # fmt: skip


def _columns(engine: duckdb.DuckDBPyConnection, side: str, schemas: Sequence[str]) -> dict[str, Columns]:
    listed = ", ".join(f"'{one}'" for one in schemas)
    found: dict[str, Columns] = {}
    for table, column, kind in engine.execute(_COLUMNS.format(side=side, schemas=listed)).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def _compared(engine: duckdb.DuckDBPyConnection, name: str, ours: Columns, theirs: Columns) -> TableComparison:
    rows = _count(engine, f"ours.{name}") if ours else None
    other_rows = _count(engine, f"theirs.{name}") if theirs else None
    if rows is None or other_rows is None:
        return TableComparison(name, rows, other_rows)
    lacking = [column for column in (*ours, *theirs) if (column in ours) != (column in theirs)]
    shared = {column: kind for column, kind in ours.items() if column in theirs}
    retyped = tuple(f"{one}: {kind} / {theirs[one]}" for one, kind in shared.items() if kind != theirs[one])
    differing = (*lacking, *_differing(engine, name, shared, same_rows=rows == other_rows))
    return TableComparison(name, rows, other_rows, differing, retyped)


def _differing(engine: duckdb.DuckDBPyConnection, name: str, columns: Columns, *, same_rows: bool) -> tuple[str, ...]:
    """Columns of a table whose values differ; of a table with as many rows on both sides nothing is missed."""
    if same_rows and not _left_over(engine, name, columns):
        return ()
    exact = {column: kind for column, kind in columns.items() if kind not in _FLOATS}
    floats = {column: kind for column, kind in columns.items() if kind in _FLOATS}
    if same_rows and not _left_over(engine, name, exact):
        return tuple(_far_apart(engine, name, exact, floats))
    wrong = tuple(one for one, kind in columns.items() if _left_over(engine, name, {one: kind}))
    return wrong or ("(rows)",)


def _left_over(engine: duckdb.DuckDBPyConnection, name: str, columns: Columns) -> int:
    """Rows on our side, of these columns only, that the other has not, as often as they stand there."""
    if not columns:
        return 0
    ours = ", ".join(_identifier(one) for one in columns)
    return _count(engine, f"(SELECT {ours} FROM ours.{name} EXCEPT ALL SELECT {_cast(columns)} FROM theirs.{name})")


def _far_apart(engine: duckdb.DuckDBPyConnection, name: str, exact: Columns, floats: Columns) -> Iterator[str]:
    """Floats of rows that are equal in all else; of several such rows the smallest go together."""
    order = ", ".join(_identifier(one) for one in floats)
    within = f"PARTITION BY {', '.join(_identifier(one) for one in exact)}" if exact else ""
    pair = f"row_number() OVER ({within} ORDER BY {order}) AS pair_number"
    same = " AND ".join(f"a.{_identifier(one)} IS NOT DISTINCT FROM b.{_identifier(one)}" for one in exact)
    joined = (
        f"(SELECT *, {pair} FROM ours.{name}) AS a JOIN "
        f"(SELECT *, {pair} FROM (SELECT {_cast({**exact, **floats})} FROM theirs.{name})) AS b "
        f"ON a.pair_number = b.pair_number{' AND ' + same if same else ''}"
    )
    for column in map(_identifier, floats):
        close = (
            f"a.{column} IS NOT DISTINCT FROM b.{column} OR coalesce(abs(a.{column} - b.{column}) "
            f"<= {CLOSE} * greatest(abs(a.{column}), abs(b.{column})), false)"
        )
        if _count(engine, f"{joined} WHERE NOT ({close})"):
            yield column.strip('"')


def _cast(columns: Columns) -> str:
    return ", ".join(f"CAST({_identifier(one)} AS {kind}) AS {_identifier(one)}" for one, kind in columns.items())


def _count(engine: duckdb.DuckDBPyConnection, rows: str) -> int:
    ((found,),) = engine.execute(f"SELECT count(*) FROM {rows}").fetchall()
    return int(found)


def _identifier(name: str) -> str:
    return f'"{name}"'
