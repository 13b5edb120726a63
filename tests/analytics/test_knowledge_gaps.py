"""Knowledge gaps: priority, severity, kinds, path, hours."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.analytics.populations import NOW, START, answer, curriculum, tables_of

from akademos.analytics.knowledge_gaps import (
    SEVERITIES,
    Gaps,
    Pace,
    TopicEvidence,
    kind_of,
    knowledge_gaps,
    priority_parts,
    severity_of,
)
from akademos.analytics.learner_state import evaluate, precompute
from akademos.analytics.parameters import DEFAULT

NO_PACE = Pace(None, None, None, None)


def _gaps(*topics: TopicEvidence, weights: dict[str, float] | None = None, pace: Pace = NO_PACE) -> Gaps:
    return knowledge_gaps(topics, curriculum(), weights or {}, pace, DEFAULT)


def test_the_published_example() -> None:
    # mastery 0.3, accuracy 0.45, weight 8, impact 0: 2.1 + 16 + 0 + 0.825 = 18.925, critical (the specification's)
    parts = priority_parts(1 - 0.3, 8, 0, 1 - 0.45, DEFAULT.gaps)
    assert parts == pytest.approx((2.1, 16, 0, 0.825))
    assert sum(parts) == pytest.approx(18.925)
    assert severity_of(0.7, sum(parts), DEFAULT.gaps) == "critical"
    topic = TopicEvidence("maths", answers=20, mastery=0.3, accuracy=0.45, failure=0.55, recent_answers=20)
    gap = _gaps(topic, weights={"maths": 8.0}).gaps[0]
    assert gap.priority == pytest.approx(18.925)
    assert (gap.severity, gap.exam_weight_source) == ("critical", "target_exam")


@pytest.mark.parametrize(
    ("gap", "priority", "severity"),
    [
        (0.6, 10, "critical"),
        (0.6, 9.99, "high"),
        (0.59, 30, "high"),
        (0.4, 7, "high"),
        (0.6, 6.9, "medium"),
        (0.39, 7, "medium"),
        (0.3, 0, "medium"),
        (0.29, 6.99, "low"),
    ],
)
def test_severity(gap: float, priority: float, severity: str) -> None:
    assert severity_of(gap, priority, DEFAULT.gaps) == severity


@pytest.mark.parametrize(
    ("topic", "kind"),
    [
        (TopicEvidence("t"), "not_yet_seen"),
        (TopicEvidence("t", answers=3), "developing"),
        (TopicEvidence("t", answers=9, mastery=0.7, accuracy=0.85, retrieval=0.6), "forgotten"),
        (TopicEvidence("t", answers=9, mastery=0.7, accuracy=0.85, retrieval=0.95), "developing"),
        (TopicEvidence("t", answers=9, mastery=0.7, accuracy=0.79, retrieval=0.6), "developing"),
        (TopicEvidence("t", answers=9, mastery=0.4, accuracy=0.49, retrieval=0.6), "never_learned"),
        (TopicEvidence("t", answers=9, mastery=0.4, accuracy=0.49), "never_learned"),
        (TopicEvidence("t", answers=9, mastery=0.6, accuracy=0.7, retrieval=0.95, best_past=0.8), "forgotten"),
        (TopicEvidence("t", answers=9, mastery=0.6, accuracy=0.7, best_past=0.79), "developing"),
        (TopicEvidence("t", answers=9, mastery=0.4, accuracy=0.49, best_past=0.9), "never_learned"),
    ],
)
def test_kinds(topic: TopicEvidence, kind: str) -> None:
    assert kind_of(topic, DEFAULT) == kind


def test_a_mastered_heavy_topic_is_no_gap_and_an_unseen_one_has_no_severity() -> None:
    found = _gaps(
        TopicEvidence("algebra", answers=9, mastery=0.8, accuracy=0.8),
        TopicEvidence("geometry"),
        weights={"algebra": 10.0, "geometry": 10.0},
    )
    assert [gap.topic_id for gap in found.gaps] == ["geometry"]
    gap = found.gaps[0]
    assert (gap.severity, gap.gap, gap.kind) == (None, None, "not_yet_seen")


def test_gaps_come_by_severity_then_priority() -> None:
    found = _gaps(
        TopicEvidence("geometry", answers=9, mastery=0.75, accuracy=0.7),  # low gap, heaviest
        TopicEvidence("algebra", answers=9, mastery=0.3, accuracy=0.3),
        TopicEvidence("limits", answers=9, mastery=0.2, accuracy=0.2),
        TopicEvidence("unused"),
        weights={"geometry": 10.0, "algebra": 4.0, "limits": 4.0, "unused": 10.0},
    )
    assert [gap.topic_id for gap in found.gaps] == ["limits", "algebra", "geometry", "unused"]
    # The path puts prerequisites first all the same.
    assert [topic for topic, _ in found.path] == ["algebra", "geometry", "limits", "unused"]
    limits = found.gaps[0]
    assert limits.prerequisites_missing == ["algebra", "geometry"]
    assert limits.path == ["algebra", "geometry", "limits"]
    assert limits.unlocks == ["unused"]


def test_impact_counts_unmastered_topics_downstream_only() -> None:
    found = _gaps(
        TopicEvidence("algebra", answers=9, mastery=0.5, accuracy=0.5),
        TopicEvidence("geometry", answers=9, mastery=0.9, accuracy=0.9),
        TopicEvidence("limits", answers=9, mastery=0.5, accuracy=0.5),
        TopicEvidence("unused", answers=9, mastery=0.9, accuracy=0.9),
        weights={"algebra": 1.0, "geometry": 2.0, "limits": 3.0, "unused": 4.0},
    )
    parts = {gap.topic_id: gap.prerequisite_part for gap in found.gaps}
    assert parts == pytest.approx({"algebra": 0.3, "limits": 0.0})


@pytest.mark.parametrize(
    ("items", "materials", "pace", "hours", "basis"),
    [
        (30, 2, Pace(60, "own", 900, "own"), 1.0, "own"),
        (30, 2, Pace(60, "own", 900, "cohort"), 1.0, "cohort"),
        (30, 0, Pace(60, "own", None, None), 0.5, "own"),
        (30, 2, Pace(60, "own", None, None), None, None),
        (30, None, Pace(None, None, None, None), None, None),
        (None, None, Pace(60, "own", 900, "own"), None, None),
        (0, 0, Pace(None, None, None, None), 0.0, None),
    ],
)
def test_hours_to_close(
    items: int | None, materials: int | None, pace: Pace, hours: float | None, basis: str | None
) -> None:
    gap = _gaps(TopicEvidence("maths", remaining_items=items, remaining_materials=materials), pace=pace).gaps[0]
    assert (gap.hours, gap.hours_basis) == (hours, basis)


def test_reasons_are_made_from_the_numbers() -> None:
    found = _gaps(
        TopicEvidence("algebra", answers=20, mastery=0.7, low=0.61, high=0.78, accuracy=0.86, retrieval=0.63),
        TopicEvidence(
            "geometry", answers=20, mastery=0.31, accuracy=0.4, failure=0.55, recent_answers=20, low=0.2, high=0.4
        ),
        TopicEvidence("limits", answers=1),
        TopicEvidence("unused"),
        weights={"geometry": 8.0},
    )
    reasons = {gap.topic_id: gap.reason for gap in found.gaps}
    assert reasons == {
        "algebra": "Mastery is 70% (likely 61-78%) from 20 answers. It has been known: 86% of the answers were right, "
        "and now about 63% would be recalled. Needed for Limits.",
        "geometry": "Mastery is 31% (likely 20-40%) from 20 answers. 55% of the last 20 answers were missed. "
        "The target exam gives it 8 of 10. Needed for Limits.",
        "limits": "1 answer so far; 4 more give a first estimate. Needed for Unused.",
        "unused": "No answers yet.",
    }


shares = st.floats(0, 1)


@given(shares, st.floats(0, 10), shares, shares, shares)
def test_a_larger_gap_never_has_a_lower_priority_or_severity(
    gap: float, weight: float, impact: float, failure: float, other: float
) -> None:
    small, large = sorted((gap, other))
    low = sum(priority_parts(small, weight, impact, failure, DEFAULT.gaps))
    high = sum(priority_parts(large, weight, impact, failure, DEFAULT.gaps))
    assert high >= low
    ranks = [SEVERITIES.index(severity_of(g, p, DEFAULT.gaps)) for g, p in ((small, low), (large, high))]
    assert ranks[1] <= ranks[0]


def test_a_topic_once_mastered_is_forgotten_whether_by_time_or_by_misses() -> None:
    """Six items learned in January and answered right; then nothing, or misses in March."""
    learned = [
        answer(n, occurred_at=START + timedelta(days=n // 6 * 3, minutes=n), question_id=f"q{n % 6}") for n in range(24)
    ]
    missed = [
        answer(
            100 + n,
            occurred_at=NOW - timedelta(days=1, minutes=n),
            question_id=f"q{n % 6}",
            score=float(n % 3 == 0),
        )
        for n in range(12)
    ]
    for rows, later in ((learned, timedelta(days=300)), ([*learned, *missed], timedelta(0))):
        state = precompute(tables_of(rows), NOW)
        gaps = evaluate(state, curriculum(), NOW + later, parts=("gaps",))["gaps"]
        found = gaps.filter(pl.col("topic_id") == "algebra")
        assert found["kind"].to_list() == ["forgotten"], found["mastery"]
        assert "It has been known" in found["reason"][0]
