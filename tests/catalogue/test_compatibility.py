"""What counts as a breaking change, rule by rule, on a dictionary of one event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from tests.catalogue.laboratory import CODE, HOURS, ROOM, SEATS, TOOLS, booking, registry
from typer.testing import CliRunner

from akademos.catalogue.compatibility import Changes, compare, lock_of, lock_text, read_lock
from akademos.catalogue.declarations import EventType, Kind, Party, Property, Upcast
from akademos.catalogue.registry import Registry, builtin
from akademos.cli import events as command
from akademos.errors import CatalogueError

ALL_FIVE = (SEATS, ROOM, CODE, HOURS, TOOLS)
BEFORE = booking(*ALL_FIVE)


def changes(after: EventType, before: EventType = BEFORE) -> Changes:
    return compare(lock_of(registry(before)), registry(after))


def with_property(rule: Property, **changed: object) -> EventType:
    altered = replace(rule, **changed)  # type: ignore[arg-type]
    return booking(*(altered if one is rule else one for one in ALL_FIVE))


BREAKING: Mapping[str, EventType] = {
    "property removed": booking(ROOM, CODE, HOURS, TOOLS, example={**BEFORE.example, "properties": {"room": "wards"}}),
    "re-typed": with_property(SEATS, kind=Kind.NUMBER),
    "another unit": with_property(HOURS, unit="min"),
    "another column": with_property(HOURS, column="quantity"),
    "newly required": with_property(SEATS, required=True),
    "enumeration narrowed": with_property(ROOM, values=("wards",)),
    "enumeration exchanged": with_property(ROOM, values=("wards", "theatre")),
    "closed": with_property(CODE, values=("ab", "cd"), pattern=None),
    "greatest value lowered": with_property(SEATS, maximum=19),
    "least value raised": with_property(HOURS, minimum=0.5),
    "shorter text": with_property(CODE, maximum=7),
    "fewer elements": with_property(TOOLS, maximum=4),
    "an element at least": with_property(TOOLS, minimum=1),
    "pattern changed": with_property(CODE, pattern="[a-z]{3,8}"),
    "pattern on open text": with_property(TOOLS, pattern="[a-z]+"),
    "opened, but too short for a value": with_property(ROOM, values=(), maximum=6, invalid_example="x" * 7),
    "opened, with a pattern against a value": with_property(ROOM, values=(), maximum=9, pattern="w.*"),
    "new and required": booking(
        *ALL_FIVE,
        Property("late", Kind.BOOLEAN, "late", required=True, invalid_example=1),
        example={**BEFORE.example, "properties": {"late": True}},
    ),
    "core property newly required": booking(*ALL_FIVE, required_core=("course_id", "session_id")),
    "one of some newly required": booking(*ALL_FIVE, require_one_of=(("seats", "hours"),)),
    "persona no longer allowed": booking(*ALL_FIVE, personas=("student",)),
}
ADDITIVE: Mapping[str, EventType] = {
    "new property": booking(*ALL_FIVE, Property("late", Kind.BOOLEAN, "late", invalid_example=1)),
    "enumeration widened": with_property(ROOM, values=("anatomy", "wards", "theatre")),
    "enumeration opened": with_property(ROOM, values=(), maximum=9, invalid_example="x" * 10),
    "greater range": with_property(SEATS, minimum=0, maximum=30, invalid_example=31),
    "longer text": with_property(CODE, maximum=9),
    "pattern dropped": with_property(CODE, pattern=None, invalid_example="x" * 9),
    "core property no longer required": booking(*ALL_FIVE, required_core=()),
    "persona allowed": booking(*ALL_FIVE, personas=("student", "career_changer", "advisor")),
    "all personas allowed": booking(*ALL_FIVE, personas=("all",)),
    "no actor needed": booking(*ALL_FIVE, actor=Party.SYSTEM),
}
NEUTRAL: Mapping[str, EventType] = {
    "other order": booking(*reversed(ALL_FIVE)),
    "other words": with_property(SEATS, description="places taken", free_text="said otherwise"),
    "other owner": booking(*ALL_FIVE, owner="campus"),
    "bounds said aloud": with_property(TOOLS, minimum=0),
}


@pytest.mark.parametrize("case", BREAKING)
def test_what_breaks(case: str) -> None:
    found = changes(BREAKING[case])
    assert len(found.breaking) == 1
    assert found.breaking[0].event == "lab_booking_confirmed"


@pytest.mark.parametrize("case", ADDITIVE)
def test_what_only_adds(case: str) -> None:
    found = changes(ADDITIVE[case])
    assert found.breaking == ()
    assert found.additive


@pytest.mark.parametrize("case", NEUTRAL)
def test_what_changes_nothing(case: str) -> None:
    assert changes(NEUTRAL[case]) == Changes((), ())


@pytest.mark.parametrize("case", ["new property", "greater range", "no actor needed", "all personas allowed"])
def test_taking_an_addition_back_breaks(case: str) -> None:
    assert changes(BEFORE, before=ADDITIVE[case]).breaking


def test_required_made_optional_adds() -> None:
    required = with_property(SEATS, required=True)
    assert changes(BEFORE, before=required) == ((), (("lab_booking_confirmed", _says("seats is no longer required.")),))


def test_choice_between_more_properties_breaks_nothing() -> None:
    narrow, wide = (("seats", "hours"),), (("hours", "seats", "room"),)
    found = changes(booking(*ALL_FIVE, require_one_of=wide), before=booking(*ALL_FIVE, require_one_of=narrow))
    assert found.breaking == ()
    assert found.additive
    assert changes(booking(*ALL_FIVE, require_one_of=narrow), before=booking(*ALL_FIVE, require_one_of=wide)).breaking


def test_event_and_version_removed() -> None:
    second = booking(
        *ALL_FIVE, version=2, upcast=Upcast(), example={**BEFORE.example, "event_name": "lab_booking_confirmed_v2"}
    )
    both = registry(BEFORE, second)
    assert compare(lock_of(registry(BEFORE)), both) == ((), (("lab_booking_confirmed_v2", _new()),))
    assert compare(lock_of(both), registry(BEFORE)).breaking == (("lab_booking_confirmed_v2", _removed()),)
    assert len(compare(lock_of(both), Registry(())).breaking) == 2


def test_core_property_narrowed_or_removed() -> None:
    now = registry(BEFORE)
    lock = lock_of(now)
    shorter = tuple(replace(rule, maximum=20) if rule.name == "plan_id" else rule for rule in now.core)
    fewer = tuple(rule for rule in now.core if rule.name != "plan_id")
    for core in (shorter, fewer):
        (change,) = compare(lock, Registry((BEFORE,), now.datasets, core=core)).breaking
        assert change.event == ""
        assert "plan_id" in change.what


@given(st.sampled_from([*BREAKING.values(), *ADDITIVE.values(), BEFORE]))
def test_lock_text_is_read_back(event: EventType) -> None:
    now = registry(event)
    assert read_lock(lock_text(lock_of(now))) == lock_of(now)
    assert compare(read_lock(lock_text(lock_of(now))), now) == Changes((), ())


@given(st.sampled_from([*BREAKING.values(), *ADDITIVE.values()]), st.sampled_from([*BREAKING.values(), BEFORE]))
def test_no_difference_goes_unsaid(one: EventType, other: EventType) -> None:
    before, after = lock_of(registry(one)), registry(other)
    assert (compare(before, after) == Changes((), ())) == (before == lock_of(after))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<<<<<<<",
        "[]",
        "{}",
        '{"form": 2, "core": {}, "events": {}}',
        '{"form": 1, "core": [], "events": {}}',
        '{"form": 1, "core": {"a": {"kind": "string", "colour": 1}}, "events": {}}',
        '{"form": 1, "core": {}, "events": {"a": {"properties": {}}}}',
    ],
)
def test_malformed_lock_is_refused(text: str) -> None:
    with pytest.raises(CatalogueError):
        read_lock(text)


def test_committed_lock_is_current() -> None:
    text = command.LOCK_FILE.read_text(encoding="utf-8")
    assert compare(read_lock(text), builtin()) == Changes((), ())
    assert text == lock_text(lock_of(builtin()))


def test_check_of_a_tenant_file(tmp_path: Path) -> None:
    file, run = tmp_path / "lab.yaml", CliRunner()

    def check(*options: str) -> tuple[int, str]:
        outcome = run.invoke(command.app, ["check", "--tenant-file", str(file), *options])
        assert isinstance(outcome.exception, SystemExit | None), outcome.exception
        return outcome.exit_code, outcome.output

    def declare(most: int) -> None:
        file.write_text(yaml.safe_dump({"events": [_tenant_event(most)]}))

    declare(20)
    code, said = check()
    assert code == 1
    assert "events check --write" in said
    assert check("--write")[0] == 0
    assert check()[0] == 0
    assert "lab_room_opened" in json.loads((tmp_path / "lab.yaml.lock.json").read_text())["events"]
    declare(30)
    assert check()[0] == 1
    assert check("--write")[0] == 0
    declare(10)
    code, said = check("--write")
    assert code == 1
    assert "lab_room_opened.seats" in said
    assert "version=2" in said
    assert "lab_room_opened_v2" in said


def test_check_of_the_built_in_events() -> None:
    outcome = CliRunner().invoke(command.app, ["check"])
    assert outcome.exit_code == 0, outcome.output


def _tenant_event(most: int) -> dict[str, object]:
    return {
        "name": "lab_room_opened",
        "description": "A room is open.",
        "emitted_when": "the door is unlocked",
        "personas": ["all"],
        "purposes": ["learning_support"],
        "retention": "1 year",
        "owner": "skills lab",
        "review_by": "2027-03-31",
        "marts": ["study_events"],
        "properties": [
            {"name": "seats", "kind": "integer", "description": "free places", "minimum": 0, "maximum": most}
            | {"invalid_example": -1}
        ],
        "example": {"event_name": "lab_room_opened", "user_id": "u-1", "properties": {"seats": 3}},
    }


def _says(what: str) -> str:
    return f"lab_booking_confirmed.{what}"


def _new() -> str:
    return "lab_booking_confirmed_v2 is new."


def _removed() -> str:
    return "lab_booking_confirmed_v2 is removed."
