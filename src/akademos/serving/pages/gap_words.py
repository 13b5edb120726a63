"""Why something is a gap, and why a step of a path comes where it does: in words, from the facts of the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from akademos.serving.pages.answers import Json, block, count_of, rows, share_of, text_of, topic_name
from akademos.serving.pages.wording import Words

_NAMED = 3
"""So many topics are named in a sentence; the rest is a number."""

Unlocks = Mapping[str, Sequence[str]]
"""Of each topic, the names of the gaps that build directly on it."""


def unlocks_of(answer: Json) -> Unlocks:
    """Read from the graph of the answer of /v1/analytics/knowledge-gaps, in the order of its edges."""
    graph = block(answer, "graph")
    names = {str(node.get("topic_id")): topic_name(node) for node in rows(graph, "nodes")}
    gaps = {str(gap.get("topic_id")) for gap in rows(answer, "gaps")}
    found: dict[str, list[str]] = {}
    for edge in rows(graph, "edges"):
        before, after = str(edge.get("from")), str(edge.get("to"))
        if after in gaps:
            found.setdefault(before, []).append(names.get(after, after))
    return found


def named(names: Sequence[str], words: Words) -> Markup:
    """ "A, B, C and 2 more", escaped."""
    shown = words.listed(names[:_NAMED] if len(names) > _NAMED else names)
    if len(names) > _NAMED:
        shown = Markup(", ").join(words.short(name) for name in names[:_NAMED])
        shown += Markup(" ") + words.counted("and_more", len(names) - _NAMED)
    return shown


def gap_reason(gap: Json, words: Words) -> Markup:
    """How well it is known, and what happened to it lately."""
    said = [_level(gap, words)]
    missed, recent = share_of(gap.get("recent_failure_rate")), count_of(gap.get("recent_answers")) or 0
    if gap.get("kind") == "forgotten":
        said.append(words.html("gap.forgotten"))
    elif missed and recent == 1:
        said.append(words.html("gap.last"))
    elif missed and recent:
        share = words.locale.percent(missed)
        said.append(words.html("gap.recent", share=share, answers=words.counted("answers", recent)))
    return Markup(" ").join(said)


def _level(gap: Json, words: Words) -> Markup:
    value, low, high = (share_of(gap.get(name)) for name in ("mastery", "low", "high"))
    if value is None:
        return words.html("gap.none" if gap.get("kind") == "not_yet_seen" else "gap.few")
    shown = words.locale.percent(value)
    if low is None or high is None:
        return words.html("gap.level", value=shown)
    return words.html("gap.level.likely", value=shown, range=words.locale.percent_range(low, high))


def step_reason(gap: Json, unlocks: Unlocks, words: Words) -> Markup:
    """Why the topic of a gap is a step of the path."""
    later = unlocks.get(str(gap.get("topic_id")), ())
    if later:
        return words.html("path.opens", names=named(later, words))
    if text_of(gap.get("severity")) is None:
        return words.html("path.new" if gap.get("kind") == "not_yet_seen" else "path.few")
    if gap.get("kind") == "forgotten":
        return words.html("path.forgotten")
    return words.html("path.room", share=words.locale.percent(share_of(gap.get("gap")) or 0.0))
