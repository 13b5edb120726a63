"""The forms of which invented answers are made: times, estimates, curves, a small curriculum."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]
NOW = datetime(2026, 3, 12, 17, 40, tzinfo=UTC)
TODAY = NOW.date()
AREAS: dict[str, list[str]] = {
    "Numbers": ["Ratios", "Fractions", "Percentages", "Exponents"],
    "Algebra": ["Expressions", "Linear equations", "Inequalities", "Functions", "Quadratics"],
    "Geometry": ["Angles", "Area and volume", "Similarity", "Trigonometry"],
    "Probability": ["Counting", "Conditional probability", "Distributions"],
    "Statistics": ["Averages", "Spread", "Correlation"],
    "Modelling": ["Word problems", "Growth and decay", "Optimisation"],
}
EDGES = [
    ("Ratios", "Percentages"), ("Fractions", "Ratios"), ("Fractions", "Expressions"), ("Ratios", "Similarity"),
    ("Expressions", "Linear equations"), ("Linear equations", "Inequalities"), ("Linear equations", "Functions"),
    ("Functions", "Quadratics"), ("Exponents", "Quadratics"), ("Similarity", "Trigonometry"), ("Angles", "Similarity"),
    ("Functions", "Growth and decay"), ("Exponents", "Growth and decay"), ("Quadratics", "Optimisation"),
    ("Counting", "Conditional probability"), ("Fractions", "Conditional probability"),
    ("Conditional probability", "Distributions"), ("Averages", "Spread"), ("Spread", "Distributions"),
    ("Spread", "Correlation"), ("Linear equations", "Correlation"), ("Fractions", "Growth and decay"),
]  # fmt: skip
WEIGHTS = {"first_attempt_accuracy": 0.3, "overall_accuracy": 0.2, "retrieval_strength": 0.3}


def iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def slug(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower())[:40]


def estimate(value: float | None, answers: int, reason: str = "At least 5 answers are needed.") -> Json:
    if value is None:
        return {
            "status": "not_enough_data",
            "value": None,
            "low": None,
            "high": None,
            "interval": 0.8,
            "sample": {"answers": answers, "items": answers},
            "level": None,
            "reason": reason,
        }
    half = 0.5 / math.sqrt(answers)
    return {
        "status": "ok",
        "value": round(value, 4),
        "low": round(max(0, value - half), 4),
        "high": round(min(1, value + half), 4),
        "interval": 0.8,
        "sample": {"answers": answers, "items": answers // 2},
        "level": "mastered" if value >= 0.8 else "weak" if value < 0.5 else "developing",
        "reason": None,
    }


def curve(rng: random.Random, reviews: int) -> tuple[list[Json], list[Json], float]:
    """Past segments with reviews 3, 9, 27.. days apart, then thirty days of forecast."""
    stability = 3.0
    out: list[Json] = []
    marks: list[Json] = []
    gaps = [stability * 2.2**k * rng.uniform(0.7, 1.4) for k in range(reviews)]
    at = NOW - timedelta(days=sum(gaps))
    for gap in gaps:
        marks.append({"at": iso(at), "correct": rng.random() < 0.8})
        for step in range(9):
            elapsed = gap * step / 8
            out.append({"at": iso(at + timedelta(days=elapsed)), "value": _left(elapsed, stability)})
        at += timedelta(days=gap)
        stability *= 2.2
    now = float(out[-1]["value"])
    last_gap, last_stability = gaps[-1], stability / 2.2
    out += [{"at": iso(NOW + timedelta(days=d)), "value": _left(last_gap + d, last_stability)} for d in range(1, 31)]
    return out, marks, now


def _left(elapsed: float, stability: float) -> float:
    return float(round((1 + 19 / 81 * elapsed / stability) ** -0.5, 4))
