"""What to do next: each step with what brought it about, why, and the learner's own word on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from akademos.serving.pages.answers import Json, rows, share_of, text_of
from akademos.serving.pages.cards import Card
from akademos.serving.pages.gap_words import gap_reason
from akademos.serving.pages.wording import Words

CHANGES = ("accepted", "dismissed", "completed")
"""What a learner can say of a step, as the events are named."""

_OPEN = ("accepted", "dismissed")
_TAKEN = ("completed", "dismissed")


@dataclass(frozen=True)
class Button:
    """What pressing it says."""

    change: str
    label: str


@dataclass(frozen=True)
class StepLine:
    """One step: what to do, why, what brought it about; `taken` where the learner said that they will do it."""

    recommendation_id: str
    topic_id: str | None
    title: str
    why: Markup
    trigger: str
    taken: str | None
    buttons: Sequence[Button]


def recommendation_card(answer: Json, gaps: Json, reviews: Json, words: Words) -> tuple[Card, list[StepLine]]:
    """The steps in the answer's order.

    Args:
        answer: of /v1/analytics/recommendations.
        gaps, reviews: of /v1/analytics/knowledge-gaps and /reviews, whose facts the reasons are made of; may be empty.
        words: of the reader's language.
    """
    title = words.plain("recommended.title")
    steps = rows(answer, "recommendations")
    if not steps:
        key = "recommended.none" if _nothing_open(gaps, reviews) else "recommended.none.left"
        return Card("recommended", title, takeaway=words.html(key)), []
    of_gap = {str(row.get("topic_id")): row for row in rows(gaps, "gaps")}
    of_review = {str(row.get("topic_id")): row for row in rows(reviews, "topics")}
    lines = [_line(step, of_gap, of_review, words) for step in steps]
    return Card("recommended", title, takeaway=words.html("recommended.take")), lines


def _nothing_open(gaps: Json, reviews: Json) -> bool:
    """Whether it is known that there is no gap and that no review is due."""
    known = "gaps" in gaps and "topics" in reviews
    return known and not rows(gaps, "gaps") and all(row.get("status") != "due" for row in rows(reviews, "topics"))


def _line(step: Json, of_gap: dict[str, Json], of_review: dict[str, Json], words: Words) -> StepLine:
    kind, topic_id = str(step.get("kind")), text_of(step.get("topic_id"))
    name = words.short(text_of(step.get("topic_name")) or topic_id or "")
    what = {"name": name, "material": text_of(step.get("material_id")) or ""}
    taken = step.get("status") == "accepted"
    return StepLine(
        str(step.get("recommendation_id")),
        topic_id,
        words.plain(f"recommended.do.{kind}", **{key: what[key] for key in _VALUES.get(kind, ("name",))}),
        _why(kind, topic_id, step, of_gap, of_review, words),
        words.plain(f"recommended.trigger.{step.get('trigger')}"),
        words.plain("recommended.taken") if taken else None,
        [Button(one, words.plain(f"recommended.button.{one}")) for one in (_TAKEN if taken else _OPEN)],
    )


_VALUES = {"advisor": (), "content": ("name", "material")}
"""Of each kind the values that its title names, where it is not the topic alone."""


def _why(
    kind: str,
    topic_id: str | None,
    step: Json,
    of_gap: dict[str, Json],
    of_review: dict[str, Json],
    words: Words,
) -> Markup:
    said = []
    if kind == "advisor":
        said.append(words.html("recommended.why.advisor"))
    recall = share_of(of_review.get(topic_id or "", {}).get("retrieval_strength"))
    if kind == "review" and recall is not None:
        said.append(words.html("recommended.why.review", share=words.locale.percent(recall)))
    gap = of_gap.get(topic_id or "")
    if kind not in ("advisor", "review") and gap is not None:
        said.append(gap_reason(gap, words))
    evidence = step.get("evidence")
    if isinstance(evidence, dict):
        said.append(_evidence(evidence, words))
    if kind == "tutoring":
        said.append(words.html("recommended.why.tutoring"))
    before = text_of(step.get("prerequisite_for"))
    if before:
        said.append(words.html("gap.needed", names=words.short(before)))
    return Markup(" ").join(said)


def _evidence(evidence: Json, words: Words) -> Markup:
    """What is published to speak for a material."""
    figures, percent, number = evidence["figures"], words.locale.percent, words.locale.number
    if evidence["ground"] == "effectiveness":
        low, high = (number(round(100 * figures[name])) for name in ("low", "high"))
        sample = {"n": number(figures["learners"]), "m": number(figures["others"])}
        return words.html("recommended.why.effectiveness", low=low, high=high, **sample)
    learners, others = (
        words.plain(f"recommended.share.{figures[side]['bound'] or 'about'}", share=percent(figures[side]["value"]))
        for side in ("learners", "others")
    )
    sample = {"n": number(figures["learners"]["people"]), "m": number(figures["others"]["people"])}
    return words.html("recommended.why.similar_learners", learners=learners, others=others, **sample)
