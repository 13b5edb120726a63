"""/v1/catalogue: what data there is, how good and how fresh it is, where it comes from, and who may see rows of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Path, Query
from pydantic import UUID4, AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from akademos.catalogue.roles import Question
from akademos.errors import NotFound
from akademos.serving import catalogue_access as access
from akademos.serving import catalogue_forms as forms
from akademos.serving.gate import may_ask
from akademos.serving.problems import documented
from akademos.serving.record_export import actor_of
from akademos.serving.services import Asker, Served
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.catalogue import Level

router = APIRouter(tags=["catalogue"], route_class=SmallBodyRoute)

HISTORY_ROWS = 500
Name = Annotated[str, Path(max_length=128, pattern=r"^[a-z0-9_.]+$", description="Name of the dataset.")]
Words = Annotated[str, Field(min_length=3, max_length=500, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")]


class Datasets(BaseModel):
    """What was found, best first; all datasets by name, and nothing else, where nothing was asked for."""

    datasets: list[dict[str, Any]]
    products: list[dict[str, Any]]
    metrics: list[dict[str, Any]]
    terms: list[dict[str, Any]]


class Dataset(BaseModel):
    """A dataset whole: description, columns with their origins, checks, freshness, lineage, use."""

    model_config = ConfigDict(extra="allow")

    name: str
    owner: str
    grain: str
    columns: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    lineage: dict[str, Any]


class Rows(BaseModel):
    """Some rows as text."""

    columns: list[str]
    rows: list[dict[str, str | None]]
    left_out: list[str] = Field(description="Columns that samples never show.")


class Results(BaseModel):
    """Results of checks, newest first."""

    results: list[dict[str, Any]]


class Issues(BaseModel):
    """Checks that fail, or failed."""

    issues: list[dict[str, Any]]


class Products(BaseModel):
    """Data products with their contracts."""

    products: list[dict[str, Any]]


class Glossary(BaseModel):
    """Words and what they mean."""

    terms: list[dict[str, Any]]


class Requests(BaseModel):
    """Access requests, newest first."""

    requests: list[dict[str, Any]]


class NewRequest(BaseModel):
    """What is asked for, and why."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["dataset", "product"]
    name: Annotated[str, Field(max_length=128, pattern=r"^[a-z0-9_.]+$")]
    reason: Words


class Decision(BaseModel):
    """A steward's answer; a grant ends by itself (after 90 days where nothing is said, a year at most)."""

    model_config = ConfigDict(extra="forbid")

    approve: bool
    answer: Words
    until: AwareDatetime | None = None


class Statement(BaseModel):
    """What a steward says of a dataset; it stands for the columns that it has now."""

    model_config = ConfigDict(extra="forbid")

    level: Level
    statement: Words
    valid_until: AwareDatetime | None = None


def _json(content: object, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(orjson.dumps(content), status, headers=headers, media_type="application/json")


@router.get(
    "/v1/catalogue",
    response_class=Response,
    responses={200: {"model": Datasets}, **documented(400, 401, 403, 503)},
)
def catalogue(
    services: Served,
    principal: Asker,
    q: Annotated[str, Query(max_length=200, description="Words; the beginning of each is enough.")] = "",
    zone: Annotated[str, Query(max_length=40)] = "",
    tag: Annotated[str, Query(max_length=60)] = "",
    quality: Annotated[Literal["", "passed", "failed", "unchecked"], Query()] = "",
) -> Response:
    """Datasets by words, zone, tag and quality; products, metrics and glossary by words."""
    access.browsing(services, principal)
    found = [
        forms.line(one, principal.role)
        for one in services.catalogue.search(principal.tenant_id, q)
        if (not zone or one.dataset.zone == zone)
        and (not tag or tag in one.tags)
        and (not quality or one.quality == quality)
    ]
    return _json({"datasets": found, **forms.beside(services.catalogue.beside(principal.tenant_id, q))})


@router.get(
    "/v1/catalogue/datasets/{name}",
    response_class=Response,
    responses={200: {"model": Dataset}, **documented(400, 401, 403, 404, 503)},
)
def dataset(services: Served, principal: Asker, name: Name) -> Response:
    """A dataset whole."""
    access.browsing(services, principal)
    return _json(access.dataset_detail(services, principal, name))


@router.get(
    "/v1/catalogue/datasets/{name}/lineage",
    response_class=Response,
    responses={200: {"description": "Nodes and edges."}, **documented(400, 401, 403, 404, 503)},
)
def lineage(
    services: Served,
    principal: Asker,
    name: Annotated[str, Path(max_length=128, pattern=r"^[a-z0-9_.]+$", description="Dataset, event or metric.")],
    depth: Annotated[int | None, Query(ge=1, le=50, description="Steps; all when left out.")] = None,
) -> Response:
    """What something is made from, and what is made from it."""
    access.browsing(services, principal)
    found = services.catalogue.lineage(principal.tenant_id)
    if name not in found.kinds:
        raise NotFound("There is no such dataset, event or metric.", hint="/v1/catalogue lists datasets.")
    return _json({"name": name, **forms.graph(name, found, depth)})


@router.get(
    "/v1/catalogue/datasets/{name}/sample",
    response_class=Response,
    responses={200: {"model": Rows}, **documented(400, 401, 403, 404, 503)},
)
def sample(services: Served, principal: Asker, name: Name) -> Response:
    """Some rows, where the reader's role or a grant opens them; never of datasets about individuals."""
    access.browsing(services, principal)
    return _json(forms.sample(access.look_at_rows(services, principal, name)))


@router.get(
    "/v1/catalogue/datasets/{name}/quality",
    response_class=Response,
    responses={200: {"model": Results}, **documented(400, 401, 403, 404, 503)},
)
def history(services: Served, principal: Asker, name: Name) -> Response:
    """What the checks of a dataset found, newest first."""
    access.browsing(services, principal)
    access.entry_of(services, principal, name)
    found = services.quality.history(principal.tenant_id, name, limit=HISTORY_ROWS)
    return _json({"results": [forms.result(one) for one in found]})


@router.put(
    "/v1/catalogue/datasets/{name}/certification",
    response_class=Response,
    responses={200: {"description": "The certification."}, **documented(400, 401, 403, 404, 409, 413, 422, 503)},
)
def certify(services: Served, principal: Asker, name: Name, said: Statement) -> Response:
    """Certify a dataset, call it provisional, or deprecate it; for stewards."""
    made = access.certify(services, principal, name, said.level, said.statement, said.valid_until)
    return _json(forms.certification(made))


@router.delete(
    "/v1/catalogue/datasets/{name}/certification",
    response_class=Response,
    status_code=204,
    responses={204: {"description": "Taken back."}, **documented(400, 401, 403, 404, 503)},
)
def revoke(services: Served, principal: Asker, name: Name) -> Response:
    """Take a certification back; for stewards."""
    may_ask(principal, Question.GOVERNANCE)
    services.certifications.revoke(principal.tenant_id, name, by=actor_of(services, principal), at=services.clock())
    return Response(status_code=204)


@router.get(
    "/v1/catalogue/issues",
    response_class=Response,
    responses={200: {"model": Issues}, **documented(401, 403, 503)},
)
def issues(services: Served, principal: Asker, closed: bool = False) -> Response:
    """Checks that fail, with who answers for it; with `closed` also those that passed again."""
    access.browsing(services, principal)
    found = services.quality.issues(principal.tenant_id, open_only=not closed)
    return _json({"issues": [forms.issue(one) for one in found]})


@router.get(
    "/v1/catalogue/products",
    response_class=Response,
    responses={200: {"model": Products}, **documented(401, 403, 503)},
)
def products(services: Served, principal: Asker) -> Response:
    """Data products: owner, contract, version, how they stand, where they are used and by whom."""
    access.browsing(services, principal)
    return _json({"products": access.products(services, principal)})


@router.get(
    "/v1/catalogue/glossary",
    response_class=Response,
    responses={200: {"model": Glossary}, **documented(401, 403, 503)},
)
def glossary(services: Served, principal: Asker) -> Response:
    """The words of the platform."""
    access.browsing(services, principal)
    terms = services.catalogue.registry(principal.tenant_id).terms
    return _json({"terms": [forms.term(one) for one in terms]})


@router.get(
    "/v1/catalogue/requests",
    response_class=Response,
    responses={200: {"model": Requests}, **documented(401, 403, 503)},
)
def requests(services: Served, principal: Asker) -> Response:
    """The asker's own requests; for stewards everybody's."""
    access.browsing(services, principal)
    return _json({"requests": listed_requests(services, principal, services.clock())})


def listed_requests(services: Served, principal: Asker, now: datetime) -> list[forms.Json]:
    """The requests that somebody may see."""
    everybody = access.steward(principal)
    tenant_id = principal.tenant_id
    found = services.access_requests.all(tenant_id) if everybody else services.access_requests.of(
        tenant_id, principal.user_id
    )  # fmt: skip
    return [forms.request(one, now, with_person=everybody) for one in found]


@router.post(
    "/v1/catalogue/requests",
    response_class=Response,
    status_code=201,
    responses={
        201: {"description": "The request."},
        **documented(400, 401, 403, 404, 409, 413, 422, 503),
    },
)
def ask(services: Served, principal: Asker, wanted: NewRequest) -> Response:
    """Ask for access to a dataset or product; a steward decides."""
    made = access.ask(services, principal, wanted.kind, wanted.name, wanted.reason)
    return _json(forms.request(made, services.clock(), with_person=False), 201)


@router.post(
    "/v1/catalogue/requests/{request_id}/decision",
    response_class=Response,
    responses={200: {"description": "The request."}, **documented(400, 401, 403, 404, 409, 413, 422, 503)},
)
def decide(services: Served, principal: Asker, request_id: UUID4, said: Decision) -> Response:
    """Approve until a date, or deny, with a reason; for stewards, never about their own."""
    made = access.decide(
        services, principal, str(request_id), approve=said.approve, answer=said.answer, until=said.until
    )
    return _json(forms.request(made, services.clock(), with_person=True))


@router.post(
    "/v1/catalogue/requests/{request_id}/end",
    response_class=Response,
    responses={200: {"description": "The request."}, **documented(400, 401, 403, 404, 409, 422, 503)},
)
def end(services: Served, principal: Asker, request_id: UUID4) -> Response:
    """End a grant before its time, or take an open request back."""
    made = access.end(services, principal, str(request_id))
    return _json(forms.request(made, services.clock(), with_person=access.steward(principal)))
