"""/v1/models: which models there are, what they were trained on, how good they are. It names nobody."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path
from pydantic import BaseModel, Field
from starlette.responses import Response

from akademos.serving.model_answers import told_version, told_versions
from akademos.serving.principal import name_of
from akademos.serving.problems import documented
from akademos.serving.services import Asker, Served

router = APIRouter(tags=["governance"])

PATH = "/v1/models"
_HEADERS = {"Cache-Control": "no-store"}
LAST = 2**63 - 1
"""The greatest number of a version."""


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


class PastLook(BaseModel):
    """One of the nightly comparisons."""

    watched_at: str
    status: str
    learners: int
    most: Shift | None = Field(description="What moved most for certain; null without enough data.")


class Comparison(BaseModel):
    """Mean loss of held-out learners under this version and under what served, or the baseline; smaller is better."""

    learners: int
    new: float | None
    old: float | None
    difference: float | None = Field(description="New minus old.")
    upper: float | None = Field(description="Upper end of its one-sided 95% interval; promoted where below zero.")
    promoted: bool
    reason: str
    against: str


class Withheld(BaseModel):
    """What is left out because fewer held-out learners than `floor` stand in it."""

    floor: int
    groups: int
    bins: int = Field(description="Bins of the reliability of a chance.")


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
    comparison: Comparison | None = Field(description="Why it was promoted, or not; null where nothing is compared.")
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
    withheld: Withheld
    looks: list[PastLook] = Field(description="Of the last 90 days, oldest first.")
    drift_limit: float = Field(description="PSI beyond which it drifts.")


@router.get(
    PATH,
    response_class=Response,
    responses={200: {"model": ModelList, "description": "The versions."}, **documented(401, 403, 503)},
)
def models(services: Served, principal: Asker) -> Response:
    """Every version of every model of the tenant."""
    body = {"models": told_versions(services, principal)}
    return Response(orjson.dumps(body), headers=_HEADERS, media_type="application/json")


@router.get(
    "/v1/models/{name}/{version}",
    response_class=Response,
    responses={200: {"model": ModelDetail, "description": "The version."}, **documented(400, 401, 403, 404, 503)},
)
def model(services: Served, principal: Asker, name: str, version: Annotated[int, Path(ge=1, le=LAST)]) -> Response:
    """One version with its features, metrics and card."""
    body = told_version(services, principal, name_of(name, "name", "/path/name"), version)
    return Response(orjson.dumps(body), headers=_HEADERS, media_type="application/json")
