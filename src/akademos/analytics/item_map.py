"""Where an item stands among the others: coordinates from which items learners meet close to each other.

Items of one assignment, one course or one kind of class come close to each other in learners' sequences. The matrix of
how often two items stand at most `REACH` answers apart, with rows and columns scaled by their sums, is cut to its
strongest directions; an item's coordinates are its part in them. Learned from who met what in which order, never from
results. The mean of the coordinates of a learner's own items tells in which company they learn.

Source: spectral embedding of a normalised co-occurrence graph, Belkin and Niyogi (2003),
doi:10.1162/089976603321780317.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from akademos.analytics.traced_answers import TracedAnswers

Floats = npt.NDArray[np.float64]
DIMENSIONS = 32
REACH = 3
PRIOR_NEIGHBOURS = 5.0
"""Every item counts as having so many neighbours more: rare items stay near the origin."""
SEED = 1
"""Of the solver's starting vector: the same answers give the same coordinates."""


def map_items(answers: TracedAnswers) -> Floats:
    """items x `DIMENSIONS`, by number of the item; zeros for items without answers or too few items."""
    from scipy import sparse
    from scipy.sparse.linalg import svds

    items = len(answers.items)
    dimensions = min(DIMENSIONS, items - 2)
    if dimensions < 1:
        return np.zeros((items, DIMENSIONS))
    counts = sparse.csr_matrix((items, items))
    for lag in range(1, REACH + 1):
        after = np.flatnonzero(answers.position >= lag)
        left, right = answers.item[after - lag], answers.item[after]
        other = left != right
        ones = np.ones(int(other.sum()))
        counts = counts + sparse.csr_matrix((ones, (left[other], right[other])), shape=(items, items))
    counts = counts + counts.T
    if not counts.nnz:
        return np.zeros((items, DIMENSIONS))
    total = np.asarray(counts.sum(axis=1)).ravel() + PRIOR_NEIGHBOURS
    scale = sparse.diags(1 / np.sqrt(total))
    start = np.random.default_rng(SEED).normal(size=items)
    left_vectors, strength, _ = svds(scale @ counts @ scale, k=dimensions, v0=start)
    found = np.zeros((items, DIMENSIONS))
    found[:, :dimensions] = left_vectors * np.sqrt(strength) / np.sqrt(total)[:, None] * np.sqrt(items)
    return found
