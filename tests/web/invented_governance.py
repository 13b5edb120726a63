"""Invented consents, checks, erasures, retention, acts, looks and releases for the steward's and researcher's pages."""

from __future__ import annotations

import json
from datetime import date, timedelta

from tests.web.invented_forms import NOW, Json
from tests.web.invented_operations import HEALTH, NOTHING_YET

from akademos.catalogue.roles import Role
from akademos.serving.pages.trust import ErasureLine, Trust
from akademos.serving.pages.trust_cards import PurposeConsents
from akademos.stores.ports.access import AccessEntry
from akademos.stores.ports.audit_trail import RecordedAccess, RecordedAct
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
CHECKS = [
    RecordedAct(
        900 - n, NOW - timedelta(hours=5, days=n), "job:log_verification", "logs.verified", None,
        json.dumps({
            "audit_rows": 88_123 - 211 * n, "sealed_reads": 1_204_331 - 9_000 * n, "unsealed_reads": 12, "seals": 40,
            "seconds": 3.2, "head": f"{88_123 - 211 * n}:{'9b1c' * 16}",
            "broken": [{"log": "access_log", "place": 39, "fault": "changed"}] if n == 0 else [],
        }), b"\x00" * 32,
    )
    for n in range(3)
]  # fmt: skip
CONSENTS = [
    PurposeConsents(purpose, now, stopped, withdrawn, [
        (date(2025 + (n + 2) // 12, (n + 2) % 12 + 1, 1), None if n < quiet else 40 + 5 * n + (n % 3) * 10)
        for n in range(12)
    ])
    for purpose, (now, stopped, withdrawn), quiet in (
        ("learning_support", (1_240, 15, 40), 0),
        ("advising", (310, None, 25), 2),
        ("product_analytics", (905, 10, 130), 0),
        ("research", (None, None, None), 12),
    )
]  # fmt: skip
ROLES_LOOKING: tuple[Role, ...] = ("instructor", "advisor", "learner", "admin")
LOOKS = [
    RecordedAccess(
        500 - n, NOW - timedelta(minutes=11 * n),
        AccessEntry(
            f"person:{n:032x}" if n % 4 else "unknown:" + "ab" * 16,
            ROLES_LOOKING[n % 4],
            None if n % 4 == 3 else bytes([n]) * 16, ("/my-progress", "/v1/analytics/dashboard", "/v1/audit")[n % 3],
            "learning_support,advising" if n % 2 else "", "meeting <b>tomorrow</b>" if n % 3 else None,
            "allowed" if n % 5 else "out_of_scope",
        ),
        n % 4 == 2, "Noor Haddad" if n % 4 == 1 else None,
    )
    for n in range(14)
]  # fmt: skip
TRUST = Trust(CONSENTS, 10, CHECKS, HEALTH, ERASURES, RETENTION, ACTS)
NO_TRUST = Trust([], 10, [], NOTHING_YET, [], RETENTION, [])
RELEASES: list[Json] = [
    {
        "release_id": f"r{n}", "name": name, "kind": kind, "made_at": "2026-03-01T10:00:00+00:00", "rows": 240 - 31 * n,
        "parameters": {"courses": ["algebra", "data-analysis"], "weeks": {}, "k": 10, "l": 2},
        "withdrawn_at": gone, "file": file,
        "report": {"suppressed": 20 * n, "share_suppressed": 0.087 * n, "failed": []},
    }
    for n, (name, kind, gone, file) in enumerate(
        (
            ("spring 2026", "anonymous", None, "/v1/releases/r0/file"),
            ("inside", "pseudonymous", None, None),
            ("winter 2025", "anonymous", "2026-02-01T00:00:00+00:00", None),
        )
    )
]  # fmt: skip
