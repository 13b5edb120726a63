"""What helped learners who stood where a learner stands now.

Question: of learners as weak in a topic as this one, after which of its materials did most come to master it?

Grain: one topic, one version of one material about it, one level (of a course).

* level: the share of a full score over first attempts at the topic's items before the material was opened, of at least
  `similar_answers` of them: `low` under `low_below`, `middle` up to `mastered_from`; above it there is nothing to help.
* succeeded: the same share over first attempts in the `outcome_days` after the opening, of as many, is at least
  `mastered_from`.
* others: learners who never opened the material, of the same level when they first opened another of the topic, and
  what came of them in as many days. Each learner counts once on each side.

Only openings whose days were over when the learner was last looked at count.

Caveats: who opens which material differs in more than the level, and who answers nothing afterwards is on neither side:
success goes with the material and need not be caused by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import polars as pl

from akademos.analytics.parameters import DEFAULT, Parameters

MATERIAL = ("material_id", "material_version")
SIMILAR = pl.Schema(
    {
        "course_id": pl.String(),
        "topic_id": pl.String(),
        "material_id": pl.String(),
        "material_version": pl.String(),
        "level": pl.String(),
        "learners": pl.Int64(),
        "succeeded": pl.Int64(),
        "others": pl.Int64(),
        "others_succeeded": pl.Int64(),
    }
)


def level(share: pl.Expr, answers: pl.Expr, params: Parameters = DEFAULT) -> pl.Expr:
    """The level of learners with a share of a full score over so many answers; null: too few, or mastered.

    Example:
        >>> table = pl.DataFrame({"share": [0.4, 0.7, 0.9, 0.4], "answers": [5, 5, 5, 2]})
        >>> table.select(level(pl.col("share"), pl.col("answers")).alias("level"))["level"].to_list()
        ['low', 'middle', None, None]
    """
    limits = params.recommendations
    enough = answers >= limits.similar_answers
    return (
        pl.when(enough & (share < limits.low_below))
        .then(pl.lit("low"))
        .when(enough & (share < params.mastery.mastered_from))
        .then(pl.lit("middle"))
    )


def similar_learners(
    people: pl.DataFrame,
    attempts: pl.DataFrame,
    *,
    topics: Mapping[str, Sequence[str]],
    item_topics: Mapping[str, Sequence[str]],
    params: Parameters = DEFAULT,
) -> pl.DataFrame:
    """The table `SIMILAR`, sorted.

    Args:
        people: rows of `content_use.by_learner` with `seen_until`: until when each was looked at.
        attempts: first attempts (`item_answers.FirstAttempts.rows`).
        topics, item_topics: topic_ids of each material and of each question.
        params: parameters.
    """
    days = timedelta(days=params.recommendations.outcome_days)
    about = _pairs(topics, "material_id").join(
        people.filter(pl.col("first_at") + days <= pl.col("seen_until")).select(
            "course_id", *MATERIAL, "learner_key", "first_at"
        ),
        on="material_id",
    )
    answered = _pairs(item_topics, "question_id").join(
        attempts.select("course_id", "question_id", "learner_key", "occurred_at", "score"), on="question_id"
    )
    after = pl.col("occurred_at") > pl.col("first_at")
    within = after & (pl.col("occurred_at") <= pl.col("first_at") + days)
    episodes = (
        about.join(answered.drop("question_id"), on=["course_id", "topic_id", "learner_key"])
        .group_by("course_id", "topic_id", *MATERIAL, "learner_key", "first_at")
        .agg(
            before=pl.col("score").filter(~after).mean(),
            answers_before=pl.col("score").filter(~after).len(),
            outcome=pl.col("score").filter(within).mean(),
            answers_within=pl.col("score").filter(within).len(),
        )
        .filter(pl.col("answers_within") >= params.recommendations.similar_answers)
        .with_columns(
            level=level(pl.col("before"), pl.col("answers_before"), params),
            succeeded=pl.col("outcome") >= params.mastery.mastered_from,
        )
        .drop_nulls("level")
    )
    opened = people.select("material_id", "learner_key").unique()
    place = ["course_id", "topic_id", "level"]
    mine = episodes.group_by(*place, *MATERIAL).agg(
        learners=pl.len().cast(pl.Int64), succeeded=pl.col("succeeded").sum().cast(pl.Int64)
    )
    others = (
        mine.select(*place, *MATERIAL)
        .join(episodes.select(*place, "learner_key", "first_at", "succeeded", other="material_id"), on=place)
        .filter(pl.col("other") != pl.col("material_id"))
        .join(opened, on=["material_id", "learner_key"], how="anti")
        .sort("first_at", "other")
        .unique([*place, *MATERIAL, "learner_key"], keep="first", maintain_order=True)
        .group_by(*place, *MATERIAL)
        .agg(others=pl.len().cast(pl.Int64), others_succeeded=pl.col("succeeded").sum().cast(pl.Int64))
    )
    found = mine.join(others, on=[*place, *MATERIAL], how="left").with_columns(
        pl.col("others", "others_succeeded").fill_null(0)
    )
    return found.select(SIMILAR.names()).cast(SIMILAR).sort("topic_id", *MATERIAL, "level", "course_id")


def _pairs(topics: Mapping[str, Sequence[str]], name: str) -> pl.DataFrame:
    """topic_id and the id of what is about it."""
    pairs = [(one, topic) for one, of in topics.items() for topic in set(of)]
    return pl.DataFrame(pairs, schema={name: pl.String, "topic_id": pl.String}, orient="row")
