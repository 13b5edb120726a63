"""The page about models, for whoever may ask /v1/models; kind and version stand in the address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from akademos.catalogue.risk_datasets import RISK_MODELS
from akademos.serving.languages import language_of
from akademos.serving.model_answers import sees_all_models, told_version, told_versions
from akademos.serving.pages.models import first_to_show, render_models
from akademos.serving.principal import name_of
from akademos.serving.routes.models import LAST, PATH
from akademos.serving.routes.pages import HEADERS, MODELS, name_of_asker, shell_for
from akademos.serving.services import Asker, Served

router = APIRouter(include_in_schema=False)


@router.get(MODELS)
def models_page(
    request: Request,
    services: Served,
    principal: Asker,
    model: Annotated[str, Query()] = "",
    version: Annotated[int | None, Query(ge=1, le=LAST)] = None,
    lang: Annotated[str, Query()] = "",
) -> Response:
    """What serves, what it was trained on, how good it is and for whom, how it has moved."""
    lines = told_versions(services, principal)
    wanted = name_of(model, "model", "/query/model") if model else None
    place = first_to_show(lines, wanted)
    if wanted is not None and (version is not None or place is None):
        place = (wanted, version or 1)  # one that there is none of is refused as /v1/models refuses it
    shown = None if place is None else told_version(services, principal, *place)
    shell, _ = shell_for(
        services, request, principal, person=name_of_asker(services, principal), language=language_of(request, lang)
    )
    only = () if sees_all_models(principal.role) else RISK_MODELS
    return HTMLResponse(render_models(lines, shown, shell=shell, data=PATH, only=only), headers=HEADERS)
