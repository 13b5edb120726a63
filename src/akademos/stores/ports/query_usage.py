"""Port of what questions took: seconds of the server by tenant and kind of question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Taken:
    """So many answers to questions of one kind took so long together."""

    answers: int
    seconds: float

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.answers + other.answers, self.seconds + other.seconds)


QuerySeconds = Mapping[tuple[str, str], Taken]
"""By tenant and kind of question, which is method and address as declared: GET /v1/analytics/mastery/{topic}."""


class QueryUsage(Protocol):
    """Append-only; in as many processes at once as there are."""

    def append(self, taken: QuerySeconds, noted_at: datetime) -> None:
        """Keep what was taken since the last time, all of it or nothing.

        Raises:
            Unavailable: the store is down or its disk full; nothing was kept.
        """
        ...
