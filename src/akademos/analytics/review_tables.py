"""Evaluated tables about reviews: `reviews`, `calendar`, `schedulers`, `curves`, `recent_reviews`, `topic_items`."""

from __future__ import annotations

import numpy as np

from akademos.analytics.clock import DAY_US, day_end, local_day
from akademos.analytics.curriculum import Curriculum
from akademos.analytics.evaluated_tables import Columns
from akademos.analytics.forgetting import NEVER, mean_recall
from akademos.analytics.rounds import Index
from akademos.analytics.schemas import OVERALL
from akademos.analytics.state_arrays import StateArrays

_FORECAST_DAYS = (0, 1, 2, 3, 5, 7, 10, 14, 18, 22, 26, 30)


def reviews_table(arrays: StateArrays, curriculum: Curriculum) -> Columns:
    """Table `reviews`: retrieval strength and due items of every topic with clocked reviews."""
    strength = mean_recall(arrays.recall[arrays.row_card], arrays.row_starts)
    group = np.flatnonzero(~np.isnan(strength))
    due = (arrays.due <= arrays.now)[arrays.row_card]
    due_items = np.bincount(arrays.row_group, due, minlength=len(strength)).astype(np.int64)
    topic_ids = [arrays.topic_ids[one] for one in group.tolist()]
    target = arrays.params.forgetting.target_retention
    return {
        "learner_key": arrays.keys_of(group),
        "topic_id": topic_ids,
        "name": ["All topics" if topic == OVERALL else curriculum.name(topic) for topic in topic_ids],
        "status": np.where(strength[group] < target, "due", "fresh").tolist(),
        "retrieval_strength": strength[group],
        "items": arrays.items[group],
        "due_items": due_items[group],
        "due_at": arrays.instants("topics", "due_at")[group],
    }


def calendar_table(arrays: StateArrays) -> Columns:
    """Table `calendar`: cards due per local day, today (with what is overdue) and the days ahead."""
    days = arrays.params.forgetting.calendar_days + 1
    keys, dates, counts = [], [], []
    for n in np.flatnonzero(arrays.has_clock()).tolist():
        today = int(arrays.today[n])
        ends = [day_end(day, arrays.zones[n]) for day in range(today, today + days)]
        due = arrays.due[arrays.first_card[n] : arrays.first_card[n + 1]]
        place = np.searchsorted(ends, due[due != NEVER])
        counts.append(np.bincount(place, minlength=days)[:days])
        dates.append(np.arange(today, today + days))
        keys.extend([arrays.keys[n]] * days)
    return {"learner_key": keys, "date": _joined(dates), "due_items": _joined(counts)}


def schedulers_table(arrays: StateArrays) -> Columns:
    """Table `schedulers`: cards due, and when the next one is, by FSRS and by the quality-scaled interval rule."""
    learners = len(arrays.keys)

    def due_and_next(due: Index) -> tuple[Index, Index]:
        following = np.full(learners, NEVER)
        np.minimum.at(following, arrays.card_learner, np.where(due > arrays.now, due, NEVER))
        return np.bincount(arrays.card_learner[due <= arrays.now], minlength=learners), following

    by_fsrs = due_and_next(arrays.due)
    by_rule = due_and_next(arrays.instants("cards", "rule_due_at"))
    return {
        "learner_key": arrays.keys,
        "due_items": by_fsrs[0],
        "next_due_at": by_fsrs[1],
        "rule_due_items": by_rule[0],
        "rule_next_due_at": by_rule[1],
    }


def curves_table(arrays: StateArrays) -> Columns:
    """Table `curves`: retrieval strength at the ends of the last days, now, and forecast if nothing is answered."""
    window = arrays.params.forgetting.curve_days
    stored_group, stored_day = arrays.group_of("curves"), arrays.integers("curves", "date")
    kept = stored_day >= arrays.today[arrays.group_learner[stored_group]] - window
    group, day, value = [stored_group[kept]], [stored_day[kept]], [arrays.floats("curves", "value")[kept]]
    since = [local_day(at, zone) for at, zone in zip(arrays.computed.tolist(), arrays.zones, strict=True)]
    passed = int(max((arrays.today - since).max(initial=0), 0))
    for back in range(min(passed, window), 0, -1):
        days = arrays.today - back
        ends = np.array([day_end(d, z) for d, z in zip(days.tolist(), arrays.zones, strict=True)], dtype=np.int64)
        fresh = (days >= since)[arrays.group_learner]
        recall = arrays.recall_at(ends[:, None])[:, 0]
        mean = mean_recall(recall[arrays.row_card], arrays.row_starts)
        new = np.flatnonzero(fresh & ~np.isnan(mean))
        group.append(new)
        day.append(days[arrays.group_learner[new]])
        value.append(mean[new])
    past_group, past_day = np.concatenate(group), np.concatenate(day)
    past_at = _ends(arrays, arrays.group_learner[past_group], past_day)

    ahead = arrays.now + np.array(_FORECAST_DAYS, dtype=np.int64) * DAY_US
    instants_ahead = np.broadcast_to(ahead, (len(arrays.keys), len(ahead)))
    mean = mean_recall(arrays.recall_at(instants_ahead)[arrays.row_card].T, arrays.row_starts)  # (points, groups)
    next_group, point = np.nonzero(~np.isnan(mean.T))
    kind = np.where(point == 0, "now", "forecast")
    all_group = np.concatenate((past_group, next_group))
    all_at = np.concatenate((past_at, ahead[point]))
    order = np.lexsort((all_at, all_group))
    values = np.concatenate((np.concatenate(value), mean.T[next_group, point]))
    kinds = np.concatenate((np.full(len(past_group), "past"), kind))
    return {
        "learner_key": arrays.keys_of(all_group[order]),
        "topic_id": arrays.topics_of(all_group[order]),
        "at": all_at[order],
        "kind": kinds[order].tolist(),
        "value": values[order],
    }


def recent_reviews_table(arrays: StateArrays) -> Columns:
    """Table `recent_reviews`: clocked answers within the days that the curves show."""
    at = arrays.integers("recent", "occurred_at")
    shown = arrays.flags("recent", "clocked") & (at > arrays.now - arrays.params.forgetting.curve_days * DAY_US)
    group = arrays.group_of("recent")[shown]
    return {
        "learner_key": arrays.keys_of(group),
        "topic_id": arrays.topics_of(group),
        "at": at[shown],
        "correct": arrays.floats("recent", "score")[shown] >= arrays.params.mastery.correct_from,
    }


def topic_items_table(arrays: StateArrays) -> Columns:
    """Table `topic_items`: the memory of every item within every topic, OVERALL left out."""
    overall = np.zeros(len(arrays.group_learner), dtype=bool)
    overall[arrays.first_group[:-1][np.diff(arrays.first_group) > 0]] = True
    rows = np.flatnonzero(~overall[arrays.row_group])
    group, card = arrays.row_group[rows], arrays.row_card[rows]
    questions = arrays.texts("cards", "question_id")
    return {
        "learner_key": arrays.keys_of(group),
        "topic_id": arrays.topics_of(group),
        "question_id": [questions[one] for one in card.tolist()],
        "attempts": arrays.integers("cards", "attempts")[card],
        "correct": arrays.integers("cards", "correct")[card],
        "last_answer_at": arrays.instants("cards", "last_answer_at")[card],
        "retrievability": arrays.recall[card],
        "stability_days": arrays.stability[card],
        "difficulty": arrays.floats("cards", "difficulty")[card],
        "due_at": arrays.due[card],
    }


def _ends(arrays: StateArrays, learner: Index, day: Index) -> Index:
    """The last microsecond of each learner's local day."""
    known: dict[tuple[int, int], int] = {}
    for one in set(zip(learner.tolist(), day.tolist(), strict=True)):
        known[one] = day_end(one[1], arrays.zones[one[0]])
    return np.array([known[one] for one in zip(learner.tolist(), day.tolist(), strict=True)], dtype=np.int64)


def _joined(parts: list[Index]) -> Index:
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
