"""The form of the answer of /v1/analytics/exam-readiness, and of its overview on the dashboard.

Numbers named value, low, high, goal and pass_mark are points of 100 on the scale of the exam's marks; a probability and
shares are 0..1.
"""

from __future__ import annotations

from akademos.serving.answer_forms import (
    COUNT,
    DATE,
    NUMBER,
    SHARE,
    STATUS,
    TEXT,
    Schema,
    answer,
    form,
    listing,
    or_null,
)

POINTS: Schema = {"type": "number", "minimum": 0, "maximum": 100}
_RANGE: dict[str, Schema] = {
    "value": or_null(POINTS),
    "low": or_null(POINTS),
    "high": or_null(POINTS),
}
_COVERED: dict[str, Schema] = {
    **_RANGE,
    "interval": or_null({**SHARE, "description": "Coverage of low to high."}),
}


def schemas() -> dict[str, Schema]:
    """Both forms, by the name they have in the document."""
    return {
        "ReadinessOverview": form("Readiness for the target exam.", **_overview()),
        "ExamReadiness": answer("Readiness for the target exam, in detail.", **_overview(), **_details()),
    }


def _overview() -> dict[str, Schema]:
    return {
        "status": STATUS,
        "reason": or_null(TEXT),
        "missing": or_null({"enum": ["no_target", "no_weights", "no_data", "not_enough_data"]}),
        "definition": TEXT,
        "exam": form(
            "The target exam.",
            exam_id=or_null(TEXT),
            name=or_null(TEXT),
            date=or_null(DATE),
            days_out=or_null({"type": "integer"}),
            pass_mark=or_null(POINTS),
        ),
        "readiness": form(
            "The predicted score where a model is in service (model), else the known share (rule).",
            basis={"enum": ["model", "rule"]},
            **_COVERED,
        ),
        "known": form("How much of the exam is known now, by its weights.", **_COVERED),
        "predicted_score": form(
            "What the model in service predicts.",
            status=STATUS,
            **_COVERED,
            widened=or_null({**NUMBER, "description": "How many times the usual interval, for an unusual record."}),
            model=or_null(form("Which version.", name=TEXT, version=COUNT)),
            reason=or_null(TEXT),
        ),
        "passing": form("The probability of passing.", status=STATUS, probability=or_null(SHARE), reason=or_null(TEXT)),
        "percent_correct": form(
            "The plain share of right answers on the exam's topics.",
            value=or_null(POINTS),
            sample=form("What it rests on.", answers=COUNT),
        ),
        "coverage": form(
            "The exam's topics; share by weight.",
            share=or_null(SHARE),
            topics=COUNT,
            seen=COUNT,
            enough=COUNT,
            mastered=COUNT,
            weak=COUNT,
        ),
        "ready": form(
            "When the known share reaches the goal carefully judged from the last weeks.",
            status=TEXT,
            goal=POINTS,
            date=or_null(DATE),
            days=or_null(COUNT),
            low_days=or_null(COUNT),
            high_days=or_null(COUNT),
            interval=SHARE,
            reason=or_null(TEXT),
        ),
    }


def _details() -> dict[str, Schema]:
    section = form(
        "One section of the exam; unknown are topics without an estimate.",
        section=TEXT,
        weight=SHARE,
        **_RANGE,
        topics=COUNT,
        topics_enough=COUNT,
        weak=listing(TEXT),
        unknown=listing(TEXT),
    )
    return {
        "sections": listing(section),
        "history": listing(form("The known share on one day.", date=DATE, **_RANGE)),
        "features": listing(form("What a model predicts from.", name=TEXT, value=or_null(NUMBER), unit=TEXT)),
    }
