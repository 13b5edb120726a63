"""The head of every answer: about whom, as of when, from what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from akademos.analytics.parameters import DEFAULT, Parameters
from akademos.jobs.answers.rows import Tables, rows
from akademos.stores.ports.models import TrainedModel

_NOTES = {
    "exact": "Computed from every scored answer up to as_of.",
    "day": "The source knows days but no hours: days and reviews are right to the day.",
    "order": "The source knows only the order of answers, not when they were given: "
    "reviews, trend, projection and rhythm need a clock.",
    "none": "No answers yet: the first five on a topic give its first estimate.",
}


@dataclass(frozen=True, slots=True)
class Header:
    """Facts about an answer that the tables do not hold.

    `computed_at` is when the state was written; `note` replaces the computed note where the caller has a better one;
    `tracing` is what the registry says of the knowledge-tracing model in service.
    """

    learner_key: str
    as_of: datetime
    computed_at: datetime
    display_name: str | None = None
    note: str | None = None
    tracing: TrainedModel | None = None
    parameters: Parameters = DEFAULT


def instant(value: datetime) -> str:
    """ISO 8601 in UTC with a Z, to the second (microseconds only when there are any)."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def head(evaluated: Tables, header: Header) -> dict[str, Any]:
    """The keys that every answer starts with."""
    row = rows(evaluated, "learner").records()[0]
    return {
        "learner": {"key": header.learner_key, "display_name": header.display_name},
        "as_of": instant(header.as_of),
        "computed_at": instant(header.computed_at),
        "clock": row["clock"],
        "time_zone": row["time_zone"],
        "provenance": {
            "events": row["events"],
            "answers": row["answers"],
            "first_event_at": row["first_event_at"],
            "last_event_at": row["last_event_at"],
            "definition": header.parameters.definition,
            "parameters": header.parameters.version,
            "item_difficulty": row["item_difficulty"],
            "note": header.note or _NOTES[row["clock"]],
        },
    }
