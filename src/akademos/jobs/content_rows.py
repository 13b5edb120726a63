"""What learners did with contents and items, a row a learner and content or item, ready to be counted and kept.

An entry is what editions are made of: one content or item in all its versions, or the journeys of the course.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from akademos.analytics.content_use import by_learner, conform_events
from akademos.analytics.item_answers import ANSWERS, conform_answers, first_answers
from akademos.jobs.past_tables import ANSWERED, MATERIAL_PREFIX
from akademos.privacy.disclosure_editions import Counted, Editions

JOURNEYS = "journeys"
"""The entry under which events count in journeys."""

CONTENT_ENTRY, ITEM_ENTRY = "content:", "item:"
"""What the entries of contents and items begin with; their id follows."""

COLUMNS = (
    "learner_key",
    "event_id",
    "event_name",
    "occurred_at",
    "time_precision",
    "course_id",
    "question_id",
    "material_id",
    "assessment_id",
    "attempt_number",
    "score",
    "duration_seconds",
    "properties",
)
_PROPERTIES = pl.Struct(
    {
        "material_kind": pl.String,
        "material_version": pl.String,
        "media_second": pl.Float64,
        "scroll_share": pl.Float64,
        "item_version": pl.String,
        "guess_seconds": pl.Float64,
        "chosen_options": pl.List(pl.String),
    }
)
ENTRY = "entry"
"""Column of the entry."""
CONTENTS = pl.Schema(
    {
        "course_id": pl.String(),
        "material_id": pl.String(),
        "material_version": pl.String(),
        "learner_key": pl.String(),
        "kind": pl.String(),
        "first_at": pl.Datetime("us", "UTC"),
        "completed": pl.Boolean(),
        "completed_at": pl.Datetime("us", "UTC"),
        "seconds": pl.Float64(),
        "days": pl.UInt32(),
        "second": pl.Float64(),
        "scroll": pl.Float64(),
        ENTRY: pl.String(),
        "events": pl.Int64(),
    }
)
"""`content_use.by_learner`, with the entry and how many events a row rests on."""
ITEMS = pl.Schema([*ANSWERS.items(), (ENTRY, pl.String())])
"""First answers, with the entry."""


@dataclass(frozen=True, slots=True)
class ContentRows:
    """Of some learners: `contents`, `items`, and learner_key, course_id, `events` in all."""

    contents: pl.DataFrame
    items: pl.DataFrame
    activity: pl.DataFrame


def content_rows(events: pl.DataFrame, known: Mapping[str, pl.DataFrame], as_of: datetime) -> ContentRows:
    """The rows of some learners.

    Args:
        events: rows of the event log with `COLUMNS`.
        known: tables of the records; course and kind of a content or item stand there where an event names none.
        as_of: what happened later does not exist.
    """
    told = pl.lit(None, _PROPERTIES) if not events.height else pl.col("properties").str.json_decode(_PROPERTIES)
    rows = (
        in_courses(events.filter(pl.col("time_precision") != "order"), known)
        .with_columns(told=told)
        .unnest("told")
        .with_columns(material_kind=pl.coalesce("material_kind", "kind"))
    )
    about = conform_events(
        rows.filter(pl.col("event_name").str.starts_with(MATERIAL_PREFIX), pl.col("material_id").is_not_null()), as_of
    )
    key = ["learner_key", "course_id", "material_id", "material_version"]
    counted = about.group_by(key).agg(events=pl.len().cast(pl.Int64))
    contents = by_learner(about).join(counted, on=key).with_columns(content_entry().alias(ENTRY))
    answered = rows.filter(pl.col("event_name") == ANSWERED, pl.col("question_id").is_not_null())
    items = conform_answers(first_answers(answered, as_of)).with_columns(item_entry().alias(ENTRY))
    activity = rows.group_by("learner_key", "course_id").agg(events=pl.len().cast(pl.Int64))
    return ContentRows(contents.select(CONTENTS.names()), items.select(ITEMS.names()), activity)


def in_courses(events: pl.DataFrame, known: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Events of courses, in their order, with the `kind` of their material as the records have it; where one names no
    course, that of its material or item is its `course_id`.

    Args:
        events: rows of the event log with course_id, material_id, question_id.
        known: tables of the records.
    """
    materials = known["materials"].select("material_id", "kind", of_material="course_id")
    items = known["items"].select("question_id", of_item="course_id")
    return (
        events.join(materials, on="material_id", how="left", maintain_order="left")
        .join(items, on="question_id", how="left", maintain_order="left")
        .with_columns(course_id=pl.coalesce("course_id", "of_material", "of_item"))
        .drop("of_material", "of_item")
        .drop_nulls("course_id")
    )


def content_entry() -> pl.Expr:
    """The entry of a row of contents."""
    return pl.concat_str(pl.lit(CONTENT_ENTRY), "material_id")


def item_entry() -> pl.Expr:
    """The entry of a row of items."""
    return pl.concat_str(pl.lit(ITEM_ENTRY), "question_id")


def joined(parts: Sequence[ContentRows]) -> ContentRows:
    """All parts together."""
    empty = ContentRows(
        pl.DataFrame(schema=CONTENTS),
        pl.DataFrame(schema=ITEMS),
        pl.DataFrame(schema={"learner_key": pl.String, "course_id": pl.String, "events": pl.Int64}),
    )
    every = [empty, *parts]
    return ContentRows(
        pl.concat([one.contents.cast(CONTENTS) for one in every]),
        pl.concat([one.items.cast(ITEMS) for one in every]),
        pl.concat([one.activity for one in every]),
    )


def evidence_of(rows: ContentRows) -> dict[str, dict[str, int]]:
    """What `disclosure_editions.advance` looks at: of each entry, per learner how many events it rests on."""
    found: dict[str, dict[str, int]] = {}
    for entry, key, events in rows.contents.group_by(ENTRY, "learner_key").agg(pl.col("events").sum()).iter_rows():
        found.setdefault(entry, {})[key] = events
    for entry, key in rows.items.select(ENTRY, "learner_key").iter_rows():
        found.setdefault(entry, {})[key] = 1
    for key, events in rows.activity.select("learner_key", "events").iter_rows():
        found.setdefault(JOURNEYS, {})[key] = events
    return found


def taken_now(table: pl.DataFrame, before: pl.DataFrame, memory: Editions, as_of: datetime) -> pl.DataFrame:
    """What stands of `contents` or `items` from now on: the new rows of those who have more evidence in an edition that
    began now, of all others in an edition, shown or withheld, the rows that were taken before.

    Args:
        table: what the event log says now.
        before: what was taken last.
        memory: the guard's memory after it advanced.
        as_of: the instant it advanced to.
    """
    fresh, older = list[tuple[str, str]](), list[tuple[str, str]]()
    for key, version in memory.versions.items():
        if version.since is not None:
            (fresh if version.since == as_of else older).append(key)

    def of(rows: pl.DataFrame, keys: list[tuple[str, str]]) -> pl.DataFrame:
        wanted = pl.DataFrame(keys, schema={ENTRY: pl.String, "learner_key": pl.String}, orient="row")
        return rows.join(wanted, on=[ENTRY, "learner_key"], how="semi")

    return pl.concat([of(table, fresh), of(before, older)]).sort(ENTRY, "learner_key")


def published_of(taken: pl.DataFrame, counted: Counted) -> pl.DataFrame:
    """The rows of `contents` or `items` that are in an edition that is shown."""
    keys = [(entry, key) for entry, people in counted.items() for key in people]
    wanted = pl.DataFrame(keys, schema={ENTRY: pl.String, "learner_key": pl.String}, orient="row")
    return taken.join(wanted, on=[ENTRY, "learner_key"], how="semi", maintain_order="left")


def packed(table: pl.DataFrame) -> dict[str, bytes]:
    """Rows by learner."""
    found = {}
    for (key,), part in table.partition_by("learner_key", as_dict=True).items():
        buffer = io.BytesIO()
        part.write_ipc(buffer, compression="zstd")
        found[str(key)] = buffer.getvalue()
    return found


def unpacked(packs: Iterable[bytes], schema: pl.Schema) -> pl.DataFrame:
    """The rows of all packs; one that has other columns (of another release) is left out."""
    parts = [pl.DataFrame(schema=schema)]
    for pack in packs:
        if pack:
            part = pl.read_ipc(io.BytesIO(pack))
            if part.schema == schema:
                parts.append(part)
    return pl.concat(parts)
