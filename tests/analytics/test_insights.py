"""Insights: said only where the data carries it, and in words that claim no cause."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from tests.analytics.populations import Tables, answer, curriculum, tables_of

from akademos.analytics.hypotheses import HYPOTHESES, KEYS
from akademos.analytics.insights import Evidence, adjusted, report
from akademos.analytics.learner_state import evaluate, precompute
from akademos.analytics.parameters import DEFAULT
from akademos.analytics.resampling import name_hash
from akademos.jobs import answers
from akademos.jobs.answers import PARTS, Header

SEED = name_hash(["test"])
START = datetime(2026, 1, 5, tzinfo=UTC)
NOW = START + timedelta(days=120)
CAUSAL = re.compile(r"\b(caus\w*|because|makes? you|leads? to|due to|improves?|boosts?|hurts?|helps?)\b", re.IGNORECASE)
MESSAGES = Path(answers.__file__).parents[2] / "serving" / "pages" / "messages" / "en.toml"


def evidence(rng: np.random.Generator, days: int, each: int, effect: float, day_sd: float = 0.2) -> Evidence:
    """One hypothesis; half of each day's answers on the one side."""
    label = np.tile(np.arange(each) % 2 == 0, (days, 1))
    residual = rng.normal(0, 1, (days, each)) + day_sd * rng.normal(0, 1, (days, 1)) + effect * (label - 0.5)
    one, mine = label.sum(axis=1)[None, :], (residual * label).sum(axis=1)[None, :]
    total = residual.sum(axis=1)
    count = np.full(days, each)
    return Evidence(one, count - one, mine, total - mine, count, total, (residual**2).sum(axis=1))


def test_a_clear_difference_is_said_with_its_size_and_interval() -> None:
    found = report(evidence(np.random.default_rng(1), 60, 20, 0.5), SEED, DEFAULT.insights)
    assert found.status() == ["made"]
    assert found.low[0] < found.difference[0] < found.high[0]
    assert found.low[0] < 0.5 < found.high[0]
    assert found.effect[0] == pytest.approx(0.5, abs=0.1)
    assert (found.answers[0], found.others[0], found.clusters[0]) == (600, 600, 60)


def test_too_little_is_not_tested_and_a_tiny_effect_is_not_said() -> None:
    few = report(evidence(np.random.default_rng(2), 60, 2, 2.0), SEED, DEFAULT.insights)
    assert few.status() == ["not_enough_data"]
    assert np.isnan(few.p_value[0])
    few_days = report(evidence(np.random.default_rng(3), 10, 60, 2.0), SEED, DEFAULT.insights)
    assert few_days.status() == ["not_enough_data"]
    tiny = report(evidence(np.random.default_rng(4), 300, 400, 0.05), SEED, DEFAULT.insights)
    assert tiny.adjusted[0] < 0.001
    assert tiny.status() == ["not_clear"]


def test_days_that_differ_are_no_difference_between_sides() -> None:
    """Labels of whole days: what one would find by taking answers for independent is noise between days."""
    rng = np.random.default_rng(5)
    said, naive = 0, 0
    for _ in range(200):
        days, each = 60, 20
        residual = rng.normal(0, 1, (days, each)) + 0.5 * rng.normal(0, 1, (days, 1))
        label = rng.permutation(np.arange(days) < 30)
        total, count = residual.sum(axis=1), np.full(days, each)
        one = np.where(label, each, 0)[None, :]
        mine = np.where(label, total, 0.0)[None, :]
        found = report(
            Evidence(one, count - one, mine, total - mine, count, total, (residual**2).sum(axis=1)),
            SEED,
            DEFAULT.insights,
        )
        said += bool(found.p_value[0] < 0.05)
        z = found.difference[0] / (residual.std() * (2 / 600) ** 0.5)
        naive += bool(abs(z) > 1.96)
    assert said <= 18
    assert naive > 60


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_benjamini_and_hochberg_as_scipy_has_it(p_values: list[float]) -> None:
    np.testing.assert_allclose(adjusted(np.array(p_values)), false_discovery_control(p_values), rtol=1e-12)


def test_the_evaluation_in_small() -> None:
    from akademos.evaluate.insights import run, upper_bound

    found = run(reports=60, candidates=60, power_reports=20)
    assert found["aa_reports"] == 60
    assert found["aa_emitting"] <= 8
    assert all(one["power"] >= 0.6 for one in found["power"].values())
    assert upper_bound(50, 1000) == pytest.approx(0.0629, abs=2e-4)


def evenings(effect: float) -> Tables:
    """A learner with answers every morning and evening; right more often in the morning by `effect`."""
    rng = np.random.default_rng(6)
    rows: list[dict[str, Any]] = []
    for day in range(100):
        for n in range(10):
            morning = n < 5
            right = rng.random() < 0.6 + effect * (0.5 if morning else -0.5)
            at = START + timedelta(days=day, hours=8 if morning else 20, minutes=2 * n)
            number = 10 * day + n
            rows.append(
                answer(number, occurred_at=at, question_id=f"q{number}", score=float(right), duration_seconds=30.0)
            )
    return tables_of(rows)


def test_a_report_of_a_learner_says_what_is_there_and_claims_no_cause() -> None:
    state = precompute(evenings(0.3), NOW)
    evaluated: Any = evaluate(state, curriculum(), NOW, parts=PARTS["study_efficiency"])
    found = answers.study_efficiency(evaluated, Header("ada", NOW, NOW))["insights"]
    assert found["status"] == "ok"
    assert {one["hypothesis"] for one in found["said"]} >= {"morning", "evening"}
    assert [one["hypothesis"] for one in found["hypotheses"]] == list(KEYS)
    morning = next(one for one in found["said"] if one["hypothesis"] == "morning")
    assert morning["accuracy"] > morning["accuracy_others"]
    assert morning["answers"] == morning["others"] == 500
    assert "go with more right ones" in morning["sentence"]
    assert "against" in morning["sentence"]
    said = [one["sentence"] for one in found["said"]] + [
        found["note"].replace("nothing here says what causes what", "")
    ]
    assert not CAUSAL.search(" ".join(said))
    patterns: Any = evaluate(state, curriculum(), NOW, parts=PARTS["study_patterns"])
    plan = answers.study_patterns(patterns, Header("ada", NOW, NOW))["plan"]
    assert {one["why"] for one in plan["times"]} == {"usual_and_better"}
    assert all(5 <= one["start_minute"] // 60 < 12 for one in plan["times"])


def test_a_learner_without_any_difference_hears_none() -> None:
    evaluated = evaluate(precompute(evenings(0.0), NOW), curriculum(), NOW, parts=["insights"])["insights"]
    assert set(evaluated["status"]) == {"not_clear", "not_enough_data"}
    assert evaluated["tested"].unique().to_list() == [evaluated.filter(pl.col("status") == "not_clear").height]


def test_hard_items_and_repeats_make_no_difference_by_themselves() -> None:
    """All evening answers are repeats of the morning's hard items, which go as repeats and hard items go everywhere."""
    tables = evenings(0.0)
    attempts = tables["question_attempts"].with_columns(evening=pl.col("occurred_at").dt.hour() >= 12)
    hard = attempts.with_columns(
        score=pl.when("evening").then(0.0).otherwise(1.0),
        question_id=pl.when("evening").then(pl.lit("h")).otherwise(pl.lit("e")) + pl.col("question_id"),
    )
    known = pl.DataFrame(
        {
            "question_id": hard["question_id"],
            "answers": 100,
            "expected": hard["score"],
            "difficulty": 1 - hard["score"],
            "prior": 0.5,
            "version": "v",
        }
    )
    found = evaluate(
        precompute({**tables, "question_attempts": hard.drop("evening"), "item_difficulty": known}, NOW),
        curriculum(),
        NOW,
        parts=["insights"],
    )["insights"]
    assert "made" not in set(found["status"])


def test_every_hypothesis_has_its_words_and_none_claims_a_cause() -> None:
    words = tomllib.loads(MESSAGES.read_text(encoding="utf-8"))
    assert len(set(KEYS)) == len(HYPOTHESES)
    for key in KEYS:
        assert {f"insight.{key}.side", f"insight.{key}.others"} <= words.keys()
    said = {
        name: text for name, text in words.items() if name.startswith(("insight.", "study.")) and name != "insight.note"
    }
    for name, text in said.items():
        if name not in {"study.trend.falling"}:
            assert not CAUSAL.search(text), name
        assert not re.search(r"\bstreak|\bfail|\bworst|\brank", text, re.IGNORECASE), name
