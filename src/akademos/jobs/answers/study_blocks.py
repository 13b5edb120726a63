"""Blocks of the answers about study: today, what the sums rest on, insights as sentences."""

from __future__ import annotations

from typing import Any

from akademos.analytics.hypotheses import HYPOTHESES
from akademos.analytics.insights import MADE, NOT_ENOUGH
from akademos.analytics.parameters import Parameters
from akademos.jobs.answers.blocks import count
from akademos.jobs.answers.header import Header, head
from akademos.jobs.answers.rows import Tables, rows

NO_TIMES = "The source does not say at what time of day things happened, so sessions cannot be told."
NOTHING_YET = "No study yet."
DEFINITION = "study/1"
_BY_KEY = {one.key: one for one in HYPOTHESES}


def study_head(evaluated: Tables, header: Header) -> dict[str, Any]:
    """The keys that every answer about study starts with."""
    found = head(evaluated, header)
    return {**found, "provenance": {**found["provenance"], "definition": DEFINITION}}


def reason_of(status: str, sessions: int, least: int) -> str | None:
    """Why a block about study says nothing."""
    if status == "needs_clock":
        return NO_TIMES
    if status == "no_data":
        return NOTHING_YET
    if status == "not_enough_data":
        more = max(0, least - sessions)
        return f"{count(sessions, 'session')} so far, {more} more describe a habit." if more else None
    return None


def study_today(evaluated: Tables) -> dict[str, Any]:
    """Active minutes since midnight, of the dashboard's block `today`."""
    row = rows(evaluated, "study").records()[0]
    known = row["status"] not in {"needs_clock", "no_data"}
    return {
        "status": "ok" if known else row["status"],
        "active": row["today_active_seconds"] / 60 if known else None,
        "sessions": row["today_sessions"] if known else None,
        "open_since": row["open_since"],
        "reason": None if known else reason_of(row["status"], 0, 0),
    }


def window(row: dict[str, Any]) -> dict[str, Any]:
    """The window that a block looks back on."""
    return {"days": row["window_days"], "first": row["first_day"], "last": row["today"]}


def insights(evaluated: Tables, params: Parameters) -> dict[str, Any]:
    """Every hypothesis of the report, and a sentence for each that is said."""
    found = rows(evaluated, "insights").records()
    said = [one for one in found if one["status"] == MADE]
    tested = found[0]["tested"] if found else 0
    needs = params.insights
    reason = None
    if not tested:
        reason = (
            f"A habit is compared from {needs.answers_min} answers on each side, on {needs.clusters_min} days each; "
            "no comparison has them yet."
        )
    elif not said:
        reason = f"{count(tested, 'comparison')} made, none differs clearly. That is a finding, too."
    return {
        "status": "ok" if said else "not_enough_data" if not tested else "not_clear",
        "reason": reason,
        "days": needs.days,
        "tested": tested,
        "false_discovery_rate": needs.false_discovery_rate,
        "interval": needs.interval,
        "adjusted_for": ["item difficulty", "earlier answers to the same item"],
        "note": "What goes with what, compared within your own answers; nothing here says what causes what.",
        "said": [_said(one, params) for one in sorted(said, key=lambda one: -abs(one["effect"]))],
        "hypotheses": [_hypothesis(one, params) for one in found],
    }


def _hypothesis(row: dict[str, Any], params: Parameters) -> dict[str, Any]:
    named = _BY_KEY[row["hypothesis"]]
    lacking = None
    if row["status"] == NOT_ENOUGH:
        lacking = _lacking(row, params)
    shown = {name: value for name, value in row.items() if name != "tested"}
    return {**shown, "side": named.side, "compared_with": named.others, "reason": lacking}


def _lacking(row: dict[str, Any], params: Parameters) -> str:
    needs = params.insights
    sides = (("answers", "days", "on the first side"), ("others", "days_others", "on the other"))
    parts = []
    for answers, days, where in sides:
        more, on = needs.answers_min - row[answers], needs.clusters_min - row[days]
        lacks = [count(more, "answer")] if more > 0 else []
        lacks += [count(on, "day")] if on > 0 else []
        if lacks:
            parts.append(f"{' and '.join(lacks)} more {where}")
    return f"{'; '.join(parts)}." if parts else "The answers do not differ at all."


def _said(row: dict[str, Any], params: Parameters) -> dict[str, Any]:
    named = _BY_KEY[row["hypothesis"]]
    first, other = _percent(row["accuracy"]), _percent(row["accuracy_others"])
    points = sorted((abs(row["low"]), abs(row["high"])))
    more = "more" if row["difference"] > 0 else "fewer"
    return {
        "hypothesis": row["hypothesis"],
        "sentence": (
            f"{named.side[0].upper()}{named.side[1:]} go with {more} right ones: {first}% of "
            f"{count(row['answers'], 'answer')}, against {other}% of {count(row['others'], 'answer')} "
            f"({named.others}), adjusted for item difficulty."
        ),
        "points": abs(row["difference"]) * 100,
        "points_low": points[0] * 100,
        "points_high": points[1] * 100,
        "interval": params.insights.interval,
        "direction": "more" if row["difference"] > 0 else "fewer",
        **{
            name: row[name]
            for name in ("accuracy", "accuracy_others", "answers", "others", "days", "days_others", "effect")
        },
    }


def _percent(share: float) -> int:
    return int(share * 100 + 0.5)
