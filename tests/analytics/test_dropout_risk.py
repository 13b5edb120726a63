"""Dropout risk: what the features say, that nothing of the future is in them, and what the model says of itself."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit
from tests.analytics.courses import DAYS, KINDS, course_tables

from akademos.analytics.dropout_risk import RiskModel, from_bytes
from akademos.analytics.fairness import abroca, group_scores
from akademos.analytics.probability_scores import auc, average_precision, calibration_slope
from akademos.analytics.risk_features import NEVER, risk_features, told_facts
from akademos.analytics.risk_fitting import COHORT, Examples, calibration_curve, examples, fit_risk
from akademos.analytics.risk_levels import LEVELS
from akademos.analytics.risk_materials import common_kinds
from akademos.analytics.risk_reasons import as_told, rule_level, theme_of
from akademos.analytics.risk_rules import risk_rules
from akademos.analytics.risk_tables import INPUT, KEYS, RiskParameters, known
from akademos.errors import InputError

PARAMS = RiskParameters(kinds=KINDS)
TABLES, OUTCOMES = course_tables()


def table(name: str, *rows: Mapping[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=INPUT[name])


def shuffled_future(tables: dict[str, pl.DataFrame], as_of: int, seed: int) -> dict[str, pl.DataFrame]:
    """Whatever is not known at the cut-off is drawn anew: later rows, later withdrawals, marks that are not out."""
    rng = np.random.default_rng(seed)
    later = pl.col("day") >= as_of

    def days(length: int) -> pl.Series:
        return pl.Series(rng.integers(as_of, DAYS + 30, length), dtype=pl.Int32)

    activity = tables["activity"].filter(~later)
    future = tables["activity"].filter(later).sample(fraction=1.7, with_replacement=True, seed=seed)
    submissions = tables["submissions"].filter(~later)
    unmarked = (pl.col("day") + PARAMS.mark_days > as_of) & ~pl.col("banked")
    submissions = submissions.with_columns(score=pl.when(unmarked).then(1 - pl.col("score")).otherwise("score"))
    handed_in = tables["submissions"].filter(later).sample(fraction=1.0, with_replacement=True, seed=seed)
    enrolments = tables["enrolments"].with_columns(new=days(tables["enrolments"].height))
    gone = pl.col("withdrawn_day") < as_of
    return {
        "enrolments": enrolments.with_columns(
            withdrawn_day=pl.when(gone).then(pl.col("withdrawn_day")).when(pl.col("new") % 2 == 0).then(pl.col("new"))
        ).drop("new"),
        "activity": pl.concat([activity, future.with_columns(day=days(future.height))]),
        "assessments": tables["assessments"],
        "submissions": pl.concat([submissions, handed_in.with_columns(day=days(handed_in.height))]),
    }


def assert_same(one: pl.DataFrame, other: pl.DataFrame) -> None:
    """The same rows and, to the last digits, which depend on the order of sums, the same numbers."""
    numbers = [name for name in one.columns if name not in KEYS]
    assert one.columns == other.columns
    assert one.select(KEYS).equals(other.select(KEYS))
    np.testing.assert_allclose(one.select(numbers).to_numpy(), other.select(numbers).to_numpy(), atol=1e-8)


@pytest.mark.parametrize("as_of", [7, 14, 28, 56])
def test_another_future_changes_no_feature_and_no_rule(as_of: int) -> None:
    changed = shuffled_future(TABLES, as_of, seed=as_of)
    assert not changed["activity"].equals(TABLES["activity"])
    before, after = (risk_features(one, as_of, PARAMS) for one in (TABLES, changed))
    assert before.height > 50
    assert_same(before, after)
    assert risk_rules(TABLES, as_of, PARAMS).equals(risk_rules(changed, as_of, PARAMS))


@settings(max_examples=10, deadline=None)
@given(st.integers(1, DAYS), st.randoms(use_true_random=False))
def test_the_order_of_rows_means_nothing(as_of: int, random: object) -> None:
    seed = random.randint(0, 1000)  # type: ignore[attr-defined]  # hypothesis' own
    mixed = {name: one.sample(fraction=1.0, shuffle=True, seed=seed) for name, one in TABLES.items()}
    one, other = (risk_features(tables, as_of, PARAMS) for tables in (TABLES, mixed))
    assert_same(one, other)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, DAYS))
def test_shares_and_places_lie_between_0_and_1_and_nothing_is_infinite(as_of: int) -> None:
    found = risk_features(TABLES, as_of, PARAMS)
    for name in found.columns:
        if name in KEYS:
            continue
        values = found[name].drop_nulls()
        assert values.is_finite().all(), name
        if name.endswith(("_place", "_share")) or name.startswith("coverage"):
            assert values.is_between(0, 1).all(), name


def test_a_learner_in_words_becomes_the_numbers() -> None:
    me = {"learner_key": "ada", "course_id": "c"}
    other = {"learner_key": "bo", "course_id": "c"}
    tables = {
        "enrolments": table("enrolments", {**me, "registered_day": -10}, {**other, "registered_day": -3}),
        "activity": table(
            "activity",
            *({**me, "material_id": "m", "kind": "page", "day": day, "clicks": 2.0} for day in (-2, 0, 1, 2, 9)),
        ),
        "assessments": table("assessments", {"course_id": "c", "assessment_id": "a", "due_day": 8, "weight": 10.0}),
        "submissions": table(
            "submissions", {**me, "assessment_id": "a", "day": 6, "score": 0.8, "banked": False}
        ),
    }  # fmt: skip
    ada, bo = risk_features(tables, 14, PARAMS).to_dicts()
    assert (ada["inactive_days"], ada["active_days"], ada["active_days_before"], ada["streak_longest"]) == (5, 4, 1, 3)
    assert (ada["first_day"], ada["gap_longest"], ada["early_mean"], ada["missed"]) == (-2, 7, 2, 0)
    assert (ada["submitted_share"], ada["score_mean"], ada["clicks_place"], bo["clicks_place"]) == (1, None, 0.75, 0.25)
    assert (bo["inactive_days"], bo["active_days"], bo["missed"], bo["submitted_share"]) == (NEVER, 0, 1, 0)
    assert risk_features(tables, 20, PARAMS)["score_mean"].to_list() == [0.8, None], "14 days later the mark is out"
    assert risk_features(tables, 19, PARAMS)["score_mean"].to_list() == [None, None]


def test_who_is_there_at_the_cut_off() -> None:
    people = table(
        "enrolments",
        {"learner_key": "early", "course_id": "c", "registered_day": -5},
        {"learner_key": "later", "course_id": "c", "registered_day": 14},
        {"learner_key": "gone", "course_id": "c", "registered_day": -5, "withdrawn_day": 13},
        {"learner_key": "goes", "course_id": "c", "registered_day": -5, "withdrawn_day": 14},
        {"learner_key": "undated", "course_id": "c"},
    )
    tables = {**{name: table(name) for name in INPUT}, "enrolments": people}
    assert risk_features(tables, 14, PARAMS)["learner_key"].to_list() == ["early", "goes", "undated"]
    rules = risk_rules(tables, 14, PARAMS)
    assert dict(rules.select("learner_key", "gone").iter_rows()) == {
        "early": False, "goes": False, "gone": True, "undated": False,
    }  # fmt: skip
    assert rules["inactive"].all()
    assert known(tables, 14, PARAMS)["enrolments"].height == 4


@given(st.integers(0, 40), st.integers(1, 40))
def test_the_rule_that_is_served_is_the_rule_that_is_judged(last: int, after: int) -> None:
    """No activity on seven whole days."""
    people = table("enrolments", {"learner_key": "a", "course_id": "c", "registered_day": -1})
    done = table("activity", {"learner_key": "a", "course_id": "c", "material_id": "m", "kind": "page", "day": last})
    tables = {**{name: table(name) for name in INPUT}, "enrolments": people, "activity": done}
    (row,) = (
        risk_features(tables, last + after, PARAMS).join(told_facts(tables, last + after, PARAMS), on=KEYS).to_dicts()
    )
    assert as_told(row)["inactive_days"] == after - 1
    assert risk_rules(tables, last + after, PARAMS)["inactive"].to_list() == [after > 7]
    assert rule_level(as_told(row))[0] == LEVELS[(after > 7) + (after > 14)]


def test_what_was_due_before_somebody_registered_they_have_not_missed() -> None:
    keys = ("early", "late", "undated")
    people = [
        {"learner_key": key, "course_id": "c", "registered_day": day}
        for key, day in zip(keys, (-5, 20, None), strict=True)
    ]
    due = [{"course_id": "c", "assessment_id": f"a{day}", "due_day": day, "weight": 10.0} for day in (7, 20, 21, 28)]
    handed_in = {"learner_key": "early", "course_id": "c", "assessment_id": "a7", "day": 3, "banked": False}
    tables = {
        **{name: table(name) for name in INPUT},
        "enrolments": table("enrolments", *people), "assessments": table("assessments", *due),
        "submissions": table("submissions", handed_in),
    }  # fmt: skip
    told = told_facts(tables, 28, PARAMS).sort("learner_key")
    assert told["told_missed"].to_list() == [2, 1, 3], "the one of day 28 is not due yet"
    assert told["waiting_days"].to_list() == [28, 8, 28]


def test_days_with_each_kind_of_material_are_about_materials() -> None:
    assert [theme_of(one) for one in ("day", "day_log", "days_each_place", "step_2")] == [
        "time",
        "time",
        "materials",
        "time",
    ]


def test_kinds_that_hardly_anybody_opens_are_not_told_apart() -> None:
    activity = TABLES["activity"]
    rare = activity.head(1).with_columns(kind=pl.lit("glossary"))
    assert common_kinds(pl.concat([activity, rare])) == tuple(sorted(KINDS))


def _examples(seed: int, cohort: int) -> pl.DataFrame:
    tables, outcomes = course_tables(learners=150, seed=seed)
    found = pl.concat(risk_features(tables, day, PARAMS) for day in (14, 28))
    return found.join(outcomes, on=KEYS).with_columns(pl.lit(cohort).alias(COHORT))


@pytest.fixture(scope="module")
def taught() -> Examples:
    return examples(pl.concat([_examples(1, 0), _examples(2, 1)]))


@pytest.fixture(scope="module")
def model(taught: Examples) -> RiskModel:
    return fit_risk(taught, kinds=KINDS, withdrawn=0.99, seed=3)


def test_it_ranks_and_is_calibrated_on_learners_of_another_term(model: RiskModel) -> None:
    judged = examples(_examples(3, 0))
    risk = model.risk(judged.rows)
    assert auc(judged.outcome, risk) > 0.7
    assert 0.6 < calibration_slope(judged.outcome, risk) < 1.6
    assert abs(risk.mean() - judged.outcome.mean()) < 0.08


def test_reasons_add_up_to_the_risk(model: RiskModel, taught: Examples) -> None:
    rows = taught.rows[:40]
    parts, base = model.contributions(rows)
    np.testing.assert_allclose(parts.sum(axis=1) + base, logit(model.risk(rows)), atol=1e-6)


def test_a_model_survives_its_bytes_and_the_same_examples_give_the_same(taught: Examples, model: RiskModel) -> None:
    again = fit_risk(taught, kinds=KINDS, withdrawn=0.99, seed=3)
    assert again.to_bytes() == model.to_bytes()
    np.testing.assert_array_equal(from_bytes(model.to_bytes()).risk(taught.rows), model.risk(taught.rows))
    with pytest.raises(InputError) as refused:
        from_bytes(b'{"format": 0}')
    assert refused.value.code == "model_unreadable"


def test_a_feature_that_is_not_there_counts_as_missing(model: RiskModel) -> None:
    found = risk_features(TABLES, 28, RiskParameters(kinds=KINDS[:1]))
    assert np.isfinite(model.risk(model.rows(found))).all()
    assert len(model.risk(np.empty((0, len(model.features))))) == 0


def test_one_cohort_calibrates_on_folds_of_learners() -> None:
    model = fit_risk(examples(_examples(5, 0)), kinds=KINDS, withdrawn=0.9, seed=1)
    assert model.notes["calibrated_on"] == "folds by learner"
    assert 0 < model.curve[1] < 3


def test_the_slope_is_that_of_the_season_to_come_and_the_intercept_the_mean_of_all() -> None:
    draw = np.random.default_rng(8)
    log_odds, cohort = draw.normal(0, 1.5, 8000), np.arange(8000) % 2
    slope, intercept = np.array([0.7, 1.4]), np.array([-0.4, 0.8])
    outcome = (draw.random(8000) < expit(intercept[cohort] + slope[cohort] * log_odds)).astype(float)
    of_all = calibration_curve(log_odds, outcome, cohort, np.ones(8000, dtype=np.bool_))
    for season in (0, 1):
        found = calibration_curve(log_odds, outcome, cohort, cohort == season)
        assert abs(found[1] - slope[season]) < 0.1
        assert abs(found[0] - intercept.mean()) < 0.15
    assert slope[0] < of_all[1] < slope[1]


def test_average_precision_by_hand() -> None:
    outcome, said = np.array([1.0, 0, 1, 0]), np.array([0.9, 0.8, 0.7, 0.1])
    assert average_precision(outcome, said) == pytest.approx((1 + 2 / 3) / 2)
    assert average_precision(outcome, np.full(4, 0.5)) == pytest.approx(0.5)
    assert math.isnan(average_precision(np.zeros(3), said[:3]))


def test_abroca_of_the_same_curve_is_0_and_of_opposite_ones_a_half() -> None:
    outcome, said = np.array([0.0, 0, 1, 1]), np.array([0.1, 0.2, 0.8, 0.9])
    assert abroca((outcome, said), (outcome, said)) == 0
    assert abroca((outcome, said), (outcome, np.full(4, 0.3))) == pytest.approx(0.5, abs=0.002)


def test_groups_that_are_too_small_say_nothing() -> None:
    rng = np.random.default_rng(0)
    outcome = (rng.random(300) < 0.5).astype(float)
    groups = ["large"] * 200 + ["also large"] * 97 + ["few"] * 3
    found = group_scores(outcome, rng.random(300), rng.random(300) < 0.3, groups)
    assert found is not None
    assert (found.reference, set(found.recall), set(found.abroca)) == ("large", {"large", "also large"}, {"also large"})
    assert 0 <= found.recall_gap <= 1
    assert group_scores(outcome, outcome, outcome > 0, ["all"] * 300) is None
