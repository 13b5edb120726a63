"""From the bytes of a request to the bytes of its events; what is wrong with one is found when it is read.

JSON (one event, or the envelope {"sent_at", "events": [...]}) and NDJSON, plain or compressed with gzip or zstd,
within the limits of the catalogue. What cannot be parsed is refused with its position.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import msgspec
import orjson
import zstandard
from msgspec import Raw, Struct

from akademos.catalogue.policies import LIMITS
from akademos.catalogue.validation import parse_timestamp
from akademos.errors import InputError, TooLarge


class Unparsable(InputError):
    """The body is not what its headers say; `position` is the byte at which reading stopped, -1 if unknown."""

    code = "unparsable"

    def __init__(self, reason: str, *, hint: str, position: int = -1, code: str | None = None) -> None:
        super().__init__(reason, hint=hint, code=code)
        self.position = position


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line of NDJSON that is not JSON."""

    content: bytes
    position: int
    reason: str


@dataclass(slots=True)
class Body:
    """What a request held: its events, and the sender's clock.

    An event is JSON not read yet (`msgspec.Raw`), a structure (`ReadEnvelope`), a JSON value, or a broken line.
    """

    content: bytes
    events: Sequence[object]
    sent_at: datetime | None
    _unread: Sequence[Raw] = ()

    def read(self, position: int) -> object:
        """The JSON value of one of the events.

        Raises:
            Unparsable: it is not JSON, with the position in the whole.
        """
        event = self.events[position]
        if isinstance(event, Struct):
            self._unread = self._unread or _read_envelope(self.content).events
            event = self._unread[position]
        if not isinstance(event, Raw):
            return event
        try:
            return orjson.loads(memoryview(event))
        except orjson.JSONDecodeError:
            _parse(self.content)
            raise


ReadEnvelope: TypeAlias = Callable[[bytes], tuple[Sequence[Struct], object] | None]
"""Reads the usual envelope at once: its events as structures, and its sent_at; None when it cannot."""


class _Envelope(Struct, forbid_unknown_fields=True):
    events: list[Raw]
    sent_at: object = None
    key: object = None  # as a beacon carries them
    user_token: object = None


_read_envelope = msgspec.json.Decoder(_Envelope).decode


def decompress(body: bytes, encoding: str) -> bytes:
    """Undo Content-Encoding, refusing what would unpack beyond the limit.

    Raises:
        TooLarge, Unparsable: the content is too large, or is not of that encoding.
    """
    limit = LIMITS.decompressed_bytes
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    try:
        if encoding == "gzip":
            unpack = zlib.decompressobj(wbits=31)
            content = unpack.decompress(body, limit + 1)
            if not unpack.eof and len(content) <= limit:
                raise Unparsable("The gzip body ends too early.", hint="Send it whole.", position=len(body))
        elif encoding == "zstd":
            with zstandard.ZstdDecompressor().stream_reader(body) as reader:
                content = reader.read(limit + 1)
        else:
            raise Unparsable(
                f"Content-Encoding `{encoding[:40]}` is not known.",
                hint="Use gzip, zstd or none.",
                code="encoding_unknown",
            )
    except (zlib.error, zstandard.ZstdError) as broken:
        raise Unparsable(f"The body is not {encoding}: {broken}.", hint="Compress it again.") from broken
    if len(content) > limit:
        raise TooLarge(f"The body unpacks to more than {limit} bytes.", hint="Send smaller batches.")
    return content


def decode_event(content: bytes, sent_at: str | None) -> Body:
    """One event; its `sent_at` may stand in the header or at its top level."""
    if b'"sent_at"' not in content and content[:1] == b"{":
        return Body(content, [Raw(content)], _clock(sent_at))
    event = _parse(content)
    if not isinstance(event, dict):
        raise Unparsable("The body is no JSON object.", hint="Send one event as an object.", position=0)
    inside = event.pop("sent_at", None)
    return Body(content, [event], _clock(sent_at if sent_at is not None else inside))


def decode_batch(
    content: bytes, media_type: str, sent_at: str | None, read_envelope: ReadEnvelope = lambda _: None
) -> Body:
    """The envelope {"sent_at", "events": [...]}, or NDJSON (one event a line, `sent_at` in a header).

    Raises:
        Unparsable: with the position where reading stopped.
        TooLarge: more events than a batch may hold.
    """
    if media_type in ("application/x-ndjson", "application/ndjson", "application/jsonl"):
        body = Body(content, _lines(content), _clock(sent_at))
    else:
        events, inside = read_envelope(content) or _enveloped(content)
        body = Body(content, events, _clock(sent_at if sent_at is not None else inside))
    if len(body.events) > LIMITS.batch_events:
        raise TooLarge(f"The batch holds {len(body.events)} events, more than {LIMITS.batch_events}.", hint="Split it.")
    return body


def _enveloped(content: bytes) -> tuple[Sequence[object], object]:
    """Events and `sent_at`; the events unread where the envelope is the usual one."""
    try:
        usual = _read_envelope(content)
    except (ValueError, RecursionError):
        envelope = _parse(content)
    else:
        return usual.events, usual.sent_at
    events = envelope.get("events") if isinstance(envelope, dict) else None
    if not isinstance(envelope, dict) or not isinstance(events, list):
        raise Unparsable(
            "The body has no array `events`.",
            hint='Send {"sent_at": ..., "events": [...]}, or NDJSON.',
            position=0,
        )
    return events, envelope.get("sent_at")


def _parse(content: bytes) -> object:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as broken:
        raise Unparsable(
            f"The body is not JSON: {broken.msg} at line {broken.lineno}, column {broken.colno}.",
            hint="Send UTF-8 JSON.",
            position=broken.pos,
            code="malformed_json",
        ) from broken


def _lines(content: bytes) -> list[object]:
    events: list[object] = []
    position = 0
    for line in content.split(b"\n"):
        if line.strip():
            try:
                events.append(orjson.loads(line))
            except orjson.JSONDecodeError as broken:
                events.append(BrokenLine(line, position + broken.pos, broken.msg))
        position += len(line) + 1
    return events


def _clock(sent_at: object) -> datetime | None:
    if sent_at is None:
        return None
    parsed = parse_timestamp(sent_at) if isinstance(sent_at, str) else None
    if parsed is None:
        raise Unparsable(
            "`sent_at` is no ISO 8601 timestamp with offset.",
            hint="Send the clock of the sender at sending, such as 2026-11-05T08:30:00Z.",
            code="sent_at_invalid",
        )
    return parsed
