"""A learner's tracing state, moved on answer by answer, gives the features of the batch."""

from __future__ import annotations

import numpy as np
from tests.analytics.traced_population import population

from akademos.analytics.random_effects import BLOCK
from akademos.analytics.traced_answers import trace_answers
from akademos.analytics.tracing import features
from akademos.analytics.tracing_difficulty import LEARNED, learn_tables
from akademos.analytics.tracing_state import TracingState

TABLES = learn_tables(trace_answers(population(60, 20, seed=1)[0]))


def test_live_answers_one_by_one_equal_the_batch() -> None:
    attempts, _ = population(1, 3 * (2 * BLOCK + 30), seed=7)
    answers = trace_answers(attempts.head(2 * BLOCK + 30))
    assert len(answers) > 2 * BLOCK
    learned = TABLES.columns(answers)
    batch = features(answers, learned)
    state = TracingState()
    for row in range(len(answers)):
        item = answers.items[answers.item[row]]
        skills = [answers.skills[n] for n in answers.skill[answers.answer == row]]
        known = dict(zip(LEARNED, learned[row].tolist(), strict=True))
        np.testing.assert_allclose(state.features(item, skills, known), batch[row], rtol=0, atol=1e-5)
        state = state.after(item, skills, known, correct=bool(answers.correct[row]))


def test_an_answer_leaves_the_earlier_state_as_it_was() -> None:
    answers = trace_answers(population(1, 30, seed=8)[0])
    known = dict(zip(LEARNED, TABLES.columns(answers)[0].tolist(), strict=True))
    fresh = TracingState()
    before = fresh.features("item 001", ["skill 1"], known)
    fresh.after("item 001", ["skill 1"], known, correct=True)
    np.testing.assert_array_equal(fresh.features("item 001", ["skill 1"], known), before)
