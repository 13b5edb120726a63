"""Checks one event against its declaration: compiled once per event type, then run on every event.

Pure, standard library only. A clean event costs one call per property and allocates nothing; only an event
with something to say takes the slow path, which names everything at once instead of the first fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from akademos.catalogue.declarations import CoreProperty, EventType, Kind, Party, Property
from akademos.catalogue.value_checks import compile_property, escape, parse_timestamp

__all__ = ["CLEAN", "Checked", "CoreChecks", "EventChecker", "Violation", "escape", "parse_timestamp"]


class Violation(NamedTuple):
    """One reason why an event is refused; `pointer` is an RFC 6901 JSON pointer into the event."""

    code: str
    pointer: str
    hint: str


class Checked(NamedTuple):
    """The outcome of one check.

    Attributes:
        violations: empty when the event is fine.
        dropped: names under `properties` that the dictionary does not know, to be left out and reported.
        dropped_core: unknown or server-set names at the top level, to be left out and reported.
        pruned: names under `properties` of optional nulls, to be left out silently.
    """

    violations: tuple[Violation, ...] = ()
    dropped: tuple[str, ...] = ()
    dropped_core: tuple[str, ...] = ()
    pruned: tuple[str, ...] = ()

    @property
    def dropped_pointers(self) -> tuple[str, ...]:
        """JSON pointers of everything dropped, as the verdict names it."""
        return (
            *(f"/{escape(name)}" for name in self.dropped_core),
            *(f"/properties/{escape(name)}" for name in self.dropped),
        )

    def kept(self, properties: Mapping[str, object]) -> dict[str, object]:
        """The properties without what is dropped and pruned; a new dictionary."""
        gone = {*self.dropped, *self.pruned}
        return {name: value for name, value in properties.items() if name not in gone}


#: The outcome for a clean event, always this same object: `outcome is CLEAN` is the fast test.
CLEAN = Checked()


class CoreChecks:
    """The compiled checks of the core properties, shared by all event types of a registry.

    `plain` leaves out the properties that need another one beside them: they send an event on the slow path.
    """

    __slots__ = ("every", "needs", "plain")

    def __init__(self, core: Iterable[CoreProperty]) -> None:
        rules = [rule for rule in core if rule.set_by == "sender"]
        self.every = {rule.name: compile_property(rule) for rule in rules}
        self.needs = {rule.name: rule.needs for rule in rules if rule.needs is not None}
        self.plain = {name: find for name, find in self.every.items() if name not in self.needs}


class EventChecker:
    """The compiled checks of one version of one event type.

    Args:
        event: the declaration.
        core: the checks of the core properties.

    Example:
        >>> from akademos.catalogue.registry import builtin
        >>> known = builtin().lookup("question_submitted")
        >>> known.checker.check({"correct": 1}, {"user_id": "u-1", "question_id": "q-7"}).violations[0][:2]
        ('wrong_type', '/properties/correct')
    """

    __slots__ = (
        "_actor",
        "_core",
        "_groups",
        "_personas",
        "_plain_core",
        "_properties",
        "_required",
        "_required_core",
        "event",
    )

    def __init__(self, event: EventType, core: CoreChecks) -> None:
        self.event = event
        self._properties = {rule.name: compile_property(rule) for rule in event.properties}
        self._required = tuple(rule.name for rule in event.properties if rule.required)
        self._groups = tuple(event.require_one_of)
        self._core = core
        own_name = Property("event_name", Kind.STRING, "", values=(event.wire_name,))
        self._plain_core = {**core.plain, "event_name": compile_property(own_name)}
        self._required_core = event.required_core
        self._personas = None if "all" in event.personas else frozenset((*event.personas, "unknown"))
        self._actor = event.actor in {Party.LEARNER, Party.STAFF, Party.ANY}

    def check(self, properties: Mapping[str, object], core: Mapping[str, object], *, strict: bool = False) -> Checked:
        """Checks a whole event.

        Args:
            properties: the value of `properties` on the wire, `{}` where there is none.
            core: the top level of the event without `properties`; nulls count as absent.
            strict: refuse unknown names instead of dropping them.

        Returns:
            `CLEAN` itself when there is nothing to say, else what is refused, dropped and pruned. Never raises
            on values that a JSON parser can produce, whatever their type.
        """
        if self._clean_core(core) and self._clean_properties(properties):
            return CLEAN
        return self._explain(properties, core, strict=strict)

    def check_properties(self, properties: Mapping[str, object], *, strict: bool = False) -> Checked:
        """Checks `properties` only, for doors that have checked the core properties themselves."""
        if self._clean_properties(properties):
            return CLEAN
        return self._merge(self._explain_properties(properties), CLEAN, strict=strict)

    def _clean_properties(self, properties: object) -> bool:
        if type(properties) is not dict:
            return False
        checks = self._properties
        for name, value in properties.items():
            find = checks.get(name)
            if find is None or find(value) is not None:
                return False
        for name in self._required:
            if name not in properties:
                return False
        for group in self._groups:
            for name in group:
                if name in properties:
                    break
            else:
                return False
        return True

    def _clean_core(self, core: Mapping[str, object]) -> bool:
        checks = self._plain_core
        for name, value in core.items():
            find = checks.get(name)
            if find is None or (value is not None and find(value) is not None):
                return False
        for name in self._required_core:
            if core.get(name) is None:
                return False
        if self._actor and core.get("user_id") is None and core.get("anonymous_id") is None:
            return False
        if self._personas is None:
            return True
        persona = core.get("persona")
        return persona is None or persona in self._personas

    def _explain(self, properties: object, core: Mapping[str, object], *, strict: bool) -> Checked:
        checked = self._merge(self._explain_properties(properties), self._explain_core(core), strict=strict)
        return CLEAN if checked == CLEAN else checked

    def _merge(self, inner: Checked, outer: Checked, *, strict: bool) -> Checked:
        both = Checked(outer.violations + inner.violations, inner.dropped, outer.dropped_core, inner.pruned)
        if not strict or not (both.dropped or both.dropped_core):
            return both
        hint = f"{self.event.wire_name} declares no such property; remove it or declare it."
        refused = tuple(Violation("unknown_property", at, hint) for at in both.dropped_pointers)
        return Checked(both.violations + refused, (), (), both.pruned)

    def _explain_properties(self, properties: object) -> Checked:
        if type(properties) is not dict:
            return Checked((Violation("wrong_type", "/properties", "Send an object."),))
        violations: list[Violation] = []
        dropped: list[str] = []
        pruned: list[str] = []
        for name, value in properties.items():
            find = self._properties.get(name)
            if find is None:
                dropped.append(name)
            elif value is None:
                pruned.append(name)
            elif (fault := find(value)) is not None:
                pointer = f"/properties/{escape(name)}{fault.at}"
                violations.append(Violation(fault.code, pointer, f"{name}: {fault.hint}"))
        violations += [
            Violation("missing_property", f"/properties/{escape(name)}", f"{name} is required.")
            for name in self._required
            if properties.get(name) is None
        ]
        violations += [
            Violation(
                "missing_property",
                f"/properties/{escape(group[0])}",
                f"At least one of {', '.join(group)} is required.",
            )
            for group in self._groups
            if all(properties.get(name) is None for name in group)
        ]
        return Checked(tuple(violations), tuple(dropped), (), tuple(pruned))

    def _explain_core(self, core: Mapping[str, object]) -> Checked:
        violations: list[Violation] = []
        dropped: list[str] = []
        for name, value in core.items():
            find = self._plain_core.get(name) or self._core.every.get(name)
            if find is None:
                dropped.append(name)
            elif value is None:
                continue
            elif (fault := find(value)) is not None:
                violations.append(Violation(fault.code, f"/{name}{fault.at}", f"{name}: {fault.hint}"))
            elif name in self._core.needs and core.get(self._core.needs[name]) is None:
                needed = self._core.needs[name]
                violations.append(Violation("missing_core_property", f"/{needed}", f"{name} needs {needed} beside it."))
        violations += [
            Violation(
                "missing_core_property",
                f"/{name}",
                f"{self.event.wire_name} needs {name} at the top level of the event.",
            )
            for name in self._required_core
            if core.get(name) is None
        ]
        anonymous = core.get("user_id") is None and core.get("anonymous_id") is None
        if self._actor and anonymous and "user_id" not in self._required_core:
            violations.append(Violation("missing_actor", "/user_id", "Send user_id, or anonymous_id before the login."))
        persona = core.get("persona")
        if self._personas is not None and type(persona) is str and persona not in self._personas:
            allowed = ", ".join(self.event.personas)
            violations.append(Violation("persona_not_allowed", "/persona", f"{self.event.name} is for: {allowed}."))
        return Checked(tuple(violations), (), tuple(dropped), ())
