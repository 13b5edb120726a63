"""Mastery of a topic: how much of it a learner commands, with an interval and a level.

mastery = 0.30 first-attempt accuracy + 0.20 overall accuracy + 0.30 retrieval strength + 0.20 material completion

Each component lies in 0..1; one without data is left out and the weights are renormalised. Grain: learner and topic,
where the pseudo-topic OVERALL holds every answer once. At least 5 answers. Mastered from 0.8, weak below 0.5.

- first-attempt accuracy: mean score of first attempts, one per item, where the first attempt was seen;
- overall accuracy: mean score of all answers;
- retrieval strength: mean retrievability of the seen items that have a clock (`forgetting`);
- material completion: share of the existing materials that were completed, an opened one counting half; left out
  where no materials exist, 0 where none of the existing was opened.

The 80% interval is a bootstrap over items (`resampling`), seeded from learner, topic and local day of `as_of`. Each
replicate resamples beside the items two pseudo-items, one wholly right and one wholly wrong, so that five right
answers out of five do not count as certainty (the idea of Agresti and Coull); the shift this causes is taken out
again. A retrievability r is a chance, and which items are recalled now nobody knows: to the share of them that is, each
adds the variance r (1 - r) of a trial. And the model of forgetting may be off about all of a learner's items at once:
a draw on the logit scale, the same for all topics of a learner, moves them. Both draws are of a binomial that is close
to normal. Caveat: how far the model is off was measured on simulated learners (`akademos bench recovery`).

Sums are exact: scores and retrievabilities are multiples of small powers of two, so their order does not matter.
Source: the specification of mastery progression.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from akademos.analytics.parameters import MasteryParameters
from akademos.analytics.resampling import U64, PoissonCounts, standard_scores
from akademos.analytics.rounds import Index

Floats = npt.NDArray[np.float64]
RECALL_STEPS = float(1 << 30)
"""Retrievabilities count in steps of 2**-30 (1e-9), so that sums of them are exact in any order."""

# Rows of the evidence matrix, and of sums over it.
_FIRST, _FIRST_KNOWN, _SCORE, _ATTEMPTS, _RECALL, _RECALLED = range(6)
_PSEUDO_RIGHT = np.array([1.0, 1.0, 1.0, 1.0, 0.0, 0.0])
_PSEUDO_WRONG = np.array([0.0, 1.0, 0.0, 1.0, 0.0, 0.0])
_BLOCK_GROUPS = 64  # groups, and
_BLOCK_ROWS = 4096  # rows whose replicates are worked out at once; a larger group stands alone
_DRAWN_ROWS = 512  # keeps drawn counts within the cache
_PRODUCT_ROWS = 128  # keeps a product below the size at which the linear algebra library starts threads


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each group's mastery; the rows of a group are its items, in order of question_id.

    Attributes:
        sums: (6, rows): score of the first attempt (0 where unseen), whether it was seen, sum of scores, number of
            attempts, retrievability (0 where there is none), whether there is one.
        starts: first row of each group; no group is empty.
        completion: per group, material completion, NaN where no materials exist.
        seed: per group, seed of its bootstrap.
        learner_seed: per group, seed of what all groups of a learner share.
    """

    sums: Floats
    starts: Index
    completion: Floats
    seed: U64
    learner_seed: U64


@dataclass(frozen=True, slots=True)
class Estimates:
    """Per group: the composite, its interval, its components (NaN where left out) and their weights (0 there).

    `replicates` and `recall_replicates` are (groups, replicates), without rows when not kept.
    """

    value: Floats
    low: Floats
    high: Floats
    components: Floats  # (4, groups)
    weights: Floats  # (4, groups)
    replicates: Floats
    recall_replicates: Floats


def evidence_rows(first: Floats, score: Floats, attempts: npt.NDArray[np.integer], recall: Floats) -> Floats:
    """The matrix of `Evidence.sums`.

    Args:
        first: score of the first attempt, NaN where it was not seen.
        score: sum of scores.
        attempts: number of answers.
        recall: retrievability, NaN where there is none.
    """
    known, recalled = ~np.isnan(first), ~np.isnan(recall)
    rounded = np.rint(np.where(recalled, recall, 0.0) * RECALL_STEPS) / RECALL_STEPS
    return np.stack((np.where(known, first, 0.0), known, score, attempts, rounded, recalled)).astype(np.float64)


def composite_weights(params: MasteryParameters) -> Floats:
    """The four weights, in the order of the components."""
    return np.array(
        [params.first_attempt_weight, params.overall_weight, params.retrieval_weight, params.material_weight]
    )


def composite(components: Floats, params: MasteryParameters) -> tuple[Floats, Floats]:
    """(value, weights) from components (4, ...), where NaN means left out; weights are 0 there and sum to 1."""
    present = ~np.isnan(components)
    given = composite_weights(params).reshape(4, *([1] * (components.ndim - 1)))
    weights = np.where(present, given, 0.0)
    weights = weights / weights.sum(axis=0)
    value: Floats = (np.where(present, components, 0.0) * weights).sum(axis=0)
    return np.clip(value, 0.0, 1.0), weights


def estimate(evidence: Evidence, params: MasteryParameters, *, keep: bool = False) -> Estimates:
    """Composite with interval of every group; `keep` keeps the replicates (centred on the value) too."""
    groups = len(evidence.starts)
    if not groups:
        none = np.empty(0)
        unkept = np.empty((0, params.replicates))
        return Estimates(none, none, none, np.empty((4, 0)), np.empty((4, 0)), unkept, unkept)
    totals = np.add.reduceat(evidence.sums, evidence.starts, axis=1)
    components = np.concatenate((_ratios(totals), evidence.completion[None]))
    value, weights = composite(components, params)

    smooth = _ratios(totals + (_PSEUDO_RIGHT + _PSEUDO_WRONG)[:, None])
    smooth[2] = components[2]
    trial, shared = _recall_errors(evidence, totals, params)
    centre = np.where(weights[:3] > 0, smooth, 0.0)
    low, high = np.empty(groups), np.empty(groups)
    kept = np.empty((groups if keep else 0, params.replicates))
    kept_recall = np.empty_like(kept)
    ends = np.append(evidence.starts[1:], evidence.sums.shape[1])
    counts = PoissonCounts(_DRAWN_ROWS, params.replicates)
    for begin, stop in _blocks(evidence.starts, ends):
        block = slice(begin, stop)
        sums = _replicate_sums(evidence, begin, stop, ends, counts, params.replicates)
        drawn = _ratios(sums.transpose(1, 0, 2))
        drawn = np.where(np.isnan(drawn), smooth[:, block, None], drawn)
        deviation = np.where(weights[:3, block, None] > 0, drawn - centre[:, block, None], 0.0)
        deviation[2] += trial[block, None] * standard_scores(evidence.seed[block], params.replicates)
        deviation[2] += shared[block, None] * standard_scores(evidence.learner_seed[block], params.replicates)
        spread = (deviation * weights[:3, block, None]).sum(axis=0)
        low[block], high[block] = _middle(spread, params.interval)
        if keep:
            kept[block] = spread
            kept_recall[block] = deviation[2]
    return Estimates(
        value,
        np.clip(value + np.minimum(low, 0.0), 0.0, 1.0),
        np.clip(value + np.maximum(high, 0.0), 0.0, 1.0),
        components,
        weights,
        np.clip(value[:, None] + kept, 0.0, 1.0) if keep else kept,
        np.clip(components[2][:, None] + kept_recall, 0.0, 1.0) if keep else kept,
    )


def interval_of(replicates: Floats, value: Floats, coverage: float) -> tuple[Floats, Floats]:
    """(low, high): the middle `coverage` of each row of replicates, widened where needed to hold the value."""
    low, high = _middle(replicates, coverage)
    return np.minimum(low, value), np.maximum(high, value)


def divided(part: Floats, whole: Floats) -> Floats:
    """part / whole, NaN where there is no whole."""
    quotient: Floats = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return quotient


def levels(value: Floats, params: MasteryParameters) -> list[str | None]:
    """mastered, developing or weak; None where the value is NaN."""
    return [
        None
        if np.isnan(one)
        else "mastered"
        if one >= params.mastered_from
        else "weak"
        if one < params.weak_below
        else "developing"
        for one in value.tolist()
    ]


def _ratios(sums: Floats) -> Floats:
    """First-attempt accuracy, overall accuracy and retrieval strength from sums (6, ...); NaN without data."""
    over = sums[[_FIRST_KNOWN, _ATTEMPTS, _RECALLED]]
    return divided(sums[[_FIRST, _SCORE, _RECALL]], over)


def _recall_errors(evidence: Evidence, totals: Floats, params: MasteryParameters) -> tuple[Floats, Floats]:
    """Standard deviations of retrieval strength: by chance of its items, and by the model for all of them alike."""
    recall = evidence.sums[_RECALL]
    variance = np.rint(recall * (1.0 - recall) * RECALL_STEPS) / RECALL_STEPS
    total = np.add.reduceat(variance, evidence.starts)
    items = np.maximum(totals[_RECALLED], 1.0)
    return np.sqrt(total) / items, params.recall_error * total / items


def _replicate_sums(
    evidence: Evidence, begin: int, stop: int, ends: Index, counts: PoissonCounts, replicates: int
) -> Floats:
    """Resampled sums of the groups begin..stop: (groups, 6, replicates)."""
    first_row, last_row = int(evidence.starts[begin]), int(ends[stop - 1])
    sizes = ends[begin:stop] - evidence.starts[begin:stop]
    group = np.repeat(np.arange(stop - begin), sizes)
    # Places 0 and 1 of a group are its pseudo-items, its items follow.
    place = (np.arange(first_row, last_row) - evidence.starts[begin:stop][group] + 2).astype(np.uint64)
    seed = evidence.seed[begin:stop]
    row_seed = seed[group]
    sums = np.zeros((stop - begin, 6, replicates))
    for pseudo, item in ((_PSEUDO_RIGHT, 0), (_PSEUDO_WRONG, 1)):
        for low in range(0, len(seed), _DRAWN_ROWS):
            some = slice(low, low + _DRAWN_ROWS)
            drawn = counts.draw(seed[some], np.full(len(seed[some]), item, dtype=np.uint64))
            for part in np.flatnonzero(pseudo):
                sums[some, part] += drawn
    cuts = np.flatnonzero(np.diff(group)) + 1  # where another group begins
    for low in range(0, last_row - first_row, _DRAWN_ROWS):
        high = min(low + _DRAWN_ROWS, last_row - first_row)
        drawn = counts.draw(row_seed[low:high], place[low:high])
        rows = evidence.sums[:, first_row + low : first_row + high]
        inside = cuts[np.searchsorted(cuts, low, side="right") : np.searchsorted(cuts, high)] - low
        edges = sorted({0, *inside.tolist(), *range(0, high - low, _PRODUCT_ROWS), high - low})
        into = group[low + np.array(edges[:-1])].tolist()
        for n, (start, end) in zip(into, pairwise(edges), strict=True):
            sums[n] += rows[:, start:end] @ drawn[start:end]
    return sums


def _blocks(starts: Index, ends: Index) -> list[tuple[int, int]]:
    """Group ranges of bounded size."""
    edges = [0]
    while edges[-1] < len(starts):
        limit = starts[edges[-1]] + _BLOCK_ROWS
        fitting = int(np.searchsorted(ends, limit, side="right"))
        edges.append(min(max(edges[-1] + 1, fitting), edges[-1] + _BLOCK_GROUPS, len(starts)))
    return list(pairwise(edges))


def _middle(replicates: Floats, coverage: float) -> tuple[Floats, Floats]:
    ordered = np.sort(replicates, axis=1)
    at = (1 - coverage) / 2 * (ordered.shape[1] - 1)
    below, share = int(at), at - int(at)
    low = ordered[:, below] * (1 - share) + ordered[:, below + 1] * share
    high = ordered[:, -1 - below] * (1 - share) + ordered[:, -2 - below] * share
    return low, high
