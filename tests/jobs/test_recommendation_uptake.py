"""Uptake end to end on a real database and a real lake: what is published, withheld, and taken by a withdrawal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import orjson
import polars as pl
import pytest
from tests.contracts.event_tables import event, table

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.recommendation_uptake import UPTAKE
from akademos.catalogue.registry import builtin
from akademos.jobs.kpi_effects import PublishedEffects
from akademos.jobs.kpi_sources import KpiReaders
from akademos.jobs.kpis import KpiJob
from akademos.jobs.recommendation_uptake import RecommendationUptake, tallies, week_ends
from akademos.jobs.state_rows import state_rows
from akademos.privacy.pseudonyms import Keys
from akademos.stores.lake.event_log import LakeEventLog
from akademos.stores.lake.locks import ThreadLocks
from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.kpis import Snapshot
from akademos.stores.postgres.content import PostgresContent
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.intervention_effects import PostgresInterventionEffects
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.kpis import PostgresKpis
from akademos.stores.postgres.learner_state import PostgresLearnerStates
from akademos.stores.postgres.records import PostgresRecords
from akademos.stores.postgres.vault import PostgresVault

SEEN = datetime(2026, 3, 3, 10, tzinfo=UTC)
NOW = datetime(2026, 4, 7, 4, tzinfo=UTC)
"""28 days after all was seen, and the week is over."""
PEOPLE, ACCEPT, DISMISS = 80, 40, 20


@dataclass
class Crowd:
    """80 learners who saw a material recommended from a gap: 40 accept it and half of them complete it, 20 dismiss it
    and 20 say nothing; three quarters of who accepts, and a quarter of the others, master its topic. 5 of them saw a
    review, too."""

    database: Database
    core: LakeEventLog
    tenant: str
    keys: list[str]
    now: datetime = NOW

    def said(
        self, who: int, change: str, days: float, kind: str = "content", trigger: str = "gap"
    ) -> dict[str, object]:
        told = {"recommendation_id": f"rec-{kind}-{who}", "recommendation_kind": kind, "source_trigger": trigger}
        return event(
            tenant_id=self.tenant,
            event_name=f"recommendation_{change}",
            learner_key=self.keys[who],
            actor_key=self.keys[who],
            occurred_at=SEEN + timedelta(days=days),
            topic_ids=["sums"],
            properties=orjson.dumps(told).decode(),
        )

    def night(self) -> None:
        keys = Keys(bytes(range(32)))
        kpis = PostgresKpis(self.database)
        states, records = PostgresLearnerStates(self.database), PostgresRecords(self.database, keys)
        readers = KpiReaders(self.core, kpis, states, records, lambda _: builtin())
        effects = PublishedEffects(PostgresContent(self.database), PostgresInterventionEffects(self.database))
        job = KpiJob(
            kpis,
            PostgresJobRuns(self.database),
            readers,
            effects=effects,
            clock=lambda: self.now,
            kpis=(),
            uptake=RecommendationUptake(readers),
        )
        assert job.run(self.tenant) is not None

    def lines(self) -> dict[tuple[str, str], Snapshot]:
        """The newest week's, by share and kind."""
        week = self.now.date() - timedelta(days=self.now.weekday() + 7)
        names = [one.name for one in UPTAKE]
        found = PostgresKpis(self.database).snapshots(
            self.tenant, kpis=names, since=week, until=week, environment="prod"
        )
        return {(one.kpi.removeprefix("recommendation_"), one.member): one for one in found}

    def consent(self, who: int, *, granted: bool) -> None:
        with self.database.pipeline() as transaction:
            for purpose in (Purpose.PRODUCT_ANALYTICS, Purpose.LEARNING_SUPPORT):
                transaction.execute(
                    "INSERT INTO consent_state (tenant_id, learner_key, purpose, granted, version, basis, "
                    "text_version) VALUES (%s, %s, %s, %s, 1, 'consent', '1') ON CONFLICT (tenant_id, learner_key, "
                    "purpose) DO UPDATE SET granted = excluded.granted",
                    (self.tenant, self.keys[who], purpose.value, granted),
                )


@pytest.fixture
def crowd(database: Database, keys: Keys, tenant: str, tmp_path: Path) -> Iterator[Crowd]:
    core = LakeEventLog(str(tmp_path / "lake"), ThreadLocks(), memory_limit_mb=64)
    who = [Identifier("user", f"s{n:02}") for n in range(PEOPLE)]
    found = PostgresVault(database, keys).ensure(tenant, who, kind="learner")
    crowd = Crowd(database, core, tenant, [found[one].learner_key for one in who])
    rows, answers = [], []
    for n in range(PEOPLE):
        crowd.consent(n, granted=True)
        rows.append(crowd.said(n, "shown", 0))
        if n < ACCEPT:
            rows.append(crowd.said(n, "accepted", 1))
        elif n < ACCEPT + DISMISS:
            rows.append(crowd.said(n, "dismissed", 1))
        if n < ACCEPT // 2:
            rows.append(crowd.said(n, "completed", 5))
        if n < 5:
            rows.append(crowd.said(n, "shown", 0, "review", "schedule"))
        answers += [
            {"learner_key": crowd.keys[n], "event_id": f"{n}-{m}-{day}", "occurred_at": SEEN + timedelta(days=day),
             "question_id": f"q-{m}", "topic_ids": ["sums"], "score": float((n % 4 > 0) is (n < ACCEPT))}
            for m in range(6) for day in (2, 4, 8)
        ]  # fmt: skip
    core.append(table(rows))
    attempts = {"question_attempts": pl.DataFrame(answers)}
    PostgresLearnerStates(database).write(
        tenant, state_rows(attempts, NOW, NOW).states, of={key: [key] for key in crowd.keys}
    )
    yield crowd
    core.close()


def test_shares_of_a_kind_are_published_with_their_outcome(crowd: Crowd) -> None:
    crowd.night()
    said = crowd.lines()
    of_content = {share: one for (share, member), one in said.items() if member == "content/gap"}
    assert {share: (one.status, one.value, one.people) for share, one in of_content.items()} == {
        "acceptance": ("ok", 0.5, 80),
        "dismissal": ("ok", 0.25, 80),
        "completion": ("ok", 0.5, 40),
        "resolved": ("ok", 0.75, 40),
        "resolved_otherwise": ("ok", 0.25, 40),
    }
    accepted = of_content["acceptance"]
    assert accepted.low is not None
    assert accepted.high is not None
    assert accepted.low < 0.5 < accepted.high
    assert {member for _, member in said} == {"content/gap"}, "that somebody has seen a review is not told"


def test_where_nobody_may_be_counted_no_kind_is_named(crowd: Crowd) -> None:
    for who in range(9, PEOPLE):
        crowd.consent(who, granted=False)
    crowd.night()
    assert {(member, one.status, one.people) for (_, member), one in crowd.lines().items()} == {("", "withheld", None)}


def test_an_open_window_is_not_counted(crowd: Crowd) -> None:
    crowd.now = NOW - timedelta(days=7)
    crowd.night()
    assert {one.status for one in crowd.lines().values()} == {"no_data"}


def test_one_withdrawal_takes_its_whole_block_along_and_a_second_night_changes_nothing(crowd: Crowd) -> None:
    crowd.night()
    before = crowd.lines()
    crowd.core.append(table([crowd.said(n, "completed", 9) for n in range(ACCEPT // 2, ACCEPT // 2 + 3)]))
    crowd.night()
    assert {key: one.value for key, one in crowd.lines().items()} == {key: one.value for key, one in before.items()}
    crowd.consent(0, granted=False)
    crowd.night()
    people = crowd.lines()["acceptance", "content/gap"].people
    assert people is None or people <= PEOPLE - 10


def test_the_sides_of_every_share_add_up() -> None:
    fates = ("accepted", "dismissed", "completed", "resolved")
    rows = [
        ("l", "a", True, False, True, True),
        ("l", "b", False, True, False, None),
        ("l", "c", False, False, False, False),
        ("m", "d", True, False, False, None),
    ]
    units = pl.DataFrame(rows, schema=["learner_key", "recommendation_id", *fates], orient="row").with_columns(
        kind=pl.lit("content"), trigger=pl.lit("gap")
    )
    found = tallies(units)["content/gap"]
    assert found["l"].numbers == (3, 1, 1, 1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 1, 1, 1, 1, 0, 1, 1, 0, 1, 0, 1)
    assert found["m"].numbers[:6] == (1, 1, 0, 0, 0, 1)


def test_a_week_ends_by_the_clock_of_the_learner() -> None:
    zones = {"l": "America/Los_Angeles", "m": "Asia/Tokyo"}
    points = [{"learner_key": who, "topic_id": "sums", "date": date(2026, 3, 8), "value": 0.9, "retrieval": 0.9}
              for who in zones]  # fmt: skip
    learner = pl.DataFrame({"learner_key": list(zones), "time_zone": list(zones.values())})
    found = week_ends({"history": pl.DataFrame(points), "learner": learner})
    ended = {who: f"{at:%m-%dT%H:%M}" for who, at in found.select("learner_key", "ended_at").iter_rows()}
    assert ended == {"l": "03-09T06:59", "m": "03-08T14:59"}, "the clocks of the one were put forward that morning"
