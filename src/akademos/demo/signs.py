"""Signs of study beside answers and materials: heartbeats, pauses, progress of videos, notes, a second device.

They are drawn from streams of their own and change nothing of what is learned: a note of this model has no effect, so
an insight that praises notes would be a false one. Heartbeats begin a few weeks before now, as in a product that has
just learned to send them.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from akademos.demo.bank import Floats, Ints
from akademos.demo.materials import lengths
from akademos.demo.parameters import Signs
from akademos.demo.population import Bools
from akademos.demo.randomness import stream
from akademos.demo.simulation import History

SECOND = 1 / 86_400
HEARTBEAT = 30 * SECOND
IDLE = 300 * SECOND
_QUARTERS = (0.25, 0.5, 0.75)


def sign_tables(history: History, contacts: pl.DataFrame, params: Signs) -> list[pl.DataFrame]:
    """Tables of events; `contacts` has one row a contact with who, at, session_id and the material's columns."""
    return [
        *_pauses(history, params),
        _heartbeats(history, params),
        _progress(history, contacts),
        _notes(history, contacts, params),
    ]


def session_ids(who: Ints, session: Ints) -> list[str]:
    """Ids of sessions: one a learner and day."""
    return [f"s-{one}-{day}" for one, day in zip(who.tolist(), session.tolist(), strict=True)]


def paused_days(history: History) -> Floats:
    """Of each sitting, the time in breaks, in days."""
    rows, breaks = history.sittings, history.breaks
    days = int(max(rows.session.max(initial=0), breaks.session.max(initial=0))) + 1
    paused = np.zeros(len(history.learners) * days)
    np.add.at(paused, breaks.who * days + breaks.session, breaks.end - breaks.start)
    found: Floats = paused[rows.who * days + rows.session]
    return found


def _pauses(history: History, params: Signs) -> list[pl.DataFrame]:
    rows = history.breaks
    pressed = stream(history.seed, "pauses").random(len(rows.who)) < params.presses_pause
    shared = {"who": rows.who, "session_id": session_ids(rows.who, rows.session)}
    return [
        pl.DataFrame(
            {
                **shared,
                "at": np.where(pressed, rows.start + 2 * SECOND, rows.start + IDLE),
                "event_name": "study_session_paused",
                "pause_reason": np.where(pressed, "button", "idle"),
            }
        ),
        pl.DataFrame(
            {
                **shared,
                "at": rows.end,
                "event_name": "study_session_resumed",
                "paused_seconds": ((rows.end - rows.start) / SECOND).round(1),
            }
        ),
    ]


def _heartbeats(history: History, params: Signs) -> pl.DataFrame:
    rng = stream(history.seed, "heartbeats")
    rows, count = history.sittings, len(history.learners)
    rate = params.switches * np.exp(rng.normal(0, params.switches_sd, count))
    chosen = np.flatnonzero(rows.start > history.term.now[rows.who] - params.heartbeat_days)
    who, start, end, session = rows.who[chosen], rows.start[chosen], rows.end[chosen], rows.session[chosen]
    beats = np.floor((end - start) / HEARTBEAT).astype(np.int64)
    second = rng.random(len(chosen)) < params.second_device
    ids = np.array(session_ids(who, session), dtype=object)
    parts = []
    for device, from_share, here in (("", 0.0, np.ones(len(chosen), dtype=np.bool_)), ("-phone", 0.4, second)):
        skipped = np.floor(from_share * beats).astype(np.int64)
        each = np.where(here, beats - skipped, 0)
        row = np.repeat(np.arange(len(chosen)), each)
        number = np.arange(len(row)) - np.repeat(np.cumsum(each) - each, each) + skipped[row] + 1
        at = start[row] + number * HEARTBEAT
        playing = _inside(history, who[row], at)
        away = _in_breaks(history, who[row], at)
        parts.append(
            pl.DataFrame(
                {
                    "who": who[row],
                    "at": at,
                    "event_name": "study_session_heartbeat_sent",
                    "session_id": [one + device for one in ids[row].tolist()],
                    "page_visible": True,
                    "media_playing": playing,
                    "view_switches": rng.poisson(rate[who[row]]),
                    "seconds_since_last": 30.0,
                }
            ).filter(~pl.Series(away))
        )
    return pl.concat(parts)


def _inside(history: History, who: Ints, at: Floats) -> Bools:
    """Whether a video plays for somebody at an instant."""
    rows, bank = history.contacts, history.bank
    video = np.array([kind == "video" for kind, *_ in bank.materials])[rows.material]
    return _within(rows.who[video], rows.at[video], (rows.at + rows.seconds * SECOND)[video], who, at)


def _in_breaks(history: History, who: Ints, at: Floats) -> Bools:
    rows = history.breaks
    return _within(rows.who, rows.start, rows.end, who, at)


def _within(whose: Ints, start: Floats, end: Floats, who: Ints, at: Floats) -> Bools:
    """Whether one of the disjoint intervals of the same learner holds each instant."""
    if not len(whose):
        return np.zeros(len(who), dtype=np.bool_)
    span = float(max(end.max(), at.max(initial=0.0))) + 1.0
    order = np.argsort(whose * span + start)
    place = np.searchsorted((whose * span + start)[order], who * span + at, side="right") - 1
    near = order[np.maximum(place, 0)]
    found: Bools = (place >= 0) & (whose[near] == who) & (at <= end[near])
    return found


def _progress(history: History, contacts: pl.DataFrame) -> pl.DataFrame:
    """A video that is worked through reports every quarter."""
    rows = history.contacts
    columns = {"seconds": rows.seconds, "length": lengths(rows.material)}
    watched = contacts.hstack(pl.DataFrame(columns)).filter(
        pl.Series(rows.completed) & (contacts["material_kind"] == "video")
    )
    return pl.concat(
        [
            watched.with_columns(
                at=pl.col("at") + quarter * pl.col("seconds") * SECOND,
                event_name=pl.lit("material_progressed"),
                progress=pl.lit(quarter),
                media_second=(quarter * pl.col("length")).round(1),
                playback_rate=(pl.col("length") / pl.col("seconds")).round(2).clip(0.25, 4.0),
            ).drop("seconds", "length")
            for quarter in _QUARTERS
        ]
    )


def _notes(history: History, contacts: pl.DataFrame, params: Signs) -> pl.DataFrame:
    rng = stream(history.seed, "notes")
    rows = history.contacts
    inclined = rng.random(len(history.learners)) < params.takes_notes
    noted = inclined[rows.who] & (rng.random(len(rows.who)) < params.note)
    end = pl.Series(rows.at + 0.9 * rows.seconds * SECOND)
    length = pl.Series(rng.integers(20, 400, len(rows.who)))
    return contacts.with_columns(at=end, event_name=pl.lit("material_noted"), note_length=length).filter(
        pl.Series(noted)
    )
