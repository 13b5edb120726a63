"""What happened, as events of the dictionary: one table for all of them, and the form they have on the wire."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from akademos.catalogue.core_properties import CORE_PROPERTIES
from akademos.demo.bank import Floats
from akademos.demo.choices import chosen
from akademos.demo.courses import COURSES
from akademos.demo.materials import left_at, lengths, versions
from akademos.demo.midterm import PAPER, PASS_MARK, midterm_id
from akademos.demo.parameters import DEFAULT
from akademos.demo.population import NEVER
from akademos.demo.product import product_tables, system_events
from akademos.demo.randomness import stream
from akademos.demo.signs import paused_days, session_ids, sign_tables
from akademos.demo.simulation import History

CLOCK = pl.Datetime("us", "UTC")
_CORE = frozenset(one.name for one in CORE_PROPERTIES)
WITHDRAWS_AFTER_DAYS = 3.0


def event_table(history: History) -> pl.DataFrame:
    """Every event until now, in order of time: core properties and properties of its type as columns, null where the
    type has none; `client_timestamp` is when it happened (UTC)."""
    parts = [
        _registrations(history),
        _withdrawals(history),
        _session_starts(history),
        _session_ends(history),
        _openings(history),
        _leavings(history),
        _answers(history),
        *sign_tables(history, _contacts(history), DEFAULT.signs),
        _midterms(history),
    ]
    of_product = pl.concat(product_tables(history, DEFAULT.product), how="diagonal_relaxed")
    named = _finished(pl.concat(parts, how="diagonal"), history, "event ids")
    around = _finished(of_product, history, "product event ids")
    whole = [
        named,
        around,
        system_events(history, DEFAULT.product).with_columns(pl.col("client_timestamp").cast(CLOCK)),
    ]
    return pl.concat(whole, how="diagonal_relaxed").sort("client_timestamp", maintain_order=True)


def _finished(events: pl.DataFrame, history: History, ids: str) -> pl.DataFrame:
    """Events with clock, person and an id from the stream of that use; ids of the others stay when some are added."""
    by = [name for name in ("at", "who", "event_name", "question_id") if name in events.columns]
    events = events.sort(by, maintain_order=True)
    learners = pl.DataFrame(
        {
            "who": np.arange(len(history.learners)),
            "user_id": history.learners.user_ids,
            "persona": history.learners.personas,
            "zone": history.learners.zones,
        }
    )
    named = _with_clock(events.join(learners, on="who", how="left", maintain_order="left"), history)
    return named.with_columns(event_id=pl.Series(_event_ids(history.seed, named.height, ids))).select(
        "event_id",
        "event_name",
        "client_timestamp",
        "user_id",
        "persona",
        pl.exclude("event_id", "event_name", "client_timestamp", "user_id", "persona", "who", "at", "zone"),
    )


def on_the_wire(events: pl.DataFrame) -> Iterator[dict[str, Any]]:
    """The rows as the HTTP doors take them: core properties at top level, the rest under `properties`, no nulls."""
    stamped = events.with_columns(pl.col("client_timestamp").dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
    for row in stamped.iter_rows(named=True):
        event = {name: value for name, value in row.items() if value is not None and name in _CORE}
        event["properties"] = {name: value for name, value in row.items() if value is not None and name not in _CORE}
        yield event


def _event_ids(seed: int, count: int, use: str) -> list[str]:
    random = stream(seed, use).bytes(16 * count)
    return [str(uuid.UUID(bytes=random[at : at + 16], version=4)) for at in range(0, len(random), 16)]


def _with_clock(events: pl.DataFrame, history: History) -> pl.DataFrame:
    """Local days into instants. A wall clock that daylight saving skips is read an hour later, one that it repeats
    as the first."""
    origin = datetime.combine(history.first_day, datetime.min.time())
    local = events.with_columns(
        local=pl.lit(origin) + pl.duration(milliseconds=(pl.col("at") * 86_400_000).round().cast(pl.Int64)),
        row=pl.int_range(pl.len()),
    )
    of_zone = [
        part.with_columns(
            client_timestamp=pl.coalesce(
                shifted.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
                for shifted in (pl.col("local"), pl.col("local") + pl.duration(hours=1))
            ).dt.convert_time_zone("UTC")
        )
        for (zone,), part in local.partition_by("zone", as_dict=True).items()
    ]
    return pl.concat(of_zone).sort("client_timestamp", "row").drop("local", "row").cast({"client_timestamp": CLOCK})


def _registrations(history: History) -> pl.DataFrame:
    learners, end = history.learners, history.term.now
    who, course = np.nonzero(learners.enrolled & (learners.starts < end)[:, None])
    return pl.DataFrame(
        {
            "who": who,
            "at": learners.starts[who],
            "event_name": "course_registered",
            "course_id": [COURSES[one].course_id for one in course],
            "registration_channel": "self_service",
        }
    )


def withdrawn_at(history: History) -> Floats:
    """Local day on which each learner withdrew, NEVER for those who did not (until now)."""
    learners = history.learners
    day = np.where(learners.withdraws, learners.drops + WITHDRAWS_AFTER_DAYS, NEVER)
    return np.where((day < history.term.now) & (learners.starts < day), day, NEVER)


def _withdrawals(history: History) -> pl.DataFrame:
    day = withdrawn_at(history)
    who, course = np.nonzero(history.learners.enrolled & (day < NEVER)[:, None])
    return pl.DataFrame(
        {
            "who": who,
            "at": day[who],
            "event_name": "course_withdrawn",
            "course_id": [COURSES[one].course_id for one in course],
            "withdrawal_reason": "unknown",
        }
    )


def _session_starts(history: History) -> pl.DataFrame:
    rows = history.sittings
    return pl.DataFrame(
        {
            "who": rows.who,
            "at": rows.start,
            "event_name": "study_session_started",
            "session_id": session_ids(rows.who, rows.session),
        }
    )


def _session_ends(history: History) -> pl.DataFrame:
    rows = history.sittings
    seconds = ((rows.end - rows.start) * 86_400).round(1)
    active = ((rows.end - rows.start - paused_days(history)) * 86_400).round(1)
    return pl.DataFrame(
        {
            "who": rows.who,
            "at": rows.end,
            "event_name": "study_session_ended",
            "session_id": session_ids(rows.who, rows.session),
            "end_reason": "left",
            "active_seconds": np.maximum(active, 0.0),
            "wall_seconds": seconds,
        }
    )


def _contacts(history: History) -> pl.DataFrame:
    rows, bank = history.contacts, history.bank
    leaf = [bank.materials[one][2] for one in rows.material]
    return pl.DataFrame(
        {
            "who": rows.who,
            "at": rows.at,
            "session_id": session_ids(rows.who, rows.session),
            "material_id": [bank.material_ids[one] for one in rows.material],
            "material_kind": [bank.materials[one][0] for one in rows.material],
            "material_version": versions(bank, rows.material, rows.at),
            "course_id": [COURSES[bank.course_of_leaf[one]].course_id for one in leaf],
            "topic_ids": [[bank.leaves[one].topic_id] for one in leaf],
        }
    )


def _openings(history: History) -> pl.DataFrame:
    return _contacts(history).with_columns(event_name=pl.lit("material_opened"), opened_from=pl.lit("course"))


def _leavings(history: History) -> pl.DataFrame:
    rows = history.contacts
    completed = pl.Series(rows.completed)
    reached = left_at(history.seed, history.bank, rows.material, rows.at)
    share = (reached / pl.Series(lengths(rows.material))).round(2)
    return (
        _contacts(history)
        .with_columns(
            at=pl.Series(rows.at + rows.seconds / 86_400),
            duration_seconds=pl.Series(rows.seconds.round(1)),
            completed=completed,
        )
        .with_columns(
            event_name=pl.when("completed").then(pl.lit("material_completed")).otherwise(pl.lit("material_progressed")),
            completion_rule=pl.when("completed").then(pl.lit("viewed")),
            progress=pl.when(~pl.col("completed")).then(pl.coalesce(share, pl.lit(0.4))),
            media_second=pl.when(~pl.col("completed")).then(reached),
        )
        .drop("completed")
    )


def _answers(history: History) -> pl.DataFrame:
    rows, bank = history.attempts, history.bank
    topics = [bank.topic_ids(item) for item in range(len(bank.question_ids))]
    courses = [COURSES[bank.course_of_leaf[first]].course_id for first in bank.topics_of_item[:, 0]]
    items = pl.DataFrame(
        {
            "item": np.arange(len(topics)),
            "question_id": bank.question_ids,
            "topic_ids": topics,
            "course_id": courses,
        }
    )
    return (
        pl.DataFrame(
            {
                "who": rows.who,
                "at": rows.at,
                "item": rows.item,
                "session_id": session_ids(rows.who, rows.session),
                "correct": rows.correct,
                "time_to_answer_seconds": rows.seconds,
                "attempt_number": rows.number,
                "confidence": rows.confidence,
                "hints": rows.hints,
                "chosen_options": chosen(history.seed, bank, rows.item, rows.correct),
            }
        )
        .join(items, on="item", how="left", maintain_order="left")
        .with_columns(
            pl.col("confidence").fill_nan(None),
            event_name=pl.lit("question_submitted"),
            answered_in=pl.when(pl.col("attempt_number") == 1).then(pl.lit("practice")).otherwise(pl.lit("review")),
        )
        .drop("item")
    )


def _midterms(history: History) -> pl.DataFrame:
    rows = history.midterms
    score = rows.right / PAPER
    return pl.DataFrame(
        {
            "who": rows.who,
            "at": rows.at,
            "event_name": "quiz_attempt_submitted",
            "assessment_id": [midterm_id(COURSES[one]) for one in rows.course],
            "course_id": [COURSES[one].course_id for one in rows.course],
            "score": score,
            "assessment_kind": "exam",
            "attempt_number": np.ones(len(rows.who), dtype=np.int64),
            "questions_correct": rows.right,
            "questions_total": np.full(len(rows.who), PAPER),
            "passed": score >= PASS_MARK,
        }
    )


def recent_from(history: History, days: float) -> datetime:
    """The instant from which events come by HTTP instead of by import."""
    return history.now - timedelta(days=days)
