"""What an exam score is predicted from: one row of features a learner, about the topics of the target exam.

All are of the instant of the evaluation and rest on the learner's own answers before it. Shares are 0..1, weights those
of the exam. A topic counts as seen from one answer on, and has an estimate from 5 on (`mastery`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from akademos.analytics.ability import ability
from akademos.analytics.clock import DAY_US
from akademos.analytics.curriculum import Curriculum
from akademos.analytics.forgetting import NEVER, mean_recall
from akademos.analytics.group_mastery import GroupMastery
from akademos.analytics.rounds import Index
from akademos.analytics.state_arrays import Floats, StateArrays

FEATURES = (
    "mean_mastery",
    "known",
    "topics_mastered",
    "topics_weak",
    "coverage",
    "percent_correct",
    "first_attempt_accuracy",
    "accuracy_30d",
    "ability",
    "questions",
    "active_minutes",
    "days_since_start",
    "retention_due",
    "days_out",
)
"""Names of the columns.

mean_mastery: weighted mean of the topics with an estimate; known: the same with 0 for every other topic of the exam;
topics_mastered, topics_weak, coverage: weighted shares of the exam's topics that are mastered, weak, seen;
percent_correct, first_attempt_accuracy, accuracy_30d: mean scores over the exam's topics, of all answers, of first
attempts, of the last 30 days; ability: `ability` of the last 30 days' answers on all topics, logit; questions:
ln(1 + answers on the exam's topics); active_minutes: ln(1 + minutes) of active time in all study sessions
(`study_sessions`), without a clock an estimate: all answers and opened materials times the median time of each;
days_since_start: days since the first event; retention_due: weighted mean retrieval
strength of the topics that are due, of all when none is; days_out: days to the exam.
"""

RECENT_DAYS = 30


@dataclass(frozen=True, slots=True)
class ExamTopics:
    """The learners' target exams over the groups of a state.

    Attributes:
        exam_id: of each learner, None without a target.
        total: weight of all topics of the exam, 0 where the exam is unknown or weighs nothing.
        weight: per group, what the learner's exam gives its topic; 0 for others.
        days_out: per learner, local days from today to the exam, NaN without a date.
    """

    exam_id: list[str | None]
    total: Floats
    weight: Floats
    days_out: Floats

    def of(self, arrays: StateArrays, learner: int) -> slice:
        """The learner's groups."""
        return slice(int(arrays.first_group[learner]), int(arrays.first_group[learner + 1]))


def exam_topics(arrays: StateArrays, curriculum: Curriculum) -> ExamTopics:
    """Which groups count in whose exam."""
    exams: list[str | None] = arrays.texts("profile", "exam_id")
    weight = np.zeros(len(arrays.topic_ids))
    total = np.zeros(len(exams))
    for n, exam in enumerate(exams):
        weights = curriculum.weights(exam)
        total[n] = sum(weights.values())
        if total[n]:
            for group in range(int(arrays.first_group[n]), int(arrays.first_group[n + 1])):
                weight[group] = weights.get(arrays.topic_ids[group], 0.0)
    dates = np.array(arrays.texts("profile", "target_date"), dtype="datetime64[D]").astype(np.int64)
    missing = np.iinfo(np.int64).min
    days_out = np.where(dates == missing, np.nan, (dates - arrays.today).astype(np.float64))
    return ExamTopics(exams, total, weight, days_out)


def exam_features(arrays: StateArrays, found: GroupMastery, topics: ExamTopics) -> Floats:
    """(learners, features), NaN where there is nothing to tell a feature from."""
    params = arrays.params.mastery
    value = found.spread(found.estimates.value)
    known = ~np.isnan(value)
    strength = mean_recall(arrays.recall[arrays.row_card], arrays.row_starts)
    due = strength < arrays.params.forgetting.target_retention
    score, first, firsts = _row_sums(arrays)
    recent_score, recent_count = _recent(arrays)
    rows = np.full((len(arrays.keys), len(FEATURES)), np.nan)
    skill = _ability(arrays)
    minutes, since = _minutes(arrays), _since(arrays)
    for n in range(len(arrays.keys)):
        own = topics.of(arrays, n)
        weight, total = topics.weight[own], topics.total[n]
        if not total:
            continue
        counted = weight > 0
        held = np.where(known[own], value[own], 0.0)
        recalled = counted & ~np.isnan(strength[own])
        late = recalled & due[own]
        at = late if late.any() else recalled
        answers = float(arrays.answers[own][counted].sum())
        rows[n] = (
            _ratio((weight * held).sum(), (weight * known[own]).sum()),
            (weight * held).sum() / total,
            weight[known[own] & (value[own] >= params.mastered_from)].sum() / total,
            weight[known[own] & (value[own] < params.weak_below)].sum() / total,
            weight[arrays.answers[own] > 0].sum() / total,
            _ratio(score[own][counted].sum(), answers),
            _ratio(first[own][counted].sum(), firsts[own][counted].sum()),
            _ratio(recent_score[own][counted].sum(), recent_count[own][counted].sum()),
            skill[n],
            np.log1p(answers),
            np.log1p(minutes[n]),
            since[n],
            _ratio((weight * np.where(at, strength[own], 0.0)).sum(), weight[at].sum()),
            topics.days_out[n],
        )
    return rows


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else np.nan


def _row_sums(arrays: StateArrays) -> tuple[Floats, Floats, Floats]:
    """Per group: sum of scores, sum of first scores, number of known first scores."""
    seen = ~np.isnan(arrays.row_first)

    def total(amount: Floats) -> Floats:
        return np.bincount(arrays.row_group, amount, minlength=len(arrays.topic_ids)).astype(np.float64)

    return total(arrays.row_score), total(np.where(seen, arrays.row_first, 0.0)), total(seen.astype(np.float64))


def _inside(arrays: StateArrays) -> Index:
    """Rows of the recent answers of the last 30 days; without a clock nothing is recent."""
    since = arrays.now - RECENT_DAYS * DAY_US
    return np.flatnonzero(arrays.flags("recent", "clocked") & (arrays.integers("recent", "occurred_at") > since))


def _recent(arrays: StateArrays) -> tuple[Floats, Floats]:
    """Per group: sum of scores of the last 30 days, and number of answers."""
    groups, rows = len(arrays.topic_ids), _inside(arrays)
    group = arrays.group_of("recent")[rows]
    return (
        np.bincount(group, arrays.floats("recent", "score")[rows], minlength=groups).astype(np.float64),
        np.bincount(group, minlength=groups).astype(np.float64),
    )


def _ability(arrays: StateArrays) -> Floats:
    rows = _inside(arrays)
    group = arrays.group_of("recent")[rows]
    overall = arrays.first_group[arrays.group_learner[group]] == group
    rows, group = rows[overall], group[overall]
    # Before the cohort has taught how hard items are, nobody is above or below expectation.
    taught = np.array([version != "none" for version in arrays.texts("profile", "item_difficulty")], dtype=bool)
    rows, group = rows[taught[arrays.group_learner[group]]], group[taught[arrays.group_learner[group]]]
    return ability(
        arrays.floats("recent", "score")[rows],
        arrays.floats("recent", "expected")[rows],
        arrays.group_learner[group],
        len(arrays.keys),
    )


def _minutes(arrays: StateArrays) -> Floats:
    """Active minutes of each learner; estimated for whoever has no session, as nothing of theirs has a clock."""
    learners = len(arrays.keys)
    active = np.bincount(arrays.learner_of("sessions"), arrays.floats("sessions", "active_seconds"), minlength=learners)
    answers = np.bincount(
        arrays.card_learner, arrays.integers("cards", "attempts").astype(np.float64), minlength=learners
    )
    opened = np.bincount(arrays.learner_of("materials"), minlength=learners).astype(np.float64)
    per_answer, per_material = arrays.floats("profile", "answer_seconds"), arrays.floats("profile", "material_seconds")
    of_materials = np.where(opened > 0, opened * np.nan_to_num(per_material), 0.0)
    minutes: Floats = np.where(active > 0, active, answers * per_answer + of_materials) / 60.0
    return minutes


def _since(arrays: StateArrays) -> Floats:
    first = arrays.instants("profile", "first_event_at")
    return np.where(first == NEVER, np.nan, (arrays.now - first) / DAY_US)
