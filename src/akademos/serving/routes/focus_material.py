"""What the page of students in focus shows beside the estimates: alerts, help, notes, effects, how the advisor is told.

Alerts, help and notes are read as the records they are: reach, live consent and the access log as everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from akademos.catalogue.records.declaration import Record
from akademos.catalogue.records.support import ALERTS, INTERVENTIONS, NOTES, RECOMMENDATIONS
from akademos.serving import services as at
from akademos.serving.pages.focus_work import SHOWN, Somebody, about_value
from akademos.serving.pages.suggestions import ADVISOR
from akademos.serving.principal import Principal
from akademos.serving.record_gate import asking
from akademos.serving.routes.alerts import advisor_key
from akademos.serving.services import Services
from akademos.stores.ports.access import RosterLearner
from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.record_store import ListQuery, Order, RecordRow

SETTLED_FOR, NOTES_FOR = timedelta(days=28), timedelta(days=90)
"""How long an alert that was settled, and a note or a suggested step, stand on the page."""

_NEWEST = (Order("created_at", falling=True),)
_URGENT = (Order("severity", falling=True), Order("created_at"))
"""The most urgent first, the oldest of that first."""


def work_of(
    services: Services,
    principal: Principal,
    learners: Sequence[RosterLearner],
    lines: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:
    """The fields of `FocusWork` that come from the stores.

    Args:
        learners: the advisor's own who consent.
        lines: of the list, whose courses help may be noted for.
    """
    tenant_id, key = principal.tenant_id, advisor_key(services, principal)
    alerts = [
        row
        for status in ("raised", "acknowledged")  # what nobody has taken on first
        for row in _rows(services, principal, ALERTS, {"status": status}, _URGENT)
    ]
    helped = [
        row
        for status in ("running", "planned", "completed")
        for row in _rows(services, principal, INTERVENTIONS, {"status": status}, _NEWEST)
    ]
    since = services.clock() - SETTLED_FOR
    settled = [
        row
        for status in ("resolved", "dismissed")
        for row in _rows(
            services, principal, ALERTS, {"status": status}, (Order("resolved_at", falling=True),), updated_since=since
        )
    ]
    lately = services.clock() - NOTES_FOR
    notes = _rows(services, principal, NOTES, {"status": "active"}, _NEWEST, created_since=lately)
    by_advisors = {"source_trigger": ADVISOR}
    suggestions = _rows(services, principal, RECOMMENDATIONS, by_advisors, _NEWEST, created_since=lately)
    colleagues = _colleagues(services, tenant_id, [one.learner_key for one in learners])
    staff = {str(row.values[by]) for row in (*alerts, *settled) for by in ("owner_id", "handler_id") if row.values[by]}
    staff |= {str(row.values["author_id"]) for row in notes if row.values["author_id"]}
    names = _staff_names(services, tenant_id, staff | set(colleagues))
    names |= {one.user_id: one.display_name for one in learners if one.user_id and one.display_name}
    courses = {str(line["course_id"]): str(line["course"]) for line in lines}
    effects = services.gate.effects(principal, at.INTERVENTION_EFFECTS, services.purposes_of(at.INTERVENTION_EFFECTS))
    return {
        "alerts": alerts[:SHOWN],
        "settled": sorted(settled, key=lambda row: str(row.values["resolved_at"]), reverse=True)[:SHOWN],
        "interventions": helped[:SHOWN],
        "notes": notes,
        "suggestions": suggestions,
        "learners": sorted(
            (Somebody(one.user_id, names.get(one.user_id) or one.user_id) for one in learners if one.user_id),
            key=lambda one: one.label,
        ),
        "colleagues": [
            Somebody(user_id, names.get(user_id) or user_id) for user_id in colleagues if user_id != principal.user_id
        ],
        "effects": effects.effects,
        "settings": services.alerts.settings(tenant_id, key),
        "names": names,
        "courses": courses,
        "people": [
            Somebody(
                about_value(str(line["user_id"]), str(line["course_id"])),
                f"{names.get(line['user_id']) or line['user_id']}, {line['course']}",
            )
            for line in lines
            if line["user_id"]
        ],
        "asker": principal.user_id,
        "mail": services.mail.declared,
        "waiting": services.alerts.mark(tenant_id, key),
    }


def _rows(
    services: Services,
    principal: Principal,
    record: Record,
    equal: Mapping[str, object],
    order: Sequence[Order],
    *,
    updated_since: datetime | None = None,
    created_since: datetime | None = None,
) -> list[RecordRow]:
    with asking(services, principal, record, "read", f"GET /students-in-focus {record.collection}") as asker:
        query = ListQuery(
            equal=equal, updated_since=updated_since, created_since=created_since, limit=SHOWN, order=order
        )
        return list(services.records.find(asker, record, query).rows)


def _colleagues(services: Services, tenant_id: str, learners: Sequence[str]) -> list[str]:
    """User ids of whoever advises one of these learners."""
    advising = services.alerts.advisors(tenant_id, learners)
    keys = sorted({key for keys in advising.values() for key in keys})
    return sorted(services.vault.user_ids(tenant_id, keys).values())


def _staff_names(services: Services, tenant_id: str, user_ids: Collection[str]) -> dict[str, str]:
    """Names of staff by their user ids, of whom has one."""
    found = services.vault.find(tenant_id, [Identifier("user", user_id) for user_id in sorted(user_ids)])
    names = services.vault.display_names(tenant_id, [person.learner_key for person in found.values()])
    return {who.value: names[person.learner_key] for who, person in found.items() if person.learner_key in names}
