"""The answer of /v1/analytics/exam-readiness."""

from __future__ import annotations

from typing import Any

from akademos.analytics.exam_features import FEATURES
from akademos.analytics.exam_readiness import MODEL, OUTCOMES_LEAST
from akademos.analytics.parameters import Parameters
from akademos.jobs.answers.blocks import count
from akademos.jobs.answers.header import Header, head
from akademos.jobs.answers.rows import Tables, rows

DEFINITION = "exam_readiness/1"

_STATUS = {"ok": "ok", "not_enough_data": "not_enough_data"}
_UNITS = {
    "ability": "logit",
    "questions": "ln(1 + answers)",
    "active_minutes": "ln(1 + minutes)",
    "days_since_start": "days",
    "days_out": "days",
}
_NO_MODEL = (
    f"No model is in service: it takes {OUTCOMES_LEAST} exam results of learners who consent, and a model that "
    "predicts those of learners it never saw better than percent correct does."
)
_WITHHELD = "This record is too unlike those that the model was calibrated on for a prediction to be worth anything."


def exam_readiness(evaluated: Tables, header: Header) -> dict[str, Any]:
    """Readiness with its interval, the predicted score, sections, timeline and when the exam could be taken.

    Args:
        evaluated: part readiness of one learner.
        header: facts for the head.
    """
    return {**head(evaluated, header), **readiness(evaluated, header.parameters, whole=True)}


def readiness(evaluated: Tables, params: Parameters, *, whole: bool) -> dict[str, Any]:
    """The blocks; `whole` False gives those that an overview shows."""
    row = rows(evaluated, "readiness").records()[0]
    ok = row["status"] == "ok"
    brief = {
        "status": _STATUS.get(row["status"], "no_data"),
        "reason": _reason(row, params),
        "missing": None if ok else row["status"],
        "definition": DEFINITION,
        "exam": {
            "exam_id": row["exam_id"],
            "name": row["exam_name"] or row["exam_id"],
            "date": row["target_date"],
            "days_out": row["days_out"],
            "pass_mark": _points(row["pass_mark"]),
        },
        "readiness": _readiness(row, params),
        "known": _known(row, params),
        "predicted_score": _predicted(row, params),
        "passing": _passing(row, params),
        "percent_correct": {
            "value": _points(row["percent_correct"]) if ok else None,
            "sample": {"answers": row["answers"]},
        },
        "coverage": {
            "share": row["coverage"],
            "topics": row["topics"],
            "seen": row["topics_seen"],
            "enough": row["topics_enough"],
            "mastered": row["topics_mastered"],
            "weak": row["topics_weak"],
        },
        "ready": {
            "status": row["ready_status"] if ok else _STATUS.get(row["status"], "no_data"),
            "goal": 100 * params.readiness.ready_from,
            "date": row["ready_date"],
            "days": row["ready_days"],
            "low_days": row["ready_low_days"],
            "high_days": row["ready_high_days"],
            "interval": params.mastery.interval,
            "reason": row["ready_reason"],
        },
    }
    if not whole:
        return brief
    sections = rows(evaluated, "readiness_sections").records()
    features = dict(
        zip(*(rows(evaluated, "readiness_features").column(name) for name in ("feature", "value")), strict=True)
    )
    past = rows(evaluated, "readiness_history")
    return {
        **brief,
        "sections": [
            {
                **{name: one[name] for name in ("section", "weight", "topics", "topics_enough", "weak", "unknown")},
                **{name: _points(one[column]) for name, column in _SECTION.items()},
            }
            for one in sections
        ],
        "history": [
            {"date": day, "value": _points(value), "low": _points(low), "high": _points(high)}
            for day, value, low, high in zip(*map(past.column, ("date", "value", "low", "high")), strict=True)
        ],
        "features": [
            {"name": name, "value": features[name], "unit": _UNITS.get(name, "share")}
            for name in FEATURES
            if name in features
        ],
    }


_SECTION = {"value": "known", "low": "low", "high": "high"}


def _points(share: float | None) -> float | None:
    """A share of the full mark as 0..100."""
    return None if share is None else 100 * share


def _reason(row: dict[str, Any], params: Parameters) -> str | None:
    needed = params.mastery.answers_min
    return {
        "ok": None,
        "no_target": "No target exam is set: with one, its topics and their weights say what counts.",
        "no_weights": "The target exam weighs no topic, so nobody can say what counts in it.",
        "no_data": f"No answers on the exam's topics yet: {needed} on one of them give a first estimate.",
        "not_enough_data": f"{count(row['answers'], 'answer')} on the exam's topics so far, on none of them {needed}.",
    }[row["status"]]


def _readiness(row: dict[str, Any], params: Parameters) -> dict[str, Any]:
    """0..100 on the scale of the exam's marks: the predicted score, else the rule."""
    if row["predicted_status"] == "ok":
        return {
            "basis": "model",
            "value": _points(row["predicted"]),
            "low": _points(row["predicted_low"]),
            "high": _points(row["predicted_high"]),
            "interval": row["predicted_coverage"],
        }
    return {"basis": "rule", **_known(row, params)}


def _known(row: dict[str, Any], params: Parameters) -> dict[str, Any]:
    return {
        "value": _points(row["known"]),
        "low": _points(row["known_low"]),
        "high": _points(row["known_high"]),
        "interval": params.mastery.interval,
    }


def _predicted(row: dict[str, Any], params: Parameters) -> dict[str, Any]:
    status = row["predicted_status"]
    version = row["model_version"]
    return {
        "status": {"no_model": "not_available", "withheld": "not_available"}.get(status, status),
        "value": _points(row["predicted"]),
        "low": _points(row["predicted_low"]),
        "high": _points(row["predicted_high"]),
        "interval": row["predicted_coverage"],
        "widened": row["widened"],
        "model": None if version is None else {"name": MODEL, "version": version},
        "reason": {"no_model": _NO_MODEL, "withheld": _WITHHELD}.get(status, _reason(row, params)),
    }


def _passing(row: dict[str, Any], params: Parameters) -> dict[str, Any]:
    if row["passing"] is not None:
        return {"status": "ok", "probability": row["passing"], "reason": None}
    reason = _reason(row, params)
    if row["predicted_status"] == "no_model":
        reason = "The rule-based estimate is no probability."
    elif row["predicted_status"] == "withheld":
        reason = _WITHHELD
    elif row["pass_mark"] is None:
        reason = "The exam's pass mark is not known."
    elif row["predicted_status"] == "ok":
        reason = "Too few learners have passed, or too few have not, to tell a probability."
    status = "not_enough_data" if row["predicted_status"] == "not_enough_data" else "not_available"
    return {"status": status, "probability": None, "reason": reason}
