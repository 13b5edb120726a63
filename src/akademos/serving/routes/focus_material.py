"""What the page of students in focus shows beside the estimates: open alerts, help, effects, how the advisor is told.

Alerts and help are read as the records they are: reach, live consent and the access log as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from akademos.catalogue.records.declaration import Record
from akademos.catalogue.records.support import ALERTS, INTERVENTIONS
from akademos.serving import services as at
from akademos.serving.pages.focus_work import SHOWN, Somebody, about_value
from akademos.serving.principal import Principal
from akademos.serving.record_gate import asking
from akademos.serving.routes.alerts import advisor_key
from akademos.serving.services import Services
from akademos.stores.ports.access import RosterLearner
from akademos.stores.ports.record_store import ListQuery, RecordRow


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
        row for status in ("raised", "acknowledged") for row in _rows(services, principal, ALERTS, {"status": status})
    ]
    helped = [
        row
        for status in ("running", "planned", "completed")
        for row in _rows(services, principal, INTERVENTIONS, {"status": status})
    ]
    names = {one.user_id: one.display_name for one in learners if one.user_id and one.display_name}
    courses = {str(line["course_id"]): str(line["course"]) for line in lines}
    effects = services.gate.effects(principal, at.INTERVENTION_EFFECTS, services.purposes_of(at.INTERVENTION_EFFECTS))
    _, mark = services.alerts.mark(tenant_id, key)
    return {
        "alerts": sorted(alerts, key=_urgent)[:SHOWN],
        "interventions": helped[:SHOWN],
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
        "mark": mark,
    }


def _rows(services: Services, principal: Principal, record: Record, equal: Mapping[str, object]) -> list[RecordRow]:
    with asking(services, principal, record, "read", f"GET /students-in-focus {record.collection}") as asker:
        return list(services.records.find(asker, record, ListQuery(equal=equal, limit=SHOWN)).rows)


_SEVERITIES = ("high", "medium", "low")


def _urgent(row: RecordRow) -> tuple[bool, int, str]:
    """What nobody has taken on first, the most urgent of it first, the oldest of that first."""
    values = row.values
    return values["status"] != "raised", _SEVERITIES.index(str(values["severity"])), str(values["created_at"])
