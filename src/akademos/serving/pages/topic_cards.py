"""Coverage of topics: a radar of five to nine, bars beyond, and every topic as a cell."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from akademos.serving.charts.bars import bars
from akademos.serving.charts.canvas import MEDIUM, NARROW, WIDE, Caption
from akademos.serving.charts.hierarchy_heatmap import hierarchy_heatmap
from akademos.serving.charts.radar import radar
from akademos.serving.charts.tally import Group, tally
from akademos.serving.charts.topic_level import TopicLevel
from akademos.serving.pages import takeaways
from akademos.serving.pages.answers import (
    Json,
    block,
    estimate_of,
    moment,
    rows,
    share_of,
    status_of,
    text_of,
    topic_name,
)
from akademos.serving.pages.cards import Card, LegendEntry, figure, low_to_high, state_for
from akademos.serving.pages.tables import Cell, Column, Table, count_cell, day_cell, range_cell, share_cell
from akademos.serving.pages.wording import Words

_BARS_AT_MOST = 14
_RADAR_FROM = 3  # estimates: fewer make no outline
_CELLS_AT_MOST = 200


def topic_levels(mastery: Json) -> list[TopicLevel]:
    """Every topic that is no mere heading, gathered under its parent, in the order of the answer."""
    nodes = {str(node.get("topic_id")): node for node in rows(mastery, "hierarchy")}
    names = {topic_id: topic_name(node) for topic_id, node in nodes.items()}
    parents = {str(node.get("parent_id")) for node in nodes.values() if node.get("parent_id")}
    groups: dict[str, list[TopicLevel]] = {}
    for topic in rows(mastery, "topics"):
        topic_id, estimate = str(topic.get("topic_id")), estimate_of(topic)
        if topic_id in parents and not estimate.ok:
            continue
        parent = text_of(topic.get("parent_id")) or ""
        group = names.get(parent, "")
        ok = estimate.ok
        groups.setdefault(group, []).append(
            TopicLevel(
                topic_id,
                topic_name(topic),
                estimate.value if ok else None,
                estimate.low if ok else None,
                estimate.high if ok else None,
                group,
            )
        )
    return [topic for members in groups.values() for topic in members]


def headings(mastery: Json, levels: Sequence[TopicLevel]) -> frozenset[str]:
    """Topics that only gather others: parents in the hierarchy without an estimate of their own."""
    parents = {str(node.get("parent_id")) for node in rows(mastery, "hierarchy") if node.get("parent_id")}
    return frozenset(parents - {level.topic_id for level in levels})


def areas(mastery: Json, levels: Sequence[TopicLevel]) -> Sequence[TopicLevel]:
    """The topmost layer of the hierarchy that has five to nine topics; all `levels` where no layer has."""
    by_depth: dict[int, list[TopicLevel]] = {}
    for node in rows(mastery, "hierarchy"):
        value = share_of(node.get("value")) if status_of(node) == "ok" else None
        level = TopicLevel(
            str(node.get("topic_id")),
            topic_name(node),
            value,
            None if value is None else share_of(node.get("low")),
            None if value is None else share_of(node.get("high")),
        )
        by_depth.setdefault(int(node.get("depth") or 0), []).append(level)
    for depth in sorted(by_depth):
        if 5 <= len(by_depth[depth]) <= 9:
            return by_depth[depth]
    return levels


def _tip(topic: TopicLevel, words: Words) -> str:
    if topic.value is None:
        return words.plain("topic.tip.none", name=topic.name)
    value = words.locale.percent(topic.value)
    if topic.low is None or topic.high is None:
        return words.plain("topic.tip", name=topic.name, value=value)
    likely = words.locale.percent_range(topic.low, topic.high)
    return words.plain("topic.tip.range", name=topic.name, value=value, range=likely)


def coverage_card(mastery: Json, levels: Sequence[TopicLevel], goal: float, words: Words) -> Card:
    """A radar of five to nine areas, of which three have an estimate; else bars, most room to grow first."""
    title, locale = words.plain("coverage.title"), words.locale
    shown = areas(mastery, levels)
    if not shown:
        return Card("coverage", title, state=state_for(words, "coverage", _why_empty(mastery)))
    known = sorted((t.value, t.name) for t in shown if t.value is not None)
    as_radar = 5 <= len(shown) <= 9 and len(known) >= _RADAR_FROM
    total = len(shown)
    take = takeaways.coverage(shown, goal, words)
    target = locale.percent(goal)
    caption = Caption(
        "chart-coverage",
        title,
        words.plain("coverage.desc", n=total, names=known[0][1], best=known[-1][1]) if known else str(take),
    )
    table = _plain_table(title, shown, words)
    legend = [LegendEntry("area" if as_radar else "bar", words.plain("coverage.legend.you"))]

    def tip(topic: TopicLevel) -> str:
        return _tip(topic, words)

    if as_radar:
        drawings = [
            radar(shown, caption=caption, canvas=canvas, locale=locale, tip=tip, goal=goal)
            for canvas in (MEDIUM, NARROW)
        ]
    else:
        shown = sorted(shown, key=lambda t: (t.value is None, t.value or 0.0))
        if total > _BARS_AT_MOST:
            shown = shown[:_BARS_AT_MOST]
            more = words.html("coverage.shown", n=len(shown), total=total)
            take = Markup(" ").join(part for part in (take, more) if part)
        legend.append(LegendEntry("whisker", words.plain("coverage.legend.range")))
        drawings = [
            bars(shown, caption=caption, canvas=canvas, locale=locale, tip=tip, goal=goal)
            for canvas in (MEDIUM, NARROW)
        ]
    legend.append(LegendEntry("goal", words.plain("coverage.legend.goal", goal=target)))
    return Card("coverage", title, take, figure("nm", *drawings), [table], legend)


def levels_card(mastery: Json, topics: Sequence[TopicLevel], words: Words) -> Card:
    """How many topics are at the goal, growing, with room to grow, or without an estimate."""
    title, locale = words.plain("levels.title"), words.locale
    found = {"mastered": 0, "developing": 0, "weak": 0, "none": 0}
    shown = {topic.topic_id for topic in topics}
    for topic in rows(mastery, "topics"):
        if str(topic.get("topic_id")) not in shown:
            continue
        estimate = estimate_of(topic)
        found[estimate.level if estimate.ok and estimate.level in found else "none"] += 1
    total = sum(found.values())
    if not total:
        return Card("levels", title, state=state_for(words, "coverage", _why_empty(mastery)))
    signs = {"mastered": "q6", "developing": "q4", "weak": "q2", "none": "qx"}
    groups = [Group(words.plain(f"level.{key}"), count, signs[key]) for key, count in found.items()]

    def tip(group: Group) -> str:
        return words.plain("levels.tip", name=group.name, topics=words.counted_plain("topics", group.count))

    described = ", ".join(f"{group.name} {group.count}" for group in groups)
    drawings = [
        tally(groups, caption=Caption("chart-levels", title, described), canvas=canvas, locale=locale, tip=tip)
        for canvas in (MEDIUM, NARROW)
    ]
    table = Table(
        title,
        [Column(words.plain("col.word")), Column(words.plain("col.topics"), numeric=True)],
        [[Cell(group.name), count_cell(group.count, locale)] for group in groups],
    )
    take = words.html("levels.take", n=locale.number(total - found["none"]), total=words.counted("topics", total))
    return Card("levels", title, take, figure("nm", *drawings), [table])


def heatmap_card(mastery: Json, topics: Sequence[TopicLevel], words: Words) -> Card:
    """Every topic under its parent, with the full table of topics behind it."""
    title = words.plain("heatmap.title")
    if not topics:
        return Card("heatmap", title, state=state_for(words, "heatmap", _why_empty(mastery)))
    shown = topics[:_CELLS_AT_MOST]
    take = takeaways.every_topic(topics, words)
    if len(topics) > len(shown):
        take += Markup(" ") + words.counted("heatmap.rest", len(topics) - len(shown))
    known = sorted(topic.value for topic in topics if topic.value is not None)
    description = (
        words.plain("heatmap.desc", n=len(topics), median=words.locale.percent(known[len(known) // 2]))
        if known
        else words.plain("heatmap.desc.none", n=len(topics))
    )

    def tip(topic: TopicLevel) -> str:
        return _tip(topic, words)

    drawings = [
        hierarchy_heatmap(
            shown,
            caption=Caption("chart-heatmap", title, description),
            canvas=canvas,
            locale=words.locale,
            tip=tip,
        )
        for canvas in (WIDE, NARROW)
    ]
    missing = any(topic.value is None for topic in shown)
    return Card(
        "heatmap",
        title,
        take,
        figure("nw", *drawings),
        [_full_table(title, mastery, words)],
        [LegendEntry("outlined", words.plain("heatmap.outlined"))] if missing else [],
        ramp=low_to_high(words),
    )


def _why_empty(mastery: Json) -> str:
    status = status_of(block(mastery, "overall"))
    return "no_data" if status == "ok" else status


def _plain_table(title: str, topics: Sequence[TopicLevel], words: Words) -> Table:
    return Table(
        title,
        [
            Column(words.plain("col.topic")),
            Column(words.plain("col.level"), numeric=True),
            Column(words.plain("col.range"), numeric=True),
        ],
        [
            [
                Cell(topic.name),
                share_cell(topic.value, words.locale),
                range_cell(topic.low, topic.high, words.locale),
            ]
            for topic in topics
        ],
    )


def _full_table(title: str, mastery: Json, words: Words) -> Table:
    """Level, range, words, trend, answers and last answer of every topic."""
    locale = words.locale
    names = {str(node.get("topic_id")): topic_name(node) for node in rows(mastery, "hierarchy")}
    body = []
    for topic in rows(mastery, "topics"):
        estimate = estimate_of(topic)
        level = f"level.{estimate.level}" if estimate.ok else "level.none"
        trend = f"trend.{block(topic, 'trend').get('status') or 'not_enough_data'}"
        body.append(
            [
                Cell(topic_name(topic)),
                Cell(names.get(str(topic.get("parent_id")), "\u2013")),
                share_cell(estimate.value if estimate.ok else None, locale),
                range_cell(estimate.low, estimate.high, locale),
                Cell(words.plain(level if level in words else "level.none")),
                Cell(words.plain(trend if trend in words else "trend.not_enough_data")),
                count_cell(estimate.answers, locale),
                day_cell(moment(topic.get("last_answer_at")), locale),
            ]
        )
    keys = ("topic", "group", "level", "range", "word", "trend", "answers", "last")
    numeric = {"level", "range", "answers"}
    return Table(title, [Column(words.plain(f"col.{key}"), numeric=key in numeric) for key in keys], body)
