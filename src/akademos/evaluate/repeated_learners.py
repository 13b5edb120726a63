"""People who stand in the data under two ids: what one of them answered gives away the other's results.

Two ids are taken for one person when they share at least 20 items and at least 95% of these have the same result at
both ids (chance agreement of two learners is about 60%). Their answers are no test of a prediction when one id trains
and the other is judged.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from akademos.analytics.traced_answers import TracedAnswers

SHARED_ITEMS = 20
AGREEMENT = 0.95


def people(answers: TracedAnswers) -> npt.NDArray[np.int64]:
    """For each learner the number of a person; ids of one person share it."""
    from scipy import sparse
    from scipy.sparse.csgraph import connected_components

    shape = (len(answers.learners), len(answers.items))
    _, first = np.unique(answers.learner * shape[1] + answers.item, return_index=True)
    where = (answers.learner[first], answers.item[first])
    met = sparse.csr_matrix((np.ones(len(first)), where), shape=shape)
    sign = sparse.csr_matrix((2 * answers.correct[first] - 1, where), shape=shape)
    shared = sparse.triu(met @ met.T, 1).tocoo()
    often = shared.data >= SHARED_ITEMS
    left, right = shared.row[often], shared.col[often]
    surplus = np.asarray((sign @ sign.T).tocsr()[left, right]).ravel() / shared.data[often]
    same = surplus >= 2 * AGREEMENT - 1
    pairs = sparse.csr_matrix((np.ones(int(same.sum())), (left[same], right[same])), shape=(shape[0], shape[0]))
    return np.asarray(connected_components(pairs, directed=False)[1], dtype=np.int64)
