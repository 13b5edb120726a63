"""What is published leaves every small count open, by an exhaustive count of all tables that fit."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from akademos.catalogue.policies import LIMITS
from akademos.privacy.disclosure_blocks import Sums
from akademos.privacy.disclosure_intervals import Knowledge
from akademos.privacy.disclosure_tables import ALL, LEAST_VALUES, Row, Scale, Suppression, capped, published, rounded

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SCALE = Scale((0.0, 0.5, 0.8))
SHOWN = (2, 0)

counts = st.tuples(st.integers(0, 25), st.integers(0, 25), st.integers(0, 25))


def sums(bands: tuple[int, ...], where: float = 0.5) -> Sums:
    """People spread over bands, all at the same place within their band."""
    value = sum(count * (low + (high - low) * where) for count, (low, high) in zip(bands, SCALE.ends(), strict=True))
    return Sums(NOW, sum(bands), value, bands)


def fits(bands: tuple[int, ...], row: Row, floor: int) -> bool:
    """Whether so many people by band could stand behind a published row; told again without the library's bounds."""
    people = sum(bands)
    if people < floor or rounded(people) != row.people:
        return False
    for band, share in zip(SHOWN, row.shares, strict=True):
        if share is not None and (bands[band] < floor or capped(rounded(bands[band]) / rounded(people)) != share):
            return False
    if row.mean is None:
        return True
    ends = SCALE.ends()
    least = sum(count * low for count, (low, _) in zip(bands, ends, strict=True)) / people
    most = sum(count * high for count, (_, high) in zip(bands, ends, strict=True)) / people
    low = 0.0 if row.mean <= LIMITS.share_lowest else row.mean - 0.005
    high = 1.0 if row.mean >= LIMITS.share_highest else row.mean + 0.005
    return least <= high and most >= low


@settings(max_examples=40, deadline=None)
@given(bands=counts.filter(lambda bands: sum(bands) >= 10), where=st.floats(0, 0.99))
@example(bands=(11, 0, 10), where=0.0)
@example(bands=(18, 0, 1), where=0.96875)  # what the cap stands for is a rounded count
def test_every_small_count_stays_open(bands: tuple[int, int, int], where: float) -> None:
    rows = published({"student": sums(bands, where)}, shown=SHOWN, scale=SCALE, floor=10)
    assert [row.label for row in rows] == [ALL, "student"]
    assert rows[0].shares == rows[1].shares
    possible = [
        found
        for found in product(range(sum(bands) + 6), repeat=3)
        if rounded(sum(found)) == rows[0].people and all(fits(found, row, 10) for row in rows)
    ]
    assert bands in possible
    for band in range(3):
        small = {found[band] for found in possible if found[band] < 10}
        rest = {sum(found) - found[band] for found in possible if sum(found) - found[band] < 10}
        assert bands[band] >= 10 or len(small) >= LEAST_VALUES
        assert sum(bands) - bands[band] >= 10 or len(rest) >= LEAST_VALUES


@settings(max_examples=25, deadline=None)
@given(one=counts, other=counts, floor=st.sampled_from([5, 10]))
def test_nothing_is_left_to_find_in_a_table_of_several_rows(
    one: tuple[int, int, int], other: tuple[int, int, int], floor: int
) -> None:
    table = {name: sums(bands) for name, bands in (("a", one), ("b", other)) if sum(bands) >= floor}
    if not table:
        return
    suppression = Suppression(table, SHOWN, SCALE, floor)
    suppression.complete()
    assert list(suppression.exposed()) == []
    rows = published(dict(reversed(table.items())), shown=SHOWN, scale=SCALE, floor=floor)
    assert rows == published(table, shown=SHOWN, scale=SCALE, floor=floor)
    for row in rows:
        for share in (row.mean, *row.shares):
            assert share is None or LIMITS.share_lowest <= share <= LIMITS.share_highest
        assert row.people % LIMITS.count_rounding == 0


def test_suppression_alone_would_give_counts_back() -> None:
    """The audit fails on a table that only withholds small counts: it can fail."""
    bare = Suppression({"a": sums((0, 1, 11))}, SHOWN, SCALE, 10)
    assert ("a", 0) in bare.withheld
    assert list(bare.exposed())
    bare.complete()
    assert not list(bare.exposed())


def test_bounds_are_exact() -> None:
    known = Knowledge(2)
    known.say({0: 1, 1: 1}, 7, 9)
    known.say({0: 2}, high=9)
    assert known.bounds({0: 1}) == (0, 4)
    assert known.bounds({1: 1}) == (3, 9)
    known.say({0: 1}, low=5)
    assert known.bounds({0: 1}) is None


def test_a_row_below_the_floor_is_an_error() -> None:
    with pytest.raises(ValueError, match="fewer than 10"):
        published({"a": sums((3, 3, 3))}, shown=SHOWN, scale=SCALE, floor=10)
    assert published({}, shown=SHOWN, scale=SCALE, floor=10) == []
