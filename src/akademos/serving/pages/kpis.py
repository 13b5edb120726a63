"""Product KPIs: four figures, the next step, one picture a KPI, what was noted, and where it all comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from markupsafe import Markup

from akademos.catalogue.kpi_declaration import NOT_HALF, NOT_KEPT, ONE_SIDED, TOO_FEW
from akademos.serving.charts.canvas import NARROW, WIDE, Caption
from akademos.serving.charts.sparkline import sparkline
from akademos.serving.charts.weekly_course import WeekPoint, weekly_course
from akademos.serving.pages.cards import NOTHING, Card, LegendEntry, Note, State, figure
from akademos.serving.pages.kpi_notes import notes_table, review_words
from akademos.serving.pages.kpi_values import chip_of, shown_value, takeaway, title_of
from akademos.serving.pages.my_learners import CourseChoice
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, count_cell, share_cell
from akademos.serving.pages.tiles import Tile
from akademos.serving.pages.wording import Words

Json = Mapping[str, Any]
RECENT = timedelta(days=35)
DRAFT = ("kind", "about", "kpi", "body", "owner", "due_on")
"""Fields of the form that keeps a note."""

REASON_WORDS = {
    TOO_FEW: "kpis.reason.too_few",
    ONE_SIDED: "kpis.reason.one_sided",
    NOT_KEPT: "kpis.reason.not_kept",
}
HEADLINE = ("weekly_active_users", "onboarding_completion", "action_plan_adherence", "advisee_activation")


@dataclass(frozen=True)
class KpiView:
    """One KPI as /v1/analytics/kpis has it, its lines by week in the slice shown, and what was noted about it."""

    summary: Json
    course: Sequence[Json]
    notes: Sequence[Json]


@dataclass(frozen=True)
class Choice:
    """A filter's choices: the parameter, and what may be chosen."""

    name: str
    label: str
    options: Sequence[CourseChoice]


@dataclass(frozen=True)
class Step:
    """The suggested step: what to look at, and why."""

    title: str
    text: Markup
    look: str


def render_kpis(
    views: Sequence[KpiView],
    *,
    shell: Shell,
    slices: Mapping[str, Sequence[str]],
    chosen: str,
    environment: str,
    since: date,
    until: date,
    floor: int,
    notes: Sequence[Json],
    next_review: str | None,
    download: str,
    today: date,
    closer: tuple[KpiView, Sequence[Json]] | None = None,
    may_write: bool = False,
    action: str = "",
    problem: str | None = None,
    draft: Mapping[str, str] | None = None,
) -> str:
    """The page as HTML.

    Args:
        views: every KPI in the order of the catalogue.
        shell: who looks at it.
        slices: what there are slices of, by dimension.
        chosen: the slice shown, `dimension:member`; empty for everybody.
        environment, since, until: the other filters.
        floor: smallest group that is published.
        notes, next_review: what was noted, and when to meet again.
        download: address of the same lines as comma-separated values.
        today: the day it is at the institution.
        closer: a KPI to look at closely, with its lines of the newest week by slice.
        may_write: whether whoever looks may add notes, by a form to `action`.
        problem: why a note was not taken.
        draft: what was written in the fields of the form then.
    """
    words = shell.words
    by_name = {str(view.summary["name"]): view for view in views}
    made = [view for view in views if view.course]
    return page(
        "kpis.html",
        shell,
        title=words.plain("kpis.title"),
        lede=words.plain("kpis.lede", floor=floor),
        filters=_filters(slices, chosen, environment, words),
        since=since.isoformat(),
        until=until.isoformat(),
        tiles=[_tile(by_name[name], words) for name in HEADLINE if name in by_name],
        step=_step(views, shell, today),
        cards=[_card(view, words) for view in views if not view.summary["watch"]],
        watch=[_card(view, words) for view in views if view.summary["watch"]],
        closer=None if closer is None else _closer(*closer, words),
        notes=notes_table(notes, words) if notes else None,
        review=review_words(next_review, today, words),
        may_write=may_write,
        action=action,
        problem=problem,
        draft=dict.fromkeys(DRAFT, "") | {"about": today.isoformat()} | dict(draft or {}),
        names=[(name, title_of(view.summary, words)) for name, view in by_name.items()],
        download=download,
        provenance=_provenance(made, floor, words),
    )


def _filters(slices: Mapping[str, Sequence[str]], chosen: str, environment: str, words: Words) -> list[Choice]:
    options = [CourseChoice("", words.plain("kpis.everybody"), not chosen)]
    for dimension, members in slices.items():
        options += [
            CourseChoice(
                f"{dimension}:{member}",
                words.plain("kpis.slice", dimension=words.plain(f"kpis.by.{dimension}"), member=_member(member)),
                chosen == f"{dimension}:{member}",
            )
            for member in members
        ]
    environments = [
        CourseChoice(one, words.plain(f"kpis.env.{one}"), one == environment) for one in ("prod", "staging")
    ]
    return [
        Choice("slice", words.plain("kpis.filter.slice"), options),
        Choice("environment", words.plain("kpis.filter.environment"), environments),
    ]


def _member(text: str) -> str:
    return text.replace("_", " ")


def _points(view: KpiView) -> list[WeekPoint]:
    return [
        WeekPoint(date.fromisoformat(one["week"]), one["value"], one["low"], one["high"]) for one in view.course
    ]  # fmt: skip


def _tile(view: KpiView, words: Words) -> Tile:
    label = title_of(view.summary, words)
    newest = view.summary["newest"]
    if newest is None or newest["value"] is None:
        return Tile(label, state=_state(newest, words))
    points = [point for point in _points(view) if point.value is not None]
    spark = NOTHING
    if len(points) > 1:
        written = [shown_value(view.summary, point.value or 0.0, words) for point in points]
        caption = Caption(
            f"spark-{view.summary['name']}",
            label,
            words.plain("kpis.spark", first=written[0], last=written[-1], n=len(points)),
        )
        tips = [
            words.plain("kpis.tip", week=words.locale.full_day(point.week), value=text)
            for point, text in zip(points, written, strict=True)
        ]
        spark = Markup(sparkline([point.value for point in points], tips, caption=caption))  # noqa: S704 - our drawing
    return Tile(
        label,
        shown_value(view.summary, newest["value"], words, newest["bound"]),
        chip_of(view.summary, newest, words),
        takeaway(view.summary, newest, words),
        spark,
        _table(view, words),
    )


def _state(newest: Json | None, words: Words) -> State:
    """Why there is no value, and what to do."""
    status = "no_data" if newest is None else str(newest["status"])
    if newest is None or not newest["reason"]:
        return State(status, words.plain(f"kpis.state.{status}"), words.html(f"kpis.state.{status}.text"))
    if newest["reason"] == NOT_HALF:
        people = words.locale.number(newest["people"])
        return State(status, words.plain("kpis.state.not_half"), words.html("kpis.state.not_half.text", people=people))
    waits = status == "not_available"
    key = f"kpis.waits.{newest['kpi']}" if waits else REASON_WORDS.get(newest["reason"], "")
    text = words.html(f"kpis.state.{status}.text")
    if key in words:  # a line of an older release may say what nothing says now
        text = Markup("{} ({})").format(text, words.plain(key))
    return State("hidden" if status == "withheld" else status, words.plain(f"kpis.state.{status}"), text)


def _card(view: KpiView, words: Words, *, key: str = "kpi") -> Card:
    name, title = str(view.summary["name"]), title_of(view.summary, words)
    newest = view.summary["newest"]
    points = _points(view)
    if newest is None or all(point.value is None for point in points):
        return Card(f"{key}-{name}", title, state=_state(newest, words))
    target = view.summary["target"]
    known = [point for point in points if point.value is not None]

    def shown(value: float) -> str:
        return shown_value(view.summary, value, words)

    def tip(point: WeekPoint) -> str:
        week, value = words.locale.full_day(point.week), shown(point.value or 0.0)
        if point.low is None or point.high is None:
            return words.plain("kpis.tip", week=week, value=value)
        return words.plain("kpis.tip.range", week=week, value=value, low=shown(point.low), high=shown(point.high))

    noted = [(date.fromisoformat(one["about"]), str(one["body"])) for one in view.notes if one["kind"] != "review"]
    caption = Caption(
        f"chart-{key}-{name}",
        title,
        words.plain(
            "kpis.desc",
            first=words.locale.full_day(known[0].week),
            last=words.locale.full_day(known[-1].week),
            value=shown(known[-1].value or 0.0),
            target=words.plain("kpis.no_target") if target is None else shown(target),
        ),
    )
    drawings = [
        weekly_course(
            points,
            caption=caption,
            canvas=canvas,
            locale=words.locale,
            shown=shown,
            tip=tip,
            target=target,
            noted=noted,
        )
        for canvas in (WIDE, NARROW)
    ]
    legend = [LegendEntry("line", words.plain("kpis.legend.week"))]
    if any(point.low is not None for point in known):
        legend.append(LegendEntry("band", words.plain("kpis.legend.range")))
    if target is not None:
        legend.append(LegendEntry("goal", words.plain("kpis.legend.target", target=shown(target))))
    remarks = []
    if newest["parity"] == "beyond" and newest["baseline"] is not None:
        remarks.append(
            Note(words.plain("kpis.parity"), words.html("kpis.parity.text", baseline=shown(newest["baseline"])))
        )
    return Card(
        f"{key}-{name}",
        title,
        takeaway(view.summary, newest, words),
        figure("nw", *drawings),
        tables=[_table(view, words)],
        legend=legend,
        notes=remarks,
    )


def _table(view: KpiView, words: Words) -> Table:
    keys = ("week", "value", "range", "people", "units", "staging", "consenting")
    columns = [Column(words.plain(f"kpis.col.{key}"), numeric=key != "week") for key in keys]
    return Table(
        title_of(view.summary, words),
        columns,
        [
            [
                Cell(words.locale.full_day(date.fromisoformat(one["week"])), one["week"]),
                *_cells(view.summary, one, words),
            ]
            for one in reversed(view.course)
        ],
    )


def _cells(summary: Json, one: Json, words: Words) -> list[Cell]:
    def cell(value: float | None, bound: str = "exact") -> Cell:
        return Cell(MISSING, -1) if value is None else Cell(shown_value(summary, value, words, bound), round(value, 6))

    ranged = Cell(MISSING, -1)
    if one["low"] is not None and one["high"] is not None:
        low, high = (shown_value(summary, one[name], words) for name in ("low", "high"))
        ranged = Cell(f"{low} \u2013 {high}", round(one["low"], 6))
    return [
        cell(one["value"], one["bound"])
        if one["value"] is not None
        else Cell(words.plain("kpis.state." + ("not_half" if one["reason"] == NOT_HALF else one["status"])), -1),
        ranged,
        count_cell(one["people"], words.locale),
        count_cell(one["units"], words.locale),
        cell(one["baseline"]),
        share_cell(one["consenting"], words.locale),
    ]


def _closer(view: KpiView, newest: Sequence[Json], words: Words) -> dict[str, Any]:
    columns = [
        Column(words.plain("kpis.col.slice")),
        *(Column(words.plain(f"kpis.col.{key}"), numeric=True) for key in ("value", "range", "people", "units")),
    ]
    lines = [
        [
            Cell(
                words.plain(
                    "kpis.slice", dimension=words.plain(f"kpis.by.{one['dimension']}"), member=_member(one["member"])
                )
                if one["dimension"]
                else words.plain("kpis.everybody")
            ),
            *_cells(view.summary, one, words)[:4],
        ]
        for one in newest
    ]
    about = view.summary
    return {
        "card": _card(view, words, key="closer"),
        "table": Table(words.plain("kpis.closer.slices"), columns, lines) if lines else None,
        "facts": [
            (words.plain("kpis.fact.question"), about["question"]),
            (words.plain("kpis.fact.definition"), about["definition"]),
            (words.plain("kpis.fact.owner"), about["owner"]),
            (words.plain("kpis.fact.grain"), about["grain"]),
            (words.plain("kpis.fact.function"), about["function"]),
        ],
    }


def _step(views: Sequence[KpiView], shell: Shell, today: date) -> Step | None:
    """What to look at first: the KPI farthest from its target, else one that differs from staging; of values that are
    not older than `RECENT`."""
    words = shell.words
    known = [
        view
        for view in views
        if (newest := view.summary["newest"])
        and newest["value"] is not None
        and date.fromisoformat(newest["week"]) >= today - RECENT
    ]
    beyond = [view for view in known if view.summary["newest"]["parity"] == "beyond"]
    missed = [view for view in known if view.summary["target_reached"] is False]

    def far(view: KpiView) -> float:
        target, value = view.summary["target"], view.summary["newest"]["value"]
        return float(abs(value - target) / max(abs(target), 1e-9))

    for kind, some in (("missed", missed), ("parity", beyond)):
        if some:
            view = max(some, key=far) if kind == "missed" else some[0]
            title = title_of(view.summary, words)
            newest = view.summary["newest"]
            text = words.html(
                f"kpis.step.{kind}",
                title=title,
                value=shown_value(view.summary, newest["value"], words),
                target=""
                if view.summary["target"] is None
                else shown_value(view.summary, view.summary["target"], words),
                owner=view.summary["owner"],
            )
            look = shell.address("closer", kpi=str(view.summary["name"]))
            return Step(words.plain(f"kpis.step.{kind}.title", title=title), text, look)
    if known:
        return Step(words.plain("kpis.step.fine.title"), words.html("kpis.step.fine"), "#notes")
    return None


def _provenance(made: Sequence[KpiView], floor: int, words: Words) -> list[Markup]:
    newest = [view.course[-1] for view in made]
    told = [
        words.html("kpis.about.definition"),
        words.html("kpis.about.groups", floor=floor),
        words.html("kpis.about.closed"),
    ]
    if newest:
        at = max(datetime.fromisoformat(one["computed_at"]) for one in newest)
        told.append(words.html("kpis.about.fresh", at=words.locale.moment(at)))
        shares = [one["consenting"] for one in newest if one["consenting"] is not None]
        if shares:
            told.append(words.html("kpis.about.consent", share=words.locale.percent(min(shares))))
    return told
