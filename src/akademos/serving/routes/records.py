"""/v1/records/{collection}: the learning records, one set of routes over all declarations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import Response

from akademos.catalogue.records import BY_COLLECTION
from akademos.catalogue.records.declaration import Record
from akademos.catalogue.records.values import checked, written_by, written_on_create, written_on_update
from akademos.errors import NotFound
from akademos.serving.principal import Principal, name_of
from akademos.serving.record_gate import asking
from akademos.serving.record_requests import (
    address_of,
    body_of,
    cursor_of,
    id_of,
    key_in,
    list_query,
    request_key,
    unchanged,
    version_in,
)
from akademos.serving.services import Asker, Served
from akademos.stores.ports.record_store import RecordRow

router = APIRouter(tags=["records"], include_in_schema=False)  # serving.record_openapi describes them one by one

COLLECTION = "/v1/records/{collection}"
ROW = COLLECTION + "/{key}"

Body = Annotated[object, Depends(body_of)]
Reason = Annotated[str | None, Header(alias="X-Access-Reason")]


@router.get(COLLECTION)
def list_rows(services: Served, principal: Asker, request: Request, collection: str, why: Reason = None) -> Response:
    """Rows within the asker's reach, in the order of their keys."""
    record = _record(collection)
    reason = _reason(why or request.query_params.get("reason"))
    with asking(services, principal, record, "read", _what("GET", COLLECTION, record), reason=reason) as asker:
        page = services.records.find(asker, record, list_query(record, request.query_params))
    rows = [_shown(principal, record, row) for row in page.rows]
    return _json({"records": rows, "next": None if page.after is None else cursor_of(page.after)})


@router.post(COLLECTION)
def create(
    services: Served,
    principal: Asker,
    collection: str,
    body: Body,
    idempotency_key: Annotated[str | None, Header()] = None,
    why: Reason = None,
) -> Response:
    """A new row; 200 with the row of before for a request that came before."""
    record = _record(collection)
    with asking(services, principal, record, "create", _what("POST", COLLECTION, record), reason=_reason(why)) as asker:
        own = record.subject.name if record.subject is not None and principal.role == "learner" else None
        needed = [one.name for one in record.fields if one.required and one.set_by == "client" and one.name != own]
        generated = record.keys[0].name if len(record.keys) == 1 and not record.keys[0].refers else None
        values = checked(body, written_on_create(record), needed=needed, generated=generated)
        row, new = services.records.create(asker, record, values, request=request_key(idempotency_key))
    return _answer(principal, record, row, status=201 if new else 200)


@router.get(ROW)
def read(
    services: Served,
    principal: Asker,
    request: Request,
    collection: str,
    key: str,
    if_none_match: Annotated[str | None, Header()] = None,
    why: Reason = None,
) -> Response:
    """One row; 304 for whoever has this version."""
    record = _record(collection)
    reason = _reason(why or request.query_params.get("reason"))
    with asking(services, principal, record, "read", _what("GET", ROW, record), reason=reason) as asker:
        row = services.records.get(asker, record, key_in(record, key))
    if unchanged(if_none_match, row.version):
        return Response(status_code=304, headers=_headers(row))
    return _answer(principal, record, row)


@router.patch(ROW)
def change(
    services: Served,
    principal: Asker,
    collection: str,
    key: str,
    body: Body,
    if_match: Annotated[str | None, Header()] = None,
    why: Reason = None,
) -> Response:
    """Change fields of a row, upon the version that was read."""
    record = _record(collection)
    with asking(services, principal, record, "update", _what("PATCH", ROW, record), reason=_reason(why)) as asker:
        expected = version_in(if_match, needed=True)
        values = checked(body, written_on_update(record))
        row = services.records.change(
            asker, record, key_in(record, key), values, action=None, expected_version=expected
        )
    return _answer(principal, record, row)


@router.post(ROW + "/actions/{action}")
def act(
    services: Served,
    principal: Asker,
    collection: str,
    key: str,
    action: str,
    body: Body,
    if_match: Annotated[str | None, Header()] = None,
    why: Reason = None,
) -> Response:
    """Move a row along its life cycle; 409 names the actions that are possible."""
    record = _record(collection)
    declared = record.actions.get(action)
    if declared is None or declared.by_platform:
        known = ", ".join(name for name, one in record.actions.items() if not one.by_platform) or "none"
        raise NotFound(
            f"A {record.singular} has no action `{action[:80]}`; known: {known}.",
            hint="The actions of each record are in /v1/openapi.json.",
            code="unknown_action",
        )
    what = _what("POST", f"{ROW}/actions/{action}", record)
    with asking(services, principal, record, "act", what, action=action, reason=_reason(why)) as asker:
        expected = version_in(if_match, needed=False)
        values = checked(body, written_by(record, action))
        row = services.records.change(
            asker, record, key_in(record, key), values, action=action, expected_version=expected
        )
    return _answer(principal, record, row)


@router.get(ROW + "/revisions")
def revisions(services: Served, principal: Asker, collection: str, key: str, why: Reason = None) -> Response:
    """Everything that was published of a piece of content, newest first."""
    record = _record(collection)
    if not record.versioned:
        raise NotFound(
            f"A {record.singular} has no revisions.", hint="Content that is published has.", code="no_revisions"
        )
    what = _what("GET", ROW + "/revisions", record)
    with asking(services, principal, record, "read", what, reason=_reason(why)) as asker:
        found = services.records.revisions(asker, record, key_in(record, key))
    return _json(
        {
            "revisions": [
                {"revision": one.revision, "published_at": one.published_at, "content": one.content} for one in found
            ]
        }
    )


def _record(collection: str) -> Record:
    record = BY_COLLECTION.get(collection)
    if record is None:
        raise NotFound(
            f"There are no records called `{collection[:80]}`.",
            hint="Known: " + ", ".join(sorted(BY_COLLECTION)) + ".",
            code="unknown_collection",
        )
    return record


def _reason(text: str | None) -> str | None:
    return None if text is None else name_of(text, "reason", "/header/X-Access-Reason")


def _what(method: str, place: str, record: Record) -> str:
    return f"{method} " + place.replace("{collection}", record.collection)


def _shown(principal: Principal, record: Record, row: RecordRow) -> dict[str, Any]:
    """The row with its address, and what the asker may do with it now."""
    possible = () if record.life_cycle is None else record.life_cycle.allowed(str(row.values[record.state or ""]))
    entitled = [one for one in record.access if one.role == principal.role]
    actions = [
        name
        for name in possible
        if not record.actions[name].by_platform and any(one.lets("act", name) for one in entitled)
    ]
    return {**row.values, "id": id_of(row.key), "self": address_of(record, row.key), "actions": actions}


def _headers(row: RecordRow) -> Mapping[str, str]:
    return {
        "ETag": f'"{row.version}"',
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Cookie",
    }


def _answer(principal: Principal, record: Record, row: RecordRow, *, status: int = 200) -> Response:
    headers = dict(_headers(row))
    if status == 201:
        headers["Location"] = address_of(record, row.key)
    return Response(orjson.dumps(_shown(principal, record, row)), status, headers, "application/json")


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), headers={"Cache-Control": "no-store"}, media_type="application/json")
