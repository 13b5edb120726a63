"""Sign-in of a development installation, and sign-out of any."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from akademos.errors import AkademosError, InputError
from akademos.serving.pages import Person, render_sign_in
from akademos.serving.principal import SESSION, Principal, name_of
from akademos.serving.routes.pages import SIGN_IN, SIGN_OUT, shell_for
from akademos.serving.services import Served, Services, services_of
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.access import ROLES

development = APIRouter(include_in_schema=False, route_class=SmallBodyRoute)
"""Exists in development installations only: whoever reaches it may be anybody."""

router = APIRouter(include_in_schema=False, route_class=SmallBodyRoute)


def people_of(services: Services) -> list[Person]:
    """Whom one can be: of each tenant its instructors, some learners, an administrator, a service."""
    people: list[Person] = []
    for tenant in services.tenants.all():
        for known in services.tenants.people(tenant.tenant_id):
            identity = _identity(tenant.tenant_id, known.role, known.user_id)
            detail = ", ".join((tenant.name, *known.courses))
            people.append(Person(identity, known.display_name or known.user_id, known.role, detail))
        for role, name in (("admin", "Administrator"), ("service", "Service account")):
            people.append(Person(_identity(tenant.tenant_id, role, role), name, role, tenant.name))
    return people


def _identity(tenant_id: str, role: str, user_id: str) -> str:
    return json.dumps([tenant_id, role, user_id])


def _principal(services: Services, identity: str) -> str:
    """A fresh token for the identity that a button of the page posts."""
    try:
        tenant_id, role, user_id = json.loads(identity)
    except ValueError:
        tenant_id = role = user_id = None
    tenants = {tenant.tenant_id for tenant in services.tenants.all()}
    if tenant_id not in tenants or role not in ROLES or not isinstance(user_id, str):
        raise InputError("The form names nobody to sign in as.", hint="Choose a person from the page.")
    name = name_of(user_id, "user_id", "/person")
    return services.doorkeeper.tokens.issue(tenant_id, role, name, lifetime=SESSION)


def local_path(text: str) -> str:
    """`text` when it is a path on this site, else the start page."""
    parts = urlsplit(text)
    local = text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return text if local and text.isprintable() else "/"


@development.get(SIGN_IN)
def sign_in_page(request: Request, services: Served, next: Annotated[str, Query()] = "/") -> Response:  # noqa: A002 -- the parameter's public name
    """Says that it is a development sign-in, and whom one can be."""
    return _page(services, request, local_path(next), "")


def _page(services: Services, request: Request, next_path: str, problem: str, status: int = 200) -> Response:
    shell, cookie = shell_for(services, request, None)
    html = render_sign_in(people_of(services), shell=shell, action=SIGN_IN, next_path=next_path, problem=problem)
    response = HTMLResponse(html, status, headers={"Cache-Control": "no-store"})
    services.doorkeeper.tokens.bind_form(response, cookie)
    return response


@development.post(SIGN_IN)
def sign_in(
    request: Request,
    services: Served,
    person: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",  # noqa: A002 -- the field's public name
) -> Response:
    """Start a session as the chosen person."""
    tokens = services.doorkeeper.tokens
    try:
        tokens.check_form(request, None, csrf)
        token = _principal(services, person)
    except AkademosError as refusal:
        return _page(services, request, local_path(next), f"{refusal.reason} {refusal.hint}", refusal.status)
    response = RedirectResponse(local_path(next), 303)
    tokens.start_session(response, token)
    return response


@router.post(SIGN_OUT)
async def sign_out(request: Request, csrf: Annotated[str, Form()] = "") -> Response:
    """End the session."""
    services = services_of(request)
    principal: Principal | None = await services.doorkeeper.known(request)
    if principal is not None and principal.way == "session":
        services.doorkeeper.tokens.check_form(request, principal, csrf)
    response = RedirectResponse("/", 303)
    services.doorkeeper.tokens.end_session(response)
    return response
