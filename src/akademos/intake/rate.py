"""Token bucket per key: `rate` events a second on average, `burst` at once."""

from __future__ import annotations

from math import ceil

from akademos.errors import TooFast


class TokenBucket:
    """One key's bucket in one process; the clock (monotonic seconds) is an argument."""

    __slots__ = ("_at", "_of", "_tokens", "burst", "rate")

    def __init__(self, rate: float, burst: float, now: float, *, of: str = "events") -> None:
        self._of = of
        self.rate = rate
        self.burst = burst
        self._tokens = burst
        self._at = now

    def take(self, events: int, now: float) -> None:
        """Take tokens for `events`.

        Raises:
            TooFast: the bucket holds less, or a charge has emptied it; with the seconds until it would pass.
        """
        self._fill(now)
        if self._tokens < events or self._tokens <= 0:
            wait = ceil((max(events, 1) - self._tokens) / self.rate)
            raise TooFast(
                f"This key may send {self.rate:g} {self._of} a second.",
                hint=f"Send the same {'ids' if self._of == 'events' else 'request'} again after the pause given.",
                retry_after_s=max(1, wait),
            )
        self._tokens -= events

    def charge(self, events: int, now: float) -> None:
        """Take tokens for events already received; what is overdrawn makes the next `take` wait."""
        self._fill(now)
        self._tokens -= events

    def _fill(self, now: float) -> None:
        self._tokens = min(self.burst, self._tokens + (now - self._at) * self.rate)
        self._at = now
