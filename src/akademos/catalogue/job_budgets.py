"""How long each job may take, and how old the last success of those may be that data must follow."""

from __future__ import annotations

from datetime import timedelta

JOB_BUDGETS: dict[str, timedelta] = {
    "withdrawals": timedelta(minutes=5),
    "erasure": timedelta(hours=1),
    "compaction": timedelta(minutes=10),
    "access_seal": timedelta(minutes=1),
    "releases": timedelta(minutes=10),
    "alerts": timedelta(seconds=30),
    "landing_expiry": timedelta(minutes=5),
    "record_expiry": timedelta(minutes=5),
    "log_verification": timedelta(hours=1),
    "retention": timedelta(minutes=30),
    "full_compaction": timedelta(minutes=30),
    # One job computes daily statistics (5 minutes), mastery (10), gaps (15) and rolling metrics (5) of all learners in
    # one pass over each; the budget is that of mastery, which is the least that its parts together may have.
    "learner_states": timedelta(minutes=10),
    "train": timedelta(minutes=30),
    "group_statistics": timedelta(minutes=5),
    "peer_comparison": timedelta(minutes=5),
    "kpis": timedelta(minutes=15),
    "content_statistics": timedelta(minutes=15),
    "risk_scores": timedelta(minutes=15),
    "risk_alerts": timedelta(minutes=5),
    "intervention_effects": timedelta(minutes=5),
    "quality": timedelta(minutes=30),
    "metering": timedelta(minutes=5),
    "marts": timedelta(hours=1),
    "rehearsal": timedelta(minutes=5),
}
"""By name of the job; each run of one tenant counts by itself. A test holds it against the schedule."""

FRESHNESS: dict[str, tuple[str, ...]] = {
    "learner_states": ("learner_state", "topic_mastery", "item_difficulty"),
    "group_statistics": ("group_answers",),
    "peer_comparison": ("peer_publications",),
    "retention": ("event_log",),
}
"""Jobs of every night, and the datasets that are as fresh as their last success."""

FRESH_HOURS = 26.0
"""A night is a day, and two hours to get it done."""
