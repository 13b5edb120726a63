"""Comparing two files: what is equal, what differs and where, whatever the order of rows."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.stores.lake.table_comparison import CLOSE, compare_tables, take_over
from akademos.stores.ports.warehouse import TableComparison

ROWS = "SELECT * FROM (VALUES {values}) AS v (k, place, amount, share, seen)"
FIRST = "('a', 1::BIGINT, 1.10::DECIMAL(38,2), 0.1::DOUBLE, TIMESTAMPTZ '2026-01-02 03:04:05Z')"
SECOND = "('b', NULL, NULL, NULL, NULL)"


def compared(folder: Path, ours: str, theirs: str) -> TableComparison:
    for name, query in (("ours", ours), ("theirs", theirs)):
        (folder / name).unlink(missing_ok=True)
        with closing(duckdb.connect(str(folder / name))) as engine:
            engine.execute(f"CREATE SCHEMA cost; CREATE TABLE cost.t AS {query}")
    (found,) = compare_tables(folder / "ours", folder / "theirs", ["cost"], 64, spill=folder)
    return found


def rows(*values: str) -> str:
    return ROWS.format(values=", ".join(values))


def test_order_does_not_count_and_nulls_are_equal(tmp_path: Path) -> None:
    found = compared(tmp_path, rows(FIRST, SECOND, SECOND), rows(SECOND, FIRST, SECOND))
    assert found == TableComparison("cost.t", 3, 3)
    assert found.equal


@pytest.mark.parametrize(
    ("theirs", "differing"),
    [
        (rows(FIRST.replace("1.10", "1.11"), SECOND), ("amount",)),  # money is exact
        (rows(FIRST.replace("'a'", "'c'").replace("1::BIGINT", "2::BIGINT"), SECOND), ("k", "place")),
        (rows(FIRST.replace("0.1::", "0.1000001::"), SECOND), ("share",)),
        (rows(FIRST.replace("0.1::", "NULL::"), SECOND), ("share",)),
        (rows(FIRST, FIRST), ("k", "place", "amount", "share", "seen")),
        ("SELECT * EXCLUDE (place), 1 AS more FROM (" + rows(FIRST, SECOND) + ")", ("place", "more")),
        # every column by itself is as before, and yet no row is
        (rows(FIRST.replace("'a'", "'b'"), SECOND.replace("'b'", "'a'")), ("(rows)",)),
    ],
)
def test_what_differs_is_named(tmp_path: Path, theirs: str, differing: tuple[str, ...]) -> None:
    found = compared(tmp_path, rows(FIRST, SECOND), theirs)
    assert found.differing == differing
    assert not found.equal


def test_missing_rows_tables_and_other_types_are_differences(tmp_path: Path) -> None:
    found = compared(tmp_path, rows(FIRST, SECOND), rows(FIRST))
    assert (found.rows, found.other_rows, found.equal) == (2, 1, False)
    found = compared(tmp_path, rows(FIRST), rows(FIRST.replace("1::BIGINT", "1::INTEGER")))
    assert (found.retyped, found.differing, found.equal) == (("place: BIGINT / INTEGER",), (), False)
    with closing(duckdb.connect(str(tmp_path / "ours"))) as engine:
        engine.execute("CREATE TABLE cost.only_here AS SELECT 1 AS n")
    lacking = compare_tables(tmp_path / "ours", tmp_path / "theirs", ["cost"], 64, spill=tmp_path)[0]
    assert (lacking.name, lacking.rows, lacking.other_rows, lacking.equal) == ("cost.only_here", 1, None, False)


@settings(max_examples=20)
@given(st.floats(1e-3, 1e12), st.floats(-3, 3), st.integers(2, 4))
def test_floats_are_equal_within_a_share_of_the_larger(
    tmp_path_factory: pytest.TempPathFactory, value: float, times: float, copies: int
) -> None:
    other = value * (1 + times * CLOSE)
    near = abs(other - value) <= CLOSE * max(abs(other), abs(value))
    ours = " UNION ALL ".join([f"SELECT 'k' AS k, {value!r}::DOUBLE AS x"] * copies)
    theirs = " UNION ALL ".join([f"SELECT 'k' AS k, {other!r}::DOUBLE AS x"] * copies)
    assert compared(tmp_path_factory.mktemp("floats"), ours, theirs).equal is near


def test_what_lies_as_parquet_is_taken_over_once(tmp_path: Path) -> None:
    place = tmp_path / "tables" / "cost.db" / "t"
    place.mkdir(parents=True)
    with closing(duckdb.connect()) as engine:
        engine.execute(f"COPY ({rows(FIRST, SECOND)}) TO '{place}/part-0.parquet'")
    file = tmp_path / "warehouse.duckdb"
    assert [take_over(tmp_path / "tables", file, 64) for _ in range(2)] == [1, 0]
    with closing(duckdb.connect(str(tmp_path / "ours"))) as engine:
        engine.execute(f"CREATE SCHEMA cost; CREATE TABLE cost.t AS {rows(FIRST, SECOND)}")
    (found,) = compare_tables(tmp_path / "ours", file, ["cost"], 64, spill=tmp_path)
    assert found.equal
