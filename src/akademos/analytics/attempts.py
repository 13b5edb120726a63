"""Answers and material interactions made ready: valid at an instant, each once, in order, numbered.

Two rows of one event_id are one event. What lies after `as_of` does not exist. An answer without a score says
nothing about mastery, but it is activity. An answer without a question is an item of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from akademos.analytics.carried import answers_of, counted, interactions_of, times_of, told
from akademos.analytics.clock import instant_of, with_local_date, zone
from akademos.analytics.parameters import Parameters
from akademos.analytics.rounds import Index, runs
from akademos.analytics.schemas import OVERALL, conform

CARRIED = {"carried_answers", "carried_materials", "carried_times", "carried_learners"}
SCORE_STEPS = float(1 << 20)
"""Scores count in steps of 2**-20, so that sums of them are exact in any order."""


@dataclass(frozen=True, slots=True)
class Activity:
    """Everything the learners did, numbered.

    Attributes:
        learners: learner_key, time_zone (known to the time zone database), in order of learner_key.
        answers: scored answers in order of learner, time, event; columns learner, at (microseconds), date, clocked,
            question (number), score (in steps), correct, those of `carried.COUNTED`, and the columns of
            question_attempts. What was carried forward stands among them.
        interactions: material interactions and unscored answers; columns learner, date, clocked, carried and those of
            material_interactions. What was carried forward stands among them.
        study: other signs of activity (`schemas.INPUT["study_events"]`) with learner (number).
        earlier_times: learner_key, learner, correct, duration_seconds of timed answers that were carried forward.
        earlier: `schemas.INPUT["carried_learners"]`.
        questions, topics: names by number; number 0 of the topics is OVERALL.
    """

    learners: pl.DataFrame
    answers: pl.DataFrame
    interactions: pl.DataFrame
    study: pl.DataFrame
    earlier_times: pl.DataFrame
    earlier: pl.DataFrame
    questions: list[str]
    topics: list[str]


@dataclass(frozen=True, slots=True)
class Pairs:
    """One row per (learner, topic, item), OVERALL being a topic; sorted by learner, topic, item.

    Attributes:
        group: number of the (learner, topic).
        card: number of the (learner, item).
        starts, counts: the pair's answers among `answer`.
        answer: rows of `Activity.answers`, in order of pair, then time.
        group_learner, group_topic: per group, its learner and topic.
    """

    group: Index
    card: Index
    starts: Index
    counts: Index
    answer: Index
    group_learner: Index
    group_topic: Index


def read_activity(tables: Mapping[str, pl.DataFrame], as_of_us: int, params: Parameters) -> Activity:
    """The activity of every learner in the tables up to an instant.

    Raises:
        InputError: a table is malformed (`table_malformed`).
    """
    attempts = _valid(conform(tables.get("question_attempts"), "question_attempts"), as_of_us)
    contacts = _valid(conform(tables.get("material_interactions"), "material_interactions"), as_of_us)
    study = _valid(conform(tables.get("study_events"), "study_events"), as_of_us)
    named = conform(tables.get("learners"), "learners")
    before = {name: conform(tables.get(name), name) for name in tables.keys() & CARRIED}
    known = (attempts, contacts, study, named, *before.values())
    keys = pl.concat([table["learner_key"] for table in known]).unique().sort()
    learners = (
        pl.DataFrame({"learner_key": keys})
        .join(named.unique("learner_key", keep="first", maintain_order=True), on="learner_key", how="left")
        .with_columns(
            pl.col("time_zone").map_elements(lambda name: zone(name).key, return_dtype=pl.String).fill_null("UTC")
        )
        .sort("learner_key")
        .with_row_index("learner")
        .with_columns(pl.col("learner").cast(pl.Int64))
    )
    scored = pl.col("score").is_not_nan() & pl.col("score").is_not_null()
    answers = attempts.filter(scored).with_columns(
        question_id=pl.coalesce("question_id", pl.concat_str(pl.lit("event "), "event_id")),
        score=(pl.col("score").clip(0, 1) * SCORE_STEPS).round() / SCORE_STEPS,
        correct=pl.col("score") >= params.mastery.correct_from,
        topic_ids=_topic_set(),
    )
    answers = counted(answers, pl.col("time_precision") != "order")
    if "carried_answers" in before:
        answers = pl.concat([answers_of(before["carried_answers"], as_of_us).select(answers.columns), answers])
        answers = answers.sort("learner_key", "occurred_at", maintain_order=True)
    unscored = attempts.filter(~scored).select(
        "learner_key",
        "event_id",
        "occurred_at",
        "time_precision",
        "topic_ids",
        "course_id",
        "duration_seconds",
        "session_id",
    )
    if "carried_materials" in before:
        unscored = pl.concat([interactions_of(before["carried_materials"]), unscored], how="diagonal")
    answers = _placed(answers, learners).with_columns(ended=pl.col("ended_at").dt.epoch("us"))
    times = times_of(conform(before.get("carried_times"), "carried_times"))
    questions = answers["question_id"].unique().sort()
    topics = [OVERALL, *answers["topic_ids"].explode().drop_nulls().unique().sort().to_list()]
    return Activity(
        learners=learners,
        answers=answers.with_columns(question=numbers(answers["question_id"], questions.to_list())),
        interactions=_placed(pl.concat([contacts, unscored], how="diagonal"), learners).with_columns(
            carried=pl.col("event_id").str.starts_with("carried ")
        ),
        study=study.join(
            learners.select("learner_key", "learner"), on="learner_key", how="left", maintain_order="left"
        ),
        earlier_times=times.join(learners.select("learner_key", "learner"), on="learner_key", maintain_order="left"),
        earlier=conform(before.get("carried_learners"), "carried_learners"),
        questions=questions.to_list(),
        topics=topics,
    )


def activity_facts(activity: Activity) -> pl.DataFrame:
    """`schemas.INPUT["carried_learners"]`: how much each learner did, since when, until when, in which courses and by
    which clock; what was carried forward counts with it. Learners with no events have no row."""
    marks = ["learner_key", "occurred_at", "time_precision", "course_id"]
    study = activity.study.select("learner_key", "occurred_at", "time_precision", course_id=pl.lit(None, pl.String))
    answers = told(activity.answers).select(*marks, answers=pl.lit(1, pl.Int64))
    others = pl.concat([told(activity.interactions).select(marks), study]).with_columns(answers=pl.lit(0, pl.Int64))
    clocked = pl.col("occurred_at").filter(pl.col("time_precision") != "order")
    now = (
        pl.concat([answers, others])
        .group_by("learner_key")
        .agg(
            events=pl.len().cast(pl.Int64),
            answers=pl.col("answers").sum(),
            first_event_at=clocked.min(),
            last_event_at=clocked.max(),
            clock=_best_clock(pl.col("time_precision")),
            courses=pl.col("course_id").drop_nulls().unique(),
        )
    )
    return (
        pl.concat([now, activity.earlier.select(now.columns)], how="vertical_relaxed")
        .group_by("learner_key")
        .agg(
            pl.col("events", "answers").sum(),
            pl.col("first_event_at").min(),
            pl.col("last_event_at").max(),
            clock=_best_clock(pl.col("clock")),
            courses=pl.col("courses").explode().drop_nulls().unique().sort(),
        )
    )


def _best_clock(precision: pl.Expr) -> pl.Expr:
    return (
        pl.when((precision == "exact").any())
        .then(pl.lit("exact"))
        .when((precision == "day").any())
        .then(pl.lit("day"))
        .otherwise(pl.lit("order"))
    )


def numbers(names: pl.Series, known: list[str]) -> pl.Series:
    """The place of each name among the known ones."""
    return names.cast(pl.Enum(known)).to_physical().cast(pl.Int64)


def pair_up(activity: Activity, card_of_answer: Index) -> Pairs:
    """Every (learner, topic, item) that has an answer; an answer counts for each of its topics and for OVERALL."""
    answers = activity.answers
    by_topic = answers.select("topic_ids").with_row_index("answer").explode("topic_ids").drop_nulls("topic_ids")
    rows = np.arange(answers.height, dtype=np.int64)
    answer = np.concatenate((rows, by_topic["answer"].to_numpy().astype(np.int64)))
    topic = np.concatenate(
        (np.zeros(len(rows), dtype=np.int64), numbers(by_topic["topic_ids"], activity.topics).to_numpy())
    )
    group_key = answers["learner"].to_numpy()[answer] * len(activity.topics) + topic
    key = group_key * (int(card_of_answer.max(initial=0)) + 1) + card_of_answer[answer]
    order = np.lexsort((answer, key))
    answer, group_key = answer[order], group_key[order]
    starts, counts = runs(key[order])
    group_starts, pairs_per_group = runs(group_key[starts])
    group_keys = group_key[starts][group_starts]
    return Pairs(
        group=np.repeat(np.arange(len(group_keys)), pairs_per_group),
        card=card_of_answer[answer[starts]],
        starts=starts,
        counts=counts,
        answer=answer,
        group_learner=group_keys // len(activity.topics),
        group_topic=group_keys % len(activity.topics),
    )


def group_of(learner: Index, topic: Index, pairs: Pairs, topics: int) -> Index:
    """Number of the group of each (learner, topic), -1 where the learner has no answer on the topic."""
    wanted = learner * topics + topic
    keys = pairs.group_learner * topics + pairs.group_topic
    at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    return np.where(keys[at] == wanted, at, -1) if len(keys) else np.full(len(wanted), -1)


def _valid(rows: pl.DataFrame, as_of_us: int) -> pl.DataFrame:
    return (
        rows.filter(pl.col("occurred_at") <= instant_of(as_of_us), pl.col("learner_key").is_not_null())
        .sort("learner_key", "occurred_at", "event_id", *_tie_breakers(rows))
        .unique(["learner_key", "event_id"], keep="first", maintain_order=True)
        .with_columns(pl.col("time_precision").fill_null("exact"))
    )


def _topic_set() -> pl.Expr:
    """The topics of a row, each once; the name of the pseudo-topic is no topic."""
    topics = pl.col("topic_ids").fill_null([]).list.drop_nulls().list.unique(maintain_order=True)
    return topics.list.filter(pl.element() != OVERALL)


def _tie_breakers(rows: pl.DataFrame) -> list[str]:
    """Columns that decide which of two differing rows of one event_id comes first."""
    return [
        name for name in ("question_id", "score", "event_name", "material_id", "session_id") if name in rows.columns
    ]


def _placed(rows: pl.DataFrame, learners: pl.DataFrame) -> pl.DataFrame:
    """The rows with learner number, local date, microseconds and whether they have a clock."""
    found = rows.join(learners, on="learner_key", how="left", maintain_order="left").with_columns(
        at=pl.col("occurred_at").dt.epoch("us"), clocked=pl.col("time_precision") != "order"
    )
    return with_local_date(found)
