"""Grades of a review from what is known about an answer.

wrong -> Again (quality 1; 0 when confidence was high). Correct with a hint, with low confidence or slower than the
learner's own 90th percentile -> Hard (3). Confident and faster than the own 25th percentile -> Easy (5). Any other
correct answer -> Good (4). Own percentiles come from the learner's earlier correct answers only, at least 20 of them
with a recorded time; unrecorded confidence never gives Easy or quality 0.
Source: the specification of retrieval strength and forgetting.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.fsrs import AGAIN, EASY, GOOD, HARD
from akademos.analytics.parameters import ForgettingParameters

BEFORE = -1
"""Number of a row that is none of the answers."""


@dataclass(frozen=True, slots=True)
class Grades:
    """Per answer: the FSRS grade 1..4 and the quality 0..5 of the interval rule."""

    grade: npt.NDArray[np.int64]
    quality: npt.NDArray[np.int64]


def own_percentile(
    answers: pl.DataFrame, percentile: float, answers_min: int, earlier: pl.DataFrame | None = None
) -> npt.NDArray[np.float64]:
    """Per answer, a percentile of the times (seconds) of the same learner's earlier correct answers.

    Args:
        answers: sorted by learner, then time, with columns learner, correct, duration_seconds.
        percentile: 0..1, linearly interpolated between neighbours.
        answers_min: with fewer earlier timed correct answers the result is NaN. It is NaN as well where the answer
            itself is wrong or untimed, since nobody asks there.
        earlier: learner, duration_seconds of timed correct answers before all of these.
    """
    timed = answers.with_row_index("row").filter(pl.col("correct") & pl.col("duration_seconds").is_not_null())
    timed = timed.select(pl.col("row").cast(pl.Int64), "learner", "duration_seconds")
    result = np.full(answers.height, np.nan)
    if timed.height and earlier is not None and earlier.height:
        before = earlier.select(row=pl.lit(BEFORE, pl.Int64), learner="learner", duration_seconds="duration_seconds")
        timed = pl.concat([before, timed], how="vertical_relaxed")
    if timed.height:
        found = timed.select(
            "row",
            pl.col("duration_seconds")
            .rolling_quantile(
                percentile, interpolation="linear", window_size=max(timed.height, answers_min), min_samples=answers_min
            )
            .shift(1)
            .over("learner")
            .alias("percentile"),
        ).filter(pl.col("row") != BEFORE)
        result[found["row"].to_numpy()] = found["percentile"].fill_null(np.nan).to_numpy()
    return result


def grade_answers(answers: pl.DataFrame, params: ForgettingParameters, earlier: pl.DataFrame | None = None) -> Grades:
    """Grade and quality of each answer.

    Args:
        answers: sorted by learner, then time, with columns learner, correct, duration_seconds, confidence, hints.
        params: the percentiles and bounds of confidence.
        earlier: learner, duration_seconds of timed correct answers before all of these.
    """
    correct = answers["correct"].to_numpy()
    seconds = answers["duration_seconds"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    confidence = answers["confidence"].cast(pl.Float64).fill_null(np.nan).to_numpy()
    hinted = (answers["hints"].fill_null(0) > 0).to_numpy()
    slow = own_percentile(answers, params.slow_percentile, params.percentile_answers_min, earlier)
    fast = own_percentile(answers, params.fast_percentile, params.percentile_answers_min, earlier)
    # A comparison with NaN is false: unrecorded times and confidence decide nothing.
    sure, unsure = confidence >= params.confidence_high, confidence < params.confidence_low
    hard = hinted | unsure | (seconds > slow)
    easy = sure & (seconds < fast)
    return Grades(
        grade=np.select([~correct, hard, easy], [AGAIN, HARD, EASY], GOOD).astype(np.int64),
        quality=np.select([~correct & sure, ~correct, hard, easy], [0, 1, 3, 5], 4).astype(np.int64),
    )
