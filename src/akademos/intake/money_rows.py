"""Rows of payments, settlements, balances and exchange rates: foreign columns by a declared map, every value checked.

The map is TOML:

    [columns]      ours = theirs; what is not named has our name
    [constants]    ours = value, the same for every row
    [values.X]     theirs = ours: recode the values of X, e.g. [values.kind] charge = "enrolment"
    negate = [...] kinds whose amounts stand without their minus sign
    zone           IANA name, for times without an offset (default UTC)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from akademos.errors import InputError
from akademos.intake.personal_data import kind_of
from akademos.ledger.money import decimals, minor_unit

LONGEST_TEXT = 200
LARGEST = Decimal(10) ** 15
PLACES = 18
"""Decimals of what is kept of rates, prices and costs."""
_SECTIONS = {"columns", "constants", "values", "negate", "zone"}
KINDS = ("enrolment", "subscription", "certification_fee", "refund", "chargeback", "adjustment")
REVERSALS = ("refund", "chargeback")


class Refused(ValueError):
    """A value that cannot be taken: `code`, and why in words without the value."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Field:
    """One of our columns: how its text is read, and what stands where it is empty (`...`: it may not be)."""

    name: str
    read: Callable[[str, RowMap], Any]
    default: Any = ...


@dataclass(frozen=True, slots=True)
class RowMap:
    """A checked column map."""

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    negate: frozenset[str] = frozenset()
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a row was refused: `column` is the sender's name of it."""

    line: int
    column: str
    code: str
    reason: str


def row_map(document: Mapping[str, Any], fields: tuple[Field, ...]) -> RowMap:
    """Check a column map.

    Raises:
        InputError: a section or one of our columns is unknown, or the zone; says which.
    """
    unknown = sorted(set(document) - _SECTIONS)
    if unknown:
        raise InputError(
            f"The column map has an unknown section `{unknown[0]}`.",
            hint="Known: " + ", ".join(sorted(_SECTIONS)) + ".",
        )
    ours = {one.name for one in fields}
    for section in ("columns", "constants", "values"):
        content = document.get(section, {})
        if not isinstance(content, Mapping):
            raise InputError(f"`{section}` of the column map is no table.", hint=f"Write `[{section}]`.")
        for name in content:
            if name not in ours:
                raise InputError(
                    f"The column map knows a column `{name}` that we have not.",
                    hint="Ours: " + ", ".join(sorted(ours)) + ".",
                )
    zone = str(document.get("zone", "UTC"))
    if zone not in available_timezones():
        raise InputError(f"`{zone}` is no IANA time zone.", hint="Use a name like Europe/Berlin.", pointer="zone")
    return RowMap(
        {str(mine): str(theirs) for mine, theirs in document.get("columns", {}).items()},
        {str(mine): str(value) for mine, value in document.get("constants", {}).items()},
        {str(mine): {str(a): str(b) for a, b in recode.items()} for mine, recode in document.get("values", {}).items()},
        frozenset(map(str, document.get("negate", ()))),
        zone,
    )


def read_row(
    line: int, row: Mapping[str, str | None], fields: tuple[Field, ...], mapping: RowMap
) -> dict[str, Any] | Problem:
    """The values of one row by our names, or why it is refused (the first problem of it)."""
    found: dict[str, Any] = {}
    for one in fields:
        theirs = mapping.columns.get(one.name, one.name)
        text = mapping.constants.get(one.name, row.get(theirs))
        text = text.strip() if text is not None else ""
        text = mapping.values.get(one.name, {}).get(text, text)
        if not text:
            if one.default is ...:
                return Problem(line, theirs, "value_missing", "is empty")
            found[one.name] = one.default
            continue
        try:
            found[one.name] = one.read(text, mapping)
        except Refused as refusal:
            return Problem(line, theirs, refusal.code, str(refusal))
    return found


def text(value: str, _: RowMap) -> str:
    """A name of something, never of a person."""
    if len(value) > LONGEST_TEXT or not value.isprintable():
        raise _no_text()
    if kind_of(value) is not None:
        raise Refused("personal_data", "holds an e-mail address or a telephone number")
    return value


def customer(value: str, _: RowMap) -> str:
    """The host's own id of a person."""
    if len(value) > LONGEST_TEXT or not value.isprintable():
        raise _no_text()
    return value


def _no_text() -> Refused:
    return Refused("text_invalid", f"is longer than {LONGEST_TEXT} characters, or holds signs that cannot be printed")


def currency(value: str, _: RowMap) -> str:
    """A currency that is paid in."""
    try:
        minor_unit(value)
    except InputError as unknown:
        raise Refused("currency_unknown", "is no currency of ISO 4217 that is paid in") from unknown
    return value


def number(value: str, _: RowMap) -> Decimal:
    """A decimal number; thousands are not separated."""
    if not re.fullmatch(r"[+-]?\d+(\.\d+)?", value):
        raise Refused("amount_invalid", "is no decimal number like -12.50")
    try:
        amount = Decimal(value)
    except InvalidOperation as broken:
        raise Refused("amount_invalid", "is no decimal number like -12.50") from broken
    if abs(amount) >= LARGEST:
        raise Refused("amount_invalid", f"is {LARGEST:.0e} or more")
    return amount


def rate(value: str, mapping: RowMap) -> Decimal:
    """An exchange rate."""
    found = number(value, mapping)
    if decimals(found) > PLACES:
        raise Refused("rate_invalid", f"has more than {PLACES} decimals; round it, or state the pair the other way")
    return found


def kind(value: str, _: RowMap) -> str:
    """One of the kinds of transactions."""
    if value not in KINDS:
        raise Refused("kind_unknown", "is none of " + ", ".join(KINDS))
    return value


def day(value: str, mapping: RowMap) -> date:
    """A day; of an instant, that in UTC."""
    return instant(value, mapping).date() if len(value) > len("2026-01-01") else _iso(value).date()


def instant(value: str, mapping: RowMap) -> datetime:
    """An instant in ISO 8601; without an offset a local time of the map's zone."""
    moment = _iso(value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(mapping.zone))
    return moment.astimezone(UTC)


def _iso(value: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as broken:
        raise Refused("time_invalid", "is no date or time in ISO 8601") from broken
    if not 1990 <= moment.year <= 2100:
        raise Refused("time_invalid", "is not between 1990 and 2100")
    return moment


def whole(amount: Decimal, code: str) -> bool:
    """Whether an amount is a whole number of its currency's minor units."""
    return decimals(amount) <= minor_unit(code)


TRANSACTION = (
    Field("reference", text),
    Field("merchant", text),
    Field("account", text, "main"),
    Field("channel", text, "unknown"),
    Field("product", text),
    Field("course_id", text, None),
    Field("kind", kind),
    Field("amount", number),
    Field("currency", currency),
    Field("posted_at", instant),
    Field("related", text, None),
    Field("user_id", customer, None),
)
SETTLEMENT = (
    Field("batch", text),
    Field("merchant", text),
    Field("account", text, "main"),
    Field("reference", text),
    Field("settled_on", day),
    Field("currency", currency),
    Field("gross", number),
    Field("paid_currency", currency, None),
    Field("paid_gross", number, None),
    Field("fee", number, Decimal(0)),
    Field("net", number),
)
BALANCE = (
    Field("merchant", text),
    Field("account", text, "main"),
    Field("currency", currency),
    Field("stated_on", day),
    Field("balance", number),
)
RATE = (
    Field("base", currency),
    Field("quote", currency),
    Field("rated_on", day),
    Field("rate", rate),
    Field("source", text, "unnamed"),
)
