"""The numbers about contents, items and journeys."""

from __future__ import annotations

from akademos.catalogue.declarations import Metric, Purpose
from akademos.catalogue.policies import LIMITS

CONTENT = ("GET /v1/analytics/content", "GET /v1/analytics/content/{content}")
ITEMS = ("GET /v1/analytics/items", "GET /v1/analytics/items/{item}")
JOURNEYS = (
    "GET /v1/analytics/journeys/funnel",
    "GET /v1/analytics/journeys/paths",
    "GET /v1/analytics/journeys/retention",
    "GET /v1/analytics/journeys/survival",
)
_FOR = (Purpose.PRODUCT_ANALYTICS, Purpose.LEARNING_SUPPORT)
_LEAST = LIMITS.group_floor_least


def _metric(
    name: str,
    description: str,
    definition: str,
    unit: str,
    grain: str,
    sample: str,
    endpoints: tuple[str, ...],
    upstream: tuple[str, ...] = ("content_taken",),
) -> Metric:
    return Metric(
        name, description, definition, unit, grain, _FOR,
        minimum_sample=sample, upstream=upstream, endpoints=endpoints, group_floor=_LEAST,
    )  # fmt: skip


_CONTENT_GRAIN = "content version of a course"
_ITEM_GRAIN = "item version of a course"

CONTENT_METRICS: tuple[Metric, ...] = (
    _metric(
        "content_completion",
        "Who finishes a content, and how far the others come.",
        "of the learners who opened it the share who completed it, Wilson interval 95%; by second of a video or "
        "hundredth of a page the share who came so far",
        "share",
        _CONTENT_GRAIN,
        "20 learners who opened it",
        CONTENT,
    ),
    _metric(
        "content_gain",
        "Whether learners who opened a content answer its questions better.",
        "difference in the mean of score minus the item's mean between learners who had opened it in the 60 days "
        "before and those who never did, at equal ability (its error allowed for) and term; HC3 interval 95%",
        "share of a full score",
        _CONTENT_GRAIN,
        "30 learners on each side",
        CONTENT,
    ),
    _metric(
        "content_effectiveness",
        "How a content stands among those of its kind.",
        "mean of the percentiles of content_gain, content_completion and item quality among contents of the same kind",
        "percentile",
        _CONTENT_GRAIN,
        "5 contents of the kind",
        CONTENT,
        ("content_gain", "content_completion", "item_discrimination"),
    ),
    _metric(
        "item_facility",
        "How often a question is answered right the first time; high is easy.",
        "mean score of first attempts, Wilson interval 95%",
        "share",
        _ITEM_GRAIN,
        "50 first attempts",
        ITEMS,
    ),
    _metric(
        "item_discrimination",
        "Whether who knows more answers a question better.",
        "item-rest correlation of first attempts, Poisson bootstrap interval 95%; from 200 learners of a course on the "
        "slope of the two-parameter logistic model",
        "correlation",
        _ITEM_GRAIN,
        "50 first attempts with 5 other items",
        ITEMS,
    ),
    _metric(
        "journey_funnel",
        "How many learners go through steps in their order.",
        "learners with a sequence of events, one a step, each within its window after the one before",
        "learners",
        "course",
        "2 k learners at the first step",
        JOURNEYS[:2],
        ("content_editions", "event_log"),
    ),
    _metric(
        "journey_retention",
        "Who comes back in the weeks after the first, and when learners stop.",
        "of learners by start week, persona or channel the share with an event in the n-th closed week after; "
        "Kaplan-Meier share of learners without the event so far, who has not had it is censored",
        "share",
        "course and group",
        "2 k learners of a group",
        JOURNEYS[2:],
        ("content_editions", "event_log"),
    ),
)
