"""/v1/releases: research releases with their disclosure reports, and the files of anonymous ones."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from typing import Any, Literal
from uuid import UUID

import orjson
from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from akademos.errors import Forbidden, NotFound, Unavailable
from akademos.serving.catalogue_access import releases_granted
from akademos.serving.principal import Principal
from akademos.serving.problems import documented
from akademos.serving.services import Asker, Served, Services
from akademos.stores.ports.releases import Release

router = APIRouter(tags=["releases"])

HEADERS = {"Cache-Control": "private, no-store", "Vary": "Authorization, Cookie"}
PARQUET = "application/vnd.apache.parquet"


class ReleaseLine(BaseModel):
    """One release."""

    release_id: str
    name: str
    kind: Literal["anonymous", "pseudonymous"]
    made_at: str
    parameters: dict[str, Any] = Field(description="Courses, weeks of each, k and l.")
    rows: int
    checksum: str = Field(description="SHA-256 of its file.")
    changed_at: str | None = Field(description="When rows last went from it.")
    withdrawn_at: str | None
    file: str | None = Field(description="Address of its file; null for one that stays in the enclave, or is gone.")


class ReleaseDetail(ReleaseLine):
    """One release with what its tests found."""

    report: dict[str, Any]


class ReleaseList(BaseModel):
    """Newest first."""

    releases: list[ReleaseLine]


def line(one: Release) -> dict[str, Any]:
    """One release as JSON."""
    open_file = one.kind == "anonymous" and one.withdrawn_at is None
    return {
        "release_id": str(one.release_id),
        "name": one.name,
        "kind": one.kind,
        "made_at": one.made_at.isoformat(),
        "parameters": one.parameters,
        "rows": one.row_count,
        "checksum": one.checksum,
        "changed_at": None if one.changed_at is None else one.changed_at.isoformat(),
        "withdrawn_at": None if one.withdrawn_at is None else one.withdrawn_at.isoformat(),
        "file": f"/v1/releases/{one.release_id}/file" if open_file else None,
    }


def detail(one: Release) -> dict[str, Any]:
    """One release with what its tests found, as JSON."""
    return {**line(one), "report": one.report}


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), headers=HEADERS, media_type="application/json")


def _granted(services: Services, principal: Principal) -> Callable[[], bool]:
    return partial(releases_granted, services, principal)


def _found(services: Services, tenant_id: str, release_id: UUID) -> Release:
    release = services.releases.get(tenant_id, release_id)
    if release is None:
        raise NotFound("There is no such release.", hint="/v1/releases lists them.", code="unknown_release")
    return release


@router.get(
    "/v1/releases",
    response_class=Response,
    responses={200: {"model": ReleaseList, "description": "The releases."}, **documented(401, 403, 503)},
)
def releases(services: Served, principal: Asker) -> Response:
    """Every research release of the tenant, for researchers."""
    services.gate.released(principal, "/v1/releases", granted=_granted(services, principal))
    return _json({"releases": [line(one) for one in services.releases.all(principal.tenant_id)]})


@router.get(
    "/v1/releases/{release_id}",
    response_class=Response,
    responses={200: {"model": ReleaseDetail, "description": "The release."}, **documented(400, 401, 403, 404, 503)},
)
def release(services: Served, principal: Asker, release_id: UUID) -> Response:
    """One release with its disclosure report."""
    services.gate.released(principal, "/v1/releases/{release_id}", granted=_granted(services, principal))
    return _json(detail(_found(services, principal.tenant_id, release_id)))


@router.get(
    "/v1/releases/{release_id}/file",
    response_class=Response,
    responses={
        200: {"description": "The rows as Parquet.", "content": {PARQUET: {"schema": {"type": "string"}}}},
        **documented(400, 401, 403, 404, 503),
    },
)
def file(services: Served, principal: Asker, release_id: UUID) -> Response:
    """The rows of an anonymous release. Pseudonymous ones stay in the enclave."""
    services.gate.released(principal, "/v1/releases/{release_id}/file", granted=_granted(services, principal))
    one = _found(services, principal.tenant_id, release_id)
    if one.kind != "anonymous":
        raise Forbidden(
            "A pseudonymous release is read inside the enclave only.",
            hint="On the institution's machine: akademos release rows ID --as USER --reason WHY.",
            code="enclave",
        )
    if one.withdrawn_at is not None:
        raise NotFound("The release was withdrawn.", hint="/v1/releases lists those that stand.", code="withdrawn")
    content = services.release_files.content(release_id)
    if hashlib.sha256(content).hexdigest() != one.checksum:
        raise Unavailable(
            "The file of the release is not the one that was made.",
            hint="Tell the operator; the register has its checksum.",
            code="release_file_changed",
        )
    named = {**HEADERS, "Content-Disposition": f'attachment; filename="release-{release_id}.parquet"'}
    return Response(content, headers=named, media_type=PARQUET)
