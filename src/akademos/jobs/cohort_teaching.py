"""What all consenting learners together teach: how hard items are and how long things take, by now and by the past.

What they had taught by an instant of the past is told by the rows that are held and may be used tonight, of those by
what had happened by then. So an answer about the past rests on nothing that came later; whose consent or retention has
ended since, and who was erased, is in none of it after the next night.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

import polars as pl

from akademos.analytics.item_difficulty import item_difficulties
from akademos.analytics.pace import cohort_times
from akademos.jobs.learner_buckets import Bucket
from akademos.jobs.past_tables import ANSWERED, MATERIAL_PREFIX
from akademos.stores.ports.learner_state import PastCohort

COHORT_COLUMNS = (
    "learner_key",
    "event_id",
    "event_name",
    "occurred_at",
    "question_id",
    "material_id",
    "score",
    "attempt_number",
    "duration_seconds",
)

WEEKS = 8
"""Mondays so far back; before them the first days of months."""
MONTHS = 24
"""As long as study events are kept."""


def past_instants(as_of: datetime, first: datetime) -> list[datetime]:
    """Instants of the past for which the cohort's tables are kept, ascending: Mondays and first days of months, 00:00
    UTC, after `first` and before `as_of`. An answer about the past rests on the latest one before it."""
    today = as_of.astimezone(UTC).date()
    monday = today - timedelta(days=today.weekday())
    days = {monday - timedelta(weeks=back) for back in range(WEEKS)}
    month = min(days).replace(day=1)
    for _ in range(MONTHS):
        days.add(month)
        month = (month - timedelta(days=1)).replace(day=1)
    instants = sorted(datetime.combine(day, time(), UTC) for day in days)
    return [one for one in instants if first <= one < as_of]


def cohort_teaching(
    buckets: Iterable[Bucket], as_of: datetime, floor: int
) -> tuple[dict[str, pl.DataFrame], list[PastCohort], list[str]]:
    """(tables as of now, the same as of each past instant, keys of all whose rows teach).

    Args:
        buckets: events of all consenting learners, with `COHORT_COLUMNS`.
        as_of: later events do not count.
        floor: of an item only from as many learners on, so that nobody's trend tells what another answered.
    """
    rows, keys = _rows(buckets)
    tables = {
        "question_attempts": rows.filter(
            pl.col("event_name") == ANSWERED, pl.col("score").is_not_null(), pl.col("question_id").is_not_null()
        ),
        "material_interactions": rows.filter(
            pl.col("event_name").str.starts_with(MATERIAL_PREFIX), pl.col("material_id").is_not_null()
        ),
    }
    began = rows.group_by("learner_key").agg(pl.col("occurred_at").min())["occurred_at"]
    first = began.min()
    instants = [*(past_instants(as_of, first) if isinstance(first, datetime) else []), as_of]
    found = []
    for at, difficulty in zip(instants, item_difficulties(tables["question_attempts"], instants), strict=True):
        enough = began.len() >= floor and (began <= at).sum() >= floor
        taught = {
            "item_difficulty": difficulty.filter(pl.col("answers") >= floor),
            "cohort_times": cohort_times(tables if enough else {}, at),
        }
        found.append(PastCohort(at, taught))
    return dict(found[-1].tables), found[:-1], keys


def _rows(buckets: Iterable[Bucket]) -> tuple[pl.DataFrame, list[str]]:
    """The rows of all buckets, and the keys they are known by.

    They are held at once, so keys and ids become short numbers in the same order: strings of up to twelve characters
    take no memory of their own.
    """
    parts, learners, events = [], 0, 0
    keys: list[str] = []
    for bucket in buckets:
        number = pl.col("learner_key").rle_id() + learners
        parts.append(
            bucket.events.with_row_index("row", offset=events).with_columns(
                learner_key=number.cast(pl.String).str.zfill(8),
                event_id=pl.col("row").cast(pl.String).str.zfill(11),
            )
        )
        learners += bucket.events["learner_key"].n_unique()
        keys += [key for mine in bucket.consenting.values() for key in mine]
        events += bucket.events.height
    rows = pl.concat(parts) if parts else pl.DataFrame(schema=dict.fromkeys(COHORT_COLUMNS, pl.String))
    return rows, keys
