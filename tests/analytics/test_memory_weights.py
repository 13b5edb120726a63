"""The weights in force, and when a learner is fitted anew."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from tests.analytics.populations import NOW, START, answer, table

from akademos.analytics.learner_state import evaluate, precompute
from akademos.analytics.memory_weights import cohort_weights, fit_cohort, fit_learners, weights_in_force
from akademos.analytics.parameters import FSRS_6_DEFAULT

from tests.analytics.populations import curriculum, tables_of  # isort: skip


def studied(key: str, items: int, days: int = 10) -> list[dict[str, Any]]:
    """One answer to each item on every second day, each seventh one wrong: days - 1 scored reviews an item."""
    return [
        answer(
            number=1000 * day + item,
            learner_key=key,
            event_id=f"{key}-{day}-{item}",
            occurred_at=START + timedelta(days=2 * day, minutes=item),
            question_id=f"q{item}",
            score=float((day + item) % 7 != 0),
        )
        for day in range(days)
        for item in range(items)
    ]


def test_a_learner_is_fitted_from_fifty_reviews_on_and_again_after_a_tenth_more() -> None:
    tables = {"question_attempts": table("question_attempts", [*studied("ada", 12), *studied("ben", 5)])}
    found = fit_learners(tables, NOW)
    assert found["learner_key"].to_list() == ["ada"]
    assert found["reviews"].to_list() == [108]
    assert found["fitted_at"].to_list() == [NOW]
    assert fit_learners({**tables, "memory_weights": found}, NOW).is_empty()
    more = {"question_attempts": table("question_attempts", studied("ada", 12, days=11))}
    assert fit_learners({**more, "memory_weights": found}, NOW)["reviews"].to_list() == [120]


def test_what_happens_later_does_not_teach() -> None:
    rows = table("question_attempts", studied("ada", 12))
    until = START + timedelta(days=13, hours=12)
    early = rows.filter(pl.col("occurred_at") <= until)
    one, other = (fit_learners({"question_attempts": some}, until) for some in (rows, early))
    assert one.equals(other)
    assert fit_cohort({"question_attempts": rows}, until) == fit_cohort({"question_attempts": early}, until)


def test_own_weights_go_before_the_cohorts_and_those_before_the_default() -> None:
    learners = pl.Series(["ada", "ben", "cy"])
    own = [w * 1.01 for w in FSRS_6_DEFAULT]
    cohort = [w * 0.99 for w in FSRS_6_DEFAULT]
    mine = table(
        "memory_weights",
        [
            {"learner_key": "ada", "weights": own, "reviews": 400, "fitted_at": START},
            {"learner_key": "ben", "weights": own, "reviews": 399, "fitted_at": START},
        ],
    )
    shared = table("cohort_memory_weights", [{"weights": cohort, "reviews": 7, "version": "v"}])
    found = weights_in_force(learners, {"memory_weights": mine, "cohort_memory_weights": shared})
    assert found.basis == ["own", "shrunk", "cohort"]
    assert found.reviews == [400, 399, 7]
    assert found.values.tolist() == [own, own, cohort]
    nothing = weights_in_force(learners, {})
    assert nothing.basis == ["default"] * 3
    assert nothing.values.tolist() == [list(FSRS_6_DEFAULT)] * 3


def test_a_cohort_without_reviews_keeps_the_default() -> None:
    weights, reviews = fit_cohort({"question_attempts": table("question_attempts", [answer(1)])}, NOW)
    assert reviews == 0
    assert weights == list(FSRS_6_DEFAULT)
    assert cohort_weights({})[1] == "default"


def test_the_weights_in_force_make_the_memory() -> None:
    tables = tables_of(studied("ada", 6))
    fast = [*FSRS_6_DEFAULT[:20], 0.6]
    quick = table("memory_weights", [{"learner_key": "ada", "weights": fast, "reviews": 500, "fitted_at": START}])
    later = NOW + timedelta(days=60)
    usual, own = (
        evaluate(precompute(one, NOW), curriculum(), later, parts=("items",))["topic_items"]
        for one in (tables, {**tables, "memory_weights": quick})
    )
    # Beyond its stability a steeper curve has forgotten more of a card.
    assert np.all(own["retrievability"].to_numpy() < usual["retrievability"].to_numpy())
