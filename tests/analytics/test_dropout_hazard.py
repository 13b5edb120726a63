"""The risk of leaving by the own clock: no dates and no future in it, weeks counted right, chances that hold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from tests.analytics.courses import DAYS, KINDS, course_tables
from tests.analytics.test_dropout_risk import assert_same, shuffled_future

from akademos.analytics.concordance import concordance, concordance_interval
from akademos.analytics.dropout_hazard import (
    HORIZON,
    LEFT,
    OBSERVED,
    STEP,
    fit_hazard,
    landmarks,
    leaving_chance,
    leaving_contributions,
    left_within,
    person_weeks,
)
from akademos.analytics.dropout_risk import RiskModel, from_bytes
from akademos.analytics.hazard_features import hazard_features, starts
from akademos.analytics.probability_scores import auc
from akademos.analytics.risk_fitting import COHORT, OUTCOME
from akademos.analytics.risk_reasons import THEMES, theme_of
from akademos.analytics.risk_tables import INPUT, KEYS, RiskParameters

PARAMS = RiskParameters(kinds=KINDS)
TABLES, _ = course_tables()
ME = {"learner_key": "ada", "course_id": "c"}


def table(name: str, *rows: Mapping[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=INPUT[name])


def opened(day: int, clicks: float = 3.0) -> dict[str, object]:
    return {**ME, "material_id": f"m{day % 2}", "kind": "page", "day": day, "clicks": clicks}


def at_day(tables: Mapping[str, pl.DataFrame], as_of: int) -> pl.DataFrame:
    return starts(tables).filter(pl.col("start") < as_of).with_columns(as_of=pl.lit(as_of))


def until(tables: Mapping[str, pl.DataFrame], day: int = DAYS) -> pl.DataFrame:
    return tables["enrolments"].select(KEYS).with_columns(until=pl.lit(day))


@pytest.mark.parametrize("as_of", [10, 28, 56])
def test_another_future_changes_no_feature(as_of: int) -> None:
    changed = shuffled_future(TABLES, as_of, seed=as_of)
    before, after = (hazard_features(one, at_day(one, as_of), PARAMS) for one in (TABLES, changed))
    assert before.height > 50
    assert_same(before, after)


@settings(max_examples=10, deadline=None)
@given(st.integers(-400, 400), st.integers(20, DAYS))
def test_no_date_of_the_course_is_in_it(moved: int, as_of: int) -> None:
    """All days shifted, another schedule, other people in the course: the same numbers."""
    shifted = {
        name: one.with_columns(pl.col(day) + moved for day in one.columns if day.endswith("day"))
        for name, one in TABLES.items()
    }
    shifted["assessments"] = shifted["assessments"].with_columns(due_day=pl.lit(None, pl.Int32))
    before = hazard_features(TABLES, at_day(TABLES, as_of), PARAMS)
    assert_same(before, hazard_features(shifted, at_day(shifted, as_of + moved), PARAMS))
    alone = {name: one.filter(pl.col("learner_key") == before["learner_key"][0]) for name, one in TABLES.items()
             if "learner_key" in one.columns}  # fmt: skip
    alone["assessments"] = TABLES["assessments"]
    assert_same(before.head(1), hazard_features(alone, at_day(alone, as_of), PARAMS))


@settings(max_examples=10, deadline=None)
@given(st.integers(1, DAYS))
def test_shares_lie_between_0_and_1_and_nothing_is_infinite(as_of: int) -> None:
    found = hazard_features(TABLES, at_day(TABLES, as_of), PARAMS)
    for name in found.columns:
        if name in KEYS:
            continue
        values = found[name].drop_nulls()
        assert values.is_finite().all(), name
        if name.endswith("_share"):
            assert values.is_between(0, 1).all(), name


def test_a_learner_in_words_becomes_the_numbers() -> None:
    tables = {
        "enrolments": table("enrolments", {**ME, "registered_day": 90}),
        "activity": table("activity", *(opened(day) for day in (100, 101, 110))),
        "assessments": table("assessments"),
        "submissions": table("submissions", {**ME, "assessment_id": "a", "day": 104, "score": 0.5, "banked": False}),
    }  # fmt: skip
    (ada,) = hazard_features(tables, at_day(tables, 114), PARAMS).to_dicts()
    assert (ada["day"], ada["registered_wait"], ada["inactive_days"], ada["gap_longest"]) == (14, 10, 4, 9)
    assert (ada["active_days_7"], ada["active_days_14"], ada["streak_longest"], ada["streak_now"]) == (1, 3, 2, 0)
    assert (ada["submitted"], ada["submitted_ago"], ada["score_mean"], ada["page_share"]) == (1, 10, None, 1)
    assert ada["week_0_log"] == pytest.approx(np.log(4))
    (later,) = hazard_features(tables, at_day(tables, 118), PARAMS).to_dicts()
    assert (later["score_mean"], later["inactive_days"]) == (0.5, 8)


def test_the_weeks_ahead_are_counted_as_far_as_they_were_seen_whole() -> None:
    seen = pl.DataFrame(
        {
            "learner_key": ["stays", "leaves", "leaves at once", "unknown", "hardly seen"],
            "course_id": ["c"] * 5,
            LEFT: [None, 15.0, 0.0, None, None],
            OBSERVED: [40.0, 40.0, 40.0, 20.0, 6.0],
        }
    )
    rows = person_weeks(seen)
    by = {key: rows.filter(pl.col("learner_key") == key).sort(STEP)[OUTCOME].to_list() for key in seen["learner_key"]}
    assert by == {
        "stays": [0, 0, 0, 0],
        "leaves": [0, 0, 1],
        "leaves at once": [1],
        "unknown": [0, 0],
        "hardly seen": [],
    }
    assert dict(left_within(seen).select("learner_key", OUTCOME).iter_rows()) == {
        "stays": 0, "leaves": 1, "leaves at once": 1,
    }  # fmt: skip


def test_landmarks_are_of_who_is_there_and_say_when_they_left() -> None:
    tables = {
        "enrolments": table("enrolments", {**ME, "registered_day": 0, "withdrawn_day": 30}),
        "activity": table("activity", opened(5)),
        "assessments": table("assessments"),
        "submissions": table("submissions"),
    }
    found = landmarks(tables, until(tables, 60), PARAMS)
    assert found["day"].to_list() == [7, 14, 21]
    assert found[LEFT].to_list() == [18, 11, 4]
    assert found[OBSERVED].to_list() == [48, 41, 34]
    assert landmarks(tables, until(tables, 28), PARAMS)[LEFT].to_list() == [None, None, None], "nobody knows yet"
    assert landmarks(tables, until(tables, 12), PARAMS).is_empty()


def _taught(seed: int, cohort: int) -> pl.DataFrame:
    tables, _ = course_tables(learners=200, seed=seed)
    return landmarks(tables, until(tables), PARAMS).with_columns(pl.lit(cohort).alias(COHORT))


@pytest.fixture(scope="module")
def model() -> RiskModel:
    return fit_hazard(pl.concat([_taught(1, 0), _taught(2, 1)]), kinds=KINDS, seed=3)


def test_it_ranks_other_learners_and_its_chances_add_up(model: RiskModel) -> None:
    judged = _taught(3, 0)
    judged = judged.with_columns(said=pl.Series(leaving_chance(model, judged), dtype=pl.Float64))
    whole = left_within(judged)
    assert auc(whole[OUTCOME].to_numpy(), whole["said"].to_numpy()) > 0.6
    assert abs(whole["said"].to_numpy().mean() - whole[OUTCOME].to_numpy().mean()) < 0.06
    left = judged[LEFT].to_numpy()
    times = np.where(np.isnan(left), judged[OBSERVED].to_numpy(), left)
    assert concordance(times, ~np.isnan(left), judged["said"].to_numpy()) > 0.55
    assert 0 < model.notes["usual"] < 0.5


def test_the_chance_is_that_of_leaving_in_any_of_the_weeks(model: RiskModel) -> None:
    few = _taught(3, 0).head(30)
    hazards = [
        model.risk(model.rows(few.with_columns(pl.lit(float(step)).alias(STEP)))) for step in range(1, HORIZON + 1)
    ]
    np.testing.assert_allclose(leaving_chance(model, few), 1 - np.prod(1 - np.array(hazards), axis=0))
    parts = leaving_contributions(model, few)
    base = model.contributions(model.rows(few.with_columns(pl.lit(1.0).alias(STEP))))[1]
    np.testing.assert_allclose(parts.sum(axis=1) + base, np.mean([logit(one) for one in hazards], axis=0), atol=1e-6)


def test_the_same_landmarks_give_the_same_model_and_it_survives_its_bytes(model: RiskModel) -> None:
    again = fit_hazard(pl.concat([_taught(1, 0), _taught(2, 1)]), kinds=KINDS, seed=3)
    assert again.to_bytes() == model.to_bytes()
    few = _taught(3, 0).head(20)
    np.testing.assert_array_equal(leaving_chance(from_bytes(model.to_bytes()), few), leaving_chance(model, few))


def test_every_feature_has_a_theme_that_fits(model: RiskModel) -> None:
    themes = {name: theme_of(name) for name in model.features}
    assert {themes[name] for name in ("day", "day_log", STEP)} == {"time"}
    assert themes["week_to_own"] == themes["clicks_log"] == "effort"
    assert themes["inactive_log"] == "inactivity"
    assert set(themes.values()) <= {*dict(THEMES), "materials"}


def test_concordance_by_hand_and_of_what_says_nothing() -> None:
    times, happened = np.array([1.0, 2.0, 3.0, 3.0]), np.array([True, True, False, True])
    assert concordance(times, happened, np.array([4.0, 3.0, 1.0, 2.0])) == 1
    assert concordance(times, happened, np.array([1.0, 2.0, 4.0, 3.0])) == 0
    assert concordance(times, happened, np.zeros(4)) == 0.5
    assert concordance(times, happened, np.array([4.0, 1.0, 2.0, 2.0])) == pytest.approx((3 + 0 + 0.5) / 6)
    assert np.isnan(concordance(times, np.zeros(4, dtype=np.bool_), np.zeros(4)))


def test_the_interval_of_concordance_holds_the_value() -> None:
    rng = np.random.default_rng(4)
    score = rng.normal(size=400)
    times = rng.exponential(1 / expit(score))
    happened = times < 2
    low, high = concordance_interval(np.minimum(times, 2), happened, score, seed=1)
    assert low < concordance(np.minimum(times, 2), happened, score) < high
    assert 0.02 < high - low < 0.2
