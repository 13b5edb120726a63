"""Exam readiness: how much of the target exam a learner commands now, and which score that points to.

**Known share** (the rule): the sum over the exam's topics of weight times mastery, over the sum of all weights. A topic
without an estimate (fewer than 5 answers) counts 0: what was not shown is not counted as known. Its 80% interval comes
from the replicates of the topics' mastery; past week ends add the topics' spreads as independent. Grain: learner with a
target exam; unit: share.

**Predicted score** (the model, `score_model`): where the tenant has a model in service, which takes 100 exam results of
consenting learners and a model that beats percent correct on learners it never saw. With it come a 90% split conformal
interval and, where the exam has a pass mark, the probability of passing.

**Readiness**, 0..100: the predicted score where there is one (basis model), else the known share (basis rule), which is
no probability and no forecast of a mark. **Percent correct** on the exam's topics stands beside it. **Ready** is the
day on which the known share reaches 0.8, carefully judged from the last weeks (`projection`).

Nothing is said without a target exam, for an exam that weighs no topic, or before one of its topics has an estimate.
Caveats: study minutes are an estimate from median times; a prediction is of learners like those it was calibrated on.
Source: the specification of exam readiness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from akademos.analytics.curriculum import Curriculum, Exam
from akademos.analytics.evaluated_schemas import EVALUATED
from akademos.analytics.evaluated_tables import Columns
from akademos.analytics.exam_features import FEATURES, ExamTopics, exam_features, exam_topics
from akademos.analytics.group_mastery import GroupMastery
from akademos.analytics.mastery import interval_of
from akademos.analytics.projection import project
from akademos.analytics.score_model import Predicted, ScoreModel
from akademos.analytics.state_arrays import Floats, StateArrays, date_of
from akademos.analytics.weekly_points import WeeklyPoints, last_weeks
from akademos.errors import InputError

MODEL = "exam_readiness"
"""Name in the registry of models."""

OUTCOMES_LEAST = 100
"""Exam results of consenting learners from which a model may stand for the rule."""


@dataclass(frozen=True, slots=True)
class ServedScore:
    """The score model in service and its version."""

    model: ScoreModel
    version: int

    def __post_init__(self) -> None:
        if self.model.features != FEATURES:
            raise InputError(
                "The score model was trained on other features.", hint="Train it anew.", code="model_unreadable"
            )


def readiness_tables(
    arrays: StateArrays,
    found: GroupMastery,
    points: WeeklyPoints,
    curriculum: Curriculum,
    served: ServedScore | None,
    *,
    details: bool,
) -> dict[str, Columns]:
    """Tables `readiness` and `readiness_features` of every learner, with `details` also `readiness_sections` and
    `readiness_history`."""
    params, everybody = arrays.params, range(len(arrays.keys))
    topics = exam_topics(arrays, curriculum)
    exams = [curriculum.exam(exam) for exam in topics.exam_id]
    features = exam_features(arrays, found, topics)
    marks = np.array([np.nan if one.pass_mark is None else one.pass_mark for one in exams])
    said = None if served is None else served.model.predict(features, topics.days_out, marks)
    value = found.spread(found.estimates.value)
    status = [_status(arrays, n, topics, value) for n in everybody]
    shown = [n for n in everybody if status[n] == "ok"]
    weekly = last_weeks(arrays, points, params.trend.projection_weeks + 1)
    paces = np.full((len(arrays.keys), weekly.shape[1]), np.nan)
    known = np.full((3, len(arrays.keys)), np.nan)
    for n in shown:
        own = topics.of(arrays, n)
        known[:, n] = _known(arrays, found, own, topics.weight[own], topics.total[n])
        paces[n] = _weighted(weekly[own], topics.weight[own], topics.total[n])
    ready = project(known[0], paces, params.readiness.ready_from, params.mastery.interval, params.trend)
    clocked = arrays.has_clock()
    rows: list[dict[str, Any]] = []
    for n in everybody:
        own, ok = topics.of(arrays, n), status[n] == "ok"
        weight = topics.weight[own]
        counted, seen, level = weight > 0, arrays.answers[own] > 0, value[own]
        rows.append(
            {
                "learner_key": arrays.keys[n],
                "status": status[n],
                "exam_id": topics.exam_id[n],
                "exam_name": exams[n].name,
                "target_date": None
                if np.isnan(topics.days_out[n])
                else date_of(int(arrays.today[n] + topics.days_out[n])),
                "days_out": topics.days_out[n],
                "known": known[0, n],
                "known_low": known[1, n],
                "known_high": known[2, n],
                "topics": sum(one > 0 for one in curriculum.weights(topics.exam_id[n]).values()),
                "topics_seen": int((counted & seen).sum()),
                "topics_enough": int((counted & ~np.isnan(level)).sum()),
                "topics_mastered": int((counted & (level >= params.mastery.mastered_from)).sum()),
                "topics_weak": int((counted & (level < params.mastery.weak_below)).sum()),
                "answers": int(arrays.answers[own][counted].sum()),
                "coverage": features[n, FEATURES.index("coverage")],
                "percent_correct": features[n, FEATURES.index("percent_correct")],
                "pass_mark": marks[n],
                **_prediction(n, said, served, ok=ok),
                "ready_status": "needs_clock" if ok and not clocked[n] and ready.days[n] != 0 else ready.status[n],
                "ready_days": ready.days[n],
                "ready_low_days": ready.low_days[n],
                "ready_high_days": ready.high_days[n],
                "ready_date": None if np.isnan(ready.days[n]) else date_of(int(arrays.today[n] + ready.days[n])),
                "ready_reason": ready.reason[n],
            }
        )
    tables: dict[str, Columns] = {
        "readiness": _table("readiness", rows),
        "readiness_features": {
            "learner_key": [arrays.keys[n] for n in shown for _ in FEATURES],
            "feature": list(FEATURES) * len(shown),
            "value": features[shown].reshape(-1),
        },
    }
    if details:
        tables["readiness_sections"] = _table(
            "readiness_sections", [row for n in shown for row in _sections(arrays, n, exams[n], curriculum, found)]
        )
        tables["readiness_history"] = _history(arrays, shown, topics, points, known, clocked.tolist())
    return tables


def _status(arrays: StateArrays, learner: int, topics: ExamTopics, value: Floats) -> str:
    own = topics.of(arrays, learner)
    counted = topics.weight[own] > 0
    if topics.exam_id[learner] is None:
        return "no_target"
    if not topics.total[learner]:
        return "no_weights"
    if not arrays.answers[own][counted].sum():
        return "no_data"
    return "ok" if (~np.isnan(value[own][counted])).any() else "not_enough_data"


def _weighted(values: Floats, weight: Floats, total: float) -> Floats:
    """Weighted sum of each column over the whole weight, NaN where a column knows nothing that counts."""
    counted = ~np.isnan(values) & (weight > 0)[:, None]
    sums = (np.where(counted, values, 0.0) * weight[:, None]).sum(axis=0) / total
    return np.where(counted.any(axis=0), sums, np.nan)


def _known(
    arrays: StateArrays, found: GroupMastery, own: slice, weight: Floats, total: float
) -> tuple[float, float, float]:
    """Known share of some topics with its interval."""
    rows = found.row[own]
    used = (rows >= 0) & (weight > 0)
    if not used.any():
        return 0.0, 0.0, 0.0
    heavy = weight[used]
    value = (heavy * found.estimates.value[rows[used]]).sum() / total
    replicates = (heavy[:, None] * found.estimates.replicates[rows[used]]).sum(axis=0) / total
    low, high = interval_of(replicates[None], np.array([value]), arrays.params.mastery.interval)
    return float(value), float(np.clip(low[0], 0, 1)), float(np.clip(high[0], 0, 1))


def _prediction(learner: int, said: Predicted | None, served: ServedScore | None, *, ok: bool) -> dict[str, Any]:
    """Columns of the predicted score."""
    nothing: dict[str, Any] = dict.fromkeys(
        ("predicted", "predicted_low", "predicted_high", "passing", "widened", "predicted_coverage"), np.nan
    )
    if not ok:
        return {**nothing, "predicted_status": "not_enough_data", "model_version": None}
    if said is None or served is None:
        return {**nothing, "predicted_status": "no_model", "model_version": None}
    if said.withheld[learner]:
        return {**nothing, "predicted_status": "withheld", "model_version": served.version}
    return {
        "predicted_status": "ok",
        "predicted": said.score[learner],
        "predicted_low": said.low[learner],
        "predicted_high": said.high[learner],
        "predicted_coverage": served.model.coverage,
        "passing": said.passing[learner],
        "widened": said.widened[learner],
        "model_version": served.version,
    }


def _sections(
    arrays: StateArrays, learner: int, exam: Exam, curriculum: Curriculum, found: GroupMastery
) -> list[dict[str, Any]]:
    """One row a section of the exam; its topics without an estimate are told apart from the weak ones."""
    begin, end = int(arrays.first_group[learner]), int(arrays.first_group[learner + 1])
    places = {topic: n for n, topic in enumerate(arrays.topic_ids[begin:end])}
    whole = sum(sum(weights.values()) for weights in exam.sections.values())
    value = found.spread(found.estimates.value)[begin:end]
    rows = []
    for section, weights in exam.sections.items():
        total = sum(weights.values())
        weight = np.array([weights.get(topic, 0.0) for topic in arrays.topic_ids[begin:end]])
        known, low, high = _known(arrays, found, slice(begin, end), weight, total)
        levels = {topic: value[places[topic]] if topic in places else np.nan for topic in weights}
        rows.append(
            {
                "learner_key": arrays.keys[learner],
                "section": section,
                "weight": total / whole,
                "known": known,
                "low": low,
                "high": high,
                "topics": len(weights),
                "topics_enough": sum(not np.isnan(level) for level in levels.values()),
                "weak": [
                    curriculum.name(topic)
                    for topic in sorted(levels, key=lambda one: (levels[one], one))
                    if levels[topic] < arrays.params.mastery.weak_below
                ],
                "unknown": [curriculum.name(topic) for topic, level in levels.items() if np.isnan(level)],
            }
        )
    return rows


def _history(
    arrays: StateArrays,
    shown: list[int],
    topics: ExamTopics,
    points: WeeklyPoints,
    known: Floats,
    clocked: list[bool],
) -> Columns:
    """Known share at past week ends, the spreads of the topics taken as independent, and now."""
    columns: dict[str, list[Any]] = {name: [] for name in EVALUATED["readiness_history"]}

    def add(key: str, day: int, *numbers: float) -> None:
        for name, one in zip(columns, (key, day, *numbers), strict=True):
            columns[name].append(one)

    learner = arrays.group_learner[points.group]
    edges = np.searchsorted(learner, np.arange(len(arrays.keys) + 1))
    for n in shown:
        rows = slice(int(edges[n]), int(edges[n + 1]))
        weight = topics.weight[points.group[rows]] / topics.total[n]
        days = points.day[rows]
        for day in np.unique(days[weight > 0]).tolist():
            at = (days == day) & (weight > 0)
            value = points.value[rows][at]
            share = float((weight[at] * value).sum())
            below = float(np.sqrt(((weight[at] * (value - points.low[rows][at])) ** 2).sum()))
            above = float(np.sqrt(((weight[at] * (points.high[rows][at] - value)) ** 2).sum()))
            add(arrays.keys[n], day, share, max(share - below, 0.0), min(share + above, 1.0))
        if clocked[n]:
            add(arrays.keys[n], int(arrays.today[n]), *known[:, n].tolist())
    numbers = {name: np.array(columns[name], dtype=np.float64) for name in ("value", "low", "high")}
    return {"learner_key": columns["learner_key"], "date": np.array(columns["date"], dtype=np.int64), **numbers}


def _table(name: str, rows: list[dict[str, Any]]) -> Columns:
    """Columns of the declared table; columns of numbers are arrays with NaN for null."""
    return {
        column: np.array([row[column] for row in rows], dtype=np.float64)
        if dtype.is_float()
        else [_plain(row[column]) for row in rows]
        for column, dtype in EVALUATED[name].items()
    }


def _plain(value: Any) -> Any:
    """A count that may be missing comes as a float with NaN."""
    if isinstance(value, float):
        return None if np.isnan(value) else int(value)
    return value
