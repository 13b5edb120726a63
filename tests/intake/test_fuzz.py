"""Laws of the door: no input raises anything but a refusal, and every event gets exactly one verdict."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from akademos.catalogue.policies import LIMITS
from akademos.catalogue.registry import builtin
from akademos.errors import AkademosError
from akademos.intake import personal_data
from akademos.intake.check import EventCheck
from akademos.intake.decode import decode_batch, decode_event, decompress
from akademos.intake.occurrence import occurred_at
from akademos.intake.typed_events import TypedEvents
from akademos.stores.ports.landing import Arrival, Refusal

from .conftest import START, Door, answered

CHECK = EventCheck(TypedEvents(builtin()), b"k" * 32)
STRICT = EventCheck(TypedEvents(builtin()), b"k" * 32, strict=True)


def json_values(numbers: st.SearchStrategy[float]) -> st.SearchStrategy[Any]:
    scalars = st.none() | st.booleans() | st.integers(-(2**70), 2**70) | numbers | st.text(max_size=40)
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    )


values = json_values(st.floats())
names = st.sampled_from(sorted(builtin().by_wire_name))


@st.composite
def nearly_valid(draw: st.DrawFn) -> dict[str, Any]:
    """A declared example with some of its values replaced, removed or added."""
    event: dict[str, Any] = json.loads(json.dumps(dict(builtin().by_wire_name[draw(names)].event.example)))
    for place in (event, event.setdefault("properties", {})):
        for key in draw(st.lists(st.sampled_from([*place, "extra", "email", "x" * 300]), max_size=3)):
            if draw(st.booleans()):
                place.pop(key, None)
            else:
                place[key] = draw(values)
    return event


@given(st.one_of(values, nearly_valid()), st.booleans())
@settings(max_examples=600, deadline=None)
def test_checking_any_json_gives_an_arrival_or_a_refusal(event: Any, strict: bool) -> None:
    try:
        event = orjson.loads(json.dumps(event, allow_nan=False))
    except ValueError:
        return  # no JSON that the door's parser takes
    checked, dropped = (STRICT if strict else CHECK).check(3, event, START, START)
    assert isinstance(checked, Arrival | Refusal)
    assert checked.position == 3
    if isinstance(checked, Arrival):
        assert len(checked.event_id) == len(checked.content_hash) == 16
        assert checked.occurred_at <= START
        assert next(personal_data.find(json.loads(checked.raw)), None) is None
        assert not (strict and dropped)
    else:
        assert checked.code
        assert checked.hint


@given(
    st.binary(max_size=400),
    st.sampled_from(["", "gzip", "zstd", "br", "identity"]),
    st.sampled_from(["application/json", "application/x-ndjson", "text/plain"]),
)
@settings(max_examples=400, deadline=None)
def test_decoding_any_bytes_gives_events_or_a_refusal(body: bytes, encoding: str, media_type: str) -> None:
    for single in (True, False):
        refusal: AkademosError | None = None
        try:
            plain = decompress(body, encoding)
            if single:
                decode_event(plain, None)
            else:
                decode_batch(plain, media_type, None)
        except AkademosError as one:
            refusal = one
        assert refusal is None or (refusal.status in (400, 413) and refusal.hint)


@given(st.text(max_size=60))
def test_quick_test_for_personal_data_misses_nothing(text: str) -> None:
    if personal_data.kind_of(text) is not None:
        assert personal_data.possible(json.dumps(text, ensure_ascii=False).encode(errors="surrogatepass"))


@given(json_values(st.floats(allow_nan=False)))
def test_removing_leaves_nothing_to_find(value: Any) -> None:
    cleaned = personal_data.removed(value)
    assert [one for one in personal_data.find(cleaned) if one.kind != "denied_key"] == []
    assert personal_data.removed(cleaned) == cleaned


@pytest.mark.filterwarnings("ignore")
@given(st.lists(st.one_of(values, nearly_valid()), max_size=6))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_event_gets_one_verdict(door: Door, events: list[Any]) -> None:
    try:
        body = json.dumps({"events": events}, allow_nan=False).encode()
    except ValueError:
        return
    answer = door.raw(body)
    assert len(answer.verdicts) == len(events) == sum(answer.counts.values())


instants = st.integers(0, 10 * 365 * 86_400).map(
    lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@given(st.none() | instants, st.none() | instants, instants)
def test_nothing_happens_after_its_receipt(client: datetime | None, sent: datetime | None, received: datetime) -> None:
    happened = occurred_at(client, sent, received)
    assert happened is None or happened <= received


@given(
    instants,
    st.timedeltas(timedelta(0), timedelta(days=29)),
    st.timedeltas(timedelta(days=-400), timedelta(days=400)),
)
def test_a_constant_skew_does_not_matter(received: datetime, age: timedelta, skew: timedelta) -> None:
    happened = received - age
    assert occurred_at(happened + skew, received + skew, received) == happened


def test_limits_are_the_declared_ones() -> None:
    assert (LIMITS.batch_events, LIMITS.body_bytes, LIMITS.event_bytes) == (1000, 5 * 2**20, 64 * 2**10)
    assert answered()["event_name"] in builtin().by_wire_name
