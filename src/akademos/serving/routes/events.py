"""The intake door: POST /v1/events and /v1/events/batch.

Plain ASGI, because this is the hot path; the OpenAPI description is in `event_openapi`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import orjson
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from akademos.catalogue.policies import LIMITS
from akademos.errors import AkademosError, Forbidden, InputError, TooLarge, Unauthenticated
from akademos.intake.rate import TokenBucket
from akademos.intake.receive import Answer, Intake
from akademos.serving import problems
from akademos.serving.surroundings import duration, security_headers
from akademos.stores.ports.api_keys import ApiKey, ApiKeys

KEY_CACHE_S = 2.0
"""A revoked key is refused after this many seconds at the latest."""

SENT_AT_HEADER = "Akademos-Sent-At"
_SENT_AT = SENT_AT_HEADER.lower().encode()
_JSON = (b"content-type", b"application/json")
_NO_SNIFFING = (b"x-content-type-options", b"nosniff")
"""Of the headers that pages need, the one that JSON for a program needs too; each costs the hot path a microsecond."""

Headers: TypeAlias = Mapping[bytes, bytes]
"""By name in lower case; of a header sent twice the last counts."""


class EventDoor:
    """Authenticates, meters and answers; what it means is `intake.receive`."""

    def __init__(self, intake: Intake, keys: ApiKeys) -> None:
        self._intake = intake
        self._keys = keys
        self._known: dict[str, tuple[float, ApiKey | None]] = {}
        self._buckets: dict[str, TokenBucket] = {}

    def routes(self) -> list[Route]:
        """The routes to mount; their endpoints are ASGI applications."""
        answers = {"/v1/events": self.single, "/v1/events/batch": self.batch}
        return [Route(path, Address(path, answer), methods=["POST"]) for path, answer in answers.items()]

    async def single(self, headers: Headers, receive: Receive) -> bytes:
        """One event: 200 with its verdict, 422 when it was rejected."""
        key = await self._authenticate(headers)
        self._meter(key, 1)
        content = await _content(headers, receive)
        answer = await self._intake.single(key, content, _text(headers, b"content-encoding"), _sent_at(headers))
        verdict = answer.verdicts[0]
        rejected = verdict["verdict"] == "rejected"
        if rejected and verdict.get("code") == "too_large":
            raise TooLarge("The event is too large.", hint=verdict["hint"])
        if rejected:
            raise InputError(
                "The event was rejected.",
                hint=verdict["hint"],
                code=verdict["code"],
                pointer=verdict["pointer"],
                status=422,
            )
        return orjson.dumps({"received_at": answer.received_at.isoformat(), **verdict})

    async def batch(self, headers: Headers, receive: Receive) -> bytes:
        """Up to a thousand events: 200 with a verdict for each, even if all are bad."""
        key = await self._authenticate(headers)
        self._meter(key, 0)
        content = await _content(headers, receive)
        media_type = _text(headers, b"content-type", "application/json").partition(";")[0].strip().lower()
        answer = await self._intake.batch(
            key, content, _text(headers, b"content-encoding"), media_type, _sent_at(headers)
        )
        self._charge(key, answer)
        return orjson.dumps(answer.as_json())

    async def _authenticate(self, headers: Headers) -> ApiKey:
        scheme, _, secret = _text(headers, b"authorization").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise Unauthenticated(
                "No API key was sent.",
                hint="Send `Authorization: Bearer <key>`; `akademos tenant key` makes one.",
            )
        known = self._known.get(secret)
        now = time.monotonic()
        if known is None or now - known[0] > KEY_CACHE_S:
            if len(self._known) > 10_000:
                self._known.clear()
            known = now, await asyncio.to_thread(self._keys.find, secret)
            self._known[secret] = known
        key = known[1]
        if key is None:
            raise Unauthenticated("The API key is not known or was revoked.", hint="Ask the tenant for a new one.")
        if "ingest" not in key.scopes:
            raise Forbidden(
                "The API key may not send events.",
                hint="Use a key with scope `ingest`.",
                code="scope_missing",
            )
        return key

    def _bucket(self, key: ApiKey) -> TokenBucket:
        bucket = self._buckets.get(key.key_id)
        if bucket is None or (bucket.rate, bucket.burst) != (key.rate_per_s, key.burst):
            bucket = self._buckets[key.key_id] = TokenBucket(key.rate_per_s, key.burst, time.monotonic())
        return bucket

    def _meter(self, key: ApiKey, events: int) -> None:
        self._bucket(key).take(events, time.monotonic())

    def _charge(self, key: ApiKey, answer: Answer) -> None:
        # How many events a batch holds is known only when it is decoded: charged afterwards, felt by the next.
        self._bucket(key).charge(len(answer.verdicts), time.monotonic())


class Address:
    """One address as an ASGI application of its own: what it returns is the JSON of a 200, what it raises a problem."""

    def __init__(self, path: str, answer: Callable[[Headers, Receive], Awaitable[bytes]]) -> None:
        self._path = path
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        started = time.perf_counter()
        try:
            content, status = await self._answer(dict(scope["headers"]), receive), 200
        except Exception as raised:  # noqa: BLE001 -- the last layer: nobody beyond would answer
            error = raised if isinstance(raised, AkademosError) else problems.unexpected(raised)
            response = problems.problem_response(error, self._path)
            response.raw_headers += security_headers(scope)
            await response(scope, receive, send)
            status = response.status_code
        else:
            length = (b"content-length", b"%d" % len(content))
            headers = [length, _JSON, _NO_SNIFFING]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": content})
        duration(self._path, status).observe(time.perf_counter() - started)


def _text(headers: Headers, name: bytes, otherwise: str = "") -> str:
    found = headers.get(name)
    return otherwise if found is None else found.decode("latin-1")


def _sent_at(headers: Headers) -> str | None:
    return _text(headers, _SENT_AT) or None


async def _content(headers: Headers, receive: Receive) -> bytes:
    limit = LIMITS.body_bytes
    declared = headers.get(b"content-length", b"")
    if declared.isdigit() and int(declared) > limit:
        raise _body_too_large(limit)
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body") and len(message["body"]) <= limit:
        return bytes(message["body"])
    chunks: list[bytes] = []
    size = 0
    while True:
        if message["type"] == "http.disconnect":
            raise InputError("The sender hung up before the body was complete.", hint="Send it again.")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > limit:
            raise _body_too_large(limit)
        if not message.get("more_body"):
            return b"".join(chunks)
        message = await receive()


def _body_too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body has more than {limit} bytes.", hint="Send smaller batches.")
