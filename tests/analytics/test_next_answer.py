"""P(next answer correct): the served form predicts as the trained one, many at once as one by one, and tells nobody."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from tests.analytics.traced_population import population

from akademos.analytics.learner_state import pack, precompute, split, unpack
from akademos.analytics.next_answer import ServedTracing, features_ahead
from akademos.analytics.random_effects import BLOCK
from akademos.analytics.traced_answers import TracedAnswers, trace_answers
from akademos.analytics.tracing import features
from akademos.analytics.tracing_difficulty import LEARNED
from akademos.analytics.tracing_floor import with_floor
from akademos.analytics.tracing_model import TracingModel, train
from akademos.analytics.tracing_state import TracingState
from akademos.analytics.tracing_trees import read_trees
from akademos.errors import InputError

FLOOR = 5
ATTEMPTS = population(60, 20, seed=1)[0]


@pytest.fixture(scope="module")
def model() -> TracingModel:
    answers = trace_answers(ATTEMPTS)
    return TracingModel.from_bytes(with_floor(train(answers, 1), answers, FLOOR).to_bytes())


@pytest.fixture(scope="module")
def served(model: TracingModel) -> ServedTracing:
    return ServedTracing(model, 3)


def test_the_served_trees_predict_as_the_trained_ones(model: TracingModel, served: ServedTracing) -> None:
    answers = trace_answers(population(40, 30, seed=2)[0])
    rows = features(answers, model.tables.columns(answers))
    assert np.isnan(rows).any(), "first answers have no past"
    np.testing.assert_allclose(served.predict(rows), model.predict(rows), rtol=0, atol=1e-9)
    holes = np.where(np.random.default_rng(0).random(rows.shape) < 0.2, np.nan, rows)
    np.testing.assert_allclose(served.predict(holes), model.predict(holes), rtol=0, atol=1e-9)
    np.testing.assert_array_equal(served.predict(rows[7:8]), served.predict(rows)[7:8])


def test_other_trees_are_refused() -> None:
    for text in ("", "tree\nobjective=regression\n\nTree=0\nnum_leaves=1\nend of trees"):
        with pytest.raises(InputError) as refused:
            read_trees(text)
        assert refused.value.code == "model_unreadable"


@pytest.mark.parametrize("length", [5, 2 * BLOCK + 30])
def test_the_next_answer_has_the_features_of_the_state_moved_on_by_live_answers(
    model: TracingModel, length: int
) -> None:
    answers = trace_answers(population(1, 3 * length, seed=7)[0].head(length))
    learned = model.tables.columns(answers)
    state = TracingState()
    for row in range(len(answers)):
        skills = [answers.skills[n] for n in answers.skill[answers.answer == row]]
        known = dict(zip(LEARNED, learned[row].tolist(), strict=True))
        state = state.after(answers.items[answers.item[row]], skills, known, correct=bool(answers.correct[row]))
    skill = np.unique(answers.skill)
    typical = np.array([model.typical[answers.skills[n]] for n in skill])
    found = features_ahead(answers, learned, np.zeros(len(skill), dtype=np.int64), skill, typical)
    for n, number in enumerate(skill.tolist()):
        known = dict(zip(LEARNED, typical[n].tolist(), strict=True))
        expected = state.features("an item that is new", [answers.skills[number]], known)
        np.testing.assert_allclose(found[n], expected, rtol=0, atol=1e-5)


def test_a_learner_alone_is_told_the_same_as_among_others(served: ServedTracing) -> None:
    attempts = population(12, 40, seed=5)[0]
    everybody = _said(served, trace_answers(attempts))
    assert len({learner for learner, _ in everybody}) == 12
    for key in attempts["learner_key"].unique():
        alone = _said(served, trace_answers(attempts.filter(pl.col("learner_key") == key)))
        assert alone == {at: value for at, value in everybody.items() if at[0] == key}


def test_right_answers_raise_the_chance_and_wrong_ones_lower_it(served: ServedTracing) -> None:
    attempts = population(1, 40, seed=5)[0]
    right = _said(served, trace_answers(attempts.with_columns(score=pl.lit(1.0))))
    wrong = _said(served, trace_answers(attempts.with_columns(score=pl.lit(0.0))))
    assert all(right[at] > wrong[at] for at in right)
    assert all(0 < value < 1 for value in right.values())


def test_a_topic_that_the_model_does_not_know_has_no_chance(served: ServedTracing) -> None:
    attempts = population(1, 10, seed=5)[0].with_columns(topic_ids=pl.lit(["new"], dtype=pl.List(pl.String)))
    assert _said(served, trace_answers(attempts)) == {}
    assert _said(served, trace_answers(attempts.clear())) == {}


def test_a_model_file_holds_no_item_or_topic_of_few_learners() -> None:
    rare = ATTEMPTS.with_columns(
        question_id=pl.when(pl.col("learner_key").str.ends_with("00")).then(pl.lit("rare")).otherwise("question_id"),
        topic_ids=pl.when(pl.col("learner_key") == "learner 0001")
        .then(pl.lit(["rare topic"], dtype=pl.List(pl.String)))
        .otherwise("topic_ids"),
    )
    answers = trace_answers(rare)
    whole = train(answers, 1)
    assert "rare" in whole.tables.items
    assert "rare topic" in whole.tables.skills
    kept = with_floor(whole, answers, FLOOR)
    assert b"rare" not in kept.to_bytes()
    learners = rare.group_by("question_id").agg(pl.col("learner_key").n_unique())
    enough = set(learners.filter(pl.col("learner_key") >= FLOOR)["question_id"])
    assert set(kept.tables.items) == enough
    assert enough, "some are left"
    unknown = trace_answers(rare.head(1).with_columns(question_id=pl.lit("never seen")))
    known = trace_answers(rare.head(1).with_columns(question_id=pl.lit("rare")))
    np.testing.assert_array_equal(kept.tables.columns(known), kept.tables.columns(unknown))


def test_the_typical_item_is_the_mean_of_the_answers_on_the_topic(model: TracingModel) -> None:
    answers = trace_answers(ATTEMPTS)
    columns = model.tables.columns(answers)
    of_skill = answers.answer[answers.skill == 0]
    np.testing.assert_allclose(model.typical[answers.skills[0]], columns[of_skill].mean(axis=0), atol=3e-6)


def test_a_model_without_typical_items_says_nothing(model: TracingModel) -> None:
    assert _said(ServedTracing(replace(model, typical={}), 1), trace_answers(ATTEMPTS)) == {}


def test_the_state_holds_it_alone_as_among_others_whatever_the_order_and_the_future(served: ServedTracing) -> None:
    attempts = population(6, 30, seed=5)[0]
    as_of = attempts["occurred_at"].sort()[-20]
    tables = {"question_attempts": attempts}
    among = dict(split(precompute(tables, as_of, tracing=served)))
    shuffled = pl.concat([attempts, attempts]).sample(fraction=1, shuffle=True, seed=1)
    again = dict(split(precompute({"question_attempts": shuffled}, as_of, tracing=served)))
    for key, state in among.items():
        mine = attempts.filter(pl.col("learner_key") == key, pl.col("occurred_at") <= as_of)
        alone = precompute({"question_attempts": mine}, as_of, tracing=served)
        assert state["profile"]["tracing_model"].to_list() == [served.version]
        for other in (alone, again[key], unpack(pack(state))):
            assert state["next_answers"].equals(other["next_answers"])
        assert state["next_answers"].height == state["topics"].height - 1, "every topic but all of them together"
    assert precompute(tables, as_of)["next_answers"].is_empty()


def _said(served: ServedTracing, answers: TracedAnswers) -> dict[tuple[str, str], float]:
    learner, skill, chance = served.next_answers(answers)
    return {
        (answers.learners[a], answers.skills[b]): float(p)
        for a, b, p in zip(learner.tolist(), skill.tolist(), chance.tolist(), strict=True)
    }
