"""Occurrence numbers against the plainest count there is."""

from __future__ import annotations

from collections import Counter

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from akademos.intake.bulk.ids import Occurrences

rows = st.text("abcdefgh", min_size=1, max_size=2)


@given(st.lists(st.lists(rows, max_size=60), max_size=12))
def test_equal_rows_are_numbered_in_the_order_they_stand_in(batches: list[list[str]]) -> None:
    occurrences, seen = Occurrences(), Counter[str]()
    for batch in batches:
        expected = []
        for row in batch:
            expected.append(seen[row])
            seen[row] += 1
        assert occurrences.number(pl.Series(batch, dtype=pl.String)).tolist() == expected


def test_many_batches_lie_in_few_runs() -> None:
    occurrences = Occurrences()
    for batch in range(200):
        occurrences.number(pl.Series([f"{batch}/{row}" for row in range(50)]))
    sizes = [len(run.digests) for run in occurrences._runs]
    assert sum(sizes) == 10_000
    assert len(sizes) <= 14
