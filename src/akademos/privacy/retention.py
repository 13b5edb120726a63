"""How long events are kept: a period an event type, counted from `retention_from`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from akademos.catalogue.declarations import EventType


def cutoffs(events: Iterable[EventType], now: datetime) -> dict[str, datetime]:
    """By event name the instant before which retention must have begun for a row to be due for deletion.

    A row of exactly that age is still kept: the period has ended only after it.

    Example:
        >>> from datetime import UTC
        >>> from akademos.catalogue.registry import builtin
        >>> cutoffs([builtin().latest("question_submitted")], datetime(2026, 3, 2, tzinfo=UTC))
        {'question_submitted': datetime.datetime(2024, 3, 2, 0, 0, tzinfo=datetime.timezone.utc)}
    """
    return {event.name: now - event.retention for event in events}
