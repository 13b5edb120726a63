"""Figures, alerts, incidents and maintenance windows on PostgreSQL.

A tenant reads its own rows behind its wall; those of the installation, which are about no tenant, are read as the
pipeline. People's acts write their entry into the audit log of the tenant; where there is none, the row says who.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from akademos.errors import Conflict, NotFound
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.incidents import Incident, Measured, Resolution, StandingAlert, Verdict, Window
from akademos.stores.postgres.audit import append
from akademos.stores.postgres.database import Database, Transaction

_INCIDENT = ", ".join(one.name for one in fields(Incident))
_WINDOW = ", ".join(one.name for one in fields(Window))

_STANDING = """
    SELECT a.alert_id, a.tenant_id, a.rule, a.subject, a.began_at, a.seen_at, a.fired_at, a.worst, a.window_id,
        a.incident_id, i.resolved_at, i.resolution
    FROM ops_alerts a LEFT JOIN ops_incidents i USING (incident_id) WHERE a.cleared_at IS NULL ORDER BY a.seen_at
"""
_ALERT = """
    INSERT INTO ops_alerts (alert_id, tenant_id, rule, subject, began_at, seen_at, fired_at, cleared_at, value, worst,
        threshold, window_id, incident_id)
    VALUES (%(alert_id)s, %(tenant_id)s, %(rule)s, %(subject)s, %(began_at)s, %(seen_at)s, %(fired_at)s, %(cleared_at)s,
        %(value)s, %(worst)s, %(threshold)s, %(window_id)s, %(incident_id)s)
    ON CONFLICT (alert_id) DO UPDATE SET fired_at = excluded.fired_at, cleared_at = excluded.cleared_at,
        value = excluded.value, worst = excluded.worst, window_id = excluded.window_id,
        incident_id = excluded.incident_id
"""
_OPEN = f"INSERT INTO ops_incidents ({_INCIDENT}) VALUES ({', '.join(['%s'] * len(fields(Incident)))})"
_RECOVERED = """
    UPDATE ops_incidents SET resolved_at = %s, resolved_by = 'job:alerts', resolution = 'recovered'
    WHERE incident_id = %s AND resolved_at IS NULL
"""
_FIGURE = "INSERT INTO ops_figures (tenant_id, figure, subject, value, measured_at) VALUES (%s, %s, %s, %s, %s)"
_NEWEST = "ORDER BY resolved_at IS NOT NULL, opened_at DESC, incident_id LIMIT %s"
_ACKNOWLEDGED = """
    UPDATE ops_incidents SET acknowledged_at = %(now)s, acknowledged_by = %(by)s
    WHERE incident_id = %(incident)s AND acknowledged_at IS NULL
"""
_RESOLVED = """
    UPDATE ops_incidents SET acknowledged_at = coalesce(acknowledged_at, %(now)s),
        acknowledged_by = coalesce(acknowledged_by, %(by)s), resolved_at = %(now)s, resolved_by = %(by)s,
        resolution = %(resolution)s
    WHERE incident_id = %(incident)s
"""


class PostgresIncidents:
    """Adapter of the port `IncidentBook`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self) -> list[StandingAlert]:
        """Alerts that are not cleared."""
        with self._database.pipeline() as transaction:
            return [StandingAlert(*row) for row in transaction.execute(_STANDING)]

    def windows(self, at: datetime) -> list[Window]:
        """Windows that are open at an instant."""
        query = f"SELECT {_WINDOW} FROM ops_maintenance WHERE starts_at <= %s AND %s < ends_at AND cancelled_at IS NULL"
        with self._database.pipeline() as transaction:
            return [_window(row) for row in transaction.execute(query, (at, at))]

    def write(self, verdicts: Sequence[Verdict], now: datetime) -> None:
        """Write a look down."""
        with self._database.pipeline() as transaction:
            for one in verdicts:
                if one.resolves is not None:
                    transaction.execute(_RECOVERED, (now, one.resolves))
                if one.opens is not None:
                    transaction.execute(_OPEN, [getattr(one.opens, field.name) for field in fields(Incident)])
                alert = {field.name: getattr(one.alert, field.name) for field in fields(StandingAlert)}
                more = {"cleared_at": now if one.cleared else None, "value": one.value, "threshold": one.threshold}
                transaction.execute(_ALERT, alert | more)

    def keep_figures(self, figures: Sequence[Measured], now: datetime) -> None:
        """Keep what was measured."""
        with self._database.pipeline() as transaction, transaction.cursor() as cursor:
            cursor.executemany(_FIGURE, [(one.tenant_id, one.figure, one.subject, one.value, now) for one in figures])

    def open_by_priority(self) -> Mapping[str, int]:
        """How many incidents are open, by priority."""
        query = "SELECT priority, count(*) FROM ops_incidents WHERE resolved_at IS NULL GROUP BY priority"
        with self._database.pipeline() as transaction:
            return dict(transaction.execute(query).fetchall())

    def incidents(self, tenant_id: str | None, *, open_only: bool = False, limit: int = 50) -> list[Incident]:
        """Of a tenant and of the installation; see the port."""
        found = self._read("ops_incidents", _INCIDENT, tenant_id, "resolved_at IS NULL" if open_only else "true",
                           (), f"{_NEWEST}", (limit,))  # fmt: skip
        listed = [Incident(*row) for row in found]
        listed.sort(key=lambda one: (one.resolved_at is not None, -one.opened_at.timestamp(), str(one.incident_id)))
        return listed[:limit]

    def _read(
        self,
        table: str,
        columns: str,
        tenant_id: str | None,
        condition: str,
        values: tuple[Any, ...],
        order: str,
        ordered_by: tuple[Any, ...],
    ) -> list[tuple[Any, ...]]:
        """Rows of a tenant behind its wall and of the installation, or of all."""
        query = f"SELECT {columns} FROM {table} WHERE {condition}"
        if tenant_id is None:
            with self._database.pipeline() as transaction:
                return transaction.execute(f"{query} {order}", (*values, *ordered_by)).fetchall()
        with self._database.serving(tenant_id) as transaction:
            own = transaction.execute(f"{query} {order}", (*values, *ordered_by)).fetchall()
        with self._database.pipeline() as transaction:
            shared = transaction.execute(f"{query} AND tenant_id IS NULL {order}", (*values, *ordered_by)).fetchall()
        return own + shared

    def acknowledge(self, tenant_id: str | None, incident_id: UUID, *, by: AuditEntry, now: datetime) -> Incident:
        """Take an incident on; see the port."""
        with self._database.pipeline() as transaction:
            incident = _open(transaction, tenant_id, incident_id)
            if incident.acknowledged_at is not None:
                return incident
            now = max(now, incident.opened_at)
            transaction.execute(_ACKNOWLEDGED, {"now": now, "by": by.actor, "incident": incident_id})
            _log(transaction, tenant_id or incident.tenant_id, by, incident)
        return replace(incident, acknowledged_at=now, acknowledged_by=by.actor)

    def resolve(
        self, tenant_id: str | None, incident_id: UUID, resolution: Resolution, *, by: AuditEntry, now: datetime
    ) -> Incident:
        """End an incident; see the port."""
        with self._database.pipeline() as transaction:
            incident = _open(transaction, tenant_id, incident_id)
            now = max(now, incident.acknowledged_at or incident.opened_at)
            values = {"now": now, "by": by.actor, "incident": incident_id, "resolution": resolution}
            transaction.execute(_RESOLVED, values)
            _log(transaction, tenant_id or incident.tenant_id, by, incident, resolution=resolution)
        taken = incident.acknowledged_at or now, incident.acknowledged_by or by.actor
        return replace(
            incident, acknowledged_at=taken[0], acknowledged_by=taken[1], resolved_at=now, resolved_by=by.actor,
            resolution=resolution,
        )  # fmt: skip

    def declare(self, window: Window, *, by: AuditEntry) -> None:
        """Declare a maintenance window."""
        values = [list(value) if isinstance(value, tuple) else value for value in _values(window)]
        with self._database.pipeline() as transaction:
            marks = ", ".join(["%s"] * len(values))
            transaction.execute(f"INSERT INTO ops_maintenance ({_WINDOW}) VALUES ({marks})", values)
            _log_window(transaction, window, by)

    def cancel(self, window_id: UUID, *, by: AuditEntry, now: datetime) -> Window:
        """Call a window off; see the port."""
        with self._database.pipeline() as transaction:
            query = f"SELECT {_WINDOW} FROM ops_maintenance WHERE window_id = %s FOR UPDATE"
            row = transaction.execute(query, (window_id,)).fetchone()
            if row is None:
                raise NotFound("There is no such window.", hint="`akademos maintenance list` shows them.")
            window = _window(row)
            if window.cancelled_at is not None or window.ends_at <= now:
                raise Conflict("The window is over, or called off already.", hint="Nothing is kept quiet by it.",
                               code="window_over")  # fmt: skip
            transaction.execute("UPDATE ops_maintenance SET cancelled_at = %s WHERE window_id = %s", (now, window_id))
            _log_window(transaction, window, by)
        return replace(window, cancelled_at=now)

    def all_windows(self, tenant_id: str | None, *, since: datetime) -> list[Window]:
        """Windows that end after an instant; see the port."""
        found = self._read("ops_maintenance", _WINDOW, tenant_id, "ends_at > %s", (since,), "", ())
        return sorted((_window(row) for row in found), key=lambda one: one.starts_at, reverse=True)


def _values(window: Window) -> list[Any]:
    return [getattr(window, field.name) for field in fields(Window)]


def _window(row: Sequence[Any]) -> Window:
    names = [field.name for field in fields(Window)]
    return Window(**{**dict(zip(names, row, strict=True)), "rules": tuple(row[names.index("rules")])})


def _open(transaction: Transaction, tenant_id: str | None, incident_id: UUID) -> Incident:
    """The incident, locked; refused when it is out of reach or resolved."""
    query = f"SELECT {_INCIDENT} FROM ops_incidents WHERE incident_id = %s FOR UPDATE"
    row = transaction.execute(query, (incident_id,)).fetchone()
    incident = None if row is None else Incident(*row)
    if incident is None or (tenant_id is not None and incident.tenant_id not in (None, tenant_id)):
        raise NotFound(
            "There is no such incident.", hint="`akademos incidents list` shows them.", code="no_such_incident"
        )
    if incident.resolved_at is not None:
        raise Conflict(
            "The incident is resolved.", hint="If it comes back, another one opens.", code="incident_resolved"
        )
    return incident


def _log(transaction: Transaction, tenant_id: str | None, by: AuditEntry, incident: Incident, **more: str) -> None:
    if tenant_id is not None:
        detail = {"incident": str(incident.incident_id), "rule": incident.rule, "subject": incident.subject, **more}
        append(transaction, tenant_id, replace(by, detail={**by.detail, **detail}))


def _log_window(transaction: Transaction, window: Window, by: AuditEntry) -> None:
    if window.tenant_id is not None:
        detail = {
            "window": str(window.window_id),
            "kind": window.kind,
            "starts_at": window.starts_at.isoformat(),
            "ends_at": window.ends_at.isoformat(),
        }
        append(transaction, window.tenant_id, replace(by, detail={**by.detail, **detail}))
