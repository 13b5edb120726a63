"""An invented day of operations: a busy one with incidents, and an installation where nothing has happened yet."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from tests.web.invented_forms import NOW

from akademos.stores.ports.incidents import Incident, Window
from akademos.stores.ports.pipeline_health import STATIONS, Aside, Health, JobState, Station

MINUTE = timedelta(minutes=1)


def _incident(number: int, rule: str, subject: str, minutes: int, **more: object) -> Incident:
    priority = str(more.pop("priority", "P2"))
    opened = NOW - minutes * MINUTE
    given: dict[str, object] = {
        "incident_id": UUID(int=number), "tenant_id": None if number % 2 else "college", "rule": rule,
        "subject": subject, "severity": "warning", "priority": priority, "team": "platform", "runbook": "jobs",
        "began_at": opened - 2 * MINUTE, "opened_at": opened, "acknowledged_at": None, "acknowledged_by": None,
        "resolved_at": None, "resolved_by": None, "resolution": None,
    }  # fmt: skip
    return Incident(**{**given, **more})  # type: ignore[arg-type]  # of a mapping


INCIDENTS = [
    _incident(1, "LandingNearsItsLimit", "", 40, priority="P1", runbook="landing"),
    _incident(2, "JobFailed", "learner_states", 200, acknowledged_at=NOW - 190 * MINUTE, acknowledged_by="person:ab"),
    *(
        _incident(
            10 + number, "FreshnessMissed", "group_statistics", 3_000 * (number + 1), resolution=how, resolved_by="x",
            acknowledged_at=NOW - (3_000 * (number + 1) - 7) * MINUTE if number else None,
            acknowledged_by="x" if number else None, resolved_at=NOW - (3_000 * (number + 1) - 90) * MINUTE,
        )
        for number, how in enumerate(("recovered", "mended", "false_alarm", "accepted"))
    ),
]  # fmt: skip
WINDOWS = [
    Window(UUID(int=5), None, "upgrade", (), NOW - 5 * MINUTE, NOW + 55 * MINUTE, "command line:op"),
    Window(
        UUID(int=6), "college", "import", ("BacklogGrows", "EventsLate"), NOW + 600 * MINUTE, NOW + 900 * MINUTE,
        "command line:op", NOW - MINUTE,
    ),
]  # fmt: skip
HEALTH = Health(
    (
        Station("received", 1_402_118, last_at=NOW - timedelta(seconds=2)),
        Station("landed", 1_391_007, 12_040, NOW - 21 * 60 * MINUTE, NOW - timedelta(seconds=2)),
        Station("moved", 1_378_967, last_at=NOW - 21 * 60 * MINUTE),
        Station("core", 21_887_342, last_at=NOW - 2 * MINUTE),
        Station("computed", 8_911, 1, NOW - 3 * MINUTE, NOW - MINUTE),
        Station("served", 90_112, last_at=NOW),
    ),
    Aside(431, NOW - 5 * 60 * MINUTE),
    Aside(1, NOW - 30 * MINUTE),
    [
        JobState("learner_states", False, NOW - 500 * MINUTE, 43.2, "failed", 310, 0),
        JobState("group_statistics", False, NOW - 400 * MINUTE, 412.0, "succeeded", 310, 44),
        JobState("retention", True, NOW - 600 * MINUTE, 12.25, "succeeded", 0, 1_204_331),
        JobState("full_compaction", True, NOW - MINUTE, None, "running", None, None),
        JobState("somebodys_own", True, NOW - MINUTE, 1.0, "succeeded", 1, 1),
    ],
    [(NOW - (288 - step) * 5 * MINUTE, 40.0 if step < 250 else (step - 249) * 300.0) for step in range(288)],
    NOW - 2 * MINUTE,
)
NOTHING_YET = Health(
    tuple(Station(name, None if name == "core" else 0) for name in STATIONS),
    Aside(0, None),
    Aside(0, None),
    [],
    [],
    None,
)
