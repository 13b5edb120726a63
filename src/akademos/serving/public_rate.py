"""How fast one address may ask what anybody may ask: so that nobody tries codes, or keeps others from asking."""

from __future__ import annotations

import time

from akademos.catalogue.records.policies import RECORD_LIMITS
from akademos.intake.rate import Rate, TokenBuckets

RATE = Rate(RECORD_LIMITS.public_requests_per_second, RECORD_LIMITS.public_requests_burst, of="requests")


class PublicRate:
    """A bucket for each address, in memory only and over all processes that share `buckets`."""

    def __init__(self, buckets: TokenBuckets | None = None) -> None:
        self._buckets = buckets or TokenBuckets()

    def take(self, address: str) -> None:
        """Let a request of an address pass; called in the event loop's thread.

        Raises:
            TooFast: it has asked too often; with the seconds to wait.
        """
        self._buckets.take(b"public/" + address.encode(), RATE, 1, time.monotonic())
