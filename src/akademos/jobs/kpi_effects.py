"""KPIs made of what other jobs publish: gain and effectiveness of contents, effect of interventions.

A week says what was published when it had ended, or in a night before the next one had: its line is made anew until
then, and stays from then on. Of weeks before nothing is known. Whoever withdraws leaves the published figures first
(jobs `content_statistics`, `intervention_effects`) and with them the line of the newest week.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from akademos.analytics.kpi_effects import HelpEffect, median_of_contents, pooled_effect, share_of_contents
from akademos.analytics.kpi_values import Figure
from akademos.catalogue.kpi_declaration import NOT_KEPT, Kpi
from akademos.jobs.kpi_publication import Run, not_available
from akademos.privacy.disclosure_tables import rounded
from akademos.stores.ports.content import PublishedContent, Statistic
from akademos.stores.ports.intervention_effects import EffectReports
from akademos.stores.ports.kpis import Snapshot

DECIMALS = 3
NEWEST_FOR = timedelta(days=15)
"""From its Monday on a week is the newest one that is over for two weeks at most, and a day for the time zone."""


class PublishedEffects:
    """Adapter of `jobs.kpis.Effects` over what is published.

    Args:
        content: statistics of contents.
        interventions: effects of interventions.
    """

    def __init__(self, content: PublishedContent, interventions: EffectReports) -> None:
        self._content = content
        self._interventions = interventions

    def lines(self, tenant_id: str, kpi: Kpi, run: Run) -> list[Snapshot]:
        """The line of a week."""
        if run.computed_at.date() - run.week >= NEWEST_FOR:
            return [replace(run.line(kpi), reason=NOT_KEPT)]
        if kpi.name == "intervention_effectiveness":
            return self._of_interventions(tenant_id, kpi, run)
        contents = _newest_versions(
            [one.statistic for one in self._content.statistics(tenant_id, "content", None)], run.floor
        )
        if kpi.name == "content_gain":
            gains = [one.detail["gain"]["value"] for one in contents if one.detail.get("gain")]
            return _told(kpi, run, median_of_contents(gains), units=len(gains))
        ranked = [one for one in contents if one.detail.get("effectiveness") is not None]
        fit = sum(not one.detail["reasons"] for one in ranked)
        return _told(kpi, run, share_of_contents(fit, len(ranked)), units=len(ranked))

    def _of_interventions(self, tenant_id: str, kpi: Kpi, run: Run) -> list[Snapshot]:
        effects = [
            one
            for one in self._interventions.effects(tenant_id)
            if min(one.treated, one.comparison) >= run.floor
        ]  # fmt: skip
        figure = pooled_effect([HelpEffect(one.treated, one.effect, one.low, one.high) for one in effects])
        people = sum(one.treated + one.comparison for one in effects)
        return _told(kpi, run, figure, units=len(effects), people=people)


def _newest_versions(found: Sequence[Statistic], floor: int) -> list[Statistic]:
    """Of each content the version that most learners have met, of those in force under the tenant's smallest group."""
    chosen: dict[tuple[str, str], Statistic] = {}
    for one in found:
        if one.smallest_group < floor or one.detail["status"] != "ok":
            continue
        key = (one.course_id, one.subject_id)
        before = chosen.get(key)
        if before is None or _weight(one) > _weight(before):
            chosen[key] = one
    return list(chosen.values())


def _weight(one: Statistic) -> tuple[int, str]:
    return one.detail["learners"] or 0, one.version


def _told(kpi: Kpi, run: Run, figure: Figure, *, units: int, people: int | None = None) -> list[Snapshot]:
    if figure.value is None:
        return not_available(kpi, run)
    low, high = (None if one is None else round(one, DECIMALS) for one in (figure.low, figure.high))
    return [
        replace(
            run.line(kpi), status="ok", value=round(figure.value, DECIMALS), low=low, high=high, units=units,
            people=None if people is None else rounded(people), smallest_group=run.floor,
        )
    ]  # fmt: skip
