"""Features of knowledge tracing: from the past alone, one answer one row, alone as among all, now as in the batch."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analytics.traced_population import population

from akademos.analytics import running
from akademos.analytics.random_effects import BLOCK, Covariance, one_ahead
from akademos.analytics.running import Groups, steps
from akademos.analytics.traced_answers import NO_SKILL, TracedAnswers, trace_answers
from akademos.analytics.tracing import FEATURES, features
from akademos.analytics.tracing_difficulty import LEARNED, LearnedTables, learn_tables, out_of_fold

TEACHERS, _ = population(60, 20, seed=1)
TABLES = learn_tables(trace_answers(TEACHERS))
ATTEMPTS, _ = population(6, 40, seed=2)


def traced(attempts: pl.DataFrame) -> tuple[TracedAnswers, np.ndarray]:
    answers = trace_answers(attempts)
    return answers, features(answers, TABLES.columns(answers))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 39))
def test_what_comes_later_changes_no_feature(cut: int) -> None:
    """Later results redrawn, later items exchanged, or no later answers at all: what is known now stays."""
    answers, before = traced(ATTEMPTS)
    now = answers.position <= cut
    later = pl.int_range(pl.len()).over("learner_key", order_by="occurred_at") > cut
    rng = np.random.default_rng(cut)
    shuffled = ATTEMPTS.with_columns(
        score=pl.when(later).then(pl.Series(rng.integers(0, 2, ATTEMPTS.height).astype(float))).otherwise("score"),
        question_id=pl.when(later).then(pl.lit("item 007")).otherwise("question_id"),
        topic_ids=pl.when(later).then(pl.lit(["skill 1"], dtype=pl.List(pl.String))).otherwise("topic_ids"),
    )
    # The result at the cut itself is not known yet either.
    at_cut = pl.int_range(pl.len()).over("learner_key", order_by="occurred_at") == cut
    shuffled = shuffled.with_columns(score=pl.when(at_cut).then(1 - pl.col("score")).otherwise("score"))
    np.testing.assert_array_equal(traced(shuffled)[1][now], before[now])
    fewer = traced(ATTEMPTS.filter(~later))[1]
    np.testing.assert_allclose(fewer, before[now], rtol=0, atol=1e-5)


def test_what_is_learned_for_a_training_learner_knows_none_of_their_own_results() -> None:
    answers = trace_answers(TEACHERS)
    first = answers.learner == 0
    turned = trace_answers(
        TEACHERS.with_columns(
            score=pl.when(pl.col("learner_key") == answers.learners[0]).then(1 - pl.col("score")).otherwise("score")
        )
    )
    own, theirs = out_of_fold(answers, 3), out_of_fold(turned, 3)
    np.testing.assert_array_equal(own[first], theirs[first])
    assert (own[~first] != theirs[~first]).any()


def test_a_learner_alone_has_the_features_they_have_among_all() -> None:
    answers, among_all = traced(ATTEMPTS)
    for number, key in enumerate(answers.learners):
        alone = traced(ATTEMPTS.filter(pl.col("learner_key") == key))[1]
        np.testing.assert_array_equal(alone, among_all[answers.learner == number])


def test_order_and_repeats_of_rows_change_nothing() -> None:
    shuffled = pl.concat([ATTEMPTS, ATTEMPTS.head(20)]).sample(fraction=1, shuffle=True, seed=5)
    np.testing.assert_array_equal(traced(shuffled)[1], traced(ATTEMPTS)[1])


def test_the_counts_are_those_of_a_plain_loop() -> None:
    answers, found = traced(ATTEMPTS)
    column = {name: found[:, n] for n, name in enumerate(FEATURES)}
    skills = [answers.skill[answers.answer == row].tolist() for row in range(len(answers))]
    past: dict[int, list[int]] = {}
    for row, learner in enumerate(answers.learner.tolist()):
        before = past.setdefault(learner, [])
        right = [int(answers.correct[one]) for one in before]
        tried = [[one for one in before if skill in skills[one]] for skill in skills[row]]
        assert column["attempts"][row] == pytest.approx(np.log1p(len(before)))
        assert column["successes"][row] == pytest.approx(np.log1p(sum(right)))
        assert column["skill_attempts"][row] == pytest.approx(np.log1p(np.mean([len(one) for one in tried])))
        assert column["item_repeats"][row] == sum(answers.item[one] == answers.item[row] for one in before)
        assert column["skills_seen"][row] == len({skill for one in before for skill in skills[one]})
        streak = next((n for n, one in enumerate(reversed(right)) if not one), len(right))
        assert column["streak"][row] == streak
        lags = [row - one[-1] for one in tried if one]
        assert column["since_skill"][row] == pytest.approx(np.log1p(min(lags)) if lags else np.log1p(2000))
        before.append(row)


def test_one_answer_with_several_skills_is_one_row() -> None:
    answers, found = traced(ATTEMPTS)
    assert len(found) == ATTEMPTS.height
    assert answers.skills_each.max() == 2


def test_an_item_and_a_skill_that_nobody_taught_have_values_all_the_same() -> None:
    strange = ATTEMPTS.head(3).with_columns(question_id=pl.lit("unseen"), topic_ids=pl.lit(None, pl.List(pl.String)))
    answers, found = traced(strange)
    assert answers.skills == [NO_SKILL]
    learned = found[:, : len(LEARNED)]
    assert np.isfinite(learned).all()
    assert (learned[:, LEARNED.index("item_answers")] == 0).all()


def test_tables_survive_json() -> None:
    again = LearnedTables.from_document(TABLES.document())
    answers = trace_answers(ATTEMPTS)
    np.testing.assert_array_equal(again.columns(answers), TABLES.columns(answers))


def test_running_ability_is_the_conditional_mean_of_the_gaussian_process() -> None:
    """One factor for all answers gives what solving for each answer alone gives."""
    rng = np.random.default_rng(4)
    n = 25
    correct, difficulty = rng.integers(0, 2, n).astype(float), rng.normal(0, 1, n)
    items, skill = rng.integers(0, 5, n), rng.integers(0, 3, n)
    of = Covariance()
    mean, variance = one_ahead(correct, difficulty, items, np.arange(n), skill, of)
    lag = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    same = skill[:, None] == skill[None, :]
    kernel = (
        of.lasting
        + of.drifting * np.exp(-lag / of.drift)
        + same * (of.skill + of.skill_drifting * np.exp(-lag / of.skill_drift))
        + of.item * (items[:, None] == items[None, :])
    )
    p = 1 / (1 + np.exp(-difficulty))
    noise = 1 / (p * (1 - p))
    for t in range(1, n):
        gain = np.linalg.solve(kernel[:t, :t] + np.diag(noise[:t]), kernel[:t, t])
        assert mean[t] == pytest.approx(gain @ ((correct - p) * noise)[:t])
        assert variance[t] == pytest.approx(kernel[t, t] - gain @ kernel[:t, t])
    assert mean[0] == 0


def test_running_ability_of_a_long_history_is_cut_into_blocks() -> None:
    n = 2 * BLOCK + 40
    rng = np.random.default_rng(5)
    args = (rng.normal(0, 1, n), rng.integers(0, 9, n), np.arange(n), rng.integers(0, 3, n))
    correct = rng.integers(0, 2, n).astype(float)
    whole = one_ahead(correct, *args)[0]
    forgotten = correct.copy()
    forgotten[:BLOCK] = 1 - forgotten[:BLOCK]  # two blocks back from the third
    changed = one_ahead(forgotten, *args)[0]
    assert (changed[BLOCK : 2 * BLOCK] != whole[BLOCK : 2 * BLOCK]).all()
    np.testing.assert_array_equal(changed[2 * BLOCK :], whole[2 * BLOCK :])


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.floats(-2, 2)), min_size=1, max_size=60))
def test_running_sums_are_those_of_a_loop(rows: list[tuple[int, float]]) -> None:
    key = np.array([one for one, _ in rows])
    value = steps(np.array([one for _, one in rows]))
    groups = Groups(key)
    before, faded = groups.before(value), groups.fading(value[:, None], (0.5,))[:, 0, 0]
    for n in range(len(rows)):
        past = value[:n][key[:n] == key[n]]
        assert before[n] == past.sum()
        assert faded[n] == pytest.approx(sum(one * 0.5**back for back, one in enumerate(past[::-1])))
        assert groups.rank[n] == len(past)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 30), min_size=1, max_size=20), st.integers(0, 99))
def test_a_group_run_through_by_itself_fades_as_among_many(counts: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    key = rng.permutation(np.repeat(np.arange(len(counts)), counts))
    values = rng.normal(size=(len(key), 2))
    found = Groups(key).fading(values, (0.5, 0.9))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "FEW", 0)
        np.testing.assert_array_equal(found, Groups(key).fading(values, (0.5, 0.9)))
