"""Slices of people by several things: everybody counts somewhere, no slice is small, and none gives another away."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.privacy.disclosure_blocks import Ledger, Sums, Tally, advance
from akademos.privacy.disclosure_slices import (
    above,
    bound_of_share,
    nested_blocks,
    one_sided,
    read,
    safe_cells,
    slices,
    written,
)

NOW = datetime(2026, 3, 9, tzinfo=UTC)
FLOOR = 5
DIMENSIONS = ("persona", "course", "cohort")
labels = st.tuples(st.sampled_from("ab"), st.sampled_from(["x", "y", ""]), st.sampled_from(["1", "2", "3"]))
crowds = st.lists(labels, max_size=80).map(
    lambda found: {f"p{place:03}": written(label) for place, label in enumerate(found)}
)


@settings(max_examples=60)
@given(crowds)
def test_blocks_hold_enough_and_everybody_is_in_one_where_there_are_enough(waiting: dict[str, str]) -> None:
    blocks = list(nested_blocks(waiting, FLOOR))
    assert all(len(people) >= FLOOR for _, people in blocks)
    placed = [person for _, people in blocks for person in people]
    assert len(placed) == len(set(placed))
    assert set(placed) == (set(waiting) if len(waiting) >= FLOOR else set())
    for text, people in blocks:
        told = [part for part in read(text) if part]
        for person in people:
            assert list(read(waiting[person]))[: len(told)] == told  # a label tells nothing false


@settings(max_examples=60)
@given(crowds, st.data())
def test_what_is_published_is_made_of_cells_that_tell_nothing(waiting: dict[str, str], data: st.DataObject) -> None:
    hits = {person: data.draw(st.booleans()) for person in waiting}
    records = {person: Tally(0.0, (1, int(hit), int(hit), int(not hit)), 1 + hit) for person, hit in hits.items()}
    ledger = advance(
        Ledger(),
        may_stay=waiting,
        may_enter=waiting,
        records={"kpi": records},
        floor=FLOOR,
        as_of=NOW,
        bands=4,
        form=nested_blocks,
    )
    rows = ledger.rows("kpi")
    cells = safe_cells(rows, lambda sums: one_sided(sums, 2, 3, FLOOR)) if rows else {}
    assert all(min(sums.bands[2], sums.bands[3]) >= FLOOR for sums in cells.values())
    if cells:
        assert sum(sums.people for sums in cells.values()) == sum(sums.people for sums in rows.values())
    found = slices(cells, DIMENSIONS)
    names = list(cells)
    inside = np.array(
        [
            [not one.dimension or label[DIMENSIONS.index(one.dimension)] == one.member for label in names]
            for one in found
        ],
        dtype=int,
    )
    for one, of in zip(found, inside, strict=True):
        assert one.sums.people == sum(cells[name].people for name, there in zip(names, of, strict=True) if there)
    for weights in itertools.product((-1, 0, 1), repeat=min(len(found), 5)):  # sums and differences of published rows
        mixed = np.array(weights) @ inside[: len(weights)] if found else np.array([])
        people = sum(cells[name].people for name, weight in zip(names, mixed, strict=True) if weight)
        assert people == 0 or people >= FLOOR


def test_labels_are_given_up_from_the_last_part_on() -> None:
    assert above(("student", "algebra", "2026-02")) == ("student", "algebra", "")
    assert above(("", "", "")) == ("", "", "")
    waiting = {f"p{n}": written(("student", "algebra", str(n % 3))) for n in range(9)}
    ((label, people),) = nested_blocks(waiting, FLOOR)  # three cohorts of three
    assert (read(label), len(people)) == (("student", "algebra", ""), 9)


def test_a_bound_is_said_of_many_only() -> None:
    many = Sums(NOW, 300, 0.0, (298, 2))
    assert bound_of_share(many, 0, 1, 10) == 0.95
    assert bound_of_share(Sums(NOW, 300, 0.0, (2, 298)), 0, 1, 10) == 0.05
    assert bound_of_share(Sums(NOW, 100, 0.0, (98, 2)), 0, 1, 10) is None


def test_a_tally_has_as_many_numbers_as_are_counted() -> None:
    with pytest.raises(ValueError, match="3 numbers where 4"):
        Tally(0.0, (1, 2, 3), 1).counts(4)
