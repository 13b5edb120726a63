"""The same project on Spark with two executors: every table as DuckDB makes it of the same inputs."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.warehouse.conftest import Site
from tests.warehouse.flows import furnish

from akademos.jobs.warehouse.engines import EngineComparison, compare_engines
from akademos.stores.lake.dbt_runs import Spark
from akademos.stores.lake.warehouse_build import LakeBuildFolder

SMALL = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.sql.shuffle.partitions": "2",
}
"""A few rows are done before anything has been compiled for many."""
TWO_EXECUTORS = Spark("local-cluster[2,1,1024]", SMALL)
LACKING = [name for name in ("pyspark", "dbt.adapters.spark") if find_spec(name) is None]
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    LACKING.append("java")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(bool(LACKING), reason=f"needs {', '.join(LACKING)}: pip install akademos[spark], and Java 17"),
]


def folder(site: Site, work: Path, spark: Spark | None) -> LakeBuildFolder:
    tenant = site.door.tenant
    return LakeBuildFolder(
        site.folder / tenant, tenant, site.pipeline.core, site.envelopes.folder(tenant), memory_limit_mb=256,
        spark=spark, work=work,
    )  # fmt: skip


def compared(site: Site, tmp_path: Path) -> EngineComparison:
    first, second = folder(site, tmp_path / "duckdb", None), folder(site, tmp_path / "spark", TWO_EXECUTORS)
    return compare_engines(site.job, site.door.tenant, first, second)


def test_every_table_is_equal_on_two_executors(site: Site, tmp_path: Path) -> None:
    furnish(site, tmp_path / "money")
    found = compared(site, tmp_path)
    assert len(found.tables) == 100
    assert [(one.name, one.rows) for one in found.tables if not one.rows] == []
    assert [one for one in found.tables if not one.equal] == []
    assert len(found.executors) == 2
    assert all(tasks > 0 for tasks in found.executors.values())
