"""/v1/audit: who changed what in the tenant, for those who answer for it. It names nobody."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.roles import Question
from akademos.serving.gate import may_ask
from akademos.serving.problems import documented
from akademos.serving.services import Asker, Served

router = APIRouter(tags=["governance"])

PATH = "/v1/audit"
_LAST = 2**63 - 1


class AuditRow(BaseModel):
    """One row of the audit log."""

    seq: int = Field(description="Place in the tenant's chain.")
    at: str
    actor: str = Field(description="person:<audit name>, key:<id>, job:<name> or command line:<login>.")
    action: str
    subject: str | None = Field(description="Audit name of whom it concerns (hex).")
    detail: str = Field(description="JSON, as it was hashed.")
    hash: str


class AuditRows(BaseModel):
    """One page, newest first."""

    rows: list[AuditRow]
    next: int | None = Field(description="Cursor of the next page.")


@router.get(
    PATH,
    response_class=Response,
    responses={200: {"model": AuditRows, "description": "The rows."}, **documented(400, 401, 403, 503)},
)
def audit(
    services: Served,
    principal: Asker,
    action: Annotated[AuditAction | None, Query(description="Only rows of this action.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    cursor: Annotated[int | None, Query(ge=1, le=_LAST, description="The `next` of the page before.")] = None,
) -> Response:
    """The tenant's audit log, newest first: consents, erasures, merges, roles, keys, exports. No personal data."""
    may_ask(principal, Question.GOVERNANCE)
    found = services.trail.acts(principal.tenant_id, action=action, before=cursor, limit=limit + 1)
    shown = found[:limit]
    body = {
        "rows": [
            {
                "seq": one.seq,
                "at": one.at.isoformat().replace("+00:00", "Z"),
                "actor": one.actor,
                "action": one.action,
                "subject": one.subject,
                "detail": one.detail,
                "hash": one.hash.hex(),
            }
            for one in shown
        ],
        "next": shown[-1].seq if len(found) > limit else None,
    }
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type="application/json")
