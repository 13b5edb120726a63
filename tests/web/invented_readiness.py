"""Readiness for an exam as the API says it, with a model in service."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.web.invented_forms import NOW, Json


def points(value: float, half: float, interval: float) -> Json:
    return {"value": value, "low": max(0.0, value - half), "high": min(100.0, value + half), "interval": interval}


def readiness_overview() -> Json:
    """The block of the dashboard."""
    exam = {"exam_id": "m1", "name": "Mathematics 1", "date": "2026-04-02", "days_out": 20, "pass_mark": 50.0}
    return {
        "status": "ok",
        "reason": None,
        "missing": None,
        "definition": "exam_readiness/1",
        "exam": exam,
        "readiness": {"basis": "model", **points(68, 12, 0.9)},
        "known": points(54, 4, 0.8),
        "predicted_score": {
            "status": "ok",
            **points(68, 12, 0.9),
            "widened": 1.0,
            "model": {"name": "exam_readiness", "version": 3},
            "reason": None,
        },
        "passing": {"status": "ok", "probability": 0.86, "reason": None},
        "percent_correct": {"value": 71.0, "sample": {"answers": 640}},
        "coverage": {"share": 0.9, "topics": 8, "seen": 7, "enough": 6, "mastered": 2, "weak": 1},
        "ready": {
            "status": "ok",
            "goal": 80.0,
            "date": (NOW.date() + timedelta(days=34)).isoformat(),
            "days": 34,
            "low_days": 20,
            "high_days": 80,
            "interval": 0.8,
            "reason": "Carefully judged from the last weeks: rises rarely go on at their full pace.",
        },
    }


def readiness_details(sections: list[str]) -> dict[str, Any]:
    """What the own answer says beside it."""
    return {
        "sections": [
            {
                "section": name,
                "weight": 1 / len(sections),
                **{key: points(20 + 60 * n / len(sections), 5, 0.8)[key] for key in ("value", "low", "high")},
                "topics": 3,
                "topics_enough": 2,
                "weak": [f"Hard part of {name}"] if n == 0 else [],
                "unknown": [],
            }
            for n, name in enumerate(sections)
        ],
        "history": [
            {
                "date": (NOW.date() - timedelta(weeks=20 - week)).isoformat(),
                **{key: points(10 + 2.2 * week, 4, 0.8)[key] for key in ("value", "low", "high")},
            }
            for week in range(21)
        ],
        "features": [{"name": "known", "value": 0.54, "unit": "share"}],
    }
