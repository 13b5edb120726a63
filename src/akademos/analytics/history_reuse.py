"""Past weekly points need computing once: a state made before gives them, unless the past has changed.

The past of a learner has changed when an event arrived late or went away (consent withdrawn) or counts for other
topics, or when the learner's time zone, the materials of the curriculum, the learner's memory weights or the parameters
are others. A fingerprint over all of that tells. It uses the hash of the running polars, so another version of it may
find a difference where there is none, and computes anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.attempts import Activity, Pairs, group_of, numbers
from akademos.analytics.clock import local_day, week_end
from akademos.analytics.history import History
from akademos.analytics.parameters import Parameters
from akademos.analytics.resampling import U64, name_hash, splitmix64
from akademos.analytics.rounds import Index

EVERYTHING = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class Reuse:
    """What a state made before saves.

    Attributes:
        needed_from: per learner, the first week end (day number) that is to be computed; EVERYTHING without reuse.
        history: the points before it.
    """

    needed_from: Index
    history: History


def fingerprints(
    activity: Activity, until: Index, materials: pl.DataFrame, weights: npt.NDArray[np.float64], params: Parameters
) -> U64:
    """Fingerprint of each learner's past up to an instant of its own (microseconds), under (learners, 21) weights."""
    told = pl.concat_str("event_id", pl.col("topic_ids").list.join("\n"), separator="\n", ignore_nulls=True)
    columns = ["learner", "at", told.alias("told")]
    events = pl.concat([activity.answers.select(columns), activity.interactions.select(columns)])
    learner = events["learner"].to_numpy()
    past = events["at"].to_numpy() <= until[learner]
    total = np.zeros(len(until), dtype=np.uint64)
    np.add.at(total, learner[past], events["told"].hash(seed=1).to_numpy()[past])
    around = np.bitwise_xor.reduce(materials.hash_rows(seed=2).to_numpy(), initial=np.uint64(0))
    setting = name_hash([repr(params)]) ^ around
    zones = name_hash(activity.learners["time_zone"].to_list())
    remembered = name_hash([own.tobytes().hex() for own in weights])
    return splitmix64(splitmix64(zones ^ setting) ^ total ^ remembered)


def reuse_history(
    previous: Mapping[str, pl.DataFrame] | None,
    activity: Activity,
    pairs: Pairs,
    as_of_us: int,
    materials: pl.DataFrame,
    weights: npt.NDArray[np.float64],
    params: Parameters,
) -> Reuse:
    """The weekly points of a previous state that still hold.

    Args:
        previous: a state of some of the learners, or None.
        activity, pairs: the learners' evidence now.
        as_of_us: instant of the new state; a previous state of a later instant is of no use.
        materials, weights, params: what else the points rest on.
    """
    learners = len(activity.learners)
    needed_from = np.full(learners, EVERYTHING)
    if previous is None or not learners:
        return Reuse(needed_from, _history(pl.DataFrame(), np.empty(0, dtype=np.int64)))
    known = activity.learners.join(
        previous["profile"].select("learner_key", pl.col("as_of").dt.epoch("us"), "fingerprint"),
        on="learner_key",
        how="left",
        maintain_order="left",
    )
    made = known["as_of"].fill_null(EVERYTHING).to_numpy()
    holds = (made != EVERYTHING) & (made <= as_of_us)
    holds &= fingerprints(activity, made, materials, weights, params) == known["fingerprint"].fill_null(0).to_numpy()
    zones = activity.learners["time_zone"].to_list()
    for n in np.flatnonzero(holds).tolist():
        needed_from[n] = week_end(local_day(int(made[n]), zones[n]))
    earliest = week_end(np.array([local_day(as_of_us, zone) for zone in zones], dtype=np.int64))
    earliest -= 7 * params.mastery.history_weeks

    topics = previous["topics"].select(
        "learner_key", "topic_id", topic=pl.int_range(pl.len(), dtype=pl.UInt32).over("learner_key")
    )
    rows = (
        previous["history"]
        .join(topics, on=["learner_key", "topic"], how="left", maintain_order="left")
        .join(known.select("learner_key", "learner"), on="learner_key", how="inner", maintain_order="left")
    )
    learner = rows["learner"].to_numpy()
    day = rows["date"].to_physical().to_numpy()
    rows = rows.filter(pl.Series(holds[learner] & (day >= earliest[learner]), dtype=pl.Boolean))
    group = group_of(
        rows["learner"].to_numpy(),
        numbers(rows["topic_id"], activity.topics).to_numpy(),
        pairs,
        len(activity.topics),
    )
    return Reuse(needed_from, _history(rows, group))


def with_reused(fresh: History, reuse: Reuse) -> History:
    """Fresh and reused points, by group, then day."""
    if not len(reuse.history.group):
        return fresh
    parts = {name: np.concatenate((getattr(reuse.history, name), getattr(fresh, name))) for name in History.__slots__}
    order = np.lexsort((parts["day"], parts["group"]))
    return History(**{name: column[order] for name, column in parts.items()})


def _history(rows: pl.DataFrame, group: Index) -> History:
    def column(name: str) -> npt.NDArray[np.float64]:
        return rows[name].to_numpy() if rows.height else np.empty(0)

    days = rows["date"].to_physical().to_numpy().astype(np.int64) if rows.height else np.empty(0, dtype=np.int64)
    return History(
        group=group,
        day=days,
        value=column("value"),
        low=column("low"),
        high=column("high"),
        retrieval=column("retrieval"),
        answers=column("answers").astype(np.int64),
    )
