"""The trees of a knowledge-tracing model as plain arrays: read from LightGBM's text, walked by numpy.

Whoever only predicts needs no LightGBM. All trees are walked side by side, a step at a time; what has reached a leaf
drops out. Leaves are rounded to multiples of 2**-40, so that their sum is exact in any order and a row gives the same
bits alone and among others; the logit is off by less than 1e-9.

Source of the format and of what happens to missing values: LightGBM, `Tree::Tree(const char*, size_t*)` and
`Tree::NumericalDecision`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.tree_walk import LEAF, Splits, sums
from akademos.errors import InputError

Floats = npt.NDArray[np.float64]
LEAF_STEPS = float(1 << 40)
_CATEGORICAL, _DEFAULT_LEFT, _MISSING_ZERO, _MISSING_NAN = 1, 2, 4, 8


@dataclass(frozen=True, slots=True)
class Trees:
    """A sum of trees over a logit: the splits of all of them, and per node what a leaf adds."""

    splits: Splits
    value: Floats

    def chance(self, rows: Floats) -> Floats:
        """Probability of each row (rows x features, nan where a value is missing)."""
        return np.asarray(1 / (1 + np.exp(-sums(self.splits, self.value, rows))))


def read_trees(text: str) -> Trees:
    """The trees of LightGBM's text format, of objective binary and with numerical splits only.

    Raises:
        InputError: the text is no such model (`model_unreadable`).
    """
    try:
        header, *blocks = text.split("\nend of trees", maxsplit=1)[0].split("\nTree=")
        if "\nobjective=binary sigmoid:1" not in header or not blocks:
            raise ValueError("objective")
        return _joined([_fields(block) for block in blocks])
    except (ValueError, KeyError, IndexError) as error:
        raise InputError(
            "The trees of the model are of another kind than this release reads.",
            hint="Train it anew.",
            code="model_unreadable",
        ) from error


def _fields(block: str) -> Mapping[str, str]:
    return dict(line.split("=", 1) for line in block.splitlines()[1:] if "=" in line)


def _joined(trees: list[Mapping[str, str]]) -> Trees:
    parts: dict[str, list[npt.NDArray[np.generic]]] = {
        name: [] for name in ("feature", "threshold", "missing_left", "left", "right", "value")
    }
    roots, start = [], 0
    for tree in trees:
        leaves = int(tree["num_leaves"])
        inner = leaves - 1
        if int(tree["num_cat"]) or tree.get("is_linear", "0") != "0":
            raise ValueError("kind of tree")

        def read(name: str, tree: Mapping[str, str] = tree, length: int = inner) -> Floats:
            found = np.array(tree[name].split() if length else [], dtype=np.float64)
            if len(found) != length:
                raise ValueError(name)
            return found

        kind, threshold = read("decision_type").astype(np.int64), read("threshold")
        if (kind & (_CATEGORICAL | _MISSING_ZERO)).any():
            raise ValueError("kind of split")
        # Where training saw no missing value, one counts as 0.
        missing_left = np.where(kind & _MISSING_NAN, (kind & _DEFAULT_LEFT) > 0, threshold >= 0)
        itself = np.arange(start, start + inner + leaves)
        for side in ("left", "right"):
            child = read(f"{side}_child").astype(np.int64)
            # A leaf is written as -1 - its number; here leaves stand behind the inner nodes.
            child = np.where(child < 0, inner - 1 - child, child) + start
            parts[side].append(np.concatenate((child, itself[inner:])))
        value = np.round(read("leaf_value", length=leaves) * LEAF_STEPS) / LEAF_STEPS
        parts["feature"].append(np.concatenate((read("split_feature").astype(np.int64), np.full(leaves, LEAF))))
        parts["threshold"].append(np.concatenate((threshold, np.zeros(leaves))))
        parts["missing_left"].append(np.concatenate((missing_left, np.zeros(leaves, dtype=bool))))
        parts["value"].append(np.concatenate((np.zeros(inner), value)))
        roots.append(start)
        start += inner + leaves
    whole = {name: np.concatenate(found) for name, found in parts.items()}
    splits = Splits(
        roots=np.array(roots, dtype=np.int64),
        feature=whole["feature"].astype(np.int64),
        threshold=whole["threshold"].astype(np.float64),
        missing_left=whole["missing_left"].astype(np.bool_),
        left=whole["left"].astype(np.int64),
        right=whole["right"].astype(np.int64),
    )
    return Trees(splits, whole["value"].astype(np.float64))
