"""Histories of dimensions: a table to read, and the laws of type 2."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.ledger.scd2 import history

START = datetime(2026, 1, 1, tzinfo=UTC)
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "course": pl.String,
    "title": pl.String,
    "valid_at": pl.Datetime("us", "UTC"),
    "recorded_at": pl.Datetime("us", "UTC"),
    "position": pl.Int64,
    "ended": pl.Boolean,
}


def day(number: int) -> datetime:
    return START + timedelta(days=number)


def log(*rows: tuple[str, str | None, int, int, bool]) -> pl.DataFrame:
    """(course, title, valid from day, written down on day, ended), in the order of writing."""
    return pl.DataFrame(
        [
            (course, title, day(valid), day(recorded), position, ended)
            for position, (course, title, valid, recorded, ended) in enumerate(rows)
        ],
        schema=SCHEMA,
        orient="row",
    )


def of(changes: pl.DataFrame, as_of: int | None = None) -> list[tuple[str, str | None, int, int | None]]:
    """(course, title, from day, to day)."""
    found = history(changes, ["course"], ["title"], as_of=None if as_of is None else day(as_of))
    return [
        (
            row["course"],
            row["title"],
            (row["valid_from"] - START).days,
            None if row["valid_to"] is None else (row["valid_to"] - START).days,
        )
        for row in found.iter_rows(named=True)
    ]


def test_a_late_change_splits_the_interval() -> None:
    changes = log(
        ("algebra", "Algebra", 0, 0, False),
        ("algebra", "Algebra I", 20, 20, False),
        ("algebra", "Algebra (beta)", 10, 25, False),  # written down late
        ("french", "French", 5, 5, False),
        ("french", "French", 7, 7, False),  # nothing changed
        ("french", "French", 9, 9, True),  # gone
        ("french", "French again", 12, 12, False),
    )
    assert of(changes) == [
        ("algebra", "Algebra", 0, 10),
        ("algebra", "Algebra (beta)", 10, 20),
        ("algebra", "Algebra I", 20, None),
        ("french", "French", 5, 9),
        ("french", "French again", 12, None),
    ]
    assert of(changes, as_of=24)[:2] == [("algebra", "Algebra", 0, 20), ("algebra", "Algebra I", 20, None)]


def test_what_was_written_down_last_stands_for_one_instant() -> None:
    assert of(log(("a", "x", 0, 0, False), ("a", "y", 0, 0, False))) == [("a", "y", 0, None)]


def test_the_current_version_is_the_one_that_holds_now() -> None:
    changes = log(("a", "x", 0, 0, False), ("a", "y", 10, 0, False), ("b", "z", 20, 0, False))

    def current(at: int | None) -> list[str]:
        now = None if at is None else day(at)
        return history(changes, ["course"], ["title"], now=now).filter("is_current")["title"].to_list()

    assert [current(9), current(10), current(30)] == [["x"], ["y"], ["y", "z"]]
    assert current(-1) == []
    assert current(None) == ["y", "z"]


rows = st.lists(
    st.tuples(
        st.sampled_from("ab"),
        st.sampled_from(["x", "y", None]),
        st.integers(0, 12),
        st.integers(0, 12),
        st.booleans(),
    ),
    max_size=14,
)


@settings(max_examples=120, deadline=None)
@given(rows, st.randoms(use_true_random=False))
def test_laws(given_rows: list[tuple[str, str | None, int, int, bool]], chance) -> None:  # type: ignore[no-untyped-def]  # hypothesis' own Random
    changes = log(*given_rows)
    versions = history(changes, ["course"], ["title"])
    order = list(range(changes.height))
    chance.shuffle(order)
    assert history(changes[order], ["course"], ["title"]).equals(versions), "the order of the log means nothing"
    assert versions["version_key"].n_unique() == versions.height
    for _, one in versions.group_by("course"):
        assert one["is_current"].sum() <= 1
        spans = one.sort("valid_from").select("valid_from", "valid_to", "title").rows()
        for (start, end, title), (following, _, next_title) in pairwise(spans):
            assert start < end <= following
            assert end < following or title != next_title, "versions that meet differ"
        assert all(end is None or start < end for start, end, _ in spans)
    # At every instant it holds what the last change that holds by then says.
    for instant in range(13):
        for course in "ab":
            past = [
                (valid, recorded, place, title, ended)
                for place, (name, title, valid, recorded, ended) in enumerate(given_rows)
                if name == course and valid <= instant
            ]
            expected = max(past, key=lambda one: one[:3], default=None)
            at = versions.filter(
                pl.col("course") == course,
                pl.col("valid_from") <= day(instant),
                pl.col("valid_to").is_null() | (pl.col("valid_to") > day(instant)),
            )
            held = [] if expected is None or expected[4] else [expected[3]]
            assert at["title"].to_list() == held
