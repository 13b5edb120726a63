"""/v1/analytics/students-in-focus and its page: an advisor's own learners who may need help, and why.

A learner who asks sees their own estimates, the same that their advisors see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, Response

from akademos.catalogue.risk_datasets import HAZARD_WEEKS
from akademos.serving import services as at
from akademos.serving.gate import OwnLearners
from akademos.serving.languages import language_of
from akademos.serving.pages.focus_words import change_words, reason_words
from akademos.serving.pages.focus_work import FocusWork
from akademos.serving.pages.students_in_focus import render_students_in_focus, with_sign
from akademos.serving.pages.wording import Words, words_in
from akademos.serving.principal import Principal
from akademos.serving.problems import documented
from akademos.serving.routes.alerts import MARK
from akademos.serving.routes.focus_material import work_of
from akademos.serving.routes.learners import LearnerName
from akademos.serving.routes.pages import FOCUS, HEADERS, MODELS, MY_PROGRESS, name_of_asker, shell_for
from akademos.serving.services import Asker, Served, Services
from akademos.stores.ports.access import Reading
from akademos.stores.ports.risk import FocusScore

router = APIRouter()

CAPACITY, CAPACITY_MOST = 20, 200

Capacity = Annotated[
    int, Query(ge=1, le=CAPACITY_MOST, description="How many learners you have time for: the list is as long.")
]


class FocusReason(BaseModel):
    """A theme that speaks for risk; it describes the model, not causes."""

    theme: str
    text: str | None = Field(description="Its fact, in words; null where none of its facts speaks for risk.")
    effect: float | None = Field(description="What it adds to the log odds; null by rule.")
    facts: dict[str, float | None] = Field(
        description="Features as numbers; `inactive_days` is null where nothing was done yet."
    )


class FocusChange(BaseModel):
    """A theme whose effect moved since the week before."""

    theme: str
    text: str
    by: float


class FocusLine(BaseModel):
    """One learner in one course."""

    learner: LearnerName
    user_id: str | None
    course_id: str
    course: str
    as_of: str = Field(description="First day that was not known yet.")
    computed_at: str
    course_day: int = Field(description="Day of the course, the first being 0; by hazard since the learner's start.")
    basis: str = Field(
        description="model: by the dates of the course; hazard: by the learner's own clock, where it has none; rule: "
        "where there is no model for it."
    )
    model_version: int | None = Field(description="Of dropout_risk, or by hazard of dropout_hazard; null by rule.")
    risk: float | None = Field(
        description="Chance that the course is not completed; by hazard, that it is left within `horizon_days`; null "
        "by rule."
    )
    horizon_days: int | None = Field(description="How far ahead `risk` looks; null: to the end of the course.")
    level: str
    reasons: list[FocusReason]
    previous_risk: float | None
    changed: list[FocusChange]


class FocusList(BaseModel):
    """Those who may need help first, at most `capacity` of them."""

    students: list[FocusLine]
    capacity: int
    estimated: int = Field(description="How many learner-course pairs have an estimate.")
    without_sign: int = Field(description="How many of them show no sign; an advisor's list leaves them out.")
    withheld: int | None = Field(description="Learners who do not consent, rounded; null when so few.")
    note: str


@router.get(
    at.STUDENTS_IN_FOCUS,
    tags=["analytics"],
    response_class=Response,
    responses={200: {"model": FocusList, "description": "The list."}, **documented(400, 401, 403, 503)},
)
def students_in_focus(services: Served, principal: Asker, capacity: Capacity = CAPACITY) -> Response:
    """Of an advisor's own learners who consent to advising and learning support those who may need help, most likely
    first; of a learner who asks, their own estimates. Every look is logged about each learner listed."""
    words = words_in("en")
    if principal.role == "learner":
        lines, withheld = _own(services, principal, at.STUDENTS_IN_FOCUS, words), None
        listed: Sequence[Mapping[str, Any]] = lines
    else:
        lines, own = _advised(services, principal, at.STUDENTS_IN_FOCUS, words)
        listed, withheld = with_sign(lines), own.withheld
    # A chance of another kind comes with what it is one of.
    notes = ("focus.honest", *(("focus.hazard",) if any(one["basis"] == "hazard" for one in lines) else ()))
    body = {
        "students": listed[:capacity],
        "capacity": capacity,
        "estimated": len(lines),
        "without_sign": len(lines) - len(with_sign(lines)),
        "withheld": withheld,
        "note": " ".join(words.plain(key) for key in notes),
    }
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type="application/json")


@router.get(FOCUS, include_in_schema=False)
def students_in_focus_page(
    request: Request,
    services: Served,
    principal: Asker,
    capacity: Capacity = CAPACITY,
    lang: Annotated[str, Query(max_length=2)] = "",
    done: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """The list as a page, for advisors, with alerts to take on and help to note."""
    return focus_page(request, services, principal, capacity=capacity, lang=lang, done=done)


def focus_page(
    request: Request,
    services: Services,
    principal: Principal,
    *,
    capacity: int = CAPACITY,
    lang: str = "",
    done: str = "",
    problem: str = "",
    typed: Mapping[str, str] | None = None,
    ticked: frozenset[str] = frozenset(),
    status: int = 200,
) -> Response:
    """The page, also after a form that was refused: with `problem`, and what was `typed` and `ticked`."""
    language = language_of(request, lang)
    words = words_in(language)
    lines, own = _advised(services, principal, FOCUS, words)
    work = FocusWork(
        **work_of(services, principal, own.learners, lines),
        live="" if problem else MARK,  # whoever corrects a form is not interrupted
        done=done,
        problem=problem,
        typed=typed or {},
        ticked=ticked,
        today=services.today(principal.tenant_id),
    )
    shell, _ = shell_for(services, request, principal, person=name_of_asker(services, principal), language=language)
    html = render_students_in_focus(
        lines,
        shell=shell,
        capacity=capacity,
        withheld=own.withheld,
        progress_path=MY_PROGRESS,
        models_path=MODELS,
        work=work,
    )
    return HTMLResponse(html, status, headers=HEADERS)


def _advised(
    services: Services, principal: Principal, what: str, words: Words
) -> tuple[list[dict[str, Any]], OwnLearners]:
    """Lines about an advisor's own learners. Their consent is looked at again where the scores are read."""
    purposes = services.purposes_of(at.STUDENTS_IN_FOCUS)
    own = services.gate.own_learners(principal, what, purposes, advisors_only=True)
    names = {one.learner_key: one for one in own.learners}
    found = services.focus.newest(principal.tenant_id, list(names), services.clock().date())
    lines = [
        _line(one, names[one.score.learner_key].display_name, names[one.score.learner_key].user_id, words)
        for one in _ordered(found)
    ]
    return lines, own


def _own(services: Services, principal: Principal, what: str, words: Words) -> list[dict[str, Any]]:
    """Lines about the learner who asks."""

    def produce(reading: Reading) -> list[dict[str, Any]]:
        keys = [str(reading.learner_key)]
        found = services.focus.newest(principal.tenant_id, keys, services.clock().date())
        return [_line(one, reading.display_name, principal.user_id, words) for one in _ordered(found)]

    return services.gate.own_record(principal, what, produce, services.purposes_of(at.STUDENTS_IN_FOCUS))


_LEVELS = ("high", "raised", "low")


def _ordered(scores: Sequence[FocusScore]) -> list[FocusScore]:
    """By level, within it most likely first, then by what is known: chances of different kinds of course, and levels
    by rule, have only the level in common."""

    def place(one: FocusScore) -> tuple[int, float, int, str, str]:
        score = one.score
        chance = 0.0 if score.risk is None else score.risk
        return _LEVELS.index(score.level), -chance, -len(score.reasons), score.learner_key, score.course_id

    return sorted(scores, key=place)


def _line(one: FocusScore, display_name: str | None, user_id: str | None, words: Words) -> dict[str, Any]:
    score = one.score
    return {
        "learner": {"key": score.learner_key, "display_name": display_name},
        "user_id": user_id,
        "course_id": score.course_id,
        "course": one.course,
        "as_of": score.as_of.isoformat(),
        "computed_at": score.computed_at.isoformat().replace("+00:00", "Z"),
        "course_day": score.course_day,
        "basis": score.basis,
        "model_version": score.model_version,
        "risk": score.risk,
        "horizon_days": 7 * HAZARD_WEEKS if score.basis == "hazard" else None,
        "level": score.level,
        "reasons": [{**reason, "text": reason_words(reason, words)} for reason in score.reasons],
        "previous_risk": score.previous_risk,
        "changed": [{**change, "text": change_words(change, words)} for change in score.changed],
    }
