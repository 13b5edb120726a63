"""A plan for an exam day: /v1/analytics/exam-plan and the page that shows it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import HTMLResponse, Response

from akademos.errors import InputError
from akademos.serving import services as at
from akademos.serving.gate import Ask
from akademos.serving.pages.exam_plan import render_exam_plan
from akademos.serving.principal import name_of
from akademos.serving.routes.analytics import Parameters, evaluate, instant_of, operation, respond
from akademos.serving.routes.pages import EXAM_PLAN_PAGE, HEADERS, MY_PROGRESS, name_of_asker, shell_for
from akademos.serving.services import Asker, Served
from akademos.stores.ports.access import Reading
from akademos.stores.ports.answers import AnswerName, ExamTarget, Particulars

router = APIRouter(tags=["analytics"])

RECALL_LEAST, RECALL_MOST = 0.5, 0.97
MINUTES_MOST = 480
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

_DAY = "The exam day, YYYY-MM-DD, at most 366 days ahead. Left out: that of the learner's target exam."
_RECALL = f"Share of the exam's items to recall on that day, {RECALL_LEAST} to {RECALL_MOST}."
_MINUTES = f"Minutes a day for it, 1 to {MINUTES_MOST}."


def exam_target(
    date: Annotated[str | None, Query(description=_DAY, examples=["2026-07-01"])] = None,
    target_recall: Annotated[str | None, Query(description=_RECALL, examples=["0.9"])] = None,
    minutes_a_day: Annotated[str | None, Query(description=_MINUTES, examples=["30"])] = None,
) -> ExamTarget:
    """What the request plans for; an empty parameter, as a form sends it, counts as left out.

    Raises:
        InputError: a parameter is none of the values it may have.
    """
    found = ExamTarget()
    if date:
        found = replace(found, on=_day(date))
    if target_recall:
        found = replace(found, target_recall=_number(target_recall, "target_recall", RECALL_LEAST, RECALL_MOST))
    if minutes_a_day:
        found = replace(found, minutes_a_day=_whole(minutes_a_day, "minutes_a_day", MINUTES_MOST))
    return found


Target = Annotated[ExamTarget, Depends(exam_target)]


@router.get(at.EXAM_PLAN, **operation("ExamPlan"))
def exam_plan(services: Served, wanted: Parameters, target: Target) -> Response:
    """What to study on which day until an exam, whether it is enough, and what other minutes a day would give."""
    return respond(services, wanted, AnswerName.EXAM_PLAN, at.EXAM_PLAN, Particulars(exam=target))


@router.get(EXAM_PLAN_PAGE, include_in_schema=False)
def exam_plan_page(
    request: Request,
    services: Served,
    principal: Asker,
    target: Target,
    learner: Annotated[str | None, Query()] = None,
    as_of: Annotated[str | None, Query()] = None,
    reason: Annotated[str | None, Query()] = None,
) -> Response:
    """The page of the plan; staff say whose by `learner`."""
    at_instant = instant_of(as_of, services.clock())
    own = principal.role == "learner"
    ask = Ask(
        learner=None if learner is None else name_of(learner, "learner", "/query/learner"),
        what=EXAM_PLAN_PAGE,
        purposes=services.purposes_of(at.EXAM_PLAN),
        reason=None if reason is None else name_of(reason, "reason", "/query/reason"),
    )
    asker = None if own else name_of_asker(services, principal)

    def draw(reading: Reading) -> Response:
        name = AnswerName.EXAM_PLAN
        found = evaluate(services, principal, reading, [name], as_of=at_instant, particulars=Particulars(exam=target))
        shell, _ = shell_for(services, request, principal, person=reading.display_name if own else asker)
        html = render_exam_plan(found[name], shell=shell, own_page=own, back=MY_PROGRESS)
        return HTMLResponse(html, headers=HEADERS)

    return services.gate.about_learner(principal, ask, draw)


def _day(text: str) -> date:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            "date is no day.", hint="Write it like 2026-07-01.", pointer="/query/date", code="exam_date_invalid"
        ) from error


def _number(text: str, name: str, least: float, most: float) -> float:
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if not least <= found <= most:
        raise InputError(
            f"{name} is no number from {least:g} to {most:g}.",
            hint=f"Write one like {(least + most) / 2:g}.",
            pointer=f"/query/{name}",
            code=f"{name}_invalid",
        )
    return found


def _whole(text: str, name: str, most: int) -> int:
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if not 1 <= found <= most:
        raise InputError(
            f"{name} is no whole number from 1 to {most}.",
            hint="Write one like 30.",
            pointer=f"/query/{name}",
            code=f"{name}_invalid",
        )
    return found
