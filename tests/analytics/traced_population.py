"""Learners whose chances are known: ability and item difficulty drawn, results drawn from the logistic of both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl

START = datetime(2026, 1, 5, tzinfo=UTC)


def population(
    learners: int, each: int, *, items: int = 60, skills: int = 6, seed: int = 0
) -> tuple[pl.DataFrame, npt.NDArray[np.float64]]:
    """(question_attempts, true chance of each row); items of two skills among them, lengths differ by learner."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(max(each // 3, 1), each + 1, learners)
    learner = np.repeat(np.arange(learners), lengths)
    position = np.arange(len(learner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    item = rng.integers(0, items, len(learner))
    ability, difficulty = rng.normal(0.3, 1.2, learners), rng.normal(0, 1.2, items)
    chance = 1 / (1 + np.exp(difficulty[item] - ability[learner]))
    first, second = np.arange(items) % skills, np.arange(items) % 5
    topics = [
        [f"skill {a}"] if b else [f"skill {a}", f"skill {(a + 1) % skills}"] for a, b in zip(first, second, strict=True)
    ]
    attempts = pl.DataFrame(
        {
            "learner_key": [f"learner {n:04d}" for n in learner],
            "event_id": [f"event {n:07d}" for n in range(len(learner))],
            "occurred_at": [START + timedelta(minutes=int(n)) for n in position],
            "question_id": [f"item {n:03d}" for n in item],
            "topic_ids": [topics[n] for n in item],
            "score": (rng.random(len(learner)) < chance).astype(np.float64),
        },
        schema_overrides={"occurred_at": pl.Datetime("us", "UTC")},
    )
    return attempts, chance
