"""Events as typed structures, compiled from the dictionary: the short way for what is clean.

One pass in C parses an event and checks names, types, bounds and enumerations. What that pass cannot say (patterns,
timestamps, properties of which one must stand) is asked of the very checks that the long way uses. An event that does
not pass is not refused here: it takes the long way (`catalogue.validation`), which knows why. Whatever passes here
would pass there with the same result; a test holds the two against each other.

Left to the long way: events with free-form properties, events that go to a log, and what few senders send. The taker
sends there what has an escaped character too, which may be one that no store takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from math import ceil, floor
from operator import attrgetter, or_
from types import GenericAlias
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from akademos.catalogue.declarations import CoreProperty, EventType, Kind, Party, Property, Zone
from akademos.catalogue.registry import KnownEvent, Registry
from akademos.catalogue.value_checks import Find, bounds, compile_property

_INT64 = 2**63 - 1
_PROPERTIES = "properties"

KEPT_SETTINGS = 1_000

#: Core properties that whoever takes the event checks by what it makes of them.
READ_BY_TAKER = frozenset({"event_id", "client_timestamp"})

_Rule = Property | CoreProperty


@dataclass(frozen=True, slots=True)
class TypedEvent:
    """What is derived from one declaration.

    `actor` tells that a user_id or an anonymous_id must stand. `settings` are the core properties that say from where
    an event was sent: few combinations of them recur, so those that passed are kept in `passed`.
    """

    known: KnownEvent
    actor: bool
    personas: frozenset[str] | None
    settings: Callable[[Any], tuple[object, ...]]
    setting_finds: tuple[Find, ...]
    passed: set[tuple[object, ...]]
    anonymous: Find
    finds: tuple[tuple[str, Find], ...]
    groups: tuple[tuple[str, ...], ...]

    def passes(self, event: Any) -> bool:
        """What the parser has not checked."""
        if event.anonymous_id is not None:
            if self.anonymous(event.anonymous_id) is not None:
                return False
        elif self.actor and event.user_id is None:
            return False
        settings = self.settings(event)
        if settings not in self.passed:
            if not self._settings_pass(event, settings):
                return False
            if len(self.passed) >= KEPT_SETTINGS:
                self.passed.clear()
            self.passed.add(settings)
        properties = event.properties
        for name, find in self.finds:
            value = getattr(properties, name, None)
            if value is not None and find(value) is not None:
                return False
        for group in self.groups:
            for name in group:
                if getattr(properties, name) is not None:
                    break
            else:
                return False
        return True

    def _settings_pass(self, event: Any, settings: tuple[object, ...]) -> bool:
        if self.personas is not None and event.persona is not None and event.persona not in self.personas:
            return False
        return all(
            value is None or find(value) is None for find, value in zip(self.setting_finds, settings, strict=True)
        )


class TypedEvents:
    """The events of one registry."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        unusual = {"event_name", "event_timestamp", *(rule.needs for rule in registry.core)}
        core = [
            rule
            for rule in registry.core
            if rule.set_by == "sender" and rule.needs is None and rule.name not in unusual
        ]
        self._types: dict[type[Struct], TypedEvent] = {
            _structure(known.event, core): _typed(known, core)
            for known in registry.by_wire_name.values()
            if _has_short_way(known.event)
        }
        any_of_them: Any = reduce(or_, self._types)
        self._parse = msgspec.json.Decoder(any_of_them).decode
        envelope = msgspec.defstruct(
            "envelope",
            [("events", GenericAlias(list, (any_of_them,))), ("sent_at", object, None)],
            forbid_unknown_fields=True,
            gc=False,
        )
        self._parse_envelope = msgspec.json.Decoder(envelope).decode
        self._write = msgspec.json.Encoder(order="sorted").encode

    def parse(self, content: bytes | msgspec.Raw) -> Struct | None:
        """The event, what is absent being None; None when it must take the long way."""
        try:
            event: Struct = self._parse(content)
        except (ValueError, RecursionError):
            return None
        return event

    def parse_envelope(self, content: bytes) -> tuple[list[Struct], object] | None:
        """The events of {"sent_at", "events": [...]} and its sent_at; None when one of them must take the long way."""
        try:
            envelope: Any = self._parse_envelope(content)
        except (ValueError, RecursionError):
            return None
        return envelope.events, envelope.sent_at

    def declared(self, event: Struct) -> TypedEvent | None:
        """What is derived from the declaration of a parsed event; None when it must take the long way after all."""
        typed = self._types[type(event)]
        return typed if typed.passes(event) else None

    def canonical(self, event: Any) -> bytes:
        """The event as JSON with sorted keys and no spaces, as the long way writes it."""
        return self._write(event)


def _has_short_way(event: EventType) -> bool:
    return event.zone is Zone.CORE and all(rule.kind is not Kind.OBJECT for rule in event.properties)


def _typed(known: KnownEvent, core: Iterable[CoreProperty]) -> TypedEvent:
    event = known.event
    checked = {rule.name: compile_property(rule) for rule in core if _needs_find(rule)}
    anonymous = checked.pop("anonymous_id")
    names = tuple(name for name in checked if name not in READ_BY_TAKER)
    return TypedEvent(
        known,
        actor=event.actor in {Party.LEARNER, Party.STAFF, Party.ANY},
        personas=None if "all" in event.personas else frozenset((*event.personas, "unknown")),
        settings=attrgetter(*names),
        setting_finds=tuple(checked[name] for name in names),
        passed=set(),
        anonymous=anonymous,
        finds=tuple((rule.name, compile_property(rule)) for rule in event.properties if _needs_find(rule)),
        groups=tuple(event.require_one_of),
    )


def _needs_find(rule: _Rule) -> bool:
    return rule.pattern is not None or rule.kind in {Kind.TIMESTAMP, Kind.DATE}


def _structure(event: EventType, core: Iterable[CoreProperty]) -> type[Struct]:
    properties = msgspec.defstruct(
        f"{event.wire_name}_properties",
        _fields(
            {rule.name: rule for rule in event.properties}, {rule.name for rule in event.properties if rule.required}
        ),
        forbid_unknown_fields=True,
        omit_defaults=True,
        kw_only=True,
        gc=False,
    )
    must_stand = any(rule.required for rule in event.properties) or bool(event.require_one_of)
    inner = (_PROPERTIES, properties) if must_stand else (_PROPERTIES, properties, None)
    return msgspec.defstruct(
        event.wire_name,
        [inner, *_fields({rule.name: rule for rule in core}, set(event.required_core))],
        tag_field="event_name",
        tag=event.wire_name,
        forbid_unknown_fields=True,
        omit_defaults=True,
        kw_only=True,
        gc=False,
    )


def _fields(rules: Mapping[str, _Rule], required: set[str]) -> list[Any]:
    return [
        (name, _type(rule)) if name in required else (name, _type(rule), None)  # the default is not checked
        for name, rule in rules.items()
    ]


def _type(rule: _Rule) -> Any:
    if rule.kind is Kind.BOOLEAN:
        return bool
    if rule.kind in {Kind.TIMESTAMP, Kind.DATE}:
        return str
    if rule.kind is Kind.STRING and rule.values:
        return Literal[tuple(rule.values)]
    low, high = bounds(rule)
    if rule.kind is Kind.NUMBER:
        whole = Annotated[int, Meta(ge=ceil(max(low, -_INT64)), le=floor(min(high, _INT64)))]
        return whole | Annotated[float, Meta(ge=low, le=high)]
    low, high = int(low), int(high)
    if rule.kind is Kind.INTEGER:
        return Annotated[int, Meta(ge=low, le=high)]
    if rule.kind is Kind.STRINGS:
        element = _type(Property(rule.name, Kind.STRING, rule.description, values=rule.values))
        return Annotated[GenericAlias(list, (element,)), Meta(min_length=low, max_length=high)]
    return Annotated[str, Meta(min_length=low, max_length=high)]
