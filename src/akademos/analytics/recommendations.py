"""What to do next, and why.

Question: which few steps help this learner most now?

From what is known of the learner alone, at most `LISTED` steps, each with what triggered it and a reason made of its
numbers:

* review (trigger schedule): a topic whose retrieval strength has fallen under the target, the weakest first, at most
  `REVIEWS_MOST`;
* tutoring (trigger gap): a critical gap on which at least `HARD_ANSWERS` recent answers were given and at least half of
  them missed: more of the same has not helped;
* content (trigger gap): the next material of the topics with gaps, in the order of severity and priority; begun ones
  before unopened ones; never before what its topic needs (`content_order`);
* question (trigger gap): practise a topic whose materials are all finished, where it is needed before a material of the
  list or is a gap itself.

Reviews come first, since waiting costs most there; then tutoring, then the list to work through from the top.
Ids are stable: the same step for the same learner keeps its id until it is done, so that events can name it.

Caveats: a finished material may have to be read again, which only the gap tells. Priority is that of `knowledge_gaps`;
reviews have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Literal

import polars as pl

from akademos.analytics.content_order import in_prerequisite_order
from akademos.analytics.curriculum import Curriculum
from akademos.analytics.knowledge_gaps import percent
from akademos.analytics.schemas import OVERALL

Kind = Literal["review", "tutoring", "content", "question"]
Trigger = Literal["schedule", "gap"]

PARTS = ("reviews", "gaps")
"""Parts of `learner_state.evaluate` that this reads."""
LISTED = 10
REVIEWS_MOST = 3
HARD_ANSWERS, HARD_SHARE = 20, 0.5


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One step; `priority` is that of the gap, None for reviews; `prerequisite_for` names what it opens the way to."""

    recommendation_id: str
    kind: Kind
    trigger: Trigger
    topic_id: str
    topic_name: str
    material_id: str | None
    priority: float | None
    prerequisite_for: str | None
    reason: str


def recommendations(
    evaluated: Mapping[str, pl.DataFrame], materials: pl.DataFrame, curriculum: Curriculum, learner_key: str
) -> list[Recommendation]:
    """The steps of one learner, in order.

    Args:
        evaluated: tables `reviews` and `gaps` of `learner_state.evaluate`, of that learner.
        materials: table `materials` of the learner's state: what was opened, and how far.
        curriculum: what there is.
        learner_key: goes into the ids, hashed.
    """
    gaps = {row["topic_id"]: row for row in evaluated["gaps"].to_dicts()}
    steps = [
        *_reviews(evaluated["reviews"], learner_key),
        *(_tutoring(gap, learner_key) for gap in gaps.values() if _hard(gap)),
    ]
    shares = dict(materials.select("material_id", "share").iter_rows())
    steps += _lessons(gaps, shares, curriculum, learner_key, LISTED - len(steps))
    return steps[:LISTED]


def _reviews(reviews: pl.DataFrame, learner_key: str) -> list[Recommendation]:
    due = (
        reviews.filter(pl.col("status") == "due", pl.col("topic_id") != OVERALL)
        .sort("retrieval_strength", "topic_id")
        .head(REVIEWS_MOST)
    )
    return [
        Recommendation(
            _id(learner_key, "review", row["topic_id"]),
            "review",
            "schedule",
            row["topic_id"],
            row["name"],
            None,
            None,
            None,
            f"About {percent(row['retrieval_strength'])} of it would be recalled now; "
            f"{row['due_items']} of {row['items']} questions are due.",
        )
        for row in due.to_dicts()
    ]


def _hard(gap: Mapping[str, Any]) -> bool:
    missed = gap["recent_failure_rate"] or 0.0
    return gap["severity"] == "critical" and (gap["recent_answers"] or 0) >= HARD_ANSWERS and missed >= HARD_SHARE


def _tutoring(gap: Mapping[str, Any], learner_key: str) -> Recommendation:
    return Recommendation(
        _id(learner_key, "tutoring", gap["topic_id"]),
        "tutoring",
        "gap",
        gap["topic_id"],
        gap["name"],
        None,
        gap["priority"],
        None,
        f"{percent(gap['recent_failure_rate'])} of the last {gap['recent_answers']} answers were missed: "
        "somebody to explain it may help more than further practice.",
    )


def _lessons(
    gaps: Mapping[str, Mapping[str, Any]],
    shares: Mapping[str, float],
    curriculum: Curriculum,
    learner_key: str,
    room: int,
) -> list[Recommendation]:
    """Materials in prerequisite order, and practice where nothing is left to open."""
    topics: dict[str, list[str]] = {}
    for topic, members in curriculum.materials.items():
        for material in members:
            topics.setdefault(material, []).append(topic)
    about: dict[str, str] = {}
    for topic in gaps:
        unfinished = [one for one in curriculum.materials.get(topic, ()) if shares.get(one, 0.0) < 1]
        for material in sorted(unfinished, key=lambda one: (-shares.get(one, 0.0), one)):
            about.setdefault(material, topic)
    ranked = list(about)
    placed = in_prerequisite_order(ranked, topics, gaps, curriculum.graph, room)
    steps: list[Recommendation] = []
    practised: set[str] = set()
    for one in placed:
        topic = about[one.material_id]
        for first in one.practise_first:
            practised.add(first)
            steps.append(_practice(gaps[first], gaps[topic]["name"], learner_key))
        begun = shares.get(one.material_id, 0.0)
        said = f"{percent(begun)} of it is done. " if begun > 0 else ""
        steps.append(
            Recommendation(
                _id(learner_key, "content", one.material_id),
                "content",
                "gap",
                topic,
                gaps[topic]["name"],
                one.material_id,
                gaps[topic]["priority"],
                None,
                said + gaps[topic]["reason"],
            )
        )
    covered = practised | {topic for one in ranked for topic in topics[one]}
    blocked = curriculum.graph.bits(gaps)
    for topic, gap in gaps.items():
        free = not curriculum.graph.above.get(topic, 0) & blocked
        if topic not in covered and free and curriculum.items.get(topic):
            steps.append(_practice(gap, None, learner_key))
    return steps


def _practice(gap: Mapping[str, Any], before: str | None, learner_key: str) -> Recommendation:
    needed = f" It is needed for {before}." if before else ""
    return Recommendation(
        _id(learner_key, "question", gap["topic_id"]),
        "question",
        "gap",
        gap["topic_id"],
        gap["name"],
        None,
        gap["priority"],
        before,
        f"{gap['reason']}{needed}",
    )


def _id(learner_key: str, kind: Kind, what: str) -> str:
    return "rec-" + blake2b(f"{learner_key}\n{kind}\n{what}".encode(), digest_size=10).hexdigest()
