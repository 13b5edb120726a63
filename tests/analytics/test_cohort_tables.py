"""Tables learned from the cohort: item difficulty, pace; and the parameters."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analytics.populations import NOW, START, answer, table, tables_of

from akademos.analytics.item_difficulty import item_difficulty
from akademos.analytics.pace import answer_times, cohort_times, own_medians
from akademos.analytics.parameters import DEFAULT, MasteryParameters, Parameters, describe
from akademos.analytics.rhythm import rhythm
from akademos.errors import InputError


def test_expected_scores_are_shrunk_towards_the_mean_of_all_items() -> None:
    rows = [answer(n, learner_key=f"l{n}", question_id="easy") for n in range(10)]
    rows += [answer(100 + n, learner_key=f"l{n}", question_id="hard", score=0.0) for n in range(10)]
    rows += [answer(200, learner_key="l0", question_id="rare")]
    rows += [answer(300 + n, learner_key="l0", question_id="hard") for n in range(5)]  # repeats do not count
    rows += [answer(400, learner_key="l11", question_id="hard", attempt_number=2)]  # no first attempt
    found = item_difficulty(table("question_attempts", rows), NOW)
    mean = 11 / 21
    assert found["question_id"].to_list() == ["easy", "hard", "rare"]
    assert found["answers"].to_list() == [10, 10, 1]
    expected = [(10 + 10 * mean) / 20, 10 * mean / 20, (1 + 10 * mean) / 11]
    np.testing.assert_allclose(found["expected"], expected)
    np.testing.assert_allclose(found["difficulty"], 1 - np.array(expected))
    assert set(found["prior"]) == {mean}


def test_the_version_follows_the_content() -> None:
    rows = [answer(n, learner_key=f"l{n % 5}", question_id=f"q{n % 7}", score=n % 2) for n in range(60)]
    one = item_difficulty(table("question_attempts", rows), NOW)
    same = item_difficulty(table("question_attempts", rows[::-1] + rows[:9]), NOW)
    other = item_difficulty(table("question_attempts", rows[1:]), NOW)
    assert one.equals(same)
    assert one["version"][0].startswith("item_difficulty/1 2026-04-05 ")
    assert other["version"][0] != one["version"][0]
    assert item_difficulty(table("question_attempts", rows), START).height == 1  # the only answer by then
    assert item_difficulty(table("question_attempts", []), NOW).height == 0


def test_times_are_medians_of_what_was_timed() -> None:
    rows = [answer(n, duration_seconds=float(n)) for n in range(10)] + [answer(50, duration_seconds=None)]
    contacts = [
        {
            "learner_key": "ada",
            "event_id": f"c{n}",
            "event_name": "material_opened",
            "occurred_at": START + timedelta(hours=n),
            "material_id": material,
            "duration_seconds": seconds,
        }
        for n, (material, seconds) in enumerate([("book", 100.0), ("book", 200.0), ("film", 50.0), ("notes", 0.0)])
    ]
    found = cohort_times(tables_of(rows, contacts), NOW)
    assert dict(found.select("kind", "median_seconds").iter_rows()) == {"item": 5.0, "material": 175.0}
    assert dict(found.select("kind", "observations").iter_rows()) == {"item": 9, "material": 2}
    assert cohort_times({}, NOW).height == 0
    times = answer_times(table("question_attempts", rows))
    assert own_medians(times, 9) == {"ada": 5.0}
    assert own_medians(times, 10) == {}


@given(st.sets(st.integers(20_000, 20_200), min_size=1), st.integers(0, 9))
def test_rhythm_equals_a_plain_count(active: set[int], after: int) -> None:
    today = max(active) + after
    found = rhythm(np.array(sorted(active)), today)
    runs, current = [], 0
    for day in range(20_000, 20_202):
        current = current + 1 if day in active else 0
        runs.append(current)
    assert found.longest_run_days == max(runs)
    assert found.current_run_days == (runs[max(active) - 20_000] if after <= 1 else 0)
    assert found.active_days_7 == sum(day in active for day in range(today - 6, today + 1))
    assert found.active_days_28 == sum(day in active for day in range(today - 27, today + 1))
    monday = today - (today + 3) % 7  # day 0 was a Thursday
    assert found.this_week_days == sum(day in active for day in range(monday, monday + 7))
    assert found.best_week_days == max(
        sum(day in active for day in range(start, start + 7)) for start in range(19_996, 20_202, 7)
    )


def test_every_parameter_states_unit_and_origin() -> None:
    described = list(describe())
    assert len(described) > 40
    for name, _, unit, origin in described:
        assert unit, name
        assert origin, name
    values = {name: value for name, value, _, _ in described}
    weights = [values[f"mastery.{part}_weight"] for part in ("first_attempt", "overall", "retrieval", "material")]
    assert weights == [0.30, 0.20, 0.30, 0.20]


def test_parameters_are_frozen_and_checked() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        DEFAULT.mastery.answers_min = 3  # type: ignore[misc]  # the point of the test
    with pytest.raises(InputError):
        Parameters(mastery=MasteryParameters(replicates=100))
