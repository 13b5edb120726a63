"""A year of events of many learners, as the rows of a file that anybody could import.

Study happens on days of the year drawn for each learner, an hour of the day of their own. A day of study is one
session: it starts, materials are opened, questions answered a minute or so apart, heartbeats every 30 seconds, and it
ends. Of a learner's events about two in five are answers and half are heartbeats and the like. Chance derives from a
seed and the learner's number, so a learner has the same year among few and among many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

SEED = 20
DAYS = 365
_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
GAP_S = 45
"""Seconds between two rows of a session, on average."""

KINDS = ("question_submitted", "study_session_heartbeat_sent", "material_opened")
_SHARES = (0.42, 0.50, 0.08)
PER_SESSION = 25


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What can be met: items and materials by number, and the topic of each."""

    course_id: str
    items: Sequence[str]
    item_topics: Sequence[str]
    materials: Sequence[str]
    material_topics: Sequence[str]


def year_of(people: Sequence[tuple[int, str]], events_each: int, catalogue: Catalogue, now: datetime) -> pl.DataFrame:
    """Rows of learners with so many events each, but for the start and end of each session; column names are those of
    the event dictionary, null where an event has no such property.

    Args:
        people: number and user_id of each.
        events_each: answers, heartbeats and openings of each.
        catalogue: what they meet.
        now: the end of the year.
    """
    return pl.concat([_one(number, user_id, events_each, catalogue, now) for number, user_id in people], how="diagonal")


def _one(number: int, user_id: str, events: int, catalogue: Catalogue, now: datetime) -> pl.DataFrame:
    chance = np.random.default_rng([SEED, number])
    sessions = max(1, events // PER_SESSION)
    days = np.sort(chance.choice(DAYS * 4, sessions, replace=sessions > DAYS * 4)) / 4
    hour = chance.integers(0, 5) / 24
    starts = int(now.timestamp() * 1e6) - ((DAYS - days - hour) * _DAY).astype(np.int64) - _DAY // 2
    session = np.sort(chance.integers(0, sessions, events))
    place = np.arange(events) - np.searchsorted(session, session)
    at = starts[session] + (place + 1) * GAP_S * _SECOND + chance.integers(0, 20 * _SECOND, events)
    kind = chance.choice(len(KINDS), events, p=_SHARES)
    answered, beats, opened = (np.flatnonzero(kind == which) for which in range(len(KINDS)))
    item = chance.integers(0, len(catalogue.items), len(answered))
    material = chance.integers(0, len(catalogue.materials), len(opened))
    ability = chance.normal(0.7, 1.0)
    right = chance.random(len(answered)) < 1 / (1 + np.exp(-(ability - (item % 17 - 8) / 4)))
    used, first = np.unique(session, return_index=True)
    last = np.append(first[1:], events) - 1
    wall = (at[last] - starts[used]) / _SECOND + 20
    ids = [f"s-{number}-{one}" for one in session.tolist()]

    def rows(name: str, which: npt.NDArray[np.int64], **columns: object) -> pl.DataFrame:
        return _table(user_id, catalogue, name, at[which], [ids[row] for row in which.tolist()], columns)

    return pl.concat(
        [
            _table(user_id, catalogue, "study_session_started", starts[used], [ids[row] for row in first.tolist()], {}),
            rows(
                KINDS[0],
                answered,
                question_id=[catalogue.items[one] for one in item.tolist()],
                topic_id=[catalogue.item_topics[one] for one in item.tolist()],
                correct=right,
                time_to_answer_seconds=chance.gamma(3.0, 12.0, len(answered)).round(1),
            ),
            rows(
                KINDS[1],
                beats,
                page_visible=np.ones(len(beats), dtype=np.bool_),
                view_switches=chance.poisson(0.1, len(beats)),
                seconds_since_last=np.full(len(beats), 30.0),
            ),
            rows(
                KINDS[2],
                opened,
                material_id=[catalogue.materials[one] for one in material.tolist()],
                topic_id=[catalogue.material_topics[one] for one in material.tolist()],
                material_kind=np.where(material % 2 == 0, "video", "page"),
                opened_from=np.full(len(opened), "course"),
            ),
            _table(
                user_id,
                catalogue,
                "study_session_ended",
                at[last] + 20 * _SECOND,
                [ids[row] for row in first.tolist()],
                {"end_reason": np.full(len(used), "left"), "active_seconds": wall, "wall_seconds": wall},
            ),
        ],
        how="diagonal",
    )


def _table(
    user_id: str, catalogue: Catalogue, name: str, at: npt.NDArray[np.int64], ids: list[str], columns: dict[str, object]
) -> pl.DataFrame:
    return pl.DataFrame({"client_timestamp": at.astype("datetime64[us]"), "session_id": ids, **columns}).with_columns(
        pl.col("client_timestamp").dt.replace_time_zone("UTC"),
        event_name=pl.lit(name),
        user_id=pl.lit(user_id),
        course_id=pl.lit(catalogue.course_id),
    )
