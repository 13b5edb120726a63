"""What is unusual, against figures worked out by hand and laws that hold for any."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.ledger.anomalies import modified_z, stability_index

counts = st.lists(st.integers(0, 10_000), min_size=7, max_size=40)


def test_modified_z_of_a_known_example() -> None:
    assert modified_z(16, [8, 9, 10, 10, 11, 12, 13]) == pytest.approx(0.6745 * 6 / 1)
    assert modified_z(5, [1, 2, 3]) is None
    assert modified_z(5, [5] * 7) == 0
    assert modified_z(6, [5] * 7) == math.inf
    assert modified_z(8, [5, 5, 5, 5, 5, 5, 12]) == pytest.approx(3 / (1.253314 * 1))


@given(counts, st.integers(0, 10_000))
def test_modified_z_has_the_sign_of_the_difference_and_ignores_order(before: list[int], value: int) -> None:
    z = modified_z(value, [float(one) for one in before])
    assert z is not None
    assert z == modified_z(value, [float(one) for one in reversed(before)])
    middle = sorted(before)[len(before) // 2]
    assert (value > max(before)) <= (z > 0)
    assert (value < min(before)) <= (z < 0)
    assert middle >= 0


def test_stability_index_of_a_known_example() -> None:
    index = stability_index({"a": 500, "b": 500}, {"a": 250, "b": 750})
    assert index == pytest.approx((0.25 - 0.5) * math.log(0.5) + (0.75 - 0.5) * math.log(1.5))
    assert stability_index({"a": 99}, {"a": 1_000}) is None


@given(st.dictionaries(st.sampled_from("abcd"), st.integers(100, 10_000), min_size=1))
def test_nothing_drifts_from_itself(distribution: dict[str, int]) -> None:
    assert stability_index(distribution, distribution) == pytest.approx(0)
