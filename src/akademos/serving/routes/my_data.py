"""What is held about the learner: everything, as JSON to take along and as a page to read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import orjson
from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response, StreamingResponse

from akademos.errors import NotFound
from akademos.serving.pages.my_data import ROWS_SHOWN, ShownTable, render_my_data
from akademos.serving.principal import Principal
from akademos.serving.problems import documented
from akademos.serving.routes.my_consent import MY_DATA, MY_DATA_JSON, Learner
from akademos.serving.routes.pages import HEADERS, MY_CONSENT, shell_for
from akademos.serving.services import Served, Services
from akademos.stores.ports.held_data import HeldData
from akademos.stores.ports.identity import Identifier

router = APIRouter(tags=["rights"])


def _key(services: Services, principal: Principal) -> str:
    who = Identifier("user", principal.user_id)
    person = services.vault.find(principal.tenant_id, [who]).get(who)
    if person is None:
        raise NotFound("Nothing is held about you.", hint="You are not known to this platform.", code="nothing_held")
    return person.learner_key


def export(held: HeldData, tenant_id: str, learner_key: str, request_id: str) -> Iterator[bytes]:
    """Everything held as one JSON document, piece by piece. Whether the person is still there is looked up before each
    table; when not, the document ends and says so."""
    yield b'{"request":' + orjson.dumps(request_id) + b',"tables":['
    complete = False
    try:
        for number, table in enumerate(held.tables(tenant_id, learner_key)):
            heading = {"name": table.name, "description": table.description, "basis": table.basis}
            yield (b"," if number else b"") + orjson.dumps(heading)[:-1] + b',"rows":['
            rows = iter(table.rows)
            first = True
            while lines := [orjson.dumps(row) for row in islice(rows, 500)]:
                yield (b"" if first else b",") + b",".join(lines)
                first = False
            yield b"]}"
        complete = held.known(tenant_id, learner_key)
        yield b'],"complete":' + (b"true}" if complete else b"false}")
    finally:
        held.delivered(tenant_id, request_id, complete=complete)


@router.get(
    MY_DATA_JSON,
    response_class=Response,
    responses={
        200: {"content": {"application/json": {}}, "description": "Every table that holds rows of the person."},
        **documented(401, 403, 404, 503),
    },
)
def my_data(services: Served, principal: Learner) -> Response:
    """Everything held about the learner who asks (GDPR Art. 15 and 20). Each request is registered and audited."""
    key = _key(services, principal)
    request_id = services.held.begin(principal.tenant_id, key, requested_by="self")
    return StreamingResponse(
        export(services.held, principal.tenant_id, key, request_id),
        media_type="application/json",
        headers={"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="my-data.json"'},
    )


@router.get(MY_DATA, include_in_schema=False)
def my_data_page(request: Request, services: Served, principal: Learner) -> Response:
    """The same to read: of each table the first rows and how many there are."""
    tenant_id, key = principal.tenant_id, _key(services, principal)
    request_id = services.held.begin(tenant_id, key, requested_by="self")
    tables = []
    for table in services.held.tables(tenant_id, key):
        rows = iter(table.rows)
        first = list(islice(rows, ROWS_SHOWN))
        more = sum(1 for _ in rows)
        if first:
            tables.append(ShownTable(table.name, table.description, first, len(first) + more))
    complete = services.held.known(tenant_id, key)
    services.held.delivered(tenant_id, request_id, complete=complete)
    if not complete:
        raise NotFound("Nothing is held about you any more.", hint="You were erased meanwhile.", code="nothing_held")
    shell, _ = shell_for(services, request, principal)
    html = render_my_data(tables, shell=shell, download=MY_DATA_JSON, back=MY_CONSENT)
    return HTMLResponse(html, headers=HEADERS)
