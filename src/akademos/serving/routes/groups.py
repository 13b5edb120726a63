"""/v1/analytics/groups: mastery of groups as published, as JSON or as a table of comma-separated values."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, Response

from akademos.catalogue.policies import LIMITS
from akademos.serving import services as at
from akademos.serving.gate import Groups
from akademos.serving.pages import CourseChoice, render_groups
from akademos.serving.principal import Principal, name_of
from akademos.serving.problems import documented
from akademos.serving.routes.pages import GROUPS, name_of_asker, shell_for
from akademos.serving.services import Asker, Served, Services
from akademos.stores.ports.groups import GroupAnswer

router = APIRouter(tags=["analytics"])

HEADERS = {"Cache-Control": "private, no-store", "Vary": "Authorization, Cookie, Accept"}
COLUMNS = (
    "course_id",
    "course",
    "topic_id",
    "topic",
    "persona",
    "status",
    "as_of",
    "learners",
    "mastery",
    "mastered",
    "weak",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


class GroupLine(BaseModel):
    """One group."""

    course_id: str | None = Field(description="null for the whole institution")
    course: str | None
    topic_id: str = Field(description="* for the estimate over all topics")
    topic: str | None
    persona: str = Field(description="* for all of them")
    status: str = Field(description="published, or withheld: fewer people than the floor, or nobody")
    as_of: str | None = Field(description="Instant of the oldest values in it.")
    learners: int | None = Field(description="People counted, rounded.")
    mastery: float | None = Field(description="Their mean mastery (share); null where withheld.")
    mastered: float | None = Field(description="Share who have mastered the topic; null where withheld.")
    weak: float | None = Field(description="Share who are weak at it; null where withheld.")


class Protection(BaseModel):
    """What was done so that nobody can be recognised."""

    smallest_group: int
    counts_rounded_to: int
    shares_within: list[float]


class GroupList(BaseModel):
    """Groups in the order of courses, topics and personas."""

    groups: list[GroupLine]
    protection: Protection


def selected(
    services: Services,
    principal: Principal,
    what: str,
    *,
    course: str | None,
    topic: str | None,
    persona: str | None,
) -> Groups:
    """The groups that a request asks for, as the gate hands them out; filters only choose among what is published."""
    for text, name in ((course, "course"), (topic, "topic"), (persona, "persona")):
        if text is not None:
            name_of(text, name, f"/query/{name}")
    groups = services.gate.groups(principal, what, services.group_metrics, course=course)
    wanted = tuple(one for one in groups.answers if topic in (None, one.topic_id) and persona in (None, one.persona))
    return Groups(wanted, groups.floor)


def line(answer: GroupAnswer) -> dict[str, Any]:
    """One group as JSON."""
    return {
        "course_id": answer.course_id,
        "course": answer.course,
        "topic_id": answer.topic_id,
        "topic": answer.topic,
        "persona": answer.persona,
        "status": "withheld" if answer.learners is None else "published",
        "as_of": None if answer.as_of is None else answer.as_of.isoformat().replace("+00:00", "Z"),
        "learners": answer.learners,
        "mastery": answer.mastery,
        "mastered": answer.mastered,
        "weak": answer.weak,
    }


def as_csv(answers: Sequence[GroupAnswer]) -> str:
    """The groups as comma-separated values; text that a spreadsheet would take for a formula is quoted."""
    target = io.StringIO(newline="")
    writer = csv.writer(target)
    writer.writerow(COLUMNS)
    for answer in answers:
        values = line(answer)
        writer.writerow([cell(values[name]) for name in COLUMNS])
    return target.getvalue()


def cell(value: object) -> object:
    """A value as a spreadsheet may have it: a text that it would run is quoted, nothing is empty."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return "" if value is None else value


def _wants_csv(accept: str | None) -> bool:
    kinds = [part.split(";")[0].strip().lower() for part in (accept or "").split(",")]
    return "text/csv" in kinds and "application/json" not in kinds


@router.get(
    at.GROUPS,
    response_class=Response,
    responses={
        200: {
            "model": GroupList,
            "description": "The groups.",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        },
        **documented(400, 401, 403, 503),
    },
)
def groups(
    services: Served,
    principal: Asker,
    course: Annotated[str | None, Query(description="Only groups of this course.")] = None,
    topic: Annotated[str | None, Query(description="Only groups at this topic; * is the one over all topics.")] = None,
    persona: Annotated[str | None, Query(description="Only groups of this persona; * is all of them.")] = None,
    format: Annotated[Literal["json", "csv"] | None, Query(description="Instead of Accept, for links.")] = None,  # noqa: A002 -- the parameter's public name
    accept: Annotated[str | None, Header(description="text/csv for a table.")] = None,
) -> Response:
    """Mastery of groups of learners: how many, their mean, how many have mastered a topic or are weak at it.

    Published nightly; filters choose among what is published and compute nothing.
    """
    found = selected(services, principal, at.GROUPS, course=course, topic=topic, persona=persona)
    if format == "csv" or (format is None and _wants_csv(accept)):
        named = {**HEADERS, "Content-Disposition": 'attachment; filename="groups.csv"'}
        return Response(as_csv(found.answers), headers=named, media_type="text/csv; charset=utf-8")
    body = {
        "groups": [line(one) for one in found.answers],
        "protection": {
            "smallest_group": found.floor,
            "counts_rounded_to": LIMITS.count_rounding,
            "shares_within": [LIMITS.share_lowest, LIMITS.share_highest],
        },
    }
    return Response(orjson.dumps(body), headers=HEADERS, media_type="application/json")


@router.get(GROUPS, include_in_schema=False)
def groups_page(
    request: Request,
    services: Served,
    principal: Asker,
    course: Annotated[str | None, Query()] = None,
) -> Response:
    """The groups of one course, or of the institution, as a page."""
    if course:
        name_of(course, "course", "/query/course")
    found = selected(services, principal, GROUPS, course=None, topic=None, persona=None)
    names = {one.course_id or "": one.course for one in found.answers}
    chosen = course if course in names else next(iter(names), "")
    shell, _ = shell_for(services, request, principal, person=name_of_asker(services, principal))
    html = render_groups(
        [line(one) for one in found.answers if (one.course_id or "") == chosen],
        shell=shell,
        floor=found.floor,
        rounded_to=LIMITS.count_rounding,
        courses=[
            CourseChoice(key, title or shell.words.plain("groups.institution"), key == chosen)
            for key, title in names.items()
        ],
        download=f"{at.GROUPS}?" + urlencode({"format": "csv", **({"course": chosen} if chosen else {})}),
    )
    return HTMLResponse(html, headers=HEADERS)
