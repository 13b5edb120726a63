"""A learner's courses, paths and certificates: their own record, whatever they consent to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date
from typing import Annotated, TypeVar

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, Response

from akademos.errors import Conflict, NotFound
from akademos.learning.credentials import Kind, Standing
from akademos.learning.path import State
from akademos.serving.badge_issuer import MEDIA_TYPE
from akademos.serving.certificate_pdf import Sheet, certificate_pdf
from akademos.serving.languages import language_of
from akademos.serving.pages.my_courses import CertificateLine, CourseLine, PathLine, render_my_courses
from akademos.serving.pages.wording import words_in
from akademos.serving.principal import Principal
from akademos.serving.problems import documented
from akademos.serving.routes.pages import HEADERS, MY_COURSES, shell_for
from akademos.serving.services import Asker, Served, Services
from akademos.serving.surroundings import base_of
from akademos.stores.ports.access import Reading
from akademos.stores.ports.certificates import Certificate

router = APIRouter(tags=["certificates"])

COURSES = "/v1/me/courses"
CERTIFICATES = "/v1/me/certificates"
_OWN = {"Cache-Control": "private, no-store"}
T = TypeVar("T")
Language = Annotated[str, Query(max_length=8, description="en or de; else the browser's.")]


class OwnCourse(BaseModel):
    """How far the learner is in a course."""

    course_id: str
    title: str
    state: State
    percentage: float = Field(ge=0, le=100)
    revision: int | None = Field(description="Of the course, on which this was reached.")
    last_activity_at: str | None


class OwnStep(BaseModel):
    """One step of a path for the learner."""

    step_id: str
    title: str
    percentage: float = Field(ge=0, le=100)
    done: bool
    open: bool = Field(description="Whether everything that it needs is done.")
    optional: bool
    waits_for: list[str]


class OwnPath(BaseModel):
    """How far the learner is on a path."""

    path_id: str
    title: str
    goal: str
    state: State
    percentage: float = Field(ge=0, le=100, description="Mean over the steps that are not optional.")
    next_step: str | None
    steps: list[OwnStep]


class OwnCourses(BaseModel):
    """Courses that the learner is enrolled in or has begun, and paths begun."""

    courses: list[OwnCourse]
    paths: list[OwnPath]


class OwnCertificate(BaseModel):
    """One certificate of the learner."""

    certificate_id: str
    number: str
    title: str
    kind: Kind
    content_id: str
    revision: int | None
    standing: Standing
    issued_on: date
    expires_on: date | None
    revoked_on: date | None
    verification_code: str
    verify_url: str
    pdf: str
    open_badge: str


def _own(services: Services, principal: Principal, what: str, produce: Callable[[Reading, str | None], T]) -> T:
    return services.gate.own_record(principal, what, lambda reading: produce(reading, reading.learner_key))


@router.get(
    COURSES,
    response_class=Response,
    responses={200: {"model": OwnCourses, "description": "Courses and paths."}, **documented(401, 403, 503)},
)
def my_courses(services: Served, principal: Asker) -> Response:
    """How far the learner is in their courses and on their paths."""

    def produce(_: Reading, key: str | None) -> Response:
        tenant_id = principal.tenant_id
        courses = [] if key is None else services.learner_courses.courses(tenant_id, key)
        paths = [] if key is None else services.learner_courses.paths(tenant_id, key)
        answer = {
            "courses": [
                {
                    "course_id": one.course_id,
                    "title": one.title,
                    "state": one.state,
                    "percentage": round(100 * one.share, 2),
                    "revision": one.revision,
                    "last_activity_at": one.last_activity_at,
                }
                for one in courses
            ],
            "paths": [
                {
                    "path_id": one.path_id,
                    "title": one.title,
                    "goal": one.goal,
                    "state": one.standing.state,
                    "percentage": round(100 * one.standing.share, 2),
                    "next_step": one.standing.next_step,
                    "steps": [
                        {
                            "step_id": step.step_id,
                            "title": one.titles[step.step_id],
                            "percentage": round(100 * step.share, 2),
                            "done": step.done,
                            "open": step.open,
                            "optional": step.step_id in one.optional,
                            "waits_for": step.waits_for,
                        }
                        for step in one.standing.steps
                    ],
                }
                for one in paths
            ],
        }
        return Response(orjson.dumps(answer), headers=_OWN, media_type="application/json")

    return _own(services, principal, COURSES, produce)


@router.get(
    CERTIFICATES,
    response_class=Response,
    responses={
        200: {"model": list[OwnCertificate], "description": "Newest first; revoked and expired ones too."},
        **documented(401, 403, 503),
    },
)
def my_certificates(request: Request, services: Served, principal: Asker) -> Response:
    """The learner's certificates."""
    base = base_of(services.public_url, request)

    def produce(_: Reading, key: str | None) -> Response:
        today = services.clock().astimezone(UTC).date()
        answer = [
            {
                "certificate_id": one.certificate_id,
                "number": one.number,
                "title": one.title,
                "kind": one.kind,
                "content_id": one.content_id,
                "revision": one.revision,
                "standing": one.standing(today),
                "issued_on": one.issued_at.date(),
                "expires_on": one.last_day,
                "revoked_on": None if one.revoked_at is None else one.revoked_at.date(),
                "verification_code": one.code,
                "verify_url": services.badges.verify_url(base, one.code),
                "pdf": f"{CERTIFICATES}/{one.certificate_id}/pdf",
                "open_badge": f"{CERTIFICATES}/{one.certificate_id}/open-badge",
            }
            for one in _certificates(services, principal, key)
        ]
        return Response(orjson.dumps(answer), headers=_OWN, media_type="application/json")

    return _own(services, principal, CERTIFICATES, produce)


@router.get(
    f"{CERTIFICATES}/{{certificate_id}}/pdf",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {}}, "description": "One sheet of A4."},
        **documented(400, 401, 403, 404, 409, 422, 503),
    },
)
def certificate_sheet(
    request: Request, services: Served, principal: Asker, certificate_id: str, lang: Language = ""
) -> Response:
    """One of the learner's certificates to print; not of one that was revoked."""
    words = words_in(language_of(request, lang))
    base = base_of(services.public_url, request)

    def produce(reading: Reading, key: str | None) -> Response:
        one = _certificate(services, principal, key, certificate_id)
        sheet = Sheet(
            issuer=one.issuer,
            recipient=reading.display_name or principal.user_id,
            title=one.title,
            kind=one.kind,
            version=one.revision,
            number=one.number,
            code=one.code,
            verify_url=services.badges.verify_url(base, one.code),
            issued_on=one.issued_at.date(),
            last_day=one.last_day,
        )
        name = {"Content-Disposition": f'inline; filename="{words.plain("certificate.title")}-{one.number}.pdf"'}
        return Response(certificate_pdf(sheet, words), headers=_OWN | name, media_type="application/pdf")

    return _own(services, principal, f"{CERTIFICATES}/pdf", produce)


@router.get(
    f"{CERTIFICATES}/{{certificate_id}}/open-badge",
    response_class=Response,
    responses={
        200: {"content": {MEDIA_TYPE: {}}, "description": "An Open Badges 3.0 credential, as a signed JWT."},
        **documented(401, 403, 404, 409, 503),
    },
)
def open_badge(request: Request, services: Served, principal: Asker, certificate_id: str) -> Response:
    """One of the learner's certificates for a wallet; it holds a salted hash of their user_id and no name."""
    base = base_of(services.public_url, request)

    def produce(_: Reading, key: str | None) -> Response:
        one = _certificate(services, principal, key, certificate_id)
        signed = services.badges.badge(base, principal.tenant_id, one, principal.user_id)
        name = {"Content-Disposition": f'attachment; filename="open-badge-{one.number}.jwt"'}
        return Response(signed, headers=_OWN | name, media_type=MEDIA_TYPE)

    return _own(services, principal, f"{CERTIFICATES}/open-badge", produce)


@router.get(MY_COURSES, include_in_schema=False)
def my_courses_page(request: Request, services: Served, principal: Asker, lang: Language = "") -> Response:
    """Courses, paths and certificates to read."""

    def draw(reading: Reading, key: str | None) -> Response:
        tenant_id, today = principal.tenant_id, services.clock().astimezone(UTC).date()
        courses = [] if key is None else services.learner_courses.courses(tenant_id, key)
        paths = [] if key is None else services.learner_courses.paths(tenant_id, key)
        language = language_of(request, lang)
        shell, _ = shell_for(services, request, principal, person=reading.display_name, language=language)
        html = render_my_courses(
            [CourseLine(one.title, one.state, one.share, one.revision, one.last_activity_at) for one in courses],
            [PathLine(one.title, one.goal, one.standing, dict(one.titles), one.optional) for one in paths],
            [
                CertificateLine(
                    title=one.title,
                    number=one.number,
                    code=one.code,
                    standing=one.standing(today),
                    issued_on=one.issued_at.date(),
                    last_day=one.last_day,
                    revision=one.revision,
                    pdf=f"{CERTIFICATES}/{one.certificate_id}/pdf?lang={language}",
                    badge=f"{CERTIFICATES}/{one.certificate_id}/open-badge",
                    public=f"/verify/{one.code}?lang={language}",
                )
                for one in _certificates(services, principal, key)
            ],
            shell=shell,
        )
        return HTMLResponse(html, headers=HEADERS)

    return _own(services, principal, MY_COURSES, draw)


def _certificates(services: Services, principal: Principal, key: str | None) -> list[Certificate]:
    return [] if key is None else services.certificates.of_learner(principal.tenant_id, key)


def _certificate(services: Services, principal: Principal, key: str | None, certificate_id: str) -> Certificate:
    found = next((one for one in _certificates(services, principal, key) if one.certificate_id == certificate_id), None)
    if found is None:
        raise NotFound("You have no such certificate.", hint=f"{CERTIFICATES} lists yours.", code="no_such_certificate")
    if found.revoked_at is not None:
        raise Conflict(
            "The certificate was revoked, so that it is not given out any more.",
            hint="Ask your institution why.",
            code="certificate_revoked",
        )
    return found
