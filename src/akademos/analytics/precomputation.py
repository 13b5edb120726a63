"""The heavy step: from answers and interactions to the state of every learner (see `learner_state`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.attempts import Activity, Pairs, activity_facts, group_of, numbers, pair_up, read_activity
from akademos.analytics.carried import told
from akademos.analytics.clock import DAY_US, microseconds
from akademos.analytics.forgetting import NEVER, CardMemory, card_memory, topic_due
from akademos.analytics.history import daily_curves, overall_group, weekly_history
from akademos.analytics.history_reuse import fingerprints, reuse_history, with_reused
from akademos.analytics.item_difficulty import expected_scores
from akademos.analytics.material_completion import Contacts, completed_materials, material_contacts
from akademos.analytics.memory_weights import weights_in_force
from akademos.analytics.next_answer import ServedTracing
from akademos.analytics.pace import ITEM, MATERIAL, answer_times, material_times, own_medians
from akademos.analytics.parameters import Parameters
from akademos.analytics.recommendation_standing import last_of_each
from akademos.analytics.resampling import name_hash
from akademos.analytics.rounds import Index, runs
from akademos.analytics.schemas import STATE, TIME, conform
from akademos.analytics.study_state import study_state
from akademos.analytics.traced_answers import trace_answers

Floats = npt.NDArray[np.float64]
_STEPS = float(1 << 20)


def precompute_state(
    tables: Mapping[str, pl.DataFrame],
    as_of: datetime,
    params: Parameters,
    previous: Mapping[str, pl.DataFrame] | None,
    tracing: ServedTracing | None = None,
) -> dict[str, pl.DataFrame]:
    """See `learner_state.precompute`."""
    as_of_us = microseconds(as_of)
    activity = read_activity(tables, as_of_us, params)
    weights = weights_in_force(activity.learners["learner_key"], tables, params)
    memory = card_memory(activity, weights.values, params.forgetting)
    pairs = pair_up(activity, memory.card_of_answer)
    materials = conform(tables.get("materials"), "materials")
    contacts = material_contacts(activity, pairs, materials, params.mastery.opened_share)
    keys = activity.learners["learner_key"]
    names = name_hash(keys.to_list()), name_hash(activity.topics)
    row_of_group = np.arange(len(pairs.group_learner)) - overall_group(pairs)
    reuse = reuse_history(previous, activity, pairs, as_of_us, materials, weights.values, params)
    fresh = weekly_history(activity, memory, pairs, contacts, names, as_of_us, reuse.needed_from, params)
    past = with_reused(fresh, reuse)
    until = np.full(activity.learners.height, as_of_us)
    curves = daily_curves(activity, memory, pairs, as_of_us, params)
    known = conform(tables.get("item_difficulty"), "item_difficulty")
    expected, difficulty_version = expected_scores(activity.answers, known)
    recent = _recent(activity, pairs, row_of_group, expected, as_of_us, params)

    def by_group(group: Index) -> dict[str, Any]:
        return {"learner_key": keys.gather(pairs.group_learner[group]), "topic": row_of_group[group]}

    state: dict[str, Mapping[str, Any] | pl.DataFrame] = {
        "profile": _profile(activity, tables, as_of_us, difficulty_version, params).with_columns(
            fingerprint=pl.Series(fingerprints(activity, until, materials, weights.values, params), dtype=pl.UInt64),
            tracing_model=pl.lit(None if tracing is None else tracing.version, dtype=pl.Int64),
            **weights.columns(),
        ),
        "cards": _cards(activity, memory),
        "topics": _topics(activity, memory, pairs, contacts, params)
        | {"expected": _expected(pairs, expected if known.height else None)},
        "card_topics": _card_topics(activity, memory, pairs, row_of_group),
        "history": {
            **by_group(past.group),
            "date": past.day,
            "value": past.value,
            "low": past.low,
            "high": past.high,
            "retrieval": past.retrieval,
            "answers": past.answers,
        },
        "curves": {**by_group(curves.group), "date": curves.day, "value": curves.value},
        "recent": recent,
        "next_answers": _next_answers(activity, pairs, row_of_group, tracing),
        "days": _days(activity),
        "materials": contacts.opened,
        "recommended": last_of_each(tables.get("recommendation_events"), keys, as_of_us),
        **study_state(*_told(activity, expected), materials, params),
    }
    return {name: _framed(columns, STATE[name]) for name, columns in state.items()}


def _framed(columns: Mapping[str, Any] | pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """A frame of the declared types: instants and dates may come as numbers, NEVER and NaN are null."""
    if isinstance(columns, pl.DataFrame):
        return columns.select(schema.names()).cast(dict(schema))  # type: ignore[arg-type]  # polars types narrower
    series = []
    for name, dtype in schema.items():
        values = pl.Series(name, columns[name], nan_to_null=True)
        if dtype == TIME and values.dtype == pl.Int64:
            values = values.replace(NEVER, None)
        elif dtype == pl.Date and values.dtype == pl.Int64:
            values = values.cast(pl.Int32)
        series.append(values.cast(dtype))
    return pl.DataFrame(series)


def _cards(activity: Activity, memory: CardMemory) -> dict[str, Any]:
    answers = activity.answers
    order, starts = memory.answers, memory.starts
    last = order[starts + memory.counts - 1]
    score, weight = answers["total"].to_numpy()[order], answers["weight"].to_numpy()[order]
    ended = answers["ended"].to_numpy()[order]
    return {
        "learner_key": activity.learners["learner_key"].gather(memory.learner),
        "question_id": pl.Series(activity.questions, dtype=pl.String).gather(memory.question),
        "attempts": _sums(weight, starts),
        "correct": _sums(answers["right"].to_numpy()[order], starts),
        "score": _sums(score, starts),
        "first_score": answers["first"].fill_null(np.nan).to_numpy()[order[starts]],
        "last_correct": answers["correct"].to_numpy()[last],
        "last_answer_at": np.maximum.reduceat(ended, starts) if len(starts) else ended,
        "last_review": memory.last_review,
        "reviews": memory.reviews,
        "stability": memory.stability,
        "difficulty": memory.difficulty,
        "due_at": memory.due,
        "rule_interval": memory.rule_interval,
        "rule_due_at": memory.rule_due,
    }


def _topics(
    activity: Activity, memory: CardMemory, pairs: Pairs, contacts: Contacts, params: Parameters
) -> dict[str, Any]:
    starts, items = runs(pairs.group)
    groups = len(starts)
    # Answers of one pair follow each other in time.
    first = activity.answers["at"].to_numpy()[pairs.answer[pairs.starts]]
    ended = activity.answers["ended"].to_numpy()[pairs.answer]
    last = np.maximum.reduceat(ended, pairs.starts) if groups else ended
    answers = _sums(activity.answers["weight"].to_numpy()[pairs.answer], pairs.starts)
    completed, existing = completed_materials(contacts, groups), contacts.existing.astype(np.float64)
    overall = overall_group(pairs)
    for amounts in (completed, existing):
        np.add.at(amounts, overall, np.where(overall == np.arange(groups), 0.0, amounts))
    due = topic_due(
        memory.last_review[pairs.card],
        memory.stability[pairs.card],
        memory.decay[pairs.card],
        starts,
        params.forgetting,
    )
    return {
        "learner_key": activity.learners["learner_key"].gather(pairs.group_learner),
        "topic_id": pl.Series(activity.topics, dtype=pl.String).gather(pairs.group_topic),
        "answers": _sums(answers, starts),
        "items": items,
        "first_answer_at": np.minimum.reduceat(first, starts) if groups else first,
        "last_answer_at": np.maximum.reduceat(last, starts) if groups else last,
        "completed": completed,
        "materials": existing.astype(np.int64),
        "due_at": due,
    }


def _expected(pairs: Pairs, expected: Floats | None) -> Floats:
    """Per group, the mean over its items of what the cohort scores; NaN where that is not known. Exact in any order."""
    starts, items = runs(pairs.group)
    if expected is None:
        return np.full(len(starts), np.nan)
    of_item = np.rint(expected[pairs.answer[pairs.starts]] * _STEPS) / _STEPS
    return np.asarray(_sums(of_item, starts) / items)


def _card_topics(activity: Activity, memory: CardMemory, pairs: Pairs, row_of_group: Index) -> dict[str, Any]:
    learner_starts, cards = runs(memory.learner)
    row_of_card = np.arange(len(memory.learner)) - np.repeat(learner_starts, cards)
    score, weight = (activity.answers[name].to_numpy()[pairs.answer] for name in ("total", "weight"))
    first = activity.answers["first"].fill_null(np.nan).to_numpy()[pairs.answer[pairs.starts]]
    kept = row_of_group[pairs.group] > 0  # OVERALL is row 0 and equals the cards
    return {
        "learner_key": activity.learners["learner_key"].gather(pairs.group_learner[pairs.group[kept]]),
        "topic": row_of_group[pairs.group[kept]],
        "card": row_of_card[pairs.card[kept]],
        "attempts": _sums(weight, pairs.starts)[kept],
        "score": _sums(score, pairs.starts)[kept],
        "first_score": first[kept],
    }


def _recent(
    activity: Activity,
    pairs: Pairs,
    row_of_group: Index,
    expected: Floats,
    as_of_us: int,
    params: Parameters,
) -> dict[str, Any]:
    """Answers within the longest window before `as_of`, and the last ones of each topic whatever their age."""
    answers = activity.answers
    at = answers["at"].to_numpy()
    group = np.repeat(pairs.group, pairs.counts)
    order = np.lexsort((pairs.answer, group))  # answers are numbered in time
    answer, group = pairs.answer[order], group[order]
    starts, counts = runs(group)
    from_end = np.repeat(starts + counts, counts) - np.arange(len(group))
    window = max(params.trend.window_days, params.gaps.recent_days, params.forgetting.curve_days)
    clocked = answers["clocked"].to_numpy()
    kept = ~answers["carried"].to_numpy()[answer]
    kept &= (from_end <= params.gaps.recent_answers) | (clocked[answer] & (at[answer] > as_of_us - window * DAY_US))
    answer, group = answer[kept], group[kept]
    return {
        "learner_key": activity.learners["learner_key"].gather(pairs.group_learner[group]),
        "topic": row_of_group[group],
        "occurred_at": at[answer],
        "date": answers["date"].gather(answer),
        "clocked": clocked[answer],
        "score": answers["score"].to_numpy()[answer],
        "expected": expected[answer],
    }


def _next_answers(
    activity: Activity, pairs: Pairs, row_of_group: Index, tracing: ServedTracing | None
) -> dict[str, Any]:
    """P(next answer correct) of every topic that the model knows."""
    keys = activity.learners["learner_key"]
    answers = told(activity.answers)
    if tracing is None or answers.is_empty():
        return {"learner_key": keys.clear(), "topic": [], "probability": []}
    traced = trace_answers(answers)
    learner, skill, chance = tracing.next_answers(traced)
    of_learner = numbers(pl.Series(traced.learners, dtype=pl.String), keys.to_list()).to_numpy()[learner]
    place = {topic: n for n, topic in enumerate(activity.topics)}
    of_topic = np.array([place[traced.skills[n]] for n in skill.tolist()], dtype=np.int64)
    topic = row_of_group[group_of(of_learner, of_topic, pairs, len(activity.topics))]
    order = np.lexsort((topic, of_learner))
    return {
        "learner_key": keys.gather(of_learner[order]),
        "topic": topic[order],
        "probability": chance[order],
    }


def _days(activity: Activity) -> pl.DataFrame:
    answered = (
        told(activity.answers)
        .filter("clocked")
        .group_by("learner_key", "date")
        .agg(
            answers=pl.len(),
            correct=pl.col("correct").sum(),
            score=pl.col("score").sum(),
        )
    )
    touched = activity.interactions.filter("clocked").group_by("learner_key", "date").agg(interactions=pl.len())
    return (
        answered.join(touched, on=["learner_key", "date"], how="full", coalesce=True)
        .with_columns(pl.col("answers", "correct", "score", "interactions").fill_null(0))
        .sort("learner_key", "date")
    )


def _profile(
    activity: Activity,
    tables: Mapping[str, pl.DataFrame],
    as_of_us: int,
    difficulty_version: str,
    params: Parameters,
) -> pl.DataFrame:
    facts = activity_facts(activity)
    enrolled = (
        conform(tables.get("enrolments"), "enrolments")
        .drop_nulls()
        .group_by("learner_key")
        .agg(enrolled=pl.col("course_id").unique())
    )
    targets = (
        conform(tables.get("learner_targets"), "learner_targets")
        .sort("target_date", "exam_id", nulls_last=True)
        .unique("learner_key", keep="first", maintain_order=True)
    )
    profile = activity.learners.select("learner_key", "time_zone")
    for other in (facts, enrolled, targets):
        profile = profile.join(other, on="learner_key", how="left", maintain_order="left")
    cohort = conform(tables.get("cohort_times"), "cohort_times")
    own_min = params.gaps.own_times_min
    return profile.with_columns(
        pl.col("clock").fill_null("none"),
        pl.col("events", "answers").fill_null(0),
        as_of=pl.lit(as_of_us).cast(TIME),
        courses=pl.concat_list(pl.col("courses", "enrolled").fill_null([])).list.unique().list.sort(),
        item_difficulty=pl.lit(difficulty_version),
        **_seconds("answer", own_medians(_answer_times(activity), own_min), cohort, ITEM),
        **_seconds("material", own_medians(material_times(activity.interactions), own_min), cohort, MATERIAL),
    )


def _answer_times(activity: Activity) -> pl.DataFrame:
    columns = ["learner_key", "duration_seconds"]
    return answer_times(pl.concat([activity.answers.select(columns), activity.earlier_times.select(columns)]))


def _told(activity: Activity, expected: Floats) -> tuple[Activity, Floats]:
    """The same of events only, without what was carried forward."""
    kept = (~activity.answers["carried"]).to_numpy()
    if kept.all() and not activity.interactions["carried"].any():
        return activity, expected
    events = replace(activity, answers=told(activity.answers), interactions=told(activity.interactions))
    return events, expected[kept]


def _seconds(prefix: str, own: Mapping[str, float], cohort: pl.DataFrame, kind: str) -> dict[str, pl.Expr]:
    shared = dict(cohort.select("kind", "median_seconds").iter_rows()).get(kind)
    key = pl.col("learner_key")
    mine = key.replace_strict(dict(own), default=None, return_dtype=pl.Float64)
    other = None if shared is None else "cohort"
    basis = pl.when(mine.is_not_null()).then(pl.lit("own")).otherwise(pl.lit(other, dtype=pl.String))
    return {
        f"{prefix}_seconds": pl.coalesce(mine, pl.lit(shared, dtype=pl.Float64)),
        f"{prefix}_seconds_basis": basis,
    }


def _sums(values: npt.NDArray[Any], starts: Index) -> npt.NDArray[Any]:
    return np.add.reduceat(values, starts) if len(starts) else values[:0]
