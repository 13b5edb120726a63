"""Every night: what interventions brought about, published where the groups are large enough and a change is of many.

Whoever compared two publications that differ by one person would learn about that person. So an effect is published
anew only when the floor or more have come or gone; where fewer have gone it is withheld until then, and where fewer
have come the one before stands (policy `intervention_effect`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from akademos.analytics.intervention_effect import Effect, EffectParameters, Help, WeeklyRisk, intervention_effects
from akademos.privacy.disclosure_tables import published_count
from akademos.stores.ports.intervention_effects import InterventionEffects, LastPublished, Material, PublishedEffect
from akademos.stores.ports.job_runs import JobRun, JobRuns

JOB = "intervention_effects"
ROUNDED = 2
"""Decimals of what is published: hundredths of probability."""


class InterventionEffectsJob:
    """Publishes the effects of a tenant.

    Args:
        store, runs: the stores.
        floor: tenant -> the smallest group it publishes.
        clock: the installation's.
    """

    def __init__(
        self,
        store: InterventionEffects,
        floor: Callable[[str], int],
        runs: JobRuns,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._floor = floor
        self._runs = runs
        self._clock = clock

    def run(self, tenant_id: str) -> JobRun | None:
        """One run; None when another process is at it."""
        with self._runs.running(JOB, tenant_id) as run:
            if run is not None:
                floor = self._floor(tenant_id)
                last = dict(self._store.last(tenant_id))
                material = self._store.material(tenant_id)
                run.rows_in += len(material.interventions)
                for effect in _effects(material, floor):
                    before = last.pop((effect.kind, effect.trial), None)
                    run.rows_out += self._publish(tenant_id, effect, before, floor)
                for group, before in last.items():
                    # Computed no more: too few are left, or the interventions are gone.
                    if not before.withheld:
                        self._store.withhold(tenant_id, group)
        return run

    def _publish(self, tenant_id: str, effect: Effect, before: LastPublished | None, floor: int) -> int:
        gone = came = 0
        if before is not None:
            gone = before.counted - len(before.members & effect.members)
            came = len(effect.members - before.members)
        if before is None or gone + came >= floor:
            if self._store.publish(tenant_id, _rounded(effect, floor, self._clock()), effect.members):
                return 1
            gone = 1  # somebody has withdrawn meanwhile
        if gone and before is not None and not before.withheld:
            self._store.withhold(tenant_id, (effect.kind, effect.trial))
        return 0


def _effects(material: Material, floor: int) -> list[Effect]:
    return intervention_effects(
        [
            Help(
                one.learner_key,
                one.course_id,
                one.kind,
                one.trial,
                treated=one.treated,
                randomised=one.randomised,
                starts_on=one.starts_on,
                took_place=one.took_place,
            )
            for one in material.interventions
        ],
        [WeeklyRisk(*score) for score in material.scores],
        material.left,
        EffectParameters(least=floor),
    )


def _rounded(effect: Effect, floor: int, at: datetime) -> PublishedEffect:
    return PublishedEffect(
        effect.kind,
        effect.trial,
        at,
        effect.design,
        published_count(effect.treated, floor) or floor,
        published_count(effect.comparison, floor) or floor,
        round(effect.effect, ROUNDED),
        round(effect.low, ROUNDED),
        round(effect.high, ROUNDED),
    )
