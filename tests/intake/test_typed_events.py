"""The short way for clean events against the long way, which defines what is clean."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Raw, structs

from akademos.catalogue.declarations import Kind, Zone
from akademos.catalogue.registry import builtin
from akademos.intake.check import EventCheck
from akademos.intake.typed_events import TypedEvents
from akademos.stores.ports.landing import Arrival

from .conftest import START, answered
from .test_fuzz import nearly_valid

CHECK = EventCheck(TypedEvents(builtin()), b"k" * 32)
SENT = START - timedelta(minutes=1)


def short(content: bytes) -> Arrival | None:
    return CHECK.accept_all([Raw(content)], SENT, START)[0]


def agrees(content: bytes) -> bool:
    """Whether the event took the short way; if it did, the long way must come to the same."""
    arrival = short(content)
    if arrival is None:
        return False
    found, dropped = CHECK.check(0, orjson.loads(content), SENT, START)
    assert isinstance(found, Arrival)
    assert dropped == ()
    known = structs.asdict(found)
    if "event_id" not in orjson.loads(content):
        known |= {"event_id": arrival.event_id, "event_id_text": arrival.event_id_text}
    assert structs.asdict(arrival) == {**known, "properties": {}}
    return True


@pytest.mark.parametrize("name", sorted(builtin().by_wire_name))
def test_every_example_takes_the_way_that_is_said(name: str) -> None:
    event = builtin().by_wire_name[name].event
    free_form = any(rule.kind is Kind.OBJECT for rule in event.properties)
    example = orjson.dumps({**event.example, "client_timestamp": START.isoformat()})
    usual = event.zone is Zone.CORE and not free_form and b"\\" not in example
    assert agrees(example) is usual


@given(nearly_valid())
@settings(max_examples=1500, deadline=None)
def test_the_short_way_never_says_more_than_the_long_one(event: dict[str, Any]) -> None:
    agrees(json.dumps(event, ensure_ascii=False).encode(errors="replace"))


@given(st.binary(max_size=200))
@settings(max_examples=500, deadline=None)
def test_bytes_that_are_no_event_take_no_short_way(content: bytes) -> None:
    assert short(content) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": "5f0c6f0e54c54b5e9d0e3c1f7c3b9a01"},
        {"event_id": "5f0c6f0e-54c5-4b5e-9d0e-3c1f7c3b9a 1"},
        {"event_id": "5f0c6f0e-54c5-4b5e-9d0e-3c1f7c3b  01"},
        {"event_id": None},
        {"client_timestamp": "2026-03-02 12:00"},
        {"client_timestamp": (START + timedelta(days=2)).isoformat()},
        {"event_timestamp": START.isoformat()},
        {"user_id": None},
        {"user_id": "someone@example.org"},
        {"user_id": "u\0"},
        {"topic_id": ""},
        {"persona": "Captain"},
        {"mood": "fine"},
        {"properties": None},
        {"properties": {}},
        {"properties": {"correct": 1}},
        {"properties": {"correct": True, "note": "+49 170 1234567"}},
        {"properties": {"correct": True, "hints": None}},
        {"properties": {"score": float("1e309")}},
    ],
    ids=str,
)
def test_what_is_not_clean_takes_the_long_way(changes: dict[str, Any]) -> None:
    assert short(json.dumps(answered(**changes)).encode()) is None


@pytest.mark.parametrize("number", [0, 1, 0.5, 1e-7, 1.0, 0.1 + 0.2])
def test_numbers_keep_their_form(number: float) -> None:
    assert agrees(json.dumps(answered(properties={"score": number})).encode())
    arrival = short(json.dumps(answered(properties={"score": number})).encode())
    assert arrival is not None
    assert orjson.loads(arrival.raw)["properties"]["score"] == number


def test_keys_in_another_order_are_the_same_content() -> None:
    event = answered()
    turned = dict(reversed(event.items()))
    one, other = short(json.dumps(event).encode()), short(json.dumps(turned, indent=2).encode())
    assert one is not None
    assert other is not None
    assert one.content_hash == other.content_hash
