"""KPIs made of what other jobs publish: of contents and interventions, by week, and never more than is published."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.analytics.kpi_effects import HelpEffect, median_of_contents, pooled_effect, share_of_contents
from akademos.catalogue.kpi_declaration import NOT_KEPT, Measure
from akademos.catalogue.kpis import KPI_OF, KPIS
from akademos.catalogue.registry import builtin
from akademos.jobs.kpi_effects import PublishedEffects
from akademos.jobs.kpi_sources import KpiReaders
from akademos.jobs.kpis import FIRST_WEEKS, KpiJob
from akademos.privacy.pseudonyms import Keys
from akademos.stores.lake.event_log import LakeEventLog
from akademos.stores.lake.locks import ThreadLocks
from akademos.stores.ports.kpis import Snapshot
from akademos.stores.postgres.content import PostgresContent
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.intervention_effects import PostgresInterventionEffects
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.kpis import PostgresKpis
from akademos.stores.postgres.learner_state import PostgresLearnerStates
from akademos.stores.postgres.records import PostgresRecords

MONDAY = date(2026, 3, 2)
NAMES = tuple(kpi.name for kpi in KPIS if kpi.measure is Measure.EFFECT)


@dataclass
class Published:
    """What is published of a tenant, and the job that makes KPIs of it."""

    database: Database
    core: LakeEventLog
    tenant: str
    now: datetime = datetime(2026, 3, 9, 4, 0, tzinfo=UTC)

    def contents(self, details: Mapping[str, Mapping[str, Any]], *, version: str = "", floor: int = 10) -> None:
        with self.database.pipeline() as transaction:
            transaction.cursor().executemany(
                "INSERT INTO content_statistics (tenant_id, course_id, subject, subject_id, version, as_of, "
                "smallest_group, detail) VALUES (%s, 'algebra', 'content', %s, %s, %s, %s, %s)",
                [(self.tenant, one, version, self.now, floor, json.dumps(said)) for one, said in details.items()],
            )

    def effects(self, *rows: tuple[str, int, float, float, float]) -> None:
        with self.database.pipeline() as transaction:
            transaction.execute("DELETE FROM intervention_effects")
            transaction.cursor().executemany(
                "INSERT INTO intervention_effects (tenant_id, kind, trial, published_at, design, treated, comparison, "
                "effect, low, high, counted, withheld) "
                "VALUES (%s, %s, '', %s, 'matched', %s, %s, %s, %s, %s, %s, false)",
                [(self.tenant, kind, self.now, n, n, effect, low, high, 2 * n) for kind, n, effect, low, high in rows],
            )

    def night(self) -> int:
        kpis, keys = PostgresKpis(self.database), Keys(bytes(range(32)))
        readers = KpiReaders(
            self.core,
            kpis,
            PostgresLearnerStates(self.database),
            PostgresRecords(self.database, keys),
            lambda _: builtin(),
        )
        job = KpiJob(
            kpis,
            PostgresJobRuns(self.database),
            readers,
            effects=PublishedEffects(PostgresContent(self.database), PostgresInterventionEffects(self.database)),
            clock=lambda: self.now,
            kpis=[KPI_OF[name] for name in NAMES],
        )
        run = job.run(self.tenant)
        assert run is not None
        return run.rows_out

    def line(self, name: str, week: date = MONDAY) -> Snapshot:
        (one,) = PostgresKpis(self.database).snapshots(
            self.tenant, kpis=[name], since=week, until=week, environment="prod"
        )
        return one


def content(gain: float | None, effectiveness: float | None, reasons: Sequence[str] = ()) -> dict[str, Any]:
    told = None if gain is None else {"value": gain, "low": gain - 0.1, "high": gain + 0.1}
    return {"status": "ok", "learners": 40, "gain": told, "effectiveness": effectiveness, "reasons": list(reasons)}


@pytest.fixture
def published(database: Database, tenant: str, tmp_path: Path) -> Iterator[Published]:
    with database.pipeline() as transaction:
        transaction.execute("UPDATE tenants SET group_floor = 10 WHERE tenant_id = %s", (tenant,))
    core = LakeEventLog(str(tmp_path / "lake"), ThreadLocks(), memory_limit_mb=64)
    yield Published(database, core, tenant)
    core.close()


def test_where_nothing_is_published_they_say_what_they_wait_for(published: Published) -> None:
    published.night()
    for name in NAMES:
        line = published.line(name)
        assert (line.status, line.value) == ("not_available", None)
        assert line.reason is not None
        assert line.reason.startswith("it waits for")


def test_they_say_what_is_published_of_contents_and_interventions(published: Published) -> None:
    published.contents({"a": content(0.04, 0.7), "b": content(0.1, 0.2, ["gain"]), "c": content(None, 0.6)})
    published.contents({"a": {**content(0.9, 0.1, ["gain"]), "learners": 10}}, version="old")
    published.contents({"d": content(0.8, 0.9)}, version="few", floor=5)  # of a smaller group than wanted now
    published.contents({"e": {"status": "too_few", "reasons": []}})
    published.effects(("call", 30, -0.12, -0.2, -0.04), ("mail", 10, 0.0, -0.1, 0.1), ("few", 5, 0.9, 0.8, 1.0))
    published.night()
    gain = published.line("content_gain")
    assert (gain.status, gain.value, gain.units, gain.people) == ("ok", 0.07, 2, None)
    assert (gain.low, gain.high) == (0.04, 0.1)
    fit = published.line("content_effectiveness")
    assert (fit.value, fit.units) == (0.667, 3)
    effect = published.line("intervention_effectiveness")
    assert (effect.value, effect.units, effect.people) == (-0.09, 2, 80)
    assert effect.low is not None
    assert effect.high is not None
    assert effect.low < -0.09 < effect.high < 0
    assert published.night() == 0  # again: changes nothing


def test_the_newest_week_follows_what_is_published_and_the_weeks_before_stay(published: Published) -> None:
    published.effects(("call", 30, -0.12, -0.2, -0.04))
    published.night()
    old = published.line("intervention_effectiveness", MONDAY - timedelta(weeks=FIRST_WEEKS - 2))
    assert (old.status, old.value, old.reason) == ("no_data", None, NOT_KEPT)

    published.effects(("call", 40, -0.2, -0.3, -0.1))
    published.now += timedelta(days=1)
    published.night()
    assert published.line("intervention_effectiveness").value == -0.2

    published.now += timedelta(days=7)
    with published.database.pipeline() as transaction:  # somebody has withdrawn
        transaction.execute("UPDATE intervention_effects SET withheld = true")
    published.night()
    assert published.line("intervention_effectiveness", MONDAY + timedelta(weeks=1)).status == "not_available"
    assert published.line("intervention_effectiveness").value == -0.2


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=60))
def test_a_median_lies_in_its_range_and_the_range_among_the_contents(gains: list[float]) -> None:
    found = median_of_contents(gains)
    assert found.value is not None
    assert found.low is not None
    assert found.high is not None
    assert min(gains) <= found.low <= found.value <= found.high <= max(gains)


@given(st.lists(st.tuples(st.integers(1, 500), st.floats(-1, 1), st.floats(0, 1)), min_size=1, max_size=8))
def test_a_pooled_effect_lies_between_the_effects_and_is_no_less_sure(found: list[tuple[int, float, float]]) -> None:
    effects = [HelpEffect(helped, effect, effect - half, effect + half) for helped, effect, half in found]
    pooled = pooled_effect(effects)
    assert pooled.value is not None
    assert pooled.low is not None
    assert min(one.effect for one in effects) - 1e-9 <= pooled.value <= max(one.effect for one in effects) + 1e-9
    assert pooled.value - pooled.low <= max((one.high - one.low) / 2 for one in effects) + 1e-9


def test_no_contents_have_no_share() -> None:
    assert share_of_contents(0, 0).value is median_of_contents([]).value is pooled_effect([]).value is None
