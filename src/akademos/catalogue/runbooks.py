"""Who looks after what runs, how soon, and where it is written what to do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Team:
    """Who owns incidents."""

    name: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Priority:
    """How soon somebody should have taken an incident on, and how soon it should be over."""

    name: str
    title: str
    rank: int
    acknowledge_within: timedelta
    resolve_within: timedelta


@dataclass(frozen=True, slots=True)
class Runbook:
    """One page docs/operations/NAME.md: what to look at and what to do. `codes` are the codes of refusals and outcomes
    that it explains."""

    name: str
    title: str
    codes: tuple[str, ...] = ()

    @property
    def page(self) -> str:
        """Where it stands, from the root of the sources."""
        return f"docs/operations/{self.name}.md"


TEAMS: tuple[Team, ...] = (
    Team("platform", "Platform operations", "Keeps the processes, the store, the disk and the jobs running."),
    Team("data-engineering", "Data engineering", "Owns what comes in, and the way from landing to the core."),
    Team("analytics", "Learning analytics", "Owns what is computed of the core, and the answers."),
    Team("data-protection", "Data protection", "Owns promises to people: erasure, retention, what may wait how long."),
)

PRIORITIES: tuple[Priority, ...] = (
    Priority("P1", "A promise is about to break, or nothing comes in", 1, timedelta(minutes=15), timedelta(hours=4)),
    Priority("P2", "Something does not run as it should", 2, timedelta(hours=1), timedelta(days=1)),
    Priority("P3", "Somebody should look at it", 3, timedelta(days=1), timedelta(days=5)),
)

RUNBOOKS: tuple[Runbook, ...] = (
    Runbook("landing", "Events do not reach the core", ("queue_full", "event_type_gone", "input_invalid", "too_fast")),
    Runbook("erasure", "An erasure is not completed", ("erasure_key_lost", "erased")),
    Runbook("logs", "A log is not what was written", ("logs_broken",)),
    Runbook("jobs", "A job failed, is late or slow", ("interrupted", "unexpected", "not_found", "conflict")),
    Runbook("delivery", "Recipients do not take what is published", ("consumer_paused", "consumer_unknown")),
    Runbook("capacity", "Disk, processor or log is at its limit", ("unavailable", "settings_invalid", "too_large")),
    Runbook("models", "A model drifts away from its training", ("model_unreadable",)),
    Runbook("answers", "Answers are slow or fail", ("internal", "catalogue_invalid")),
)

PRIORITY_OF = {one.name: one for one in PRIORITIES}
RUNBOOK_OF = {one.name: one for one in RUNBOOKS}
