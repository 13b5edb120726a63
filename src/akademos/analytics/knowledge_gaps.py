"""Knowledge gaps: what a learner lacks, what to do first, and why.

gap = 1 - mastery. priority = 3.0 gap + 2.0 exam weight + 1.0 prerequisite impact + 1.5 recent failure rate.

- exam weight 0..10 for the learner's target exam; 5, labelled `default`, where there is none;
- prerequisite impact: the weight of unmastered topics downstream, over the weight of all topics of the prerequisite
  graph in the learner's scope;
- recent failure rate: 1 - mean score of the last 20 answers within 30 days (without a clock: of the last 20), 0
  where there are none.

Only topics below 0.8 are gaps. Severity: critical: gap >= 0.6 and priority >= 10; high: gap >= 0.4 and priority >= 7;
medium: gap >= 0.3 or priority >= 7; else low. A topic without an estimate has neither gap nor severity. Order:
severity, then priority, then id.

Kinds, with accuracy = the composite of first-attempt and overall accuracy alone (weights renormalised):
- not_yet_seen: no answer;
- forgotten: it was known, and is no longer: accuracy >= 0.8, but retrieval strength below the target (0.9), so that
  without decay it would be known; or mastery was >= 0.8 at the end of one of the last 26 weeks, and accuracy >= 0.5;
- never_learned: accuracy below 0.5;
- developing: any other, also a topic with too few answers for an estimate.

Hours to close: items whose last answer was wrong, that are due or were never answered, and materials not completed,
times the learner's own median time, else the cohort's. Source: the specification of knowledge gaps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from akademos.analytics.curriculum import Curriculum
from akademos.analytics.parameters import GapParameters, Parameters

SEVERITIES = ("critical", "high", "medium", "low")


@dataclass(frozen=True, slots=True)
class TopicEvidence:
    """What is known about one topic of one learner.

    `accuracy` is the composite of the two accuracies, `retrieval` the retrieval strength, `failure` the recent failure
    rate over `recent_answers`, `best_past` the highest mastery at a past week end; None without data.
    `remaining_items` and `remaining_materials` are None where the curriculum lists none for the topic.
    """

    topic_id: str
    answers: int = 0
    mastery: float | None = None
    low: float | None = None
    high: float | None = None
    accuracy: float | None = None
    retrieval: float | None = None
    best_past: float | None = None
    failure: float | None = None
    recent_answers: int = 0
    remaining_items: int | None = None
    remaining_materials: int | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """Median seconds of an item and of a material, with basis own or cohort; None where unknown."""

    item_seconds: float | None
    item_basis: str | None
    material_seconds: float | None
    material_basis: str | None


@dataclass(frozen=True, slots=True)
class Gap:
    """One gap; the four `_part`s add up to `priority`."""

    topic_id: str
    kind: str
    severity: str | None
    gap: float | None
    mastery: float | None
    low: float | None
    high: float | None
    priority: float
    gap_part: float
    exam_part: float
    prerequisite_part: float
    failure_part: float
    exam_weight: float
    exam_weight_source: str
    recent_failure_rate: float | None
    recent_answers: int
    hours: float | None
    hours_basis: str | None
    prerequisites_missing: list[str]
    path: list[str]
    unlocks: list[str]
    reason: str


@dataclass(frozen=True, slots=True)
class Gaps:
    """Gaps of one learner in order, and the order in which to close them with a reason each."""

    gaps: list[Gap]
    path: list[tuple[str, str]]


def priority_parts(
    gap: float, exam_weight: float, impact: float, failure: float, params: GapParameters
) -> tuple[float, float, float, float]:
    """The four summands of the priority."""
    return (
        params.gap_weight * gap,
        params.exam_factor * exam_weight,
        params.prerequisite_weight * impact,
        params.failure_weight * failure,
    )


def severity_of(gap: float, priority: float, params: GapParameters) -> str:
    """critical, high, medium or low."""
    if gap >= params.critical_gap and priority >= params.critical_priority:
        return "critical"
    if gap >= params.high_gap and priority >= params.high_priority:
        return "high"
    if gap >= params.medium_gap or priority >= params.medium_priority:
        return "medium"
    return "low"


def kind_of(topic: TopicEvidence, params: Parameters) -> str:
    """never_learned, forgotten, not_yet_seen or developing, as the head of the module defines them."""
    if not topic.answers:
        return "not_yet_seen"
    if topic.mastery is None or topic.accuracy is None:
        return "developing"
    faded = topic.retrieval is not None and topic.retrieval < params.forgetting.target_retention
    if faded and topic.accuracy >= params.mastery.mastered_from:
        return "forgotten"
    if topic.accuracy < params.mastery.weak_below:
        return "never_learned"
    return "forgotten" if (topic.best_past or 0.0) >= params.mastery.mastered_from else "developing"


def knowledge_gaps(
    topics: Sequence[TopicEvidence],
    curriculum: Curriculum,
    weights: Mapping[str, float],
    pace: Pace,
    params: Parameters,
) -> Gaps:
    """Gaps and path of one learner.

    Args:
        topics: every topic in the learner's scope.
        curriculum: names and prerequisites.
        weights: exam weight per topic of the target exam, empty without one.
        pace: how long things take.
        params: weights and thresholds.
    """
    graph = curriculum.graph
    exam = {topic.topic_id: weights.get(topic.topic_id, params.gaps.exam_weight_default) for topic in topics}
    lacking = {
        topic.topic_id: topic
        for topic in topics
        if topic.mastery is None or topic.mastery < params.mastery.mastered_from
    }
    impact = graph.impact(exam, lacking)
    lacking_bits = graph.bits(lacking)
    found = []
    for topic in lacking.values():
        key = topic.topic_id
        gap = None if topic.mastery is None else 1 - topic.mastery
        parts = priority_parts(gap or 0.0, exam[key], impact.get(key, 0.0), topic.failure or 0.0, params.gaps)
        priority = sum(parts)
        kind = kind_of(topic, params)
        hours, basis = _hours(topic, pace)
        unlocks = [later for later in graph.after.get(key, ()) if later in lacking]
        found.append(
            Gap(
                topic_id=key,
                kind=kind,
                severity=None if gap is None else severity_of(gap, priority, params.gaps),
                gap=gap,
                mastery=topic.mastery,
                low=topic.low,
                high=topic.high,
                priority=priority,
                gap_part=parts[0],
                exam_part=parts[1],
                prerequisite_part=parts[2],
                failure_part=parts[3],
                exam_weight=exam[key],
                exam_weight_source="target_exam" if key in weights else "default",
                recent_failure_rate=topic.failure,
                recent_answers=topic.recent_answers,
                hours=hours,
                hours_basis=basis,
                prerequisites_missing=[one for one in graph.before.get(key, ()) if one in lacking],
                path=[*graph.named(graph.above.get(key, 0) & lacking_bits), key],
                unlocks=unlocks,
                reason=_reason(topic, kind, exam[key], key in weights, unlocks, curriculum, params),
            )
        )
    found.sort(key=_place)
    rank = {gap.topic_id: (float(number), gap.topic_id) for number, gap in enumerate(found)}
    ordered = graph.sequence(lacking, rank.__getitem__)
    by_topic = {gap.topic_id: gap for gap in found}
    return Gaps(found, [(topic, _why(by_topic[topic], curriculum)) for topic in ordered])


def _place(gap: Gap) -> tuple[int, float, str]:
    severity = len(SEVERITIES) if gap.severity is None else SEVERITIES.index(gap.severity)
    return severity, -gap.priority, gap.topic_id


def _hours(topic: TopicEvidence, pace: Pace) -> tuple[float | None, str | None]:
    if topic.remaining_items is None and topic.remaining_materials is None:
        return None, None
    seconds, bases = 0.0, set()
    for count, each, basis in (
        (topic.remaining_items, pace.item_seconds, pace.item_basis),
        (topic.remaining_materials, pace.material_seconds, pace.material_basis),
    ):
        if count:
            if each is None:
                return None, None
            seconds += count * each
            bases.add(basis)
    return seconds / 3600, "cohort" if "cohort" in bases else "own" if bases else None


def percent(share: float) -> str:
    """A share as a whole percentage."""
    return f"{round(100 * share)}%"


def _listed(names: Sequence[str], limit: int = 3) -> str:
    shown = list(names[:limit])
    if len(names) > limit:
        shown.append(f"{len(names) - limit} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def _reason(
    topic: TopicEvidence,
    kind: str,
    exam_weight: float,
    weighed: bool,
    unlocks: Sequence[str],
    curriculum: Curriculum,
    params: Parameters,
) -> str:
    """Why this is a gap of its kind and place, in sentences made from the numbers."""
    said = []
    if topic.mastery is None:
        missing = params.mastery.answers_min - topic.answers
        said.append(
            "No answers yet."
            if not topic.answers
            else f"{_count(topic.answers, 'answer')} so far; {missing} more give a first estimate."
        )
    else:
        likely = (
            f" (likely {percent(topic.low)[:-1]}-{percent(topic.high)})"
            if topic.low is not None and topic.high is not None
            else ""
        )
        said.append(f"Mastery is {percent(topic.mastery)}{likely} from {_count(topic.answers, 'answer')}.")
    if kind == "forgotten" and topic.accuracy is not None:
        recall = "" if topic.retrieval is None else f", and now about {percent(topic.retrieval)} would be recalled"
        known = (
            f"{percent(topic.accuracy)} of the answers were right"
            if topic.accuracy >= params.mastery.mastered_from
            else f"mastery has been {percent(topic.best_past or 0.0)}"
        )
        said.append(f"It has been known: {known}{recall}.")
    elif topic.failure is not None and topic.failure > 0:
        said.append(
            "The last answer was missed."
            if topic.recent_answers == 1 and topic.failure == 1
            else f"{percent(topic.failure)} of the last {_count(topic.recent_answers, 'answer')} were missed."
        )
    if weighed:
        said.append(f"The target exam gives it {exam_weight:g} of 10.")
    if unlocks:
        said.append(f"Needed for {_listed([curriculum.name(one) for one in unlocks])}.")
    return " ".join(said)


def _why(gap: Gap, curriculum: Curriculum) -> str:
    if gap.unlocks:
        return f"Opens the way to {_listed([curriculum.name(one) for one in gap.unlocks])}."
    if gap.severity is None:
        return "New ground." if gap.kind == "not_yet_seen" else "A few more answers show where this stands."
    if gap.kind == "forgotten":
        return "Was known before: a review brings it back."
    return f"Has the most room to grow here: {percent(gap.gap or 0.0)} to go."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
