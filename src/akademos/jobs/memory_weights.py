"""Every night: FSRS-6 weights of a tenant, fitted to the reviews of a sample of its learners."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import polars as pl

from akademos.analytics.memory_weights import fit_cohort
from akademos.jobs.past_tables import ANSWERED, EVENT_COLUMNS
from akademos.stores.ports.event_log import EventLogReader
from akademos.stores.ports.learner_state import LearnerStates
from akademos.stores.ports.models import TrainedModels

MODEL = "cohort_memory_weights"
"""Dataset of the weights: a model that the sample's rows train."""

SAMPLE_LEARNERS = 200
SAMPLE_ANSWERS = 100_000
"""A fit holds the derivatives of so many answers at once: about 200 MB."""


def fit_cohort_weights(
    events: EventLogReader,
    states: LearnerStates,
    models: TrainedModels,
    tenant_id: str,
    learners: Sequence[str],
    as_of: datetime,
    floor: int,
) -> int:
    """Fit the tenant's weights and keep them; how many scored reviews taught them.

    Args:
        events, states, models: the stores.
        tenant_id: whose.
        learners: keys of all who consent to learning support.
        as_of: later answers do not count; the weights are in force from then on.
        floor: the fewest learners that may teach a cohort.
    """
    sample = sorted(learners, key=lambda key: hashlib.blake2b(key.encode(), digest_size=8).digest())[:SAMPLE_LEARNERS]
    if len(sample) < floor:
        return 0
    found = pl.DataFrame(
        events.learner_events(tenant_id, sample, columns=EVENT_COLUMNS, event_names=[ANSWERED], until=as_of)
    ).filter(pl.col("score").is_not_null(), pl.col("question_id").is_not_null())
    place = pl.DataFrame({"learner_key": sample}).with_row_index("place")
    counts = found.group_by("learner_key").len().join(place, on="learner_key").sort("place")
    kept = counts.filter(pl.col("len").cum_sum() <= SAMPLE_ANSWERS)["learner_key"].to_list()
    if len(kept) < floor:
        return 0
    weights, reviews = fit_cohort({"question_attempts": found.filter(pl.col("learner_key").is_in(kept))}, as_of)
    if reviews:
        version = states.write_cohort_weights(tenant_id, as_of, weights, learners=len(kept), reviews=reviews)
        models.record(tenant_id, MODEL, version, as_of, kept)
    return reviews
