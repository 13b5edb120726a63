"""Roll-up through the topic tree."""

from __future__ import annotations

import numpy as np
import pytest
from tests.analytics.populations import table

from akademos.analytics.curriculum import prepare
from akademos.analytics.hierarchy import Nodes, roll_up

TREE = prepare(
    {
        "topics": table(
            "topics",
            [
                {"topic_id": "science"},
                {"topic_id": "physics", "parent_id": "science"},
                {"topic_id": "optics", "parent_id": "physics"},
                {"topic_id": "waves", "parent_id": "physics"},
                {"topic_id": "botany", "parent_id": "science"},
            ],
        )
    }
)


def _nodes(values: dict[str, float], weights: dict[str, float], spread: float = 0.1) -> Nodes:
    rng = np.random.default_rng(4)
    value = np.array(list(values.values()))
    noise = np.clip(value[:, None] + rng.normal(0, spread, (len(value), 800)), 0, 1)
    rows = {topic: n for n, topic in enumerate(values)}
    return roll_up(["optics", "waves", "botany"], rows, value, noise, TREE, weights, 5.0, 0.8)


def test_parents_are_means_weighted_by_the_exam() -> None:
    nodes = _nodes({"optics": 0.9, "waves": 0.5, "botany": 0.2}, {"optics": 3.0, "waves": 1.0})
    by_topic = dict(zip(nodes.topic_id, nodes.value.tolist(), strict=True))
    assert nodes.topic_id == ["science", "physics", "optics", "waves", "botany"]
    assert nodes.depth == [0, 1, 2, 2, 1]
    assert nodes.children == [2, 2, 0, 0, 0]
    assert nodes.weight == [9.0, 4.0, 3.0, 1.0, 5.0]
    assert by_topic["physics"] == pytest.approx((3 * 0.9 + 0.5) / 4)
    assert by_topic["science"] == pytest.approx((3 * 0.9 + 0.5 + 5 * 0.2) / 9)
    assert by_topic["optics"] == pytest.approx(0.9)


def test_topics_without_an_estimate_do_not_count() -> None:
    nodes = _nodes({"waves": 0.5}, {})
    by_topic = dict(zip(nodes.topic_id, nodes.value.tolist(), strict=True))
    assert by_topic["science"] == by_topic["physics"] == pytest.approx(0.5)
    assert np.isnan(by_topic["botany"])
    unweighted = _nodes({"waves": 0.5}, {"waves": 0.0})
    assert np.isnan(unweighted.value[0])  # the exam gives it nothing, so it says nothing about the whole
    assert np.isnan(_nodes({}, {}).value).all()


def test_many_known_topics_make_the_parent_surer() -> None:
    nodes = _nodes({"optics": 0.5, "waves": 0.5, "botany": 0.5}, {})
    width = dict(zip(nodes.topic_id, (nodes.high - nodes.low).tolist(), strict=True))
    assert width["science"] < width["physics"] < width["optics"]
    assert width["physics"] == pytest.approx(width["optics"] / np.sqrt(2), rel=0.15)
    assert (nodes.low <= nodes.value).all()
    assert (nodes.value <= nodes.high).all()
