"""What holds for every event that ships: named by the rule, documented, with examples that do what they claim."""

from __future__ import annotations

import pytest

from akademos.catalogue.core_properties import CORE_PROPERTIES
from akademos.catalogue.declarations import CoreProperty, EventType, Party, Zone
from akademos.catalogue.naming import EXCEPTIONS, naming_problems
from akademos.catalogue.registry import builtin
from akademos.catalogue.validation import CLEAN
from akademos.catalogue.value_checks import compile_property

EVENTS = {event.wire_name: event for event in builtin().events}
PROPERTIES = {f"{event.wire_name}.{rule.name}": (event, rule) for event in EVENTS.values() for rule in event.properties}

#: The dictionary that hosts rely on: personas and years of retention.
PRODUCT_EVENTS = {
    "student_onboarding_completed": ({"student"}, 3),
    "resume_parsed": ({"student", "career_changer"}, 5),
    "assessment_completed": ({"student", "career_changer"}, 5),
    "career_match_viewed": ({"student", "career_changer"}, 2),
    "action_plan_accepted": ({"student", "career_changer"}, 4),
    "task_completion_logged": ({"student", "career_changer"}, 4),
    "advisor_note_added": ({"advisor"}, 7),
    "cohort_assessment_assigned": ({"advisor"}, 7),
    "readiness_alert_triggered": ({"advisor"}, 3),
    "report_export_generated": ({"advisor"}, 7),
    "session_started": ({"all"}, 2),
    "settings_tracking_opt_out": ({"all"}, 7),
}


def parts(event: EventType) -> tuple[dict[str, object], dict[str, object]]:
    """The example's properties and its top level."""
    core = dict(event.example)
    properties = core.pop("properties")
    assert isinstance(properties, dict)
    return properties, core


@pytest.mark.parametrize("name", EVENTS)
def test_example_is_accepted(name: str) -> None:
    properties, core = parts(EVENTS[name])
    assert builtin().by_wire_name[name].checker.check(properties, core, strict=True) is CLEAN


@pytest.mark.parametrize("name", PROPERTIES)
def test_invalid_example_is_refused_where_it_stands(name: str) -> None:
    event, rule = PROPERTIES[name]
    assert rule.description
    assert rule.invalid_example is not None
    properties, core = parts(event)
    checker = builtin().by_wire_name[event.wire_name].checker
    checked = checker.check({**properties, rule.name: rule.invalid_example}, core)
    assert checked.violations
    for violation in checked.violations:
        assert f"{violation.pointer}/".startswith(f"/properties/{rule.name}/")
        assert violation.hint


@pytest.mark.parametrize("name", EVENTS)
def test_each_requirement_is_refused_when_it_is_missing(name: str) -> None:
    event = EVENTS[name]
    properties, core = parts(event)
    checker = builtin().by_wire_name[name].checker
    for rule in event.properties:
        if rule.required:
            checked = checker.check(without(properties, rule.name), core)
            assert (f"/properties/{rule.name}", "missing_property") in [
                (at, code) for code, at, _ in checked.violations
            ]
    for needed in event.required_core:
        checked = checker.check(properties, without(core, needed))
        assert (f"/{needed}", "missing_core_property") in [(at, code) for code, at, _ in checked.violations]
    for group in event.require_one_of:
        assert checker.check(without(properties, *group), core).violations
    if event.actor in {Party.LEARNER, Party.STAFF, Party.ANY}:
        assert checker.check(properties, without(core, "user_id", "anonymous_id")).violations


@pytest.mark.parametrize("name", PRODUCT_EVENTS)
def test_personas_and_retention_of_the_dictionary(name: str) -> None:
    personas, years = PRODUCT_EVENTS[name]
    event = builtin().latest(name)
    assert set(event.personas) == personas
    assert event.retention.days == years * 365
    assert event.marts


def test_study_events_are_kept_two_years() -> None:
    study = [event for event in EVENTS.values() if event.family == "study" and event.zone is Zone.CORE]
    assert {event.retention.days for event in study} == {730}


def test_only_the_preference_is_essential() -> None:
    assert [name for name, event in EVENTS.items() if event.essential] == ["settings_tracking_opt_out"]


@pytest.mark.parametrize(
    "rule", [rule for rule in CORE_PROPERTIES if rule.example is not None], ids=lambda one: one.name
)
def test_example_of_a_core_property_passes(rule: CoreProperty) -> None:
    assert compile_property(rule)(rule.example) is None


@pytest.mark.parametrize("name", EVENTS)
def test_name_follows_the_rule(name: str) -> None:
    event = EVENTS[name]
    assert naming_problems(event.name, event.personas) == []


@pytest.mark.parametrize(
    ("name", "personas"),
    [
        ("Material_Opened", ("all",)),
        ("opened", ("all",)),
        ("material__opened", ("all",)),
        ("material_open", ("all",)),
        ("material_opening", ("all",)),
        ("rss_feed", ("all",)),
        ("material_opened_v2", ("all",)),
        ("student_onboarding_completed", ("all",)),
        ("advisor_note_added", ("advisor", "student")),
        ("career_changer_profile_updated", ("student",)),
    ],
)
def test_names_against_the_rule(name: str, personas: tuple[str, ...]) -> None:
    assert naming_problems(name, personas)


@pytest.mark.parametrize("name", ["question_shown", "message_sent", "form_overdrawn", "course_withdrawn"])
def test_irregular_participles(name: str) -> None:
    assert naming_problems(name, ("all",)) == []


def test_one_name_is_excepted_and_used() -> None:
    assert set(EXCEPTIONS) == {"settings_tracking_opt_out"}
    assert set(EXCEPTIONS) <= EVENTS.keys()


def without(members: dict[str, object], *names: str) -> dict[str, object]:
    return {name: value for name, value in members.items() if name not in names}
