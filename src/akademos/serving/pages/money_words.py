"""How amounts and months are written: exactly, with the currency's decimals, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from akademos.serving.charts.locale import Locale
from akademos.serving.pages.tables import MISSING, Cell

SMALL = Decimal(1)
FINER = 2
"""Amounts under one unit are written with so many decimals more, since a learner's day costs parts of a cent."""


@dataclass(frozen=True, slots=True)
class Money:
    """Writes amounts; `minor_units` are decimals by currency."""

    locale: Locale
    minor_units: Mapping[str, int]

    def number(self, value: Decimal, currency: str, *, fine: bool = False) -> str:
        """The amount without its currency; `fine`: what is under one unit gets more decimals."""
        digits = self.minor_units.get(currency, 2)
        if fine and 0 < abs(value) < SMALL:
            digits += FINER
        rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
        written = f"{abs(rounded):,.{digits}f}".replace(",", "\0").replace(".", self.locale.decimal)
        return ("-" if rounded < 0 else "") + written.replace("\0", self.locale.grouping)

    def written(self, value: Decimal, currency: str, *, fine: bool = False) -> str:
        """The amount with its currency."""
        return f"{self.number(value, currency, fine=fine)}\u00a0{currency}"

    def short(self, value: float) -> str:
        """An amount on an axis: without decimals where none are needed."""
        return self.locale.number(value, 0 if value == int(value) else 2)

    def cell(self, value: Decimal | None, currency: str, *, fine: bool = False) -> Cell:
        """The amount as a cell; what it is of stands in the row."""
        if value is None:
            return Cell(MISSING, -1)
        return Cell(self.number(value, currency, fine=fine), float(value))

    def month(self, month: date) -> str:
        """`2026-03-01` -> "Mar 2026"."""
        return f"{self.locale.months[month.month - 1]} {month.year}"

    def month_cell(self, month: date) -> Cell:
        """The month as a cell, sorted in time."""
        return Cell(self.month(month), month.isoformat())
