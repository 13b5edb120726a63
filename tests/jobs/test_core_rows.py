"""Reading by column says the same as the column plan says of one event, for every event of the dictionary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.catalogue.declarations import CoreProperty, Kind, Property
from akademos.catalogue.registry import Registry, builtin
from akademos.jobs.core_rows import Content

REGISTRY = builtin()
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
stamps = st.sampled_from(
    ["2026-03-02T12:00:00Z", "2026-03-02 12:00+01:00", "2026-03-02T12:00:00.123456789-0330", "1999-12-31T23:59Z"]
)
VALUES: Mapping[Kind, st.SearchStrategy[Any]] = {
    Kind.STRING: texts,
    Kind.TIMESTAMP: stamps,
    Kind.DATE: st.just("2026-03-02"),
    Kind.INTEGER: st.integers(-(2**31), 2**31 - 1),
    Kind.NUMBER: st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 1000)),
    Kind.BOOLEAN: st.booleans(),
    Kind.STRINGS: st.lists(texts, max_size=3),
    Kind.OBJECT: st.dictionaries(texts, st.one_of(texts, st.integers(), st.lists(st.none())), max_size=2),
}


@st.composite
def wire_events(draw: st.DrawFn) -> tuple[str, list[dict[str, Any]]]:
    """Events of one type as they lie in landing: checked, so of the declared types and without nulls."""
    known = draw(st.sampled_from(list(REGISTRY.by_wire_name.values())))

    def some(rules: list[Property] | list[CoreProperty]) -> dict[str, Any]:
        return {rule.name: draw(VALUES[rule.kind]) for rule in rules if draw(st.booleans())}

    senders = [rule for rule in REGISTRY.core if rule.set_by == "sender" and rule.kind is not Kind.TIMESTAMP]
    events = []
    for _ in range(draw(st.integers(1, 4))):
        event = some(senders)
        if draw(st.booleans()):
            event[draw(st.sampled_from(["client_timestamp", "event_timestamp"]))] = draw(stamps)
        if draw(st.booleans()):
            event["time_precision"] = draw(st.sampled_from(["exact", "day", "order"]))
        if draw(st.booleans()):
            event["properties"] = some(list(known.event.properties))
        events.append(event)
    return known.event.wire_name, events


def content(wire_name: str, registry: Registry = REGISTRY) -> Content:
    known = registry.lookup(wire_name)
    assert known is not None
    return Content(known, registry)


def comparable(frame: pl.DataFrame) -> list[dict[str, Any]]:
    rows = frame.to_dicts()
    return [{**row, "properties": json.loads(row["properties"])} for row in rows]


@settings(deadline=None)
@given(wire_events())
def test_by_column_equals_one_by_one(sent: tuple[str, list[dict[str, Any]]]) -> None:
    wire_name, events = sent
    reader = content(wire_name)
    lines = [orjson.dumps(event, option=orjson.OPT_SORT_KEYS) for event in events]
    by_column = reader.read(b"\n".join(lines))
    one_by_one = reader.read_lines(lines)
    assert by_column.schema == one_by_one.schema
    assert comparable(by_column) == comparable(one_by_one)


def test_free_form_properties_are_kept_as_sent() -> None:
    document = {
        "events": [
            {
                "name": "experiment_observed",
                "description": "d",
                "emitted_when": "e",
                "personas": ["all"],
                "purposes": ["research"],
                "retention": "1 years",
                "owner": "o",
                "review_by": "2027-03-31",
                "marts": ["study_events"],
                "properties": [
                    {
                        "name": "payload",
                        "kind": "object",
                        "description": "d",
                        "free_text": "the experiment decides",
                        "invalid_example": 1,
                    }
                ],
                "example": {
                    "event_id": "5f0c6f0e-54c5-4b5e-9d0e-3c1f7c3b9a01",
                    "event_name": "experiment_observed",
                    "user_id": "u-1",
                    "properties": {"payload": {"a": [1, {"b": None}]}},
                },
            }
        ]
    }
    registry = REGISTRY.with_tenant_events(document)
    payload = {"z": [1, {"b": None}], "a": 1.5}
    raw = orjson.dumps({"course_id": "c", "properties": {"payload": payload}})
    row = content("experiment_observed", registry).read(raw).row(0, named=True)
    assert (row["course_id"], json.loads(row["properties"])) == ("c", {"payload": payload})


@pytest.mark.parametrize("line", [b'{"properties":{"hints":"many"}}', b"{", b'{"properties":{"confidence":[1]}}'])
def test_a_line_that_is_not_as_declared_is_refused(line: bytes) -> None:
    reader = content("question_submitted")
    assert not reader.readable(line)
    with pytest.raises(ValueError, match="not what the dictionary declares"):
        reader.read(b'{"question_id":"q"}\n' + line)


def test_odd_but_valid_clocks_are_read() -> None:
    lines = [b'{"client_timestamp":"2026-03-02 12:00+0130"}', b'{"event_timestamp":"2026-03-02T12:00:00Z"}', b"{}"]
    read = content("question_submitted").read(b"\n".join(lines))["client_timestamp"].to_list()
    assert read == [
        datetime(2026, 3, 2, 10, 30, tzinfo=UTC),
        datetime(2026, 3, 2, 12, 0, tzinfo=UTC),
        None,
    ]


def test_every_kind_on_the_wire_can_be_generated() -> None:
    assert set(VALUES) == set(Kind)
