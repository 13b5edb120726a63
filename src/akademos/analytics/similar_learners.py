"""What helped learners who stood where a learner stands now.

Question: of learners of this one's level in a topic, after which of its materials did most come to master it?

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
ROUNDING = 1e-9
"""Of differences of running sums."""
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
    limits = params.recommendations
    days = timedelta(days=limits.outcome_days)
    opened = _pairs(topics, "material_id").join(
        people.select("course_id", *MATERIAL, "learner_key", "first_at", "seen_until"), on="material_id"
    )
    over = opened.filter(pl.col("first_at") + days <= pl.col("seen_until"))
    answered = _pairs(item_topics, "question_id").join(
        attempts.select("course_id", "question_id", "learner_key", "occurred_at", "score"), on="question_id"
    )
    before = _sums(answered, over, timedelta(0)).rename({"answers": "known", "score": "known_score"})
    answers = pl.col("answers") - pl.col("known")
    episodes = (
        pl.concat([over, before, _sums(answered, over, days)], how="horizontal")
        .with_columns(
            level=level(pl.col("known_score") / pl.col("known"), pl.col("known"), params),
            outcome=(pl.col("score") - pl.col("known_score")) / answers,
        )
        .filter(answers >= limits.similar_answers, pl.col("level").is_not_null())
        .with_columns(succeeded=pl.col("outcome") >= params.mastery.mastered_from - ROUNDING)
    )
    place = ["course_id", "topic_id", "level"]
    counted = {"n": pl.len().cast(pl.Int64), "hits": pl.col("succeeded").sum().cast(pl.Int64)}
    mine = episodes.group_by(*place, *MATERIAL).agg(learners=counted["n"], succeeded=counted["hits"])
    # Who never opened a material counts with the first of the topic that they did open: everybody, but for its openers.
    first = episodes.sort("first_at", "material_id").unique([*place, "learner_key"], keep="first", maintain_order=True)
    everybody = first.group_by(place).agg(everybody=counted["n"], all_hits=counted["hits"])
    openers = (
        opened.select("course_id", "topic_id", "material_id", "learner_key")
        .unique()
        .join(first.select(*place, "learner_key", "succeeded"), on=["course_id", "topic_id", "learner_key"])
        .group_by(*place, "material_id")
        .agg(openers=counted["n"], openers_hits=counted["hits"])
    )
    found = (
        mine.join(everybody, on=place)
        .join(openers, on=[*place, "material_id"])
        .with_columns(
            others=pl.col("everybody") - pl.col("openers"), others_succeeded=pl.col("all_hits") - pl.col("openers_hits")
        )
    )
    return found.select(SIMILAR.names()).cast(SIMILAR).sort("topic_id", *MATERIAL, "level", "course_id")


def _sums(answered: pl.DataFrame, opened: pl.DataFrame, later: timedelta) -> pl.DataFrame:
    """`answers` and `score`: how many first attempts at the topic each opening's learner had made so long after it, and
    the sum of their scores; in the order of `opened`."""
    by = ["course_id", "topic_id", "learner_key"]
    running = answered.sort("occurred_at").select(
        *by,
        "occurred_at",
        answers=pl.int_range(1, pl.len() + 1).over(by),
        score=pl.col("score").cum_sum().over(by),
    )
    asked = opened.select(*by, at=pl.col("first_at") + later).with_row_index("row").sort("at")
    found = asked.join_asof(
        running, left_on="at", right_on="occurred_at", by=by, strategy="backward", check_sortedness=False
    )
    return found.sort("row").select(pl.col("answers", "score").fill_null(0))


def _pairs(topics: Mapping[str, Sequence[str]], name: str) -> pl.DataFrame:
    """topic_id and the id of what is about it."""
    pairs = [(one, topic) for one, of in topics.items() for topic in set(of)]
    return pl.DataFrame(pairs, schema={name: pl.String, "topic_id": pl.String}, orient="row")
