"""The catalogue as pages: search, a dataset, a product, access requests; the forms on them work without a script."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Path, Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from akademos.errors import AkademosError, InputError, NotFound
from akademos.serving import catalogue_access as access
from akademos.serving import catalogue_forms as forms
from akademos.serving.languages import language_of
from akademos.serving.pages.catalogue import (
    GLOSSARY,
    HOME,
    PRODUCT,
    REQUESTS,
    render_catalogue,
    render_product,
    render_requests,
)
from akademos.serving.pages.catalogue_dataset import render_dataset
from akademos.serving.pages.data_products import render_products
from akademos.serving.pages.glossary import render_glossary
from akademos.serving.pages.refusal_words import refusal_words
from akademos.serving.pages.shell import Shell
from akademos.serving.pages.wording import words_in
from akademos.serving.principal import Principal
from akademos.serving.routes.catalogue import Words, listed_requests
from akademos.serving.routes.pages import HEADERS, name_of_asker, shell_for
from akademos.serving.services import Served, Services, SignedIn
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.access_requests import Wanted
from akademos.stores.ports.catalogue import Level

router = APIRouter(include_in_schema=False, route_class=SmallBodyRoute)

HISTORY_ROWS = 400
LEVELS: tuple[Level, ...] = ("certified", "provisional", "deprecated")
Name = Annotated[str, Path(max_length=128, pattern=r"^[a-z0-9_.]+$")]
Text = Annotated[str, Form()]
_WORDS: TypeAdapter[str] = TypeAdapter(Words)


def _shell(services: Services, request: Request, principal: Principal, lang: str) -> Shell:
    shell, _ = shell_for(
        services, request, principal, person=name_of_asker(services, principal), language=language_of(request, lang)
    )
    return shell


@router.get(HOME)
def catalogue(
    request: Request,
    services: Served,
    principal: SignedIn,
    q: Annotated[str, Query(max_length=200)] = "",
    zone: Annotated[str, Query(max_length=40)] = "",
    quality: Annotated[Literal["", "passed", "failed", "unchecked"], Query()] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
    lang: str = "",
) -> Response:
    """What data there is, a page at a time."""
    access.browsing(services, principal)
    entries = services.catalogue.entries(principal.tenant_id)
    found = [
        forms.line(one, principal.role)
        for one in services.catalogue.search(principal.tenant_id, q)
        if (not zone or one.dataset.zone == zone) and (not quality or one.quality == quality)
    ]
    html = render_catalogue(
        found,
        shell=_shell(services, request, principal, lang),
        asked={"q": q, "zone": zone, "quality": quality},
        total=len(entries),
        beside=forms.beside(services.catalogue.beside(principal.tenant_id, q)),
        made=access.made_of(services, principal),
        number=page,
    )
    return HTMLResponse(html, headers=HEADERS)


@router.get(PRODUCT)
def products(request: Request, services: Served, principal: SignedIn, lang: str = "") -> Response:
    """All data products, and how each stands."""
    access.browsing(services, principal)
    html = render_products(
        access.products(services, principal),
        shell=_shell(services, request, principal, lang),
        made=access.made_of(services, principal),
        now=services.clock(),
    )
    return HTMLResponse(html, headers=HEADERS)


@router.get(f"{PRODUCT}/{{name}}")
def product(request: Request, services: Served, principal: SignedIn, name: Name, lang: str = "") -> Response:
    """One data product."""
    access.browsing(services, principal)
    found = next((one for one in services.catalogue.products() if one.name == name), None)
    if found is None:
        raise NotFound("There is no such product.", hint=f"{HOME} lists them.", code="unknown_product")
    entries = services.catalogue.entries(principal.tenant_id)
    mine = (
        one for one in services.access_requests.of(principal.tenant_id, principal.user_id)
        if (one.kind, one.name) == ("product", name)
    )  # fmt: skip
    newest = next(mine, None)
    now = services.clock()
    html = render_product(
        forms.product(found, entries, principal.role),
        made=access.made_of(services, principal),
        shell=_shell(services, request, principal, lang),
        standing=forms.request(newest, now, with_person=False)
        if newest is not None and (newest.status == "open" or newest.stands(now))
        else None,
    )
    return HTMLResponse(html, headers=HEADERS)


@router.get(GLOSSARY)
def glossary(request: Request, services: Served, principal: SignedIn, lang: str = "") -> Response:
    """The words of the platform."""
    access.browsing(services, principal)
    terms = services.catalogue.registry(principal.tenant_id).terms
    held: dict[str, list[str]] = {}
    for name, entry in services.catalogue.entries(principal.tenant_id).items():
        for one in entry.terms:
            held.setdefault(one.name, []).append(name)
    html = render_glossary([forms.term(one) for one in terms], held, shell=_shell(services, request, principal, lang))
    return HTMLResponse(html, headers=HEADERS)


@router.get(REQUESTS)
def requests(
    request: Request,
    services: Served,
    principal: SignedIn,
    kind: Annotated[Literal["", "dataset", "product"], Query()] = "",
    name: Annotated[str, Query(max_length=128, pattern=r"^[a-z0-9_.]*$")] = "",
    lang: str = "",
) -> Response:
    """The reader's requests; for stewards everybody's, with what to decide."""
    access.browsing(services, principal)
    wanted = {"kind": kind, "name": name} if kind and name else None
    return _requests_page(request, services, principal, lang, wanted=wanted)


def _requests_page(
    request: Request,
    services: Services,
    principal: Principal,
    lang: str = "",
    *,
    wanted: dict[str, str] | None = None,
    problem: str = "",
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    html = render_requests(
        listed_requests(services, principal, services.clock()),
        shell=_shell(services, request, principal, lang),
        deciding=access.steward(principal),
        wanted=wanted,
        problem=problem,
        typed=typed,
    )
    return HTMLResponse(html, status, headers=HEADERS)


@router.post(REQUESTS)
def ask(
    request: Request,
    services: Served,
    principal: SignedIn,
    kind: Text = "",
    name: Text = "",
    reason: Text = "",
    csrf: Text = "",
    lang: Text = "",
) -> Response:
    """Ask for access."""
    wanted: Wanted | None = next((one for one in ("dataset", "product") if one == kind), None)

    def act() -> None:
        if wanted is None:
            raise InputError(
                "The form does not say what is asked for.", hint="Start from the dataset's page.", code="form_value"
            )
        access.ask(services, principal, wanted, name, _words(reason, "reason"))

    def again(problem: str, status: int) -> Response:
        back = {"kind": kind, "name": name, "reason": reason} if wanted else None
        return _requests_page(request, services, principal, lang, wanted=back, problem=problem, status=status)

    return _act(request, services, principal, csrf, act, again, REQUESTS, lang)


@router.post(f"{REQUESTS}/{{request_id}}")
def decide(
    request: Request,
    services: Served,
    principal: SignedIn,
    request_id: UUID,
    act: Text = "",
    answer: Text = "",
    until: Text = "",
    csrf: Text = "",
    lang: Text = "",
) -> Response:
    """Approve, deny, or end."""

    def step() -> None:
        if act == "end":
            access.end(services, principal, str(request_id))
        elif act in ("approve", "deny"):
            access.decide(
                services, principal, str(request_id), approve=act == "approve", answer=_words(answer, "answer"),
                until=_day(until),
            )  # fmt: skip
        else:
            raise InputError(
                "The form does not say what to do.", hint="Use the buttons of the page.", code="form_value"
            )

    def again(problem: str, status: int) -> Response:
        typed = {"request_id": str(request_id), "answer": answer, "until": until}
        return _requests_page(request, services, principal, lang, problem=problem, typed=typed, status=status)

    return _act(request, services, principal, csrf, step, again, REQUESTS, lang)


@router.get(f"{HOME}/{{name}}")
def dataset(
    request: Request,
    services: Served,
    principal: SignedIn,
    name: Name,
    rows: bool = False,
    lang: str = "",
) -> Response:
    """One dataset; with `rows` some of its rows, where the reader may see them."""
    access.browsing(services, principal)
    return _dataset_page(request, services, principal, name, lang, rows=rows)


def _dataset_page(
    request: Request,
    services: Services,
    principal: Principal,
    name: str,
    lang: str = "",
    *,
    rows: bool = False,
    problem: str = "",
    typed: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    one = access.dataset_detail(services, principal, name)
    history = services.quality.history(principal.tenant_id, name, limit=HISTORY_ROWS)
    html = render_dataset(
        one,
        [forms.result(each) for each in history],
        shell=_shell(services, request, principal, lang),
        sample=forms.sample(access.look_at_rows(services, principal, name)) if rows else None,
        certifying=access.steward(principal),
        problem=problem,
        typed=typed,
    )
    return HTMLResponse(html, status, headers=HEADERS)


@router.post(f"{HOME}/{{name}}/certification")
def certify(
    request: Request,
    services: Served,
    principal: SignedIn,
    name: Name,
    level: Text = "",
    statement: Text = "",
    until: Text = "",
    csrf: Text = "",
    lang: Text = "",
) -> Response:
    """Say what a dataset is worth."""

    def act() -> None:
        chosen = next((one for one in LEVELS if one == level), None)
        if chosen is None:
            raise InputError("The form names no level.", hint="Use the form of the page.", code="form_value")
        access.certify(services, principal, name, chosen, _words(statement, "statement"), _day(until))

    def again(problem: str, status: int) -> Response:
        typed = {"level": level, "statement": statement, "until": until}
        return _dataset_page(request, services, principal, name, lang, problem=problem, typed=typed, status=status)

    return _act(request, services, principal, csrf, act, again, f"{HOME}/{name}", lang)


def _act(
    request: Request,
    services: Services,
    principal: Principal,
    csrf: str,
    act: Callable[[], None],
    again: Callable[[str, int], Response],
    done: str,
    lang: str,
) -> Response:
    """Do what a form asks and show where it leads, or the form again with the refusal and what was typed."""
    access.browsing(services, principal)
    try:
        if principal.way == "session":
            services.doorkeeper.tokens.check_form(request, principal, csrf)
        act()
    except NotFound:
        raise
    except AkademosError as refusal:
        if refusal.transient:
            raise
        return again(refusal_words(refusal, words_in(language_of(request, lang))), refusal.status)
    return RedirectResponse(f"{done}?{urlencode({'lang': lang})}" if lang else done, 303)


def _words(text: str, field: str) -> str:
    """A text of a form on one line, if it is what the API takes."""
    try:
        return _WORDS.validate_python(" ".join(text.split()))
    except ValidationError:
        raise InputError(
            "Say in a few words why.", hint="3 to 500 visible characters.", code="few_words", pointer=f"/{field}"
        ) from None


def _day(text: str) -> datetime | None:
    """The end of a day in UTC, from a date field; None for an empty one."""
    if not text:
        return None
    try:
        return datetime.combine(datetime.strptime(text, "%Y-%m-%d").date(), time(23, 59, 59), UTC)  # noqa: DTZ007 - a date
    except ValueError:
        raise InputError(
            "That is no date.", hint="Write it as 2027-01-31.", code="value_invalid", pointer="/until"
        ) from None
