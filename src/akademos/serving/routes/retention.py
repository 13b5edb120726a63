"""/v1/retention: how long everything is kept, how old it is, and what went; names nobody."""

from __future__ import annotations

import orjson
from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from akademos.catalogue.roles import Question
from akademos.serving.gate import may_ask
from akademos.serving.problems import documented
from akademos.serving.services import Asker, Served

router = APIRouter(tags=["retention"])


class RetentionRow(BaseModel):
    """One event type or dataset."""

    kind: str
    name: str
    basis: str
    kept_for_days: int | None
    counted_from: str
    rows: int
    oldest: str | None
    due: int
    undated: int
    last_run: str | None
    last_removed: int | None
    legal_hold: bool


class RetentionRows(BaseModel):
    """The whole report."""

    retention: list[RetentionRow]


@router.get(
    "/v1/retention",
    response_class=Response,
    responses={200: {"model": RetentionRows, "description": "The report."}, **documented(401, 403, 503)},
)
def retention(services: Served, principal: Asker) -> Response:
    """What is kept for how long, for administrators and stewards."""
    may_ask(principal, Question.GOVERNANCE)
    rows = [
        {
            "kind": line.kind,
            "name": line.name,
            "basis": line.basis,
            "kept_for_days": None if line.kept_for is None else line.kept_for.days,
            "counted_from": line.counted_from,
            "rows": line.age.rows,
            "oldest": None if line.age.oldest is None else line.age.oldest.isoformat(),
            "due": line.age.due,
            "undated": line.age.undated,
            "last_run": None if line.last_run is None else line.last_run.isoformat(),
            "last_removed": line.last_removed,
            "legal_hold": line.held,
        }
        for line in services.retention.report(principal.tenant_id)
    ]
    content = orjson.dumps({"retention": rows})
    return Response(content, headers={"Cache-Control": "no-store"}, media_type="application/json")
