"""How contents are used: who opens them, who finishes, how long it takes, where people leave, who comes back.

Grain: one version of one material in a course. A learner counts for the version first opened.

* reach: learners who opened it, of those enrolled in its course; Wilson interval.
* completion: of those who opened it, who completed it; Wilson interval.
* median_seconds: median over learners of the active time spent with it in all.
* before and after an edit, earlier and later learners: of those who opened it so many days ago (`complete_days`), who
  completed it within them; who opened it later may still be at it, and would make what is newer look worse.
* revisits: of those who opened it, who opened it again on another day.
* drop-off: share of those of whom a position is known who came at least so far, by second of a video or by hundredth of
  a page; who completed it came to its end.

Caveat: positions are known of learners whose player reports them, at quarters and when they leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from akademos.analytics.parameters import DEFAULT, Parameters
from akademos.analytics.proportions import newcombe, wilson, z_of
from akademos.analytics.schemas import TIME
from akademos.errors import InputError

CONTENT = ("course_id", "material_id", "material_version")
"""Key of a content here; "" where the sender names no course or version."""

_REQUIRED = ("learner_key", "event_id", "event_name", "occurred_at", "material_id")
_NUMBER = pl.Float64


def _table(**columns: Any) -> pl.Schema:
    return pl.Schema(columns)


EVENTS: Mapping[str, pl.DataType] = _table(
    learner_key=pl.String,
    event_id=pl.String,
    event_name=pl.String,
    occurred_at=TIME,
    course_id=pl.String,
    material_id=pl.String,
    material_version=pl.String,
    material_kind=pl.String,
    duration_seconds=_NUMBER,
    media_second=_NUMBER,
    scroll_share=_NUMBER,
)
"""One event about a material; only `_REQUIRED` columns are needed."""

USE: Mapping[str, pl.DataType] = _table(
    **dict.fromkeys(CONTENT, pl.String),
    kind=pl.String,
    status=pl.String,  # ok | too_few
    learners=pl.Int64,
    enrolled=pl.Int64,
    reach=_NUMBER,
    reach_low=_NUMBER,
    reach_high=_NUMBER,
    completion=_NUMBER,
    completion_low=_NUMBER,
    completion_high=_NUMBER,
    median_seconds=_NUMBER,
    revisits=_NUMBER,
    steepest_second=pl.Int64,
    steepest_share=_NUMBER,
)
DROP_OFF: Mapping[str, pl.DataType] = _table(
    **dict.fromkeys(CONTENT, pl.String), unit=pl.String, position=pl.Int64, learners=pl.Int64, share=_NUMBER
)
"""`unit` is second or percent; `learners` those with a known position."""


def conform_events(events: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """`EVENTS` up to an instant, each event once, in order of learner and time, with the version first opened.

    Raises:
        InputError: a needed column is missing or has another type (`table_malformed`).
    """
    missing = [name for name in _REQUIRED if name not in events.columns]
    if missing:
        raise InputError(
            f"Events lack {', '.join(missing)}.", hint="Give the columns of content_use.EVENTS.", code="table_malformed"
        )
    try:
        whole = events.select(
            (pl.col(name).cast(dtype) if name in events.columns else pl.lit(None, dtype=dtype).alias(name))
            for name, dtype in EVENTS.items()
        )
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"A column of the events has another type: {error}",
            hint="Give the types of content_use.EVENTS.",
            code="table_malformed",
        ) from error
    return (
        whole.filter(pl.col("occurred_at") <= as_of, pl.col("learner_key").is_not_null())
        .drop_nulls("material_id")
        .with_columns(pl.col("course_id", "material_version").fill_null(""))
        .sort("learner_key", "occurred_at", "event_id", "material_id")
        .unique(["learner_key", "event_id"], keep="first", maintain_order=True)
        .with_columns(pl.col("material_version").first().over("learner_key", "course_id", "material_id"))
    )


def by_learner(events: pl.DataFrame) -> pl.DataFrame:
    """One row a learner and content: kind, first_at, completed, completed_at (first), seconds, days, second, scroll
    (furthest, null where nobody said), sorted."""
    completed = pl.col("event_name") == "material_completed"
    opened = pl.col("event_name") == "material_opened"
    return (
        events.group_by(*CONTENT, "learner_key")
        .agg(
            kind=pl.col("material_kind").drop_nulls().first(),
            first_at=pl.col("occurred_at").min(),
            completed=completed.any(),
            completed_at=pl.col("occurred_at").filter(completed).min(),
            seconds=pl.when(pl.col("duration_seconds").count() > 0).then(pl.col("duration_seconds").sum()),
            days=pl.col("occurred_at").filter(opened).dt.date().n_unique(),
            second=pl.col("media_second").max(),
            scroll=pl.col("scroll_share").max(),
        )
        .with_columns(kind=pl.col("kind").drop_nulls().mode().sort().first().over(CONTENT))
        .sort(*CONTENT, "learner_key")
    )


def content_use(
    people: pl.DataFrame, enrolled: Mapping[str, int], params: Parameters = DEFAULT
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tables `USE` and `DROP_OFF`.

    Args:
        people: from `by_learner`.
        enrolled: learners of each course; courses of unknown size have no reach.
        params: parameters.
    """
    use: list[dict[str, Any]] = []
    positions: list[dict[str, Any]] = []
    for key, part in people.partition_by(CONTENT, as_dict=True, maintain_order=True).items():
        names = dict(zip(CONTENT, key, strict=True))
        row = {**names, "kind": part["kind"][0], "learners": part.height, "status": "too_few"}
        if part.height >= params.content.learners_min:
            curve = _drop_off(part)
            positions += [names | one for one in curve]
            row |= {"status": "ok", **_row(part, enrolled.get(str(key[0])), params), **_steepest(curve, params)}
        use.append(row)
    return _frame(use, USE), _frame(positions, DROP_OFF)


def _row(part: pl.DataFrame, enrolled: int | None, params: Parameters) -> dict[str, Any]:
    z, people = z_of(params.content.interval), part.height
    finished = int(part["completed"].sum())
    low, high = wilson(finished / people, people, z)
    row: dict[str, Any] = {
        "completion": finished / people,
        "completion_low": low,
        "completion_high": high,
        "median_seconds": part["seconds"].median(),
        "revisits": int((part["days"] > 1).sum()) / people,
    }
    if enrolled:
        reach = min(1.0, people / enrolled)
        row |= {"enrolled": enrolled, "reach": reach}
        row["reach_low"], row["reach_high"] = wilson(reach, enrolled, z)
    return row


def _drop_off(part: pl.DataFrame) -> list[dict[str, Any]]:
    """The curve by second where a player reported, else by hundredth where a page did."""
    for column, unit, scale in (("second", "second", 1.0), ("scroll", "percent", 100.0)):
        known = part.filter(pl.col(column).is_not_null())
        if known.is_empty():
            continue
        reached = np.floor(known[column].to_numpy() * scale + 1e-9).astype(np.int64)
        end = int(reached.max())
        reached = np.where(known["completed"].to_numpy(), end, reached)
        left = np.bincount(np.maximum(reached, 0), minlength=end + 1)
        still = known.height - np.concatenate(([0], np.cumsum(left)[:-1]))
        return [
            {"unit": unit, "position": place, "learners": known.height, "share": float(count) / known.height}
            for place, count in enumerate(still)
        ]
    return []


def _steepest(curve: list[dict[str, Any]], params: Parameters) -> dict[str, Any]:
    """Where the largest share leaves within `leave_seconds`; of videos only."""
    if not curve or curve[0]["unit"] != "second":
        return {}
    share = np.array([one["share"] for one in curve])
    window = params.content.leave_seconds
    lost = share - np.concatenate((share[window:], np.full(min(window, len(share)), share[-1])))[: len(share)]
    place = int(lost.argmax())
    return {"steepest_second": place, "steepest_share": float(lost[place])}


def _finished(people: pl.DataFrame, params: Parameters) -> pl.DataFrame:
    """Those whose days to complete are over, with `finished`: whether they did in them."""
    window = timedelta(days=params.content.complete_days)
    return people.filter(pl.col("first_at") + window <= pl.col("seen_until")).with_columns(
        finished=(pl.col("completed_at") <= pl.col("first_at") + window).fill_null(value=False)
    )


def newest_versions(people: pl.DataFrame) -> dict[str, str]:
    """material_id to the version that was first opened last.

    Args:
        people: from `by_learner`, of one course.
    """
    first = people.group_by("material_id", "material_version").agg(pl.col("first_at").min())
    listed = first.sort("first_at", "material_version").select("material_id", "material_version")
    return dict(listed.iter_rows())


def edits(use: pl.DataFrame, people: pl.DataFrame, params: Parameters = DEFAULT) -> pl.DataFrame:
    """Table `EDITS`: completion before and after each edit, one row a version that followed another, with the interval
    of the difference; only where both have enough learners. Versions stand in the order of their first opening.

    Args:
        use: from `content_use`.
        people: from `by_learner`, with `seen_until`: until when each was looked at.
        params: parameters.

    Caveat: who came later may differ from who came before.
    """
    counts = (
        _finished(people, params)
        .group_by(CONTENT)
        .agg(pl.col("first_at").min(), learners=pl.len(), completed=pl.col("finished").sum())
        .filter(pl.col("learners") >= params.content.learners_min)
        .with_columns(completion=pl.col("completed") / pl.col("learners"))
    )
    known = (
        use.filter(pl.col("status") == "ok")
        .select(CONTENT)
        .join(counts, on=CONTENT)
        .sort("course_id", "material_id", "first_at", "material_version")
    )
    rows = []
    for (course, material), versions in known.partition_by(
        "course_id", "material_id", as_dict=True, maintain_order=True
    ).items():
        listed = versions.to_dicts()
        for before, after in pairwise(listed):
            low, high = newcombe(
                after["completion"], after["learners"], before["completion"], before["learners"],
                z_of(params.content.interval),
            )  # fmt: skip
            rows.append(
                {
                    "course_id": course,
                    "material_id": material,
                    "version_before": before["material_version"],
                    "version_after": after["material_version"],
                    "learners_before": before["learners"],
                    "completed_before": before["completed"],
                    "learners_after": after["learners"],
                    "completed_after": after["completed"],
                    "completion_change": after["completion"] - before["completion"],
                    "low": low,
                    "high": high,
                }
            )
    return _frame(rows, EDITS)


def halves(use: pl.DataFrame, people: pl.DataFrame, params: Parameters = DEFAULT) -> pl.DataFrame:
    """Table `HALVES`: completion of those who opened a content earlier and of those who did later, split at the median
    first opening; only of contents with enough learners, and where both halves have some. Arguments as of `edits`.

    Caveat: who came later may differ from who came before.
    """
    known = use.filter(pl.col("status") == "ok").select(CONTENT)
    split = (
        _finished(people, params)
        .join(known, on=CONTENT)
        .with_columns(late=pl.col("first_at") > pl.col("first_at").median().over(CONTENT))
    )
    found = split.group_by(CONTENT).agg(
        learners_earlier=(~pl.col("late")).sum(),
        completed_earlier=(pl.col("finished") & ~pl.col("late")).sum(),
        learners_later=pl.col("late").sum(),
        completed_later=(pl.col("finished") & pl.col("late")).sum(),
        later_from=pl.col("first_at").filter("late").min(),
    )
    return found.drop_nulls("later_from").sort(CONTENT).select(HALVES.names()).cast(HALVES)


HALVES = _table(
    **dict.fromkeys(CONTENT, pl.String),
    learners_earlier=pl.Int64,
    completed_earlier=pl.Int64,
    learners_later=pl.Int64,
    completed_later=pl.Int64,
    later_from=TIME,
)

EDITS: Mapping[str, pl.DataType] = _table(
    course_id=pl.String,
    material_id=pl.String,
    version_before=pl.String,
    version_after=pl.String,
    learners_before=pl.Int64,
    completed_before=pl.Int64,
    learners_after=pl.Int64,
    completed_after=pl.Int64,
    completion_change=_NUMBER,
    low=_NUMBER,
    high=_NUMBER,
)


def _frame(rows: list[dict[str, Any]], schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in schema}, schema=schema)
