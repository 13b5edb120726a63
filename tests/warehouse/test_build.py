"""Builds: what they hold, and that a failed one leaves what was there."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest
from deltalake import write_deltalake
from tests.warehouse.conftest import Site, courses, day_of_events

from akademos.errors import Conflict, NotFound, Unavailable
from akademos.stores.disk.warehouse_pages import described, schemas
from akademos.stores.lake.envelopes import SCHEMA

VERDICTS = {"accepted": 6, "conflict": 1, "duplicate": 1, "held": 1, "rejected": 2}

COLUMNS = """
    SELECT table_schema || '.' || table_name AS name, column_name FROM information_schema.columns
    WHERE table_schema IN ('ingest', 'ops', 'gov', 'cost', 'txn')
        AND NOT starts_with(table_name, 'digital_learning_analytics_platform_')
"""


def verdicts(site: Site) -> dict[str, int]:
    found = site.query("SELECT verdict, count(*) AS n FROM ingest.stg_raw GROUP BY verdict")
    return {row["verdict"]: row["n"] for row in found}


def closed_long_ago(site: Site) -> None:
    """A day as it was closed when suppressed events stood in the raw zone twice, and causes were noted nowhere."""
    folder, tenant = site.envelopes.folder(site.door.tenant), site.door.tenant
    row = {
        "record_key": "d" * 32, "event_id": "e" * 32, "payload_hash": "p", "source": "key-1", "channel": "live",
        "event_name": "career_match_viewed", "schema_version": 1, "size_bytes": 1, "verdict": "suppressed",
        "received_at": datetime(2026, 1, 2, tzinfo=UTC), "received_on": date(2026, 1, 2),
    }  # fmt: skip
    rows = pa.Table.from_pylist([row], schema=SCHEMA)
    write_deltalake(folder, rows, mode="append", partition_by=["received_on"])
    with site.door.database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO warehouse_loads (tenant_id, load, received_on, channel, verdicts, meant_rows, moved_rows, "
            "meant_checksum, moved_checksum, recorded_at) VALUES (%s, 'core', '2026-01-02', 'live', '{}', 3, 2, 'a', "
            "'b', now())",
            (tenant,),
        )


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_build_holds_what_came_in_and_the_next_what_came_since(site: Site) -> None:
    day_of_events(site)
    courses(site)
    first = site.build()
    assert [name for name in first.empty if name.startswith("ingest.")] == []  # of this schema's flows all have come
    assert all(check.status == "pass" for check in first.checks)
    assert verdicts(site) == VERDICTS | {"accepted": 8}
    assert site.one("SELECT count(*) FROM ingest.digital_learning_analytics_platform_fact_raw_events") == 9
    (load,) = site.query("SELECT * FROM ingest.audit_ingest WHERE load = 'core'")
    assert (load["meant_rows"], load["moved_rows"], load["status_key"]) == (8, 7, "load/explained")
    assert load["cause"] == "kept in the preference and security logs: 1"

    mapped = site.query("SELECT source_name, course_id, status_key FROM ingest.ref_mappings ORDER BY mapping_key")
    assert [tuple(row.values()) for row in mapped] == [
        ("nowhere", None, "mapping/unmapped"),
        ("algebra", "algebra", "mapping/conformed"),
        ("MATH-1", None, "mapping/ambiguous"),
        ("MATH-1", None, "mapping/ambiguous"),
    ]
    columns = site.query(COLUMNS)
    declared = {
        (f"{schema}.{table.table}", column)
        for schema in schemas()
        for table in described(schema)
        for column, _, _ in table.columns
    }
    assert {(row["name"], row["column_name"]) for row in columns} == declared

    # Nobody is in it: no key of a person, no id that a sender could look up.
    secrets = "|".join([site.door.person("u-1"), site.door.person("nobody-yet"), *site.pipeline.ids()])
    for table in first.tables:
        found = site.reader.query(
            site.door.tenant,
            f"SELECT count(*) AS n FROM {table.name} AS t WHERE regexp_matches(CAST(t AS VARCHAR), ?)",
            [secrets],
        )
        assert found == [{"n": 0}], table.name

    # The days are over: the same envelopes, now from the raw zone, and what came since.
    site.door.pass_time(days=1, hours=3)
    day_of_events(site, accepted=2)
    closed_long_ago(site)
    later = site.build()
    assert later.envelopes == 13 + 8
    assert site.envelopes.closed_through(site.door.tenant) is not None
    assert sum(verdicts(site).values()) == 21
    assert site.one("SELECT count(DISTINCT record_key) FROM ingest.stg_raw") == 21
    (closed,) = site.query("SELECT * FROM ingest.audit_ingest WHERE load = 'envelopes' AND closed")
    assert closed["meant_checksum"] == closed["moved_checksum"]
    assert closed["seconds"] > 0
    (old,) = site.query("SELECT status_key, unnamed FROM ingest.audit_ingest WHERE received_on = '2026-01-02'")
    assert old == {"status_key": "load/unproven", "unnamed": 0}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_failed_critical_check_keeps_what_is_published(site: Site) -> None:
    day_of_events(site)
    site.build()
    with site.door.database.pipeline() as transaction:
        transaction.execute("UPDATE event_index SET verdict = 'invented' WHERE verdict = 'accepted'")
    with pytest.raises(Conflict) as refused:
        site.build()
    assert refused.value.code == "check_failed"
    assert "on intermediate.envelopes_compared" in refused.value.reason
    assert not any(site.folder.rglob("linked_keys*")), "keys of people do not outlive their models"
    assert any(site.folder.rglob("money_terms.parquet")), "the other inputs stay, to see what was wrong"
    assert verdicts(site) == VERDICTS
    kept = site.door.rows("SELECT count(*) FROM warehouse_checks WHERE status = 'fail'")
    assert kept[0][0] >= 1


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_build_short_of_memory_says_so_and_publishes_nothing(site: Site) -> None:
    day_of_events(site)
    site.memory["limit_mb"] = 4
    with pytest.raises(Unavailable) as refused:
        site.build()
    assert refused.value.code == "memory_short"
    assert "AKADEMOS_MEMORY_LIMIT_MB" in (refused.value.hint or "")
    with pytest.raises(NotFound):
        verdicts(site)
