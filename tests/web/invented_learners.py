"""An invented learner with all five answers in the contract's JSON."""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property

from tests.web.invented_forms import AREAS, EDGES, NOW, TODAY, WEIGHTS, Json, curve, estimate, iso, slug
from tests.web.invented_readiness import readiness_details, readiness_overview

TRACING_MODEL: Json = {
    "status": "ok",
    "reason": None,
    "version": 3,
    "trained_at": iso(NOW - timedelta(days=4)),
    "learners": 520,
    "calibration": {
        "learners": 130,
        "answers": 9100,
        "auc": {"value": 0.781, "low": 0.77, "high": 0.79},
        "log_loss": {"value": 0.52, "low": 0.51, "high": 0.53},
        "ece": {"value": 0.012, "low": 0.009, "high": 0.021},
        "slope": {"value": 1.01, "low": 0.97, "high": 1.05},
    },
}


@dataclass
class Learner:
    """The five answers of one learner, and whatever a test wants to change in them."""

    name: str | None = "Sam"
    areas: dict[str, list[str]] = field(default_factory=lambda: AREAS)
    edges: list[tuple[str, str]] = field(default_factory=lambda: EDGES)
    clock: str = "exact"
    seed: int = 11
    unknown: int = 2

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        names = [topic for members in self.areas.values() for topic in members]
        self.parent = {topic: area for area, members in self.areas.items() for topic in members}
        self.ids = {name: slug(name) for name in [*names, *self.areas]}
        self.values: dict[str, float | None] = {n: min(0.97, max(0.08, self.rng.gauss(0.62, 0.2))) for n in names}
        for name in names[len(names) - self.unknown :] if self.unknown else []:
            self.values[name] = None
        self.curves = {n: curve(self.rng, self.rng.randint(2, 5)) for n in names if self.values[n] is not None}

    def header(self) -> Json:
        return {
            "learner": {"key": "5f0c5b0e-5d0a-4a44-8f0f-1f8d3f6f0b11", "display_name": self.name},
            "as_of": iso(NOW),
            "computed_at": iso(NOW - timedelta(minutes=3)),
            "clock": self.clock,
            "time_zone": "Europe/Berlin",
            "provenance": {
                "events": 3120,
                "answers": 1284,
                "first_event_at": iso(NOW - timedelta(days=150)),
                "last_event_at": iso(NOW - timedelta(minutes=9)),
                "definition": "mastery/1",
                "parameters": "default/1",
                "item_difficulty": "2026-03-11",
                "note": None,
            },
        }

    def topic(self, name: str) -> Json:
        value = self.values[name]
        strength = self.curves[name][2] if value is not None else None
        return {
            "topic_id": self.ids[name],
            "name": name,
            "parent_id": self.ids.get(self.parent[name]),
            "course_id": "maths",
            **estimate(value, self.rng.randint(12, 90) if value is not None else 3),
            "components": {
                "first_attempt_accuracy": value,
                "overall_accuracy": value,
                "retrieval_strength": strength,
                "material_completion": None,
            },
            "weights": {key: round(w / 0.8, 4) for key, w in WEIGHTS.items()} | {"material_completion": 0},
            "first_answer_at": iso(NOW - timedelta(days=140)),
            "last_answer_at": iso(NOW - timedelta(days=self.rng.randint(0, 40))),
            "trend": {
                "status": self.rng.choice(["rising", "stable", "no_clear_change", "falling"]),
                "slope_per_30_days": 0.04,
                "low": 0.01,
                "high": 0.07,
                "p_value": 0.01,
                "answers": 41,
            },
            "projection": {
                "status": "ok",
                "date": "2026-04-20",
                "days": 39,
                "low_days": 25,
                "high_days": 70,
                "reason": None,
            },
            "cohort_estimate": {
                "status": "ok" if value is not None else "not_enough_data",
                "value": value,
                "low": None if value is None else max(0.0, value - 0.1),
                "high": None if value is None else min(1.0, value + 0.1),
                "interval": 0.8,
                "reason": None,
                "own_weight": None if value is None else 0.8,
            },
            "next_answer": {
                "status": "ok" if value is not None else "not_enough_data",
                "probability": None if value is None else 0.72,
                "at_last_answer": None if value is None else 0.72,
                "model": 3,
                "answers": 40,
                "reason": None,
            },
        }

    def history(self, weeks: int = 21, end: float = 0.71) -> list[Json]:
        out = []
        for week in range(weeks):
            share = week / max(1, weeks - 1)
            value = 0.36 + (end - 0.36) * share + 0.02 * math.sin(week * 1.7) * (1 - share)
            half = 0.24 * (1 - share) + 0.055
            out.append(
                {
                    "date": (TODAY - timedelta(days=7 * (weeks - 1 - week))).isoformat(),
                    "value": round(value, 4),
                    "low": round(max(0, value - half), 4),
                    "high": round(min(1, value + half), 4),
                    "answers": 40 + week,
                }
            )
        return out

    @cached_property
    def days(self) -> list[Json]:
        days = [TODAY - timedelta(days=back) for back in range(150)][::-1]
        return [{"date": d.isoformat(), "answers": self.rng.randint(3, 34)} for d in days if self.rng.random() < 0.62]

    def mastery(self) -> Json:
        topics = [self.topic(name) for name in self.values]
        nodes = [
            {
                "topic_id": self.ids[a],
                "parent_id": None,
                "name": a,
                "depth": 0,
                "value": self._mean(a),
                "weight": 5,
                "low": max(0.0, self._mean(a) - 0.08),
                "high": min(1.0, self._mean(a) + 0.08),
                "status": "ok",
                "children": len(m),
            }
            for a, m in self.areas.items()
            if a
        ]
        nodes += [
            {
                "topic_id": t["topic_id"],
                "parent_id": t["parent_id"],
                "name": t["name"],
                "depth": 1 if nodes else 0,
                "weight": 5,
                "value": t["value"],
                "low": t["low"],
                "high": t["high"],
                "status": t["status"],
                "children": 0,
            }
            for t in topics
        ]
        return self.header() | {
            "tracing_model": TRACING_MODEL,
            "overall": estimate(0.71, 320)
            | {
                "trend": {
                    "status": "rising",
                    "slope_per_30_days": 0.05,
                    "low": 0.02,
                    "high": 0.08,
                    "p_value": 0.004,
                    "answers": 300,
                },
                "projection": {
                    "status": "ok",
                    "date": "2026-05-02",
                    "days": 51,
                    "low_days": 38,
                    "high_days": 88,
                    "reason": None,
                },
            },
            "goal": 0.8,
            "topics": topics,
            "history": self.history(),
            "hierarchy": nodes,
        }

    def _mean(self, area: str) -> float:
        known = [v for n in self.areas[area] if (v := self.values[n]) is not None]
        return round(sum(known) / len(known), 4) if known else 0.0

    def mastery_topic(self, name: str) -> Json:
        items = [
            {
                "question_id": f"q-{slug(name)}-{n:03d}",
                "attempts": 1 + n % 4,
                "correct": n % 3,
                "last_answer_at": iso(NOW - timedelta(days=n)),
                "retrievability": round(0.55 + 0.012 * n, 3),
                "stability_days": 4.0 + n,
                "due_at": iso(NOW + timedelta(days=n - 5)),
            }
            for n in range(30)
        ]
        return self.header() | {
            "topic": self.topic(name),
            "history": self.history(14, self.values[name] or 0.5),
            "tracing_model": TRACING_MODEL,
            "items": items,
            "children": [],
        }

    @cached_property
    def reviewed(self) -> Json:
        topics: list[Json] = []
        for name, (points, marks, strength) in self.curves.items():
            due = strength < 0.9
            topics.append(
                {
                    "topic_id": self.ids[name],
                    "name": name,
                    "status": "ok",
                    "retrieval_strength": strength,
                    "items": 12,
                    "due_items": self.rng.randint(1, 5) if due else 0,
                    "due_at": iso(NOW - timedelta(days=1) if due else NOW + timedelta(days=self.rng.randint(1, 25))),
                    "curve": points,
                    "reviews": marks,
                }
            )
        due_items = sum(t["due_items"] for t in topics)
        calendar: list[Json] = [{"date": TODAY.isoformat(), "due_items": due_items}]
        calendar += [
            {"date": (TODAY + timedelta(days=d)).isoformat(), "due_items": max(0, round(self.rng.gauss(3, 4)))}
            for d in range(1, 31)
        ]
        return self.header() | {
            "status": "ok",
            "due_items": due_items,
            "due_topics": sum(t["due_items"] > 0 for t in topics),
            "target_retention": 0.9,
            "topics": topics,
            "calendar": calendar,
            "past": self.days,
            "schedulers": {
                "fsrs": {"version": "fsrs-6", "parameters": "default/1"},
                "interval_rule": {"due_items": 17, "next_due_at": iso(NOW)},
            },
            "planner": {"status": "not_available"},
        }

    def reviews(self) -> Json:
        return self.reviewed

    def knowledge_gaps(self) -> Json:
        below = sorted((v, n) for n, v in self.values.items() if v is not None and v < 0.8)
        ordered = [n for _, n in below] + [n for n, v in self.values.items() if v is None]
        needs = {n: [a for a, b in self.edges if b == n and (self.values.get(a) or 0) < 0.8] for n in ordered}
        gaps = []
        for name in ordered:
            value = self.values[name]
            gap = 1 - value if value is not None else 1.0
            severity = (
                None
                if value is None
                else "critical"
                if gap >= 0.6
                else "high"
                if gap >= 0.4
                else "medium"
                if gap >= 0.3
                else "low"
            )
            spread = estimate(value, 30)
            parts = {
                "gap": round(3 * gap, 3),
                "exam_weight": 10.0,
                "prerequisite_impact": round(0.1 * len(needs[name]), 3),
                "recent_failure": round(gap, 3),
            }
            gaps.append(
                {
                    "topic_id": self.ids[name],
                    "name": name,
                    "severity": severity,
                    "gap": gap,
                    "mastery": value,
                    "kind": "not_yet_seen"
                    if value is None
                    else self.rng.choice(["never_learned", "forgotten", "developing"]),
                    "low": spread["low"],
                    "high": spread["high"],
                    "priority": round(sum(parts.values()), 3),
                    "parts": parts,
                    "exam_weight": 5,
                    "exam_weight_source": "default",
                    "recent_failure_rate": 0.4,
                    "recent_answers": 14,
                    "hours_to_close": {"status": "ok", "hours": round(1 + 4 * gap, 2), "basis": "own"}
                    if value
                    else {"status": "not_enough_data", "hours": None, "basis": None},
                    "prerequisites_missing": [self.ids[n] for n in needs[name]],
                    "path": [{"topic_id": self.ids[n], "name": n} for n in [*needs[name], name]],
                    "reason": "Missed in 6 of the last 14 answers.",
                }
            )
        path = [
            {"topic_id": g["topic_id"], "name": g["name"], "why": "Opens the way to what builds on it."}
            for g in gaps[:10]
        ]
        level = {g["topic_id"]: g["severity"] for g in gaps}
        nodes = [
            {
                "topic_id": self.ids[n],
                "name": n,
                "mastery": v,
                "severity": level.get(self.ids[n]),
                "layer": 0,
                "status": "ok",
            }
            for n, v in self.values.items()
        ]
        edges = [{"from": self.ids[a], "to": self.ids[b]} for a, b in self.edges]
        return self.header() | {"gaps": gaps, "path": path, "graph": {"nodes": nodes, "edges": edges}}

    def dashboard(self) -> Json:
        known = [v for v in self.values.values() if v is not None]
        gaps = self.knowledge_gaps()["gaps"]
        reviews = self.reviews()
        return self.header() | {
            "today": {
                "status": "ok",
                "answers": 14,
                "correct": 11,
                "accuracy": 0.786,
                "study_minutes": {"status": "not_available"},
            },
            "rhythm": {
                "status": "ok",
                "active_days_7": 4,
                "active_days_28": 17,
                "current_run_days": 2,
                "longest_run_days": 9,
                "best_week_days": 6,
                "this_week_days": 4,
                "daily": self.days,
            },
            "reviews": {
                "status": "ok",
                "due_items": reviews["due_items"],
                "due_topics": reviews["due_topics"],
                "estimated_minutes": 9,
                "next_due_at": iso(NOW + timedelta(days=1)),
                "retrieval_now": estimate(0.91, 200),
                "retrieval_history": [
                    {
                        "date": (TODAY - timedelta(days=30 - d)).isoformat(),
                        "value": round(0.87 + 0.03 * math.sin(d / 3) + d / 1500, 4),
                    }
                    for d in range(31)
                ],
            },
            "mastery": estimate(0.71, 320)
            | {
                "topics_total": len(self.values),
                "topics_seen": len(self.values),
                "topics_mastered": sum(v >= 0.8 for v in known),
                "topics_weak": sum(v < 0.5 for v in known),
                "topics_enough": len(known),
                "trend": {"status": "rising"},
                "newly_mastered_30d": 1,
                "history": self.history(),
            },
            "gaps": gaps[:3],
            "next_step": {
                "status": "ok",
                "topic_id": gaps[0]["topic_id"],
                "name": gaps[0]["name"],
                "minutes": 12,
                "unlocks": [{"topic_id": "x", "name": "Inequalities"}, {"topic_id": "y", "name": "Functions"}],
                "reason": "It is the prerequisite you miss most often in practice.",
                "why": [
                    "Two topics build on it.",
                    "6 of the last 14 answers were not right yet.",
                    "Its weight is 5 of 10.",
                ],
            }
            if gaps
            else {"status": "no_data"},
            "readiness": readiness_overview(),
        }

    def answers(self, topic: str | None = None) -> Json:
        """All answers by the argument they are for, through JSON, as a client would get them."""
        parts: Json = {
            "dashboard": self.dashboard(),
            "mastery": self.mastery(),
            "reviews": self.reviews(),
            "gaps": self.knowledge_gaps(),
            "readiness": self.header() | readiness_overview() | readiness_details(list(self.areas)),
        }
        name = next((n for n, key in self.ids.items() if key == topic and n in self.values), None)
        if name is not None:
            parts["topic"] = self.mastery_topic(name)
        return json.loads(json.dumps(parts, allow_nan=False))  # type: ignore[no-any-return]
