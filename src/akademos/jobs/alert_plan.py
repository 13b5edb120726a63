"""What a look at the figures says: pure decisions over rules, figures, alerts that stand, and maintenance windows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from akademos.catalogue.alert_rules import AlertRule
from akademos.stores.ports.incidents import Incident, Measured, StandingAlert, Verdict, Window

REOPENS_AFTER = timedelta(minutes=15)
"""When somebody said that an incident is mended and its condition still holds after so long, another one opens. What
was called a false alarm or was accepted stays quiet until the condition has gone."""

Key = tuple[str, str | None, str]


def judge(
    rules: Sequence[AlertRule],
    figures: Iterable[Measured],
    measured: frozenset[str],
    standing: Iterable[StandingAlert],
    windows: Sequence[Window],
    now: datetime,
    new_id: Callable[[], UUID],
    *,
    watched_since: datetime | None = None,
) -> list[Verdict]:
    """What is to be written down: a verdict for every alert that stands or begins, and for every one that ends.

    Args:
        figures: what was measured.
        measured: names of the figures that could be measured. Alerts over others stay as they are: not knowing is not
            the same as being well.
        standing: alerts that are not cleared.
        windows: those that are open now.
        new_id: makes ids of alerts and incidents.
        watched_since: from when on somebody has looked without a gap, if not always: nobody knows that a condition has
            held before.
    """
    before: dict[Key, StandingAlert] = {(one.rule, one.tenant_id, one.subject): one for one in standing}
    verdicts: list[Verdict] = []
    found = list(figures)
    for rule in rules:
        for figure in found:
            if figure.figure == rule.figure and figure.value > rule.above:
                alert = before.pop((rule.name, figure.tenant_id, figure.subject), None)
                verdicts.append(_stands(rule, figure, alert, windows, now, new_id, watched_since))
    by_name = {rule.name: rule for rule in rules}
    for alert in before.values():
        gone = by_name.get(alert.rule)
        if gone is None or gone.figure in measured:
            verdicts.append(_ends(alert, gone, found))
    return verdicts


def _stands(
    rule: AlertRule,
    figure: Measured,
    alert: StandingAlert | None,
    windows: Sequence[Window],
    now: datetime,
    new_id: Callable[[], UUID],
    watched_since: datetime | None,
) -> Verdict:
    if alert is None:
        began = now if figure.since is None else min(figure.since, now)
        alert = StandingAlert(
            new_id(), figure.tenant_id, rule.name, figure.subject, began, now, None, figure.value, None, None
        )
    held_since = max(alert.seen_at, watched_since or alert.seen_at)
    fires = alert.fired_at is not None or now - held_since >= rule.holds_for
    window = next((one.window_id for one in windows if covers(one, rule.name, figure.tenant_id)), None)
    alert = replace(
        alert,
        fired_at=alert.fired_at or (now if fires else None),
        worst=max(alert.worst, figure.value),
        window_id=window,
    )
    opens = None
    if fires and window is None and _wants_incident(alert, now):
        opens = _incident(rule, alert, now, new_id())
        alert = replace(alert, incident_id=opens.incident_id, resolved_at=None, resolution=None)
    return Verdict(alert, figure.value, rule.above, opens=opens)


def _wants_incident(alert: StandingAlert, now: datetime) -> bool:
    if alert.incident_id is None:
        return True
    if alert.resolved_at is None:
        return False
    return alert.resolution in ("mended", "recovered") and now - alert.resolved_at >= REOPENS_AFTER


def _incident(rule: AlertRule, alert: StandingAlert, now: datetime, incident_id: UUID) -> Incident:
    return Incident(
        incident_id, alert.tenant_id, rule.name, alert.subject, rule.severity, rule.priority, rule.team, rule.runbook,
        min(alert.began_at, now), now, None, None, None, None, None,
    )  # fmt: skip


def _ends(alert: StandingAlert, rule: AlertRule | None, figures: Sequence[Measured]) -> Verdict:
    value = next(
        (
            one.value
            for one in figures
            if rule is not None and (one.figure, one.tenant_id, one.subject) == (rule.figure, *_whose(alert))
        ),
        0.0,
    )
    open_incident = alert.incident_id if alert.resolved_at is None else None
    return Verdict(alert, value, 0.0 if rule is None else rule.above, cleared=True, resolves=open_incident)


def _whose(alert: StandingAlert) -> tuple[str | None, str]:
    return alert.tenant_id, alert.subject


def covers(window: Window, rule: str, tenant_id: str | None) -> bool:
    """Whether a window keeps alerts of a rule quiet: one of the installation those of everybody, one of a tenant its
    own."""
    return (not window.rules or rule in window.rules) and window.tenant_id in (None, tenant_id)
