"""Risk of leaving a course that has no dates: the chance of withdrawing within the next four weeks, by the own clock.

Grain: one learner and course at a *landmark*, a whole number of weeks after the learner's own start, of those who are
still enrolled then. From each landmark the next four weeks are looked at one by one, as far as they were observed whole
(censored on the right: by today, by the end of the course, or by its certificate). In each of them the *hazard* is the
chance to withdraw for who has not until then:

    hazard(week k) = P(withdraws in week k | still enrolled when it begins, what is known at the landmark)
    chance         = 1 - (1 - hazard(1)) ... (1 - hazard(4))

One model serves all landmarks and weeks (a landmark super model); both are among its features. It is fitted as the
model of courses with dates is (`risk_fitting`), on weeks in the place of learners.

Sources: Allison (1982), doi:10.2307/270718 (discrete-time hazard as a regression on person-periods); van Houwelingen
(2007), doi:10.1111/j.1467-9469.2006.00529.x (landmarks).

Caveats: only a withdrawal that somebody recorded counts as leaving; who just stops is still enrolled. It knows clicks,
hand-ins and marks, nothing of a life, and no season.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from akademos.analytics.dropout_risk import Floats, RiskModel
from akademos.analytics.hazard_features import hazard_features, starts
from akademos.analytics.risk_fitting import OUTCOME, examples, fit_risk
from akademos.analytics.risk_tables import KEYS, WEEK, RiskParameters, Tables
from akademos.catalogue.risk_datasets import HAZARD_WEEKS

MODEL = "dropout_hazard"
LANDMARKS = (1, 2, 3, 4, 6, 8, 12, 16, 20, 24)
"""Weeks since the learner's own start at which training looks."""
HORIZON = HAZARD_WEEKS
"""Weeks that are looked ahead."""
LAST_WEEK = LANDMARKS[-1] + HORIZON
"""Of a learner's own: later on the model would speak of what it never saw."""

STEP, LEFT, OBSERVED = "step", "left_after", "observed_for"
HIGH, RAISED = 3.0, 1.5
"""Levels: times the chance of the average learner-week in training. Bounds of words, not of decisions."""


def landmarks(
    tables: Tables, until: pl.DataFrame, params: RiskParameters, weeks: tuple[int, ...] = LANDMARKS
) -> pl.DataFrame:
    """Features at each landmark, and what came after it.

    Args:
        tables: of `risk_tables.INPUT`, days counted from anywhere.
        until: KEYS and `until`, the first day that was not observed any more.
        params: see RiskParameters.
        weeks: the landmarks.

    Returns:
        KEYS, the features, `left_after` (whole days from the landmark to the day of withdrawal, null: never, or not
        observed) and `observed_for` (days from the landmark to `until`, more than none).
    """
    began = starts(tables).join(until, on=KEYS)
    withdrawn = tables["enrolments"].unique(KEYS, keep="first", maintain_order=True).select(*KEYS, "withdrawn_day")
    parts = []
    for week in weeks:
        at = began.with_columns(as_of=pl.col("start") + WEEK * week).filter(pl.col("as_of") < pl.col("until"))
        left = pl.col("withdrawn_day") - pl.col("as_of")
        observed = pl.col("until") - pl.col("as_of")
        after = at.join(withdrawn, on=KEYS, how="left").select(
            *KEYS,
            pl.when(left < observed).then(left).cast(pl.Float64).alias(LEFT),
            observed.cast(pl.Float64).alias(OBSERVED),
        )
        parts.append(hazard_features(tables, at, params).join(after, on=KEYS, maintain_order="left"))
    return pl.concat(parts)


def person_weeks(table: pl.DataFrame) -> pl.DataFrame:
    """A row a landmark and week of its horizon: `step` 1..4, and `outcome` 1 where the learner left in it.

    A week is there if it was observed whole, which does not depend on what happened in it, and the learner had not left
    before it.
    """
    left = pl.col(LEFT)
    parts = [
        table.filter(pl.col(OBSERVED) >= WEEK * step, left.is_null() | (left >= WEEK * (step - 1))).with_columns(
            pl.lit(float(step)).alias(STEP), (left < WEEK * step).fill_null(value=False).cast(pl.Float64).alias(OUTCOME)
        )
        for step in range(1, HORIZON + 1)
    ]
    return pl.concat(parts).drop(LEFT, OBSERVED)


def left_within(table: pl.DataFrame) -> pl.DataFrame:
    """The landmarks whose whole horizon was observed, with `outcome` 1 where the learner left within it."""
    left = (pl.col(LEFT) < WEEK * HORIZON).fill_null(value=False).cast(pl.Float64).alias(OUTCOME)
    return table.filter(pl.col(OBSERVED) >= WEEK * HORIZON).with_columns(left)


def fit_hazard(table: pl.DataFrame, *, kinds: tuple[str, ...], seed: int) -> RiskModel:
    """The model; the same landmarks and seed give the same.

    Args:
        table: of `landmarks`, with `cohort` beside it: when learners started, later ones larger.
        kinds: kinds of material that the features tell apart, kept with the model.
        seed: of the trees and of the folds.

    Returns:
        A model whose `risk` is the hazard of a week; its notes have `usual`, the chance by a constant hazard.
    """
    weeks = person_weeks(table)
    model = fit_risk(examples(weeks), kinds=kinds, withdrawn=1.0, seed=seed)
    share = float(weeks[OUTCOME].to_numpy().mean())
    notes = {**model.notes, "horizon_weeks": HORIZON, "usual": round(1 - (1 - share) ** HORIZON, 6)}
    return replace(model, notes=notes)


def leaving_chance(model: RiskModel, features: pl.DataFrame) -> Floats:
    """Chance to leave within the horizon, of each row of `hazard_features`."""
    stays = np.ones(features.height)
    for step in range(1, HORIZON + 1):
        stays *= 1 - model.risk(_rows(model, features, step))
    return np.asarray(1 - stays, dtype=np.float64)


def leaving_contributions(model: RiskModel, features: pl.DataFrame) -> Floats:
    """What each feature adds to the log odds of a week's hazard, (rows, features), mean over the weeks ahead."""
    parts = [model.contributions(_rows(model, features, step))[0] for step in range(1, HORIZON + 1)]
    return np.asarray(np.mean(parts, axis=0), dtype=np.float64)


def _rows(model: RiskModel, features: pl.DataFrame, step: int) -> Floats:
    return model.rows(features.with_columns(pl.lit(float(step)).alias(STEP)))


def hazard_level(chance: float, usual: float) -> str:
    """The word for a chance, against that of the average learner-week.

    Example:
        >>> [hazard_level(one, 0.03) for one in (0.10, 0.05, 0.02)]
        ['high', 'raised', 'low']
    """
    return "high" if chance >= HIGH * usual else "raised" if chance >= RAISED * usual else "low"
