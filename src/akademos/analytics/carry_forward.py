"""What stays of events whose retention ends: counts and the state of the schedulers, per learner, nothing else.

Question: what do later answers need of answers and interactions that are about to be deleted? Kept are, by item and set
of topics, how many answers there were, the sums of scores and of correct ones, the score of the first attempt and when
the first and the last one were; of each item the memory that its reviews left (stability, difficulty, interval of the
rule, last review); which materials were touched and completed, and the seconds with them; how often answers took how
long, wrong and correct ones apart, since grades rest on the learner's own percentiles; and how many events there were
since when. No order of answers, no single answer, no text, no session is kept.

Law (tests/analytics/test_carry_forward.py): computing a state from what was carried and the later events gives the same
counts, memory, mastery, reviews and gaps as computing it from all events, as long as the instant asked for lies behind
the longest window (half a year) after what was carried. Carrying in two steps gives what one step gives.

Caveats: later weights of FSRS step the later reviews only. What rests on single answers forgets the old ones: the
knowledge-tracing forecast, and, of answers without a clock, the failure rate of the last twenty.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import polars as pl

from akademos.analytics.attempts import CARRIED, Activity, activity_facts, read_activity
from akademos.analytics.carried import COMPLETED, times_of, told
from akademos.analytics.clock import microseconds
from akademos.analytics.forgetting import NEVER, CardMemory, card_memory
from akademos.analytics.memory_weights import weights_in_force
from akademos.analytics.parameters import DEFAULT, Parameters
from akademos.analytics.schemas import INPUT, TIME, conform

ALWAYS = microseconds(datetime(9000, 1, 1, tzinfo=UTC))
"""Behind every event: what goes is carried, whatever its time."""


def carry_forward(tables: Mapping[str, pl.DataFrame], params: Parameters = DEFAULT) -> dict[str, pl.DataFrame]:
    """The tables `attempts.CARRIED` of every learner in the given ones.

    Args:
        tables: `question_attempts`, `material_interactions` and `study_events` that are about to go, `carried_*` of
            what went before, and the weights in force (`memory_weights`, `cohort_memory_weights`).
        params: parameters; the states must be computed with the same ones.

    Raises:
        InputError: a table is malformed (`table_malformed`).
    """
    activity = read_activity(tables, ALWAYS, params)
    weights = weights_in_force(activity.learners["learner_key"], tables, params)
    memory = card_memory(activity, weights.values, params.forgetting)
    earlier = conform(tables.get("carried_times"), "carried_times")
    found = {
        "carried_answers": _answers(activity, memory),
        "carried_materials": _materials(activity),
        "carried_times": _times(activity, earlier),
        "carried_learners": activity_facts(activity),
    }
    return {name: _declared(found[name], name) for name in sorted(CARRIED)}


def _declared(table: pl.DataFrame, name: str) -> pl.DataFrame:
    schema = INPUT[name]
    return table.select(schema.names()).cast(dict(schema)).sort(schema.names()[:2], maintain_order=True)  # type: ignore[arg-type]


def _answers(activity: Activity, memory: CardMemory) -> pl.DataFrame:
    """By learner, item and set of topics; the memory of an item stands in the row of its first answer."""
    answers = activity.answers.with_columns(
        card=pl.Series(memory.card_of_answer, dtype=pl.Int64), topic_ids=pl.col("topic_ids").list.sort()
    )
    rows = (
        answers.group_by("card", "topic_ids", maintain_order=True)
        .agg(
            pl.col("learner_key", "question_id").first(),
            pl.col("first").first(),
            answers=pl.col("weight").sum(),
            score=pl.col("total").sum(),
            correct=pl.col("right").sum(),
            first_answer_at=pl.col("occurred_at").min(),
            last_answer_at=pl.col("ended_at").max(),
            clocked=pl.col("clocked").any(),
        )
        .sort("card", "first_answer_at", maintain_order=True)
    )
    last = memory.answers[memory.starts + memory.counts - 1]
    cards = pl.DataFrame(
        [
            pl.int_range(len(memory.learner), eager=True, dtype=pl.Int64).alias("card"),
            activity.answers["correct"].gather(last).alias("last_correct"),
            pl.Series("last_review", memory.last_review, dtype=pl.Int64).replace(NEVER, None).cast(TIME),
            pl.Series("reviews", memory.reviews, dtype=pl.Int64),
            pl.Series("stability", memory.stability, dtype=pl.Float64, nan_to_null=True),
            pl.Series("difficulty", memory.difficulty, dtype=pl.Float64, nan_to_null=True),
            pl.Series("rule_interval", memory.rule_interval, dtype=pl.Int64),
        ]
    )
    opens = pl.int_range(pl.len()).over("card") == 0
    brought = ["last_review", "reviews", "stability", "difficulty", "rule_interval"]
    return (
        rows.join(cards, on="card", how="left", maintain_order="left")
        .with_columns(
            pl.when(opens, pl.col("last_review").is_not_null()).then(pl.col(name)).alias(name) for name in brought
        )
        .rename({"first": "first_score"})
    )


def _materials(activity: Activity) -> pl.DataFrame:
    return (
        activity.interactions.filter(pl.col("material_id").is_not_null())
        .sort("learner_key", "material_id", pl.col("duration_seconds").round(3))
        .group_by("learner_key", "material_id", maintain_order=True)
        .agg(
            completed=(pl.col("event_name") == COMPLETED).any(),
            seconds=pl.when(pl.col("duration_seconds") > 0).then(pl.col("duration_seconds").round(3)).sum(),
        )
        .with_columns(seconds=pl.when(pl.col("seconds") > 0).then("seconds"))
    )


def _times(activity: Activity, earlier: pl.DataFrame) -> pl.DataFrame:
    timed = told(activity.answers).select("learner_key", "correct", "duration_seconds").drop_nulls("duration_seconds")
    return (
        pl.concat([timed, times_of(earlier)])
        .group_by("learner_key", "correct", seconds="duration_seconds")
        .agg(answers=pl.len())
        .sort("learner_key", "correct", "seconds")
    )


def covers(cutoffs: Mapping[str, object]) -> pl.Expr:
    """Of rows with event_name and retention_from: whether they were due at these cutoffs (event_name to instant)."""
    due = pl.lit(value=False)
    for name, cutoff in cutoffs.items():
        due = due | ((pl.col("event_name") == name) & (pl.col("retention_from") < pl.lit(cutoff, TIME)))
    return due
