"""What is published of contents is never one person's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from akademos.analytics.content_effectiveness import content_tables
from akademos.analytics.content_use import USE, by_learner, conform_events, halves
from akademos.analytics.item_answers import ANSWERS, first_attempts
from akademos.jobs.content_tables import published_contents

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
NOW = MONDAY + timedelta(days=60)


def published(rows: list[dict[str, Any]], enrolled: int = 0, waiting: int = 0) -> dict[str, Any]:
    """What may be said of one video from events about it."""
    about = {"course_id": "c", "material_id": "m", "material_kind": "video"}
    events = pl.DataFrame([{"event_id": f"e{n}", **about, **row} for n, row in enumerate(rows)])
    people = by_learner(conform_events(events, NOW)).with_columns(seen_until=pl.lit(NOW))
    attempts = first_attempts(pl.DataFrame(schema=ANSWERS), NOW)
    tables = content_tables(people, attempts, topics={}, item_topics={}, enrolled={"c": enrolled})
    split = halves(tables["contents"].select(list(USE)), people)
    return published_contents(tables, split, 10, {"m": waiting})["m", ""]


def watched(person: int, second: float, day: int = 0, name: str = "material_progressed") -> dict[str, Any]:
    at = MONDAY + timedelta(days=day)
    return {"learner_key": f"p{person:03}", "occurred_at": at, "event_name": name, "media_second": second}


def test_the_end_of_a_video_is_not_where_one_person_got_to() -> None:
    leave = [watched(person, 60.0) for person in range(20)]
    alone = published([*leave, *(watched(20 + n, 120.0) for n in range(20)), watched(40, 263.0)])
    assert alone["drop_off"]["points"] == [[0, 1.0], [61, 0.5]]
    assert alone["drop_off"]["end"] == 120
    completed = [watched(20 + n, 120.0, name="material_completed") for n in range(20)]
    ended = published([*leave, *completed, watched(40, 263.0)])
    assert ended["drop_off"]["end"] == 260  # who completed it came as far as anybody; two digits


def test_later_learners_are_those_from_a_week_on_not_from_the_day_of_one() -> None:
    rows = [watched(n, 60.0, day=n // 20, name="material_completed" if n % 2 else "material_opened") for n in range(80)]
    assert published(rows)["drift"]["later_from"] == "2026-03-02"  # the first of them on the fourth


def test_reach_allows_for_parts_in_which_fewer_than_k_opened_it() -> None:
    opened = [watched(person, 60.0) for person in range(20)]
    all_read, two_wait = published(opened, 300), published(opened, 300, waiting=2)
    assert (all_read["reach"]["value"], all_read["reach"]["high"]) == (0.07, 0.1)
    assert (two_wait["reach"]["value"], two_wait["reach"]["low"], two_wait["reach"]["high"]) == (0.07, 0.05, 0.17)
    few = published(opened, 500)
    assert "hardly_opened" in few["reasons"]
    assert "hardly_opened" not in published(opened, 500, waiting=3)["reasons"]
    assert published(opened, 30, waiting=1)["reach"]["high"] == 1.0
