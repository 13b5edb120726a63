"""The list that fairness is judged on is the one that advisors get."""

from __future__ import annotations

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from akademos.analytics.risk_judgement import on_the_list
from akademos.analytics.risk_levels import focus_levels


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=60), st.randoms(use_true_random=False))
def test_who_is_listed_is_who_stands_in_focus_first(courses: list[str], random: object) -> None:
    order = list(range(len(courses)))
    random.shuffle(order)  # type: ignore[attr-defined]  # hypothesis' own
    chances = (np.array(order) + 1.0) / (len(courses) + 1)  # no two alike
    listed = on_the_list(pl.DataFrame({"course_id": courses}), chances)
    assert listed.tolist() == [word == "high" for word in focus_levels(courses, chances, usual=0.0)]
