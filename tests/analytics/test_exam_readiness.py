"""Readiness for the target exam: examples written out by hand. The laws are in test_laws."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.analytics.populations import NOW, answer, curriculum, tables_of
from tests.analytics.test_score_model import examples

from akademos.analytics.exam_features import FEATURES
from akademos.analytics.exam_readiness import ServedScore
from akademos.analytics.learner_state import evaluate, precompute
from akademos.analytics.score_fitting import Examples, fit_score
from akademos.errors import InputError

TARGET = {"learner_key": "ada", "exam_id": "final", "target_date": (NOW + timedelta(days=10)).date()}


def readiness(answers: list[dict[str, Any]], *, target: bool = True, score: ServedScore | None = None) -> Any:
    """The tables of part readiness of one learner with these answers."""
    tables = tables_of(answers, targets=[TARGET] if target else [])
    return evaluate(
        precompute(tables, NOW), curriculum(), NOW, parts=("readiness", "readiness_details", "mastery"), score=score
    )


def answers_on(topic: str, right: int, wrong: int, start: int = 0) -> list[dict[str, Any]]:
    return [
        answer(start + n, topic_ids=[topic], question_id=f"{topic} {n}", score=float(n < right))
        for n in range(right + wrong)
    ]


def model() -> ServedScore:
    """A model of the platform's features, taught by made-up learners."""
    rng = np.random.default_rng(3)
    most = {"ability": 3.0, "questions": 6.0, "active_minutes": 6.0, "days_since_start": 120.0, "days_out": 60.0}
    rows = rng.uniform(0, 1, (150, len(FEATURES))) * np.array([most.get(name, 1.0) for name in FEATURES])
    given = examples(150)
    score = np.clip(0.2 + 0.6 * rows[:, FEATURES.index("known")] + rng.normal(0, 0.05, 150), 0, 1)
    made = Examples(FEATURES, rows, score, given.learner, given.cohort, given.days_out, given.pass_mark)
    return ServedScore(fit_score(made, coverage=0.9, seed=1), 7)


def test_the_rule_weighs_topics_as_the_exam_does_and_counts_the_unknown_as_nothing() -> None:
    found = readiness([*answers_on("algebra", 8, 2), *answers_on("limits", 2, 2, 100)])
    row = found["readiness"].row(0, named=True)
    algebra = found["mastery"].row(by_predicate=pl.col("topic_id") == "algebra", named=True)
    assert row["status"] == "ok"
    assert row["known"] == pytest.approx(0.8 * algebra["value"])  # weight 8 of 10; four answers are no estimate
    assert row["known_low"] < row["known"] < row["known_high"]
    assert (row["topics"], row["topics_seen"], row["topics_enough"]) == (2, 2, 1)
    assert (row["days_out"], row["target_date"]) == (10, TARGET["target_date"])
    assert row["percent_correct"] == pytest.approx(10 / 14)
    assert row["coverage"] == pytest.approx(1.0)
    assert row["pass_mark"] == 0.5


def test_without_a_model_there_is_no_score_and_no_probability() -> None:
    row = readiness(answers_on("algebra", 8, 2))["readiness"].row(0, named=True)
    assert row["predicted_status"] == "no_model"
    assert [row[name] for name in ("predicted", "predicted_low", "passing", "model_version")] == [None] * 4


def test_with_a_model_there_is_a_score_with_its_interval_and_a_probability() -> None:
    row = readiness([*answers_on("algebra", 8, 2), *answers_on("limits", 5, 2, 100)], score=model())["readiness"]
    found = row.row(0, named=True)
    assert found["predicted_status"] == "ok"
    assert found["predicted_low"] < found["predicted"] < found["predicted_high"]
    assert 0 < found["passing"] < 1
    assert (found["predicted_coverage"], found["model_version"]) == (0.9, 7)


def test_sections_say_what_is_weak_and_what_is_not_known() -> None:
    found = readiness(answers_on("algebra", 1, 9))["readiness_sections"]
    basics, calculus = found.iter_rows(named=True)
    assert (basics["section"], basics["weight"], basics["weak"], basics["unknown"]) == ("Basics", 0.8, ["Algebra"], [])
    assert (calculus["known"], calculus["unknown"], calculus["topics_enough"]) == (0.0, ["Limits"], 0)


@pytest.mark.parametrize(
    ("given", "target", "status"),
    [
        (answers_on("algebra", 8, 2), False, "no_target"),
        (answers_on("geometry", 8, 2), True, "no_data"),
        (answers_on("algebra", 2, 2), True, "not_enough_data"),
    ],
)
def test_too_little_says_what_is_missing(given: list[dict[str, Any]], target: bool, status: str) -> None:
    found = readiness(given, target=target, score=model())
    row = found["readiness"].row(0, named=True)
    assert (row["status"], row["known"], row["predicted"], row["passing"]) == (status, None, None, None)
    assert found["readiness_features"].height == found["readiness_sections"].height == 0


def test_the_line_over_time_ends_with_now() -> None:
    weekly = [answer(24 * 7 * n + k, question_id=f"q{n}-{k}", score=float(k > 0)) for n in range(8) for k in range(6)]
    found = readiness(weekly)
    history = found["readiness_history"]
    assert history["date"].is_sorted()
    assert history["date"][-1] == date(2026, 4, 5)
    assert history["value"][-1] == found["readiness"]["known"][0]
    assert ((history["low"] <= history["value"]) & (history["value"] <= history["high"])).all()


def test_a_model_of_other_features_is_not_served() -> None:
    with pytest.raises(InputError) as refused:
        ServedScore(fit_score(examples(100), coverage=0.9, seed=1), 1)
    assert refused.value.code == "model_unreadable"


def test_study_counts_as_the_active_time_of_sessions_and_is_estimated_without_a_clock() -> None:
    given = [{**one, "duration_seconds": 30.0} for one in answers_on("algebra", 8, 2)]
    timeless = [{**one, "time_precision": "order"} for one in given]
    for answers in (given, timeless):
        state = precompute(tables_of(answers, targets=[TARGET]), NOW)
        found = evaluate(state, curriculum(), NOW, parts=("readiness",))["readiness_features"]
        minutes = np.expm1(found.filter(feature="active_minutes")["value"][0])
        active = state["sessions"]["active_seconds"].sum() / 60
        assert (active > 0) == (answers is given)
        estimated = 10 * 30 / 60
        assert minutes == pytest.approx(active if answers is given else estimated)
