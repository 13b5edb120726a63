"""Mastery of every group of a state at an instant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.mastery import Estimates, Evidence, divided, estimate, evidence_rows
from akademos.analytics.resampling import learner_seeds, name_hash, seeds
from akademos.analytics.rounds import Index, runs
from akademos.analytics.state_arrays import Floats, StateArrays


@dataclass(frozen=True, slots=True)
class GroupMastery:
    """Estimates of the groups with enough answers; `row` is the row of each group in them, -1 without enough."""

    estimates: Estimates
    row: Index

    def spread(self, values: Floats) -> Floats:
        """Values of the estimates' rows per group, NaN for a group without."""
        padded: Floats = np.append(values, np.nan)[self.row]
        return padded


def group_mastery(arrays: StateArrays) -> GroupMastery:
    """Composite with interval of every group with enough answers, replicates kept."""
    valid = arrays.answers >= arrays.params.mastery.answers_min
    row = np.full(len(valid), -1, dtype=np.int64)
    row[valid] = np.arange(np.count_nonzero(valid))
    return GroupMastery(estimate_groups(arrays, valid, arrays.recall, arrays.today, keep=True), row)


def estimate_groups(
    arrays: StateArrays, valid: npt.NDArray[np.bool_], recall: Floats, day: Index, *, keep: bool
) -> Estimates:
    """Estimates of the valid groups, with retrievabilities per card, seeded by a local day per learner."""
    used = valid[arrays.row_group]
    existing = arrays.integers("topics", "materials")[valid].astype(np.float64)
    completed = arrays.floats("topics", "completed")[valid]
    learner = arrays.group_learner[valid]
    learners = name_hash(arrays.keys)[learner]
    names = name_hash([arrays.topic_ids[group] for group in np.flatnonzero(valid).tolist()])
    return estimate(
        Evidence(
            sums=evidence_rows(
                arrays.row_first[used],
                arrays.row_score[used],
                arrays.row_attempts[used],
                recall[arrays.row_card[used]],
            ),
            starts=runs(arrays.row_group[used])[0],
            completion=divided(completed, existing),
            seed=seeds(learners, names, day[learner]),
            learner_seed=learner_seeds(learners, day[learner]),
        ),
        arrays.params.mastery,
        keep=keep,
    )
