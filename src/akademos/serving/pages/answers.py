"""The JSON answers of /v1/analytics read into typed forms, once, at the edge of the pages.

Absent optional fields become None or empty, so that a page never breaks on an answer that says less. Shares
that are not finite are refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from akademos.serving.charts.marks import finite

Json = Mapping[str, Any]


@dataclass(frozen=True)
class LoadFailure:
    """Stands in for an answer that could not be had; the page shows it with a way to try again."""

    reason: str
    last_good_at: datetime | None = None


@dataclass(frozen=True)
class Header:
    """What every answer says about itself; `now` is as_of in the learner's time zone."""

    learner_key: str
    display_name: str | None
    now: datetime
    computed_at: datetime | None
    clock: str
    time_zone: str
    provenance: Json

    @property
    def has_days(self) -> bool:
        """Whether answers carry at least a date."""
        return self.clock in ("exact", "day")


@dataclass(frozen=True)
class Estimate:
    """A level with its likely range (shares 0..1), what it rests on, and why it is missing when it is."""

    status: str
    value: float | None
    low: float | None
    high: float | None
    answers: int | None
    level: str | None
    reason: str | None

    @property
    def ok(self) -> bool:
        return self.status == "ok" and self.value is not None


@dataclass(frozen=True)
class HistoryPoint:
    """The level on one day."""

    day: date
    value: float | None
    low: float | None
    high: float | None


def text_of(value: object) -> str | None:
    """A non-empty string, else None."""
    return value if isinstance(value, str) and value else None


def share_of(value: object) -> float | None:
    """A finite number, or None; a refusal when it is NaN or infinite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return finite(float(value), "share")


def count_of(value: object) -> int | None:
    """A whole number, or None."""
    number = share_of(value)
    return None if number is None else round(number)


def block(answer: Json, name: str) -> Json:
    """The object under `name`, empty when absent."""
    inner = answer.get(name)
    return inner if isinstance(inner, Mapping) else {}


def rows(answer: Json, name: str) -> list[Json]:
    """The list of objects under `name`, empty when absent."""
    inner = answer.get(name)
    if not isinstance(inner, Sequence) or isinstance(inner, str):
        return []
    return [row for row in inner if isinstance(row, Mapping)]


def status_of(answer: Json) -> str:
    """A block's status; one that says nothing holds no data."""
    return text_of(answer.get("status")) or "no_data"


def moment(value: object) -> datetime | None:
    """An ISO 8601 moment as aware UTC; one without an offset is taken as UTC."""
    if not isinstance(value, str) or not value:
        return None
    at = datetime.fromisoformat(value)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def day_of(value: object) -> date | None:
    """An ISO 8601 date (or the date of a moment)."""
    return date.fromisoformat(value[:10]) if isinstance(value, str) and value else None


def header_of(answer: Json) -> Header:
    """The header, its as_of moved into the learner's zone."""
    learner = block(answer, "learner")
    zone = text_of(answer.get("time_zone")) or "UTC"
    as_of = moment(answer.get("as_of")) or moment(answer.get("computed_at")) or datetime.fromtimestamp(0, UTC)
    return Header(
        learner_key=str(learner.get("key", "")),
        display_name=text_of(learner.get("display_name")),
        now=as_of.astimezone(ZoneInfo(zone)),
        computed_at=moment(answer.get("computed_at")),
        clock=text_of(answer.get("clock")) or "none",
        time_zone=zone,
        provenance=block(answer, "provenance"),
    )


def estimate_of(answer: Json) -> Estimate:
    """An estimate block, of a topic, of all topics or of recall."""
    return Estimate(
        status=status_of(answer),
        value=share_of(answer.get("value")),
        low=share_of(answer.get("low")),
        high=share_of(answer.get("high")),
        answers=count_of(block(answer, "sample").get("answers")),
        level=text_of(answer.get("level")),
        reason=text_of(answer.get("reason")),
    )


def history_of(answer: Json) -> list[HistoryPoint]:
    """The history in ascending days; rows without a date are left out."""
    points = [
        HistoryPoint(day, share_of(row.get("value")), share_of(row.get("low")), share_of(row.get("high")))
        for row in rows(answer, "history")
        if (day := day_of(row.get("date"))) is not None
    ]
    return sorted(points, key=lambda point: point.day)


def counts_of(entries: Sequence[Json], what: str) -> dict[date, int]:
    """Counts by day from rows {"date", `what`}."""
    return {day: count_of(row.get(what)) or 0 for row in entries if (day := day_of(row.get("date"))) is not None}


def topic_name(row: Json) -> str:
    """A topic's name, its id when it has none."""
    return text_of(row.get("name")) or str(row.get("topic_id", ""))
