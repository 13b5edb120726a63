"""A change of progress emits an event, through the same door as everybody's: consent decides about it there.

The event bears the id of its place in the sequence, so one that is sent again after a crash is a duplicate.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import orjson
import structlog

from akademos.intake.receive import Intake
from akademos.learning.observations import PROGRESS_CHANGED
from akademos.stores.ports.api_keys import ApiKey
from akademos.stores.ports.progress import ProgressChange, ProgressEvents

log = structlog.get_logger()

SOURCE = "akademos"
"""Under which name the platform itself sends."""

AT_ONCE = 1_000
_ORIGINS: dict[str, str] = {"observe": "event", "roll_up": "roll_up"}


class ProgressEventsJob:
    """Emits; one at a time, since an event loop of its own writes to landing."""

    def __init__(self, changes: ProgressEvents, intake: Intake, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """`close` ends what the intake writes with."""
        self._changes = changes
        self._intake = intake
        self._close = close
        self._loop: asyncio.AbstractEventLoop | None = None

    def once(self) -> int:
        """Emit the next changes; how many there were, events or not."""
        found = self._changes.unpublished(AT_ONCE)
        if found is None:
            return 0
        tenant_id, position, changes = found
        if changes:
            self._send(tenant_id, changes)
        self._changes.published(tenant_id, position)
        return max(1, len(changes))

    def drain(self) -> int:
        """Emit until nothing waits."""
        done = 0
        while count := self.once():
            done += count
        return done

    def close(self) -> None:
        """Let go of the connection to landing."""
        if self._loop is not None:
            self._loop.run_until_complete(self._close())
            self._loop.close()
            self._loop = None

    def _send(self, tenant_id: str, changes: Sequence[ProgressChange]) -> None:
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        key = ApiKey(tenant_id, SOURCE, SOURCE, frozenset({"ingest"}), rate_per_s=1, burst=1, strict=False)
        body = orjson.dumps({"events": [event(one) for one in changes]})
        answer = self._loop.run_until_complete(self._intake.batch(key, body, "", "application/json", None))
        if answer.counts["rejected"]:
            codes = sorted({one["code"] for one in answer.verdicts if one["verdict"] == "rejected"})
            log.error("progress_events_rejected", tenant=tenant_id, events=answer.counts["rejected"], codes=codes)


def event(change: ProgressChange) -> dict[str, Any]:
    """The event of a change, as a sender would send it."""
    properties: dict[str, Any] = {
        "content_kind": change.content.kind,
        "content_id": change.content.id,
        "progress_state": change.state,
        "progress": change.percent / 100,
        "progress_origin": _ORIGINS.get(change.action, "record"),
    }
    if change.percent_before is not None:
        properties["progress_before"] = change.percent_before / 100
    if change.revision is not None:
        properties["content_version"] = str(change.revision)
    told: dict[str, Any] = {
        "event_id": change.event_id,
        "event_name": PROGRESS_CHANGED,
        "client_timestamp": change.at.isoformat(),
        "subject_id": change.user_id,
        "properties": properties,
    }
    if change.course_id is not None:
        told["course_id"] = change.course_id
    return told
