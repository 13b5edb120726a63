"""/v1/learners: whom an instructor may look at."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from akademos.serving import services as at
from akademos.serving.problems import documented
from akademos.serving.services import Asker, Served
from akademos.stores.ports.access import RosterLearner

router = APIRouter(tags=["learners"])

PATH = "/v1/learners"
INTERVAL = 0.8
"""Coverage of the interval around a mastery, as the metric declares it."""

_CURSOR = "The `next` of the page before."


class LastMastery(BaseModel):
    """Mastery over all topics as of the last nightly run (shares)."""

    status: str
    value: float | None
    low: float | None
    high: float | None
    interval: float
    sample: dict[str, int]
    as_of: str | None


class LearnerName(BaseModel):
    """Whom a line is about."""

    key: str
    display_name: str | None


class ListedLearner(BaseModel):
    """A consenting learner of one of the asker's courses."""

    learner: LearnerName
    user_id: str | None
    courses: list[str] = Field(description="Titles of the courses shared with the asker.")
    events: int
    clock: str
    last_active_at: str | None
    mastery: LastMastery


class LearnerList(BaseModel):
    """One page, in the order of keys."""

    learners: list[ListedLearner]
    withheld: int | None = Field(
        description="Enrolled learners who do not consent, and so are not listed: rounded; null when so few, or "
        "nobody, that the number would say who."
    )
    next: str | None = Field(description="Cursor of the next page.")


@router.get(
    PATH,
    response_class=Response,
    responses={200: {"model": LearnerList, "description": "The list."}, **documented(400, 401, 403, 503)},
)
def own_learners(
    services: Served,
    principal: Asker,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    cursor: Annotated[str | None, Query(max_length=36, description=_CURSOR)] = None,
) -> Response:
    """The learners of the instructor's own courses who consent to learning support."""
    own = services.gate.own_learners(principal, PATH, services.purposes_of(at.MASTERY))
    ordered = sorted(own.learners, key=lambda learner: learner.learner_key)
    rest = [learner for learner in ordered if cursor is None or learner.learner_key > cursor]
    page = rest[:limit]
    body = {
        "learners": [listed(learner) for learner in page],
        "withheld": own.withheld,
        "next": page[-1].learner_key if len(rest) > limit else None,
    }
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type="application/json")


def listed(learner: RosterLearner) -> dict[str, object]:
    """One learner as JSON."""
    return {
        "learner": {"key": learner.learner_key, "display_name": learner.display_name},
        "user_id": learner.user_id,
        "courses": list(learner.courses),
        "events": learner.events,
        "clock": learner.clock,
        "last_active_at": _instant(learner.last_event_at),
        "mastery": {
            "status": learner.mastery_status,
            "value": learner.mastery,
            "low": learner.mastery_low,
            "high": learner.mastery_high,
            "interval": INTERVAL,
            "sample": {"answers": learner.mastery_answers},
            "as_of": _instant(learner.mastery_as_of),
        },
    }


def _instant(at_instant: datetime | None) -> str | None:
    return None if at_instant is None else at_instant.isoformat().replace("+00:00", "Z")
