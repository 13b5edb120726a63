"""The analytics on real answers: ASSISTments 2009-2010, with an order but no clock, and several skills an answer."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from akademos.analytics.curriculum import prepare
from akademos.analytics.item_difficulty import item_difficulty
from akademos.analytics.learner_state import evaluate, precompute
from akademos.analytics.schemas import OVERALL, TIME

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def attempts(shared_data: Path) -> pl.DataFrame:
    """Answers: consecutive rows of one learner and problem with the same result, each under a new skill, are one."""
    rows = pl.read_parquet(shared_data / "assist09" / "assist2009_pid_akt.parquet").sort("user_id", "seq")
    rows = rows.filter(pl.col("user_id").is_in(rows["user_id"].unique().sort().head(400).implode()))
    marks = pl.col("user_id", "problem_id", "correct")
    same = pl.all_horizontal(marks == marks.shift(1))
    rows = rows.with_columns(answer=(~same.fill_null(False)).cum_sum())
    return (
        rows.group_by("answer", maintain_order=True)
        .agg(
            pl.col("user_id", "problem_id", "correct", "seq").first(),
            topic_ids=pl.col("skill_id").cast(pl.String).unique(maintain_order=True),
        )
        .select(
            learner_key=pl.format("learner {}", "user_id"),
            event_id=pl.format("answer {}", "answer"),
            occurred_at=(pl.col("seq").cast(pl.Int64) * 1_000_000).cast(TIME),
            time_precision=pl.lit("order"),
            question_id=pl.col("problem_id").cast(pl.String),
            topic_ids="topic_ids",
            score=pl.col("correct").cast(pl.Float64),
        )
    )


def test_real_answers_give_plain_counts(attempts: pl.DataFrame) -> None:
    tables = {"question_attempts": attempts, "item_difficulty": item_difficulty(attempts, NOW)}
    found = evaluate(precompute(tables, NOW), prepare({}), NOW, parts=["mastery", "gaps", "rhythm"])
    mastery = found["mastery"]
    overall = mastery.filter(pl.col("topic_id") == OVERALL)
    assert overall.height == attempts["learner_key"].n_unique() == 400
    assert overall["answers"].sum() == attempts.height
    first = (
        attempts.sort("occurred_at")
        .unique(["learner_key", "question_id"], keep="first", maintain_order=True)
        .group_by("learner_key")
        .agg(first=pl.col("score").mean())
    )
    by_skill = attempts.explode("topic_ids").group_by("learner_key", "topic_ids").agg(pl.len(), pl.col("score").mean())
    joined = mastery.join(by_skill, left_on=["learner_key", "topic_id"], right_on=["learner_key", "topic_ids"])
    assert joined.height == by_skill.height
    assert (joined["answers"] == joined["len"]).all()
    known = joined.filter(pl.col("status") == "ok")
    assert known.height > 1000
    np.testing.assert_allclose(known["overall_accuracy"], known["score"])
    composite = 0.6 * known["first_attempt_accuracy"] + 0.4 * known["overall_accuracy"]
    np.testing.assert_allclose(known["value"], composite)
    against = overall.filter(pl.col("status") == "ok").join(first, on="learner_key")
    assert against.height > 300
    np.testing.assert_allclose(against["first_attempt_accuracy"], against["first"])
    assert set(found["learner"]["clock"]) == {"order"}
    assert set(found["rhythm"]["status"]) == {"needs_clock"}
    assert found["gaps"].filter(pl.col("mastery") >= 0.8).height == 0
    unmastered = mastery.filter(pl.col("topic_id") != OVERALL, (pl.col("value") < 0.8) | pl.col("value").is_null())
    assert found["gaps"].height == unmastered.height
