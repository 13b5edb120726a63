"""What is published of uptake: five shares of recommendations, each by kind and source trigger, of closed windows."""

from __future__ import annotations

from akademos.catalogue.declarations import Metric, Purpose
from akademos.catalogue.kpi_declaration import Kpi, Measure, Period

UPTAKE_ADDRESS = "GET /v1/analytics/recommendations/uptake"
DIMENSION = "kind/trigger"
"""Under which a line stands; its member is like `content/gap`."""

PURPOSES = (Purpose.PRODUCT_ANALYTICS, Purpose.LEARNING_SUPPORT)


def _share(name: str, title: str, question: str, definition: str, grain: str) -> Kpi:
    return Kpi(
        f"recommendation_{name}",
        title,
        question,
        definition,
        grain,
        "learner analytics",
        "share",
        Measure.SHARE,
        "up",
        None,
        purposes=PURPOSES,
        period=Period.TERM,
        dimensions=(),
        upstream=("event_log", "learner_state"),
    )


_SEEN = "recommendations whose 28 days since they were first seen ended in the term so far"

ACCEPTED = _share(
    "acceptance",
    "Recommendations accepted",
    "How many recommendations do learners say they will follow?",
    f"those of which an acceptance was the last word within 14 days, of all {_SEEN}",
    "one recommendation of one learner",
)
DISMISSED = _share(
    "dismissal",
    "Recommendations dismissed",
    "How many recommendations do learners not want?",
    f"those of which a dismissal was the last word within 14 days, of all {_SEEN}",
    "one recommendation of one learner",
)
COMPLETED = _share(
    "completion",
    "Accepted recommendations completed",
    "How many of the recommendations that learners accepted did they complete?",
    f"those completed within 28 days of being first seen, of the accepted ones among all {_SEEN}",
    "one accepted recommendation of one learner",
)
RESOLVED = _share(
    "resolved",
    "Resolved after acceptance",
    "Does what brought a recommendation about go away where it is accepted?",
    "those at whose topic a week ended within 28 days of being first seen with mastery of 0.8 (of a review: retrieval "
    f"strength of 0.9) or more, of the accepted ones among all {_SEEN}",
    "one accepted recommendation of one learner, about a topic with weekly points",
)
RESOLVED_OTHERWISE = _share(
    "resolved_otherwise",
    "Resolved without acceptance",
    "Does it go away where the recommendation was seen and not accepted?",
    "the same of those that were not accepted; the difference goes with acceptance and need not come from it",
    "one recommendation of one learner that was not accepted, about a topic with weekly points",
)
UPTAKE: tuple[Kpi, ...] = (ACCEPTED, DISMISSED, COMPLETED, RESOLVED, RESOLVED_OTHERWISE)

UPTAKE_METRICS: tuple[Metric, ...] = tuple(
    Metric(
        one.name,
        one.question,
        one.definition,
        one.unit,
        "term, kind and source trigger",
        one.purposes,
        upstream=one.upstream,
        endpoints=(UPTAKE_ADDRESS,),
        group_floor=one.group_floor,
    )
    for one in UPTAKE
)
