"""Evaluated table `mastery`: estimate, components, trend and projection of every topic in scope."""

from __future__ import annotations

import numpy as np

from akademos.analytics.cohort_shrinkage import shrunk
from akademos.analytics.curriculum import Curriculum
from akademos.analytics.evaluated_tables import Columns
from akademos.analytics.forgetting import NEVER
from akademos.analytics.group_mastery import GroupMastery
from akademos.analytics.mastery import interval_of, levels
from akademos.analytics.projection import project
from akademos.analytics.schemas import OVERALL
from akademos.analytics.state_arrays import Floats, StateArrays, date_of
from akademos.analytics.trend import trend
from akademos.analytics.weekly_points import WeeklyPoints, last_weeks


def scope_of(arrays: StateArrays, curriculum: Curriculum) -> list[list[str]]:
    """Topics in the scope of each learner, without OVERALL."""
    facts = zip(arrays.texts("profile", "courses"), arrays.texts("profile", "exam_id"), strict=True)
    return [
        curriculum.scope(courses, arrays.topic_ids[arrays.first_group[n] + 1 : arrays.first_group[n + 1]], exam_id)
        for n, (courses, exam_id) in enumerate(facts)
    ]


def mastery_table(
    arrays: StateArrays,
    found: GroupMastery,
    points: WeeklyPoints,
    scopes: list[list[str]],
    curriculum: Curriculum,
) -> Columns:
    """Table `mastery`: OVERALL and every topic in scope, of every learner."""
    params = arrays.params
    groups = len(arrays.group_learner)
    topic_ids = [topic for scope in scopes for topic in (OVERALL, *scope)]
    learner = np.repeat(np.arange(len(scopes)), [1 + len(scope) for scope in scopes])
    group = np.array(
        [place for n, scope in enumerate(scopes) for place in _places(arrays, n, (OVERALL, *scope))], dtype=np.int64
    )

    def take(values: Floats) -> Floats:
        return np.append(values, np.nan)[group]

    value = found.spread(found.estimates.value)
    recall_low, recall_high = interval_of(
        found.estimates.recall_replicates, found.estimates.components[2], params.mastery.interval
    )
    components = [found.spread(part) for part in found.estimates.components]
    weights = [np.append(part, 0.0)[found.row] for part in found.estimates.weights]
    answers = np.append(arrays.answers, 0)[group]
    status = np.select(
        [answers == 0, answers < params.mastery.answers_min], ["no_data", "not_enough_data"], "ok"
    ).tolist()

    clocked = arrays.flags("recent", "clocked")
    trends = trend(
        group=arrays.group_of("recent")[clocked],
        at_us=arrays.integers("recent", "occurred_at")[clocked],
        day=arrays.integers("recent", "date")[clocked],
        residual=(arrays.floats("recent", "score") - arrays.floats("recent", "expected"))[clocked],
        groups=groups,
        as_of_us=arrays.now,
        params=params.trend,
    )
    clock = np.append(arrays.has_clock(), False)[learner]  # of each row
    timeless = ~clock & (answers > 0)
    trend_status = np.append(trends.status, "not_enough_data").astype(object)[group]
    trend_status[timeless] = "needs_clock"

    projections = project(
        value,
        last_weeks(arrays, points, params.trend.projection_weeks + 1),
        params.mastery.mastered_from,
        params.mastery.interval,
        params.trend,
    )
    projected = np.append(projections.status, "not_enough_data").astype(object)[group]
    reason = np.append(projections.reason, "There is no estimate of mastery yet.").astype(object)[group]
    reached = take(projections.days) == 0
    projected[timeless & ~reached] = "needs_clock"
    reason[timeless & ~reached] = "The source knows no dates, so there is no pace."
    days = take(projections.days)
    today = arrays.today[learner]
    known = [curriculum.topics.get(topic) for topic in topic_ids]
    current = take(value)
    expected = take(arrays.floats("topics", "expected"))

    def towards_cohort(values: Floats) -> Floats:
        return shrunk(values, answers, expected, params.cohort.difficulty_prior_answers)

    return {
        "learner_key": [arrays.keys[n] for n in learner.tolist()],
        "topic_id": topic_ids,
        "name": [
            topic.name if topic else "All topics" if topic_id == OVERALL else topic_id
            for topic, topic_id in zip(known, topic_ids, strict=True)
        ],
        "parent_id": [topic.parent_id if topic else None for topic in known],
        "course_id": [topic.course_id if topic else None for topic in known],
        "status": status,
        "value": current,
        "low": take(found.spread(found.estimates.low)),
        "high": take(found.spread(found.estimates.high)),
        "level": levels(current, params.mastery),
        "shrunk": towards_cohort(current),
        "shrunk_low": towards_cohort(take(found.spread(found.estimates.low))),
        "shrunk_high": towards_cohort(take(found.spread(found.estimates.high))),
        "answers": answers,
        "items": np.append(arrays.items, 0)[group],
        "first_attempt_accuracy": take(components[0]),
        "overall_accuracy": take(components[1]),
        "retrieval_strength": take(components[2]),
        "retrieval_low": take(found.spread(recall_low)),
        "retrieval_high": take(found.spread(recall_high)),
        "material_completion": take(components[3]),
        "first_attempt_weight": np.append(weights[0], 0.0)[group],
        "overall_weight": np.append(weights[1], 0.0)[group],
        "retrieval_weight": np.append(weights[2], 0.0)[group],
        "material_weight": np.append(weights[3], 0.0)[group],
        "first_answer_at": np.append(arrays.instants("topics", "first_answer_at"), NEVER)[group],
        "last_answer_at": np.append(arrays.instants("topics", "last_answer_at"), NEVER)[group],
        "trend_status": trend_status.tolist(),
        "trend_slope": take(trends.slope),
        "trend_low": take(trends.low),
        "trend_high": take(trends.high),
        "trend_p_value": take(trends.p_value),
        "trend_answers": np.append(trends.answers, 0)[group],
        "projection_status": projected.tolist(),
        "projection_date": [
            None if np.isnan(ahead) else date_of(day + int(ahead))
            for day, ahead in zip(today.tolist(), days.tolist(), strict=True)
        ],
        "projection_days": days,
        "projection_low_days": take(projections.low_days),
        "projection_high_days": take(projections.high_days),
        "projection_reason": reason.tolist(),
    }


def _places(arrays: StateArrays, learner: int, topics: tuple[str, ...]) -> list[int]:
    """Group of each topic of a learner, -1 for a topic without answers."""
    begin, end = int(arrays.first_group[learner]), int(arrays.first_group[learner + 1])
    places = {topic: begin + n for n, topic in enumerate(arrays.topic_ids[begin:end])}
    return [places.get(topic, -1) for topic in topics]
