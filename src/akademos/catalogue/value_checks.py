"""Checks one value against the declaration of its property: compiled once, then one call a value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from math import isfinite
from typing import NamedTuple

from akademos.catalogue.declarations import CoreProperty, Kind, Property

#: Longest element of an array of strings.
ELEMENT_LENGTH = 256
#: Deepest nesting inside a free-form property.
OBJECT_DEPTH = 8
#: Largest integer that every JSON reader represents exactly.
SAFE_INTEGER = 2**53 - 1
#: Bounds of a value whose declaration gives none: length of a string, elements of an array, members of an object.
DEFAULT_BOUNDS: Mapping[Kind, tuple[float, float]] = {
    Kind.STRING: (1, ELEMENT_LENGTH),
    Kind.STRINGS: (0, 1000),
    Kind.INTEGER: (-SAFE_INTEGER, SAFE_INTEGER),
    Kind.NUMBER: (-1e308, 1e308),
    Kind.OBJECT: (0, 1000),
}

#: Years that a timestamp or date may have.
FIRST_YEAR, LAST_YEAR = 1900, 2199
_DATE = re.compile(r"(?:19|20|21)\d\d-\d\d-\d\d", re.ASCII)


class Fault(NamedTuple):
    """What is wrong with one value; `at` is the JSON pointer below the value, empty for the value itself."""

    code: str
    hint: str
    at: str = ""


#: Returns None for a value that is fine, else what is wrong with it.
Find = Callable[[object], Fault | None]


def escape(name: str) -> str:
    """One reference token of a JSON pointer (RFC 6901, section 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def _moment(text: str) -> datetime | None:
    """The extended form with an offset; `fromisoformat` also takes basic forms, week dates and local times."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None or text[4] != "-" or text[7] != "-" or text[10] not in "T ":
        return None
    return moment if FIRST_YEAR <= moment.year <= LAST_YEAR else None


def parse_timestamp(text: str) -> datetime | None:
    """An ISO 8601 timestamp with offset as an aware datetime in UTC, or None when it is not one.

    Years 1900 to 2199; fractions beyond microseconds are cut off.
    """
    moment = _moment(text)
    return moment if moment is None or moment.tzinfo is UTC else moment.astimezone(UTC)


def bounds(rule: Property | CoreProperty) -> tuple[float, float]:
    """Least and greatest value, length or count that a value may have, both inclusive; of the bounded kinds only."""
    low, high = DEFAULT_BOUNDS[rule.kind]
    return (low if rule.minimum is None else rule.minimum, high if rule.maximum is None else rule.maximum)


def _type_fault(wanted: str) -> Fault:
    return Fault("wrong_type", f"Send {wanted}.")


def _text_fault(text: str) -> Fault | None:
    """NUL and lone surrogates, which no store takes; everything printable passes at once."""
    if text.isprintable():
        return None
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        return Fault("text_not_storable", "Remove NUL characters and unpaired surrogates.")
    return None


def _strings(rule: Property | CoreProperty) -> Find:
    shortest, longest = map(int, bounds(rule))
    matches = re.compile(rule.pattern or "", re.ASCII).fullmatch
    usual = rule.usual if isinstance(rule, CoreProperty) else ()
    values = frozenset(rule.values)
    listed = ", ".join(rule.values)

    def find_enumerated(value: object) -> Fault | None:
        if type(value) is not str:
            return _type_fault("a string")
        if value in values:
            return None
        return Fault("not_in_enumeration", f"Use one of: {listed}.")

    def find(value: object) -> Fault | None:
        if type(value) is not str:
            return _type_fault("a string")
        if not shortest <= len(value) <= longest:
            if len(value) > longest:
                return Fault("too_long", f"Send at most {longest} characters.")
            return Fault("too_short", f"Send at least {shortest} characters, or leave it out.")
        if value.isprintable():
            return None
        return _text_fault(value)

    def find_matching(value: object) -> Fault | None:
        if value in usual:
            return None
        if type(value) is str and len(value) <= longest and value.isprintable() and matches(value) is not None:
            return None
        return find(value) or Fault("pattern_mismatch", f"It must match {rule.pattern}.")

    if values:
        return find_enumerated
    return find_matching if rule.pattern else find


def _integers(rule: Property | CoreProperty) -> Find:
    low, high = map(int, bounds(rule))

    def find(value: object) -> Fault | None:
        if type(value) is not int:
            return _type_fault("an integer, without quotes or decimal point")
        if low <= value <= high:
            return None
        return Fault("out_of_range", f"It must be between {low} and {high}.")

    return find


def _numbers(rule: Property | CoreProperty) -> Find:
    low, high = bounds(rule)

    def find(value: object) -> Fault | None:
        if type(value) is not float and type(value) is not int:
            return _type_fault("a number, without quotes")
        if low <= value <= high:
            return None
        # NaN compares false with everything, and so arrives here too.
        if type(value) is float and not isfinite(value):
            return Fault("not_finite", "NaN and Infinity are no JSON numbers; leave the property out.")
        return Fault("out_of_range", f"It must be between {low:g} and {high:g}.")

    return find


def _boolean(value: object) -> Fault | None:
    return None if value is True or value is False else _type_fault("true or false")


def _timestamp(value: object) -> Fault | None:
    if type(value) is not str:
        return _type_fault("an ISO 8601 timestamp as a string")
    if _moment(value) is None:
        return Fault("not_a_timestamp", "Send ISO 8601 with an offset, such as 2026-11-05T08:30:00Z.")
    return None


def _date(value: object) -> Fault | None:
    if type(value) is not str:
        return _type_fault("an ISO 8601 date as a string")
    if _DATE.fullmatch(value) is not None:
        try:
            date.fromisoformat(value)
        except ValueError:
            pass
        else:
            return None
    return Fault("not_a_date", "Send an ISO 8601 date, such as 2026-11-05.")


def _arrays(rule: Property | CoreProperty) -> Find:
    fewest, most = map(int, bounds(rule))
    element = _strings(Property(rule.name, Kind.STRING, rule.description, values=rule.values, pattern=rule.pattern))

    def find(value: object) -> Fault | None:
        if type(value) is not list:
            return _type_fault("an array of strings")
        if not fewest <= len(value) <= most:
            code = "too_many" if len(value) > most else "too_few"
            return Fault(code, f"Send between {fewest} and {most} elements.")
        for text in value:
            if element(text) is not None:
                break
        else:
            return None
        for position, text in enumerate(value):
            fault = element(text)
            if fault is not None:
                return Fault(fault.code, fault.hint, f"/{position}{fault.at}")
        return None

    return find


def _objects(rule: Property | CoreProperty) -> Find:
    most = int(bounds(rule)[1])

    def find(value: object) -> Fault | None:
        if type(value) is not dict:
            return _type_fault("an object")
        if len(value) > most:
            return Fault("too_many", f"Send at most {most} members.")
        waiting: list[tuple[object, str, int]] = [(value, "", 0)]
        while waiting:
            inner, at, depth = waiting.pop()
            if depth > OBJECT_DEPTH:
                return Fault("too_deep", f"Nest at most {OBJECT_DEPTH} levels.", at)
            if type(inner) is dict:
                waiting += [(member, f"{at}/{escape(key)}", depth + 1) for key, member in inner.items()]
                faults = (_text_fault(key) for key in inner)
                fault = next((found for found in faults if found is not None), None)
            elif type(inner) is list:
                waiting += [(member, f"{at}/{index}", depth + 1) for index, member in enumerate(inner)]
                fault = None
            else:
                fault = _leaf_fault(inner)
            if fault is not None:
                return Fault(fault.code, fault.hint, at)
        return None

    return find


def _leaf_fault(value: object) -> Fault | None:
    if type(value) is str:
        return _text_fault(value)
    if type(value) is float and not isfinite(value):
        return Fault("not_finite", "NaN and Infinity are no JSON numbers.")
    if type(value) is int and not -SAFE_INTEGER <= value <= SAFE_INTEGER:
        return Fault("out_of_range", f"Integers beyond {SAFE_INTEGER} lose digits; send a string.")
    return None


_COMPILERS: Mapping[Kind, Callable[[Property | CoreProperty], Find]] = {
    Kind.STRING: _strings,
    Kind.INTEGER: _integers,
    Kind.NUMBER: _numbers,
    Kind.BOOLEAN: lambda _: _boolean,
    Kind.TIMESTAMP: lambda _: _timestamp,
    Kind.DATE: lambda _: _date,
    Kind.STRINGS: _arrays,
    Kind.OBJECT: _objects,
}


def compile_property(rule: Property | CoreProperty) -> Find:
    """The check of one value: a function that returns None when the value is fine, else its fault."""
    return _COMPILERS[rule.kind](rule)
