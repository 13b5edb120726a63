"""Addresses for whoever runs the installation: alive, ready, metrics. None holds a learner's data."""

from __future__ import annotations

import os

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.responses import Response

from akademos import __version__
from akademos.serving.problems import documented
from akademos.serving.services import Served

router = APIRouter(tags=["operations"])

METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Environment variable of the folder in which all processes of an installation keep their metrics."""


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
    if os.environ.get(METRICS_FOLDER):
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # prometheus_client leaves it untyped
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
