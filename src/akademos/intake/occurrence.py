"""When did it happen? The sender's clock, corrected by what that clock said at sending, never after receipt."""

from __future__ import annotations

from datetime import datetime

from akademos.catalogue.policies import LIMITS


def occurred_at(client_timestamp: datetime | None, sent_at: datetime | None, received_at: datetime) -> datetime | None:
    """client_timestamp + (received_at - sent_at), at most received_at; receipt itself where no clock was sent.

    None for an instant over 24 hours after receipt: no clock is that wrong.

    Example:
        >>> from datetime import UTC, datetime
        >>> fast = datetime(2026, 1, 1, 12, 5, tzinfo=UTC)  # a clock that is five minutes fast
        >>> occurred_at(fast, fast, datetime(2026, 1, 1, 12, 0, tzinfo=UTC)).isoformat()
        '2026-01-01T12:00:00+00:00'
    """
    if client_timestamp is None:
        return received_at
    moment = client_timestamp
    if sent_at is not None:
        try:
            moment += received_at - sent_at
        except OverflowError:
            moment = client_timestamp
    if moment <= received_at:
        return moment
    return None if moment - received_at > LIMITS.future else received_at


def is_too_old(happened: datetime, received_at: datetime) -> bool:
    """Beyond offline sync: accepted only if the index of ids still knows it (then it is a duplicate)."""
    return received_at - happened > LIMITS.offline
