"""What all publications together give away: people of whom alone some linear combination of them consists."""

from __future__ import annotations

from itertools import combinations

import numpy as np

Variable = tuple[str, int]
"""A person with so much evidence: one unknown value."""


def isolated(sums: list[frozenset[Variable]], fewer_than: int) -> tuple[str, ...] | None:
    """People of whom alone some linear combination of the sums consists, if fewer than so many."""
    variables = sorted(frozenset().union(*sums))
    matrix = np.array([[variable in one for variable in variables] for one in sums], dtype=float)
    names = np.array([person for person, _ in variables])
    for size in range(1, fewer_than):
        for group in combinations(sorted(set(names)), size):
            inside = np.isin(names, group)
            _, values, right = np.linalg.svd(matrix[:, ~inside].T)
            rank = int((values > 1e-9).sum())
            if np.abs(right[rank:] @ matrix[:, inside]).max(initial=0) > 1e-9:
                return group
    return None
