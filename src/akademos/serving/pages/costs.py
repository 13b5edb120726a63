"""Costs: four figures, the next step, their course and forecast, who pays, per learner and course, and whether payments
agree. The words are made from the numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlencode

from markupsafe import Markup

from akademos.serving.pages.cards import State
from akademos.serving.pages.cost_cards import (
    centres_card,
    course_card,
    courses_card,
    learners_card,
    services_card,
    total_by_month,
)
from akademos.serving.pages.kpis import Step
from akademos.serving.pages.money_words import Money
from akademos.serving.pages.my_learners import CourseChoice
from akademos.serving.pages.payment_cards import (
    MISMATCH,
    balances_table,
    bills_table,
    cause_words,
    differences_card,
    equations_table,
    settlements_table,
)
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tiles import Tile
from akademos.serving.pages.wording import Words
from akademos.stores.ports.cost_report import ROWS, BillPart, CentreMonth, CostReport, ForecastMonth, LearnerMonth


@dataclass(frozen=True)
class CostView:
    """The report in one currency; payments, balances and equations are of all currencies."""

    report: CostReport
    currency: str
    currencies: Sequence[str]
    since: date
    until: date


def main_currency(report: CostReport) -> str:
    """The currency that most parts of bills are in, by name where two are even; empty without bills."""
    counts = Counter(one.currency for one in report.bills)
    return min(counts, key=lambda code: (-counts[code], code), default="")


def render_costs(view: CostView, *, shell: Shell, floor: int, now: datetime, data: str) -> str:
    """The page as HTML.

    Args:
        view: what is shown.
        shell: who looks at it.
        floor: smallest group that is told of.
        now: the moment; the month that runs is not over.
        data: address of the same tables as files.
    """
    words, report, currency = shell.words, view.report, view.currency
    money, running = Money(words.locale, report.minor_units), now.date().replace(day=1)
    centres = [one for one in report.cost_centres if one.currency == currency]
    forecast = [one for one in report.forecast if one.currency == currency]
    learners = [one for one in report.learners if one.currency == currency]
    totals = total_by_month(centres)
    cards = {
        "course": course_card(totals, running, forecast, currency, money, words),
        "centres": centres_card(centres, running, currency, money, words),
        "services": services_card(
            [one for one in report.services if one.currency == currency], running, currency, money, words
        ),
        "learners": learners_card(learners, running, floor, currency, money, words),
        "courses": courses_card(
            [one for one in report.courses if one.currency == currency], running, floor, currency, money, words
        ),
        "differences": differences_card(report.differences, money, words),
    }
    return page(
        "costs.html",
        shell,
        title=words.plain("costs.title"),
        lede=words.plain("costs.lede"),
        choices=[CourseChoice(code, code, code == currency) for code in view.currencies],
        since=f"{view.since:%Y-%m}",
        until=f"{view.until:%Y-%m}",
        tiles=[
            _month_tile(totals, running, currency, money, words),
            _forecast_tile(totals, running, forecast, money, words),
            _learner_tile(learners, running, floor, money, words),
            _payments_tile(report, words),
        ],
        step=_step(report, centres, running, money, words),
        cards=cards,
        bills=bills_table([one for one in report.bills if one.currency == currency], money, words),
        bills_take=_bills_take([one for one in report.bills if one.currency == currency], words),
        settlements=settlements_table(report.settlements, money, words),
        balances=balances_table(report.balances, money, words),
        equations=equations_table(report.reconciliations, money, words),
        provenance=_provenance(report, forecast, floor, words),
        downloads=_downloads(data, view, words),
    )


def render_no_costs(*, shell: Shell) -> str:
    """The page before there is a warehouse: what is missing, and what unlocks it."""
    words = shell.words
    return page(
        "costs_none.html",
        shell,
        title=words.plain("costs.title"),
        lede=words.plain("costs.lede"),
        state=State("no_data", words.plain("costs.empty"), words.html("costs.empty.text")),
    )


def _month_tile(totals: Mapping[date, Decimal], running: date, currency: str, money: Money, words: Words) -> Tile:
    closed = [month for month in totals if month < running]
    label = words.plain("costs.tile.month")
    if not closed:
        state = State("no_data", words.plain("costs.empty.months"), words.html("costs.empty.months.text"))
        return Tile(label, state=state)
    last = closed[-1]
    text, chip = words.html("costs.tile.month.text", month=money.month(last)), ""
    if len(closed) > 1 and totals[closed[-2]] > 0:
        before = closed[-2]
        change = float(totals[last] / totals[before]) - 1
        sign = "+" if change >= 0 else ""
        chip = words.plain(
            "costs.tile.month.chip", change=f"{sign}{words.locale.percent(change)}", before=money.month(before)
        )
    return Tile(label, money.written(totals[last], currency), chip, text)


def _forecast_tile(
    totals: Mapping[date, Decimal], running: date, forecast: Sequence[ForecastMonth], money: Money, words: Words
) -> Tile:
    label = words.plain("costs.tile.forecast")
    last = max((month for month in totals if month < running), default=date.min)
    ahead = next((one for one in forecast if one.month > last), None)
    if ahead is None:
        text = words.html("costs.tile.forecast.none.text")
        return Tile(label, state=State("not_enough_data", words.plain("costs.tile.forecast.none"), text))
    text = words.html(
        "costs.tile.forecast.text", month=money.month(ahead.month), low=money.written(ahead.lower, ahead.currency),
        high=money.written(ahead.upper, ahead.currency), level=words.locale.percent(ahead.level),
    )  # fmt: skip
    return Tile(label, money.written(ahead.expected, ahead.currency), words.plain("costs.expected"), text)


def _learner_tile(learners: Sequence[LearnerMonth], running: date, floor: int, money: Money, words: Words) -> Tile:
    label = words.plain("costs.tile.learner")
    closed = [one for one in learners if one.month < running]
    if not closed:
        text = words.html("costs.learners.none", floor=floor)
        return Tile(label, state=State("no_data", words.plain("costs.learners.none.title"), text))
    newest = closed[-1]
    text = words.html(
        "costs.tile.learner.text", month=money.month(newest.month), n=words.locale.number(newest.active_learners)
    )
    return Tile(label, money.written(newest.per_learner, newest.currency, fine=True), text=text)


def _payments_tile(report: CostReport, words: Words) -> Tile:
    label = words.plain("costs.tile.payments")
    wrong = [one for one in report.differences if one.status == MISMATCH]
    if not wrong:
        return Tile(label, words.locale.number(0), text=words.html("costs.tile.payments.fine"))
    count = sum(one.findings for one in wrong)
    causes = len({one.cause for one in wrong})
    return Tile(label, words.locale.number(count), text=words.counted("costs.tile.payments.text", causes))


def _step(
    report: CostReport, centres: Sequence[CentreMonth], running: date, money: Money, words: Words
) -> Step | None:  # fmt: skip
    """What to look at first: a bill that its parts do not sum to, then a cost centre over its budget in the newest
    month that is over, then the most frequent cause of a payment that does not fit."""
    off = next((one for one in report.bills if one.difference != 0), None)
    if off is not None:
        text = words.html(
            "costs.step.off", account=off.billing_account, month=money.month(off.period_start),
            value=money.written(off.difference, off.currency),
        )  # fmt: skip
        return Step(words.plain("costs.step.off.title"), text, "#bills")
    last = max((one.month for one in centres if one.month < running), default=None)
    over = [(one.amount - one.budget, one) for one in centres if one.month == last and one.over_budget and one.budget]
    if over:
        excess, one = max(over, key=lambda pair: (pair[0], pair[1].cost_centre))
        text = words.html(
            "costs.step.over", name=one.cost_centre, value=money.written(excess, one.currency),
            budget=money.written(one.budget or Decimal(0), one.currency), month=money.month(one.month),
        )  # fmt: skip
        return Step(words.plain("costs.step.over.title", name=one.cost_centre), text, "#centres")
    wrong = [one for one in report.differences if one.status == MISMATCH]
    if wrong:
        most = max(wrong, key=lambda one: (one.findings, one.cause))
        text = words.counted(
            "costs.step.payments", most.findings, cause=cause_words(most.cause, most.explanation, words)
        )
        return Step(words.plain("costs.step.payments.title"), text, "#differences")
    if centres:
        return Step(words.plain("costs.step.fine.title"), words.html("costs.step.fine"), "#course")
    return None


def _bills_take(lines: Sequence[BillPart], words: Words) -> Markup:
    bills = {(one.billing_account, one.period_start, one.currency): one.difference for one in lines}
    off = sum(difference != 0 for difference in bills.values())
    if off:
        return words.html("costs.bills.off", off=words.locale.number(off), n=words.locale.number(len(bills)))
    return words.counted("costs.bills.take", len(bills))


def _provenance(report: CostReport, forecast: Sequence[ForecastMonth], floor: int, words: Words) -> list[Markup]:
    locale = words.locale
    told = [words.html("costs.about.made"), words.html("costs.about.bills")]
    if report.loaded_at is not None:
        told.append(
            words.html(
                "costs.about.fresh", charges=locale.number(report.charges), loads=locale.number(report.loads),
                at=words.plain("ops.utc", at=locale.moment(report.loaded_at)),
            )
        )  # fmt: skip
    told.append(words.html("costs.about.learners", floor=floor))
    if forecast:
        told.append(words.html("costs.about.forecast", level=locale.percent(forecast[0].level)))
    return told


OF_ALL_CURRENCIES = frozenset({"differences", "balances", "settlements", "reconciliations"})
"""Tables that the page shows whole, whichever currency is chosen."""


def _downloads(data: str, view: CostView, words: Words) -> list[tuple[str, str]]:
    """Each table of the page as a file of the same rows."""
    asked = {"format": "csv", "from": f"{view.since:%Y-%m}", "to": f"{view.until:%Y-%m}"}

    def address(name: str) -> str:
        chosen = {} if name in OF_ALL_CURRENCIES or not view.currency else {"currency": view.currency}
        return f"{data}?{urlencode({**asked, **chosen, 'table': name})}"

    return [(words.plain(f"costs.file.{name}"), address(name)) for name in ROWS]
