"""Where a learner stands with each recommendation: what they did with it last, and what follows for the next list.

Question: may this step be recommended again, and did the learner say that they will do it?

Of each recommendation the last instant counts at which it was shown, accepted, dismissed and completed; so events may
come late and in any order, and twice. At an instant:

* *dismissed*: the last decision was a dismissal, at most `dismissed_days` ago. It is not recommended.
* *completed*: it was completed after the last decision, at most `completed_days` ago (whenever, where completing it is
  for good). It is not recommended.
* *accepted*: the last decision was to do it, and it was not completed since. It is listed with that.
* *shown* or *proposed*: nothing of that; whether it was ever seen. An instant equal to a later one counts as before it.

Caveat: the sender's clock says when something happened; events with an order but no clock say nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import polars as pl

from akademos.analytics.clock import instant_of
from akademos.analytics.parameters import RecommendationParameters
from akademos.analytics.schemas import STATE, conform

Status = Literal["proposed", "shown", "accepted", "dismissed", "completed"]
PREFIX = "recommendation_"
CHANGES = ("shown", "accepted", "dismissed", "completed")
"""What may happen to a recommendation; the events are named so behind `PREFIX`."""


@dataclass(frozen=True, slots=True)
class Standing:
    """When a recommendation was last shown, accepted, dismissed and completed (aware instants, None: never)."""

    shown_at: datetime | None = None
    accepted_at: datetime | None = None
    dismissed_at: datetime | None = None
    completed_at: datetime | None = None

    def status(self, as_of: datetime, params: RecommendationParameters, *, for_good: bool) -> Status:
        """Where it stands at an instant; `for_good`: once completed it is not recommended again."""
        refused, finished = self.dismissed_at, self.completed_at
        if finished is not None and _not_after(self.accepted_at, finished):
            if for_good or as_of < finished + timedelta(days=params.completed_days):
                return "completed"
        elif self.accepted_at is not None and _before(refused, self.accepted_at):
            return "accepted"
        held = timedelta(days=params.dismissed_days)
        if refused is not None and _not_after(self.accepted_at, refused) and as_of < refused + held:
            return "dismissed"
        return "proposed" if self.shown_at is None else "shown"


NOTHING_DONE = Standing()


def _before(earlier: datetime | None, later: datetime) -> bool:
    return earlier is None or earlier < later


def _not_after(earlier: datetime | None, later: datetime) -> bool:
    return earlier is None or earlier <= later


def last_of_each(events: pl.DataFrame | None, learner_keys: pl.Series, as_of_us: int) -> pl.DataFrame:
    """Table `recommended` of the state, of learners with these keys.

    Args:
        events: table `recommendation_events` of `schemas.INPUT`.
        learner_keys: of the learners in the state.
        as_of_us: microseconds; later events do not exist.

    Raises:
        InputError: the table is malformed (`table_malformed`).
    """
    happened = conform(events, "recommendation_events").filter(
        pl.col("occurred_at") <= instant_of(as_of_us),
        pl.col("time_precision").fill_null("exact") != "order",
        pl.col("recommendation_id").is_not_null(),
        pl.col("learner_key").is_in(learner_keys.implode()),
        pl.col("event_name").is_in([PREFIX + change for change in CHANGES]),
    )
    at = pl.col("occurred_at")
    return (
        happened.group_by("learner_key", "recommendation_id")
        .agg(at.filter(pl.col("event_name") == PREFIX + change).max().alias(f"{change}_at") for change in CHANGES)
        .select(STATE["recommended"].names())
        .sort("learner_key", "recommendation_id")
    )


def standings(recommended: pl.DataFrame) -> Mapping[str, Standing]:
    """By recommendation, of one learner's table `recommended`."""
    return {name: Standing(*instants) for _, name, *instants in recommended.iter_rows()}
