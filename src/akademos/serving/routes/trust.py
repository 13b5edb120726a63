"""Pages of data stewards and researchers: what can be proven, and what was released. No learner's data on either."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.roles import Question
from akademos.serving.catalogue_access import releases_granted
from akademos.serving.gate import may_ask
from akademos.serving.languages import language_of
from akademos.serving.pages.releases import render_releases
from akademos.serving.pages.trust import ErasureLine, Trust, render_trust
from akademos.serving.pages.trust_cards import PurposeConsents
from akademos.serving.routes.pages import ACCESS_LOG, HEADERS, RELEASES, TRUST, name_of_asker, shell_for
from akademos.serving.routes.releases import detail
from akademos.serving.services import Asker, Served, Services

router = APIRouter(include_in_schema=False)

ACTS_SHOWN = 50
CHECKS_SHOWN = 14


@router.get(TRUST)
def trust(
    request: Request,
    services: Served,
    principal: Asker,
    action: Annotated[str, Query()] = "",
    cursor: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    lang: str = "",
) -> Response:
    """Erasures with their receipts, retention, and the audit log: for data stewards and administrators."""
    may_ask(principal, Question.GOVERNANCE)
    tenant_id = principal.tenant_id
    chosen = next((one for one in AuditAction if one.value == action), None)
    acts = services.trail.acts(tenant_id, action=chosen, before=cursor, limit=ACTS_SHOWN + 1)
    older = None
    if len(acts) > ACTS_SHOWN:
        asked = {"cursor": acts[ACTS_SHOWN - 1].seq, **({"action": action} if chosen else {})}
        older = f"{TRUST}?{urlencode({**asked, **({'lang': lang} if lang else {})})}#acts"
    shell, _ = shell_for(
        services, request, principal, person=name_of_asker(services, principal), language=language_of(request, lang)
    )
    now = services.clock()
    told = Trust(
        consents=_consents(services, tenant_id, now),
        floor=services.gate.floor(tenant_id),
        checks=services.trail.acts(tenant_id, action=AuditAction.LOGS_VERIFIED, limit=CHECKS_SHOWN),
        health=services.health.health(tenant_id, now),
        erasures=[
            ErasureLine(str(one.erasure_id), one.requested_at, one.step, one.completed_at, one.receipt)
            for one in services.erasures.all(tenant_id)
        ],
        retention=services.retention.report(tenant_id),
        acts=acts[:ACTS_SHOWN],
    )
    html = render_trust(
        told,
        shell=shell,
        now=now,
        actions=sorted(AuditAction),
        chosen=None if chosen is None else chosen.value,
        older=older,
        search=ACCESS_LOG + (f"?{urlencode({'lang': lang})}" if lang else ""),
    )
    return HTMLResponse(html, headers=HEADERS)


def _consents(services: Services, tenant_id: str, now: datetime) -> list[PurposeConsents]:
    """Counts of people as they may be shown."""
    months: dict[str, list[tuple[date, int | None]]] = {}
    for one in services.consent_counts.by_month(tenant_id, now):
        months.setdefault(one.purpose, []).append((one.month, services.gate.published(tenant_id, one.consented)))
    return [
        PurposeConsents(
            one.purpose,
            consented=services.gate.published(tenant_id, one.consented),
            stopped=services.gate.published(tenant_id, one.stopped),
            withdrawn=services.gate.published(tenant_id, one.withdrawn),
            months=months.get(one.purpose, []),
        )
        for one in services.consent_counts.standing(tenant_id)
    ]


@router.get(RELEASES)
def releases(request: Request, services: Served, principal: Asker, lang: str = "") -> Response:
    """The research releases, for researchers; the look is logged like any other at a release."""
    services.gate.released(principal, RELEASES, granted=partial(releases_granted, services, principal))
    shell, _ = shell_for(
        services, request, principal, person=name_of_asker(services, principal), language=language_of(request, lang)
    )
    html = render_releases([detail(one) for one in services.releases.all(principal.tenant_id)], shell=shell)
    return HTMLResponse(html, headers=HEADERS)
