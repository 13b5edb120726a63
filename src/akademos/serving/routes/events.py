"""The intake door: POST /v1/events and /v1/events/batch.

Plain ASGI, because this is the hot path; the OpenAPI description is in `event_openapi`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

import orjson
from starlette.types import Receive, Scope, Send

from akademos.catalogue.policies import LIMITS
from akademos.errors import AkademosError, Forbidden, InputError, TooLarge, Unauthenticated
from akademos.intake.rate import Rate, TokenBuckets
from akademos.intake.receive import Answer, Intake
from akademos.serving import problems
from akademos.serving.door_protocol import Reply
from akademos.serving.routes.browser_events import BEACON, BrowserDoor, Extra
from akademos.serving.surroundings import SECURITY, duration, security_headers
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

Body: TypeAlias = Callable[[], Awaitable[bytes]]
"""Reads the body, once it is known who sends it."""

Answering: TypeAlias = Callable[[Headers, Body], Awaitable[bytes]]
FromPage: TypeAlias = Callable[[str, str, Headers, Body, Extra], Awaitable[bytes | None]]
"""(path, address of the client, headers, body, headers of the answer) -> the answer to a page, if it is one."""


class EventDoor:
    """Authenticates, meters and answers; what it means is `intake.receive`."""

    def __init__(
        self, intake: Intake, keys: ApiKeys, browser: BrowserDoor | None = None, *, buckets: TokenBuckets | None = None
    ) -> None:
        self._intake = intake
        self._keys = keys
        self._browser = browser
        self._known: dict[str, tuple[float, ApiKey | None]] = {}
        self._buckets = buckets or TokenBuckets()

    def addresses(self) -> dict[str, Address]:
        """What answers, by path."""
        answers = {"/v1/events": self.single, "/v1/events/batch": self.batch}
        if self._browser is None:
            return {path: Address(path, answer) for path, answer in answers.items()}
        answers[BEACON] = self.beacon
        return {path: Address(path, answer, self.from_page) for path, answer in answers.items()}

    async def from_page(self, path: str, client: str, headers: Headers, body: Body, extra: Extra) -> bytes | None:
        """The answer to a page, or None when it is answered as any other sender."""
        if self._browser is None or not self._browser.concerns(path, headers):
            return None
        return await self._browser.answer(self, path, client, headers, body, extra)

    async def beacon(self, headers: Headers, body: Body) -> bytes:
        """A beacon comes from a page, and a page's request says from which origin."""
        raise Forbidden(
            "The request names no origin.",
            hint="Send beacons from a page; servers have /v1/events/batch.",
            code="origin_not_allowed",
        )

    async def single(self, headers: Headers, body: Body) -> bytes:
        """One event: 200 with its verdict, 422 when it was rejected."""
        key = await self.authenticate(headers)
        self.meter(key, 1)
        content = await body()
        answer = await self._intake.single(key, content, _text(headers, b"content-encoding"), _sent_at(headers))
        return self.single_answer(answer, {})

    def single_answer(self, answer: Answer, more: Mapping[str, object]) -> bytes:
        """The reply to one event; raises when it was rejected."""
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
        return orjson.dumps({"received_at": answer.received_at.isoformat(), **verdict, **more})

    async def batch(self, headers: Headers, body: Body) -> bytes:
        """Up to a thousand events: 200 with a verdict for each, even if all are bad."""
        key = await self.authenticate(headers)
        self.meter(key, 0)
        content = await body()
        answer = await self._intake.batch(
            key, content, _text(headers, b"content-encoding"), self.media_type(headers), _sent_at(headers)
        )
        self.charge(key, answer)
        return orjson.dumps(answer.as_json())

    async def authenticate(self, headers: Headers) -> ApiKey:
        """The secret key that a request shows, if it may send events."""
        scheme, _, secret = _text(headers, b"authorization").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise Unauthenticated(
                "No API key was sent.",
                hint="Send `Authorization: Bearer <key>`; `akademos tenant key` makes one.",
            )
        key = await self.key_of(secret)
        if "ingest" not in key.scopes:
            raise Forbidden(
                "The API key may not send events from here.",
                hint="Use a key with scope `ingest`; a publishable key works from the pages of its origins only.",
                code="scope_missing",
            )
        return key

    async def key_of(self, secret: str) -> ApiKey:
        """The key that a sender has shown; looked up again after two seconds."""
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
        return key

    def media_type(self, headers: Headers) -> str:
        """What a batch says it is."""
        return _text(headers, b"content-type", "application/json").partition(";")[0].strip().lower()

    def sent_at(self, headers: Headers) -> str | None:
        """The sender's clock, from its header."""
        return _sent_at(headers)

    def meter(self, key: ApiKey, events: int) -> None:
        """Refuse when the key's rate is used up."""
        self._buckets.take(key.key_id.encode(), Rate(key.rate_per_s, key.burst), events, time.monotonic())

    def charge(self, key: ApiKey, answer: Answer) -> None:
        """Count the events of a batch."""
        # How many events a batch holds is known only when it is decoded: charged afterwards, felt by the next.
        rate = Rate(key.rate_per_s, key.burst)
        self._buckets.charge(key.key_id.encode(), rate, len(answer.verdicts), time.monotonic())


class Address:
    """One address: what `answer` returns is the JSON of a 200, what it raises a problem.

    An ASGI application of its own, and a door of `serving.door_protocol`, which no page gets to.
    """

    def __init__(self, path: str, answer: Answering, from_page: FromPage | None = None) -> None:
        self._path = path
        self._answer = answer
        self._from_page = from_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose body is still on its way."""
        headers = dict(scope["headers"])
        extra: Extra = []
        answer = self._answer
        if self._from_page is not None and b"origin" in headers:
            answer = self._to_page(scope, extra)
        reply = await self._reply(answer, headers, lambda: _content(headers, receive), security_headers(scope))
        status, raw, content = reply
        await send({"type": "http.response.start", "status": status, "headers": [*raw, *extra]})
        await send({"type": "http.response.body", "body": content})

    def _to_page(self, scope: Scope, extra: Extra) -> Answering:
        client = scope.get("client")
        host = client[0] if client else ""

        async def answer(headers: Headers, body: Body) -> bytes:
            found = self._from_page and await self._from_page(self._path, host, headers, body, extra)
            return await self._answer(headers, body) if found is None else found

        return answer

    async def reply(self, headers: Headers, content: bytes) -> Reply:
        """Answer a request that is whole."""

        async def given() -> bytes:
            return content

        return await self._reply(self._answer, headers, given, SECURITY)

    async def _reply(
        self, answer: Answering, headers: Headers, body: Body, security: list[tuple[bytes, bytes]]
    ) -> Reply:
        started = time.perf_counter()
        try:
            content = await answer(headers, body)
        except Exception as raised:  # noqa: BLE001 -- the last layer: nobody beyond would answer
            error = raised if isinstance(raised, AkademosError) else problems.unexpected(raised)
            response = problems.problem_response(error, self._path)
            reply = Reply(response.status_code, [*response.raw_headers, *security], bytes(response.body))
        else:
            reply = Reply(200, [(b"content-length", b"%d" % len(content)), _JSON, _NO_SNIFFING], content)
        duration(self._path, reply.status).observe(time.perf_counter() - started)
        return reply


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
