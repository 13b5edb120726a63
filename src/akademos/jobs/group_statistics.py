"""Every night: mastery of groups, published under disclosure control; the only place that makes answers over groups.

The floor is the larger of the metrics' and the tenant's, the purposes are those of the metrics' declarations.
Everything that any table, chart or export later says of groups is selected from what is published here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal, get_args

from akademos.analytics.parameters import DEFAULT
from akademos.catalogue.declarations import Metric, Purpose
from akademos.errors import CatalogueError
from akademos.privacy.disclosure_blocks import MIXED, Ledger, Record, Sums, advance
from akademos.privacy.disclosure_tables import ALL, Row, Scale, published
from akademos.stores.ports.groups import Estimate, GroupLedgers, Population, Published
from akademos.stores.ports.job_runs import JobRun, JobRuns

JOB = "group_statistics"
SCALE = Scale((0.0, DEFAULT.mastery.weak_below, DEFAULT.mastery.mastered_from))
WEAK, DEVELOPING, MASTERED = range(3)
SHOWN = (MASTERED, WEAK)

Protection = Literal["full", "suppression", "none"]
"""`suppression` withholds counts below k and nothing else, `none` not even that: for measuring what an attacker would
find, in development installations only."""
PROTECTIONS: Mapping[str, Protection] = {one: one for one in get_args(Protection)}
"""By name."""


class GroupStatisticsJob:
    """Publishes the groups of a tenant.

    Args:
        groups, runs: the stores.
        metrics: those that are answered over groups; each must declare a floor.
        clock: the installation's.
        protection: see `Protection`.

    Raises:
        CatalogueError: a metric declares no floor.
    """

    def __init__(
        self,
        groups: GroupLedgers,
        runs: JobRuns,
        metrics: tuple[Metric, ...],
        *,
        clock: Callable[[], datetime],
        protection: Protection = "full",
    ) -> None:
        self._groups = groups
        self._runs = runs
        self._floor = declared_floor(metrics)
        self._purposes: tuple[Purpose, ...] = tuple(sorted({metric.purposes[0] for metric in metrics}))
        self._clock = clock
        self._protection = protection

    def run(self, tenant_id: str) -> JobRun | None:
        """One run; None when another process is at it."""
        with self._runs.running(JOB, tenant_id) as run:
            if run is not None:
                floor = max(self._floor, self._groups.floor(tenant_id))
                for scope in self._groups.scopes(tenant_id):
                    self._publish(tenant_id, scope, floor, run)
                run.detail |= {"floor": floor, "protection": self._protection}
        return run

    def _publish(self, tenant_id: str, scope: str, floor: int, run: JobRun) -> None:
        population = self._groups.population(tenant_id, scope, self._purposes)
        now = self._clock()
        if self._protection == "full":
            ledger = advance(
                self._groups.ledger(tenant_id, scope),
                may_stay=population.may_stay,
                may_enter=population.may_enter,
                records=_records(population),
                floor=floor,
                as_of=now,
                bands=len(SCALE.edges),
            )
            tables: Mapping[str, Mapping[str, Sums]] = {topic: ledger.rows(topic) for topic in ledger.items()}
            rows = [
                Published(topic, min(sums.as_of for sums in table.values()), row)
                for topic, table in tables.items()
                for row in published(table, shown=SHOWN, scale=SCALE, floor=floor, hidden=(MIXED,))
            ]
            run.detail.setdefault("scopes", {})[scope] = {
                "waiting": len(population.may_enter.keys() - {key for b in ledger.blocks.values() for key in b.people}),
                "counted": sum(block.size for block in ledger.blocks.values()),
                "spent": len(ledger.spent),
            }
        else:
            ledger = Ledger()
            rows = _unprotected(population, now, floor if self._protection == "suppression" else 0)
        self._groups.publish(tenant_id, scope, ledger, rows)
        run.rows_in += len(population.estimates)
        run.rows_out += len(rows)


def declared_floor(metrics: tuple[Metric, ...]) -> int:
    """The largest floor that metrics over groups declare.

    Raises:
        CatalogueError: one of them declares none, or there is none.
    """
    floors = [metric.group_floor for metric in metrics]
    if not floors or None in floors:
        raise CatalogueError(
            "An answer over groups rests on a metric that declares no group_floor.",
            hint="Declare the smallest group it may be published of.",
        )
    return max(floor for floor in floors if floor is not None)


def _records(population: Population) -> dict[str, dict[str, Record]]:
    records: dict[str, dict[str, Record]] = {}
    for one in population.estimates:
        record = Record(one.mastery, SCALE.band(one.mastery), one.answers)
        records.setdefault(one.topic_id, {})[one.learner_key] = record
    return records


def _unprotected(population: Population, now: datetime, floor: int) -> list[Published]:
    """Exact numbers of everybody, but for counts below `floor`."""
    tables: dict[tuple[str, str], list[Estimate]] = {}
    for one in population.estimates:
        persona = population.may_enter.get(one.learner_key)
        if persona is not None:
            for label in (ALL, persona):
                tables.setdefault((one.topic_id, label), []).append(one)
    rows = []
    for (topic, label), estimates in sorted(tables.items()):
        people = len(estimates)
        if people < max(floor, 1):
            continue
        bands = [SCALE.band(one.mastery) for one in estimates]
        shares = tuple(bands.count(band) / people if bands.count(band) >= floor else None for band in SHOWN)
        mean = sum(one.mastery for one in estimates) / people
        rows.append(Published(topic, now, Row(label, people, mean, shares)))
    return rows
