"""The sign-in page, the sign-in of a development installation, and sign-out."""

from __future__ import annotations

import json
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Form, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from akademos.catalogue.roles import ROLE_RULES, Source, known_role
from akademos.errors import AkademosError, InputError, Unauthenticated
from akademos.serving.pages import Person, SignInLink, render_sign_in
from akademos.serving.principal import Principal, name_of
from akademos.serving.routes.pages import SIGN_IN, SIGN_OUT, shell_for
from akademos.serving.services import Served, Services, services_of
from akademos.serving.small_bodies import SmallBodyRoute

development = APIRouter(include_in_schema=False, route_class=SmallBodyRoute)
"""Exists in development installations only: whoever reaches it may be anybody."""

router = APIRouter(include_in_schema=False, route_class=SmallBodyRoute)


def people_of(services: Services) -> list[Person]:
    """Whom one can be: of each tenant its instructors and advisors, some learners, and somebody of each other role."""
    people: list[Person] = []
    for tenant in services.tenants.all():
        for known in services.tenants.people(tenant.tenant_id):
            identity = _identity(tenant.tenant_id, known.role, known.user_id)
            detail = ", ".join((tenant.name, *known.courses))
            people.append(Person(identity, known.display_name or known.user_id, known.role, detail))
        people.extend(
            Person(_identity(tenant.tenant_id, rule.name, rule.name), "", rule.name, tenant.name)
            for rule in ROLE_RULES
            if rule.source in {Source.GRANT, Source.KEY}
        )
    return people


def _identity(tenant_id: str, role: str, user_id: str) -> str:
    return json.dumps([tenant_id, role, user_id])


def links_of(services: Services, next_path: str) -> list[SignInLink]:
    """The tenants whose identity provider one can sign in with."""
    links = []
    for tenant in services.tenants.all():
        provider = services.openid.provider(tenant.tenant_id)
        if provider is not None:
            address = f"{SIGN_IN}/{tenant.tenant_id}?{urlencode({'next': next_path})}"
            links.append(SignInLink(provider.label or tenant.name, address))
    return links


def _session_of(services: Services, identity: str) -> str:
    """The token of a fresh session for the identity that a button of the page posts."""
    try:
        tenant_id, role, user_id = json.loads(identity)
    except ValueError:
        tenant_id = role = user_id = None
    tenants = {tenant.tenant_id for tenant in services.tenants.all()}
    known = known_role(role)
    if tenant_id not in tenants or known is None or not isinstance(user_id, str):
        raise InputError("The form names nobody to sign in as.", hint="Choose a person from the page.")
    name = name_of(user_id, "user_id", "/person")
    principal = Principal(tenant_id, known, name, "session", given_by="development")
    return services.standing.start_session(services.doorkeeper.tokens, principal)


def local_path(text: str) -> str:
    """`text` when it is a path on this site, else the start page."""
    parts = urlsplit(text)
    local = text.startswith("/") and not text.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return text if local and text.isprintable() else "/"


@router.get(SIGN_IN)
def sign_in_page(request: Request, services: Served, next: Annotated[str, Query()] = "/") -> Response:  # noqa: A002 -- the parameter's public name
    """The tenants' identity providers; in development also whom one can be."""
    return _page(services, request, local_path(next), "")


def _page(services: Services, request: Request, next_path: str, problem: str, status: int = 200) -> Response:
    shell, cookie = shell_for(services, request, None)
    people = people_of(services) if services.development else None
    links = links_of(services, next_path)
    html = render_sign_in(people, links, shell=shell, action=SIGN_IN, next_path=next_path, problem=problem)
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
        token = _session_of(services, person)
    except AkademosError as refusal:
        return _page(services, request, local_path(next), f"{refusal.reason} {refusal.hint}", refusal.status)
    response = RedirectResponse(local_path(next), 303)
    tokens.start_session(response, token)
    return response


@router.post(SIGN_OUT)
async def sign_out(request: Request, csrf: Annotated[str, Form()] = "") -> Response:
    """End the session, in every process."""
    services = services_of(request)
    try:
        principal: Principal | None = await services.doorkeeper.known(request)
    except Unauthenticated:  # it has ended already: the cookie goes all the same
        principal = None
    if principal is not None and principal.way == "session":
        services.doorkeeper.tokens.check_form(request, principal, csrf)
        await run_in_threadpool(services.standing.end_session, principal)
    response = RedirectResponse("/", 303)
    services.doorkeeper.tokens.end_session(response)
    return response
