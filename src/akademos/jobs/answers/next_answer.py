"""The blocks about the next answer: how likely it is right, by which model, and how well that model did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akademos.jobs.answers.blocks import count
from akademos.jobs.answers.header import Header, instant
from akademos.jobs.answers.rows import Tables, rows

_NO_MODEL = (
    "No knowledge-tracing model is in service. It takes answers of 100 learners who consent, and a model that predicts "
    "better than counting does, on learners it has not seen."
)
_PENDING = (
    "The model came into service after this was computed; the next answer, or the next run of the job, renews it."
)
_UNKNOWN = "Too few learners answered items of this topic for the model to know it."
_NOT_MET = "No answers on this topic yet."
_CALIBRATION = ("auc", "log_loss", "ece", "slope")


def tracing_model(evaluated: Tables, header: Header) -> dict[str, Any]:
    """The model in service, with its scores on held-out learners: each a value with a 95% interval."""
    facts = header.tracing
    status, reason = _standing(evaluated, header)
    judged = {} if facts is None else facts.metrics
    return {
        "status": status,
        "reason": reason,
        "version": None if facts is None else facts.version,
        "trained_at": None if facts is None else instant(facts.trained_at),
        "learners": None if facts is None else facts.learners,
        "calibration": None
        if facts is None
        else {
            "learners": judged.get("learners"),
            "answers": judged.get("answers"),
            **{name: judged.get(name) for name in _CALIBRATION},
        },
    }


def next_answers(evaluated: Tables, header: Header) -> dict[str, tuple[float, float]]:
    """P(next answer correct) now and right after the last answer, by topic, of those that the model in service speaks
    about."""
    if _standing(evaluated, header)[0] != "ok":
        return {}
    table = rows(evaluated, "next_answers")
    told = zip(table.column("probability"), table.column("at_last_answer"), strict=True)
    return dict(zip(table.column("topic_id"), told, strict=True))


def next_answer(
    row: Mapping[str, Any], said: Mapping[str, tuple[float, float]], evaluated: Tables, header: Header
) -> dict[str, Any]:
    """The block of one topic.

    Args:
        row: of the table `mastery`.
        said: of `next_answers`.
        evaluated, header: as of the whole answer.
    """
    status, reason = _standing(evaluated, header)
    probability, at_last_answer = said.get(row["topic_id"], (None, None))
    answers, needed = row["answers"], header.parameters.mastery.answers_min
    if status == "ok" and not answers:
        status, reason = "no_data", _NOT_MET
    elif status == "ok" and probability is None:
        status, reason = "unknown_topic", _UNKNOWN
    elif status == "ok" and answers < needed:
        status = "not_enough_data"
        reason = f"{count(answers, 'answer')} so far, {needed - answers} more give a first forecast."
    return {
        "status": status,
        "probability": probability if status == "ok" else None,
        "at_last_answer": at_last_answer if status == "ok" else None,
        "model": None if header.tracing is None else header.tracing.version,
        "answers": answers,
        "reason": reason,
    }


def _standing(evaluated: Tables, header: Header) -> tuple[str, str | None]:
    if header.tracing is None:
        return "no_model", _NO_MODEL
    computed_with = rows(evaluated, "learner").value("tracing_model")
    if rows(evaluated, "learner").value("answers") and computed_with != header.tracing.version:
        return "pending", _PENDING
    return "ok", None
