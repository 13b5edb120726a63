"""An institution that has received, held, refused and imported, and the job that builds its warehouse."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.intake.conftest import Door, answered, door
from tests.jobs.conftest import pipeline
from tests.jobs.pipeline import Pipeline

from akademos.intake.decode import Unparsable
from akademos.jobs.warehouse.build import BuildReport, MartsJob
from akademos.stores.lake.envelopes import LakeEnvelopes
from akademos.stores.lake.warehouse import DuckDbWarehouse
from akademos.stores.lake.warehouse_build import PARSED, LakeBuildFolder
from akademos.stores.postgres.extracts import PostgresExtracts
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.reconciliation import PostgresStock
from akademos.stores.postgres.records import PostgresRecords
from akademos.stores.postgres.warehouse_ledger import PostgresBuildLedger

__all__ = ["door", "pipeline"]

pytest.register_assert_rewrite(*(f"tests.warehouse.flows_{schema}" for schema in ("gov", "money", "ops")))


@dataclass
class Site:
    """What a test asks for."""

    pipeline: Pipeline
    folder: Path
    envelopes: LakeEnvelopes
    job: MartsJob
    reader: DuckDbWarehouse
    memory: dict[str, int]

    @property
    def door(self) -> Door:
        return self.pipeline.door

    def build(self) -> BuildReport:
        report = self.job.run(self.door.tenant)
        assert report is not None
        return report

    def query(self, sql: str) -> list[dict[str, Any]]:
        return self.reader.query(self.door.tenant, sql)

    def one(self, sql: str) -> Any:
        ((value,),) = [tuple(row.values()) for row in self.query(sql)]
        return value


@pytest.fixture
def site(pipeline: Pipeline, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """An empty one. What dbt has parsed for one test it need not parse again for the next."""
    door, folder = pipeline.door, tmp_path / "warehouse"
    parsed = tmp_path_factory.getbasetemp() / PARSED
    folder.mkdir()
    if parsed.exists():
        shutil.copyfile(parsed, folder / PARSED)
    memory = {"limit_mb": 256}
    envelopes = LakeEnvelopes(folder, pipeline.core, lambda tenant: door.vault_keys.derived(tenant, "envelopes"))

    def begin(tenant_id: str) -> LakeBuildFolder:
        return LakeBuildFolder(
            folder / tenant_id,
            tenant_id,
            pipeline.core,
            envelopes.folder(tenant_id),
            memory_limit_mb=memory["limit_mb"],
        )

    job = MartsJob(
        PostgresExtracts(door.database),
        envelopes,
        begin,
        PostgresBuildLedger(door.database),
        PostgresStock(door.database, pipeline.core).now,
        lambda _: door.registry,
        PostgresJobRuns(door.database),
        clock=lambda: door.now,
    )
    reader = DuckDbWarehouse(folder)
    yield Site(pipeline, folder, envelopes, job, reader, memory)
    reader.close()
    if (folder / PARSED).exists():
        shutil.copyfile(folder / PARSED, parsed)


Day = Callable[[Site], None]


def day_of_events(site: Site, *, accepted: int = 5) -> None:
    """Accepted, held, duplicate, conflicting and rejected events, and an essential one; what was accepted is moved."""
    door = site.door
    door.grant("u-1")
    good = [answered(at=door.now) for _ in range(accepted)]
    other = {**good[0], "properties": {"correct": False, "time_to_answer_seconds": 45}}
    opted = {
        "event_name": "settings_tracking_opt_out",
        "user_id": "u-9",
        "client_timestamp": door.now.isoformat(),
        "opt_out_status": True,
        "properties": door.registry.latest("settings_tracking_opt_out").example["properties"],
    }
    wrong = answered(at=door.now)
    wrong["properties"] = {"correct": "yes"}
    door.batch(*good)
    door.batch(good[0], other, answered("nobody-yet", at=door.now), wrong, opted)
    with pytest.raises(Unparsable):
        door.raw(b'{"events": [')
    site.pipeline.drain()


def courses(site: Site) -> None:
    """Course records: one as the source names it, two that share a name of the source, and events of a third."""
    door = site.door
    rows = [
        {"course_id": "algebra", "title": "Algebra"},
        {"course_id": "algebra-a", "title": "Algebra"},
        {"course_id": "algebra-b", "title": "Algebra"},
    ]
    PostgresRecords(door.database, door.vault_keys).load(door.tenant, "learning_courses", rows, actor="test")
    with door.database.pipeline() as transaction:
        transaction.execute("UPDATE learning_courses SET source_reference = 'MATH-1' WHERE course_id LIKE 'algebra-%'")
    door.grant("u-1")
    door.batch(answered(at=door.now, course_id="algebra"), answered(at=door.now, course_id="nowhere"))
    site.pipeline.drain()
