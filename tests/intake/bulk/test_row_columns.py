"""Rows of any file: every core property that a sender may set is taken from a column of its name."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from akademos.catalogue.registry import builtin
from akademos.intake.bulk.check import check
from akademos.sources.rows import CORE, column_map, events

NOW = datetime(2026, 3, 9, tzinfo=UTC)


def test_scores_tasks_and_pages_arrive() -> None:
    assert {"readiness_score", "task_id", "context_page", "plan_id"} <= CORE
    assert not {"anonymous_id", "pii_hash", "event_timestamp", "client_timestamp"} & CORE
    mapping = column_map({"layout": "rows", "take_named": True, "time": {"column": "client_timestamp"}})
    rows = pl.DataFrame(
        {
            "row": [1, 2],
            "event_name": ["assessment_completed", "web_vitals_measured"],
            "user_id": ["u-1", "u-2"],
            "client_timestamp": ["2026-03-02T08:00:00Z", "2026-03-02T09:00:00Z"],
            "assessment_id": ["a", None],
            "readiness_score": [64.5, None],
            "context_page": [None, "/learn"],
            "lcp_ms": [None, 1200.0],
        }
    )
    checked = [check(batch, builtin(), NOW) for batch in events(rows, mapping)]
    assert [one.problems.height for one in checked] == [0, 0]
    assert [one.frame.height for one in checked] == [1, 1]
    assert checked[0].frame["readiness_score"].to_list() == [64.5]
    assert checked[1].frame["context_page"].to_list() == ["/learn"]
