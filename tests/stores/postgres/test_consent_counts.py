"""How many consent to what, now and at the end of each month; the erased count until they were erased."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime

from akademos.catalogue.declarations import Purpose
from akademos.stores.postgres.consent_counts import PostgresConsentCounts
from akademos.stores.postgres.database import Database

NOW = datetime(2026, 6, 15, tzinfo=UTC)
HISTORY = (
    "INSERT INTO consent_history (tenant_id, version, learner_key, purpose, decision, basis, text_version, "
    "recorded_by, recorded_at) VALUES (%s, %s, %s, 'research', %s, 'consent', '1', 'x', %s)"
)


def test_months_follow_the_decisions_and_the_erasures(database: Database, tenant: str) -> None:
    stays, leaves, erased = (uuid.uuid4() for _ in range(3))
    decided = [
        (1, stays, "granted", 2), (2, leaves, "granted", 2), (3, erased, "granted", 3), (4, leaves, "withdrawn", 4),
        (5, leaves, "withdrawn", 5), (6, stays, "paused", 5),
    ]  # fmt: skip
    with database.pipeline() as transaction:
        for key in (stays, leaves):
            transaction.execute(
                "INSERT INTO people (tenant_id, learner_key, kind, data_key) VALUES (%s, %s, 'learner', '')",
                (tenant, key),
            )
        for version, key, decision, month in decided:
            at = datetime(2026, month, 10, tzinfo=UTC)
            transaction.execute(HISTORY, (tenant, version, key, decision, at))
        for key, granted, paused in ((stays, True, True), (leaves, False, False)):
            transaction.execute(
                "INSERT INTO consent_state (tenant_id, learner_key, purpose, granted, version, basis, text_version, "
                "paused) VALUES (%s, %s, 'research', %s, 9, 'consent', '1', %s)", (tenant, key, granted, paused),
            )  # fmt: skip
    counts = PostgresConsentCounts(database)
    (now,) = counts.standing(tenant)
    assert (now.purpose, now.consented, now.stopped, now.withdrawn) == (Purpose.RESEARCH, 0, 1, 1)
    months = {one.month: one.consented for one in counts.by_month(tenant, NOW)}
    assert months == {date(2026, month, 1): people for month, people in ((2, 2), (3, 3), (4, 2), (5, 2))}
    with database.pipeline() as transaction:  # stamped by the server: after all of these months
        transaction.execute(
            "INSERT INTO audit_log (tenant_id, actor, action, subject, detail) VALUES (%s, 'job:erasure', "
            "'erasure.completed', %s, '{}')", (tenant, erased.bytes),
        )  # fmt: skip
    later = datetime.now(UTC).replace(year=datetime.now(UTC).year + 1)
    assert counts.by_month(tenant, later)[-1].consented == 1
