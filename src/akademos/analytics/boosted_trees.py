"""Gradient-boosted regression trees as plain arrays: grown by scikit-learn, walked by numpy.

Whoever only predicts needs neither the library that grew the trees nor a pickle of its objects: a tree is five short
arrays. Source: Friedman (2001), doi:10.1214/aos/1013203451.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.tree_walk import LEAF, Splits, sums

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Trees:
    """The sum of many trees; node 0 of each is its root.

    Attributes:
        start: what is predicted before the first tree.
        feature: (trees, nodes) column that a node looks at, LEAF at a leaf.
        threshold: (trees, nodes); a row goes left where its value is at most this.
        left, right: (trees, nodes) next node.
        value: (trees, nodes) what a leaf adds, learning rate included.
    """

    start: float
    feature: Index
    threshold: Floats
    left: Index
    right: Index
    value: Floats

    def predict(self, rows: Floats) -> Floats:
        """Prediction of each row (rows, features) without missing values."""
        # The trees were grown on single precision, and a threshold between two of its values must fall the same way.
        single = rows.astype(np.float32).astype(np.float64)
        trees, nodes = self.feature.shape
        first = np.arange(trees) * nodes
        splits = Splits(
            roots=first,
            feature=self.feature.ravel(),
            threshold=self.threshold.ravel(),
            missing_left=np.ones(trees * nodes, dtype=np.bool_),  # no row misses a value
            left=(self.left + first[:, None]).ravel(),
            right=(self.right + first[:, None]).ravel(),
        )
        return self.start + sums(splits, self.value.ravel(), single)


def grow(
    rows: Floats, outcome: Floats, weight: Floats, *, trees: int, depth: int, rate: float, leaf: int, seed: int
) -> Trees:
    """Boosted trees of squared error.

    Args:
        rows: (rows, features) without missing values.
        outcome, weight: per row.
        trees, depth, rate: how many, how deep, learning rate.
        leaf: least rows of a leaf.
        seed: of the rows that each tree sees (70% of them).
    """
    from sklearn.ensemble import GradientBoostingRegressor  # only who trains pays for it

    grown = GradientBoostingRegressor(
        n_estimators=trees, max_depth=depth, learning_rate=rate, min_samples_leaf=leaf, subsample=0.7, random_state=seed
    ).fit(rows, outcome, sample_weight=weight)
    parts = [one.tree_ for one in grown.estimators_[:, 0]]
    nodes = max(part.node_count for part in parts)

    def stacked(columns: Sequence[npt.NDArray[np.generic]], fill: float, kind: type) -> npt.NDArray[np.generic]:
        table = np.full((len(columns), nodes), fill, dtype=kind)
        for row, column in enumerate(columns):
            table[row, : len(column)] = column
        return table

    leafless = [np.where(part.children_left < 0, LEAF, part.feature) for part in parts]
    return Trees(
        start=float(np.asarray(grown.init_.constant_).reshape(-1)[0]),
        feature=stacked(leafless, LEAF, np.int64).astype(np.int64),
        threshold=stacked([part.threshold for part in parts], 0.0, np.float64).astype(np.float64),
        left=stacked([part.children_left for part in parts], 0, np.int64).astype(np.int64),
        right=stacked([part.children_right for part in parts], 0, np.int64).astype(np.int64),
        value=stacked([rate * part.value[:, 0, 0] for part in parts], 0.0, np.float64).astype(np.float64),
    )
