"""Signing in with a tenant's identity provider: to the provider, and back."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from akademos.catalogue.roles import SIGN_IN_ORDER, known_role
from akademos.errors import AkademosError, InputError, Unavailable
from akademos.serving.pages import render_signed_in
from akademos.serving.routes.pages import shell_for
from akademos.serving.routes.sign_in import local_path
from akademos.serving.services import Served, Services

router = APIRouter(include_in_schema=False)

_PLAIN = "/?#=&%+-._~:@!$'()*,[]"


def is_loopback(host: str) -> bool:
    """Whether a host's name means this machine."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _redirect_uri(services: Services, request: Request, tenant: str) -> str:
    base = services.public_url.rstrip("/")
    if not base:
        # A request's Host is whatever its sender says; it is believed only where nobody else can be meant.
        if not is_loopback(request.url.hostname or ""):
            raise Unavailable(
                "The installation does not know its own address.",
                hint="Set AKADEMOS_PUBLIC_URL to the address that browsers use.",
                code="public_url_missing",
                retry_after_s=60,
            )
        base = f"{request.url.scheme}://{request.url.netloc}"
    return f"{base}/sign-in/{tenant}/callback"


@router.get("/sign-in/{tenant}")
def to_provider(
    request: Request,
    services: Served,
    tenant: str,
    next: Annotated[str, Query()] = "/",  # noqa: A002 -- the parameter's public name
    role: Annotated[str | None, Query()] = None,
) -> Response:
    """Send the browser to the tenant's identity provider."""
    wanted = known_role(role)
    if role is not None and wanted not in SIGN_IN_ORDER:
        raise InputError(
            "There is no such role to sign in with.",
            hint="Roles are " + ", ".join(SIGN_IN_ORDER) + ".",
            pointer="/query/role",
        )
    begun = services.openid.begin(tenant, _redirect_uri(services, request, tenant), local_path(next), wanted)
    response = RedirectResponse(begun.address, 303, headers={"Cache-Control": "no-store"})
    services.doorkeeper.tokens.begin_sign_in(response, begun.cookie)
    return response


@router.get("/sign-in/{tenant}/callback")
def from_provider(request: Request, services: Served, tenant: str) -> Response:
    """Start a session from the provider's answer. The browser goes on by itself from our own page, since a strict
    cookie is not sent along a way that began at another site."""
    tokens = services.doorkeeper.tokens
    shell, _ = shell_for(services, request, None)
    cookie = request.cookies.get(tokens.sign_in_cookie)
    uri = _redirect_uri(services, request, tenant)
    try:
        token, path = services.openid.finish(tenant, cookie, dict(request.query_params), uri)
    except AkademosError as refusal:
        html = render_signed_in(shell=shell, next_path="/sign-in", problem=f"{refusal.reason} {refusal.hint}")
        response: Response = HTMLResponse(html, refusal.status, headers={"Cache-Control": "no-store"})
    else:
        goes_on = {"Cache-Control": "no-store", "Refresh": f"0; url={quote(path, safe=_PLAIN)}"}
        response = HTMLResponse(render_signed_in(shell=shell, next_path=path), headers=goes_on)
        tokens.start_session(response, token)
    tokens.end_sign_in(response)
    return response
