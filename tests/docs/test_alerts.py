"""Alert rules name metrics that the processes export."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from prometheus_client import REGISTRY

from akademos import telemetry

RULES = Path(__file__).parents[2] / "docs" / "operations" / "alerts.yml"


def test_every_alert_rests_on_a_metric_that_is_there() -> None:
    assert telemetry.HELD_AGE
    metrics = list(REGISTRY.collect())
    exported = {sample.name for metric in metrics for sample in metric.samples} | {metric.name for metric in metrics}
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    assert len(rules) >= 4
    for rule in rules:
        named = set(re.findall(r"\b(?:akademos|analytics|data_pipeline)_\w+", rule["expr"]))
        assert named, rule["alert"]
        assert named <= exported, rule["alert"]
        assert rule["annotations"]["summary"]
