"""What to do next, and why.

Question: which few steps help this learner most now?

From what is known of the learner, and of materials as published, at most `LISTED` steps, each with what triggered it
and a reason made of its numbers:

* advisor (trigger inactivity): no study for `inactive_days`, less than `gone_days`: a talk comes before any material;
* review (trigger schedule): a topic whose retrieval strength has fallen under the target, the weakest first, at most
  `REVIEWS_MOST`;
* tutoring (trigger gap): a critical gap on which at least `HARD_ANSWERS` recent answers were given and at least half of
  them missed: more of the same has not helped;
* content: the next material of the topics with gaps, in the order of severity and priority; never before what its topic
  needs (`content_order`). Of the unfinished materials of a topic begun ones come first, then what more learners of the
  same level succeeded after than after others (trigger similar_learners), then what goes with the larger gain (trigger
  effectiveness), both as published of them (`similar_learners`, `content_effectiveness`); where that chose nothing the
  trigger is the gap;
* question (trigger gap): practise a topic whose materials are all finished, where it is needed before a material of the
  list or is a gap itself.

Reviews come before gaps, since waiting costs most there; then tutoring, then the list to work through from the top.
Ids are stable: the same step for the same learner keeps its id until it is done, so that events can name it. What the
learner did with a step decides whether it is listed (`recommendation_standing`): not while it is dismissed or
completed; what they accepted comes before others of its sort, after what it needs. A material that needs a topic whose
practice was dismissed waits with it.

Caveats: a finished material may have to be read again, which only the gap tells. Priority is that of `knowledge_gaps`;
reviews have none. A learner who studies elsewhere looks inactive here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Any, Literal

import polars as pl

from akademos.analytics.content_order import Placed, in_prerequisite_order
from akademos.analytics.curriculum import Curriculum
from akademos.analytics.knowledge_gaps import percent
from akademos.analytics.material_choice import NO_SUPPORT, Evidence, Support, evidence_for, rank_of
from akademos.analytics.parameters import RecommendationParameters
from akademos.analytics.recommendation_standing import NOTHING_DONE, Status, standings
from akademos.analytics.schemas import OVERALL
from akademos.analytics.similar_learners import level

Kind = Literal["advisor", "review", "tutoring", "content", "question"]
Trigger = Literal["inactivity", "schedule", "gap", "similar_learners", "effectiveness"]

PARTS = ("reviews", "gaps")
"""Parts of `learner_state.evaluate` that this reads."""
LISTED = 10
REVIEWS_MOST = 3
HARD_ANSWERS, HARD_SHARE = 20, 0.5
_OUT = ("dismissed", "completed")
_NO_CLOCK = ("order", "none")


@dataclass(frozen=True, slots=True)
class Recommendation:
    """One step; `priority` is that of the gap, None for others; `prerequisite_for` names what it opens the way to;
    `status` is proposed, shown or accepted, and the instants say since when (UTC). An advisor is of no topic;
    `evidence` is what is published to speak for a material."""

    recommendation_id: str
    kind: Kind
    trigger: Trigger
    topic_id: str | None
    topic_name: str | None
    material_id: str | None
    priority: float | None
    prerequisite_for: str | None
    reason: str
    status: Status
    shown_at: datetime | None
    accepted_at: datetime | None
    evidence: Evidence | None = None


class _Steps:
    """Makes the steps of one learner: their ids, and where the learner stands with each."""

    def __init__(
        self, learner_key: str, recommended: pl.DataFrame, as_of: datetime, params: RecommendationParameters
    ) -> None:
        self._learner_key = learner_key
        self._known = standings(recommended)
        self._as_of = as_of
        self._params = params

    def status(self, kind: Kind, what: str) -> Status:
        """Where the learner stands with a step; what is out is not to be listed."""
        standing = self._known.get(self._id(kind, what), NOTHING_DONE)
        return standing.status(self._as_of, self._params, for_good=kind == "content")

    def out(self, kind: Kind, what: str) -> bool:
        """Whether a step is dismissed or completed."""
        return self.status(kind, what) in _OUT

    def step(
        self,
        kind: Kind,
        trigger: Trigger,
        topic: Mapping[str, Any] | None,
        reason: str,
        *,
        material: str | None = None,
        before: str | None = None,
        evidence: Evidence | None = None,
    ) -> Recommendation:
        """A step about a topic (its row in reviews or gaps), a material of it, or neither."""
        about = topic or {}
        what = material or about.get("topic_id", "")
        standing = self._known.get(self._id(kind, what), NOTHING_DONE)
        return Recommendation(
            self._id(kind, what),
            kind,
            trigger,
            about.get("topic_id"),
            about.get("name"),
            material,
            about.get("priority"),
            before,
            reason,
            self.status(kind, what),
            standing.shown_at,
            standing.accepted_at if self.status(kind, what) == "accepted" else None,
            evidence,
        )

    def _id(self, kind: Kind, what: str) -> str:
        said = f"{self._learner_key}\n{kind}\n{what}".encode()
        return "rec-" + blake2b(said, digest_size=10).hexdigest()


def recommendations(
    evaluated: Mapping[str, pl.DataFrame],
    state: Mapping[str, pl.DataFrame],
    curriculum: Curriculum,
    learner_key: str,
    as_of: datetime,
    params: RecommendationParameters,
    support: Support = NO_SUPPORT,
) -> list[Recommendation]:
    """The steps of one learner, in order.

    Args:
        evaluated: tables `reviews` and `gaps` of `learner_state.evaluate`, of that learner.
        state: that of the learner (`learner_state.precompute`): its tables profile, materials and recommended.
        curriculum: what there is.
        learner_key: goes into the ids, hashed.
        as_of: aware instant, not before the state's own.
        params: how long decisions hold, and when somebody is inactive.
        support: as in force at `as_of`.
    """
    make = _Steps(learner_key, state["recommended"], as_of, params)
    standing = level(1 - pl.col("recent_failure_rate"), pl.col("recent_answers"))
    gaps = {row["topic_id"]: row for row in evaluated["gaps"].with_columns(level=standing).to_dicts()}
    steps = [
        *_advisor(state["profile"], make, as_of, params),
        *_reviews(evaluated["reviews"], make),
        *_tutoring(gaps.values(), make),
    ]
    shares = dict(state["materials"].select("material_id", "share").iter_rows())
    steps += _lessons(gaps, shares, curriculum, make, LISTED - len(steps), support)
    return steps[:LISTED]


def _advisor(
    profile: pl.DataFrame, make: _Steps, as_of: datetime, params: RecommendationParameters
) -> list[Recommendation]:
    """A talk, where somebody who is in a course has stopped studying; nothing of who has never begun, or is gone."""
    for learner in profile.to_dicts():
        last = learner["last_event_at"]
        if last is None or learner["clock"] in _NO_CLOCK or not learner["courses"]:
            continue
        days = (as_of - last).days
        if params.inactive_days <= days < params.gone_days and not make.out("advisor", ""):
            said = f"Nothing was studied for {days} days: a talk may help to find out what is in the way."
            return [make.step("advisor", "inactivity", None, said)]
    return []


def _reviews(reviews: pl.DataFrame, make: _Steps) -> list[Recommendation]:
    due = reviews.filter(pl.col("status") == "due", pl.col("topic_id") != OVERALL).sort(
        "retrieval_strength", "topic_id"
    )
    status = {row["topic_id"]: make.status("review", row["topic_id"]) for row in due.to_dicts()}
    open_ = [row for row in due.to_dicts() if status[row["topic_id"]] not in _OUT]
    open_.sort(key=lambda row: status[row["topic_id"]] != "accepted")
    return [
        make.step(
            "review",
            "schedule",
            row,
            f"About {percent(row['retrieval_strength'])} of it would be recalled now; "
            f"{row['due_items']} of {row['items']} questions are due.",
        )
        for row in open_[:REVIEWS_MOST]
    ]


def _hard(gap: Mapping[str, Any]) -> bool:
    missed = gap["recent_failure_rate"] or 0.0
    return gap["severity"] == "critical" and (gap["recent_answers"] or 0) >= HARD_ANSWERS and missed >= HARD_SHARE


def _tutoring(gaps: Iterable[Mapping[str, Any]], make: _Steps) -> list[Recommendation]:
    steps = [
        make.step(
            "tutoring",
            "gap",
            gap,
            f"{percent(gap['recent_failure_rate'])} of the last {gap['recent_answers']} answers were missed: "
            "somebody to explain it may help more than further practice.",
        )
        for gap in gaps
        if _hard(gap) and not make.out("tutoring", gap["topic_id"])
    ]
    return sorted(steps, key=lambda one: one.status != "accepted")


def _lessons(
    gaps: Mapping[str, Mapping[str, Any]],
    shares: Mapping[str, float],
    curriculum: Curriculum,
    make: _Steps,
    room: int,
    support: Support,
) -> list[Recommendation]:
    """Materials in prerequisite order, and practice where nothing is left to open."""
    topics: dict[str, list[str]] = {}
    for topic, members in curriculum.materials.items():
        for material in members:
            topics.setdefault(material, []).append(topic)
    about: dict[str, str] = {}
    because: dict[str, tuple[Evidence | None, bool]] = {}
    accepted = set()
    for topic, gap in gaps.items():
        unfinished = [one for one in curriculum.materials.get(topic, ()) if shares.get(one, 0.0) < 1]
        open_ = [one for one in unfinished if make.status("content", one) not in _OUT]
        speaks = {one: evidence_for(support.get(one, {}), topic, gap["level"]) for one in open_}
        ranks = {one: (-shares.get(one, 0.0), *rank_of(speaks[one])) for one in open_}
        for material in sorted(open_, key=lambda one: (ranks[one], one)):
            if material not in about:
                about[material] = topic
                because[material] = (speaks[material], any(ranks[material] < ranks[one] for one in open_))
            if make.status("content", material) == "accepted":
                accepted.add(material)
    ranked = sorted(about, key=lambda one: one not in accepted)
    placed = _placed(ranked, topics, gaps, curriculum, make, room)
    steps: list[Recommendation] = []
    practised: set[str] = set()
    for one in placed:
        topic = about[one.material_id]
        for first in one.practise_first:
            practised.add(first)
            if not make.out("question", first):
                steps.append(_practice(gaps[first], gaps[topic]["name"], make))
        steps.append(_lesson(one.material_id, gaps[topic], shares.get(one.material_id, 0.0), because, make))
    covered = practised | {topic for one in ranked for topic in topics[one]}
    blocked = curriculum.graph.bits(gaps)
    free = {topic for topic in gaps if not curriculum.graph.above.get(topic, 0) & blocked}
    for topic, gap in gaps.items():
        if topic not in covered and topic in free and curriculum.items.get(topic) and not make.out("question", topic):
            steps.append(_practice(gap, None, make))
    # Practice that was accepted and needs nothing else comes first, so that no material pushes it off the list.
    return sorted(steps, key=lambda one: (one.kind, one.status) != ("question", "accepted") or one.topic_id not in free)


def _lesson(
    material: str,
    gap: Mapping[str, Any],
    begun: float,
    because: Mapping[str, tuple[Evidence | None, bool]],
    make: _Steps,
) -> Recommendation:
    """A material to open or go on with; what speaks for it is its trigger where it chose among several."""
    if begun > 0:
        return make.step("content", "gap", gap, f"{percent(begun)} of it is done. {gap['reason']}", material=material)
    evidence, chose = because[material]
    if evidence is None:
        return make.step("content", "gap", gap, gap["reason"], material=material)
    trigger: Trigger = evidence.ground if chose else "gap"
    return make.step(
        "content", trigger, gap, f"{gap['reason']} {evidence.reason}", material=material, evidence=evidence
    )


def _placed(
    ranked: list[str],
    topics: Mapping[str, list[str]],
    gaps: Mapping[str, Mapping[str, Any]],
    curriculum: Curriculum,
    make: _Steps,
    room: int,
) -> list[Placed]:
    """Materials in order, without those that need a topic whose practice the learner has dismissed."""
    left = list(ranked)
    while True:
        placed = in_prerequisite_order(left, topics, gaps, curriculum.graph, room)
        refused = {
            one.material_id
            for one in placed
            if any(make.status("question", first) == "dismissed" for first in one.practise_first)
        }
        if not refused:
            return placed
        left = [one for one in left if one not in refused]


def _practice(gap: Mapping[str, Any], before: str | None, make: _Steps) -> Recommendation:
    needed = f" It is needed for {before}." if before else ""
    return make.step("question", "gap", gap, f"{gap['reason']}{needed}", before=before)
