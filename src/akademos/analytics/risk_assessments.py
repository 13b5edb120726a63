"""Features of risk about assessments: what was due, what was handed in and when, and the marks that are out.

Grain: one learner and course. What was handed in ahead of its day counts as soon as it is there; `behind` compares with
how many of the course have handed in the same by now, so it speaks before anything is due.
"""

from __future__ import annotations

import polars as pl

from akademos.analytics.risk_tables import KEYS

ONE = ("course_id", "assessment_id")
UNWEIGHTED = 0.5
"""Added to every assessment's weight in percent, so that those that do not count for the mark count a little."""


def assessment_features(
    assessments: pl.DataFrame, submissions: pl.DataFrame, people: pl.DataFrame, as_of: int
) -> pl.DataFrame:
    """KEYS and the features; arguments as known at the cut-off, `people` those still registered."""
    schedule = assessments.filter(pl.col("due_day").is_not_null()).with_columns(
        weight=pl.col("weight").fill_null(0.0) + UNWEIGHTED
    )
    handed_in = _handed_in(submissions, schedule, people)
    over = pl.col("due_day") < as_of
    by_now = handed_in.unique(ONE).select(*ONE, "done_by")
    course = (
        schedule.join(by_now, on=ONE, how="left")
        .group_by("course_id")
        .agg(
            due=over.sum(),
            due_weight=pl.col("weight").filter(over).sum(),
            expected=pl.col("done_by").fill_null(0.0).sum(),
        )
    )
    own = _own(handed_in, as_of)
    counts = [name for name in own.columns if name not in (*KEYS, *_MAY_LACK)]
    due = pl.col("due").fill_null(0)
    return (
        people.join(own, on=KEYS, how="left", maintain_order="left")
        .with_columns(pl.col(counts).fill_null(0))
        .join(course, on="course_id", how="left", maintain_order="left")
        .select(
            *KEYS,
            *_MAY_LACK,
            "submitted_ahead",
            "late",
            "banked",
            "scored",
            missed=due - pl.col("submitted_due"),
            submitted_share=pl.when(due > 0).then(pl.col("submitted_weight") / pl.col("due_weight")),
            behind=pl.col("met") - pl.col("expected"),
        )
    )


_MAY_LACK = ("early_mean", "early_last", "early_place", "score_mean", "score_last", "score_least", "score_place")
"""Null for who has handed in nothing, or has no mark yet."""


def _handed_in(submissions: pl.DataFrame, schedule: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """First submission of each learner and assessment: how early, and its places among the others of the assessment."""
    size = people.group_by("course_id").agg(learners=pl.len())
    early, score = pl.col("early"), pl.col("score")
    return (
        submissions.join(people, on=KEYS, how="semi")
        .sort("day", "assessment_id", "learner_key")
        .unique([*KEYS, "assessment_id"], keep="first", maintain_order=True)
        .join(schedule, on=ONE, how="inner", maintain_order="left")
        .join(size, on="course_id", maintain_order="left")
        .with_columns(early=(pl.col("due_day") - pl.col("day")).cast(pl.Float64))
        .with_columns(
            early_place=((early.rank("average") - 0.5) / pl.len()).over(ONE),
            score_place=((score.rank("average") - 0.5) / score.count()).over(ONE),
            done_by=(pl.len() / pl.col("learners").first()).over(ONE),
        )
    )


def _own(handed_in: pl.DataFrame, as_of: int) -> pl.DataFrame:
    """One row a learner who has handed in anything."""
    over, fresh = pl.col("due_day") < as_of, ~pl.col("banked")
    early, score, weight = pl.col("early"), pl.col("score"), pl.col("weight")
    marked = score.is_not_null()
    return handed_in.group_by(KEYS, maintain_order=True).agg(
        submitted_due=over.sum(),
        submitted_weight=weight.filter(over).sum(),
        submitted_ahead=(~over).sum(),
        met=pl.col("done_by").sum(),
        late=((early < 0) & fresh).sum(),
        banked=pl.col("banked").sum(),
        scored=marked.sum(),
        early_mean=early.filter(fresh).mean(),
        early_last=early.filter(fresh).last(),
        early_place=pl.col("early_place").filter(fresh).mean(),
        score_mean=pl.when(marked.any()).then((score * weight).sum() / weight.filter(marked).sum()),
        score_last=score.drop_nulls().last(),
        score_least=score.min(),
        score_place=pl.col("score_place").mean(),
    )
