"""What a learner's state keeps of study: sessions, active hours, materials by kind, and the days of the hypotheses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.attempts import SCORE_STEPS, Activity
from akademos.analytics.clock import DAY_US, local_microseconds
from akademos.analytics.hypotheses import MATERIAL_GROUPS, AnswerFacts, sides
from akademos.analytics.parameters import Parameters
from akademos.analytics.rounds import Index, runs
from akademos.analytics.study_sessions import MINUTE_MS, Sessions, study_sessions
from akademos.analytics.study_signs import signs_of, switches_of

Floats = npt.NDArray[np.float64]
Columns = dict[str, Any]

HOUR_US = 3_600_000_000
NOTED, OPENED = "material_noted", "material_opened"
_DAY_MS = DAY_US // 1000


@dataclass(frozen=True, slots=True)
class _Answers:
    """Answers with an exact clock in order of learner and time."""

    rows: pl.DataFrame
    learner: Index
    at: Index  # ms
    local: Index  # us of the wall clock
    score: Floats
    residual: Floats
    session: Index


def study_state(
    activity: Activity, expected: Floats, materials: pl.DataFrame, params: Parameters
) -> dict[str, Columns]:
    """Columns of the state's tables sessions, study_hours, material_kinds, outcomes and contrasts.

    Args:
        activity: what the learners did.
        expected: what was to be expected of each of `activity.answers`, 0..1.
        materials: `schemas.INPUT["materials"]`, for the topics of materials whose events name none.
        params: parameters.
    """
    sessions = study_sessions(signs_of(activity, params.study), params.study)
    answers = _answers(activity, expected, sessions)
    contacts = activity.interactions.filter(pl.col("time_precision") == "exact", pl.col("material_id").is_not_null())
    switches = _switches(activity, sessions)
    last = _last_materials(answers, contacts, materials)
    facts = _facts(activity, answers, sessions, switches, last)
    return {
        "sessions": _sessions(activity, sessions, answers, contacts, switches),
        "study_hours": _hours(activity, sessions, answers),
        "material_kinds": _kinds(activity, answers, contacts, last, params),
        **_contrasts(activity, answers, facts, params),
    }


def _zones(activity: Activity) -> tuple[Index, list[str]]:
    """Number of each learner's zone, and the zones."""
    names = activity.learners["time_zone"]
    known = names.unique().sort().to_list()
    return names.cast(pl.Enum(known)).to_physical().to_numpy().astype(np.int64), known


def _local(activity: Activity, learner: Index, at_ms: Index) -> Index:
    zone, names = _zones(activity)
    return local_microseconds(at_ms * 1000, zone[learner], names)


def _answers(activity: Activity, expected: Floats, sessions: Sessions) -> _Answers:
    exact = (activity.answers["time_precision"] == "exact").to_numpy()
    rows = activity.answers.filter(pl.Series(exact))
    learner, at = rows["learner"].to_numpy(), rows["at"].to_numpy() // 1000
    local = _local(activity, learner, at)
    score = rows["score"].to_numpy()
    over = score - np.round(expected[exact] * SCORE_STEPS) / SCORE_STEPS
    acquaintance = _acquaintance(learner, rows["question"].to_numpy(), local // DAY_US)
    group = learner * 4 + acquaintance
    groups = int(group.max(initial=0)) + 1
    mean = np.bincount(group, over, groups) / np.maximum(np.bincount(group, minlength=groups), 1)
    residual = np.round((over - mean[group]) * SCORE_STEPS) / SCORE_STEPS
    return _Answers(rows, learner, at, local, score, residual, sessions.at(learner, at))


def _acquaintance(learner: Index, question: Index, day: Index) -> Index:
    """0 first answer to the item, 1 second, 2 later, 3 again on the same local day."""
    order = np.lexsort((np.arange(len(learner)), question, learner))
    key = learner[order] * (int(question.max(initial=0)) + 1) + question[order]
    starts, counts = runs(key)
    before = np.arange(len(order)) - np.repeat(starts, counts)
    again = np.zeros(len(order), dtype=np.bool_)
    again[1:] = (before[1:] > 0) & (day[order][1:] == day[order][:-1])
    found = np.empty(len(order), dtype=np.int64)
    found[order] = np.where(again, 3, np.minimum(before, 2))
    return found


def _switches(activity: Activity, sessions: Sessions) -> Floats:
    """Changes of window in each session; NaN where no heartbeat lies in it."""
    beats = activity.study.filter(
        pl.col("time_precision") == "exact",
        pl.col("view_switches").is_not_null() | pl.col("page_visible").is_not_null(),
    )
    held = sessions.at(beats["learner"].to_numpy(), beats["occurred_at"].dt.epoch("us").to_numpy() // 1000)
    found = np.full(len(sessions.start), np.nan)
    found[held[held >= 0]] = 0.0
    learner, at, switches = switches_of(activity)
    within = sessions.at(learner, at)
    np.add.at(found, within[within >= 0], switches[within >= 0])
    return found


def _sessions(
    activity: Activity, sessions: Sessions, answers: _Answers, contacts: pl.DataFrame, switches: Floats
) -> Columns:
    count = len(sessions.start)
    opened = contacts.filter(pl.col("event_name") == OPENED)
    held = sessions.at(opened["learner"].to_numpy(), opened["at"].to_numpy() // 1000)
    local = _local(activity, sessions.learner, sessions.start)
    return {
        "learner_key": activity.learners["learner_key"].gather(sessions.learner),
        "start_at": sessions.start * 1000,
        "end_at": sessions.end * 1000,
        "date": local // DAY_US,
        "minute": local % DAY_US // (MINUTE_MS * 1000),
        "active_seconds": sessions.active / 1000,
        "active_seconds_short": sessions.active_short / 1000,
        "active_seconds_long": sessions.active_long / 1000,
        "longest_seconds": sessions.longest / 1000,
        "breaks": sessions.breaks,
        "switches": switches,
        "devices": sessions.devices,
        "answers": np.bincount(answers.session[answers.session >= 0], minlength=count),
        "materials": np.bincount(held[held >= 0], minlength=count),
        "ended": sessions.ended,
    }


def _hours(activity: Activity, sessions: Sessions, answers: _Answers) -> Columns:
    """Active time of each local hour, and the answers of it."""
    learner, start, end = sessions.stretches.learner, sessions.stretches.start, sessions.stretches.end
    local = _local(activity, learner, start)
    until = local + (end - start) * 1000
    hours = np.maximum((until - 1) // HOUR_US, local // HOUR_US) - local // HOUR_US + 1
    row = np.repeat(np.arange(len(learner)), hours)
    hour = local[row] // HOUR_US + np.arange(len(row)) - np.repeat(np.cumsum(hours) - hours, hours)
    active = np.minimum(until[row], (hour + 1) * HOUR_US) - np.maximum(local[row], hour * HOUR_US)
    whose = np.concatenate((learner[row], answers.learner))
    when = np.concatenate((hour, answers.local // HOUR_US))
    low = int(when.min(initial=0))
    span = int(when.max(initial=0)) - low + 1
    keys, place = np.unique(whose * span + when - low, return_inverse=True)
    of_stretch, of_answer = place[: len(row)], place[len(row) :]
    found = keys % span + low
    return {
        "learner_key": activity.learners["learner_key"].gather(keys // span),
        "date": found // 24,
        "hour": found % 24,
        "active_seconds": np.bincount(of_stretch, active, len(keys)) / 1e6,
        "answers": np.bincount(of_answer, minlength=len(keys)),
        "score": np.bincount(of_answer, answers.score, len(keys)),
        "residual": np.bincount(of_answer, answers.residual, len(keys)),
    }


def _last_materials(answers: _Answers, contacts: pl.DataFrame, materials: pl.DataFrame) -> pl.DataFrame:
    """Of each answer's first topic, the last material and note before the answer: kind, material_at, note_at."""
    known = materials.select("material_id", kind_known="kind", topics_known="topic_ids").unique(
        "material_id", keep="first", maintain_order=True
    )
    touched = (
        contacts.join(known, on="material_id", how="left", maintain_order="left")
        .select(
            "learner",
            "at",
            "event_name",
            topic=pl.when(pl.col("topic_ids").list.len() > 0).then("topic_ids").otherwise("topics_known"),
            kind=pl.coalesce("material_kind", "kind_known").fill_null("other"),
        )
        .explode("topic")
        .drop_nulls("topic")
        .sort("at", "kind")
    )
    asked = (
        answers.rows.select("learner", "at", topic=pl.col("topic_ids").list.first()).with_row_index("row").sort("at")
    )
    by = ["learner", "topic"]
    last = touched.select(*by, "at", "kind", material_at="at")
    noted = touched.filter(pl.col("event_name") == NOTED).select(*by, "at", note_at="at")
    found = asked.join_asof(last, on="at", by=by, strategy="backward", check_sortedness=False)
    found = found.join_asof(noted, on="at", by=by, strategy="backward", check_sortedness=False)
    return found.sort("row").select("kind", "material_at", "note_at")


def _facts(
    activity: Activity, answers: _Answers, sessions: Sessions, switches: Floats, last: pl.DataFrame
) -> AnswerFacts:
    held = answers.session
    known, session = held >= 0, np.maximum(held, 0)
    stretches = sessions.stretches
    stretch = (
        np.searchsorted(*_joint(stretches.learner, stretches.start, answers.learner, answers.at), side="right") - 1
    )
    stretch = np.maximum(stretch, 0)
    first_of_session = np.ones(len(stretches.start), dtype=np.bool_)
    of_session = sessions.session_of_stretch
    first_of_session[1:] = of_session[1:] != of_session[:-1]

    def where_known(values: npt.NDArray[Any]) -> Floats:
        return np.where(known, values.astype(np.float64), np.nan)

    nothing = np.empty(0, dtype=np.int64)
    begun = sessions.start[session] if len(sessions.start) else nothing
    active = sessions.active[session] / MINUTE_MS if len(sessions.start) else nothing
    wall_hours = np.maximum((sessions.end - sessions.start) / (60 * MINUTE_MS), 1e-9)
    per_hour = np.divide(switches, wall_hours)
    at_ms = answers.at.astype(np.float64)
    note_at, material_at = (
        last[name].cast(pl.Float64).fill_null(np.nan).to_numpy() / 1000 for name in ("note_at", "material_at")
    )
    kinds = last["kind"].replace_strict(MATERIAL_GROUPS, default="read", return_dtype=pl.String)
    takes_notes = np.zeros(activity.learners.height, dtype=np.bool_)
    notes = activity.interactions.filter(pl.col("event_name") == NOTED)
    takes_notes[notes["learner"].to_numpy()] = True
    return AnswerFacts(
        hour=answers.local % DAY_US // HOUR_US,
        weekday=(answers.local // DAY_US + 3) % 7,
        into_session=where_known((answers.at - begun) / MINUTE_MS),
        unbroken=where_known((answers.at - stretches.start[stretch]) / MINUTE_MS) if len(begun) else where_known(begun),
        after_break=known & ~first_of_session[stretch] if len(begun) else known,
        session_minutes=where_known(active),
        switches_per_hour=where_known(per_hour[session]) if len(begun) else where_known(begun),
        rest_days=_rest_days(activity, sessions, answers),
        note_days=(at_ms - note_at) / _DAY_MS,
        material_days=(at_ms - material_at) / _DAY_MS,
        video=np.where(np.isnan(material_at), np.nan, (kinds == "video").fill_null(value=False).to_numpy()),
        takes_notes=takes_notes[answers.learner],
    )


def _joint(whose: Index, start: Index, learner: Index, instant: Index) -> tuple[Index, Index]:
    """Both as one ascending number each."""
    low = int(min(start.min(initial=0), instant.min(initial=0)))
    span = int(max(start.max(initial=0), instant.max(initial=0))) - low + 1
    return whose * span + start - low, learner * span + instant - low


def _rest_days(activity: Activity, sessions: Sessions, answers: _Answers) -> Floats:
    """Days without a session between each answer's day and the learner's study day before it."""
    local = _local(activity, sessions.learner, sessions.start) // DAY_US
    day = answers.local // DAY_US
    low = int(min(local.min(initial=0), day.min(initial=0)))
    span = int(max(local.max(initial=0), day.max(initial=0))) - low + 1
    days = np.unique(sessions.learner * span + local - low)
    own = answers.learner * span + day - low
    before = np.searchsorted(days, own) - 1
    near = np.maximum(before, 0)
    if not len(days):
        return np.full(len(own), np.nan)
    same = (before >= 0) & (days[near] // span == answers.learner)
    return np.where(same, own - days[near] - 1.0, np.nan)


def _kinds(
    activity: Activity, answers: _Answers, contacts: pl.DataFrame, last: pl.DataFrame, params: Parameters
) -> Columns:
    local = _local(activity, contacts["learner"].to_numpy(), contacts["at"].to_numpy() // 1000)
    most = params.study.material_minutes_most * MINUTE_MS
    spent = contacts.select(
        "learner",
        date=pl.Series(local // DAY_US),
        kind=pl.col("material_kind").fill_null("other"),
        ms=(pl.col("duration_seconds").fill_nan(None) * 1000).clip(0, most).fill_null(0).round().cast(pl.Int64),
        opened=(pl.col("event_name") == OPENED).cast(pl.Int64),
        answers=pl.lit(0, dtype=pl.Int64),
        residual=pl.lit(0.0),
    )
    recent = answers.at - last["material_at"].fill_null(0).to_numpy() // 1000 <= params.insights.material_days * _DAY_MS
    later = pl.DataFrame(
        {
            "learner": answers.learner,
            "date": answers.local // DAY_US,
            "kind": last["kind"],
            "residual": answers.residual,
            "recent": recent,
        }
    ).filter(pl.col("kind").is_not_null(), "recent")
    later = later.select(
        "learner",
        "date",
        "kind",
        ms=pl.lit(0, dtype=pl.Int64),
        opened=pl.lit(0, dtype=pl.Int64),
        answers=pl.lit(1, dtype=pl.Int64),
        residual="residual",
    )
    total = (
        pl.concat([spent, later])
        .group_by("learner", "date", "kind")
        .agg(pl.col("ms", "opened", "answers", "residual").sum())
        .sort("learner", "date", "kind")
    )
    return {
        "learner_key": activity.learners["learner_key"].gather(total["learner"]),
        "date": total["date"],
        "kind": total["kind"],
        "seconds": total["ms"] / 1000,
        "opened": total["opened"],
        "answers": total["answers"],
        "residual": total["residual"],
    }


def _contrasts(activity: Activity, answers: _Answers, facts: AnswerFacts, params: Parameters) -> dict[str, Columns]:
    day = answers.local // DAY_US
    span = int(day.max(initial=0)) + 1
    # A wall clock that is set back at midnight could show a day again.
    order = np.argsort(answers.learner * span + day, kind="stable")
    starts, counts = runs((answers.learner * span + day)[order])
    learner, date = answers.learner[order][starts], day[order][starts]
    residual = answers.residual[order]

    def per_day(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.add.reduceat(values, starts, axis=-1) if len(starts) else values[..., :0]

    one, other = (side[:, order] for side in sides(facts, params.insights))
    n, m = per_day(one.astype(np.int64)), per_day(other.astype(np.int64))
    kept = (n + m) > 0
    hypothesis, column = np.nonzero(kept)
    place = np.lexsort((column, hypothesis, learner[column]))
    hypothesis, column = hypothesis[place], column[place]
    keys = activity.learners["learner_key"]
    return {
        "outcomes": {
            "learner_key": keys.gather(learner),
            "date": date,
            "answers": counts,
            "residual": per_day(residual),
            "squares": per_day(np.round(residual**2 * SCORE_STEPS) / SCORE_STEPS),
        },
        "contrasts": {
            "learner_key": keys.gather(learner[column]),
            "hypothesis": hypothesis,
            "date": date[column],
            "answers": n[hypothesis, column],
            "others": m[hypothesis, column],
            "residual": per_day(residual * one)[hypothesis, column],
            "residual_others": per_day(residual * other)[hypothesis, column],
        },
    }
