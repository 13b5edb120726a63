"""FSRS-6 weights: those in force for each learner, and the night's fit of new ones.

A learner's own weights are fitted (`fsrs_fit`) from 50 scored reviews on, under a pull towards the cohort's that
weakens until 400 and stays the same from there; below 50 they are the cohort's. The cohort's weights are fitted to all
learners together under a pull towards the default ones. A scored review comes a day or more after the one before.

Weights are tables learned from the cohort: an answer rests on those in force at its `as_of`, which are the newest ones
fitted by then. A learner is fitted anew when the scored reviews have grown by a tenth since the last fit.
Source: the specification of retrieval strength and forgetting.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.attempts import Activity, read_activity
from akademos.analytics.clock import DAY_US, microseconds
from akademos.analytics.fsrs_fit import fit
from akademos.analytics.grading import grade_answers
from akademos.analytics.parameters import DEFAULT, Parameters
from akademos.analytics.rounds import Index, runs
from akademos.analytics.schemas import INPUT, conform

Floats = npt.NDArray[np.float64]
OWN, SHRUNK, COHORT, DEFAULT_WEIGHTS = "own", "shrunk", "cohort", "default"


@dataclass(frozen=True, slots=True)
class WeightsInForce:
    """By learner: `values` is (learners, 21); basis own, shrunk, cohort or default; scored reviews; version."""

    values: Floats
    basis: list[str]
    reviews: list[int]
    version: list[str]

    def columns(self) -> dict[str, pl.Series]:
        """The columns of the state's profile."""
        return {
            "memory_weights": pl.Series(self.values.tolist(), dtype=pl.List(pl.Float64)),
            "memory_basis": pl.Series(self.basis, dtype=pl.String),
            "memory_reviews": pl.Series(self.reviews, dtype=pl.Int64),
            "memory_version": pl.Series(self.version, dtype=pl.String),
        }


def weights_in_force(
    learners: pl.Series, tables: Mapping[str, pl.DataFrame], params: Parameters = DEFAULT
) -> WeightsInForce:
    """What each learner's memory is computed with.

    Args:
        learners: learner_key.
        tables: `cohort_memory_weights` and `memory_weights` of `schemas.INPUT`, as in force; either may be missing.
        params: the default weights.
    """
    prior, version, reviews = cohort_weights(tables, params)
    basis = DEFAULT_WEIGHTS if version == "default" else COHORT
    own = {row["learner_key"]: row for row in conform(tables.get("memory_weights"), "memory_weights").to_dicts()}
    values = np.tile(prior, (len(learners), 1))
    found = WeightsInForce(values, [basis] * len(learners), [reviews] * len(learners), [version] * len(learners))
    for n, key in enumerate(learners.to_list()):
        row: Any = own.get(key)
        if row is not None:
            values[n] = row["weights"]
            found.basis[n] = OWN if row["reviews"] >= params.fit.own_reviews else SHRUNK
            found.reviews[n] = row["reviews"]
            found.version[n] = "own" if row["fitted_at"] is None else row["fitted_at"].isoformat()
    return found


def cohort_weights(tables: Mapping[str, pl.DataFrame], params: Parameters = DEFAULT) -> tuple[Floats, str, int]:
    """(weights, version, scored reviews) of the cohort; the default ones, "default" and 0 before the first fit."""
    known = conform(tables.get("cohort_memory_weights"), "cohort_memory_weights")
    if not known.height:
        return np.asarray(params.forgetting.fsrs, dtype=np.float64), "default", 0
    row = known.row(0, named=True)
    return np.asarray(row["weights"], dtype=np.float64), str(row["version"]), int(row["reviews"] or 0)


@dataclass(frozen=True, slots=True)
class _Cards:
    at_us: Index
    grades: Index
    starts: Index
    counts: Index
    learner: Index
    scored: Index


def fit_cohort(
    tables: Mapping[str, pl.DataFrame], as_of: datetime, params: Parameters = DEFAULT
) -> tuple[list[float], int]:
    """(weights, scored reviews) of all learners in the tables together; the default weights where there are none.

    Args:
        tables: `question_attempts` and `learners` of a sample of the cohort.
        as_of: later answers do not count.
        params: defaults and the pull.
    """
    activity = read_activity({name: tables[name] for name in tables if name in _READ}, microseconds(as_of), params)
    cards = _cards(activity, params)
    prior = np.asarray(params.forgetting.fsrs, dtype=np.float64)[None, :]
    found = fit(cards.at_us, cards.grades, cards.starts, cards.counts, np.zeros_like(cards.learner), prior, params.fit)
    return found.weights[0].tolist(), int(found.reviews[0])


def fit_learners(tables: Mapping[str, pl.DataFrame], as_of: datetime, params: Parameters = DEFAULT) -> pl.DataFrame:
    """New rows of `memory_weights`: learners with enough scored reviews, and enough more of them than at the last fit.

    Args:
        tables: `question_attempts`, and `cohort_memory_weights` and `memory_weights` as in force.
        as_of: later answers do not count; it becomes `fitted_at`.
        params: when to fit and the pull.
    """
    activity = read_activity({name: tables[name] for name in tables if name in _READ}, microseconds(as_of), params)
    cards = _cards(activity, params)
    keys = activity.learners["learner_key"]
    known = conform(tables.get("memory_weights"), "memory_weights")
    fitted_to = dict(known.select("learner_key", "reviews").iter_rows())
    before = np.array([fitted_to.get(key) or 0 for key in keys.to_list()], dtype=np.float64)
    wanted = np.maximum(params.fit.own_reviews_min, np.ceil(before * params.fit.refit_growth))
    chosen = np.flatnonzero(cards.scored >= wanted)
    place = np.full(len(keys) + 1, -1)
    place[chosen] = np.arange(len(chosen))
    mine = np.flatnonzero(place[cards.learner] >= 0)
    if not len(chosen):
        return pl.DataFrame(schema=INPUT["memory_weights"])
    prior, _, _ = cohort_weights(tables, params)
    found = fit(
        cards.at_us, cards.grades, cards.starts[mine], cards.counts[mine], place[cards.learner[mine]],
        np.tile(prior, (len(chosen), 1)), params.fit,
    )  # fmt: skip
    return pl.DataFrame(
        {
            "learner_key": keys.gather(chosen),
            "weights": found.weights.tolist(),
            "reviews": found.reviews,
            "fitted_at": [as_of] * len(chosen),
        },
        schema=INPUT["memory_weights"],
    )


_READ = ("question_attempts", "learners")


def _cards(activity: Activity, params: Parameters) -> _Cards:
    """The clocked answers as reviews of cards (learner, item), in order of card, then time."""
    table = activity.answers
    grades = grade_answers(table, params.forgetting).grade
    clocked = np.flatnonzero(table["clocked"].to_numpy())
    learner, question = table["learner"].to_numpy()[clocked], table["question"].to_numpy()[clocked]
    key = learner * max(1, len(activity.questions)) + question
    order = np.argsort(key, kind="stable")
    starts, counts = runs(key[order])
    at_us = table["at"].to_numpy()[clocked][order]
    first = np.zeros(len(order), dtype=bool)
    first[starts] = True
    scored = np.zeros(len(order), dtype=bool)
    scored[1:] = np.diff(at_us) >= DAY_US
    scored &= ~first
    of_row = learner[order]
    return _Cards(
        at_us=at_us,
        grades=grades[clocked][order],
        starts=starts,
        counts=counts,
        learner=of_row[starts] if len(starts) else of_row,
        scored=np.bincount(of_row[scored], minlength=len(activity.learners)).astype(np.int64),
    )
