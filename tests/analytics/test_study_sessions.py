"""Sessions and active time: laws over drawn streams of events, and a day small enough to check by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analytics.populations import curriculum, table

from akademos.analytics.learner_state import evaluate, precompute

DAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
NOW = DAY + timedelta(hours=12)
Row = Mapping[str, Any]


def answered(second: float, duration: float = 0.0, session: str | None = "s") -> dict[str, Any]:
    return _event(second, session) | {
        "event_id": f"answer {session} {second}",
        "question_id": "q",
        "score": 1.0,
        "duration_seconds": duration,
    }


def happened(name: str, second: float, session: str | None = "s", **columns: Any) -> dict[str, Any]:
    named = f"study_session_{name}"
    return _event(second, session) | {"event_id": f"{name} {session} {second}", "event_name": named, **columns}


def beat(second: float, session: str | None = "s", **columns: Any) -> dict[str, Any]:
    return happened("heartbeat_sent", second, session, **columns)


def watched(second: float, position: float, session: str | None = "s", **columns: Any) -> dict[str, Any]:
    return _event(second, session) | {
        "event_id": f"video {session} {second}",
        "event_name": "material_progressed",
        "material_id": "film",
        "material_kind": "video",
        "media_second": position,
        **columns,
    }


def _event(second: float, session: str | None) -> dict[str, Any]:
    return {
        "learner_key": "ada",
        "occurred_at": DAY + timedelta(seconds=second),
        "time_precision": "exact",
        "session_id": session,
    }


def studied(events: Sequence[Row], as_of: datetime = NOW, zone: str = "UTC") -> dict[str, Any]:
    """The row of `study`, and under `sessions` the sessions of the state."""
    names = {"question_attempts": [], "material_interactions": [], "study_events": []}  # type: dict[str, list[Row]]
    for event in events:
        kind = (
            "question_attempts"
            if "question_id" in event
            else "material_interactions"
            if "material_id" in event
            else "study_events"
        )
        names[kind].append(event)
    tables = {name: table(name, rows) for name, rows in names.items()}
    tables["learners"] = table("learners", [{"learner_key": "ada", "time_zone": zone}])
    state = precompute(tables, as_of)
    (row,) = evaluate(state, curriculum(), as_of, parts=["efficiency"])["study"].to_dicts()
    return {**row, "sessions": state["sessions"].to_dicts(), "hours": state["study_hours"].to_dicts()}


def test_one_answer_of_45_seconds_counts_45_seconds() -> None:
    found = studied([answered(600, 45)])
    assert found["active_seconds"] == found["total_seconds"] == found["today_active_seconds"] == 45
    assert (found["answers"], found["today_sessions"]) == (1, 1)
    assert [(one["active_seconds"], one["answers"]) for one in found["sessions"]] == [(45, 1)]


GOLDEN: list[tuple[str, list[Row], list[tuple[float, float, int, bool]]]] = [
    # what, events by second, sessions as (active, total, breaks, ended)
    ("one instant lasts no time", [happened("started", 0)], [(0, 0, 0, False)]),
    ("a heartbeat stands for its 30 seconds", [beat(30)], [(30, 30, 0, False)]),
    ("five minutes between signs are active", [happened("started", 0), beat(330)], [(330, 330, 0, False)]),
    ("a gap over five minutes is not", [happened("started", 0), beat(331)], [(30, 331, 1, False)]),
    ("30 minutes without a sign end a session", [answered(0), answered(1802, 1)], [(0, 0, 0, False), (1, 1, 0, False)]),
    ("its event ends it at once", [happened("started", 0), happened("ended", 60), answered(120)],
     [(60, 60, 0, True), (0, 0, 0, False)]),
    ("a pause is not active", [happened("started", 0), happened("paused", 60, reason="button"),
                               happened("resumed", 180), beat(210)], [(90, 210, 1, False)]),
    ("a pause found by idleness began with the last sign",
     [happened("started", 0), beat(60), happened("paused", 360, reason="idle"), happened("resumed", 400), beat(430)],
     [(90, 430, 1, False)]),
    ("an end by idleness neither", [beat(30), happened("ended", 1830, reason="idle")], [(30, 30, 0, True)]),
    ("a hidden page without media is no sign", [beat(30), beat(200, page_visible=False)], [(30, 30, 0, False)]),
    ("a playing video is active though hidden",
     [beat(30), beat(930, page_visible=False, media_playing=True, seconds_since_last=900.0)], [(930, 930, 0, False)]),
    ("and by its own position", [watched(0, 0), watched(900, 900)], [(900, 900, 0, False)]),
    ("not for longer than it played", [watched(0, 0), watched(900, 300)], [(300, 900, 1, False)]),
    ("at double speed half as long", [watched(0, 0), watched(900, 600, playback_rate=2.0)], [(300, 900, 1, False)]),
    ("overlapping devices count once",
     [happened("started", 0, "laptop"), beat(300, "laptop"), happened("started", 150, "phone"), beat(400, "phone")],
     [(400, 400, 0, False)]),
    ("an answer counts half an hour at most", [answered(7200, 6000)], [(1800, 1800, 0, False)]),
]  # fmt: skip


@pytest.mark.parametrize(("what", "events", "sessions"), GOLDEN, ids=[one[0] for one in GOLDEN])
def test_a_table_of_sessions(what: str, events: list[Row], sessions: list[tuple[float, float, int, bool]]) -> None:
    found = [
        (one["active_seconds"], (one["end_at"] - one["start_at"]).total_seconds(), one["breaks"], one["ended"])
        for one in studied(events)["sessions"]
    ]
    assert found == sessions, what


def test_focus_is_what_pauses_and_switches_leave() -> None:
    day = [
        event
        for n in range(5)
        for event in (
            happened("started", 2400 * n, f"s{n}"),
            beat(300 + 2400 * n, f"s{n}", view_switches=2),
            happened("paused", 300 + 2400 * n, f"s{n}", reason="button"),
            happened("ended", 600 + 2400 * n, f"s{n}"),
        )
    ]
    found = studied(day)
    assert (found["active_seconds"], found["total_seconds"], found["switches"]) == (1500, 3000, 10)
    assert found["focus"] == pytest.approx(1 - (300 + 2 * 30) / 600)
    assert found["active_share"] == 0.5


def test_hours_are_those_of_the_wall_clock() -> None:
    found = studied([answered(0, 1500)], zone="Asia/Kolkata")  # 9:00 UTC is 14:30 there
    assert [(one["hour"], one["active_seconds"]) for one in found["hours"]] == [(14, 1500)]
    across = studied([answered(1800 + 600, 1200)], zone="Asia/Kolkata")
    assert [(one["hour"], one["active_seconds"]) for one in across["hours"]] == [(14, 600), (15, 600)]


def test_a_session_is_open_until_30_minutes_have_passed() -> None:
    events = [happened("started", 0), beat(60)]
    begun = studied(events, DAY + timedelta(minutes=31))
    assert begun["open_since"] == DAY
    assert studied(events, DAY + timedelta(minutes=31, seconds=1))["open_since"] is None
    assert studied([*events, happened("ended", 70)], DAY + timedelta(minutes=2))["open_since"] is None
    assert begun["active_seconds"] == 60


signs = st.lists(
    st.tuples(
        st.sampled_from(("answer", "heartbeat", "video")),
        st.integers(0, 6 * 3600),
        st.integers(0, 600),
        st.sampled_from(("laptop", "phone", None)),
    ),
    min_size=1,
    max_size=30,
    unique_by=lambda one: one[1],
)
interruptions = st.lists(
    st.tuples(
        st.sampled_from(("paused", "resumed", "ended", "started")),
        st.integers(0, 6 * 3600),
        st.sampled_from(("laptop", "phone", None)),
        st.sampled_from((None, "idle", "button")),
    ),
    max_size=6,
)


def _events(drawn: Sequence[tuple[str, int, int, str | None]], one_device: bool = False) -> list[Row]:
    made: dict[str, Callable[[float, float, str | None], dict[str, Any]]] = {
        "answer": answered,
        "heartbeat": lambda at, n, session: beat(at, session, media_playing=n % 2 > 0, seconds_since_last=float(n)),
        "video": lambda at, n, session: watched(at, 0.0, session, duration_seconds=float(n)),
    }
    return [made[kind](at, n, "one" if one_device else session) for kind, at, n, session in drawn]


def _interrupted(drawn: Sequence[tuple[str, int, str | None, str | None]]) -> list[Row]:
    return [
        happened(name, at, session, reason=reason, event_id=f"i{n}")
        for n, (name, at, session, reason) in enumerate(drawn)
    ]


law = settings(max_examples=60, deadline=None)


@law
@given(signs, interruptions)
def test_active_time_never_exceeds_the_length_of_a_session(drawn: Any, interrupted: Any) -> None:
    found = studied([*_events(drawn), *_interrupted(interrupted)])
    for one in found["sessions"]:
        length = (one["end_at"] - one["start_at"]).total_seconds()
        shorter, usual, longer = (one[f"active_seconds{rule}"] for rule in ("_short", "", "_long"))
        assert 0 <= shorter <= usual <= longer <= length
        assert one["longest_seconds"] <= usual
    assert sum(one["active_seconds"] for one in found["hours"]) == pytest.approx(found["active_seconds"])
    spans = [(one["start_at"], one["end_at"]) for one in found["sessions"]]
    assert all(end < start for (_, end), (start, _) in pairwise(spans))


@law
@given(signs)
def test_dividing_signs_among_devices_never_adds_time(drawn: Any) -> None:
    together, divided = studied(_events(drawn, one_device=True)), studied(_events(drawn))
    for rule in ("", "_short", "_long"):
        assert divided[f"active_seconds{rule}"] <= together[f"active_seconds{rule}"]


@law
@given(signs, interruptions, st.randoms(use_true_random=False), st.integers(0, 6 * 60))
def test_order_repeats_and_the_future_change_nothing(drawn: Any, interrupted: Any, random: Any, minute: int) -> None:
    events = [*_events(drawn), *_interrupted(interrupted)]
    as_of = DAY + timedelta(minutes=minute)
    known = [event for event in events if event["occurred_at"] <= as_of]
    if not known:
        return
    mixed = events + events[: len(events) // 2]
    random.shuffle(mixed)
    assert studied(mixed, as_of) == studied(known, as_of)


def test_times_without_a_clock_make_no_session() -> None:
    for precision in ("day", "order"):
        events = [{**answered(60 * n), "time_precision": precision} for n in range(9)]
        found = studied(events)
        assert (found["status"], found["sessions"], found["active_seconds"]) == ("needs_clock", [], 0)


def test_a_heartbeat_of_nobody_is_refused_by_nobody() -> None:
    assert precompute({"study_events": pl.DataFrame(schema={"learner_key": pl.String, "event_id": pl.String,
        "event_name": pl.String, "occurred_at": pl.Datetime("us", "UTC")})}, NOW)["sessions"].is_empty()  # fmt: skip
