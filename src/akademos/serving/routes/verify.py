"""The public check of certificates: by anybody, limited by address, and never saying whose one is."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from akademos.errors import NotFound
from akademos.learning.credentials import Kind, PublicCertificate, Standing, read_code
from akademos.serving.badge_issuer import ISSUERS, MEDIA_TYPE, VERIFY
from akademos.serving.languages import language_of
from akademos.serving.pages.verify import render_verify
from akademos.serving.problems import documented
from akademos.serving.routes.pages import HEADERS, shell_for
from akademos.serving.services import Served, Services, services_of
from akademos.serving.surroundings import base_of

router = APIRouter(tags=["certificates"])

API = "/v1/verify"
_PUBLIC = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
Language = Annotated[str, Query(max_length=8)]


class VerifiedCertificate(BaseModel):
    """What anybody is told who has the code of a certificate."""

    standing: Standing = Field(description="valid, expired or revoked, at this moment.")
    number: str
    title: str
    kind: Kind
    revision: int | None = Field(description="Of the course or path that it was earned on.")
    issuer: str
    issued_on: date
    expires_on: date | None = Field(description="The last day on which it holds; null: without end.")
    revoked_on: date | None


async def _limited(request: Request) -> None:
    """Asynchronous, since the buckets are for the event loop's thread."""
    services_of(request).public_rate.take(request.client.host if request.client else "")


limited = [Depends(_limited)]


def _found(services: Services, code: str) -> PublicCertificate | None:
    read = read_code(code)
    return None if read is None else services.certificates.public(read, services.clock())


def _page(
    services: Services, request: Request, found: PublicCertificate | None, code: str, lang: str, *, unknown: bool
) -> Response:
    shell, _ = shell_for(services, request, None, language=language_of(request, lang))
    html = render_verify(found, code=code, shell=shell, action=VERIFY, now=services.clock(), unknown=unknown)
    return HTMLResponse(html, 404 if unknown else 200, headers=HEADERS)


@router.get(VERIFY, include_in_schema=False)
def ask(
    request: Request, services: Served, code: Annotated[str, Query(max_length=200)] = "", lang: Language = ""
) -> Response:
    """The form; with a code, on to its page."""
    read = read_code(code)
    if read is not None:
        return RedirectResponse(f"{VERIFY}/{read}" + (f"?lang={language_of(request, lang)}" if lang else ""), 303)
    return _page(services, request, None, code, lang, unknown=bool(code))


@router.get(f"{VERIFY}/{{code}}", include_in_schema=False, dependencies=limited)
def verify_page(request: Request, services: Served, code: str, lang: Language = "") -> Response:
    """Whether a certificate stands, to read."""
    found = _found(services, code)
    return _page(services, request, found, code, lang, unknown=found is None)


@router.get(
    f"{API}/{{code}}",
    response_class=Response,
    responses={
        200: {"model": VerifiedCertificate, "description": "There is one, and this is how it stands."},
        **documented(404, 429, 503),
    },
    openapi_extra={"security": []},
    dependencies=limited,
)
def verify(request: Request, services: Served, code: str) -> Response:
    """Whether a certificate stands: by the public code on it, without signing in, and without its holder."""
    found = _found(services, code)
    if found is None:
        raise NotFound(
            "There is no certificate with this code.",
            hint="Compare it with the certificate, letter by letter.",
            code="no_such_certificate",
        )
    answer = {
        "standing": found.standing,
        "number": found.number,
        "title": found.title,
        "kind": found.kind,
        "revision": found.revision,
        "issuer": found.issuer,
        "issued_on": found.issued_at.date(),
        "expires_on": found.expires_on,
        "revoked_on": None if found.revoked_at is None else found.revoked_at.date(),
    }
    return Response(orjson.dumps(answer), headers=_PUBLIC, media_type="application/json")


def _issuer_name(services: Services, tenant_id: str) -> str:
    name = services.certificates.issuer(tenant_id)
    if name is None:
        raise NotFound("There is no such issuer.", hint="The address stands in each credential.", code="no_such_issuer")
    return name


@router.get(
    f"{ISSUERS}/{{tenant_id}}",
    response_class=Response,
    responses={
        200: {"content": {"application/json": {}}, "description": "Name, identifier and public key."},
        **documented(404, 429, 503),
    },
    openapi_extra={"security": []},
    dependencies=limited,
)
def issuer(request: Request, services: Served, tenant_id: str) -> Response:
    """Whose key signs a tenant's Open Badges: its issuer profile."""
    name = _issuer_name(services, tenant_id)
    profile = services.badges.profile(base_of(services.public_url, request), tenant_id, name)
    return Response(orjson.dumps(profile), headers=_PUBLIC, media_type="application/json")


@router.get(
    f"{ISSUERS}/{{tenant_id}}/status",
    response_class=Response,
    responses={
        200: {"content": {MEDIA_TYPE: {}}, "description": "A Bitstring Status List, signed; names nobody."},
        **documented(404, 429, 503),
    },
    openapi_extra={"security": []},
    dependencies=limited,
)
def status(request: Request, services: Served, tenant_id: str) -> Response:
    """Which of a tenant's Open Badges are revoked, as a bit each."""
    name = _issuer_name(services, tenant_id)
    signed = services.badges.revocations(
        base_of(services.public_url, request),
        tenant_id,
        name,
        services.certificates.revoked(tenant_id),
        services.clock(),
    )
    return Response(signed, headers=_PUBLIC, media_type=MEDIA_TYPE)
