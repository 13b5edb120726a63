"""Figures of the analytics of study: populations whose days are sessions, with answers, materials and heartbeats.

A year is a session every other day: one answer to three heartbeats, a material now and then, a change of window
in one heartbeat of ten. The heavy learner has 20,000 events.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from akademos.analytics.clock import microseconds
from akademos.analytics.schemas import TIME

Tables = dict[str, pl.DataFrame]

HEAVY_EVENTS = 20_000
EVENTS_EACH = 1_000
SESSIONS = 180
PARTS = {"study_efficiency": ("efficiency", "insights"), "study_patterns": ("patterns", "insights")}
_SECOND_US = 1_000_000
_DAY_US = 86_400 * _SECOND_US


def population(
    rng: np.random.Generator, learners: Sequence[str], events_each: int, curriculum: Tables, until: object
) -> Tables:
    """Tables of `analytics.schemas.INPUT` for learners with so many events each, half of them heartbeats and more."""
    now = microseconds(until)  # type: ignore[arg-type]  # an aware datetime
    rows = len(learners) * events_each
    learner = np.repeat(np.arange(len(learners)), events_each)
    session = np.sort(rng.integers(0, SESSIONS, (len(learners), events_each)), axis=1).ravel()
    begins = now - (SESSIONS - session) * 2 * _DAY_US + rng.integers(0, 6, SESSIONS)[session] * 3600 * _SECOND_US
    place = np.arange(rows) - np.searchsorted(learner * SESSIONS + session, learner * SESSIONS + session)
    at = begins + place * 30 * _SECOND_US + rng.integers(0, 20, rows) * _SECOND_US
    kind = rng.random(rows)
    key = np.array(learners)[learner]
    common = pl.DataFrame(
        {
            "learner_key": key,
            "event_id": np.char.add("e", np.arange(rows).astype(str)),
            "occurred_at": pl.Series(at).cast(TIME),
            "session_id": np.char.add("s", session.astype(str)),
        }
    )
    answered, touched = kind < 0.23, (kind >= 0.23) & (kind < 0.26)
    items, materials = curriculum["items"], curriculum["materials"]
    item = rng.integers(0, items.height, int(answered.sum()))
    material = rng.integers(0, materials.height, int(touched.sum()))
    beats = common.filter(pl.Series(~answered & ~touched))
    return {
        **curriculum,
        "question_attempts": common.filter(pl.Series(answered)).with_columns(
            question_id=items["question_id"].gather(item),
            topic_ids=items["topic_ids"].gather(item),
            score=pl.Series((rng.random(len(item)) < 0.7).astype(np.float64)),
            duration_seconds=pl.Series(rng.lognormal(3, 0.5, len(item))),
        ),
        "material_interactions": common.filter(pl.Series(touched)).with_columns(
            event_name=pl.lit("material_opened"),
            material_id=materials["material_id"].gather(material),
            material_kind=pl.Series(np.where(material % 2 == 0, "video", "page")),
            duration_seconds=pl.Series(rng.lognormal(5, 0.5, len(material))),
        ),
        "study_events": beats.with_columns(
            event_name=pl.lit("study_session_heartbeat_sent"),
            page_visible=True,
            view_switches=pl.Series((rng.random(beats.height) < 0.1).astype(np.int32)),
        ),
        "learners": pl.DataFrame({"learner_key": list(learners), "time_zone": ["Europe/Berlin"] * len(learners)}),
    }
