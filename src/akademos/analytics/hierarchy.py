"""Roll-up of mastery through the topic tree, weighted by the target exam.

A node's value is the mean of the estimates in its subtree, its own included, each weighing what the target exam gives
its topic (5 where the exam says nothing or there is none). Topics without an estimate do not count; a node without
any has no value. The interval comes from the same replicates as the topics' intervals, so it is narrower where many
topics are known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.curriculum import Curriculum
from akademos.analytics.mastery import divided, interval_of

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Nodes:
    """Nodes of one learner's tree, parents before children; NaN where there is no estimate below.

    `weight` is the exam weight below the node, a parent's own counting only where it has answers of its own.
    """

    topic_id: list[str]
    depth: list[int]
    children: list[int]
    weight: list[float]
    value: Floats
    low: Floats
    high: Floats


def roll_up(
    scope: Sequence[str],
    estimates: Mapping[str, int],
    value: Floats,
    replicates: Floats,
    curriculum: Curriculum,
    weights: Mapping[str, float],
    default_weight: float,
    interval: float,
) -> Nodes:
    """The tree over the topics in scope.

    Args:
        scope: topics; their ancestors are added.
        estimates: row of `value` and `replicates` per topic with an estimate.
        value: composite per row.
        replicates: (rows, replicates).
        curriculum: the tree.
        weights: exam weight per topic.
        default_weight: weight of a topic that has none.
        interval: coverage.
    """
    children: dict[str | None, list[str]] = {}
    depth: dict[str, int] = {}
    for topic in scope:
        above = list(curriculum.ancestors(topic))
        for level, node in enumerate([*reversed(above), topic]):
            if node not in depth:
                depth[node] = level
                parent = above[len(above) - level] if level else None
                children.setdefault(parent, []).append(node)

    ordered: list[str] = []
    span: dict[str, tuple[int, int]] = {}

    def visit(node: str) -> None:
        begin = len(ordered)
        ordered.append(node)
        for child in children.get(node, ()):
            visit(child)
        span[node] = (begin, len(ordered))

    for root in children.get(None, ()):
        visit(root)
    own = [weights.get(topic, default_weight) for topic in ordered]
    rows = np.array([estimates.get(topic, -1) for topic in ordered], dtype=np.int64)
    known = np.where(rows >= 0, own, 0.0)  # weight of each node's own estimate
    # One row per node in this order: a subtree is a range of rows. Column 0 is the value, the others replicates.
    padded = np.append(np.column_stack((value, replicates)), np.zeros((1, replicates.shape[1] + 1)), axis=0)
    total = _span_sums(known[:, None], [span[topic] for topic in ordered])
    sums = _span_sums(padded[rows] * known[:, None], [span[topic] for topic in ordered])
    means = divided(sums, np.broadcast_to(total, sums.shape))
    node_value = np.clip(means[:, 0], 0.0, 1.0)
    low, high = interval_of(means[:, 1:], node_value, interval)
    return Nodes(
        topic_id=ordered,
        depth=[depth[topic] for topic in ordered],
        children=[len(children.get(topic, ())) for topic in ordered],
        weight=[
            sum(own[n] for n in range(*span[topic]) if rows[n] >= 0 or not children.get(ordered[n]))
            for topic in ordered
        ],
        value=node_value,
        low=low,
        high=high,
    )


def _span_sums(rows: Floats, spans: Sequence[tuple[int, int]]) -> Floats:
    """Sums over row ranges."""
    padded = np.append(rows, np.zeros((1, rows.shape[1])), axis=0)
    edges = np.array(spans, dtype=np.int64).reshape(-1)
    sums: Floats = np.add.reduceat(padded, edges, axis=0)[::2] if len(edges) else rows
    return sums
