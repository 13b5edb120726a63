"""The answer of /v1/analytics/peers: a learner's own values beside what is published of their peers.

Nothing here is computed from other learners: everything about them is read from publications under disclosure control,
so whatever a learner does to their own values shows them no more than what is published anyway.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from akademos.analytics.cohort_comparison import (
    HABITS,
    Band,
    comparison_rows,
    habit_difference,
    middle,
    placed,
)
from akademos.analytics.parameters import ComparisonParameters
from akademos.catalogue.policies import LIMITS
from akademos.jobs.answers.blocks import count
from akademos.jobs.answers.header import Header, head, instant
from akademos.jobs.answers.rows import Tables, rows
from akademos.stores.ports.peers import PeerPublication

Block = dict[str, Any]

TOO_FEW = "Too few of those who compare themselves can be counted, so it stays hidden."
NOT_YET = "Nothing is published of this course yet: comparisons are made at night, from enough learners who chose to."


def peers(evaluated: Tables, header: Header, publications: Sequence[PeerPublication]) -> Block:
    """Each course of the learner: standing, topics, common weak points and habits of the peers, own values beside them.

    Args:
        evaluated: parts mastery and rhythm of one learner.
        header: facts for the head.
        publications: what is in force of the learner's courses.
    """
    own = {name: table.to_dicts() for name, table in comparison_rows(evaluated, header.parameters).items()}
    names = {row["topic_id"]: (row["name"], row["course_id"]) for row in rows(evaluated, "mastery").records()}
    return {
        **head(evaluated, header),
        "courses": [_course(one, own, names, header) for one in publications],
        "protection": {
            "counts_rounded_to": LIMITS.count_rounding,
            "shares_within": [LIMITS.share_lowest, LIMITS.share_highest],
        },
    }


def _course(
    publication: PeerPublication,
    own: Mapping[str, Sequence[Mapping[str, Any]]],
    names: Mapping[str, tuple[str, str | None]],
    header: Header,
) -> Block:
    course, content = publication.course_id, publication.content
    params = header.parameters.comparison
    status, reason = "ok", None
    if content is None:
        status, reason = "not_enough_data", NOT_YET
    elif content["learners"] is None:
        status, reason = "hidden", TOO_FEW
    standing = next((row for row in own["standing"] if row["course_id"] == course), None)
    mine = {row["topic_id"]: row for row in own["topics"] if row["course_id"] == course}
    habits = {row["habit"]: row["has"] for row in own["habits"]}
    shown: Mapping[str, Any] = content if content is not None and status == "ok" else {}
    topics = [
        _topic(topic, name, shown.get("topics", {}).get(topic), mine.get(topic), status)
        for topic, (name, of) in names.items()
        if of == course
    ]
    hard = [one for one in topics if one["hard"] is not None and one["hard"] >= params.weak_point_from]
    return {
        "course_id": course,
        "course": publication.course,
        "status": status,
        "reason": reason,
        "published_at": None if publication.published_at is None else instant(publication.published_at),
        "values_from": shown.get("as_of"),
        "learners": shown.get("learners"),
        "smallest_group": publication.smallest_group,
        "standing": _standing(shown.get("standing"), standing, status, reason, header),
        "topics": topics,
        "weak_points": [one["topic_id"] for one in sorted(hard, key=lambda one: -one["hard"])],
        "top_from": shown.get("top_from"),
        "habits": [_habit(name, shown.get("habits", {}).get(name), habits.get(name), params) for name in HABITS],
    }


def _standing(
    published: Mapping[str, Any] | None, own: Mapping[str, Any] | None, status: str, reason: str | None, header: Header
) -> Block:
    """The spread of the peers and the band that the learner's own mastery falls in."""
    params = header.parameters
    bands = [Band(**one) for one in (published or {}).get("bands", ())]
    if status == "ok" and not bands:
        status, reason = "hidden", TOO_FEW
    low, high = middle(bands, params.comparison.middle) if bands else (None, None)
    return {
        "status": status,
        "reason": reason,
        "learners": published["learners"] if published is not None and bands else None,
        "bands": [{"low": band.low, "high": band.high, "share": band.share} for band in bands],
        "middle": {"share": params.comparison.middle, "low": low, "high": high},
        "own": _own_standing(own, bands, low, high, header),
    }


def _own_standing(
    own: Mapping[str, Any] | None, bands: Sequence[Band], low: float | None, high: float | None, header: Header
) -> Block:
    params = header.parameters
    found: Block = {
        **dict.fromkeys(("value", "low", "high", "band", "peers_below", "peers_through", "place"), None),
        "status": "ok",
        "reason": None,
        "interval": params.mastery.interval,
        "topics": 0 if own is None else own["topics"],
        "sure": None,
    }
    if own is None:
        needed = count(params.comparison.topics_min, "topic")
        reason = f"A comparison needs {needed} of the course with an estimate; five answers on a topic give it one."
        return found | {"status": "not_enough_data", "reason": reason}
    found |= {name: own[name] for name in ("value", "low", "high")}
    if low is None or high is None:
        return found
    at = placed(bands, own["value"])
    place, *ends = (_place(own[name], low, high) for name in ("value", "low", "high"))
    return found | {
        "band": at.band,
        "peers_below": at.below,
        "peers_through": at.through,
        "place": place,
        "sure": all(end == place for end in ends),
    }


def _place(value: float, low: float, high: float) -> str:
    return "lower" if value < low else "upper" if value > high else "middle"


def _topic(
    topic: str, name: str, published: Mapping[str, Any] | None, own: Mapping[str, Any] | None, status: str
) -> Block:
    """How hard a topic is for the peers, and how long they take."""
    if status == "ok" and published is None:
        status = "hidden"
    time = (published or {}).get("time")
    return {
        "topic_id": topic,
        "name": name,
        "status": status,
        "learners": None if published is None else published["learners"],
        "hard": None if published is None else published["hard"],
        "easy": None if published is None else published["easy"],
        "time_to_mastery": {
            "status": status if published is None else "hidden" if time is None else "ok",
            **(time or dict.fromkeys(("learners", "weeks", "low", "high"))),
        },
        "own": {
            "first_attempt_accuracy": None if own is None else own["first_attempt_accuracy"],
            "weeks": None if own is None else own["weeks"],
            "mastered": None if own is None else own["mastered"],
        },
    }


def _habit(habit: str, published: Mapping[str, Any] | None, own: bool | None, params: ComparisonParameters) -> Block:
    """A habit of those above the edge against the others: a difference with its interval, and whether it is clear."""
    top, rest = ((published or {}).get(side) or {} for side in ("top", "rest"))
    found: Block = {
        "habit": habit,
        "status": "hidden",
        "top": {"learners": top.get("learners"), "share": top.get("share")},
        "rest": {"learners": rest.get("learners"), "share": rest.get("share")},
        **dict.fromkeys(("difference", "low", "high", "goes_with"), None),
        "own": own,
    }
    if top.get("share") is None or rest.get("share") is None:
        return found
    tested = habit_difference(top["share"], top["learners"], rest["share"], rest["learners"], params)
    return found | {
        "status": "ok",
        "difference": tested.value,
        "low": tested.low,
        "high": tested.high,
        "goes_with": tested.clear,
    }
