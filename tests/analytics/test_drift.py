"""Drift: nothing moved is not said to have moved, what moved is, and a mixture that is meant to differ is no drift."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from akademos.analytics.drift import Shift, psi, reference, shifts, standing

LIMIT = 0.1


def rows(learners: int, seed: int, *, moved: float = 0.0, weeks: tuple[float, float] = (0.5, 0.5)) -> pl.DataFrame:
    """Three rows a learner of two figures, the first of which rises with the week."""
    rng = np.random.default_rng(seed)
    week = rng.choice(2, 3 * learners, p=weeks)
    level = np.repeat(rng.normal(0, 1, learners), 3)
    return pl.DataFrame(
        {
            "learner_key": np.repeat([f"l-{n:05d}" for n in range(learners)], 3),
            "stratum": [f"week {n}" for n in week.tolist()],
            "clicks": level + 2.0 * week + moved,
            "steady": rng.normal(0, 1, 3 * learners),
        }
    )


def test_psi_by_hand() -> None:
    assert float(psi(np.array([0.5, 0.5]), np.array([0.25, 0.75]))) == pytest.approx(0.25 * np.log(3), rel=1e-12)
    assert float(psi(np.array([0.3, 0.7]), np.array([0.3, 0.7]))) == 0


def test_one_population_is_stable_and_another_drifts() -> None:
    kept = reference(rows(500, 1), 10)
    still = shifts(kept, rows(300, 2), 3, 50)
    assert standing(still, LIMIT) == "stable"
    assert all(one.low <= one.value <= one.high for one in still)
    gone = {one.figure: one for one in shifts(kept, rows(300, 2, moved=1.2), 3, 50)}
    assert standing(list(gone.values()), LIMIT) == "drifting"
    assert gone["clicks"].low > LIMIT
    assert gone["steady"].low <= LIMIT


def test_another_mixture_of_weeks_is_no_drift() -> None:
    kept = reference(rows(500, 1), 10)
    later = rows(300, 2, weeks=(0.1, 0.9))
    assert standing(shifts(kept, later, 3, 50), LIMIT) == "stable"
    unstratified = reference(rows(500, 1).with_columns(stratum=pl.lit("all")), 10)
    assert standing(shifts(unstratified, later.with_columns(stratum=pl.lit("all")), 3, 50), LIMIT) == "drifting"


def test_a_learner_with_many_rows_weighs_as_one() -> None:
    kept = reference(rows(500, 1), 10)
    one = rows(1, 5).with_columns(clicks=pl.lit(9.0))
    many = pl.concat([rows(300, 2), *[one.with_columns(learner_key=pl.lit("x"))] * 500])
    assert standing(shifts(kept, many, 3, 50), LIMIT) == "stable"


def test_too_few_learners_decide_nothing() -> None:
    found = shifts(reference(rows(500, 1), 10), rows(20, 2, moved=5), 3, 50)
    assert [one.learners for one in found] == [20, 20]
    assert np.isnan([one.value for one in found]).all()
    assert standing(found, LIMIT) == "not_enough_data"


def test_what_is_kept_of_a_training_tells_of_nobody() -> None:
    few = pl.concat([rows(200, 1), rows(4, 2).with_columns(stratum=pl.lit("rare"))])
    kept = reference(few, 10)
    assert kept == json.loads(json.dumps(kept))
    for one in kept.values():
        assert "rare" not in one["strata"]
        assert len(one["edges"]) == 9
        assert all(len(each["shares"]) == len(one["edges"]) + 2 for each in one["strata"].values())


def test_missing_values_that_become_common_are_a_shift() -> None:
    kept = reference(rows(500, 1), 10)
    half = rows(300, 2).with_columns(steady=pl.when(pl.int_range(pl.len()) % 2 == 0).then(None).otherwise("steady"))
    assert {one.figure: one.low > LIMIT for one in shifts(kept, half, 3, 50)} == {"clicks": False, "steady": True}


def test_the_same_rows_and_seed_give_the_same_figures() -> None:
    kept = reference(rows(500, 1), 10)
    assert shifts(kept, rows(100, 2), 3, 50) == shifts(kept, rows(100, 2).sample(fraction=1, shuffle=True), 3, 50)


@pytest.mark.parametrize(
    ("low", "value", "said"),
    [(0.11, 0.2, "drifting"), (0.05, 0.2, "watch"), (0.0, 0.2, "stable"), (0.0, 0.0, "stable")],
)
def test_standings(low: float, value: float, said: str) -> None:
    assert standing([Shift("a", 90, value, low, 0.4)], LIMIT) == said
