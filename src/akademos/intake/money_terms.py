"""Declared terms of money, from TOML: prices, discounts, chargeback rules, cost centres, fees, limits (docs/cost.md).

Each holds from a day on (UTC), until it is declared anew or ends. What holds when is derived from the log of
declarations (`ledger.scd2`), so nothing is lost when a term changes.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from akademos.errors import InputError
from akademos.intake.billing_files import rule_of
from akademos.intake.money_rows import LARGEST, LONGEST_TEXT, PLACES
from akademos.intake.payment_files import Hashed
from akademos.ledger.metering import UNITS
from akademos.ledger.money import decimals, minor_unit, written
from akademos.ledger.money_terms import LARGEST_AMOUNT, UNALLOCATED, alike
from akademos.stores.ports.money_books import Loaded, MoneyBooks, MoneyFile, MoneyRow


@dataclass(frozen=True, slots=True)
class Form:
    """What a term of a kind says: its key, texts, decimal numbers from 0 to less than a bound, what may be left out."""

    key: str
    texts: tuple[str, ...] = ()
    numbers: tuple[tuple[str, Decimal], ...] = ()
    optional: Mapping[str, Any] | None = None


ZERO = Decimal(0)
DEAREST = Decimal(10) ** 6
"""Of a unit of what is metered, so that a day of it can be kept."""
FORMS: Mapping[str, Form] = {
    "price": Form("item", ("unit", "currency"), (("price", DEAREST),)),
    "discount": Form("item", (), (("share", LARGEST), ("least", LARGEST)), {"least": ZERO}),
    "cost_centre": Form("name", ("owner", "currency"), (("monthly_budget", LARGEST),)),
    "fee": Form(
        "name", ("merchant", "channel", "kind", "currency"), (("share", LARGEST), ("fixed", LARGEST)),
        {"merchant": "*", "channel": "*", "kind": "*", "fixed": ZERO},
    ),
    "limit": Form("name", ("unit",), (("value", LARGEST),)),
}  # fmt: skip
LIMITS: Mapping[str, tuple[str | None, Decimal]] = {
    "settlement_days": ("days", Decimal(3_650)),
    "rounding_units": ("minor units", Decimal(10_000)),
    LARGEST_AMOUNT: (None, LARGEST),
}
"""Limits with their unit and largest value, whole numbers; those of amounts have a currency as unit, each its own."""


@dataclass(frozen=True, slots=True)
class Term:
    """One declared term."""

    kind: str
    key: str
    valid_from: datetime
    ended: bool
    body: Mapping[str, Any]


def read_terms(file: Path) -> list[Term]:
    """The terms of a TOML file.

    Raises:
        InputError: it cannot be read, or a term of it is wrong; says which and why.
    """
    try:
        document = tomllib.loads(file.read_text("utf-8"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as broken:
        raise InputError(f"{file} cannot be read: {broken}.", hint="Write TOML in UTF-8.") from broken
    known = (*FORMS, "chargeback_rule", "unallocated")
    unknown = [name for name in document if name not in known]
    if unknown or not document:
        raise InputError(
            f"{file} declares {f'`{unknown[0]}`, which is no term' if unknown else 'nothing'}.",
            hint="Terms: " + ", ".join(known) + ".",
        )
    found = []
    for kind, ones in document.items():
        if not isinstance(ones, list):
            raise InputError(f"{file}: `{kind}` is no list of tables.", hint=f"Write `[[{kind}]]`.")
        for number, one in enumerate(ones, start=1):
            found.append(_term(kind, one, f"{file}, {kind} {number}"))
    return found


def declare_terms(file: Path, tenant_id: str, books: MoneyBooks, keyed: Hashed, *, by: str) -> Loaded:
    """The terms of a file into the books; a term that stands already as it is said brings nothing.

    Raises:
        InputError: as `read_terms`.
    """
    terms = read_terms(file)
    content = file.read_bytes()
    standing = _standing(books, tenant_id)
    rows = []
    for line, term in enumerate(terms, start=1):
        said = _said(term)
        place = (term.kind, term.key, term.valid_from)
        told = standing.setdefault(place, [])
        if not told or told[-1] != said:
            told.append(said)
        rows.append(
            MoneyRow(
                line,
                # By what it says, too: of two who declare at once, neither knows of the other's number.
                keyed("term", term.kind, term.key, term.valid_from, len(told), said.decode()),
                (term.kind, term.key, term.valid_from, term.ended, dict(term.body)),
            )
        )
    # The number of the declaration is part of the content: what is declared again after it was changed is new.
    digest = hashlib.sha256(content + b"".join(row.row_id for row in rows)).hexdigest()
    return books.append(tenant_id, MoneyFile("terms", file.name, digest, len(content)), rows, by=by)


def _standing(books: MoneyBooks, tenant_id: str) -> dict[tuple[str, str, datetime], list[bytes]]:
    found: dict[tuple[str, str, datetime], list[bytes]] = {}
    kept = books.read(tenant_id, "money_terms").sort("load_id", "line")
    for row in kept.iter_rows(named=True):
        term = Term(row["kind"], row["key"], row["valid_from"], row["ended"], alike(orjson.loads(row["body"])))
        found.setdefault((term.kind, term.key, term.valid_from), []).append(_said(term))
    return found


def _said(term: Term) -> bytes:
    return orjson.dumps([term.ended, dict(term.body)], option=orjson.OPT_SORT_KEYS)


def _term(kind: str, one: Any, where: str) -> Term:
    if not isinstance(one, dict):
        raise InputError(f"{where} is no table.", hint=f"Write `[[{kind}]]`.")
    one = dict(one)
    ends = one.pop("ends", None)
    since = _day(one.pop("valid_from", None) if ends is None else ends, where)
    one.pop("valid_from", None)
    if kind in ("chargeback_rule", UNALLOCATED):
        number, rule = _chargeback(kind, one, where)
        return Term("chargeback_rule", number, since, ends is not None, rule)
    form = FORMS[kind]
    key = _text(one, form.key, where)
    if kind == "limit":
        key = _limit_key(key, one, where)
    if ends is not None:
        return Term(kind, key, since, True, {})
    said = {**(form.optional or {}), **{name: value for name, value in one.items() if name != form.key}}
    numbers = dict(form.numbers)
    unknown = sorted(set(said) - {*form.texts, *numbers})
    if unknown:
        raise InputError(
            f"{where} has an unknown field `{unknown[0]}`.", hint="Known: " + ", ".join((*form.texts, *numbers))
        )
    body: dict[str, Any] = {name: _text(said, name, where) for name in form.texts}
    body |= {name: _number(said, name, bound, where) for name, bound in numbers.items()}
    _checked(kind, key, body, where)
    return Term(kind, key, since, False, body)


def _chargeback(kind: str, one: Mapping[str, Any], where: str) -> tuple[str, dict[str, Any]]:
    if kind == UNALLOCATED:
        return UNALLOCATED, {"cost_centre": _text(one, "cost_centre", where)}
    number = one.get("number")
    if type(number) is not int or not 1 <= number < 10_000:
        raise InputError(
            f"{where} has no `number` from 1 on.", hint="The rule with the smallest number that fits decides."
        )
    rule = rule_of({name: value for name, value in one.items() if name != "number"}, where)
    shares = {centre: written(share) for centre, share in rule.shares.items()}
    return f"{number:04d}", {"match": dict(rule.matches), "shares": shares}


def _checked(kind: str, key: str, body: Mapping[str, Any], where: str) -> None:
    if "currency" in body and not (kind == "fee" and body["currency"] == "*"):
        _currency(body["currency"], where)
    if "share" in body and Decimal(body["share"]) > 1:
        raise InputError(f"{where}: `share` is more than 1.", hint="2.9 percent is 0.029.")
    if kind in ("price", "discount") and key not in UNITS:
        raise InputError(f"{where}: `{key}` is not metered.", hint="Items: " + ", ".join(UNITS) + ".")
    if kind == "price" and body["unit"] != UNITS[key]:
        raise InputError(f"{where}: {key} are metered by the {UNITS[key]}.", hint=f'Write `unit = "{UNITS[key]}"`.')
    if kind == "limit":
        unit, largest = LIMITS[key.partition("/")[0]]
        value = Decimal(body["value"])
        if unit is not None and body["unit"] != unit:
            raise InputError(f"{where}: `{key}` is counted in {unit}.", hint=f'Write `unit = "{unit}"`.')
        if unit is not None and (value != value.to_integral_value() or value > largest):
            raise InputError(f"{where}: `value` is no whole number up to {largest}.", hint="Write one like 5.")


def _limit_key(name: str, one: Mapping[str, Any], where: str) -> str:
    """A limit's name; of amounts with its currency, since each currency has its own."""
    if name not in LIMITS:
        raise InputError(f"{where}: there is no limit `{name}`.", hint="Limits: " + ", ".join(LIMITS) + ".")
    if name != LARGEST_AMOUNT:
        return name
    unit = _text(one, "unit", where)
    _currency(unit, where)
    return f"{name}/{unit}"


def _currency(code: str, where: str) -> None:
    try:
        minor_unit(code)
    except InputError as unknown:
        raise InputError(f"{where}: {unknown.reason}", hint=unknown.hint) from unknown


def _day(value: Any, where: str) -> datetime:
    if not isinstance(value, date) or isinstance(value, datetime):
        raise InputError(f"{where} does not say from which day.", hint="Write `valid_from = 2026-01-01`.")
    return datetime(value.year, value.month, value.day, tzinfo=UTC)


def _text(one: Mapping[str, Any], name: str, where: str) -> str:
    value = one.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{where} lacks `{name}`.", hint="Set it to a text.")
    if len(value) > LONGEST_TEXT or not value.isprintable():
        raise InputError(
            f"{where}: `{name}` is longer than {LONGEST_TEXT} characters, or holds signs that cannot be printed.",
            hint="Set it to a short text.",
        )
    return value.strip()


def _number(one: Mapping[str, Any], name: str, bound: Decimal, where: str) -> str:
    value = one.get(name)
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite() or value < 0:
        raise InputError(f"{where}: `{name}` is no number from 0 on.", hint="Write a number without quotes.")
    if value >= bound or decimals(Decimal(value)) > PLACES:
        raise InputError(
            f"{where}: `{name}` is {bound:,f} or more, or has more than {PLACES} decimals.", hint="Round it."
        )
    return written(Decimal(value))
