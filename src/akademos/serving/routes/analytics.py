"""/v1/analytics: the answers about one learner, now or as of a past instant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Header, Query
from starlette.responses import Response

from akademos import __version__
from akademos.catalogue.validation import parse_timestamp
from akademos.errors import InputError
from akademos.serving import services as at
from akademos.serving.answer_cache import ANSWERS_CACHED, entity_tag, matches, period
from akademos.serving.gate import Ask
from akademos.serving.principal import Principal, name_of
from akademos.serving.problems import documented
from akademos.serving.services import Asker, Served, Services
from akademos.stores.ports.access import Reading
from akademos.stores.ports.answers import PLAIN, Answer, AnswerName, Particulars, Question

router = APIRouter(tags=["analytics"])

HEADER = ("learner", "as_of", "computed_at", "clock", "time_zone", "provenance", "contested")
"""Keys that every answer keeps, whatever fields are asked for."""

HEADERS = {"Cache-Control": "private, no-cache", "Vary": "Authorization, Cookie"}
_LOST_PLUS = re.compile(r" (\d\d:?\d\d)$")  # an offset whose + was not encoded in the query

_LEARNER = "Staff: the learner's user_id or key. Learners leave it out."
_AS_OF = "A past instant (ISO 8601 with offset): the answer as it would have been then. Left out: now."
_KNOWN_AT = "Leave out what was received later: the answer as it could have been given then. Consent is today's."
_FIELDS = "Blocks of the answer to send, separated by commas; the header is always sent."
_REASON = "Why a member of staff looks; kept in the access log, which the learner may see."


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request asks for, still unchecked against the gate."""

    principal: Principal
    learner: str | None
    as_of: datetime | None
    known_at: datetime | None
    fields: tuple[str, ...]
    reason: str | None
    held: str | None

    @property
    def told_by(self) -> datetime | None:
        """Instant by which anything published must have been there; None: now."""
        given = [one for one in (self.as_of, self.known_at) if one is not None]
        return min(given, default=None)


def instant_of(text: str | None, now: datetime, name: str = "as_of") -> datetime | None:
    """The instant that a request names in the parameter `name`.

    Raises:
        InputError: no instant, or one that is still to come.
    """
    if text is None:
        return None
    at_instant = parse_timestamp(_LOST_PLUS.sub(r"+\1", text))
    if at_instant is None:
        raise InputError(
            f"{name} is no instant.",
            hint="Write ISO 8601 with an offset, like 2026-03-01T12:00:00Z, from 1900 on.",
            pointer=f"/query/{name}",
            code=f"{name}_invalid",
        )
    if at_instant > now:
        raise InputError(
            f"{name} lies in the future.",
            hint="Leave it out for now; projections and forecasts are in the answer.",
            pointer=f"/query/{name}",
            code=f"{name}_in_future",
        )
    return at_instant


async def asked_for(
    services: Served,
    principal: Asker,
    learner: Annotated[str | None, Query(description=_LEARNER)] = None,
    as_of: Annotated[str | None, Query(description=_AS_OF, examples=["2026-03-01T12:00:00Z"])] = None,
    known_at: Annotated[str | None, Query(description=_KNOWN_AT)] = None,
    fields: Annotated[str | None, Query(description=_FIELDS)] = None,
    reason: Annotated[str | None, Query(description=_REASON)] = None,
    x_access_reason: Annotated[str | None, Header(description=_REASON)] = None,
    if_none_match: Annotated[str | None, Header(description="ETag of an answer held already.")] = None,
) -> Wanted:
    """The parameters that all answers share."""
    why = x_access_reason or reason
    return Wanted(
        principal=principal,
        learner=None if learner is None else name_of(learner, "learner", "/query/learner"),
        as_of=instant_of(as_of, services.clock()),
        known_at=instant_of(known_at, services.clock(), "known_at"),
        fields=() if fields is None else tuple(dict.fromkeys(one.strip() for one in fields.split(","))),
        reason=None if why is None else name_of(why, "reason", "/query/reason"),
        held=if_none_match,
    )


Parameters = Annotated[Wanted, Depends(asked_for)]


def evaluate(
    services: Services,
    principal: Principal,
    reading: Reading,
    names: Sequence[AnswerName],
    *,
    as_of: datetime | None,
    known_at: datetime | None = None,
    particulars: Particulars = PLAIN,
) -> dict[AnswerName, Answer]:
    """The answers that the gate has let pass, with the learner's name put into their headers."""
    now = services.clock()
    if as_of is None and reading.state is not None:
        now = max(now, reading.state.computed_as_of)  # another machine's clock may be ahead
    question = Question(
        principal.tenant_id,
        str(reading.learner_key),
        as_of or now,
        reading.time_zone,
        reading.curriculum_version,
        reading.score_model,
        reading.tracing_model,
        particulars,
        known_at,
    )
    if as_of is None and known_at is None:
        answers = services.answers.now(question, names, reading.state)
    else:
        answers = services.answers.past(question, names)
    for answer in answers.values():
        answer["learner"] = {"key": reading.learner_key, "display_name": reading.display_name}
        answer["contested"] = [
            {"concerns": one.concerns, "said": one.said, "since": one.since.isoformat()} for one in reading.contested
        ]
    return answers


def recommending(services: Services, principal: Principal, at_instant: datetime | None) -> Particulars:
    """What recommendations are chosen by: what was published of materials that help, as in force at an instant."""
    return Particulars(support=services.content.support(principal.tenant_id, at_instant or services.clock()))


def respond(
    services: Services, wanted: Wanted, name: AnswerName, address: str, particulars: Particulars = PLAIN
) -> Response:
    """The answer, `304` when the asker holds it already, all behind the gate."""

    def produce(reading: Reading) -> Response:
        return answered(services, wanted, reading, name, particulars)

    ask = Ask(wanted.learner, address, services.purposes_of(address), wanted.reason)
    return services.gate.about_learner(wanted.principal, ask, produce)


def answered(
    services: Services, wanted: Wanted, reading: Reading, name: AnswerName, particulars: Particulars
) -> Response:
    """The answer that the gate has let pass, made or remembered."""
    now, state = services.clock(), reading.state

    def make() -> bytes:
        answers = evaluate(
            services,
            wanted.principal,
            reading,
            [name],
            as_of=wanted.as_of,
            known_at=wanted.known_at,
            particulars=particulars,
        )
        return orjson.dumps(select(answers[name], wanted.fields))

    if state is None:  # nothing says whether the core has changed since
        return Response(make(), headers={**HEADERS, "Cache-Control": "no-store"}, media_type="application/json")
    key: tuple[object, ...] = (
        __version__,
        wanted.principal.tenant_id,
        reading.learner_key,
        reading.display_name,
        reading.time_zone,
        reading.contested,
        reading.consent_version,
        reading.curriculum_version,
        reading.score_model,
        reading.tracing_model,
        (state.version, state.computed_at, state.definition),
        name,
        replace(particulars, peers=(), support=()),
        tuple((one.course_id, one.published_at) for one in particulars.peers),
        tuple((one.course_id, one.published_at) for one in particulars.support),
        wanted.as_of,
        wanted.known_at,
        wanted.fields,
    )
    headers = {**HEADERS, "ETag": entity_tag((key, period(now)))}
    if matches(wanted.held, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    body, hit = services.cache.get_or_make(key, now, make)
    ANSWERS_CACHED.labels("hit" if hit else "miss").inc()
    return Response(body, headers=headers, media_type="application/json")


def select(answer: Answer, fields: Sequence[str]) -> Answer:
    """The header and the blocks asked for; all of them when none is named.

    Raises:
        InputError: the answer has no such block.
    """
    if not fields:
        return answer
    unknown = [field for field in fields if field not in answer]
    if unknown:
        blocks = ", ".join(key for key in answer if key not in HEADER)
        raise InputError(
            "fields names a block that this answer does not have.",
            hint=f"It has {blocks}.",
            pointer="/query/fields",
            code="unknown_field",
        )
    return {key: value for key, value in answer.items() if key in HEADER or key in fields}


def operation(name: str) -> dict[str, Any]:
    """What the OpenAPI document says of an answer in the form `name`."""
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {
        "response_class": Response,
        "responses": {
            200: {
                "description": "The answer.",
                "content": {"application/json": {"schema": schema}},
                "headers": {"ETag": {"schema": {"type": "string"}}},
            },
            304: {"description": "The asker holds the answer already, and may still have it."},
            **documented(400, 401, 403, 404, 503),
        },
    }


@router.get(at.DASHBOARD, **operation("Dashboard"))
def dashboard(services: Served, wanted: Parameters) -> Response:
    """Today, rhythm, due reviews, mastery overview, top gaps, next step."""
    return respond(services, wanted, AnswerName.DASHBOARD, at.DASHBOARD)


@router.get(at.MASTERY, **operation("Mastery"))
def mastery(services: Served, wanted: Parameters) -> Response:
    """Mastery of every topic with interval, trend and projection, its history and the topic hierarchy."""
    return respond(services, wanted, AnswerName.MASTERY, at.MASTERY)


@router.get("/v1/analytics/mastery/{topic:path}", **operation("MasteryTopic"))
def mastery_topic(services: Served, wanted: Parameters, topic: str) -> Response:
    """Mastery of one topic, with its history and its items."""
    asked = Particulars(name_of(topic, "topic", "/path/topic"))
    return respond(services, wanted, AnswerName.MASTERY_TOPIC, at.MASTERY_TOPIC, asked)


@router.get(at.REVIEWS, **operation("Reviews"))
def reviews(services: Served, wanted: Parameters) -> Response:
    """Topics due for review, the calendar of reviews and the curves of forgetting."""
    return respond(services, wanted, AnswerName.REVIEWS, at.REVIEWS)


@router.get(at.KNOWLEDGE_GAPS, **operation("KnowledgeGaps"))
def knowledge_gaps(services: Served, wanted: Parameters) -> Response:
    """Gaps in the order of severity and priority, each with a path, and the prerequisite graph."""
    return respond(services, wanted, AnswerName.KNOWLEDGE_GAPS, at.KNOWLEDGE_GAPS)


WINDOWS = (28, 84, 182)
"""Days that the answers about study may look back: four weeks, twelve, half a year."""

_WINDOW = f"Days to look back: {', '.join(map(str, WINDOWS))}; left out: 84."


def window_of(
    window: Annotated[str | None, Query(description=_WINDOW, examples=["28"])] = None,
) -> int | None:
    """The window that a request names.

    Raises:
        InputError: there is no such window (`window_invalid`).
    """
    if window is None:
        return None
    if window not in map(str, WINDOWS):
        raise InputError(
            "window is none of the windows there are.",
            hint=f"One of {', '.join(map(str, WINDOWS))} days, or none.",
            pointer="/query/window",
            code="window_invalid",
        )
    return int(window)


Window = Annotated[int | None, Depends(window_of)]


@router.get(at.STUDY_EFFICIENCY, **operation("StudyEfficiency"))
def study_efficiency(services: Served, wanted: Parameters, window: Window) -> Response:
    """Active against total time, focus, lengths of sessions, times of day, the trend; insights with their samples."""
    return respond(services, wanted, AnswerName.STUDY_EFFICIENCY, at.STUDY_EFFICIENCY, Particulars(window_days=window))


@router.get(at.STUDY_PATTERNS, **operation("StudyPatterns"))
def study_patterns(services: Served, wanted: Parameters, window: Window) -> Response:
    """Rhythm, timing, breaks, materials, accuracy within a session, and a suggested week."""
    return respond(services, wanted, AnswerName.STUDY_PATTERNS, at.STUDY_PATTERNS, Particulars(window_days=window))


@router.get(at.EXAM_READINESS, **operation("ExamReadiness"))
def exam_readiness(services: Served, wanted: Parameters) -> Response:
    """Readiness for the target exam with interval, predicted score, sections, timeline, and when it could be taken."""
    return respond(services, wanted, AnswerName.EXAM_READINESS, at.EXAM_READINESS)


@router.get(at.RECOMMENDATIONS, **operation("Recommendations"))
def recommendations(services: Served, wanted: Parameters) -> Response:
    """What to do next, in order: reviews, materials, practice, tutoring, each with its trigger and reason."""
    asked = recommending(services, wanted.principal, wanted.told_by)
    return respond(services, wanted, AnswerName.RECOMMENDATIONS, at.RECOMMENDATIONS, asked)
