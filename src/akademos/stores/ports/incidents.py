"""Port of what operations keep: figures, alerts, incidents, maintenance windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from akademos.stores.ports.audit import AuditEntry

Resolution = Literal["recovered", "mended", "false_alarm", "accepted"]
"""`recovered` is what the job says when the condition no longer holds; the others are what people say."""

WindowKind = Literal["upgrade", "restore", "migration", "import", "test", "other"]


@dataclass(frozen=True, slots=True)
class Measured:
    """One figure of one subject; `since`: from when on it is what it is, or above what its rules allow, where known."""

    figure: str
    value: float
    subject: str = ""
    tenant_id: str | None = None
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class StandingAlert:
    """An alert that is not cleared, with what became of its incident."""

    alert_id: UUID
    tenant_id: str | None
    rule: str
    subject: str
    began_at: datetime
    seen_at: datetime
    fired_at: datetime | None
    worst: float
    window_id: UUID | None
    incident_id: UUID | None
    resolved_at: datetime | None = None
    resolution: Resolution | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window; `rules` empty: all; `tenant_id` None: everything of the installation."""

    window_id: UUID
    tenant_id: str | None
    kind: WindowKind
    rules: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    declared_by: str
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as it stands; `tenant_id` None: of the installation."""

    incident_id: UUID
    tenant_id: str | None
    rule: str
    subject: str
    severity: str
    priority: str
    team: str
    runbook: str
    began_at: datetime
    opened_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    resolution: Resolution | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one look says of one alert: as it is to be written down.

    Attributes:
        alert: the alert as it stands from now on; `alert_id` is new where there was none.
        value, threshold: the figure, and what its rule allows.
        cleared: the condition no longer holds.
        opens: the incident to be opened with it.
        resolves: the open incident that ends with it.
    """

    alert: StandingAlert
    value: float
    threshold: float
    cleared: bool = False
    opens: Incident | None = None
    resolves: UUID | None = None


class IncidentBook(Protocol):
    """Alerts, incidents and windows; written by the job and by people."""

    def standing(self) -> list[StandingAlert]:
        """Alerts of all tenants that are not cleared."""
        ...

    def windows(self, at: datetime) -> list[Window]:
        """Windows of all tenants that are open at an instant."""
        ...

    def write(self, verdicts: Sequence[Verdict], now: datetime) -> None:
        """Write a look down, in one transaction."""
        ...

    def keep_figures(self, figures: Sequence[Measured], now: datetime) -> None:
        """Keep what was measured."""
        ...

    def open_by_priority(self) -> Mapping[str, int]:
        """How many incidents are open, by priority."""
        ...

    def incidents(self, tenant_id: str | None, *, open_only: bool = False, limit: int = 50) -> list[Incident]:
        """Of a tenant and of the installation; None: of the installation and of all tenants. Open ones first, then the
        newest."""
        ...

    def acknowledge(self, tenant_id: str | None, incident_id: UUID, *, by: AuditEntry, now: datetime) -> Incident:
        """Take an incident on; taking it on again changes nothing.

        Args:
            tenant_id: whose incidents may be touched beside those of the installation; None: all.
            by: who, as the entry that goes to the audit log of the tenant.

        Raises:
            NotFound: there is none within reach.
            Conflict: it is resolved (`incident_resolved`).
        """
        ...

    def resolve(
        self, tenant_id: str | None, incident_id: UUID, resolution: Resolution, *, by: AuditEntry, now: datetime
    ) -> Incident:
        """End an incident; whoever ends one that nobody took on has taken it on. Refusals as with `acknowledge`."""
        ...

    def declare(self, window: Window, *, by: AuditEntry) -> None:
        """Declare a maintenance window."""
        ...

    def cancel(self, window_id: UUID, *, by: AuditEntry, now: datetime) -> Window:
        """Call a window off, from now on.

        Raises:
            NotFound: there is none.
            Conflict: it is over, or called off already (`window_over`).
        """
        ...

    def all_windows(self, tenant_id: str | None, *, since: datetime) -> list[Window]:
        """Windows that end after an instant, of a tenant and of the installation (None: all), latest start first."""
        ...
