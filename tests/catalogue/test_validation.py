"""Laws of the checker: it never raises, what it lets pass it lets pass again, and it names what it refuses."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from akademos.catalogue.declarations import EventType
from akademos.catalogue.registry import builtin
from akademos.catalogue.validation import CLEAN, Checked

CORE = tuple(rule.name for rule in builtin().core)
EVENTS = st.sampled_from(builtin().events)
TEXT = st.text(st.characters(), max_size=20)  # surrogates, NUL and all
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(-3, 3) | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


@st.composite
def whole_events(draw: st.DrawFn) -> tuple[EventType, dict[str, object], dict[str, object]]:
    """An event type, and its example with some members exchanged, added and taken away."""
    event = draw(EVENTS)
    core = dict(event.example)
    properties = core.pop("properties")
    assert isinstance(properties, dict)
    own = st.sampled_from([rule.name for rule in event.properties] or ["none"])
    properties = {**properties, **draw(st.dictionaries(own | TEXT, JSON, max_size=4))}
    core |= draw(
        st.dictionaries(st.sampled_from(CORE) | TEXT.filter(lambda name: name != "properties"), JSON, max_size=4)
    )
    for gone in draw(st.lists(st.sampled_from([*properties, *core]), max_size=2)):
        properties.pop(gone, None)
        core.pop(gone, None)
    return event, properties, core


def check(event: EventType, properties: object, core: dict[str, object], *, strict: bool = False) -> Checked:
    checker = builtin().by_wire_name[event.wire_name].checker
    return checker.check(properties, core, strict=strict)  # type: ignore[arg-type]  # anything may come off the wire


@given(EVENTS, JSON, st.dictionaries(st.sampled_from(CORE) | TEXT, JSON, max_size=6), st.booleans())
def test_never_raises_on_arbitrary_json(
    event: EventType, properties: object, core: dict[str, object], strict: bool
) -> None:
    checked = check(event, properties, core, strict=strict)
    for violation in checked.violations:
        assert violation.code
        assert violation.hint
        assert violation.pointer.startswith("/")


@given(whole_events())
def test_what_is_kept_passes_again(given_event: tuple[EventType, dict[str, object], dict[str, object]]) -> None:
    event, properties, core = given_event
    checked = check(event, properties, core)
    if not checked.violations:
        kept_core = {name: value for name, value in core.items() if name not in checked.dropped_core}
        assert check(event, checked.kept(properties), kept_core, strict=True) is CLEAN


@given(whole_events())
def test_strict_refuses_what_is_dropped_otherwise(
    given_event: tuple[EventType, dict[str, object], dict[str, object]],
) -> None:
    event, properties, core = given_event
    lenient, strict = check(event, properties, core), check(event, properties, core, strict=True)
    assert strict.dropped_pointers == ()
    refused = {violation.pointer for violation in strict.violations if violation.code == "unknown_property"}
    assert refused == set(lenient.dropped_pointers)


@given(whole_events())
def test_every_violation_points_at_something_declared(
    given_event: tuple[EventType, dict[str, object], dict[str, object]],
) -> None:
    event, properties, core = given_event
    declared = {f"/properties/{rule.name}" for rule in event.properties} | {f"/{name}" for name in CORE}
    for violation in check(event, properties, core).violations:
        assert any(f"{violation.pointer}/".startswith(f"{at}/") for at in declared)


@given(whole_events())
def test_columns_and_rest_hold_every_value_once(
    given_event: tuple[EventType, dict[str, object], dict[str, object]],
) -> None:
    event, properties, core = given_event
    checked = check(event, properties, core)
    if checked.violations:
        return
    known = builtin().by_wire_name[event.wire_name]
    kept = checked.kept(properties)
    columns, rest = known.columns.split(kept, {at: value for at, value in core.items() if value is not None})
    with_column = {rule.name: rule.column for rule in event.properties if rule.column is not None}
    for name, value in kept.items():
        if name not in with_column:
            assert rest[name] == value
        else:
            assert name not in rest
            assert columns.get(with_column[name]) is not None
    topics = [core["topic_id"]] if core.get("topic_id") else []
    listed = kept.get("topic_ids")
    assert columns.get("topic_ids", []) == list(dict.fromkeys([*topics, *(listed if isinstance(listed, list) else [])]))


def test_optional_nulls_are_left_out_and_required_ones_missing() -> None:
    answer = builtin().by_wire_name["question_submitted"].checker
    core: dict[str, object] = {"user_id": "u-1", "question_id": "q-7", "course_id": None}
    assert answer.check({"correct": True, "hints": None}, core) == Checked(pruned=("hints",))
    assert answer.check({"correct": True, "hints": None}, core).kept({"correct": True, "hints": None}) == {
        "correct": True
    }
    (violation,) = answer.check({"correct": None, "score": None}, core).violations
    assert violation[:2] == ("missing_property", "/properties/score")
    (violation,) = answer.check({"correct": True}, {**core, "question_id": None}).violations
    assert violation[:2] == ("missing_core_property", "/question_id")


def test_unknown_names_are_named_as_pointers() -> None:
    answer = builtin().by_wire_name["question_submitted"].checker
    checked = answer.check({"correct": True, "a/b~c": 1}, {"user_id": "u-1", "question_id": "q-7", "mood": 1})
    assert checked.violations == ()
    assert checked.dropped_pointers == ("/mood", "/properties/a~1b~0c")
