"""Addresses for whoever runs the installation: alive, ready, metrics. None holds a learner's data."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from akademos import __version__
from akademos.serving.problems import documented
from akademos.serving.services import Served
from akademos.telemetry import all_processes

router = APIRouter(tags=["operations"])


@router.get("/healthz")
async def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok", "version": __version__}


@router.get("/readyz", responses=documented(503))
def ready(services: Served) -> dict[str, str]:
    """The process and its store answer."""
    services.readings.ready()
    return {"status": "ready"}


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics() -> Response:
    """Prometheus metrics of all processes of this installation."""
    return Response(generate_latest(all_processes()), media_type=CONTENT_TYPE_LATEST)
