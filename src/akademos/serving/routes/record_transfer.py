"""/v1/records/import and /export: many rows of one record, as CSV or JSON lines, all or a report of every problem."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from akademos.catalogue.records import BY_COLLECTION
from akademos.catalogue.records.declaration import Record
from akademos.catalogue.records.policies import RECORD_LIMITS
from akademos.catalogue.roles import Reach
from akademos.errors import Conflict, Forbidden, InputError, NotFound
from akademos.intake.record_rows import RecordFiles
from akademos.intake.record_sources import CsvText, JsonLinesText
from akademos.intake.record_texts import MEDIA_TYPES, TextForm, lines_of
from akademos.intake.records import RecordsError, keep_records
from akademos.serving.principal import Principal
from akademos.serving.problems import MEDIA_TYPE, documented, headers_of, problem_of
from akademos.serving.record_export import actor_of, exported_rows
from akademos.serving.record_gate import asking
from akademos.serving.record_requests import bounded_body
from akademos.serving.services import Asker, Served, Services
from akademos.stores.ports.record_store import Asker as Reader

router = APIRouter(tags=["records"])

IMPORT, EXPORT = "/v1/records/import", "/v1/records/export"
PROBLEMS_SAID = 1_000
_FORMS: dict[str, TextForm] = {
    "text/csv": "csv",
    "application/csv": "csv",
    "application/x-ndjson": "jsonl",
    "application/ndjson": "jsonl",
    "application/jsonl": "jsonl",
}
Collection = Annotated[str, Query(description="The records, as their address calls them, e.g. `courses`.")]


async def _content(request: Request) -> bytes:
    return await bounded_body(request, RECORD_LIMITS.import_bytes)


@router.post(
    IMPORT,
    responses=documented(400, 401, 403, 404, 409, 413, 415, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {name: {"schema": {"type": "string"}} for name in ("text/csv", "application/x-ndjson")},
        }
    },
)
async def take_in(
    services: Served,
    principal: Asker,
    request: Request,
    collection: Collection,
    content: Annotated[bytes, Depends(_content)],
) -> Response:
    """Load rows of one record: a CSV or JSON lines body, people by user id. All of them, or 422 with every problem and
    its line. The same rows again change nothing."""
    record = _record(collection)
    form = _FORMS.get(request.headers.get("content-type", "").split(";")[0].strip().lower())
    if form is None:
        raise InputError(
            "The body is neither CSV nor JSON lines.",
            hint="Send Content-Type: text/csv or application/x-ndjson.",
            code="media_type",
            status=415,
            pointer="/header/Content-Type",
        )
    return await run_in_threadpool(_load, services, principal, record, content, form)


def _load(services: Services, principal: Principal, record: Record, content: bytes, form: TextForm) -> Response:
    with asking(services, principal, record, "create", f"POST {IMPORT}") as asker:
        _require_tenant(principal, record, asker)
        if not record.file:
            raise Conflict(
                f"A {record.singular} comes in by itself only.",
                hint=f"POST /v1/records/{record.collection} makes one, with what has to happen beside it.",
                code="not_loaded",
            )
        files = RecordFiles()
        name = f"{record.collection}.{form}"
        if form == "csv":
            try:
                text = content.decode("utf-8-sig")
            except UnicodeDecodeError as wrong:
                line = content.count(b"\n", 0, wrong.start) + 1
                raise InputError(f"Line {line} is not UTF-8.", hint="Send UTF-8.", code="not_utf8") from wrong
            files.add(record, CsvText(record, name, text.splitlines(keepends=True)))
        else:
            files.add(record, JsonLinesText(record, name, content.splitlines()))
        actor = actor_of(services, principal)
        try:
            reports = keep_records(files, principal.tenant_id, services.loads, services.vault, actor=actor)
        except RecordsError as refusal:
            return _refused(refusal)
    counts = {"read": 0, "new": 0, "changed": 0, "unchanged": 0}
    for one in reports:
        counts = {name: counts[name] + getattr(one, name) for name in counts}
    return Response(orjson.dumps(counts), media_type="application/json", headers={"Cache-Control": "no-store"})


def _require_tenant(principal: Principal, record: Record, asker: Reader) -> None:
    """Rows of a file may be anybody's, and may be there already."""
    needed = {"create", "update"} if record.contents else {"create"}
    everywhere = [one for one in asker.entitled if one.reach is Reach.TENANT]
    if not any(needed <= one.verbs for one in everywhere):
        raise Forbidden(
            f"The role {principal.role} may not load {record.collection.replace('-', ' ')} for the whole tenant.",
            hint="Use a key with the scope records, or write the rows one by one.",
            code="role",
        )


def _refused(refusal: RecordsError) -> Response:
    found = len(refusal.problems) + refusal.more
    said = InputError(
        f"{found:,} problem{'s' if found != 1 else ''}; nothing was kept.",
        hint=refusal.hint,
        code=refusal.code,
        status=422,
    )
    listed = [{"line": one.line, "field": one.column, "reason": one.reason} for one in refusal.problems]
    problem = {**problem_of(said, IMPORT), "problems": listed[:PROBLEMS_SAID]}
    return Response(orjson.dumps(problem), 422, headers_of(said), MEDIA_TYPE)


@router.get(EXPORT, responses=documented(400, 401, 403, 404, 406))
def hand_out(
    services: Served,
    principal: Asker,
    request: Request,
    collection: Collection,
    reason: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """All rows of one record within the asker's reach whose learners consent, page by page, each under live consent: as
    CSV or JSON lines, as Accept asks; what it hands out can be imported again."""
    record = _record(collection)
    form = _wanted(request.headers.get("accept", "*/*"))
    rows = exported_rows(services, principal, record, f"GET {EXPORT}", reason, form)
    name = f"{record.collection}.{form}"
    headers = {"Cache-Control": "no-store", "Content-Disposition": f'attachment; filename="{name}"', "Vary": "Accept"}
    return StreamingResponse(lines_of(record, rows, form), media_type=MEDIA_TYPES[form], headers=headers)


def _wanted(accept: str) -> TextForm:
    """The first form that is acceptable; JSON lines where anything is.

    Raises:
        InputError: none is (406).
    """
    for part in accept.split(","):
        name = part.split(";")[0].strip().lower()
        if name in ("*/*", "application/*"):
            return "jsonl"
        if name == "text/*":
            return "csv"
        if name in _FORMS:
            return _FORMS[name]
    raise InputError(
        "Records are handed out as CSV or JSON lines.",
        hint="Send Accept: text/csv or application/x-ndjson.",
        code="not_acceptable",
        status=406,
        pointer="/header/Accept",
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
