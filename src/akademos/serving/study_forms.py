"""The forms of the answers about study, as JSON Schema (see `answer_forms`)."""

from __future__ import annotations

from akademos.serving.answer_forms import (
    COUNT,
    DATE,
    INSTANT,
    NUMBER,
    SHARE,
    STATUS,
    STUDY_TODAY,
    TEXT,
    Schema,
    answer,
    form,
    listing,
    or_null,
)

_FLAG: Schema = {"type": "boolean"}
_SAMPLE = form("What it rests on.", sessions=COUNT, days=COUNT)
_WINDOW = form("The days looked back on.", days=COUNT, first=DATE, last=DATE)
_WEEKDAY: Schema = {"type": "integer", "minimum": 0, "maximum": 6, "description": "0 is Monday."}
_HYPOTHESIS = form(
    "One comparison of the fixed list, made or not.",
    hypothesis=TEXT,
    status={"enum": ["made", "not_clear", "not_enough_data"]},
    side=TEXT,
    compared_with=TEXT,
    answers=COUNT,
    others=COUNT,
    days=COUNT,
    days_others=COUNT,
    accuracy=or_null(SHARE),
    accuracy_others=or_null(SHARE),
    difference=or_null(NUMBER),
    low=or_null(NUMBER),
    high=or_null(NUMBER),
    effect=or_null({**NUMBER, "description": "In standard deviations."}),
    p_value=or_null(SHARE),
    adjusted_p_value=or_null(SHARE),
    reason=or_null(TEXT),
)
_SAID = form(
    "A statement that the data carries; what goes with what, not what causes what.",
    hypothesis=TEXT,
    sentence=TEXT,
    points=NUMBER,
    points_low=NUMBER,
    points_high=NUMBER,
    interval=SHARE,
    direction={"enum": ["more", "fewer"]},
    accuracy=SHARE,
    accuracy_others=SHARE,
    answers=COUNT,
    others=COUNT,
    days=COUNT,
    days_others=COUNT,
    effect=NUMBER,
)
_INSIGHTS = form(
    "Every hypothesis of the report and what is said of it.",
    status={"enum": ["ok", "not_clear", "not_enough_data"]},
    reason=or_null(TEXT),
    days=COUNT,
    tested=COUNT,
    false_discovery_rate=SHARE,
    interval=SHARE,
    adjusted_for=listing(TEXT),
    note=TEXT,
    said=listing(_SAID),
    hypotheses=listing(_HYPOTHESIS),
)


def schemas() -> dict[str, Schema]:
    """Every form, by the name it has in the document."""
    return {"StudyEfficiency": _efficiency(), "StudyPatterns": _patterns()}


def _efficiency() -> Schema:
    length = form(
        "Sessions of this active length.",
        from_minutes=COUNT,
        until_minutes=or_null(COUNT),
        sessions=COUNT,
        active_minutes=NUMBER,
    )
    session = form(
        "A session, the newest first.",
        start_at=INSTANT,
        end_at=INSTANT,
        active_minutes=NUMBER,
        total_minutes=NUMBER,
        longest_minutes=NUMBER,
        breaks=COUNT,
        switches=or_null(COUNT),
        focus=SHARE,
        devices=COUNT,
        answers=COUNT,
        materials=COUNT,
        status={"enum": ["open", "ended"]},
    )
    week = form(
        "A week from Monday on.",
        week=DATE,
        active_minutes=NUMBER,
        total_minutes=NUMBER,
        sessions=COUNT,
        days=COUNT,
        active_share=or_null(SHARE),
        focus=or_null(SHARE),
        answers=COUNT,
        materials=COUNT,
        answers_per_hour=or_null(NUMBER),
    )
    hour = form(
        "An hour of a weekday, in local time.",
        weekday=_WEEKDAY,
        hour=COUNT,
        active_minutes=NUMBER,
        answers=COUNT,
        accuracy=or_null(SHARE),
    )
    return answer(
        "How much of the time of sessions is study, when, and what comes of it.",
        status=STATUS,
        reason=or_null(TEXT),
        window=_WINDOW,
        today=STUDY_TODAY,
        time=form(
            "Active against total time.",
            status=STATUS,
            active_minutes=NUMBER,
            total_minutes=NUMBER,
            active_share=or_null(SHARE),
            sample=_SAMPLE,
        ),
        focus=form(
            "1 - (paused + 30 s a change of window) / total time.",
            status=STATUS,
            value=or_null(SHARE),
            low=or_null(SHARE),
            high=or_null(SHARE),
            interval=SHARE,
            switches=COUNT,
            sessions_with_switches_counted=COUNT,
            sample=_SAMPLE,
        ),
        pace=form(
            "Per hour of active time.",
            status=STATUS,
            answers=COUNT,
            materials=COUNT,
            answers_per_hour=or_null(NUMBER),
            materials_per_hour=or_null(NUMBER),
        ),
        sessions=form(
            "How long sessions are.",
            status=STATUS,
            median_active_minutes=or_null(NUMBER),
            longest_active_minutes=or_null(NUMBER),
            lengths=listing(length),
            latest=listing(session),
        ),
        time_of_day=form("When study happens.", status=STATUS, busiest_hour=or_null(COUNT), hours=listing(hour)),
        trend=form(
            "Slope of the weekly active share.",
            status={"enum": ["rising", "falling", "no_clear_change", "not_enough_data"]},
            slope_per_4_weeks=or_null(NUMBER),
            low=or_null(NUMBER),
            high=or_null(NUMBER),
            weeks=COUNT,
            reason=or_null(TEXT),
        ),
        weeks=listing(week),
        sensitivity=listing(
            form("Active time by another limit.", idle_minutes=NUMBER, active_minutes=NUMBER, used=_FLAG)
        ),
        rules=form(
            "The numbers that active time rests on.",
            heartbeat_seconds=NUMBER,
            idle_minutes=NUMBER,
            session_minutes=NUMBER,
            switch_seconds=NUMBER,
        ),
        insights=_INSIGHTS,
    )


def _patterns() -> Schema:
    kind = form(
        "A kind of material.",
        kind=TEXT,
        minutes=NUMBER,
        share=or_null(SHARE),
        opened=COUNT,
        answers=COUNT,
        days=COUNT,
        status=STATUS,
        difference=or_null(NUMBER),
        low=or_null(NUMBER),
        high=or_null(NUMBER),
    )
    time = form(
        "A suggested time.",
        weekday=_WEEKDAY,
        start_minute=COUNT,
        minutes=COUNT,
        why={"enum": ["usual", "usual_and_better"]},
        reason=TEXT,
    )
    return answer(
        "Habits of study, and a week that would suit.",
        status=STATUS,
        reason=or_null(TEXT),
        window=_WINDOW,
        today=STUDY_TODAY,
        rhythm=form(
            "Days of study and of rest.",
            status=STATUS,
            days_per_week=or_null(NUMBER),
            low=or_null(NUMBER),
            high=or_null(NUMBER),
            interval=SHARE,
            weeks=COUNT,
            weeks_with_study=COUNT,
            rest_days_median=or_null(NUMBER),
            long_rests=or_null(COUNT),
            long_rest_days=COUNT,
            days=listing(form("A day of study.", date=DATE, active_minutes=NUMBER, answers=COUNT)),
        ),
        timing=form(
            "When sessions start, in minutes of the local day.",
            status=STATUS,
            usual_start_minute=or_null(COUNT),
            spread_minutes=or_null(NUMBER),
        ),
        breaks=form(
            "Interruptions of more than 5 minutes.",
            status=STATUS,
            per_hour=or_null(NUMBER),
            median_stretch_minutes=or_null(NUMBER),
        ),
        multitasking=form(
            "Proxies: they do not show what somebody did.",
            status=STATUS,
            proxy={"const": True},
            switches_per_hour=or_null(NUMBER),
            sessions_counted=or_null(COUNT),
            several_devices_share=or_null(SHARE),
            note=TEXT,
        ),
        materials=form("Time by kind, and later answers.", status=STATUS, interval=SHARE, kinds=listing(kind)),
        within_session=listing(_HYPOTHESIS),
        insights=_INSIGHTS,
        plan=form(
            "A suggested week.",
            status=STATUS,
            reason=or_null(TEXT),
            weekly_minutes=or_null(NUMBER),
            times=listing(time),
        ),
    )
