"""/v1/models: which models there are, what they were trained on, how good they are. It names nobody."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from akademos.catalogue.roles import RULE_OF, Question
from akademos.errors import NotFound
from akademos.serving.gate import may_ask
from akademos.serving.principal import Principal, name_of
from akademos.serving.problems import documented
from akademos.serving.services import Asker, Served, Services
from akademos.stores.ports.model_watch import Look
from akademos.stores.ports.models import TrainedModel

router = APIRouter(tags=["governance"])

PATH = "/v1/models"
_HEADERS = {"Cache-Control": "no-store"}
_OPEN_TO = (Question.GOVERNANCE, Question.OPERATIONS, Question.AGGREGATE)
_LAST = 2**63 - 1


class Shift(BaseModel):
    """How far one input, or the output, lies from the training: PSI with its 95% interval, null without enough data."""

    figure: str
    learners: int
    value: float | None
    low: float | None
    high: float | None


class Watch(BaseModel):
    """The last nightly comparison of a version with its training."""

    watched_at: str
    status: str = Field(description="stable, watch, drifting or not_enough_data.")
    learners: int = Field(description="Whom it was compared on.")
    shift: float | None = Field(description="Lower end of the interval of what moved most for certain.")
    figures: list[Shift]


class ModelLine(BaseModel):
    """One version of one model."""

    model: str
    version: int
    state: str = Field(description="candidate, in service, to rebuild or retired.")
    trained_at: str
    promoted_at: str | None
    replaced_at: str | None
    rebuild_by: str | None = Field(description="Somebody whose rows trained it was erased: replaced by then.")
    learners: int = Field(description="How many people's rows trained it.")
    data_hash: str | None = Field(description="SHA-256 of the rows it was trained on.")
    learners_hash: str | None = Field(description="SHA-256 of the keyed digests of those people.")
    artefact_hash: str | None = Field(description="SHA-256 of the model.")
    watch: Watch | None = Field(description="Null where it was never in service at night.")


class ModelList(BaseModel):
    """Every version, by model, newest first."""

    models: list[ModelLine]


class ModelDetail(ModelLine):
    """One version with its card."""

    seed: int | None
    features: list[str]
    parameters: dict[str, Any]
    metrics: dict[str, Any] = Field(description="On learners who did not train it, with 95% intervals.")
    card: dict[str, Any] = Field(description="Intended use, data, metrics, fairness by group, limits.")


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")


def _line(one: TrainedModel, looks: Mapping[tuple[str, int], Look]) -> dict[str, Any]:
    look = looks.get((one.model, one.version))

    return {
        "model": one.model,
        "version": one.version,
        "state": one.state,
        **{name: _instant(getattr(one, name)) for name in ("trained_at", "promoted_at", "replaced_at", "rebuild_by")},
        **{name: getattr(one, name) for name in ("learners", "data_hash", "learners_hash", "artefact_hash")},
        "watch": None
        if look is None
        else {
            "watched_at": _instant(look.watched_at),
            **{name: getattr(look, name) for name in ("status", "learners", "shift", "figures")},
        },
    }


def _may_look(principal: Principal) -> None:
    """Cards are about no learner: open to every member of staff who asks about groups, governance or operations."""
    questions = RULE_OF[principal.role].questions
    may_ask(principal, next((one for one in _OPEN_TO if one in questions), Question.GOVERNANCE))


def _versions(services: Services, principal: Principal) -> list[TrainedModel]:
    _may_look(principal)
    return services.models.cards(principal.tenant_id)


def _looks(services: Services, principal: Principal) -> dict[tuple[str, int], Look]:
    return {(one.model, one.version): one for one in services.model_looks.newest(principal.tenant_id)}


@router.get(
    PATH,
    response_class=Response,
    responses={200: {"model": ModelList, "description": "The versions."}, **documented(401, 403, 503)},
)
def models(services: Served, principal: Asker) -> Response:
    """Every version of every model of the tenant."""
    versions = _versions(services, principal)
    looks = _looks(services, principal)
    body = {"models": [_line(one, looks) for one in versions]}
    return Response(orjson.dumps(body), headers=_HEADERS, media_type="application/json")


@router.get(
    "/v1/models/{name}/{version}",
    response_class=Response,
    responses={200: {"model": ModelDetail, "description": "The version."}, **documented(400, 401, 403, 404, 503)},
)
def model(services: Served, principal: Asker, name: str, version: Annotated[int, Path(ge=1, le=_LAST)]) -> Response:
    """One version with its features, metrics and card."""
    wanted = name_of(name, "name", "/path/name")
    found = [one for one in _versions(services, principal) if (one.model, one.version) == (wanted, version)]
    if not found:
        raise NotFound("There is no such version.", hint=f"{PATH} lists them.", code="unknown_model")
    one = found[0]
    body = {
        **_line(one, _looks(services, principal)),
        **{name: getattr(one, name) for name in ("seed", "parameters", "metrics", "card")},
        "features": list(one.features),
    }
    return Response(orjson.dumps(body), headers=_HEADERS, media_type="application/json")
