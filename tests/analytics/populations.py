"""Small populations for the tests of the analytics: written out by hand, or drawn by hypothesis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
from hypothesis import strategies as st

from akademos.analytics.curriculum import Curriculum, prepare
from akademos.analytics.schemas import INPUT

Tables = dict[str, pl.DataFrame]
START = datetime(2026, 1, 5, tzinfo=UTC)  # a Monday
NOW = START + timedelta(days=90, hours=13, minutes=7)
TOPICS = ("algebra", "geometry", "limits", "unused")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland")


def table(name: str, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """An input table from rows that may leave columns out."""
    schema = INPUT[name]
    return pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema=schema)


def answer(number: int, **columns: Any) -> dict[str, Any]:
    """One answer; `number` makes its id and, unless given, its time."""
    return {
        "learner_key": "ada",
        "event_id": f"event-{number:05d}",
        "occurred_at": START + timedelta(hours=number),
        "time_precision": "exact",
        "question_id": f"q{number}",
        "topic_ids": ["algebra"],
        "score": 1.0,
        **columns,
    }


CURRICULUM_TABLES: Tables = {
    "topics": table(
        "topics",
        [{"topic_id": "maths", "name": "Mathematics"}]
        + [{"topic_id": topic, "name": topic.title(), "parent_id": "maths"} for topic in TOPICS],
    ),
    "topic_relationships": table(
        "topic_relationships",
        [
            {"from_topic": "algebra", "to_topic": "limits", "kind": "prerequisite"},
            {"from_topic": "geometry", "to_topic": "limits", "kind": "prerequisite"},
            {"from_topic": "limits", "to_topic": "unused", "kind": "prerequisite"},
            {"from_topic": "unused", "to_topic": "algebra", "kind": "related"},
        ],
    ),
    "materials": table(
        "materials",
        [
            {"material_id": "book", "topic_ids": ["algebra", "geometry"]},
            {"material_id": "film", "topic_ids": ["algebra"]},
            {"material_id": "notes", "topic_ids": ["limits"]},
        ],
    ),
    "items": table("items", [{"question_id": f"q{n}", "topic_ids": [TOPICS[n % len(TOPICS)]]} for n in range(8)]),
    "exam_weights": table(
        "exam_weights",
        [
            {"exam_id": "final", "topic_id": "algebra", "weight": 8.0},
            {"exam_id": "final", "topic_id": "limits", "weight": 2.0},
        ],
    ),
    "exam_sections": table(
        "exam_sections",
        [
            {"exam_id": "final", "section": "Basics", "topic_id": "algebra", "weight": 8.0},
            {"exam_id": "final", "section": "Calculus", "topic_id": "limits", "weight": 2.0},
        ],
    ),
    "exams": table("exams", [{"exam_id": "final", "name": "Final exam", "pass_mark": 0.5}]),
}


def curriculum() -> Curriculum:
    """The curriculum of these tests."""
    return prepare(CURRICULUM_TABLES)


def tables_of(
    answers: Sequence[Mapping[str, Any]],
    interactions: Sequence[Mapping[str, Any]] = (),
    learners: Sequence[Mapping[str, Any]] = (),
    targets: Sequence[Mapping[str, Any]] = (),
    study: Sequence[Mapping[str, Any]] = (),
) -> Tables:
    """All input tables of a population."""
    return {
        **CURRICULUM_TABLES,
        "question_attempts": table("question_attempts", answers),
        "material_interactions": table("material_interactions", interactions),
        "study_events": table("study_events", study),
        "learners": table("learners", learners),
        "learner_targets": table("learner_targets", targets),
    }


@st.composite
def populations(draw: st.DrawFn) -> Tables:
    """Up to three learners with their own time zone and kind of clock, some materials, some targets."""
    answers: list[dict[str, Any]] = []
    interactions: list[dict[str, Any]] = []
    learners: list[dict[str, Any]] = []
    targets: list[dict[str, Any]] = []
    study: list[dict[str, Any]] = []
    for key in ("ada", "ben", "cy")[: draw(st.integers(1, 3))]:
        precision = draw(st.sampled_from(("exact", "exact", "exact", "day", "order")))
        if draw(st.booleans()):
            learners.append({"learner_key": key, "time_zone": draw(st.sampled_from(ZONES))})
        if draw(st.booleans()):
            day = (START + timedelta(days=draw(st.integers(80, 140)))).date() if draw(st.booleans()) else None
            targets.append({"learner_key": key, "exam_id": "final", "target_date": day})
        minutes = st.integers(0, 90 * 24 * 60)
        rows = draw(
            st.lists(
                st.tuples(
                    minutes,
                    st.integers(0, 7),
                    st.sampled_from((0.0, 1.0, 1.0, 1.0, 0.3, 0.75)),
                    st.sampled_from((None, 4.0, 9.0, 20.0, 60.0)),
                    st.sampled_from((None, None, 0.1, 0.9)),
                    st.lists(st.sampled_from(TOPICS[:3]), min_size=0, max_size=2, unique=True),
                    st.sampled_from((None, None, 1, 2)),
                ),
                min_size=1,
                max_size=40,
            )
        )
        for number, (minute, question, score, seconds, confidence, topics, attempt) in enumerate(rows):
            answers.append(
                {
                    "learner_key": key,
                    "event_id": f"{key}-{number:03d}",
                    "occurred_at": _moment(precision, minute, number),
                    "time_precision": precision,
                    "question_id": f"q{question}",
                    "topic_ids": topics,
                    "course_id": None,
                    "score": score,
                    "duration_seconds": seconds,
                    "confidence": confidence,
                    "hints": 0,
                    "attempt_number": attempt,
                }
            )
        for number, (minute, material, name) in enumerate(
            draw(
                st.lists(
                    st.tuples(
                        minutes,
                        st.sampled_from(("book", "film", "notes", "unknown")),
                        st.sampled_from(("material_opened", "material_completed")),
                    ),
                    max_size=5,
                )
            )
        ):
            interactions.append(
                {
                    "learner_key": key,
                    "event_id": f"{key}-m{number}",
                    "event_name": name,
                    "occurred_at": _moment(precision, minute, number),
                    "time_precision": precision,
                    "material_id": material,
                    "duration_seconds": 60.0,
                }
            )
        for number, (minute, name, switches, session) in enumerate(
            draw(
                st.lists(
                    st.tuples(
                        minutes,
                        st.sampled_from(("sent", "sent", "started", "paused", "resumed", "ended")),
                        st.sampled_from((None, 0, 2)),
                        st.sampled_from((None, "s-1", "s-2")),
                    ),
                    max_size=8,
                )
            )
        ):
            study.append(
                {
                    "learner_key": key,
                    "event_id": f"{key}-s{number}",
                    "event_name": f"study_session_{'heartbeat_' if name == 'sent' else ''}{name}",
                    "occurred_at": _moment(precision, minute, number),
                    "time_precision": precision,
                    "session_id": session,
                    "view_switches": switches,
                    "page_visible": True,
                }
            )
    return tables_of(answers, interactions, learners, targets, study)


def _moment(precision: str, minute: int, number: int) -> datetime:
    if precision == "order":
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=number)
    moment = START + timedelta(minutes=minute)
    return moment.replace(hour=0, minute=0) if precision == "day" else moment
