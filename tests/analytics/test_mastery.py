"""The composite, its interval, its levels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.analytics.mastery import Estimates, Evidence, composite, estimate, evidence_rows, interval_of, levels
from akademos.analytics.parameters import MasteryParameters
from akademos.analytics.resampling import (
    REPLICATES_PER_WORD,
    PoissonCounts,
    learner_seeds,
    name_hash,
    seeds,
    splitmix64,
    standard_scores,
)

PARAMS = MasteryParameters()
NONE = float("nan")


def _estimate(
    first: list[float], score: list[float], attempts: list[int], recall: list[float], completion: float = NONE
) -> Estimates:
    rows = evidence_rows(np.array(first), np.array(score), np.array(attempts), np.array(recall))
    ada, day = name_hash(["ada"]), np.array([20_000])
    seed = seeds(ada, name_hash(["algebra"]), day)
    evidence = Evidence(rows, np.array([0]), np.array([completion]), seed, learner_seeds(ada, day))
    return estimate(evidence, PARAMS, keep=True)


def test_the_published_example() -> None:
    # 20 attempts, 15 correct, 12 of 15 first attempts correct, nothing else known: 0.78 (the specification's)
    found = _estimate([1.0] * 12 + [0.0] * 3, [1.0] * 15, [2] * 5 + [1] * 10, [NONE] * 15)
    assert found.value.item() == pytest.approx(0.78)
    np.testing.assert_allclose(found.weights[:, 0], [0.6, 0.4, 0, 0])
    assert found.low.item() < 0.78 < found.high.item()


@pytest.mark.parametrize(
    ("parts", "value"),
    [
        ((0.8, 0.75, NONE, NONE), 0.78),
        ((0.8, 0.75, 0.9, NONE), (0.24 + 0.15 + 0.27) / 0.8),
        ((0.8, 0.75, 0.9, 0.0), 0.24 + 0.15 + 0.27),  # materials exist, none opened
        ((0.8, 0.75, 0.9, 1.0), 0.24 + 0.15 + 0.27 + 0.2),
        ((NONE, 0.4, NONE, 0.7), (0.08 + 0.14) / 0.4),
        ((1.0, 1.0, 1.0, 1.0), 1.0),
        ((0.0, 0.0, NONE, 0.0), 0.0),
    ],
)
def test_weights_are_renormalised_over_the_components_with_data(parts: tuple[float, ...], value: float) -> None:
    found, weights = composite(np.array(parts)[:, None], PARAMS)
    assert found.item() == pytest.approx(value)
    assert weights.sum() == pytest.approx(1.0)
    assert (weights[:, 0] > 0).tolist() == [not np.isnan(part) for part in parts]


shares = st.sampled_from((0.0, 0.25, 0.5, 1.0))
items = st.tuples(
    st.one_of(st.just(NONE), shares), st.integers(1, 4), shares, st.one_of(st.just(NONE), st.floats(0, 1))
)


@settings(max_examples=150, deadline=None)
@given(st.lists(items, min_size=1, max_size=25), st.one_of(st.just(NONE), st.floats(0, 1)))
def test_bounds_hold_the_value_within_0_and_1(drawn: list[tuple[float, int, float, float]], completion: float) -> None:
    found = _estimate(
        [first for first, _, _, _ in drawn],
        [share * count for _, count, share, _ in drawn],
        [count for _, count, _, _ in drawn],
        [recall for _, _, _, recall in drawn],
        completion,
    )
    assert 0 <= found.low.item() <= found.value.item() <= found.high.item() <= 1
    assert found.replicates.min() >= 0
    assert found.replicates.max() <= 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(items, min_size=1, max_size=9), min_size=1, max_size=80), st.integers(0, 79))
def test_a_group_alone_equals_the_same_group_among_many(
    groups: list[list[tuple[float, int, float, float]]], chosen: int
) -> None:
    chosen %= len(groups)
    matrices = [
        evidence_rows(
            np.array([first for first, _, _, _ in group]),
            np.array([share * count for _, count, share, _ in group]),
            np.array([count for _, count, _, _ in group]),
            np.array([recall for _, _, _, recall in group]),
        )
        for group in groups
    ]
    starts = np.cumsum([0] + [len(group) for group in groups[:-1]])
    seed = splitmix64(np.arange(len(groups), dtype=np.uint64))
    missing = np.full(len(groups), NONE)
    whose = splitmix64(seed)
    together = estimate(Evidence(np.concatenate(matrices, axis=1), starts, missing, seed, whose), PARAMS)
    one = slice(chosen, chosen + 1)
    alone = estimate(Evidence(matrices[chosen], np.array([0]), missing[:1], seed[one], whose[one]), PARAMS)
    for name in ("value", "low", "high"):
        assert getattr(alone, name)[0] == getattr(together, name)[chosen]


def test_large_groups_are_worked_through_in_blocks() -> None:
    rng = np.random.default_rng(1)
    size = 9000
    score = (rng.random(size) < 0.7).astype(float)
    found = _estimate(score.tolist(), score.tolist(), [1] * size, [NONE] * size)
    spread = np.sqrt(0.7 * 0.3 / size)
    assert found.value.item() == pytest.approx(score.mean())
    assert found.high.item() - found.low.item() == pytest.approx(2 * 1.2816 * spread, rel=0.3)


def test_few_answers_are_no_certainty() -> None:
    perfect = _estimate([1.0] * 5, [1.0] * 5, [1] * 5, [NONE] * 5)
    assert perfect.value.item() == 1.0
    assert perfect.low.item() < 0.95
    assert perfect.high.item() == 1.0
    single = _estimate([1.0], [4.0], [5], [NONE])
    assert single.low.item() < single.value.item() < single.high.item()


def test_the_interval_covers_at_its_stated_rate() -> None:
    # 400 learners who answer 30 items each once, with a true share of right answers of their own.
    rng = np.random.default_rng(3)
    truth = rng.uniform(0.3, 0.9, 400)
    score = (rng.random((400, 30)) < truth[:, None]).astype(float).ravel()
    none = np.full(len(score), NONE)
    rows = evidence_rows(score, score, np.ones(len(score), dtype=np.int64), none)
    seed = splitmix64(np.arange(400, dtype=np.uint64))
    found = estimate(Evidence(rows, np.arange(400) * 30, np.full(400, NONE), seed, splitmix64(seed)), PARAMS)
    covered = np.mean((found.low <= truth) & (truth <= found.high))
    assert 0.74 <= covered <= 0.88


def test_the_interval_of_retrieval_covers_what_is_recalled_though_the_model_is_wrong_about_a_learner() -> None:
    # 400 learners and 20 items each; every learner's logits of recall are off alike, then each item is known or not.
    rng = np.random.default_rng(5)
    logit = rng.normal(1.0, 1.0, (400, 20))
    true = 1 / (1 + np.exp(-(logit + rng.normal(0, PARAMS.recall_error, (400, 1)))))
    share = (rng.random((400, 20)) < true).mean(axis=1)
    recall = (1 / (1 + np.exp(-logit))).ravel()
    none = np.full(recall.shape, NONE)
    rows = evidence_rows(none, np.ones(8000), np.ones(8000, dtype=np.int64), recall)
    seed = splitmix64(np.arange(400, dtype=np.uint64))
    evidence = Evidence(rows, np.arange(400) * 20, np.full(400, NONE), seed, splitmix64(seed))
    found = estimate(evidence, PARAMS, keep=True)
    low, high = interval_of(found.recall_replicates, found.components[2], PARAMS.interval)
    assert 0.76 <= np.mean((low <= share) & (share <= high)) <= 0.9


def test_the_topics_of_a_learner_share_what_the_model_misses() -> None:
    size = 400
    rows = evidence_rows(
        np.full(2 * size, NONE), np.ones(2 * size), np.ones(2 * size, dtype=int), np.full(2 * size, 0.6)
    )
    seed = splitmix64(np.arange(2, dtype=np.uint64))

    def correlation(learner_seed: list[int]) -> float:
        whose = np.array(learner_seed, dtype=np.uint64)
        found = estimate(Evidence(rows, np.array([0, size]), np.full(2, NONE), seed, whose), PARAMS, keep=True)
        return float(np.corrcoef(*found.recall_replicates)[0, 1])

    assert correlation([1, 1]) > 0.8
    assert abs(correlation([1, 2])) < 0.3


def test_levels() -> None:
    assert levels(np.array([0.8, 0.79999, 0.5, 0.49999, NONE]), PARAMS) == [
        "mastered",
        "developing",
        "developing",
        "weak",
        None,
    ]


def test_counts_have_mean_and_variance_one_and_depend_on_nothing_but_their_place() -> None:
    counts = PoissonCounts(2000, 8 * REPLICATES_PER_WORD)
    seed = np.full(2000, 7, dtype=np.uint64)
    place = np.arange(2000, dtype=np.uint64)
    drawn = counts.draw(seed, place).copy()
    assert drawn.mean() == pytest.approx(1.0, abs=0.01)
    assert drawn.var() == pytest.approx(1.0, abs=0.02)
    assert np.abs(np.corrcoef(drawn[:, :16].T) - np.eye(16)).max() < 0.12
    assert np.abs(np.corrcoef(drawn[:16]) - np.eye(16)).max() < 0.4
    np.testing.assert_array_equal(counts.draw(seed[900:903], place[900:903]), drawn[900:903])
    other = counts.draw(seed + np.uint64(1), place)
    assert abs(np.corrcoef(other.ravel(), drawn.ravel())[0, 1]) < 0.01


def test_scores_have_mean_zero_and_variance_one_and_depend_on_their_seed_alone() -> None:
    seed = splitmix64(np.arange(3000, dtype=np.uint64))
    drawn = standard_scores(seed, 128)
    assert drawn.mean() == pytest.approx(0.0, abs=0.01)
    assert drawn.var() == pytest.approx(1.0, abs=0.01)
    assert np.quantile(drawn, 0.9) == pytest.approx(1.25)  # steps of a quarter; 1.28 of a normal
    assert np.abs(np.corrcoef(drawn[:16]) - np.eye(16)).max() < 0.4
    np.testing.assert_array_equal(standard_scores(seed[7:9], 128), drawn[7:9])


def test_hashes_are_the_same_everywhere() -> None:
    # First numbers of the published splitmix64 with seed 0.
    gamma = np.uint64(0x9E3779B97F4A7C15)
    state = np.array([0, 1], dtype=np.uint64) * gamma
    assert splitmix64(state).tolist() == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4]
    assert name_hash(["algebra"]).tolist() == name_hash(["limits", "algebra"])[1:].tolist()
