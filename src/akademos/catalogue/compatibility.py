"""What senders and readers rely on in the event types, kept as a lock document and compared with the declarations.

A change is *breaking* when an event that was accepted would be refused, or when a stored value would read as
something else; it needs a new version. Every other change is *additive*: it goes into the lock as it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import NamedTuple

from akademos.catalogue.declarations import CoreProperty, EventType, Kind, Party, Property
from akademos.catalogue.registry import Registry
from akademos.catalogue.value_checks import DEFAULT_BOUNDS, bounds
from akademos.errors import CatalogueError

FORM = 1


@dataclass(frozen=True, slots=True)
class LockedProperty:
    """What is relied on in one property; `least` and `most` are None where there are no bounds."""

    kind: str
    required: bool = False
    least: float | None = None
    most: float | None = None
    values: tuple[str, ...] = ()
    pattern: str | None = None
    unit: str | None = None
    column: str | None = None
    needs: str | None = None


@dataclass(frozen=True, slots=True)
class LockedEvent:
    """What is relied on in one version of one event; `needs_actor` says that one must be named."""

    personas: tuple[str, ...]
    properties: Mapping[str, LockedProperty]
    needs_actor: bool = True
    required_core: tuple[str, ...] = ()
    require_one_of: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Lock:
    """The lock document: core properties by name, events by wire name."""

    core: Mapping[str, LockedProperty]
    events: Mapping[str, LockedEvent]


class Change(NamedTuple):
    """One difference; `event` is a wire name, or empty for a core property, and `what` a whole sentence."""

    event: str
    what: str


class Changes(NamedTuple):
    """The differences between a lock and a registry; both empty when the lock is current."""

    breaking: tuple[Change, ...]
    additive: tuple[Change, ...]


#: Whether it breaks, and what changed.
_Found = tuple[bool, str]


def lock_of(registry: Registry, beside: Registry | None = None) -> Lock:
    """The lock document of what is declared now, without what is declared in `beside`, which has its own."""
    others = () if beside is None else (*(rule.name for rule in beside.core), *beside.by_wire_name)
    return Lock(
        {rule.name: _locked(rule) for rule in registry.core if rule.set_by == "sender" and rule.name not in others},
        {event.wire_name: _locked_event(event) for event in registry.events if event.wire_name not in others},
    )


def compare(lock: Lock, registry: Registry, beside: Registry | None = None) -> Changes:
    """The differences between what was relied on and what is declared, in order of names.

    Widening is additive: a greater range, more values, a pattern or a requirement less. A changed pattern counts
    as narrowed, because whether one pattern takes all that another took cannot be told. A changed unit or event
    log column counts as re-typed, because stored values would be read as something else.
    """
    now = lock_of(registry, beside)
    found: list[tuple[bool, Change]] = []
    for breaks, what in _properties(lock.core, now.core, "core property "):
        found.append((breaks, Change("", what)))
    for name in sorted({*lock.events, *now.events}):
        before, after = lock.events.get(name), now.events.get(name)
        if after is None:
            found.append((True, Change(name, f"{name} is removed.")))
        elif before is None:
            found.append((False, Change(name, f"{name} is new.")))
        else:
            found += [(breaks, Change(name, what)) for breaks, what in _event(name, before, after)]
    return Changes(
        tuple(change for breaks, change in found if breaks), tuple(change for breaks, change in found if not breaks)
    )


def lock_text(lock: Lock) -> str:
    """The lock as JSON, sorted, one property a line, so that a review of its changes reads well."""
    lines = ["{", f'"form": {FORM},', '"core": {']
    lines += _block((f"{json.dumps(name)}: {_json(lock.core[name])}" for name in sorted(lock.core)), " ")
    lines += ["},", '"events": {']
    for place, name in enumerate(sorted(lock.events)):
        event = lock.events[name]
        lines += [
            f" {json.dumps(name)}: {{",
            f'  "personas": {json.dumps(sorted(event.personas))},',
            f'  "needs_actor": {json.dumps(event.needs_actor)},',
            f'  "required_core": {json.dumps(sorted(event.required_core))},',
            f'  "require_one_of": {json.dumps(sorted(event.require_one_of))},',
            '  "properties": {',
            *_block((f"{json.dumps(at)}: {_json(event.properties[at])}" for at in sorted(event.properties)), "   "),
            "  }",
            " }" + ("," if place < len(lock.events) - 1 else ""),
        ]
    return "\n".join([*lines, "}", "}", ""])


def read_lock(text: str) -> Lock:
    """A lock from its JSON.

    Raises:
        CatalogueError: it is no JSON, or not of the form that `lock_text` writes.
    """
    try:
        document = json.loads(text)
        if document["form"] != FORM:
            raise ValueError(f"its form is {document['form']}, {FORM} is known")
        return Lock(
            {name: _property_from(rule) for name, rule in document["core"].items()},
            {name: _event_from(event) for name, event in document["events"].items()},
        )
    except (ValueError, KeyError, TypeError, AttributeError) as broken:
        raise CatalogueError(
            f"The lock of the event types cannot be read: {type(broken).__name__}, {broken}.",
            hint="Take it from the last release again; `events check --write` alone writes it.",
        ) from broken


def _locked(rule: Property | CoreProperty) -> LockedProperty:
    # An enumerated string is checked against its enumeration only.
    enumerated = rule.kind is Kind.STRING and bool(rule.values)
    least, most = bounds(rule) if rule.kind in DEFAULT_BOUNDS and not enumerated else (None, None)
    return LockedProperty(
        kind=rule.kind.value,
        required=rule.required if isinstance(rule, Property) else rule.required == "yes",
        least=least,
        most=most,
        values=tuple(sorted(rule.values)),
        pattern=None if enumerated else rule.pattern,
        unit=rule.unit if isinstance(rule, Property) else None,
        column=rule.column,
        needs=None if isinstance(rule, Property) else rule.needs,
    )


def _locked_event(event: EventType) -> LockedEvent:
    return LockedEvent(
        personas=tuple(sorted(event.personas)),
        properties={rule.name: _locked(rule) for rule in event.properties},
        needs_actor=event.actor in {Party.LEARNER, Party.STAFF, Party.ANY},
        required_core=tuple(sorted(event.required_core)),
        require_one_of=tuple(sorted(tuple(sorted(group)) for group in event.require_one_of)),
    )


def _event(name: str, before: LockedEvent, after: LockedEvent) -> Iterator[_Found]:
    if before.personas != after.personas:
        narrowed = "all" not in after.personas and not set(before.personas) <= set(after.personas)
        yield narrowed, f"{name}: its personas were {_listed(before.personas)} and are {_listed(after.personas)}."
    if before.needs_actor != after.needs_actor:
        yield after.needs_actor, f"{name}: an actor is {'now' if after.needs_actor else 'no longer'} required."
    for core in sorted({*before.required_core} ^ {*after.required_core}):
        newly = core in after.required_core
        yield newly, f"{name}: the core property {core} is {'now' if newly else 'no longer'} required."
    for group in after.require_one_of:
        if group not in before.require_one_of:
            implied = any(set(old) <= set(group) for old in before.require_one_of) or any(
                rule.required and at in group for at, rule in before.properties.items()
            )
            yield not implied, f"{name}: one of {_listed(group)} is now required."
    for group in before.require_one_of:
        if group not in after.require_one_of:
            yield False, f"{name}: one of {_listed(group)} is no longer required."
    yield from _properties(before.properties, after.properties, f"{name}.")


def _properties(
    before: Mapping[str, LockedProperty], after: Mapping[str, LockedProperty], where: str
) -> Iterator[_Found]:
    for name in sorted({*before, *after}):
        at = f"{where}{name}"
        if name not in after:
            yield True, f"{at} is removed."
        elif name not in before:
            required = after[name].required
            yield required, f"{at} is new{' and required' if required else ''}."
        else:
            yield from _property(at, before[name], after[name])


def _property(at: str, before: LockedProperty, after: LockedProperty) -> Iterator[_Found]:
    for label, was, becomes in (
        ("kind", before.kind, after.kind),
        ("unit", before.unit, after.unit),
        ("event log column", before.column, after.column),
    ):
        if was != becomes:
            yield True, f"{at}: its {label} was {was or 'none'} and is {becomes or 'none'}."
    if before.kind != after.kind:
        return
    if before.required != after.required:
        yield after.required, f"{at} is {'now' if after.required else 'no longer'} required."
    if before.needs != after.needs:
        yield after.needs is not None, f"{at}: needed {before.needs or 'nothing'} and needs {after.needs or 'nothing'}."
    if before.values != after.values:
        yield _values(at, before, after)
    if before.pattern != after.pattern:
        narrowed = after.pattern is not None and not _all_match(before.values, after.pattern)
        yield narrowed, f"{at}: its pattern was {before.pattern or 'none'} and is {after.pattern or 'none'}."
    if (before.least, before.most) != (after.least, after.most):
        yield _bounds(at, before, after)


def _values(at: str, before: LockedProperty, after: LockedProperty) -> _Found:
    if not before.values:
        return True, f"{at}: it was open and is now one of {_listed(after.values)}."
    if not after.values:
        return False, f"{at}: it was one of {_listed(before.values)} and is now open."
    gone = sorted({*before.values} - {*after.values})
    if gone:
        return True, f"{at}: {_listed(gone)} no longer allowed."
    return False, f"{at}: {_listed(sorted({*after.values} - {*before.values}))} now allowed."


def _bounds(at: str, before: LockedProperty, after: LockedProperty) -> _Found:
    what = f"{at}: its bounds were {_range(before)} and are {_range(after)}."
    if after.least is None or after.most is None:
        return False, what
    if before.least is None or before.most is None:
        return any(not after.least <= len(value) <= after.most for value in before.values), what
    return after.least > before.least or after.most < before.most, what


def _all_match(values: tuple[str, ...], pattern: str) -> bool:
    return bool(values) and all(re.fullmatch(pattern, value, re.ASCII) for value in values)


def _range(rule: LockedProperty) -> str:
    return "none" if rule.least is None or rule.most is None else f"{rule.least:,.15g} to {rule.most:,.15g}"


def _listed(names: tuple[str, ...] | list[str]) -> str:
    return ", ".join(names)


def _block(members: Iterator[str], indent: str) -> list[str]:
    lines = [f"{indent}{member}," for member in members]
    return [*lines[:-1], lines[-1][:-1]] if lines else []


def _json(rule: LockedProperty) -> str:
    given = {one.name: getattr(rule, one.name) for one in fields(rule)}
    return json.dumps(
        {name: value for name, value in given.items() if value is not None and value is not False and value != ()}
    )


def _property_from(document: Mapping[str, object]) -> LockedProperty:
    values = document.get("values", [])
    if not isinstance(values, list):
        raise TypeError("values are a list")
    return LockedProperty(**{**document, "values": tuple(values)})  # type: ignore[arg-type]  # unknown names raise


def _event_from(document: Mapping[str, list[str]]) -> LockedEvent:
    properties = document["properties"]
    if not isinstance(properties, dict):
        raise TypeError("properties are an object")
    return LockedEvent(
        personas=tuple(document["personas"]),
        properties={name: _property_from(rule) for name, rule in properties.items()},
        needs_actor=bool(document["needs_actor"]),
        required_core=tuple(document["required_core"]),
        require_one_of=tuple(tuple(group) for group in document["require_one_of"]),
    )
