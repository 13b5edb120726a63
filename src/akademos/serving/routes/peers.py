"""/v1/analytics/peers and the page "Comparison": for learners who chose to compare themselves, about themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from akademos.catalogue.declarations import Purpose
from akademos.errors import Forbidden, InputError
from akademos.serving import services as at
from akademos.serving.pages import render_peers, render_peers_invitation
from akademos.serving.principal import Principal
from akademos.serving.routes.analytics import Parameters, answered, evaluate, instant_of, operation
from akademos.serving.routes.consent import texts_shown
from akademos.serving.routes.pages import HEADERS, MY_CONSENT, PEERS, shell_for
from akademos.serving.services import Asker, Served, Services
from akademos.stores.ports.access import Reading
from akademos.stores.ports.answers import AnswerName, Particulars
from akademos.stores.ports.peers import PeerPublication

router = APIRouter()
T = TypeVar("T")

_MISSING = frozenset({"consent_missing", "consent_withdrawn"})


def _compared(
    services: Services,
    principal: Principal,
    what: str,
    make: Callable[[Reading, tuple[PeerPublication, ...]], T],
    *,
    as_of: datetime | None,
) -> T:
    """What a learner gets to see of a comparison, from what was in force at the instant."""

    def produce(reading: Reading) -> T:
        published = services.peers.in_force(principal.tenant_id, str(reading.learner_key), as_of or services.clock())
        return make(reading, published)

    return services.gate.own_record(principal, what, produce, services.purposes_of(at.PEERS))


@router.get(at.PEERS, tags=["analytics"], **operation("Peers"))
def peers(services: Served, wanted: Parameters) -> Response:
    """Your mastery of each course among those who compare themselves, in bands and never as a rank: how it is spread,
    which topics many find hard, how long mastery takes, which habits go with it.

    For learners about themselves, who chose it: it needs consent to `peer_comparison` and `learning_support`. What is
    said of others is published nightly under disclosure control; `as_of` picks the publication that was in force then.
    """
    if wanted.learner is not None:
        raise InputError(
            "A comparison is for the learner alone.",
            hint="Leave learner out; staff see groups at /v1/analytics/groups.",
            pointer="/query/learner",
            code="own_only",
        )

    def make(reading: Reading, published: tuple[PeerPublication, ...]) -> Response:
        return answered(services, wanted, reading, AnswerName.PEERS, Particulars(peers=published))

    return _compared(services, wanted.principal, at.PEERS, make, as_of=wanted.told_by)


@router.get(PEERS, include_in_schema=False)
def peers_page(
    request: Request,
    services: Served,
    principal: Asker,
    course: Annotated[str | None, Query()] = None,
    as_of: Annotated[str | None, Query()] = None,
) -> Response:
    """The comparison as a page; an invitation to whoever has not chosen it."""
    instant = instant_of(as_of, services.clock())

    def draw(reading: Reading, published: tuple[PeerPublication, ...]) -> Response:
        asked = Particulars(peers=published)
        found = evaluate(services, principal, reading, [AnswerName.PEERS], as_of=instant, particulars=asked)
        shell, _ = shell_for(services, request, principal, person=reading.display_name)
        html = render_peers(found[AnswerName.PEERS], shell=shell, course=course)
        return HTMLResponse(html, headers=HEADERS)

    try:
        return _compared(services, principal, PEERS, draw, as_of=instant)
    except Forbidden as refused:
        if refused.code not in _MISSING:
            raise
        shell, _ = shell_for(services, request, principal)
        purpose = Purpose.PEER_COMPARISON
        text = texts_shown(services, principal.tenant_id, shell.language).get(purpose)
        html = render_peers_invitation(
            shell=shell, text=text.body if text else "", manage=f"{MY_CONSENT}#purpose-{purpose}"
        )
        return HTMLResponse(html, refused.status, headers=HEADERS)
