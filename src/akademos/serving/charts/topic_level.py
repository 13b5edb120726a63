"""A topic as several pictures need it: its name and how well it is known."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TopicLevel:
    """Level and likely range as shares 0..1, None where there is no estimate. `group` names its parent."""

    topic_id: str
    name: str
    value: float | None
    low: float | None = None
    high: float | None = None
    group: str = ""
