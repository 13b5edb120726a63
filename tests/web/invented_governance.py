"""Invented erasures, retention, acts and releases for the steward's and the researcher's page."""

from __future__ import annotations

from datetime import timedelta

from tests.web.invented_forms import NOW, Json

from akademos.serving.pages.trust import ErasureLine
from akademos.stores.ports.audit_trail import RecordedAct
from akademos.stores.ports.retention import Age, RetentionLine

ERASURES = [
    ErasureLine("e2", NOW - timedelta(hours=3), "core", None, None),
    ErasureLine(
        "e1", NOW - timedelta(days=40), "completed", NOW - timedelta(days=40, hours=-1),
        {"verified": True, "removed": {"event_log": 12_345, "learner_state": 1}},
    ),
]  # fmt: skip
RETENTION = [
    RetentionLine(
        "event", "question_submitted", "consent", timedelta(days=730), "retention_from",
        Age(1_204_331, NOW - timedelta(days=400), 0), NOW, None, False,
    ),
    RetentionLine(
        "dataset", "access_log", "legal_obligation", timedelta(days=1095), "at",
        Age(88_120, NOW - timedelta(days=1096), 14), NOW, 0, True,
    ),
    RetentionLine("dataset", "learner_state", "consent", None, "computed_at", Age(310, None, 0), NOW, 0, False),
]  # fmt: skip
ACTS = [
    RecordedAct(
        40 - n, NOW - timedelta(minutes=7 * n), f"person:{n:032x}" if n % 2 else "command line:root",
        ("consent.decided", "access.sealed", "role.changed")[n % 3], f"{n:032x}" if n % 3 else None,
        '{"decision": "withdrawn", "purposes": ["learning_support"], "version": 3}', b"\x00" * 32,
    )
    for n in range(12)
]  # fmt: skip
RELEASES: list[Json] = [
    {
        "release_id": f"r{n}", "name": name, "kind": kind, "made_at": "2026-03-01T10:00:00+00:00", "rows": 240,
        "parameters": {"courses": ["algebra", "data-analysis"], "weeks": {}, "k": 10, "l": 2},
        "withdrawn_at": gone, "file": file,
    }
    for n, (name, kind, gone, file) in enumerate(
        (
            ("spring 2026", "anonymous", None, "/v1/releases/r0/file"),
            ("inside", "pseudonymous", None, None),
            ("winter 2025", "anonymous", "2026-02-01T00:00:00+00:00", None),
        )
    )
]  # fmt: skip
