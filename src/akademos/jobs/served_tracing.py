"""The knowledge-tracing model of a tenant, as it was in service at an instant."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime

from akademos.analytics.next_answer import ServedTracing
from akademos.analytics.tracing_model import NAME, TracingModel
from akademos.errors import InputError
from akademos.stores.ports.models import ServedModels, TrainedModel

MODELS_KEPT = 4
"""One takes about 10 MB."""
FACTS_KEPT = 64


class TracingInService:
    """Reads models from the registry; keeps the latest ones of this process."""

    def __init__(self, models: ServedModels) -> None:
        self._models = models
        self._kept: OrderedDict[tuple[str, int], ServedTracing | None] = OrderedDict()
        self._facts: OrderedDict[tuple[str, int], TrainedModel | None] = OrderedDict()
        self._lock = threading.Lock()

    def version_at(self, tenant_id: str, at: datetime) -> int | None:
        """The version that was in service at an instant."""
        return self._models.in_service_at(tenant_id, NAME, at)

    def at(self, tenant_id: str, at: datetime) -> ServedTracing | None:
        """The model that was in service at an instant; None without one, or where its bytes are no longer kept or are
        of another release."""
        version = self.version_at(tenant_id, at)
        if version is None:
            return None
        key = tenant_id, version
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = self._read(tenant_id, version)
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > MODELS_KEPT:
                self._kept.popitem(last=False)
        return made

    def facts(self, tenant_id: str, version: int | None) -> TrainedModel | None:
        """What the registry says of a version; its metrics never change."""
        if version is None:
            return None
        key = tenant_id, version
        with self._lock:
            if key in self._facts:
                return self._facts[key]
        found = self._models.version(tenant_id, NAME, version)
        with self._lock:
            self._facts[key] = found
            while len(self._facts) > FACTS_KEPT:
                self._facts.popitem(last=False)
        return found

    def _read(self, tenant_id: str, version: int) -> ServedTracing | None:
        data = self._models.artefact(tenant_id, NAME, version)
        if data is None:
            return None
        try:
            made = ServedTracing(TracingModel.from_bytes(data), version)
            made.trees  # noqa: B018  # trees of another release are told here, not at the first answer
        except InputError as unreadable:
            if unreadable.code != "model_unreadable":
                raise
            return None
        return made
