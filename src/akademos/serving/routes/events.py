"""The intake door: POST /v1/events and /v1/events/batch.

Plain Starlette endpoints, because this is the hot path; their OpenAPI description is in `event_openapi`.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from akademos.catalogue.policies import LIMITS
from akademos.errors import Forbidden, InputError, TooLarge, Unauthenticated
from akademos.intake.rate import TokenBucket
from akademos.intake.receive import Answer, Intake
from akademos.stores.ports.api_keys import ApiKey, ApiKeys

KEY_CACHE_S = 2.0
"""A revoked key is refused after this many seconds at the latest."""

SENT_AT_HEADER = "Akademos-Sent-At"


class EventDoor:
    """Authenticates, meters and answers; what it means is `intake.receive`."""

    def __init__(self, intake: Intake, keys: ApiKeys) -> None:
        self._intake = intake
        self._keys = keys
        self._known: dict[str, tuple[float, ApiKey | None]] = {}
        self._buckets: dict[str, TokenBucket] = {}

    def routes(self) -> list[Route]:
        """The routes to mount."""
        return [
            Route("/v1/events", self.single, methods=["POST"], name="post_event"),
            Route("/v1/events/batch", self.batch, methods=["POST"], name="post_event_batch"),
        ]

    async def single(self, request: Request) -> Response:
        """One event: 200 with its verdict, 422 when it was rejected."""
        key = await self._authenticate(request)
        self._meter(key, 1)
        headers = request.headers
        content = await _content(request)
        answer = await self._intake.single(
            key, content, headers.get("content-encoding", ""), headers.get(SENT_AT_HEADER)
        )
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
        return _json({"received_at": answer.received_at.isoformat(), **verdict})

    async def batch(self, request: Request) -> Response:
        """Up to a thousand events: 200 with a verdict for each, even if all are bad."""
        key = await self._authenticate(request)
        self._meter(key, 0)
        headers = request.headers
        content = await _content(request)
        media_type = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        answer = await self._intake.batch(
            key, content, headers.get("content-encoding", ""), media_type, headers.get(SENT_AT_HEADER)
        )
        self._charge(key, answer)
        return _json(answer.as_json())

    async def _authenticate(self, request: Request) -> ApiKey:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
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


async def _content(request: Request) -> bytes:
    limit = LIMITS.body_bytes
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise _body_too_large(limit)
    chunks: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise _body_too_large(limit)
            chunks.append(chunk)
    except ClientDisconnect:
        raise InputError("The sender hung up before the body was complete.", hint="Send it again.") from None
    return b"".join(chunks)


def _body_too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body has more than {limit} bytes.", hint="Send smaller batches.")


def _json(content: dict[str, Any]) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
