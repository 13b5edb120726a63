"""Answers about study for the pages: made by the analytics from the events of an invented learner."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from akademos.analytics.curriculum import prepare
from akademos.analytics.learner_state import blank, evaluate, precompute
from akademos.jobs import answers
from akademos.jobs.answers import PARTS, Header

NOW = datetime(2026, 5, 20, 18, 5, tzinfo=UTC)
DAYS = 120
KINDS = ("video", "page", "exercise")
Json = dict[str, Any]


def _tables() -> dict[str, pl.DataFrame]:
    """Most days a session in the morning or the evening, mornings going better; pauses, notes and changes of window."""
    rng = np.random.default_rng(11)
    attempts: list[Json] = []
    materials: list[Json] = []
    study: list[Json] = []
    for back in range(DAYS, -1, -1):
        if rng.random() < 0.3:
            continue
        morning = rng.random() < 0.5
        at = NOW - timedelta(days=back, minutes=int(rng.integers(0, 90)) + 40 + (600 if morning else 0))
        session = f"s{back}"

        def event(name: str, moment: datetime, session: str = session, **columns: Any) -> Json:
            number = len(attempts) + len(materials) + len(study)
            return {"learner_key": "ada", "event_id": f"e{number:05d}", "event_name": name, "occurred_at": moment,
                    "session_id": session, **columns}  # fmt: skip

        study.append(event("study_session_started", at))
        kind = KINDS[int(rng.integers(0, 3))]
        topic = f"t{int(rng.integers(0, 4))}"
        end = at + timedelta(minutes=6)
        shared: Json = {"material_id": f"{kind}-{topic}", "topic_ids": [topic], "material_kind": kind}
        materials.append(event("material_opened", at, duration_seconds=None, **shared))
        materials.append(event("material_completed", end, duration_seconds=330.0, **shared))
        at = end
        for n in range(int(rng.integers(10, 28))):
            if n == 8:
                study.append(event("study_session_paused", at, reason="button"))
                at += timedelta(minutes=8)
                study.append(event("study_session_resumed", at))
            at += timedelta(seconds=int(rng.integers(30, 90)))
            attempts.append(
                event(
                    "question_submitted",
                    at,
                    question_id=f"q{len(attempts)}",
                    topic_ids=[topic],
                    score=float(rng.random() < (0.8 if morning else 0.5)),
                    duration_seconds=25.0,
                )
            )
            switches = int(rng.random() < 0.2)
            study.append(
                event(
                    "study_session_heartbeat_sent", at, page_visible=True, media_playing=False, view_switches=switches
                )
            )
        study.append(event("study_session_ended", at + timedelta(seconds=20), reason="left"))
    return {
        "question_attempts": pl.DataFrame(attempts, infer_schema_length=None).drop("event_name"),
        "material_interactions": pl.DataFrame(materials, infer_schema_length=None),
        "study_events": pl.DataFrame(study, infer_schema_length=None),
        "learners": pl.DataFrame({"learner_key": ["ada"], "time_zone": ["Europe/Berlin"]}),
    }


@cache
def study_answers(which: str) -> tuple[Json, Json]:
    """The answers of /v1/analytics/study-efficiency and /study-patterns of a learner who is `rich` or `new`."""
    state = precompute(_tables(), NOW) if which == "rich" else blank("ada", "Europe/Berlin", NOW)
    header = Header("ada", NOW, NOW, display_name="Ada <i>Adeyemi</i>")
    found = []
    for name in ("study_efficiency", "study_patterns"):
        evaluated: Any = evaluate(state, prepare({}), NOW, parts=PARTS[name])
        found.append({**getattr(answers, name)(evaluated, header), "contested": []})
    efficiency, patterns = found
    return efficiency, patterns
