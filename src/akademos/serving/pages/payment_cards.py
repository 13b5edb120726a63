"""Cards about bills and payments: the parts of each bill, what does not fit and why, payouts, balances, equations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup

from akademos.serving.charts.canvas import NARROW, WIDE, Caption
from akademos.serving.charts.tally import Group, tally
from akademos.serving.pages.cards import Card, State, figure
from akademos.serving.pages.money_words import Money
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, count_cell, day_cell
from akademos.serving.pages.wording import Words
from akademos.stores.ports.cost_report import BillPart, Findings, Reconciled, SettledMonth, StatedBalance

MISMATCH = "mismatch"
_NUMBERS = frozenset(
    {
        "used", "pays", "bill", "corrections", "off", "findings", "difference", "fee_difference",
        "exchange_difference", "summed", "stated", "payouts", "lines", "gross", "fees", "net", "unknown", "meant",
        "found",
    }
)  # fmt: skip


def cause_words(cause: str, explanation: str, words: Words) -> str:
    """A cause in the reader's language; as the books explain it where there are no words for it."""
    key = f"costs.cause.{cause}"
    return words.plain(key) if key in words else explanation


def _short(cause: str, words: Words) -> str:
    key = f"costs.short.{cause}"
    return words.plain(key) if key in words else cause.replace("_", " ")


def bills_table(bills: Sequence[BillPart], money: Money, words: Words) -> Table | None:
    """Each bill's parts, newest first, and whether they sum to it."""
    if not bills:
        return None
    rows = [
        [
            Cell(one.billing_account), money.month_cell(one.period_start), Cell(one.cost_centre),
            money.cell(one.effective, one.currency, fine=True), money.cell(one.amount, one.currency),
            money.cell(one.bill, one.currency), Cell(one.currency),
            money.cell(one.corrections, one.currency), money.cell(one.difference, one.currency),
        ]
        for one in reversed(bills)
    ]  # fmt: skip
    return _table(
        "costs.bills",
        ("account", "month", "cost_centre", "used", "pays", "bill", "currency", "corrections", "off"),
        rows, words,
    )  # fmt: skip


def differences_card(found: Sequence[Findings], money: Money, words: Words) -> Card:
    """Payments, settlements and balances that do not fit, by cause."""
    title = words.plain("costs.differences")
    wrong = [one for one in found if one.status == MISMATCH]
    if not found:
        text = words.html("costs.differences.none.text")
        return Card("differences", title, state=State("no_data", words.plain("costs.differences.none"), text))
    named = {one.cause: _short(one.cause, words) for one in found}
    counts = Counter[str]()
    for one in wrong:
        counts[one.cause] += one.findings
    groups = [Group(named[cause], count) for cause, count in counts.most_common()]
    rows = [
        [
            Cell(named[one.cause]), Cell(cause_words(one.cause, one.explanation, words)),
            Cell(words.plain(f"costs.subject.{one.subject}")),
            Cell(words.plain(f"costs.status.{one.status}"), one.status,
                 chip="chip strong" if one.status == MISMATCH else "chip"),
            Cell(one.currency), count_cell(one.findings, words.locale),
            money.cell(one.difference, one.currency), money.cell(one.fee_difference, one.currency),
            money.cell(one.exchange_difference, one.currency),
        ]
        for one in found
    ]  # fmt: skip
    table = _table(
        "costs.differences",
        ("cause", "in_words", "subject", "status", "currency", "findings", "difference", "fee_difference",
         "exchange_difference"),
        rows, words,
    )  # fmt: skip
    open_ones = sum(one.findings for one in found if one.status != MISMATCH)
    if not groups:
        text = words.counted("costs.differences.open", open_ones)
        return Card("differences", title, text, tables=[table])
    take = words.counted("costs.differences.take", sum(counts.values()))
    most = [one for one in counts if counts[one] == groups[0].count]
    if len(most) == 1:
        said = cause_words(most[0], next(one.explanation for one in wrong if one.cause == most[0]), words)
        take += Markup(" ") + words.html("costs.differences.most", cause=said)

    def tip(one: Group) -> str:
        return words.counted_plain("costs.tip.findings", one.count, cause=one.name)

    caption = Caption("chart-differences", title, words.plain("costs.differences.desc", n=len(groups)))
    pictures = [
        tally(groups, caption=caption, canvas=canvas, locale=words.locale, tip=tip, percent=False)
        for canvas in (WIDE, NARROW)
    ]
    return Card("differences", title, take, figure("nw", *pictures), [table])


def settlements_table(settled: Sequence[SettledMonth], money: Money, words: Words) -> Table | None:
    """What providers paid out by month, newest first."""
    if not settled:
        return None
    rows = [
        [
            Cell(one.merchant), money.month_cell(one.month), Cell(one.currency),
            count_cell(one.payouts, words.locale), count_cell(one.lines, words.locale),
            money.cell(one.gross, one.currency), money.cell(one.fees, one.currency), money.cell(one.net, one.currency),
            count_cell(one.lines_without_transaction, words.locale),
        ]
        for one in reversed(settled)
    ]  # fmt: skip
    columns = ("merchant", "month", "currency", "payouts", "lines", "gross", "fees", "net", "unknown")
    return _table("costs.settlements", columns, rows, words)


def balances_table(balances: Sequence[StatedBalance], money: Money, words: Words) -> Table | None:
    """Balances that providers state, newest first."""
    if not balances:
        return None
    rows = [
        [
            Cell(one.account), day_cell(one.stated_on, words.locale), Cell(one.currency),
            money.cell(one.summed, one.currency), money.cell(one.stated, one.currency),
            money.cell(one.difference, one.currency), Cell(_short(one.cause, words)),
        ]
        for one in reversed(balances)
    ]  # fmt: skip
    columns = ("account", "stated_on", "currency", "summed", "stated", "difference", "cause")
    return _table("costs.balances", columns, rows, words)


def equations_table(reconciled: Sequence[Reconciled], money: Money, words: Words) -> Table | None:
    """The equations of the books."""
    if not reconciled:
        return None

    def number(value: Decimal) -> Cell:
        return Cell(words.locale.number(float(value), 0 if value == int(value) else 2), float(value))

    rows = [
        [
            Cell(one.reconciliation), number(one.meant), number(one.found), number(one.difference),
            Cell(words.plain(f"costs.equation.{one.status}"), one.status,
                 chip="chip strong" if one.status == "unexplained" else "chip"),
            Cell(one.cause or MISSING),
        ]
        for one in reconciled
    ]  # fmt: skip
    return _table("costs.equations", ("equation", "meant", "found", "difference", "status", "cause"), rows, words)


def _table(key: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]], words: Words) -> Table:
    return Table(words.plain(key), [Column(words.plain(f"costs.col.{one}"), one in _NUMBERS) for one in columns], rows)
