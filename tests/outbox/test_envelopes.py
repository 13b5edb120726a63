"""Envelopes against the CloudEvents package, signatures against the rule of the standard."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import orjson
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from hypothesis import given
from hypothesis import strategies as st

from akademos.errors import InputError
from akademos.outbox.cloud_events import batched, envelope, structured, type_of
from akademos.outbox.signature import secret_of, secret_text, signed_headers, verified

NOW = datetime(2026, 11, 21, 12, 30, tzinfo=UTC)


def event(position: int = 7, at: datetime = NOW, subject: str | None = "learning_courses/a") -> dict[str, object]:
    return envelope(
        event_id=UUID(int=position),
        tenant_id="college",
        kind=type_of("learning_courses", "publish"),
        position=position,
        at=at,
        subject=subject,
        data={"record": "learning_courses", "values": {"title": "Anatomie für Anfänger"}},
    )


@given(st.integers(1, 2**63 - 1), st.sampled_from([None, "learning_courses/ä b"]))
def test_the_package_reads_what_we_write(position: int, subject: str | None) -> None:
    at = NOW.astimezone(timezone(timedelta(hours=2)))
    read = JSONFormat().read(CloudEvent, structured(event(position, at, subject)))
    assert read.get_id() == str(UUID(int=position))
    assert read.get_source() == "urn:akademos:tenant:college"
    assert read.get_type() == "akademos.records.learning_courses.publish"
    assert read.get_time() == NOW
    assert read.get_subject() == subject
    assert read.get_datacontenttype() == "application/json"
    assert int(str(read.get_extension("sequence"))) == position
    assert read.get_data() == {"record": "learning_courses", "values": {"title": "Anatomie für Anfänger"}}


def test_a_batch_is_read_event_by_event() -> None:
    events = orjson.loads(batched([event(1), event(2)]))
    ids = [JSONFormat().read(CloudEvent, orjson.dumps(one)).get_id() for one in events]
    assert ids == [str(UUID(int=1)), str(UUID(int=2))]


@given(st.integers(1, 2**63 - 1), st.integers(1, 2**63 - 1))
def test_sequences_compare_as_text(one: int, other: int) -> None:
    assert (str(event(one)["sequence"]) < str(event(other)["sequence"])) is (one < other)


def test_a_signature_is_what_the_standard_says() -> None:
    secret, body = bytes(range(32)), b'{"a":1}'
    headers = signed_headers("msg-1", NOW, body, [secret])
    signed = hmac.new(secret, b"msg-1.%d." % int(NOW.timestamp()) + body, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(signed).decode()
    assert secret_of(secret_text(secret)) == secret


@given(st.binary(max_size=50), st.binary(min_size=1, max_size=40), st.binary(min_size=1, max_size=40))
def test_only_the_secret_and_the_very_body_verify(body: bytes, secret: bytes, other: bytes) -> None:
    headers = signed_headers("msg-1", NOW, body, [secret])
    assert verified(headers, body, secret, NOW)
    assert not verified(headers, body + b" ", secret, NOW)
    assert not verified({**headers, "webhook-id": "msg-2"}, body, secret, NOW)
    assert not verified(headers, body, secret, NOW + timedelta(minutes=6))
    # HMAC pads short keys with zeros: such a pair is one key.
    if secret.rstrip(b"\0") != other.rstrip(b"\0"):
        assert not verified(headers, body, other, NOW)


def test_both_secrets_verify_while_one_is_rotated() -> None:
    headers = signed_headers("msg-1", NOW, b"x", [b"new", b"old"])
    assert verified(headers, b"x", b"new", NOW)
    assert verified(headers, b"x", b"old", NOW)


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_***", "c2VjcmV0", "whsec_é"])
def test_what_is_no_secret_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        secret_of(text)
