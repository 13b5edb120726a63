"""Bayesian knowledge tracing against its formulae written out, and a truth that the fit finds again."""

from __future__ import annotations

from itertools import product

import numpy as np
import polars as pl
import pytest
from tests.analytics.traced_population import START

from akademos.analytics.bayesian_knowledge_tracing import Chances, fit, known_before, posterior, predict
from akademos.analytics.traced_answers import TracedAnswers, trace_answers


def sequences(results: list[list[int]], skill: str = "skill") -> TracedAnswers:
    rows = [(f"learner {n:05d}", k, score) for n, own in enumerate(results) for k, score in enumerate(own)]
    return trace_answers(
        pl.DataFrame(
            {
                "learner_key": [one[0] for one in rows],
                "event_id": [f"event {n:07d}" for n in range(len(rows))],
                "occurred_at": [START.replace(microsecond=one[1]) for one in rows],
                "question_id": [f"item {one[1]}" for one in rows],
                "topic_ids": [[skill]] * len(rows),
                "score": [float(one[2]) for one in rows],
            },
            schema_overrides={"occurred_at": pl.Datetime("us", "UTC")},
        )
    )


def chances(start: float, learn: float, slip: float, guess: float) -> Chances:
    return Chances(*(np.array([value]) for value in (start, learn, slip, guess)))


def test_one_step_by_the_published_equations() -> None:
    """Equations 1 to 4 of Corbett and Anderson (1995), doi:10.1007/BF01099821, written out for a right and a wrong
    answer with start 0.5, learn 0.2, slip 0.1, guess 0.2."""
    right = 0.5 * 0.9 / (0.5 * 0.9 + 0.5 * 0.2)
    wrong = 0.5 * 0.1 / (0.5 * 0.1 + 0.5 * 0.8)
    known = np.array([0.5, 0.5])
    found = posterior(known, np.array([1.0, 0.0]), np.full(2, 0.1), np.full(2, 0.2))
    assert found == pytest.approx([right, wrong])
    answers = sequences([[1, 0, 1], [0, 1]])
    before = known_before(answers, chances(0.5, 0.2, 0.1, 0.2))
    assert before[[0, 1, 3, 4]] == pytest.approx([0.5, right + (1 - right) * 0.2, 0.5, wrong + (1 - wrong) * 0.2])


def test_predictions_are_those_of_all_ways_to_learn_added_up() -> None:
    """P(next correct | past) by enumeration of the moment of learning."""
    start, learn, slip, guess = 0.3, 0.15, 0.08, 0.22
    of = chances(start, learn, slip, guess)

    def likelihood(results: tuple[int, ...]) -> float:
        total = 0.0
        for moment in range(len(results) + 1):  # known from this answer on; len: not within these
            weight = start if moment == 0 else (1 - start) * (1 - learn) ** (moment - 1) * learn
            if moment == len(results):
                weight = (1 - start) * (1 - learn) ** (len(results) - 1)
            for k, result in enumerate(results):
                p = 1 - slip if k >= moment else guess
                weight *= p if result else 1 - p
            total += weight
        return total

    for results in product((0, 1), repeat=4):
        answers = sequences([list(results)])
        found = predict(answers, of)
        for k in range(1, 4):
            past = results[:k]
            expected = likelihood((*past, 1)) / (likelihood((*past, 1)) + likelihood((*past, 0)))
            assert found[k] == pytest.approx(expected)


def test_the_fit_finds_the_chances_that_made_the_data() -> None:
    rng = np.random.default_rng(3)
    start, learn, slip, guess = 0.3, 0.2, 0.08, 0.2
    results = []
    for _ in range(1500):
        known, own = rng.random() < start, []
        for _ in range(12):
            own.append(int(rng.random() < (1 - slip if known else guess)))
            known = known or rng.random() < learn
        results.append(own)
    found = fit(sequences(results), 60)
    assert [found.start[0], found.learn[0], found.slip[0], found.guess[0]] == pytest.approx(
        [start, learn, slip, guess], abs=0.03
    )
