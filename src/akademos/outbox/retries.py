"""When a delivery that failed is tried again, and when it is given up. Pure: chance is an argument."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal, TypeAlias

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
DEFAULT_ATTEMPTS = 10
"""With the pauses above about an hour and a half, at full jitter half of it on average."""

Outcome: TypeAlias = Literal["delivered", "again", "gone"]

_TOO_EARLY, _TOO_MANY, _TIMEOUT, _GONE = 425, 429, 408, 410


def pause(failures: int, chance: float) -> timedelta:
    """How long to wait after so many failures in a row: doubling, capped, with jitter over the upper half.

    The upper half only, so that a recipient in trouble gets at least that much peace; jitter, so that many consumers
    of one recipient do not come back at the same instant.

    Args:
        failures: 1 or more.
        chance: in 0..1.

    Example:
        >>> [pause(one, 1.0).total_seconds() for one in (1, 2, 3, 20)], pause(2, 0.0).total_seconds()
        ([5.0, 10.0, 20.0, 3600.0], 5.0)
    """
    doublings = min(max(failures, 1) - 1, 30)
    longest = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << doublings))
    return longest * (0.5 + 0.5 * chance)


def outcome_of(status: int) -> Outcome:
    """What an answer means: taken; try again; `gone` when the recipient says that it wants nothing any more (410).

    Everything else is tried again, refusals too: what a recipient refuses today it may take when it is repaired, and
    after the last attempt it lies in the dead letters, to be replayed.

    Example:
        >>> outcome_of(204), outcome_of(503), outcome_of(422), outcome_of(410)
        ('delivered', 'again', 'again', 'gone')
    """
    if 200 <= status < 300:
        return "delivered"
    return "gone" if status == _GONE else "again"


def asked_pause(status: int, retry_after: str | None) -> timedelta | None:
    """How long the recipient asks us to wait, where it says so in seconds; an hour at most.

    Example:
        >>> asked_pause(429, "30"), asked_pause(503, "9999999").total_seconds(), asked_pause(200, "30")
        (datetime.timedelta(seconds=30), 3600.0, None)
    """
    if status not in (_TIMEOUT, _TOO_EARLY, _TOO_MANY, 503) or not retry_after or not retry_after.strip().isdigit():
        return None
    return min(LONGEST_PAUSE, timedelta(seconds=int(retry_after.strip()[:9])))
