"""A tenant's own event types, from the mappings that a YAML parser makes of the tenant's file.

The file has the same form as the built-in declarations:

    events:
      - name: lab_booking_confirmed
        description: A learner has a place in a skills lab.
        emitted_when: the booking is confirmed
        personas: [student]
        purposes: [learning_support]
        retention: 2 years
        owner: skills lab
        review_by: 2027-03-31
        marts: [study_events]
        family: study
        properties:
          - {name: seats, kind: integer, description: places booked, required: true, minimum: 1, maximum: 20,
             invalid_example: 0}
        example:
          event_name: lab_booking_confirmed
          user_id: u-1029
          properties: {seats: 1}

A second version is a second entry with `version: 2` and an `upcast` with any of `renamed: {old: new}`,
`dropped: [name]`, `mapped: {name: {old: new}}`, `scaled: {name: factor}`, `added: {name: value}`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NoReturn, TypeVar

from akademos.catalogue.declarations import (
    Basis,
    EventType,
    Kind,
    Party,
    Property,
    Purpose,
    Upcast,
    Zone,
    years,
)
from akademos.errors import CatalogueError

_Choice = TypeVar("_Choice", bound=StrEnum)
_RETENTION = re.compile(r"([1-9]\d{0,4}) (day|year)s?")

_EVENT_FIELDS = frozenset(field.name for field in fields(EventType))
_PROPERTY_FIELDS = frozenset(field.name for field in fields(Property))
_UPCAST_FIELDS = frozenset(field.name for field in fields(Upcast))


def _refuse(at: str, reason: str) -> NoReturn:
    raise CatalogueError(
        f"The tenant's event file is wrong at {at or '/'}: {reason}.",
        hint="docs/reference/events.md shows the form of a declaration.",
        pointer=at,
    )


class _Fields:
    """One mapping of the file, read field by field; every complaint says where."""

    def __init__(self, value: object, at: str, known: frozenset[str]) -> None:
        if not isinstance(value, Mapping):
            _refuse(at, "a mapping is expected")
        for name in value:
            if name not in known:
                _refuse(f"{at}/{name}", f"there is no such field; there are {', '.join(sorted(known))}")
        self._value = value
        self._at = at

    def at(self, name: str) -> str:
        return f"{self._at}/{name}"

    def get(self, name: str) -> object:
        return self._value.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        value = self._value.get(name, default)
        if not isinstance(value, str) or not value:
            _refuse(self.at(name), "a text is expected")
        return value

    def optional_text(self, name: str) -> str | None:
        return None if self._value.get(name) is None else self.text(name)

    def flag(self, name: str) -> bool:
        value = self._value.get(name, False)
        if not isinstance(value, bool):
            _refuse(self.at(name), "true or false is expected")
        return value

    def number(self, name: str) -> float | None:
        value = self._value.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            _refuse(self.at(name), "a number is expected")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        value = self._value.get(name, [])
        if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
            _refuse(self.at(name), "a list of texts is expected")
        return tuple(value)

    def choice(self, name: str, kind: type[_Choice], default: _Choice | None = None) -> _Choice:
        return _choice(self._value.get(name, default), kind, self.at(name))

    def entries(self, name: str) -> list[object]:
        value = self._value.get(name, [])
        if not isinstance(value, list):
            _refuse(self.at(name), "a list is expected")
        return value

    def mapping(self, name: str) -> Mapping[str, object]:
        value = self._value.get(name, {})
        if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
            _refuse(self.at(name), "a mapping with texts as keys is expected")
        return value


def _choice(value: object, kind: type[_Choice], at: str) -> _Choice:
    try:
        return kind(str(value))
    except ValueError:
        _refuse(at, f"one of {', '.join(kind)} is expected")


def _retention(text: str, at: str) -> timedelta:
    match = _RETENTION.fullmatch(text)
    if match is None:
        _refuse(at, "a period such as `2 years` or `90 days` is expected")
    count = int(match[1])
    return years(count) if match[2] == "year" else timedelta(days=count)


def _review_by(value: object, at: str) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        _refuse(at, "a date such as 2027-03-31 is expected")


def _plain(value: object) -> object:
    """YAML reads unquoted timestamps as dates; on the wire they are strings again."""
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_plain(member) for member in value]
    return value


def _property(value: object, at: str) -> Property:
    entry = _Fields(value, at, _PROPERTY_FIELDS)
    pattern = entry.optional_text("pattern")
    if pattern is not None:
        try:
            re.compile(pattern, re.ASCII)
        except re.error as fault:
            _refuse(entry.at("pattern"), f"the pattern does not compile, {fault}")
    return Property(
        name=entry.text("name"),
        kind=entry.choice("kind", Kind),
        description=entry.text("description"),
        required=entry.flag("required"),
        minimum=entry.number("minimum"),
        maximum=entry.number("maximum"),
        values=entry.texts("values"),
        pattern=pattern,
        free_text=entry.optional_text("free_text"),
        unit=entry.optional_text("unit"),
        column=entry.optional_text("column"),
        invalid_example=_plain(entry.get("invalid_example")),
    )


def _texts_by_text(value: object, at: str) -> list[tuple[str, str]]:
    if not isinstance(value, Mapping):
        _refuse(at, "a mapping is expected")
    pairs = []
    for key, member in value.items():
        if not isinstance(key, str) or not isinstance(member, str):
            _refuse(f"{at}/{key}", "texts are expected")
        pairs.append((key, member))
    return pairs


def _upcast(value: object, at: str) -> Upcast:
    entry = _Fields(value, at, _UPCAST_FIELDS)
    scaled = []
    for name, factor in entry.mapping("scaled").items():
        if isinstance(factor, bool) or not isinstance(factor, int | float):
            _refuse(f"{at}/scaled/{name}", "a number is expected")
        scaled.append((name, float(factor)))
    return Upcast(
        renamed=tuple(_texts_by_text(entry.mapping("renamed"), entry.at("renamed"))),
        dropped=entry.texts("dropped"),
        mapped=tuple(
            (name, old, new)
            for name, values in entry.mapping("mapped").items()
            for old, new in _texts_by_text(values, f"{at}/mapped/{name}")
        ),
        scaled=tuple(scaled),
        added=tuple((name, _plain(added)) for name, added in entry.mapping("added").items()),
    )


def _groups(entry: _Fields) -> tuple[tuple[str, ...], ...]:
    groups = []
    for index, group in enumerate(entry.entries("require_one_of")):
        if not isinstance(group, list) or not all(isinstance(name, str) for name in group):
            _refuse(f"{entry.at('require_one_of')}/{index}", "a list of property names is expected")
        groups.append(tuple(group))
    return tuple(groups)


def _example(entry: _Fields) -> dict[str, object]:
    example = _plain(entry.mapping("example"))
    if not isinstance(example, dict) or not example:
        _refuse(entry.at("example"), "one valid event is expected")
    return {"properties": {}, **example}


def _event(value: object, at: str) -> EventType:
    entry = _Fields(value, at, _EVENT_FIELDS)
    version = entry.number("version")
    if version is not None and (not isinstance(version, int) or version < 1):
        _refuse(entry.at("version"), "an integer from 1 on is expected")
    purposes = tuple(
        _choice(purpose, Purpose, f"{entry.at('purposes')}/{index}")
        for index, purpose in enumerate(entry.texts("purposes"))
    )
    return EventType(
        name=entry.text("name"),
        version=1 if version is None else int(version),
        description=entry.text("description"),
        emitted_when=entry.text("emitted_when"),
        personas=entry.texts("personas"),
        purposes=purposes,
        basis=entry.choice("basis", Basis, Basis.CONSENT),
        retention=_retention(entry.text("retention"), entry.at("retention")),
        owner=entry.text("owner"),
        review_by=_review_by(entry.get("review_by"), entry.at("review_by")),
        marts=entry.texts("marts"),
        properties=tuple(
            _property(rule, f"{entry.at('properties')}/{index}")
            for index, rule in enumerate(entry.entries("properties"))
        ),
        require_one_of=_groups(entry),
        required_core=entry.texts("required_core"),
        example=_example(entry),
        essential=entry.flag("essential"),
        actor=entry.choice("actor", Party, Party.LEARNER),
        subject=entry.choice("subject", Party, Party.NONE),
        frontend_emission=entry.optional_text("frontend_emission") or "",
        backend_endpoint=entry.optional_text("backend_endpoint") or "",
        zone=entry.choice("zone", Zone, Zone.CORE),
        family=entry.text("family", "product"),
        upcast=None if entry.get("upcast") is None else _upcast(entry.get("upcast"), entry.at("upcast")),
    )


def events_from_mappings(document: object) -> tuple[EventType, ...]:
    """The event types of one tenant file.

    Args:
        document: the parsed file, `{"events": [...]}`.

    Raises:
        CatalogueError: a field is missing, unknown or of the wrong type; `pointer` says which.
    """
    file = _Fields(document, "", frozenset({"events"}))
    return tuple(_event(event, f"/events/{index}") for index, event in enumerate(file.entries("events")))
