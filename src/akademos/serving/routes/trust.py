"""Pages of data stewards and researchers: what can be proven, and what was released. No learner's data on either."""

from __future__ import annotations

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
from akademos.serving.pages.trust import ErasureLine, render_trust
from akademos.serving.routes.pages import HEADERS, RELEASES, TRUST, name_of_asker, shell_for
from akademos.serving.routes.releases import line
from akademos.serving.services import Asker, Served

router = APIRouter(include_in_schema=False)

ACTS_SHOWN = 50


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
    html = render_trust(
        [
            ErasureLine(str(one.erasure_id), one.requested_at, one.step, one.completed_at, one.receipt)
            for one in services.erasures.all(tenant_id)
        ],
        services.retention.report(tenant_id),
        acts[:ACTS_SHOWN],
        shell=shell,
        actions=sorted(AuditAction),
        chosen=None if chosen is None else chosen.value,
        older=older,
    )
    return HTMLResponse(html, headers=HEADERS)


@router.get(RELEASES)
def releases(request: Request, services: Served, principal: Asker, lang: str = "") -> Response:
    """The research releases, for researchers; the look is logged like any other at a release."""
    services.gate.released(principal, RELEASES, granted=partial(releases_granted, services, principal))
    shell, _ = shell_for(
        services, request, principal, person=name_of_asker(services, principal), language=language_of(request, lang)
    )
    html = render_releases([line(one) for one in services.releases.all(principal.tenant_id)], shell=shell)
    return HTMLResponse(html, headers=HEADERS)
