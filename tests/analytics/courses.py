"""Made-up courses for the risk analytics: who studies regularly completes more often."""

from __future__ import annotations

import numpy as np
import polars as pl

from akademos.analytics.risk_tables import INPUT

KINDS = ("page", "forum", "quiz")
DAYS = 84


def course_tables(learners: int = 60, courses: int = 2, seed: int = 0) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Tables of `risk_tables.INPUT` over twelve weeks, and KEYS with `outcome` (1: not completed)."""
    rng = np.random.default_rng(seed)
    rows: dict[str, list[dict[str, object]]] = {name: [] for name in INPUT}
    outcomes = []
    for course in (f"course {n + 1}" for n in range(courses)):
        for number, due in enumerate((12, 33, 61)):
            rows["assessments"].append(
                {"course_id": course, "assessment_id": f"{course} a{number}", "due_day": due, "weight": 20.0}
            )
        for n in range(learners):
            key, zeal = f"{course} learner {n:03}", rng.random()
            outcome = float(rng.random() > zeal)
            left = int(rng.integers(5, DAYS)) if outcome and rng.random() < 0.5 else None
            me: dict[str, object] = {"learner_key": key, "course_id": course}
            outcomes.append({**me, "outcome": outcome})
            rows["enrolments"].append(
                {**me, "registered_day": int(rng.integers(-60, 3)), "withdrawn_day": left, "resits": int(n % 5 == 0)}
            )
            for day in range(-5, left if left is not None else DAYS):
                if rng.random() < 0.1 + 0.6 * zeal:
                    rows["activity"] += [
                        {
                            **me,
                            "material_id": f"{course} m{m}",
                            "kind": KINDS[m % len(KINDS)],
                            "day": day,
                            "clicks": float(rng.integers(1, 9)),
                        }
                        for m in rng.integers(0, 20, 3)
                    ]
            for one in rows["assessments"][-3:]:
                handed_in = int(str(one["due_day"])) - int(rng.integers(-3, 8))
                if rng.random() < zeal and (left is None or handed_in < left):
                    rows["submissions"].append(
                        {
                            **me,
                            "assessment_id": one["assessment_id"],
                            "day": handed_in,
                            "score": float(rng.random()),
                            "banked": False,
                        }
                    )
    return {name: pl.DataFrame(rows[name], schema=INPUT[name]) for name in INPUT}, pl.DataFrame(outcomes)
