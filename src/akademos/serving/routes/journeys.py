"""/v1/analytics/journeys and its page: funnels, ways, who comes back, how long until something happens."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import HTMLResponse, Response

from akademos.catalogue.content_policies import JOURNEY_LIMITS
from akademos.catalogue.journey_steps import STOPPED
from akademos.serving import services as at
from akademos.serving.journey_forms import (
    USUAL_FUNNEL,
    answered,
    asked_steps,
    body_of,
    courses_of,
    flat_lines,
    known_step,
    survival_question,
)
from akademos.serving.languages import language_of
from akademos.serving.pages.journeys import Asked, render_journeys
from akademos.serving.problems import documented
from akademos.serving.routes.pages import HEADERS, JOURNEYS, name_of_asker, shell_for
from akademos.serving.services import Asker, Served
from akademos.serving.table_forms import TABLES, Form, table_response
from akademos.stores.ports.journeys import (
    FunnelQuestion,
    Grouping,
    JourneyQuestion,
    PathsQuestion,
    RetentionQuestion,
)

router = APIRouter()

Course = Annotated[str | None, Query(description="Of which course; left out, the first of the asker's.")]
Steps = Annotated[
    str, Query(max_length=300, description="Steps in order; ? after one that may be left out, *3 for three times.")
]
Within = Annotated[str, Query(max_length=60, description="Window after the step before: one for all, or one a step.")]
Step = Annotated[str, Query(max_length=40, description="The step from or to which ways lead.")]
Direction = Annotated[Literal["from", "to"], Query(description="What followed, or what led to it.")]
Depth = Annotated[int, Query(ge=1, le=JOURNEY_LIMITS.depth, description="How many steps beyond it.")]
By = Annotated[
    Grouping, Query(description="Groups: week of the start, persona, or how the registration came (channel).")
]
Since = Annotated[
    str, Query(max_length=40, description="A step to count from; left out, the first of all that a learner takes.")
]
Until = Annotated[str, Query(max_length=40, description="A step, or stopped: no event for three weeks.")]


class JourneyBody(BaseModel):
    """An answer; numbers of fewer than the smallest group are withheld (null) or shown as a bound."""

    model_config = ConfigDict(extra="allow")

    course_id: str
    as_of: str = Field(description="Since when the people and events stand on which it rests.")
    learners: int | None = Field(description="How many are counted, rounded.")


_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"model": JourneyBody, "description": "The answer.", "content": TABLES},
    **documented(400, 401, 403, 404, 429, 503),
}


@router.get(at.FUNNEL, tags=["analytics"], response_class=Response, responses=_RESPONSES)
def funnel(
    services: Served,
    principal: Asker,
    form: Form,
    course: Course = None,
    steps: Steps = USUAL_FUNNEL,
    within: Within = "any",
) -> Response:
    """How many learners go through steps in their order, how many leave before each, and how long it takes."""
    body = answered(services, principal, at.FUNNEL, course, FunnelQuestion(asked_steps(steps, within)))
    columns = (
        "step", "within", "optional", "times", "learners", "share", "share_low", "share_high", "share_bound",
        "median_hours",
    )  # fmt: skip
    return table_response(form, "funnel", columns, flat_lines(body.get("steps", [])), body)


@router.get(at.PATHS, tags=["analytics"], response_class=Response, responses=_RESPONSES)
def paths(
    services: Served,
    principal: Asker,
    form: Form,
    course: Course = None,
    step: Step = "opened:video",
    direction: Direction = "from",
    depth: Depth = 3,
) -> Response:
    """The ways that learners take from a step, or to it, and where they turn round."""
    question = PathsQuestion(known_step(step, "step"), direction, depth)
    body = answered(services, principal, at.PATHS, course, question)
    columns = ("steps", "learners", "share", "share_low", "share_high", "share_bound")
    return table_response(form, "paths", columns, flat_lines(body.get("paths", [])), body)


@router.get(at.RETENTION, tags=["analytics"], response_class=Response, responses=_RESPONSES)
def retention(services: Served, principal: Asker, form: Form, course: Course = None, by: By = "week") -> Response:
    """Who comes back in the closed weeks after the first."""
    body = answered(services, principal, at.RETENTION, course, RetentionQuestion(by))
    columns = ("group", "week", "started", "share", "share_low", "share_high", "share_bound")
    return table_response(form, "retention", columns, flat_lines(body.get("cells", [])), body)


@router.get(at.SURVIVAL, tags=["analytics"], response_class=Response, responses=_RESPONSES)
def survival(
    services: Served,
    principal: Asker,
    form: Form,
    course: Course = None,
    since: Since = "",
    until: Until = STOPPED,
) -> Response:
    """The share of learners to whom something has not happened so many days after their first step of all, or of a kind
    (the time between two steps); whoever has not had it yet is censored."""
    body = answered(services, principal, at.SURVIVAL, course, survival_question(since, until))
    return table_response(form, "survival", ("day", "share", "low", "high", "at_risk"), body.get("points", []), body)


@router.get(JOURNEYS, include_in_schema=False)
def journeys_page(
    request: Request,
    services: Served,
    principal: Asker,
    course: Course = None,
    steps: Steps = USUAL_FUNNEL,
    within: Within = "any",
    step: Step = "opened:video",
    direction: Direction = "from",
    depth: Depth = 3,
    by: By = "week",
    since: Since = "",
    until: Until = STOPPED,
    lang: Annotated[str, Query(max_length=2)] = "",
) -> Response:
    """Funnel, ways, retention and survival of a course."""
    titles, chosen = courses_of(services, principal, JOURNEYS, course or None)
    questions: tuple[JourneyQuestion, ...] = (
        FunnelQuestion(asked_steps(steps, within)),
        PathsQuestion(known_step(step, "step"), direction, depth),
        RetentionQuestion(by),
        survival_question(since, until),
    )
    answers = []
    if chosen in titles:
        answers = [body_of(services.journeys.answer(principal.tenant_id, chosen, one)) for one in questions]
    language = language_of(request, lang)
    person = name_of_asker(services, principal)
    shell, _ = shell_for(services, request, principal, person=person, language=language)
    asked = Asked(chosen, steps, within, step, direction, str(depth), by, since, until)
    html = render_journeys(answers, shell=shell, titles=titles, asked=asked, api=at.FUNNEL.rsplit("/", 1)[0])
    return HTMLResponse(html, headers=HEADERS)
