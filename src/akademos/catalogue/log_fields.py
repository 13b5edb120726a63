"""Which parts of a log line are kept: an allow list, so that what nobody thought of stays out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

LOG_RETENTION = timedelta(days=30)
LOAD_RETENTION = timedelta(days=400)
FIGURE_RETENTION = timedelta(days=35)


@dataclass(frozen=True, slots=True)
class Service:
    """One kind of process of an installation."""

    name: str
    description: str
    team: str


@dataclass(frozen=True, slots=True)
class Level:
    """A level of severity of a log line; `rank` as in Python's logging."""

    name: str
    rank: int
    description: str


SERVICES: tuple[Service, ...] = (
    Service("server", "Answers requests: the doors, the API, the pages.", "platform"),
    Service("worker", "Moves events to the core, keeps states live, runs the jobs.", "data-engineering"),
)

LEVELS: tuple[Level, ...] = (
    Level("debug", 10, "for whoever looks for a fault"),
    Level("info", 20, "what happened, as it should"),
    Level("warning", 30, "what will be tried again by itself"),
    Level("error", 40, "what somebody must look at"),
    Level("critical", 50, "what stops the process"),
)

KEPT_FIELDS: frozenset[str] = frozenset(
    {
        "attempt", "child", "code", "codes", "committed", "consumer", "erasure", "event_name", "events", "exception",
        "exit_code", "figure", "incident", "job", "outcome", "pause_s", "places", "priority", "processes", "release",
        "resolution", "rows", "rows_in", "rows_out", "rule", "seconds", "severity", "status", "step", "subject",
        "thread", "value", "version",
    }
)  # fmt: skip
"""Names of fields whose values are kept, if they look like what these fields hold (privacy.log_lines)."""
