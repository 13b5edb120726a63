"""Numbers and dates as a reader of one language expects them; never the locale of the process."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True)
class Locale:
    """How one language writes numbers, shares and dates; months from January, weekdays from Monday."""

    code: str
    decimal: str
    grouping: str
    percent_sign: str
    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    long_weekdays: tuple[str, ...]
    day_mark: str = ""
    weekday_mark: str = ""

    def number(self, value: float, digits: int = 0) -> str:
        """`1284` -> "1,284"; halves are rounded up."""
        scaled = math.floor(abs(value) * 10**digits + 0.5)
        if not digits and scaled < 1000:
            return f"-{scaled}" if value < 0 and scaled else str(scaled)
        whole, fraction = divmod(scaled, 10**digits)
        text = f"{whole:,}".replace(",", self.grouping)
        if digits:
            text += f"{self.decimal}{fraction:0{digits}d}"
        return f"-{text}" if value < 0 and scaled else text

    def percent(self, share: float) -> str:
        """A share 0..1 in whole percent: `0.71` -> "71%"."""
        return self.number(share * 100) + self.percent_sign

    def percent_range(self, low: float, high: float) -> str:
        """Two shares 0..1: "59-76%" with an en dash; one figure when both round to the same."""
        first, last = self.number(low * 100), self.number(high * 100)
        return last + self.percent_sign if first == last else f"{first}\u2013{last}{self.percent_sign}"

    def day(self, day: date) -> str:
        """`2026-03-12` -> "12 Mar"."""
        return f"{day.day}{self.day_mark} {self.months[day.month - 1]}"

    def month(self, day: date) -> str:
        """The month's short name; the year instead when it is January."""
        return str(day.year) if day.month == 1 else self.months[day.month - 1]

    def full_day(self, day: date) -> str:
        """`2026-03-12` -> "12 Mar 2026"."""
        return f"{self.day(day)} {day.year}"

    def weekday_day(self, day: date) -> str:
        """`2026-03-12` -> "Thu 12 Mar"."""
        return f"{self.weekdays[day.weekday()]}{self.weekday_mark} {self.day(day)}"

    def moment(self, at: datetime) -> str:
        """Day and time of `at` as it stands (the caller has chosen the zone): "12 Mar 2026, 08:10"."""
        return f"{self.full_day(at.date())}, {at.hour:02d}:{at.minute:02d}"


ENGLISH = Locale(
    code="en",
    decimal=".",
    grouping=",",
    percent_sign="%",
    months=("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    weekdays=("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    long_weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
)

GERMAN = Locale(
    code="de",
    decimal=",",
    grouping=".",
    percent_sign="\u00a0%",
    months=("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
    weekdays=("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
    long_weekdays=("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    day_mark=".",
    weekday_mark=",",
)
