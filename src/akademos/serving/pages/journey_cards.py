"""The cards of the page about journeys: funnel, ways, retention, survival."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from akademos.catalogue.journey_steps import STEPS, STOPPED
from akademos.serving.charts.canvas import BROAD, NARROW, WIDE, Caption
from akademos.serving.charts.flows import Flow, Walked, flows
from akademos.serving.charts.funnel import FunnelBar, funnel_bars
from akademos.serving.charts.share_curve import DAYS, SharePoint, share_curve
from akademos.serving.charts.triangle import TriangleCell, triangle
from akademos.serving.pages.answers import Json, rows
from akademos.serving.pages.cards import Card, LegendEntry, Note, Ramp, State, figure
from akademos.serving.pages.statistics import written
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, count_cell, range_cell, share_cell
from akademos.serving.pages.wording import Words

_MOST_TABLE = 200


def step_name(step: str, words: Words) -> str:
    """A step in words."""
    key = f"journeys.step.{step}"
    if key in words:
        return words.plain(key)
    verb, _, kind = step.partition(":")
    of_kind = f"content.kind.{kind}"
    name = words.plain(of_kind) if of_kind in words else kind.replace("_", " ")
    return words.plain(f"journeys.step.{verb}.kind", kind=name)


def _nothing(key: str, title: str, words: Words) -> Card:
    return Card(key, title, state=State("hidden", words.plain("journeys.few"), words.html("journeys.few.text")))


def funnel_card(answer: Json, words: Words) -> Card:
    """How many reach each step."""
    title, locale = words.plain("journeys.funnel"), words.locale
    steps = rows(answer, "steps")
    if not steps or steps[0]["learners"] is None:
        return _nothing("funnel", title, words)
    bars = _bars(steps, words)

    def tip(bar: FunnelBar) -> str:
        return f"{bar.name}: {bar.shown}"

    take, least = Markup(""), _most_leave(steps)
    if least is not None:
        share = steps[least]["share"]
        take = words.html(
            "journeys.funnel.take.more" if share["bound"] else "journeys.funnel.take",
            step=bars[least].name,
            share=locale.percent(1 - share["value"]),
        )
    caption = Caption(
        "chart-funnel", title, words.plain("journeys.funnel.desc", n=len(steps), first=steps[0]["learners"])
    )
    drawings = [funnel_bars(bars, caption=caption, canvas=one, tip=tip) for one in (WIDE, NARROW)]
    keys = ("step", "learners", "share", "range", "hours")
    columns = [Column(words.plain(f"journeys.col.{key}"), numeric=key != "step") for key in keys]
    lines = [
        [
            Cell(_asked_name(one, words)),
            _people(one, words),
            Cell(written(one["share"], locale), -1 if not one["share"] else one["share"]["value"]),
            range_cell(_value(one["share"], "low"), _value(one["share"], "high"), locale),
            Cell(_hours(one["median_hours"], words), -1 if one["median_hours"] is None else one["median_hours"]),
        ]
        for one in steps
    ]
    return Card(
        "funnel", title, take, figure("nw", *drawings), [Table(title, columns, lines)],
        notes=[Note("", words.html("journeys.funnel.note"))],
    )  # fmt: skip


def _most_leave(steps: Sequence[Json]) -> int | None:
    """The step that the smallest share goes on to, of those that may not be left out; None where bounds hide it."""
    asked = [(number, one["share"]) for number, one in enumerate(steps) if one["share"] and not one["optional"]]
    below = next((place for place, (_, share) in enumerate(asked) if share["bound"] == "below"), len(asked))
    asked = asked[: below + 1]  # of so few nothing more is known
    found = [one for one in asked if one[1]["bound"] != "above"]
    if not found:
        return None
    number, least = min(found, key=lambda one: (one[1]["value"], one[1]["bound"] != "below"))
    others = [0.0 if share["bound"] == "below" else share["value"] for other, share in asked if other != number]
    return number if least["value"] <= min(others, default=1.0) else None


def _bars(steps: Sequence[Json], words: Words) -> list[FunnelBar]:
    """The steps; one of which only a bound is known is as long as the bound of those that its share is of."""
    found: list[FunnelBar] = []
    base: float | None = None
    for one in steps:
        people, share = one["learners"], one["share"]
        shown = words.plain("journeys.withheld") if people is None else words.locale.number(people)
        if share:
            shown = (
                f"{shown} \u00b7 {written(share, words.locale)}" if people is not None else written(share, words.locale)
            )
        about = people if people is not None else base * share["value"] if share and base is not None else None
        found.append(FunnelBar(_asked_name(one, words), about, shown, bound=people is None))
        if people is not None and not one["optional"]:
            base = people
    return found


def _asked_name(step: Json, words: Words) -> str:
    name = step_name(str(step["step"]), words)
    if step["times"] > 1:
        name = words.plain("journeys.times", step=name, n=step["times"])
    return words.plain("journeys.optional", step=name) if step["optional"] else name


def _value(share: Json | None, side: str = "value") -> float | None:
    return None if not share else float(share[side])


def _people(line: Json, words: Words) -> Cell:
    learners = line["learners"]
    return Cell(words.plain("journeys.withheld"), -1) if learners is None else count_cell(learners, words.locale)


def _hours(hours: float | None, words: Words) -> str:
    if hours is None:
        return MISSING
    if hours < 48:
        return words.plain("journeys.hours", n=words.locale.number(hours, 1))
    return words.plain("journeys.days", n=words.locale.number(hours / 24, 1))


def paths_card(answer: Json, step: str, direction: str, words: Words) -> Card:
    """The most frequent ways."""
    title, locale = words.plain(f"journeys.paths.{direction}", step=step_name(step, words)), words.locale
    found = [one for one in rows(answer, "paths") if one["learners"] is not None]
    if not found:
        return _nothing("paths", title, words)

    def walked(one: Json) -> tuple[str, ...]:
        return tuple(step_name(str(passed), words) for passed in one["steps"])

    def tip(flow: Flow) -> str:
        return words.plain("journeys.paths.tip", origin=flow.origin, target=flow.target, n=locale.number(flow.people))

    most = max(found, key=lambda one: one["learners"])
    take = words.html(
        "journeys.paths.take",
        way=" \u2192 ".join(walked(most)),
        n=locale.number(most["learners"]),
        total=locale.number(answer["started"]),
    )
    caption = Caption("chart-paths", title, words.plain("journeys.paths.desc", n=len(found)))
    ways = [Walked(walked(one), int(one["learners"])) for one in found]
    if direction == "to":
        ways = [Walked(one.steps[::-1], one.people) for one in ways]
    drawings = [
        flows(ways, caption=caption, canvas=one, locale=locale, others=words.plain("journeys.others"), tip=tip)
        for one in (BROAD, NARROW)
    ]
    columns = [
        Column(words.plain("journeys.paths.way")),
        Column(words.plain("journeys.col.learners"), numeric=True),
        Column(words.plain("journeys.col.share_of_start"), numeric=True),
    ]
    lines = [
        [
            Cell(" \u2192 ".join(walked(one))),
            _people(one, words),
            Cell(written(one["share"], locale), one["share"]["value"]),
        ]
        for one in rows(answer, "paths")
    ]
    return Card(
        "paths", title, take, figure("graph", *drawings), [Table(title, columns, lines)],
        notes=[Note("", words.html("journeys.paths.note"))],
    )  # fmt: skip


def loops_table(answer: Json, words: Words) -> list[tuple[str, Table]]:
    """Returns to a step, where there are any."""
    found = rows(answer, "loops")
    if not found:
        return []
    title = words.plain("journeys.loops")
    keys = ("step", "by_way_of", "learners")
    columns = [Column(words.plain(f"journeys.col.{key}"), numeric=key == "learners") for key in keys]
    lines = [
        [
            Cell(step_name(str(one["step"]), words)),
            Cell(step_name(str(one["by_way_of"]), words)),
            count_cell(one["learners"], words.locale),
        ]
        for one in found
    ]
    return [(title, Table(title, columns, lines))]


def retention_card(answer: Json, words: Words) -> Card:
    """Who comes back, by group and week."""
    title, locale = words.plain("journeys.retention"), words.locale
    cells = rows(answer, "cells")
    if not cells:
        return _nothing("retention", title, words)
    by_week = answer["by"] == "week"
    groups = sorted({str(one["group"]) for one in cells})
    started = {str(one["group"]): one["started"] for one in cells[::-1]}

    def group_name(group: str) -> str:
        key = f"journeys.channel.{group}" if answer["by"] == "channel" else f"persona.{group}"
        name = words.plain(key) if key in words else group.replace("_", " ")
        if by_week:
            name = locale.day(date.fromisoformat(group))
        return f"{name} ({locale.number(started[group])})"

    drawn = {}
    for one in cells:
        bound = str(one["share"]["bound"]) if one["share"] else ""
        cell = TriangleCell(str(one["group"]), int(one["week"]), _value(one["share"]), bound)
        drawn[cell.group, cell.week] = cell
    by_place = {(str(one["group"]), int(one["week"])): one for one in cells}

    def tip(cell: TriangleCell) -> str:
        return words.plain(
            "journeys.retention.tip",
            group=group_name(cell.group),
            week=cell.week,
            share=written(by_place[cell.group, cell.week]["share"], locale),
        )

    fourth = [drawn[group, 4] for group in groups if (group, 4) in drawn]
    known = [cell.share for cell in fourth if cell.share is not None and not cell.bound]
    take = Markup("")
    if known:
        take = words.html(
            "journeys.retention.take", low=locale.percent(min(known)), high=locale.percent(max(known)), n=len(known)
        )
    caption = Caption("chart-retention", title, words.plain("journeys.retention.desc", n=len(groups)))
    names = [group_name(group) for group in groups]
    drawings = [
        triangle(drawn, groups, names, caption=caption, canvas=one, locale=locale, tip=tip) for one in (BROAD, NARROW)
    ]
    keys = ("group", "week", "started", "share", "range")
    columns = [Column(words.plain(f"journeys.col.{key}"), numeric=key != "group") for key in keys]
    lines = [
        [
            Cell(group_name(str(one["group"])), str(one["group"])),
            count_cell(one["week"], locale),
            count_cell(one["started"], locale),
            Cell(written(one["share"], locale), -1 if not one["share"] else one["share"]["value"]),
            range_cell(_value(one["share"], "low"), _value(one["share"], "high"), locale),
        ]
        for one in cells[:_MOST_TABLE]
    ]
    return Card(
        "retention", title, take, figure("graph", *drawings), [Table(title, columns, lines)],
        notes=[Note("", words.html("journeys.retention.note"))],
        ramp=Ramp.of(words.plain("journeys.retention.low"), words.plain("journeys.retention.high")),
    )  # fmt: skip


def survival_card(answer: Json, words: Words) -> Card:
    """How long until something happens."""
    known = answer.get("until") in {*STEPS, STOPPED}
    until = step_name(str(answer["until"]), words) if known else words.plain("journeys.survival.any")
    since = step_name(str(answer["since"]), words) if answer.get("since") in STEPS else ""
    counted = ".since" if since else ""
    title, locale = words.plain(f"journeys.survival{counted}", since=since, until=until), words.locale
    points = [SharePoint(one["day"], one["share"], one["low"], one["high"]) for one in rows(answer, "points")]
    if len(points) < 2:
        return _nothing("survival", title, words)

    def place(at: float) -> str:
        return locale.number(at)

    def tip(point: SharePoint) -> str:
        span = locale.percent_range(point.low or 0.0, point.high or 0.0)
        return words.plain("journeys.survival.tip", day=place(point.at), share=locale.percent(point.value), range=span)

    last = points[-1]
    take = words.html("journeys.survival.take", share=locale.percent(last.value), day=place(last.at))
    if answer["median_days"] is not None:
        take = words.html("journeys.survival.median", day=locale.number(answer["median_days"]))
    caption = Caption(
        "chart-survival", title, words.plain(f"journeys.survival.desc{counted}", since=since, until=until)
    )
    drawings = [
        share_curve(
            points, end=float(answer["days"]), caption=caption, canvas=one, locale=locale, tip=tip, place=place,
            every=DAYS, steps=True,
        )
        for one in (WIDE, NARROW)
    ]  # fmt: skip
    keys = ("day", "share_left", "range", "at_risk")
    columns = [Column(words.plain(f"journeys.col.{key}"), numeric=True) for key in keys]
    lines = [
        [
            count_cell(one["day"], locale),
            share_cell(one["share"], locale),
            range_cell(one["low"], one["high"], locale),
            count_cell(one["at_risk"], locale),
        ]
        for one in rows(answer, "points")
    ]
    return Card(
        "survival", title, take, figure("nw", *drawings), [Table(title, columns, lines)],
        [
            LegendEntry("line", words.plain(f"journeys.survival.legend{counted}", since=since)),
            LegendEntry("band", words.plain("content.changes.legend")),
        ],
        [Note("", words.html("journeys.survival.note"))],
    )  # fmt: skip
