"""Cards about costs: their course and what is to be expected, who pays, which services, per learner and course."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from markupsafe import Markup

from akademos.serving.charts.amount_bars import AmountBar, amount_bars
from akademos.serving.charts.canvas import NARROW, WIDE, Caption
from akademos.serving.charts.money_course import MonthPoint, money_course
from akademos.serving.charts.stacked_months import MonthStack, stacked_months
from akademos.serving.pages.cards import Card, LegendEntry, Note, State, figure
from akademos.serving.pages.money_words import Money
from akademos.serving.pages.tables import Cell, Column, Table, count_cell
from akademos.serving.pages.wording import Words
from akademos.stores.ports.cost_report import CentreMonth, CourseMonth, ForecastMonth, LearnerMonth, ServiceMonth

NAMES = 4
"""So many names have a colour of their own; the others are one."""

ByMonth = Mapping[date, Decimal]


def total_by_month(centres: Sequence[CentreMonth]) -> dict[date, Decimal]:
    """Effective cost of all cost centres by month."""
    found: dict[date, Decimal] = defaultdict(Decimal)
    for one in centres:
        found[one.month] += one.effective
    return dict(sorted(found.items()))


def course_card(
    totals: ByMonth, running: date, forecast: Sequence[ForecastMonth], currency: str, money: Money, words: Words
) -> Card:
    """Cost by month, and the forecast; the month that runs has no cost yet, but an expected one."""
    title = words.plain("costs.course")
    was = [MonthPoint(month, float(value)) for month, value in totals.items() if month < running]
    last = max((one.month for one in was), default=date.min)
    ahead = [
        MonthPoint(one.month, float(one.expected), float(one.lower), float(one.upper))
        for one in forecast
        if one.month > last
    ]
    if not was:
        return Card("course", title, state=_empty(words))

    def shown(value: float) -> str:
        return money.written(Decimal(repr(value)), currency)

    def tip(one: MonthPoint) -> str:
        if one.low is None or one.high is None:
            return words.plain("costs.tip", month=money.month(one.month), value=shown(one.value))
        return words.plain(
            "costs.tip.expected", month=money.month(one.month), value=shown(one.value), low=shown(one.low),
            high=shown(one.high),
        )  # fmt: skip

    take = words.html("costs.course.take", month=money.month(was[-1].month), value=shown(was[-1].value))
    if ahead:
        low, high = ahead[0].low or 0.0, ahead[0].high or 0.0
        take += Markup(" ") + words.html(
            "costs.course.take.ahead", month=money.month(ahead[0].month), low=shown(low), high=shown(high)
        )
    caption = Caption("chart-course", title, str(words.plain("costs.course.desc", n=len(was), ahead=len(ahead))))
    pictures = [
        money_course([*was, *ahead], caption=caption, canvas=canvas, locale=words.locale, shown=money.short, tip=tip)
        for canvas in (WIDE, NARROW)
    ]
    rows = [
        [money.month_cell(month), money.cell(value, currency), *[Cell("\u2013", -1)] * 3,
         Cell(words.plain("costs.so_far" if month >= running else "costs.used"))]
        for month, value in totals.items()
    ]  # fmt: skip
    rows += [
        [money.month_cell(one.month), Cell("\u2013", -1), money.cell(one.lower, currency),
         money.cell(one.expected, currency), money.cell(one.upper, currency), Cell(words.plain("costs.expected"))]
        for one in forecast
    ]  # fmt: skip
    table = _table("costs.course", ("month", "used", "lower", "expected", "upper", "kind"), rows, words, currency)
    notes = []
    if forecast:
        one = forecast[0]
        notes = [
            Note(
                words.plain("costs.expected"),
                words.html(
                    "costs.course.note", level=words.locale.percent(one.level), n=one.months_known,
                    inside=one.months_inside, tested=one.months_tested,
                ),
            )
        ]  # fmt: skip
    legend = [LegendEntry("line", words.plain("costs.used"))]
    if ahead:
        legend += [LegendEntry("dash", words.plain("costs.expected")), LegendEntry("band", words.plain("costs.likely"))]
    return Card("course", title, take, figure("nw", *pictures), [table], legend, notes)


def centres_card(centres: Sequence[CentreMonth], running: date, currency: str, money: Money, words: Words) -> Card:
    """Who pays: what each cost centre used, by month; in the table also what it pays of the bills, and its budget."""
    parts = [(one.month, one.cost_centre, one.effective) for one in centres]
    rows = [
        [
            Cell(one.cost_centre), money.month_cell(one.month), money.cell(one.effective, currency),
            money.cell(one.amount, currency), money.cell(one.budget, currency),
            Cell("\u2013", -1) if one.over_budget is None
            else Cell(words.plain(f"costs.budget.{'over' if one.over_budget else 'within'}"), int(one.over_budget),
                      chip="chip strong" if one.over_budget else "chip"),
        ]
        for one in reversed(centres)
    ]  # fmt: skip
    columns = ("cost_centre", "month", "used", "pays", "budget", "budget_state")
    table = _table("costs.centres", columns, rows, words, currency)
    return _stacked("centres", parts, running, (currency, money), words, table)


def services_card(services: Sequence[ServiceMonth], running: date, currency: str, money: Money, words: Words) -> Card:
    """What the money went to, by month."""
    parts = [(one.month, one.service, one.effective) for one in services]
    rows = [
        [
            Cell(one.service), money.month_cell(one.month), Cell(one.cost_centre),
            money.cell(one.effective, currency, fine=True),
        ]
        for one in reversed(services)
    ]  # fmt: skip
    table = _table("costs.services", ("service", "month", "cost_centre", "used"), rows, words, currency)
    return _stacked("services", parts, running, (currency, money), words, table)


def _stacked(
    key: str,
    parts: Sequence[tuple[date, str, Decimal]],
    running: date,
    how: tuple[str, Money],
    words: Words,
    table: Table,
) -> Card:
    currency, money = how
    closed = [part for part in parts if part[0] < running]
    title = words.plain(f"costs.{key}")
    if not closed:
        return Card(key, title, state=_empty(words))
    weight: dict[str, Decimal] = defaultdict(Decimal)
    by_month: dict[date, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for month, name, value in closed:
        weight[name] += abs(value)
        by_month[month][name] += value
    ordered = sorted(weight, key=lambda name: (-weight[name], name))
    names, others = ordered[:NAMES], ordered[NAMES:]
    if len(others) == 1:
        names, others = ordered, []
    stacks = [
        MonthStack(
            month,
            [float(of[name]) for name in names] + ([float(sum(of[name] for name in others))] if others else []),
        )
        for month, of in sorted(by_month.items())
    ]
    named = [*names, words.plain("costs.others")] if others else names

    def tip(one: MonthStack) -> str:
        said = [
            words.plain("costs.tip.part", name=name, value=money.written(Decimal(repr(part)), currency))
            for name, part in zip(named, one.parts, strict=True)
            if part
        ]
        return words.plain("costs.tip.month", month=money.month(one.month), parts=", ".join(said))

    last = max(by_month)
    most = max(by_month[last], key=lambda name: (by_month[last][name], name))
    whole = sum(by_month[last].values(), Decimal(0))
    take = words.html(
        f"costs.{key}.take", name=words.short(most), value=money.written(by_month[last][most], currency),
        month=money.month(last), whole=money.written(whole, currency),
    )  # fmt: skip
    caption = Caption(f"chart-{key}", title, words.plain("costs.stack.desc", n=len(stacks), names=", ".join(named)))
    pictures = [
        stacked_months(
            stacks, named, caption=caption, canvas=canvas, locale=words.locale, shown=money.short, tip=tip
        )
        for canvas in (WIDE, NARROW)
    ]  # fmt: skip
    return Card(key, title, take, figure("nw", *pictures), [table])


def learners_card(
    learners: Sequence[LearnerMonth], running: date, floor: int, currency: str, money: Money, words: Words
) -> Card:
    """What an active learner costs, by month."""
    title = words.plain("costs.learners")
    closed = [one for one in learners if one.month < running]
    if not closed:
        text = words.html("costs.learners.none", floor=floor)
        return Card("learners", title, state=State("no_data", words.plain("costs.learners.none.title"), text))

    def tip(one: MonthPoint) -> str:
        value = money.written(Decimal(repr(one.value)), currency, fine=True)
        return words.plain("costs.tip", month=money.month(one.month), value=value)

    points = [MonthPoint(one.month, float(one.per_learner)) for one in closed]
    newest = closed[-1]
    caption = Caption("chart-learners", title, words.plain("costs.learners.desc", n=len(points)))
    pictures = [
        money_course(points, caption=caption, canvas=canvas, locale=words.locale, shown=money.short, tip=tip)
        for canvas in (WIDE, NARROW)
    ]
    rows = [
        [
            money.month_cell(one.month), money.cell(one.amount, currency),
            count_cell(one.active_learners, words.locale), money.cell(one.per_learner, currency, fine=True),
        ]
        for one in reversed(learners)
    ]  # fmt: skip
    take = words.html(
        "costs.learners.take", month=money.month(newest.month),
        value=money.written(newest.per_learner, currency, fine=True), n=words.locale.number(newest.active_learners),
    )  # fmt: skip
    table = _table("costs.learners", ("month", "pays", "learners", "per_learner"), rows, words, currency)
    return Card("learners", title, take, figure("nw", *pictures), [table])


def courses_card(
    courses: Sequence[CourseMonth], running: date, floor: int, currency: str, money: Money, words: Words
) -> Card:
    """What each course costs in the newest month that is over."""
    title = words.plain("costs.courses")
    closed = [one for one in courses if one.month < running]
    if not closed:
        text = words.html("costs.courses.none", floor=floor)
        return Card("courses", title, state=State("no_data", words.plain("costs.courses.none.title"), text))

    def name(course: str | None) -> str:
        return words.plain("costs.no_course") if course is None else course

    last = closed[-1].month
    newest = sorted((one for one in closed if one.month == last), key=lambda one: (-one.amount, name(one.course)))
    tips = {
        name(one.course): words.plain(
            "costs.tip.course" if one.per_learner is not None else "costs.tip.part",
            name=name(one.course),
            value=money.written(one.amount, currency),
            **({} if one.per_learner is None
               else {"per_learner": money.written(one.per_learner, currency, fine=True),
                     "n": words.locale.number(one.active_learners or 0)}),
        )
        for one in newest
    }  # fmt: skip
    bars = [AmountBar(name(one.course), float(one.amount), money.written(one.amount, currency)) for one in newest]
    caption = Caption(
        "chart-courses", title, words.plain("costs.courses.desc", month=money.month(last), n=len(bars))
    )  # fmt: skip

    def tip(one: AmountBar) -> str:
        return tips[one.name]

    pictures = [amount_bars(bars, caption=caption, canvas=canvas, tip=tip) for canvas in (WIDE, NARROW)]
    rows = [
        [
            Cell(name(one.course)), money.month_cell(one.month), money.cell(one.amount, currency),
            count_cell(one.active_learners, words.locale), money.cell(one.per_learner, currency, fine=True),
        ]
        for one in reversed(courses)
    ]  # fmt: skip
    whole = sum((one.amount for one in newest), Decimal(0))
    take = words.html(
        "costs.courses.take", month=money.month(last), name=words.short(bars[0].name), value=bars[0].shown,
        whole=money.written(whole, currency),
    )  # fmt: skip
    table = _table("costs.courses", ("course", "month", "amount", "learners", "per_learner"), rows, words, currency)
    return Card("courses", title, take, figure("nw", *pictures), [table])


TEXTS = frozenset({"month", "cost_centre", "service", "course", "kind", "budget_state"})


def _table(
    key: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], words: Words, currency: str
) -> Table:  # fmt: skip
    caption = words.plain("costs.table", title=words.plain(key), currency=currency)
    return Table(caption, [Column(words.plain(f"costs.col.{one}"), one not in TEXTS) for one in columns], rows)


def _empty(words: Words) -> State:
    return State("no_data", words.plain("costs.empty.months"), words.html("costs.empty.months.text"))
