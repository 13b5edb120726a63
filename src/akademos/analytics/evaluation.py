"""The light step: from a state and an instant to the evaluated tables (see `learner_state`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from math import isnan

import numpy as np
import polars as pl

from akademos.analytics.curriculum import Curriculum
from akademos.analytics.evaluated_schemas import EVALUATED, tables_of
from akademos.analytics.evaluated_tables import Columns, EvaluatedTables
from akademos.analytics.exam_readiness import ServedScore, readiness_tables
from akademos.analytics.fading import faded, kept_share
from akademos.analytics.forgetting import mean_recall, retrievability_at
from akademos.analytics.gap_tables import gap_tables
from akademos.analytics.group_mastery import GroupMastery, group_mastery
from akademos.analytics.hierarchy import roll_up
from akademos.analytics.mastery_tables import mastery_table, scope_of
from akademos.analytics.next_answer import DECIMALS
from akademos.analytics.parameters import Parameters
from akademos.analytics.review_tables import (
    calendar_table,
    curves_table,
    recent_reviews_table,
    reviews_table,
    schedulers_table,
    topic_items_table,
)
from akademos.analytics.rhythm import rhythm
from akademos.analytics.schemas import STATE, TIME
from akademos.analytics.state_arrays import StateArrays, date_of, read_state
from akademos.analytics.study_tables import study_tables
from akademos.analytics.weekly_points import history_table, weekly_points


def evaluate_state(
    state: Mapping[str, pl.DataFrame],
    curriculum: Curriculum,
    as_of: datetime,
    params: Parameters,
    parts: Collection[str],
    score: ServedScore | None = None,
) -> EvaluatedTables:
    """See `learner_state.evaluate`."""
    wanted = tables_of(parts)
    arrays = read_state(state, as_of, params)
    found: dict[str, Columns] = {"learner": _learner_table(arrays)}
    of_gaps, of_readiness = {"gaps", "gap_graph"} & set(parts), {"readiness", "readiness_details"} & set(parts)
    if of_gaps or of_readiness or {"mastery", "hierarchy"} & set(parts):
        mastery, scopes = group_mastery(arrays), scope_of(arrays, curriculum)
        points = weekly_points(arrays) if of_gaps or of_readiness or "mastery" in parts else None
        if of_readiness and points is not None:
            found |= readiness_tables(
                arrays, mastery, points, curriculum, score, details="readiness_details" in of_readiness
            )
        if "mastery" in parts and points is not None:
            found["mastery"] = mastery_table(arrays, mastery, points, scopes, curriculum)
            found["history"] = history_table(arrays, points, mastery)
            found["next_answers"] = _next_answers_table(arrays)
        if "hierarchy" in parts:
            found["hierarchy"] = _hierarchy_table(arrays, mastery, scopes, curriculum)
        if of_gaps and points is not None:
            found |= gap_tables(arrays, mastery, points, scopes, curriculum, graph="gap_graph" in of_gaps)
    if "reviews" in parts:
        found["reviews"] = reviews_table(arrays, curriculum)
        found["calendar"] = calendar_table(arrays)
        found["schedulers"] = schedulers_table(arrays)
    if "curves" in parts:
        found["curves"] = curves_table(arrays)
        found["recent_reviews"] = recent_reviews_table(arrays)
    if "items" in parts:
        found["topic_items"] = topic_items_table(arrays)
    if "rhythm" in parts:
        found["rhythm"], found["days"] = _rhythm_tables(arrays)
    found |= study_tables(arrays, parts)
    return EvaluatedTables({name: found[name] for name in wanted})


def _next_answers_table(arrays: StateArrays) -> Columns:
    """Table `next_answers`: the state's own values, faded since the last answer on the topic."""
    groups = arrays.group_of("next_answers")
    told = arrays.floats("next_answers", "probability")
    last = arrays.instants("topics", "last_answer_at")[arrays.row_group]
    card = arrays.row_card
    then = retrievability_at(last, arrays.last_review[card], arrays.stability[card], arrays.decay[card])
    now, before = (mean_recall(recall, arrays.row_starts)[groups] for recall in (arrays.recall[card], then))
    probability = np.round(faded(told, kept_share(now, before), arrays.params.forgetting.guess), DECIMALS)
    return {
        "learner_key": arrays.keys_of(groups),
        "topic_id": arrays.topics_of(groups),
        "probability": probability,
        "at_last_answer": told,
    }


def _hierarchy_table(
    arrays: StateArrays, mastery: GroupMastery, scopes: list[list[str]], curriculum: Curriculum
) -> Columns:
    """Table `hierarchy`, of every learner."""
    rows: list[Columns] = []
    exams = arrays.texts("profile", "exam_id")
    for n, scope in enumerate(scopes):
        begin, end = int(arrays.first_group[n]), int(arrays.first_group[n + 1])
        of_topic = {
            arrays.topic_ids[group]: int(mastery.row[group])
            for group in range(begin + 1, end)
            if mastery.row[group] >= 0
        }
        used = np.array(list(of_topic.values()), dtype=np.int64)
        nodes = roll_up(
            scope,
            {topic: place for place, topic in enumerate(of_topic)},
            mastery.estimates.value[used],
            mastery.estimates.replicates[used],
            curriculum,
            curriculum.weights(exams[n]),
            arrays.params.gaps.exam_weight_default,
            arrays.params.mastery.interval,
        )
        known = [curriculum.topics.get(topic) for topic in nodes.topic_id]
        rows.append(
            {
                "learner_key": [arrays.keys[n]] * len(known),
                "topic_id": nodes.topic_id,
                "parent_id": [topic.parent_id if topic else None for topic in known],
                "name": [curriculum.name(topic) for topic in nodes.topic_id],
                "depth": nodes.depth,
                "status": ["no_data" if isnan(value) else "ok" for value in nodes.value.tolist()],
                "value": nodes.value,
                "low": nodes.low,
                "high": nodes.high,
                "weight": nodes.weight,
                "children": nodes.children,
            }
        )
    if len(rows) == 1:
        return rows[0]
    return {
        name: [value for columns in rows for value in columns[name]]
        if name not in ("value", "low", "high")
        else np.concatenate([columns[name] for columns in rows] or [np.empty(0)])
        for name in EVALUATED["hierarchy"]
    }


def _rhythm_tables(arrays: StateArrays) -> tuple[Columns, Columns]:
    """Tables `rhythm` and `days`."""
    learner, number = arrays.learner_of("days"), arrays.integers("days", "date")
    edges = np.searchsorted(learner, np.arange(len(arrays.keys) + 1)).tolist()
    answers, correct = arrays.integers("days", "answers"), arrays.integers("days", "correct")
    score = arrays.floats("days", "score")
    rows = []
    for n, key in enumerate(arrays.keys):
        own, today = slice(edges[n], edges[n + 1]), int(arrays.today[n])
        counts = rhythm(number[own], today)
        last = edges[n + 1] - 1
        is_today = edges[n] <= last and int(number[last]) == today
        given = int(answers[last]) if is_today else 0
        clock = arrays.clocks[n]
        rows.append(
            {
                "learner_key": key,
                "status": {"order": "needs_clock", "none": "no_data"}.get(clock, "ok"),
                "today": date_of(today),
                "today_answers": given,
                "today_correct": int(correct[last]) if is_today else 0,
                "today_accuracy": float(score[last]) / given if given else None,
                **{name: getattr(counts, name) for name in counts.__slots__},
            }
        )
    shown = number > arrays.today[learner] - arrays.params.rhythm.daily_days
    return (
        {name: [row[name] for row in rows] for name in EVALUATED["rhythm"]},
        {
            "learner_key": [arrays.keys[n] for n in learner[shown].tolist()],
            "date": number[shown],
            "answers": answers[shown],
            "interactions": arrays.integers("days", "interactions")[shown],
        },
    )


def _learner_table(arrays: StateArrays) -> Columns:
    """Table `learner`: the profile, with the instant of the evaluation beside that of the state."""
    columns: Columns = {
        name: arrays.instants("profile", name) if dtype == TIME else arrays.texts("profile", name)
        for name, dtype in STATE["profile"].items()
    }
    columns["precomputed_as_of"] = columns["as_of"]
    columns["as_of"] = np.full(len(arrays.keys), arrays.now)
    return columns
