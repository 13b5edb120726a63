"""/v1/analytics/content and /v1/analytics/items, and their pages: what works, what to revise, and why."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, Response

from akademos.catalogue.policies import LIMITS
from akademos.serving import services as at
from akademos.serving.content_forms import (
    CONTENT_COLUMNS,
    ITEM_COLUMNS,
    Line,
    flat,
    lines_of,
    masked,
    versions_of,
)
from akademos.serving.languages import language_of
from akademos.serving.pages.content import render_content, render_contents
from akademos.serving.pages.items import render_item, render_items
from akademos.serving.pages.shell import Shell
from akademos.serving.principal import Principal, name_of
from akademos.serving.problems import documented
from akademos.serving.routes.pages import CONTENT, HEADERS, ITEMS, name_of_asker, shell_for
from akademos.serving.services import Asker, Served, Services
from akademos.serving.table_forms import TABLES, Form, table_response

router = APIRouter()

Course = Annotated[str | None, Query(description="Only of this course.")]
Language = Annotated[str, Query(max_length=2)]


class Estimate(BaseModel):
    """A share or difference with its interval of 95%. With a bound only that is known: it lies below, or above."""

    model_config = ConfigDict(extra="allow")

    value: float
    low: float
    high: float
    bound: str = Field(default="", description="below, above, or nothing")


class ContentLine(BaseModel):
    """One version of one content."""

    model_config = ConfigDict(extra="allow")

    course_id: str
    course: str
    content_id: str
    version: str = Field(description="Empty where the sender names none.")
    title: str
    kind: str | None
    topics: list[str]
    status: str = Field(description="ok, or too_few learners to say anything")
    as_of: str
    learners: int | None = Field(description="Who opened it, rounded; null below the smallest group.")
    reach: Estimate | None = None
    completion: Estimate | None = None
    gain: Estimate | None = None
    effectiveness: float | None = Field(default=None, description="Mean percentile among contents of its kind.")
    reasons: list[str] = Field(description="Why it should be revised, the most serious first.")


class ContentList(BaseModel):
    """Contents, those to revise first."""

    content: list[ContentLine]
    smallest_group: int
    counts_rounded_to: int


class ItemLine(BaseModel):
    """One version of one item; what names a secure item is left out."""

    model_config = ConfigDict(extra="allow")

    course_id: str
    course: str
    item_id: str
    version: str
    topics: list[str]
    secure: bool
    status: str
    as_of: str
    answers: int | None = Field(description="First attempts, rounded; null below the smallest group.")
    difficulty: Estimate | None = Field(default=None, description="Mean score: high is easy.")
    rest: Estimate | None = Field(default=None, description="Item-rest correlation.")
    reasons: list[str]


class ItemList(BaseModel):
    """Items, those to revise first."""

    items: list[ItemLine]
    smallest_group: int
    counts_rounded_to: int


def _documented(model: type[BaseModel], *statuses: int) -> dict[int | str, dict[str, Any]]:
    return {200: {"model": model, "description": "What is published.", "content": TABLES}, **documented(*statuses)}


def _body(name: str, lines: list[Line], floor: int) -> dict[str, Any]:
    return {name: lines, "smallest_group": floor, "counts_rounded_to": LIMITS.count_rounding}


@router.get(
    at.CONTENT, tags=["analytics"], response_class=Response, responses=_documented(ContentList, 400, 401, 403, 503)
)
def contents(services: Served, principal: Asker, form: Form, course: Course = None) -> Response:
    """Contents of an instructor's own courses, or of all: who opens and finishes them, what goes with it, which to
    revise and why. Published nightly; filters choose among what is published and compute nothing."""
    lines, floor = lines_of(services, principal, at.CONTENT, "content", course=course)
    body = _body("content", lines, floor)
    return table_response(form, "content", CONTENT_COLUMNS, [flat(one) for one in lines], body)


@router.get(
    at.CONTENT_ONE,
    tags=["analytics"],
    response_class=Response,
    responses=_documented(ContentList, 400, 401, 403, 404, 503),
)
def content(services: Served, principal: Asker, form: Form, content: str, course: Course = None) -> Response:
    """The versions of one content, the newest first."""
    name_of(content, "content", "/path/content")
    lines, floor = lines_of(services, principal, at.CONTENT_ONE, "content", course=course)
    found = versions_of(lines, "content_id", content)
    return table_response(
        form, "content", CONTENT_COLUMNS, [flat(one) for one in found], _body("content", found, floor)
    )


@router.get(at.ITEMS, tags=["analytics"], response_class=Response, responses=_documented(ItemList, 400, 401, 403, 503))
def items(services: Served, principal: Asker, form: Form, course: Course = None) -> Response:
    """Items of an instructor's own courses, or of all: how hard, how telling, which to revise and why."""
    lines, floor = lines_of(services, principal, at.ITEMS, "item", course=course)
    shown = masked(lines)
    return table_response(form, "items", ITEM_COLUMNS, [flat(one) for one in shown], _body("items", shown, floor))


@router.get(
    at.ITEMS_ONE, tags=["analytics"], response_class=Response, responses=_documented(ItemList, 400, 401, 403, 404, 503)
)
def item(services: Served, principal: Asker, form: Form, item: str, course: Course = None) -> Response:
    """The versions of one item, the newest first, with its options and how it works for groups."""
    name_of(item, "item", "/path/item")
    lines, floor = lines_of(services, principal, at.ITEMS_ONE, "item", course=course)
    shown = masked(versions_of(lines, "item_id", item))
    return table_response(form, "items", ITEM_COLUMNS, [flat(one) for one in shown], _body("items", shown, floor))


def _shell(services: Services, request: Request, principal: Principal, lang: str) -> Shell:
    language = language_of(request, lang)
    person = name_of_asker(services, principal)
    shell, _ = shell_for(services, request, principal, person=person, language=language)
    return shell


@router.get(CONTENT, include_in_schema=False)
def contents_page(
    request: Request, services: Served, principal: Asker, course: Course = None, lang: Language = ""
) -> Response:
    """Contents of a course: which to revise, and how all of them stand."""
    lines, floor = lines_of(services, principal, CONTENT, "content", course=None)
    shell = _shell(services, request, principal, lang)
    html = render_contents(lines, shell=shell, chosen=course or "", floor=floor, here=CONTENT, api=at.CONTENT)
    return HTMLResponse(html, headers=HEADERS)


@router.get(CONTENT + "/{content:path}", include_in_schema=False)
def content_page(
    request: Request, services: Served, principal: Asker, content: str, course: Course = None, lang: Language = ""
) -> Response:
    """One content: where people leave, what an edit changed, what its effectiveness is made of."""
    name_of(content, "content", "/path/content")
    lines, floor = lines_of(services, principal, CONTENT, "content", course=course)
    found = versions_of(lines, "content_id", content)
    shell = _shell(services, request, principal, lang)
    return HTMLResponse(render_content(found, shell=shell, floor=floor, back=CONTENT), headers=HEADERS)


@router.get(ITEMS, include_in_schema=False)
def items_page(
    request: Request, services: Served, principal: Asker, course: Course = None, lang: Language = ""
) -> Response:
    """Items of a course: difficulty by discrimination, and which to revise."""
    lines, floor = lines_of(services, principal, ITEMS, "item", course=None)
    shell = _shell(services, request, principal, lang)
    html = render_items(lines, shell=shell, chosen=course or "", floor=floor, here=ITEMS, api=at.ITEMS)
    return HTMLResponse(html, headers=HEADERS)


@router.get(ITEMS + "/{item:path}", include_in_schema=False)
def item_page(
    request: Request, services: Served, principal: Asker, item: str, course: Course = None, lang: Language = ""
) -> Response:
    """One item: its options and how it works."""
    name_of(item, "item", "/path/item")
    lines, floor = lines_of(services, principal, ITEMS, "item", course=course)
    found = versions_of(lines, "item_id", item)
    shell = _shell(services, request, principal, lang)
    return HTMLResponse(render_item(found, shell=shell, floor=floor, back=ITEMS), headers=HEADERS)
