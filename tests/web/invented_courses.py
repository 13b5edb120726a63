"""Invented courses, paths and certificates of a learner."""

from __future__ import annotations

from datetime import UTC, date, datetime

from akademos.learning.credentials import PublicCertificate
from akademos.learning.path import PathStep, path_standing
from akademos.serving.pages.my_courses import CertificateLine, CourseLine, PathLine

STEPS = [PathStep("a"), PathStep("b", ("a",)), PathStep("c", ("a",), optional=True), PathStep("d", ("b",))]
TITLES = {"a": "Grundlagen der Ersten Hilfe", "b": "Wiederbelebung üben", "c": "Fallbeispiele", "d": "Prüfung"}

COURSES = [
    CourseLine("Erste Hilfe", "completed", 1, 3, datetime(2026, 3, 1, tzinfo=UTC)),
    CourseLine("Anatomie II <script>", "in_progress", 0.42, 1, datetime(2026, 3, 8, tzinfo=UTC)),
    CourseLine("Statistik", "not_started", 0, None, None),
]
PATHS = [PathLine("Pflege", "Sicher am Bett.", path_standing(STEPS, {"a": 1, "b": 0.4}), TITLES, frozenset("c"))]


def _certificate(title: str, number: str, standing: str, last_day: date | None) -> CertificateLine:
    return CertificateLine(
        title=title,
        number=number,
        code="ABCDE-FGHJK-MNPQR-STVWX",
        standing=standing,  # type: ignore[arg-type]  # one of three words below
        issued_on=date(2026, 3, 10),
        last_day=last_day,
        revision=3,
        pdf="/pdf",
        badge="/badge",
        public="/verify/ABCDE-FGHJK-MNPQR-STVWX",
    )


CERTIFICATES = [
    _certificate("Erste Hilfe für Ärztinnen und Ärzte", "2026-000017-4", "valid", date(2029, 3, 10)),
    _certificate("Hygiene", "2026-000002-X", "expired", date(2026, 3, 11)),
    _certificate("Datenschutz", "2026-000003-V", "revoked", None),
]
PUBLIC = PublicCertificate(
    number="2026-000017-4",
    title="Erste Hilfe für Ärztinnen und Ärzte",
    revision=3,
    kind="course",
    issuer="Universität Köln",
    standing="valid",
    issued_at=datetime(2026, 3, 10, tzinfo=UTC),
    expires_on=date(2029, 3, 10),
    revoked_at=None,
)
