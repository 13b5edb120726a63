"""The interval of retrieval strength against the share of seen items that simulated learners truly recall."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from akademos.analytics.curriculum import prepare
from akademos.analytics.parameters import DEFAULT
from akademos.analytics.schemas import OVERALL
from akademos.bench.recovery_projections import estimates_at, share_of
from akademos.bench.recovery_tables import analytic_tables
from akademos.demo.simulation import simulate
from akademos.demo.truth import true_items, true_topics


def retrieval_coverage(learners: int, seed: int, now: datetime) -> dict[str, Any]:
    """Share of the intervals that hold the truth: per topic, and over all topics as the dashboard shows it.

    Memory has the weights that are in force before any were fitted.
    """
    history = simulate(learners, seed, now)
    tables = analytic_tables(history)
    found = estimates_at(tables, prepare(tables), now)["mastery"].filter(pl.col("retrieval_strength").is_not_null())
    items = true_items(history)
    seen = items.filter("seen").group_by("user_id").agg(truth=pl.col("recall").mean(), topic_id=pl.lit(OVERALL))
    truth = pl.concat(
        [
            true_topics(history, items).select("user_id", "topic_id", truth="recall_of_seen"),
            seen.select("user_id", "topic_id", "truth"),
        ]
    )
    joined = found.join(truth, left_on=["learner_key", "topic_id"], right_on=["user_id", "topic_id"]).select(
        overall=pl.col("topic_id") == OVERALL,
        held=pl.col("truth").is_between(pl.col("retrieval_low"), pl.col("retrieval_high")),
    )
    return {
        "nominal": DEFAULT.mastery.interval,
        "covers_topics": share_of(joined.filter(~pl.col("overall"))["held"]),
        "covers_overall": share_of(joined.filter("overall")["held"]),
    }
