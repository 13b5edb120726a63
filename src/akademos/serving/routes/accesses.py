"""/v1/accesses and the page "who saw my data": the learner's own right, whatever they consent to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, TypeVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, Response

from akademos.serving.pages.accesses import Access, described, render_accesses
from akademos.serving.pages.wording import words_in
from akademos.serving.principal import Principal
from akademos.serving.problems import documented
from akademos.serving.routes.pages import HEADERS, WHO_SAW, shell_for
from akademos.serving.services import Asker, Served, Services
from akademos.stores.ports.access import Reading
from akademos.stores.ports.audit_trail import RecordedAccess

router = APIRouter(tags=["rights"])

PATH = "/v1/accesses"
PAGE_ROWS = 100
_LAST = 2**63 - 1

T = TypeVar("T")
Cursor = Annotated[int | None, Query(ge=1, le=_LAST, description="The `next` of the page before.")]
Own = Annotated[bool, Query(description="Include the learner's own looks.")]


class AccessWho(BaseModel):
    """Who looked."""

    role: str = Field(description="In which role; learner, instructor, advisor, ...")
    display_name: str | None = Field(description="Of a member of staff whom the vault still knows.")
    own: bool = Field(description="Whether it was the learner.")


class AccessLine(BaseModel):
    """One look at the learner's data, or one attempt."""

    id: int
    at: str
    who: AccessWho
    what: str = Field(description="Address or command.")
    description: str = Field(description="What is seen there, in words.")
    purposes: list[str]
    reason: str | None = Field(description="Why, as whoever looked said.")
    decision: str = Field(description="allowed, or the rule that refused.")


class AccessList(BaseModel):
    """One page, newest first."""

    accesses: list[AccessLine]
    next: int | None = Field(description="Cursor of the next page.")


def _own(
    services: Services,
    principal: Principal,
    what: str,
    answer: Callable[[Reading, list[RecordedAccess], int | None], T],
    *,
    own: bool,
    cursor: int | None,
    limit: int,
) -> T:
    def produce(reading: Reading) -> T:
        found: list[RecordedAccess] = []
        if reading.learner_key is not None:
            found = services.trail.accesses(
                principal.tenant_id, reading.learner_key, own=own, before=cursor, limit=limit + 1
            )
        shown = found[:limit]
        return answer(reading, shown, shown[-1].access_id if len(found) > limit else None)

    return services.gate.own_record(principal, what, produce)


@router.get(
    PATH,
    response_class=Response,
    responses={200: {"model": AccessList, "description": "The list."}, **documented(400, 401, 403, 503)},
)
def accesses(
    services: Served,
    principal: Asker,
    own: Own = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Cursor = None,
) -> Response:
    """Who looked at the learner's own data, newest first; every look and every refused attempt."""
    words = words_in("en")

    def answer(_: Reading, found: list[RecordedAccess], following: int | None) -> Response:
        lines = [
            {
                "id": one.access_id,
                "at": one.at.isoformat().replace("+00:00", "Z"),
                "who": {"role": one.entry.role, "display_name": one.staff_name, "own": one.own},
                "what": one.entry.what,
                "description": described(one.entry.what, words),
                "purposes": _purposes(one),
                "reason": one.entry.reason,
                "decision": one.entry.decision,
            }
            for one in found
        ]
        body = orjson.dumps({"accesses": lines, "next": following})
        return Response(body, headers={"Cache-Control": "no-store"}, media_type="application/json")

    return _own(services, principal, PATH, answer, own=own, cursor=cursor, limit=limit)


@router.get(WHO_SAW, include_in_schema=False)
def who_saw_my_data(
    request: Request, services: Served, principal: Asker, own: Own = False, cursor: Cursor = None
) -> Response:
    """The same as a page."""

    def draw(reading: Reading, found: list[RecordedAccess], following: int | None) -> Response:
        shell, _ = shell_for(services, request, principal, person=reading.display_name)

        def address(**query: object) -> str:
            return WHO_SAW + (f"?{urlencode(query)}" if query else "")

        kept = {"own": "true"} if own else {}
        html = render_accesses(
            [
                Access(
                    one.at, one.entry.role, one.staff_name, one.own, one.entry.what, _purposes(one),
                    one.entry.reason, one.entry.decision,
                )
                for one in found
            ],
            shell=shell,
            zone=ZoneInfo(reading.time_zone),
            own_shown=own,
            own_href=address() if own else address(own="true"),
            next_href=None if following is None else address(**kept, cursor=following),
        )  # fmt: skip
        return HTMLResponse(html, headers=HEADERS)

    return _own(services, principal, WHO_SAW, draw, own=own, cursor=cursor, limit=PAGE_ROWS)


def _purposes(one: RecordedAccess) -> list[str]:
    return [purpose for purpose in one.entry.purpose.split(",") if purpose]
