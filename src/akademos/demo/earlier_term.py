"""The term before: courses that have ended, with who withdrew from them, so that there is something to learn risk from.

A source with daily counts tells of it: one event a learner, day and kind of material, with its clicks. Its learners are
others than those of this term. Everybody studies on a day with a chance that follows their engagement; who will
withdraw studies less and less in the weeks before, falls silent, and withdraws some days later (docs/demo.md).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from akademos.demo.courses import COURSES, MATERIAL_KINDS
from akademos.demo.population import NEVER, invented_name
from akademos.demo.randomness import stream
from akademos.demo.records import write_rows
from akademos.demo.simulation import History

LEARNERS = 320
WEEKS, PAUSE_WEEKS = 14, 2
LEAVES_PER_WEEK = 0.028
"""Hazard at average engagement, from the third week on."""
ENGAGED_STAY = 0.9
"""Log of the hazard, less per standard deviation of engagement."""
STUDIES, STUDIES_ENGAGED = -0.4, 0.8
"""Logit of studying on a day, and more per standard deviation of engagement."""
FADES_DAYS, FADES_TO = 35.0, 0.15
"""Before they fall silent, who will withdraw studies less, down to this factor."""
SILENT_DAYS = (6.0, 16.0)
CLICKS = 5.0
"""Median of a day and kind of material."""


@dataclass(frozen=True, slots=True)
class EarlierTerm:
    """Records and events of the term before.

    Attributes:
        first_day, last_day: of all its courses.
        people: (user_id, course_id, day of withdrawal or None), one a learner.
        events: as `demo.events.event_table` has them.
    """

    first_day: date
    last_day: date
    people: list[tuple[str, str, date | None]]
    events: pl.DataFrame


def earlier_course(course_id: str) -> str:
    """The id of the course as it was held in the term before."""
    return f"{course_id}-before"


def earlier_term(history: History) -> EarlierTerm:
    """The term that ended before the one of `history` began; the same seed gives the same."""
    rng = stream(history.seed, "earlier term")
    first = history.first_day - timedelta(weeks=WEEKS + PAUSE_WEEKS)
    days = np.arange(7 * WEEKS)
    engagement = rng.normal(0, 1, LEARNERS)
    course = rng.integers(0, len(COURSES), LEARNERS)
    hazard = LEAVES_PER_WEEK / 7 * np.exp(-ENGAGED_STAY * engagement)
    silent = 14 + rng.exponential(1, LEARNERS) / hazard
    withdraws = np.floor(silent + rng.uniform(*SILENT_DAYS, LEARNERS))
    leaves = withdraws < 7 * WEEKS
    silent, withdraws = np.where(leaves, silent, NEVER), np.where(leaves, withdraws, NEVER)
    usual = 1 / (1 + np.exp(-(STUDIES + STUDIES_ENGAGED * engagement)))
    left = np.clip((silent[:, None] - days) / FADES_DAYS, 0, 1)
    chance = usual[:, None] * (FADES_TO + (1 - FADES_TO) * left) * (days < silent[:, None])
    studied = rng.random(chance.shape) < chance
    who, day, kind = np.nonzero(studied[:, :, None] & (rng.random((*chance.shape, len(MATERIAL_KINDS))) < 0.6))
    clicks = np.ceil(CLICKS * np.exp(0.3 * engagement[who] + rng.normal(0, 0.6, len(who))))
    users = [f"earlier-{at + 1:04}" for at in range(LEARNERS)]
    courses = [earlier_course(COURSES[one].course_id) for one in course]
    kinds = [name for name, _ in MATERIAL_KINDS]
    opened = pl.DataFrame(
        {
            "user_id": [users[one] for one in who],
            "event_name": "material_opened",
            "course_id": [courses[one] for one in who],
            "material_id": [
                f"{courses[one]}-{kinds[at]}-{on // 7 + 1}" for one, at, on in zip(who, kind, day, strict=True)
            ],
            "material_kind": [kinds[at] for at in kind],
            "quantity": clicks,
            "day": day.astype(np.float64),
        }
    )
    gone = np.flatnonzero(leaves)
    withdrawn = pl.DataFrame(
        {
            "user_id": [users[one] for one in gone],
            "event_name": "course_withdrawn",
            "course_id": [courses[one] for one in gone],
            "withdrawal_reason": "unknown",
            "day": withdraws[gone],
        }
    )
    events = pl.concat([opened, withdrawn], how="diagonal").sort("day", "user_id", maintain_order=True)
    origin = datetime.combine(first, datetime.min.time(), UTC) + timedelta(hours=12)
    ids = rng.bytes(16 * events.height)
    return EarlierTerm(
        first,
        first + timedelta(days=7 * WEEKS - 1),
        [
            (user, at, first + timedelta(days=int(on)) if on < NEVER else None)
            for user, at, on in zip(users, courses, withdraws, strict=True)
        ],
        events.select(
            event_id=pl.Series([str(uuid.UUID(bytes=ids[n : n + 16], version=4)) for n in range(0, len(ids), 16)]),
            event_name="event_name",
            client_timestamp=pl.lit(origin) + pl.duration(days=pl.col("day")),
            user_id="user_id",
            persona=pl.lit("student"),
            **{
                name: pl.col(name)
                for name in ("course_id", "material_id", "material_kind", "quantity", "withdrawal_reason")
            },
        ),
    )


def write_earlier_records(term: EarlierTerm, folder: Path) -> Path:
    """The folder of its record files: courses that have ended, people, enrolments."""
    titles = {earlier_course(one.course_id): f"{one.title}, last term" for one in COURSES}
    write_rows(
        folder / "courses.csv",
        ("course_id", "title", "starts_on", "ends_on"),
        [(course_id, title, term.first_day, term.last_day) for course_id, title in titles.items()],
    )
    write_rows(
        folder / "people.csv",
        ("user_id", "kind", "persona", "display_name"),
        [(user_id, "learner", "student", invented_name(at)) for at, (user_id, *_) in enumerate(term.people)],
    )
    registered = term.first_day - timedelta(days=7)
    write_rows(
        folder / "enrolments.csv",
        ("user_id", "course_id", "registered_on", "withdrawn_on"),
        [(user_id, course_id, registered, gone or "") for user_id, course_id, gone in term.people],
    )
    return folder
