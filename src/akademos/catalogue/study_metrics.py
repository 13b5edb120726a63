"""The numbers about study: active time, focus, pace, rhythm, insights (see `metrics`)."""

from __future__ import annotations

from akademos.catalogue.declarations import Metric, Purpose

_SUPPORT = (Purpose.LEARNING_SUPPORT,)
_EFFICIENCY = "GET /v1/analytics/study-efficiency"
_PATTERNS = "GET /v1/analytics/study-patterns"
_DASHBOARD = "GET /v1/analytics/dashboard"
_SIGNS = ("study_events", "question_attempts", "material_interactions")
_LEARNER = "learner and window"
_HABIT = "5 sessions with times of day"

STUDY_METRICS: tuple[Metric, ...] = (
    Metric(
        "active_study_time",
        "How long a learner studied.",
        "union over devices of the time that events stand for and of gaps up to 5 minutes between them within a "
        "session; pauses and what follows the last event do not count; beside it the same with 2 and 10 minutes",
        "minutes",
        "learner, session and day",
        _SUPPORT,
        minimum_sample="one event with a time of day",
        upstream=_SIGNS,
        endpoints=(_EFFICIENCY, _PATTERNS, _DASHBOARD),
    ),
    Metric(
        "study_session_length",
        "How long sessions are.",
        "active time from the first event of a session to its last; a session ends by its event or after 30 minutes",
        "minutes",
        "learner and session",
        _SUPPORT,
        minimum_sample=_HABIT,
        upstream=("active_study_time",),
        endpoints=(_EFFICIENCY,),
    ),
    Metric(
        "study_focus",
        "How undisturbed sessions are.",
        "1 - (paused + 30 s a change of window) / total time, in 0..1; mean over sessions weighted by total time, 80% "
        "interval by the jackknife over days",
        "share",
        _LEARNER,
        _SUPPORT,
        minimum_sample=_HABIT,
        upstream=("active_study_time",),
        endpoints=(_EFFICIENCY,),
    ),
    Metric(
        "study_pace",
        "What comes of an hour of study.",
        "answers, and materials opened, per hour of active time",
        "1/h",
        _LEARNER,
        _SUPPORT,
        minimum_sample=_HABIT,
        upstream=("active_study_time",),
        endpoints=(_EFFICIENCY,),
    ),
    Metric(
        "study_efficiency_trend",
        "Whether more of the time of sessions is study than before.",
        "slope of the weekly share of active time, weighted by total time, tested at 5%; else `no clear change`",
        "share per 4 weeks",
        _LEARNER,
        _SUPPORT,
        minimum_sample="6 weeks with study",
        upstream=("active_study_time",),
        endpoints=(_EFFICIENCY,),
    ),
    Metric(
        "study_insight",
        "Which habits go with more right answers.",
        "mean residual of answers (score less item difficulty and the mean of equally well known items) on one side of "
        "a declared hypothesis less that on the other; random intercept per day, Benjamini-Hochberg at 5% over all "
        "tests of the report, jackknife over days as a guard, |d| >= 0.10; never said to cause anything",
        "share",
        "learner and hypothesis",
        _SUPPORT,
        minimum_sample="100 answers on 15 days on each side",
        upstream=(*_SIGNS, "item_difficulty"),
        endpoints=(_EFFICIENCY, _PATTERNS),
    ),
    Metric(
        "study_rhythm",
        "On how many days a week a learner studies, and how long the rests between are.",
        "mean of whole weeks since the first study day of the window, 80% interval by Student's t",
        "days per week",
        _LEARNER,
        _SUPPORT,
        minimum_sample="5 sessions on 6 days",
        upstream=("active_study_time",),
        endpoints=(_PATTERNS,),
    ),
    Metric(
        "multitasking_proxies",
        "What may divide attention.",
        "changes of window per hour of sessions whose sender counts them; share of sessions on several devices; "
        "proxies, which do not show what somebody did",
        "1/h, share",
        _LEARNER,
        _SUPPORT,
        minimum_sample="5 sessions on 6 days",
        upstream=("study_events",),
        endpoints=(_PATTERNS,),
    ),
    Metric(
        "material_preference",
        "Which kinds of material a learner uses, and how later answers on their topics go.",
        "share of the time with materials by kind; mean residual of answers on topics last met in the kind within 30 "
        "days, 95% interval by the jackknife over days",
        "share",
        "learner and kind of material",
        _SUPPORT,
        minimum_sample="100 later answers on 15 days",
        upstream=("material_interactions", "question_attempts", "item_difficulty"),
        endpoints=(_PATTERNS,),
    ),
    Metric(
        "suggested_week",
        "Times of the week that would suit.",
        "the learner's own weekly time on the weekdays and hours that are used most, at most five days; hours that an "
        "insight speaks for go first",
        "times",
        "learner",
        _SUPPORT,
        minimum_sample="5 sessions on 6 days",
        upstream=("active_study_time", "study_insight"),
        endpoints=(_PATTERNS,),
    ),
)
