"""What the catalogue shows of the warehouse: results of its newest build, rows, types, and nothing about a person."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from psycopg import errors

from akademos.catalogue.dataset_rights import grantable, readers_of
from akademos.catalogue.declarations import Dataset
from akademos.catalogue.registry import builtin
from akademos.jobs.dataset_looks import EveryLook
from akademos.jobs.warehouse_models import warehouse_models
from akademos.stores.lake.warehouse import FILE, DuckDbWarehouse
from akademos.stores.lake.warehouse_looks import WarehouseLooks
from akademos.stores.ports.catalogue import Sample, Standing, Use
from akademos.stores.ports.warehouse import CheckResult
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.quality import PostgresQuality
from akademos.stores.postgres.warehouse_ledger import PostgresBuildLedger

NOW = datetime(2026, 3, 10, tzinfo=UTC)
MODELS = {one.name: one for one in warehouse_models()}
COUNTS, CUSTOMERS = "ingest.fact_event_counts", "txn.dim_customer"


def found(dataset: str, check: str, column: str | None, failures: int = 0, severity: str = "critical") -> CheckResult:
    status = "pass" if not failures else "fail" if severity == "critical" else "warn"
    return CheckResult(check, dataset, column, severity, status, failures)


def test_results_of_the_newest_build_are_those_of_the_declared_checks(database: Database, tenant: str) -> None:
    ledger, quality = PostgresBuildLedger(database), PostgresQuality(database)
    loads = "txn.audit_txn_ingest"
    whole = "received_rows <> accepted_rows + duplicate_rows + rejected_rows"
    ledger.record_checks(tenant, "b1", [found(COUNTS, "not_null", "events", 7)], NOW)
    ledger.record_checks(
        tenant,
        "b2",
        [
            found(COUNTS, "not_null", "events"),
            found(loads, f"no_rows: {whole}", None, 3),
            found(loads, "no_rows: meant_checksum <> kept_checksum", None),
        ],
        NOW + timedelta(days=1),
    )
    latest = {(one.dataset, one.check): one for one in quality.latest(tenant)}
    assert len(latest) == 3  # two checks of one kind on one table are two
    assert latest[COUNTS, "not_null_events"].status == "passed"
    assert set(latest) <= {(name, one.name) for name, model in MODELS.items() for one in model.checks}
    (broken,) = [one for one in latest.values() if one.status == "failed"]
    assert (broken.dataset, broken.offending, broken.severity) == (loads, 3, "critical")
    assert broken.statement == f"no row where {whole}"
    history = quality.history(tenant, COUNTS, limit=10)
    assert [(one.status, one.offending) for one in history] == [("passed", 0), ("failed", 7)]


def test_another_tenant_sees_none_of_it(database: Database, tenant: str) -> None:
    with database.pipeline() as transaction:
        transaction.execute("INSERT INTO tenants (tenant_id, name) VALUES ('other', 'Another')")
    PostgresBuildLedger(database).record_checks(tenant, "b1", [found(COUNTS, "unique", "k")], NOW)
    quality = PostgresQuality(database)
    assert quality.latest("other") == []
    assert quality.history("other", COUNTS, limit=10) == []
    with database.serving("other") as transaction:
        assert transaction.execute("SELECT count(*) FROM warehouse_checks").fetchone() == (0,)
    with pytest.raises(errors.InsufficientPrivilege), database.serving(tenant) as transaction:
        transaction.execute("DELETE FROM warehouse_checks")


def test_a_check_that_warns_is_a_failure_of_less_weight(database: Database, tenant: str) -> None:
    PostgresBuildLedger(database).record_checks(
        tenant, "b1", [found(COUNTS, "accepted_values", "status_key", 2, "warning")], NOW
    )
    (one,) = PostgresQuality(database).latest(tenant)
    assert (one.status, one.severity) == ("failed", "minor")


def published(folder: Path) -> WarehouseLooks:
    (folder / "a").mkdir()
    with closing(duckdb.connect(str(folder / "a" / FILE))) as engine:
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute("CREATE SCHEMA published; CREATE SCHEMA ingest; CREATE SCHEMA txn")
        engine.execute("CREATE TABLE published.table_states (name VARCHAR, rows BIGINT, checksum VARCHAR)")
        engine.execute(f"INSERT INTO published.table_states VALUES ('{COUNTS}', 30, ''), ('{CUSTOMERS}', 1, '')")
        engine.execute(
            f"CREATE TABLE {COUNTS} AS SELECT DATE '2026-03-01' + CAST(n AS INTEGER) AS counted_on, n AS events, "
            "TIMESTAMPTZ '2026-03-01 10:00:00Z' AS first_received_at, 'x' AS undeclared FROM range(30) AS r (n)"
        )
        engine.execute(f"CREATE TABLE {CUSTOMERS} AS SELECT 'secret-name' AS customer_id, true AS is_known")
    return WarehouseLooks(DuckDbWarehouse(folder))


def test_rows_types_and_a_sample_come_from_the_published_file(tmp_path: Path) -> None:
    looks = published(tmp_path)
    standing = looks.standing("a", MODELS[COUNTS])
    assert standing is not None
    assert standing.rows == 30
    assert standing.types["events"] == "int64"
    assert standing.types["counted_on"] == "date"
    assert standing.types["first_received_at"] == "timestamp"
    sample = looks.sample("a", MODELS[COUNTS], 5)
    assert sample is not None
    assert set(sample.columns) == {"counted_on", "events", "first_received_at"}
    assert [row[0] for row in sample.rows] == [f"2026-03-0{n}" for n in range(1, 6)]
    for nothing in (looks.standing("b", MODELS[COUNTS]), looks.sample("b", MODELS[COUNTS], 5)):
        assert nothing is None  # no warehouse yet
    assert looks.standing("a", MODELS["ops.fact_logs"]) is None


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda one: one.name)
def test_rows_about_people_are_shown_to_nobody(tmp_path: Path, model: Dataset) -> None:
    """Whatever holds the name that stands for a person, in a log or a payment."""
    names = [one.name for one in model.columns if one.name.endswith(("customer_id", "decided_by", "learner_key"))]
    assert names == [one.name for one in model.columns if one.personal]
    if names:
        assert not grantable(model)
        assert not readers_of(model)
        assert published(tmp_path).sample("a", model, 5) is None


class _Named:
    """Says who was asked."""

    def __init__(self, name: str) -> None:
        self._name = name

    def standing(self, tenant_id: str, dataset: Dataset) -> Standing | None:
        return Standing(1, True, None, {"asked": self._name})

    def sample(self, tenant_id: str, dataset: Dataset, limit: int) -> Sample | None:
        return Sample((self._name,), (), ())

    def use(self, tenant_id: str, addresses: Sequence[str], since: datetime) -> list[Use]:
        return [Use(self._name, 1, since)]


@pytest.mark.parametrize(("dataset", "asked"), [(MODELS[COUNTS], "warehouse"), (builtin().dataset("topics"), "tables")])
def test_tables_with_a_schema_are_looked_at_in_the_warehouse(dataset: Dataset, asked: str) -> None:
    looks = EveryLook(_Named("tables"), _Named("warehouse"))
    assert looks.standing("a", dataset) == Standing(1, True, None, {"asked": asked})
    assert looks.sample("a", dataset, 5) == Sample((asked,), (), ())
    assert [one.role for one in looks.use("a", [], NOW)] == ["tables"]
