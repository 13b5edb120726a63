"""When did it happen? The sender's clock, corrected by what that clock said at sending, never after receipt."""

from __future__ import annotations

from datetime import datetime

from akademos.catalogue.policies import LIMITS


def occurred_at(client_timestamp: datetime | None, sent_at: datetime | None, received_at: datetime) -> datetime:
    """client_timestamp + (received_at - sent_at), at most received_at; receipt itself where no clock was sent.

    Example:
        >>> from datetime import UTC, datetime
        >>> fast = datetime(2026, 1, 1, 12, 5, tzinfo=UTC)  # a clock that is five minutes fast
        >>> occurred_at(fast, fast, datetime(2026, 1, 1, 12, 0, tzinfo=UTC)).isoformat()
        '2026-01-01T12:00:00+00:00'
    """
    if client_timestamp is None:
        return received_at
    return min(corrected(client_timestamp, sent_at, received_at), received_at)


def corrected(client_timestamp: datetime, sent_at: datetime | None, received_at: datetime) -> datetime:
    """The sender's instant on the server's clock, before it is capped at receipt."""
    if sent_at is None:
        return client_timestamp
    try:
        return client_timestamp + (received_at - sent_at)
    except OverflowError:
        return client_timestamp


def is_ahead(client_timestamp: datetime, sent_at: datetime | None, received_at: datetime) -> bool:
    """More than 24 hours after receipt: refused, no clock is that wrong."""
    return corrected(client_timestamp, sent_at, received_at) - received_at > LIMITS.future


def is_too_old(happened: datetime, received_at: datetime) -> bool:
    """Beyond offline sync: accepted only if the index of ids still knows it (then it is a duplicate)."""
    return received_at - happened > LIMITS.offline
