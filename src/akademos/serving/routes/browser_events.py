"""Events from browsers: publishable keys bound to origins, user tokens of the host, sendBeacon, and CORS.

A browser says from which origin a page sends, and no page can make it say another one. The key must be bound to that
very origin; a program outside a browser can claim any, so nothing rests on a publishable key but what anybody may say
about themself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from akademos.catalogue.policies import LIMITS
from akademos.errors import Forbidden, InputError, TooLarge, Unauthenticated
from akademos.intake.decode import Unparsable
from akademos.intake.rate import Rate, TokenBuckets
from akademos.intake.receive import Intake
from akademos.privacy.identity import address_name
from akademos.privacy.pseudonyms import Keys
from akademos.serving.user_tokens import UserTokens
from akademos.stores.ports.api_keys import BROWSER_SCOPE, ApiKey, ApiKeys
from akademos.stores.ports.identity import Salts

if TYPE_CHECKING:
    from akademos.serving.routes.events import Body, EventDoor, Headers

BEACON = "/v1/events/beacon"
SINGLE = "/v1/events"
SALT = "/v1/identity/salt"
ADDRESSES = (SINGLE, "/v1/events/batch", BEACON, SALT)
USER_TOKEN_HEADER = "Akademos-User-Token"  # noqa: S105 -- the name of a header

_USER_TOKEN = USER_TOKEN_HEADER.lower().encode()
_PUBLISHABLE = b"bearer pk_"
_ALLOWED = f"Authorization, Content-Type, Content-Encoding, Akademos-Sent-At, {USER_TOKEN_HEADER}"
PREFLIGHT_S = 600
ORIGINS_KEPT = 1_000
ORIGIN_CACHE_S = 2.0
_NETWORK = Rate(LIMITS.address_events_per_s, LIMITS.address_burst)

Extra = list[tuple[bytes, bytes]]
"""Headers that the answer carries, once the origin may read it."""


class _Beacon(msgspec.Struct):
    key: str
    user_token: str | None = None


_read_beacon = msgspec.json.Decoder(_Beacon).decode


class BrowserDoor:
    """What the event door asks when a request comes from a page.

    Args:
        intake: takes the events.
        api_keys: for preflights, which name an origin and no key.
        tokens: of users.
        salts: of clients' hashes.
        keys: names addresses for rate limits.
        clock: the installation's.
    """

    def __init__(
        self,
        intake: Intake,
        api_keys: ApiKeys,
        tokens: UserTokens,
        salts: Salts,
        keys: Keys,
        *,
        clock: Callable[[], datetime],
        buckets: TokenBuckets | None = None,
    ) -> None:
        self._intake = intake
        self._api_keys = api_keys
        self._tokens = tokens
        self._salts = salts
        self._keys = keys
        self._clock = clock
        self._origins: dict[str, tuple[float, bool]] = {}
        self._buckets = buckets or TokenBuckets()

    def routes(self, door: EventDoor) -> list[Route]:
        """The preflights of all addresses that pages of other origins may ask, and the salt."""

        async def salt(request: Request) -> Response:
            return await self._salt(door, request)

        return [
            *(Route(path, self._preflight, methods=["OPTIONS"]) for path in ADDRESSES),
            Route(SALT, salt, methods=["GET"]),
        ]

    async def _preflight(self, request: Request) -> Response:
        """Whether a page may ask at all: its origin is bound to a key that works."""
        origin = request.headers.get("origin", "")
        if not await self._known(origin):
            return Response(status_code=403, headers={"Vary": "Origin"})
        return Response(
            status_code=204,
            headers={
                "Access-Control-Allow-Origin": origin,
                "Access-Control-Allow-Methods": "GET, POST",
                "Access-Control-Allow-Headers": _ALLOWED,
                "Access-Control-Max-Age": str(PREFLIGHT_S),
                "Vary": "Origin",
            },
        )

    async def _salt(self, door: EventDoor, request: Request) -> Response:
        """The salt that clients put into their hashes, and the one before it while that counts."""
        headers = dict(request.scope["headers"])
        extra: Extra = []
        if b"origin" in headers and self.concerns(SALT, headers):
            key = self._bound(await door.key_of(_bearer(headers)), request.headers["origin"], extra)
        else:
            key = await door.authenticate(headers)
        counting = [one for one in await asyncio.to_thread(self._salts.salts, key.tenant_id) if one.counts]
        present, *before = ({"version": one.version, "salt": one.salt} for one in counting)
        response = Response(
            orjson.dumps({**present, "previous": before[0] if before else None}),
            headers={"Cache-Control": "no-store"},
            media_type="application/json",
        )
        response.raw_headers += extra
        return response

    async def _known(self, origin: str) -> bool:
        now = time.monotonic()
        known = self._origins.get(origin)
        if known is None or now - known[0] > ORIGIN_CACHE_S:
            if len(self._origins) >= ORIGINS_KEPT:
                self._origins.clear()
            known = self._origins[origin] = now, await asyncio.to_thread(self._api_keys.origin_known, origin[:300])
        return known[1]

    def concerns(self, path: str, headers: Headers) -> bool:
        """Whether a request with an origin is one of ours; a secret key that a page sends is answered as any other."""
        return path == BEACON or headers.get(b"authorization", b"")[: len(_PUBLISHABLE)].lower() == _PUBLISHABLE

    async def answer(
        self, door: EventDoor, path: str, client: str, headers: Headers, body: Body, extra: Extra
    ) -> bytes:
        """Take one event or many."""
        content: bytes | None = None
        token = headers.get(_USER_TOKEN, b"").decode("latin-1") or None
        if path == BEACON:
            content = await body()
            beacon = _beacon(content)
            secret, token = beacon.key, beacon.user_token
        else:
            secret = _bearer(headers)
        key = self._bound(await door.key_of(secret), headers[b"origin"].decode("latin-1"), extra)
        network = address_name(self._keys.derived(key.tenant_id, "addresses"), self._clock().date(), client)
        door.meter(key, 0)
        self._buckets.take(network, _NETWORK, 0, time.monotonic())
        if content is None:
            content = await body()
        user_id, problem = await self._user(key.tenant_id, token)
        answer = await self._intake.from_browser(
            key,
            content,
            headers.get(b"content-encoding", b"").decode("latin-1"),
            "application/json" if path == BEACON else door.media_type(headers),
            door.sent_at(headers),
            user_id=user_id,
            single=path == SINGLE,
        )
        door.charge(key, answer)
        self._buckets.charge(network, _NETWORK, len(answer.verdicts), time.monotonic())
        said: dict[str, Any] = {} if problem is None else {"user_token": problem}
        if path == SINGLE:
            return door.single_answer(answer, said)
        return orjson.dumps({**answer.as_json(), **said})

    def _bound(self, key: ApiKey, origin: str, extra: Extra) -> ApiKey:
        if BROWSER_SCOPE not in key.scopes:
            raise Unauthenticated(
                "The key is not publishable.", hint="Pages send a publishable key; secret keys stay on servers."
            )
        if origin not in key.origins:
            raise Forbidden(
                "The key is not bound to the origin of this page.",
                hint="Make a key for it with `akademos tenant key publish`; origins must be equal, letter by letter.",
                code="origin_not_allowed",
            )
        extra += [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-expose-headers", b"Retry-After"),
            (b"vary", b"Origin"),
        ]
        return key

    async def _user(self, tenant_id: str, token: str | None) -> tuple[str | None, str | None]:
        """Whom the host vouches for, and why a token that was sent proves nothing."""
        if token is None:
            return None, None
        try:
            return await self._tokens.user_of(tenant_id, token), None
        except Unauthenticated as refused:
            return None, refused.code


def _bearer(headers: Headers) -> str:
    return headers[b"authorization"].decode("latin-1").partition(" ")[2].strip()


def _beacon(content: bytes) -> _Beacon:
    if len(content) > LIMITS.body_bytes:
        raise TooLarge("The body is too large.", hint="Send smaller batches.")
    try:
        return _read_beacon(content)
    except msgspec.ValidationError as missing:
        raise InputError(
            "The body names no key.", hint='Send {"key": "pk_...", "events": [...]}.', code="key_missing"
        ) from missing
    except (msgspec.DecodeError, RecursionError) as broken:
        raise Unparsable("The body is not JSON.", hint="Send UTF-8 JSON.", code="malformed_json") from broken
