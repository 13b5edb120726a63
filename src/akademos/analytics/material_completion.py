"""Material completion: how much of a topic's existing materials a learner has worked through.

A completed material counts 1, one that was opened (or touched in another way) without a recorded completion counts
`opened_share`. Materials that the curriculum does not know do not count. OVERALL is the mean over the topics met,
each weighing as many materials as it has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.attempts import Activity, Pairs, group_of, numbers
from akademos.analytics.mastery import divided
from akademos.analytics.rounds import Index

COMPLETED = "material_completed"
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Contacts:
    """First contact with, and first completion of, each existing material of each group's topic.

    Attributes:
        group: number of the (learner, topic) in `Pairs`, or -1 where the learner has no answer on the topic.
        day: local day of the contact.
        clocked: whether the contact has a clock.
        amount: what it adds to the completed materials, in materials.
        existing: per group of `Pairs`, number of existing materials; OVERALL 0.
        opened: learner_key, material_id, share (what the learner has of it) of every material touched.
    """

    group: Index
    day: Index
    clocked: npt.NDArray[np.bool_]
    amount: Floats
    existing: Index
    opened: pl.DataFrame


def material_contacts(activity: Activity, pairs: Pairs, materials: pl.DataFrame, opened_share: float) -> Contacts:
    """First contacts and completions.

    Args:
        activity: what the learners did.
        pairs: for the numbering of groups.
        materials: `schemas.INPUT["materials"]`.
        opened_share: what an opened, not completed material counts, 0..1.
    """
    by_topic = (
        materials.unique("material_id", keep="first", maintain_order=True)
        .select("material_id", pl.col("topic_ids").list.unique().alias("topic_id"))
        .explode("topic_id")
        .filter(pl.col("topic_id").is_in(activity.topics[1:]))
    )
    by_topic = by_topic.with_columns(topic=numbers(by_topic["topic_id"], activity.topics))
    events = activity.interactions.filter(pl.col("material_id").is_not_null()).sort("learner", "at")
    first = events.group_by("learner", "learner_key", "material_id", maintain_order=True).agg(
        pl.col("date").first(), pl.col("clocked").first(), amount=pl.lit(opened_share)
    )
    done = (
        events.filter(pl.col("event_name") == COMPLETED)
        .group_by("learner", "learner_key", "material_id", maintain_order=True)
        .agg(pl.col("date").first(), pl.col("clocked").first(), amount=pl.lit(1 - opened_share))
    )
    contacts = pl.concat([first, done])
    opened = (
        contacts.group_by("learner_key", "material_id")
        .agg(share=pl.col("amount").sum())
        .sort("learner_key", "material_id")
    )
    placed = contacts.join(by_topic, on="material_id", how="inner", maintain_order="left_right")
    existing = np.bincount(by_topic["topic"].to_numpy(), minlength=len(activity.topics))
    return Contacts(
        group=group_of(placed["learner"].to_numpy(), placed["topic"].to_numpy(), pairs, len(activity.topics)),
        day=placed["date"].to_physical().to_numpy().astype(np.int64),
        clocked=placed["clocked"].to_numpy(),
        amount=placed["amount"].to_numpy(),
        existing=existing[pairs.group_topic],
        opened=opened,
    )


def completed_materials(contacts: Contacts, groups: int) -> Floats:
    """Completed materials of each group by now, in materials; OVERALL 0."""
    known = contacts.group >= 0
    return np.bincount(contacts.group[known], contacts.amount[known], minlength=groups).astype(np.float64)


def completion(completed: Floats, existing: Index, met: npt.NDArray[np.bool_], overall: Index) -> Floats:
    """Share completed per group (and point): NaN where no materials exist.

    Args:
        completed: (groups, ...), in materials.
        existing: (groups,).
        met: (groups, ...), whether the learner had answered on the topic; only those count for OVERALL.
        overall: per group, the number of the OVERALL group of the same learner.
    """
    have = np.where(met, completed, 0.0)
    exist = np.where(met, existing.reshape(-1, *([1] * (completed.ndim - 1))), 0).astype(np.float64)
    for amounts in (have, exist):
        sums = np.zeros_like(amounts)
        np.add.at(sums, overall, amounts)
        amounts[np.unique(overall)] = sums[np.unique(overall)]
    return divided(have, exist)
