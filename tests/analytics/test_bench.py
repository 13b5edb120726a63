"""`bench analytics` on a small population: the keys that its last line promises, and parity."""

from __future__ import annotations

import orjson

from akademos.bench.analytics import run


def test_the_figures_are_complete_and_fsrs_equals_its_oracle() -> None:
    figures = run(learners=3, answers_each=30, heavy_answers=60, reviews=2_000, rounds=1, live_updates=1)
    for name in ("mastery", "forgetting", "knowledge_gaps"):
        assert figures[name]["events_per_s"] > 0
        assert figures[name]["one_learner_ms"] > 0
    assert figures["fsrs"]["reviews_per_s"] > 0
    assert figures["fsrs"]["parity_max_rel"] <= 1e-4
    assert figures["exam_plan"]["one_learner_ms"] > 0
    assert figures["memory_fit"]["reviews_per_s"] > 0
    assert figures["population"]["events"] == 3 * 33
    assert figures["live_update_ms"]["p99"] >= figures["live_update_ms"]["p50"] > 0
    assert orjson.loads(orjson.dumps(figures)) == figures
