"""KPIs end to end on a real database and a real lake: who is counted, what is published, what a withdrawal takes."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.contracts.event_tables import event, table

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.kpi_declaration import PARITY_BEYOND, Kpi
from akademos.catalogue.kpis import KPI_OF
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.registry import builtin
from akademos.errors import InputError
from akademos.jobs.alerting import AlertingJob
from akademos.jobs.kpi_effects import PublishedEffects
from akademos.jobs.kpi_sources import KpiReaders
from akademos.jobs.kpis import KpiJob
from akademos.privacy.pseudonyms import Keys
from akademos.stores.lake.event_log import LakeEventLog
from akademos.stores.lake.locks import ThreadLocks
from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.kpis import Snapshot
from akademos.stores.postgres.content import PostgresContent
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.incidents import PostgresIncidents
from akademos.stores.postgres.intervention_effects import PostgresInterventionEffects
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.kpi_gauges import KpiGauges
from akademos.stores.postgres.kpis import PostgresKpis
from akademos.stores.postgres.learner_state import PostgresLearnerStates
from akademos.stores.postgres.records import PostgresRecords
from akademos.stores.postgres.vault import PostgresVault

MONDAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 9, 4, 0, tzinfo=UTC)
"""The week of the Monday is over, the one after has begun."""

CHOSEN = tuple(
    KPI_OF[name]
    for name in ("onboarding_completion", "weekly_active_users", "roi_projection_engagement", "data_freshness")
)


@dataclass
class Product:
    """60 students of two courses, 40 with an account of this week, all consenting."""

    database: Database
    core: LakeEventLog
    tenant: str
    keys: dict[str, str]
    now: datetime = NOW
    events: list[dict[str, Any]] = field(default_factory=list)

    def send(self, name: str, user: str | None, at: datetime, **given: Any) -> None:
        """One event straight into the core."""
        key = None if user is None else self.keys[user]
        row = event(tenant_id=self.tenant, event_name=name, learner_key=key, actor_key=key, occurred_at=at, **given)
        self.core.append(table([row]))

    def send_all(self, rows: list[dict[str, Any]]) -> None:
        self.core.append(
            table(
                event(
                    tenant_id=self.tenant,
                    **{**row, "learner_key": self.keys[row["learner_key"]], "actor_key": self.keys[row["learner_key"]]},
                )
                for row in rows
            )
        )

    def grant(self, user: str, *, granted: bool = True) -> None:
        with self.database.pipeline() as transaction:
            transaction.execute(
                "INSERT INTO consent_state (tenant_id, learner_key, purpose, granted, version, basis, text_version) "
                "VALUES (%s, %s, %s, %s, 1, 'consent', '1') ON CONFLICT (tenant_id, learner_key, purpose) "
                "DO UPDATE SET granted = excluded.granted",
                (self.tenant, self.keys[user], Purpose.PRODUCT_ANALYTICS.value, granted),
            )

    @property
    def kpis(self) -> PostgresKpis:
        return PostgresKpis(self.database)

    def job(self, kpis: tuple[Kpi, ...] = CHOSEN) -> KpiJob:
        keys = Keys(bytes(range(32)))
        readers = KpiReaders(
            self.core,
            self.kpis,
            PostgresLearnerStates(self.database),
            PostgresRecords(self.database, keys),
            lambda _: builtin(),
        )
        effects = PublishedEffects(PostgresContent(self.database), PostgresInterventionEffects(self.database))
        return KpiJob(
            self.kpis, PostgresJobRuns(self.database), readers, effects=effects, clock=lambda: self.now, kpis=kpis
        )

    def night(self, kpis: tuple[Kpi, ...] = CHOSEN) -> int:
        run = self.job(kpis).backfill(self.tenant, MONDAY, MONDAY)
        assert run is not None
        return run.rows_out

    def lines(self, name: str, environment: str = "prod") -> dict[tuple[str, str], Snapshot]:
        found = self.kpis.snapshots(self.tenant, kpis=[name], since=MONDAY, until=MONDAY, environment=environment)
        return {(one.dimension, one.member): one for one in found}


def at(day: float) -> datetime:
    return datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=day)


@pytest.fixture
def product(database: Database, keys: Keys, tenant: str, tmp_path: Path) -> Iterator[Product]:
    core = LakeEventLog(str(tmp_path / "lake"), ThreadLocks(), memory_limit_mb=64)
    vault = PostgresVault(database, keys)
    who = {f"s{n:02}": Identifier("user", f"s{n:02}") for n in range(60)}
    found = vault.ensure(tenant, list(who.values()), kind="learner")
    made = Product(database, core, tenant, {user: found[one].learner_key for user, one in who.items()})
    with database.pipeline() as transaction:
        cursor = transaction.cursor()
        cursor.execute("UPDATE tenants SET time_zone = 'Europe/Berlin' WHERE tenant_id = %s", (tenant,))
        cursor.execute("UPDATE people SET persona = 'student' WHERE tenant_id = %s", (tenant,))
        cursor.executemany(
            "INSERT INTO learning_courses (tenant_id, course_id, title) VALUES (%s, %s, %s)",
            [(tenant, "algebra", "Algebra"), (tenant, "anatomy", "Anatomy")],
        )
        cursor.executemany(
            "INSERT INTO enrolments (tenant_id, learner_key, course_id, registered_on) "
            "VALUES (%s, %s, %s, '2026-02-10')",
            [(tenant, key, "algebra" if n < 30 else "anatomy") for n, key in enumerate(made.keys.values())],
        )
    rows = []
    for n, user in enumerate(made.keys):
        made.grant(user)
        if n % 3:  # 40 of them
            rows.append({"event_name": "account_created", "learner_key": user, "occurred_at": at(1)})
            if n % 3 == 1:  # 20
                rows.append({"event_name": "student_onboarding_completed", "learner_key": user, "occurred_at": at(1.5)})
        rows.append(
            {
                "event_name": "financial_planner_used",
                "learner_key": user,
                "occurred_at": at(2),
                "session_id": f"s-{user}",
                "properties": f'{{"planner_seconds": {100 + n}}}',
            }
        )
    made.send_all(rows)
    yield made
    core.close()


def test_a_week_is_counted_and_published(product: Product) -> None:
    assert product.night() > 0
    onboarding = product.lines("onboarding_completion")
    whole = onboarding["", ""]
    assert (whole.status, whole.people, whole.units, whole.value) == ("ok", 40, 40, 0.5)
    assert whole.low is not None
    assert whole.high is not None
    assert whole.low < 0.5 < whole.high
    assert onboarding["course", "algebra"].value == pytest.approx(0.5)
    assert {member for dimension, member in onboarding if dimension == "course"} == {"algebra", "anatomy"}
    active = product.lines("weekly_active_users")
    assert active["", ""].value == 60
    assert active["course", "anatomy"].value == 30
    assert active["cohort", "2026-02"].value == 60
    planner = product.lines("roi_projection_engagement")["", ""]
    assert planner.value == pytest.approx(129.5, abs=3)
    assert product.lines("data_freshness")["", ""].status == "no_data"


def test_again_changes_nothing(product: Product) -> None:
    product.night()
    assert product.night() == 0


def test_an_unconsented_learner_changes_nothing(product: Product) -> None:
    product.night()
    before = {kpi.name: product.lines(kpi.name) for kpi in CHOSEN}
    vault = PostgresVault(product.database, Keys(bytes(range(32))))
    for n in range(12):
        one = Identifier("user", f"silent-{n}")
        product.keys[one.value] = vault.ensure(product.tenant, [one], kind="learner")[one].learner_key
        product.send("account_created", one.value, at(1))
        product.send("financial_planner_used", one.value, at(1), session_id="x", properties='{"planner_seconds": 9}')
    assert product.night() <= len(before) * 8  # only how many consent
    for name, lines in before.items():
        after = product.lines(name)
        assert {of: (one.value, one.low, one.people) for of, one in after.items()} == {
            of: (one.value, one.low, one.people) for of, one in lines.items()
        }


def test_whoever_withdraws_takes_a_block_along_and_nothing_small_is_left(product: Product) -> None:
    product.night()
    before = product.lines("weekly_active_users")["", ""].people
    product.grant("s00", granted=False)
    product.now += timedelta(days=1)
    assert product.job().run(product.tenant) is not None
    after = product.lines("weekly_active_users")["", ""].people
    assert before == 60
    assert after is not None
    assert LIMITS.group_floor <= 60 - after <= 3 * LIMITS.group_floor
    scope = f"weekly_active_users/{MONDAY}/prod"
    ledger = product.kpis.ledger(product.tenant, scope)
    assert not any(product.keys["s00"] in block.people for block in ledger.blocks.values())
    for kpi in CHOSEN:
        for one in product.lines(kpi.name).values():
            assert one.people is None or one.people >= LIMITS.group_floor


def test_an_erased_learner_leaves_no_trace_of_their_own(product: Product) -> None:
    product.night()
    with product.database.pipeline() as transaction:
        transaction.execute("DELETE FROM people WHERE learner_key = %s", (product.keys["s10"],))
        product.now += timedelta(days=1)
    assert product.job().run(product.tenant) is not None
    people = product.lines("weekly_active_users")["", ""].people
    assert people is not None
    assert people <= 60 - LIMITS.group_floor


def test_a_share_with_too_few_on_one_side_is_withheld(product: Product) -> None:
    product.send_all(
        [
            {"event_name": "student_onboarding_completed", "learner_key": user, "occurred_at": at(1.6)}
            for n, user in enumerate(product.keys)
            if n % 3 == 2 and n > 12
        ]
    )
    product.night()
    lines = product.lines("onboarding_completion")
    assert set(lines) == {("", "")}
    assert (lines["", ""].status, lines["", ""].value, lines["", ""].people) == ("withheld", None, 40)


def test_production_stands_beside_staging(product: Product) -> None:
    product.send_all(
        [
            {
                "event_name": "financial_planner_used",
                "learner_key": user,
                "occurred_at": at(2),
                "session_id": f"t-{user}",
                "environment": "staging",
                "properties": f'{{"planner_seconds": {200 + n}}}',
            }
            for n, user in enumerate(product.keys)
        ]
    )
    run = product.job().backfill(product.tenant, MONDAY, MONDAY)
    assert run is not None
    line = product.lines("roi_projection_engagement")["", ""]
    assert line.baseline == pytest.approx(229.5, abs=3)
    assert line.parity == "beyond"
    assert {"kpi": "roi_projection_engagement", "week": MONDAY.isoformat()} in run.detail["parity_beyond"]
    (apart,) = KpiGauges(product.database).measure(NOW)
    assert (apart.figure, apart.subject, apart.tenant_id) == ("kpi_apart", "roi_projection_engagement", product.tenant)
    assert apart.value == pytest.approx(100 / 229.5, abs=0.02)
    everybody = product.lines("weekly_active_users")["", ""]  # how many there are is no matter of parity
    assert (everybody.baseline, everybody.parity) == (None, None)


@pytest.mark.parametrize(
    ("value", "baseline", "apart", "beyond"),
    [(0.5, 0.5, 0.0, False), (0.51, 0.5, 0.02, False), (102.0, 100.0, 0.02, False), (0.5, 0.49, 0.0204, True),
     (0.5, 0.0, 1.0, True)],
)  # fmt: skip
def test_a_kpi_beyond_its_baseline_is_an_incident_until_a_week_is_within(
    product: Product, value: float, baseline: float, apart: float, beyond: bool
) -> None:
    def publish(week: date, value: float, environment: str) -> None:
        line = Snapshot("onboarding_completion", week, environment, "", "", str(week), NOW, "ok", value=value)
        small = replace(line, dimension="persona", member="student", value=0.9)  # a slice raises nothing
        product.kpis.publish(product.tenant, None, None, [line, small])

    gauges, runs = KpiGauges(product.database), PostgresJobRuns(product.database)
    alerting = AlertingJob([gauges], PostgresIncidents(product.database), runs, clock=lambda: datetime.now(UTC))

    def incidents() -> list[tuple[str, str]]:
        product.kpis.compare(product.tenant, PARITY_BEYOND, ["onboarding_completion"])
        alerting.run()
        found = PostgresIncidents(product.database).incidents(product.tenant, open_only=True)
        return [(one.rule, one.subject) for one in found]

    publish(MONDAY, value, "prod")
    assert incidents() == []  # there is no staging
    publish(MONDAY, baseline, "staging")
    raised = [("KpiOffBaseline", "onboarding_completion")]
    assert incidents() == (raised if beyond else [])
    assert product.lines("onboarding_completion")["", ""].parity == ("beyond" if beyond else "within")
    assert [one.value for one in gauges.measure(NOW)] == [pytest.approx(apart, abs=1e-4)]
    for environment in ("prod", "staging"):
        publish(MONDAY + timedelta(days=7), 0.7, environment)
    assert incidents() == []


def test_a_session_at_the_edge_of_two_weeks_counts_in_one(product: Product) -> None:
    edge = datetime(2026, 2, 28, 23, tzinfo=UTC)  # a day before the week begins in Berlin
    for minutes in (-10, 10):
        product.send_all(
            [
                {
                    "event_name": "financial_planner_used",
                    "learner_key": user,
                    "occurred_at": edge + timedelta(minutes=minutes),
                    "session_id": f"edge-{user}",
                    "properties": '{"planner_seconds": 30}',
                }
                for user in product.keys
            ]
        )
    weeks = [MONDAY - timedelta(days=7), MONDAY]
    kpi = (KPI_OF["roi_projection_engagement"],)
    assert product.job(kpi).backfill(product.tenant, *weeks) is not None
    found = product.kpis.snapshots(
        product.tenant, kpis=[kpi[0].name], since=weeks[0], until=weeks[1], environment="prod"
    )
    assert [(one.week, one.units) for one in found if not one.dimension] == [(week, 60) for week in weeks]


def test_figures_of_nobody_are_exact(product: Product) -> None:
    for label, hours in (("1", 5), ("2", 47), ("3", 60)):
        for name, when in (("released", at(1)), ("imported", at(1) + timedelta(hours=hours))):
            product.send(
                f"occupational_data_{name}",
                None,
                when,
                properties=f'{{"data_source":"onet","release_label":"{label}","import_outcome":"completed"}}',
            )
    product.night()
    line = product.lines("data_freshness")["", ""]
    assert (line.status, line.units, line.people) == ("ok", 3, None)
    assert line.value == pytest.approx(2 / 3)


def test_late_events_of_enough_people_are_taken_and_days_are_checked(product: Product) -> None:
    product.night()
    for n, user in enumerate(product.keys):
        if n % 3 == 2:
            product.send("student_onboarding_completed", user, at(1.7), event_id=str(uuid.uuid4()))
    assert product.night() > 0
    with pytest.raises(InputError):
        product.job().backfill(product.tenant, MONDAY, MONDAY - timedelta(days=7))
    for first, last in ((date.min, date(1, 1, 5)), (date(9999, 12, 30), date.max)):
        with pytest.raises(InputError, match="--from"):
            product.job().backfill(product.tenant, first, last)
