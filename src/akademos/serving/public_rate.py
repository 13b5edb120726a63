"""How fast one address may ask what anybody may ask: so that nobody tries codes, or keeps others from asking."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict

from akademos.catalogue.records.policies import RECORD_LIMITS
from akademos.intake.rate import TokenBucket

ADDRESSES_KEPT = 10_000


class PublicRate:
    """A bucket for each address, in this process and in memory only; the addresses that ask least lately are let go."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, address: str) -> None:
        """Let a request of an address pass.

        Raises:
            TooFast: it has asked too often; with the seconds to wait.
        """
        now = time.monotonic()
        with self._lock:
            bucket = self._buckets.get(address)
            if bucket is None:
                if len(self._buckets) >= ADDRESSES_KEPT:
                    self._buckets.popitem(last=False)
                rate, burst = RECORD_LIMITS.public_requests_per_second, RECORD_LIMITS.public_requests_burst
                bucket = self._buckets[address] = TokenBucket(rate, burst, now, of="requests")
            self._buckets.move_to_end(address)
            bucket.take(1, now)
