"""The core by time, against a list of rows: borders of stretches and months, people of nobody, other tenants."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.contracts.event_tables import event, key, table

from akademos.stores.lake.event_log import LakeEventLog
from akademos.stores.lake.locks import ThreadLocks

SINCE, UNTIL = datetime(2025, 12, 29, tzinfo=UTC), datetime(2026, 2, 2, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def test_rows_of_a_stretch_are_all_there_and_no_others(tmp_path: Path) -> None:
    core = LakeEventLog(str(tmp_path), ThreadLocks(), memory_limit_mb=64)
    columns = ["event_id", "learner_key", "occurred_at"]
    assert core.between("college", SINCE, UNTIL, columns=columns, event_names=["question_submitted"]).num_rows == 0
    assert core.active("college", SINCE, UNTIL, event_names=["question_submitted"]) == []
    moments = [SINCE - TICK, SINCE, datetime(2025, 12, 31, 23, 59, tzinfo=UTC), datetime(2026, 1, 15, tzinfo=UTC),
               UNTIL - TICK, UNTIL, datetime(2026, 3, 1, tzinfo=UTC)]  # fmt: skip
    rows = [event(occurred_at=at, learner_key=key(n)) for n, at in enumerate(moments, start=1)]
    rows += [
        event(occurred_at=moments[3], learner_key=None, actor_key=None),
        event(occurred_at=moments[3], tenant_id="elsewhere"),
        event(occurred_at=moments[3], event_name="material_opened", learner_key=key(9)),
        event(occurred_at=moments[3], time_precision="order", learner_key=key(10)),
        event(occurred_at=moments[3], environment="staging", learner_key=key(2)),
    ]
    for row in rows:
        core.append(table([row]))
    found = core.between("college", SINCE, UNTIL, columns=columns, event_names=["question_submitted"])
    wanted = {
        row["event_id"]
        for row in rows
        if row["tenant_id"] == "college"
        and row["event_name"] == "question_submitted"
        and SINCE <= row["occurred_at"] < UNTIL  # type: ignore[operator]  # an instant
    }
    assert set(found["event_id"].to_pylist()) == wanted
    assert len(wanted) == 7
    assert found.schema.names == columns
    people = core.active("college", SINCE, UNTIL, event_names=["question_submitted"])
    assert sorted(people) == sorted([*((key(n), "prod") for n in range(2, 6)), (key(2), "staging")])
    assert core.between("college", SINCE, UNTIL, columns=columns, event_names=[]).num_rows == 0
    core.close()
