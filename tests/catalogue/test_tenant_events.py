"""A tenant's own events: read from YAML, refused with the place of the fault, upcast from version to version."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from akademos.catalogue import tenant_events
from akademos.catalogue.registry import builtin
from akademos.catalogue.validation import CLEAN
from akademos.cli.events import tenant_registry
from akademos.errors import CatalogueError, InputError

FILE = """
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
      - {name: places, kind: integer, description: places booked, minimum: 1, maximum: 20, invalid_example: 0}
      - {name: room, kind: string, description: room, values: [a, b], invalid_example: c}
      - {name: minutes, kind: number, description: booked, minimum: 0, maximum: 600, unit: min, invalid_example: -1}
      - {name: colour, kind: string, description: of the badge, maximum: 20, invalid_example: 1}
      - {name: starts_at, kind: timestamp, description: start, invalid_example: today}
    example:
      event_name: lab_booking_confirmed
      user_id: u-1029
      properties: {places: 1, room: a, minutes: 90, colour: red, starts_at: 2026-11-05T08:30:00Z}
  - name: lab_booking_confirmed
    version: 2
    description: A learner has a place in a skills lab.
    emitted_when: the booking is confirmed
    personas: [student]
    purposes: [learning_support]
    retention: 90 days
    owner: skills lab
    review_by: 2027-03-31
    marts: [study_events]
    family: study
    properties:
      - {name: seats, kind: integer, description: places booked, minimum: 1, maximum: 20, invalid_example: 0}
      - {name: room, kind: string, description: room, values: [anatomy, wards], invalid_example: c}
      - {name: minutes, kind: number, description: in hours, minimum: 0, maximum: 10, unit: h, invalid_example: -1}
      - {name: starts_at, kind: timestamp, description: start, invalid_example: today}
      - {name: booked_by, kind: string, description: by whom, required: true, values: [learner, staff],
         invalid_example: nobody}
    upcast:
      renamed: {places: seats}
      dropped: [colour]
      mapped: {room: {a: anatomy, b: wards}}
      scaled: {minutes: 0.016666666666666666}
      added: {booked_by: learner}
    example:
      event_name: lab_booking_confirmed_v2
      user_id: u-1029
      properties: {seats: 1, booked_by: staff}
"""


def document() -> Any:
    return yaml.safe_load(FILE)


def test_both_versions_are_accepted() -> None:
    registry = builtin().with_tenant_events(document())
    old, new = registry.versions("lab_booking_confirmed")
    for event in (old, new):
        core = dict(event.example)
        properties = core.pop("properties")
        assert isinstance(properties, dict)
        assert registry.by_wire_name[event.wire_name].checker.check(properties, core, strict=True) is CLEAN
    assert (old.retention.days, new.retention.days) == (730, 90)
    assert registry.latest("lab_booking_confirmed") is new
    assert [registry.by_wire_name[event.wire_name].latest for event in (old, new)] == [False, True]


def test_old_version_is_read_as_the_new_one() -> None:
    registry = builtin().with_tenant_events(document())
    written = {"places": 2, "room": "b", "minutes": 90, "colour": "red"}
    read = registry.upcast("lab_booking_confirmed", 1, written)
    assert read == {"seats": 2, "room": "wards", "minutes": pytest.approx(1.5), "booked_by": "learner"}
    assert written == {"places": 2, "room": "b", "minutes": 90, "colour": "red"}
    newest = {"seats": 2, "booked_by": "staff"}
    assert registry.upcast("lab_booking_confirmed", 2, newest) == newest


def test_unquoted_timestamps_are_strings_again() -> None:
    registry = builtin().with_tenant_events(document())
    example = registry.versions("lab_booking_confirmed")[0].example["properties"]
    assert isinstance(example, dict)
    assert example["starts_at"] == "2026-11-05T08:30:00+00:00"


def test_documented_form_is_accepted() -> None:
    """The example in the reference is one that works."""
    lines = inspect.cleandoc(tenant_events.__doc__ or "").splitlines()
    block = "\n".join(line[4:] for line in lines if line.startswith("    "))
    assert builtin().with_tenant_events(yaml.safe_load(block)).latest("lab_booking_confirmed").version == 1


def _set(*path: str | int, value: object) -> Callable[[Any], None]:
    def change(declared: Any) -> None:
        *way, last = path
        for step in way:
            declared = declared[step]
        declared[last] = value

    return change


def _drop(name: str) -> Callable[[Any], None]:
    def change(declared: Any) -> None:
        del declared["events"][0][name]

    return change


FIRST = ("events", 0)
FAULTS: dict[str, Callable[[Any], None]] = {
    "/events": _set("events", value={}),
    "/event": _set("event", value=[]),
    "/events/0": _set(*FIRST, value="lab"),
    "/events/0/description": _drop("description"),
    "/events/0/personas": _set(*FIRST, "personas", value="student"),
    "/events/0/purposes/0": _set(*FIRST, "purposes", value=["profit"]),
    "/events/0/retention": _set(*FIRST, "retention", value="for ever"),
    "/events/0/review_by": _set(*FIRST, "review_by", value="in spring"),
    "/events/0/essential": _set(*FIRST, "essential", value="no"),
    "/events/0/basis": _set(*FIRST, "basis", value="habit"),
    "/events/0/zone": _set(*FIRST, "zone", value="cellar"),
    "/events/0/colour": _set(*FIRST, "colour", value="red"),
    "/events/0/example": _drop("example"),
    "/events/0/properties/0/kind": _set(*FIRST, "properties", 0, "kind", value="int"),
    "/events/0/properties/0/minimum": _set(*FIRST, "properties", 0, "minimum", value="one"),
    "/events/0/properties/0/least": _set(*FIRST, "properties", 0, "least", value=1),
    "/events/0/properties/3/pattern": _set(*FIRST, "properties", 3, "pattern", value="("),
    "/events/0/require_one_of/0": _set(*FIRST, "require_one_of", value=["places"]),
    "/events/1/version": _set("events", 1, "version", value="2"),
    "/events/1/upcast/scaled/minutes": _set("events", 1, "upcast", "scaled", "minutes", value="x"),
    "/events/1/upcast/mapped/room": _set("events", 1, "upcast", "mapped", "room", value=["a"]),
}


@pytest.mark.parametrize("pointer", FAULTS)
def test_malformed_file_is_refused_where_it_is_wrong(pointer: str) -> None:
    declared = document()
    FAULTS[pointer](declared)
    with pytest.raises(CatalogueError) as refusal:
        builtin().with_tenant_events(declared)
    assert refusal.value.pointer == pointer
    assert refusal.value.hint


CONTRADICTIONS: dict[str, tuple[Callable[[Any], None], str]] = {
    "name of a built-in event": (_set(*FIRST, "name", value="question_shown"), "question_shown"),
    "name against the rule": (_set(*FIRST, "name", value="lab_booking"), "past participle"),
    "gap between versions": (_set("events", 1, "version", value=3), "without a gap"),
    "no upcast": (_set("events", 1, "upcast", value=None), "declare the upcast"),
    "upcast forgets a property": (_set("events", 1, "upcast", "dropped", value=[]), "rename or drop colour"),
    "upcast yields what is refused": (_set("events", 1, "upcast", "added", value={}), "booked_by is required"),
    "undeclared mart": (_set(*FIRST, "marts", value=["cellar"]), "cellar"),
    "unbounded number": (_set(*FIRST, "properties", 0, "maximum", value=None), "minimum and maximum"),
    "personal data": (_set(*FIRST, "properties", 3, "name", value="first_name"), "personal data"),
    "core property": (_set(*FIRST, "properties", 3, "name", value="plan_id"), "core property"),
    "free form without a reason": (_set(*FIRST, "properties", 3, "kind", value="object"), "free_text"),
    "example that is refused": (_set(*FIRST, "example", "properties", "places", value=21), "example is refused"),
    "invalid example that is fine": (_set(*FIRST, "properties", 0, "invalid_example", value=2), "invalid example"),
    "no invalid example": (_set(*FIRST, "properties", 0, "invalid_example", value=None), "invalid example"),
    "column of another type": (_set(*FIRST, "properties", 0, "column", value="question_id"), "question_id"),
    "essential on consent": (_set(*FIRST, "essential", value=True), "essential"),
}


@pytest.mark.parametrize("case", CONTRADICTIONS)
def test_contradiction_is_refused(case: str) -> None:
    change, named = CONTRADICTIONS[case]
    declared = deepcopy(document())
    change(declared)
    with pytest.raises(CatalogueError, match=named):
        builtin().with_tenant_events(declared)


@pytest.mark.parametrize("document", [None, [], "events", 7, {"events": None}])
def test_file_of_another_form_is_refused(document: object) -> None:
    with pytest.raises(CatalogueError):
        builtin().with_tenant_events(document)


def test_unreadable_file_says_where(tmp_path: Path) -> None:
    file = tmp_path / "lab.yaml"
    with pytest.raises(InputError, match="cannot be read"):
        tenant_registry(file)
    file.write_text("events:\n  - {name: [\n")
    with pytest.raises(InputError, match="no YAML in line"):
        tenant_registry(file)
    file.write_text("events: []\n")
    with pytest.raises(CatalogueError, match="declares no events"):
        tenant_registry(file)
