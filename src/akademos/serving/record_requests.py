"""What a request about records says: keys in addresses, versions in headers, filters in the query, the body."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import quote

import orjson
from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request

from akademos.catalogue.records.declaration import Field, Record
from akademos.catalogue.records.policies import RECORD_LIMITS
from akademos.catalogue.records.values import SOURCE_REFERENCE, instant_of, key_of, value_of
from akademos.errors import AkademosError, InputError, VersionNeeded
from akademos.stores.ports.audit import Json
from akademos.stores.ports.record_store import Key, ListQuery

SINCE = ("updated_since", "created_since")
OTHERS = (*SINCE, "q", "limit", "cursor")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_ENCODED = re.compile(r"(?:~[0-9A-Fa-f]{2})+")
_TAG = re.compile(r'"([0-9]{1,18})"')


async def bounded_body(request: Request, most: int) -> bytes:
    """The body, of so many bytes at most.

    Raises:
        HTTPException: it is larger (413).
    """
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > most:
        raise HTTPException(413)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            raise HTTPException(413)
    return bytes(content)


async def body_of(request: Request) -> object:
    """The body as JSON, an empty one as an empty object.

    Raises:
        AkademosError: it is no JSON (400), or too large (413).
    """
    content = await bounded_body(request, RECORD_LIMITS.body_bytes)
    if not content:
        return {}
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise AkademosError(
            "The body is not JSON.", hint="Send one JSON object.", code="malformed_json", status=400
        ) from None


def id_of(key: Sequence[Json]) -> str:
    """A row's key in one text that can stand in an address as it is: its parts, parted by commas, whatever is not plain
    in them as ~ and the hexadecimal code of its UTF-8 bytes.

    Example:
        >>> id_of(["final", "", "decimals/2"])
        'final,,decimals~2F2'
    """
    parts = ("" if part is None else str(part) for part in key)
    return ",".join(quote(part, safe="").replace("~", "%7E").replace("%", "~") for part in parts)


def address_of(record: Record, key: Sequence[Json]) -> str:
    """Where a row is."""
    return f"/v1/records/{record.collection}/{id_of(key)}"


def key_in(record: Record, text: str) -> Key:
    """The key that an address names.

    Raises:
        InputError: it does not fit the record.
    """
    return key_of(record, [_ENCODED.sub(_decoded, part) for part in text.split(",")])


def _decoded(found: re.Match[str]) -> str:
    return bytes.fromhex(found[0].replace("~", "")).decode(errors="surrogateescape")


def version_in(if_match: str | None, *, needed: bool) -> int | None:
    """The version that a change was made upon; None for whichever there is (`*`, or nothing where none is needed).

    Raises:
        VersionNeeded: nothing is said, and must be.
        InputError: it is no version.
    """
    if if_match is None:
        if needed:
            raise VersionNeeded(
                "The change does not say which version it was made upon.",
                hint="Send the ETag of what you read in the header If-Match.",
                pointer="/header/If-Match",
            )
        return None
    if if_match.strip() == "*":
        return None
    tag = _TAG.fullmatch(if_match.strip())
    if tag is None:
        raise InputError(
            "The header If-Match holds no version.",
            hint='Send the ETag as it came, like "3".',
            code="version_invalid",
            pointer="/header/If-Match",
        )
    return int(tag[1])


def unchanged(if_none_match: str | None, version: int) -> bool:
    """Whether the asker has this version already."""
    if if_none_match is None:
        return False
    tags = [one.strip().removeprefix("W/") for one in if_none_match.split(",")]
    return "*" in tags or f'"{version}"' in tags


def request_key(header: str | None) -> str | None:
    """The header Idempotency-Key.

    Raises:
        InputError: empty, longer than 255 characters, or with control characters.
    """
    if header is not None and (not header or len(header) > 255 or _CONTROL.search(header)):
        raise InputError(
            "The Idempotency-Key is empty, longer than 255 characters, or holds control characters.",
            hint="Send a random one for each request.",
            code="idempotency_key_invalid",
            pointer="/header/Idempotency-Key",
        )
    return header


def list_query(record: Record, query: QueryParams) -> ListQuery:
    """What a list is asked for.

    Raises:
        InputError: an unknown parameter, or a value that does not fit.
    """
    filters = {one.outside: one for one in (*record.look_ups, SOURCE_REFERENCE)}
    for name in query:
        if name not in filters and name not in (*OTHERS, "reason"):
            raise _wrong(name, f"`{name[:80]}` is no filter of {record.collection}; known: {', '.join(filters)}.")
    for name in query:
        if len(query.getlist(name)) > 1:
            raise _wrong(name, f"`{name[:80]}` comes twice.")
    text = query.get("q")
    if text is not None and (not text or len(text) > 200 or _CONTROL.search(text)):
        raise _wrong("q", "`q` is empty, longer than 200 characters, or holds control characters.")
    if text is not None and not any(one.searched for one in record.fields):
        raise _wrong("q", f"{record.collection} are not searched by text.")
    limit = query.get("limit", str(RECORD_LIMITS.page_usual))
    if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= RECORD_LIMITS.page:
        raise _wrong("limit", f"`limit` is no number from 1 to {RECORD_LIMITS.page}.")
    return ListQuery(
        equal={one.name: _filter(one, query[name]) for name, one in filters.items() if name in query},
        updated_since=_since("updated_since", query),
        created_since=_since("created_since", query),
        text=text,
        after=_place(query.get("cursor")),
        limit=int(limit),
    )


def cursor_of(after: tuple[str, ...]) -> str:
    """A place in a list as one text."""
    return base64.urlsafe_b64encode(orjson.dumps(list(after))).decode().rstrip("=")


def _place(cursor: str | None) -> tuple[str, ...] | None:
    if cursor is None:
        return None
    try:
        parts = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        parts = None
    if not isinstance(parts, list) or not all(isinstance(part, str) and not _CONTROL.search(part) for part in parts):
        raise _wrong("cursor", "The cursor is none of ours.", "cursor_invalid")
    return tuple(parts)


def _since(name: str, query: QueryParams) -> datetime | None:
    if name not in query:
        return None
    try:
        return instant_of(name, query[name], f"/query/{name}")
    except InputError as wrong:
        wrong.status = InputError.status
        raise


def _filter(one: Field, text: str) -> object:
    value: object = text
    if one.kind == "boolean":
        value = {"true": True, "false": False}.get(text, text)
    elif one.kind in ("integer", "number"):
        try:
            value = int(text) if one.kind == "integer" else float(text)
        except ValueError:
            value = text
    found = _as_400(one, value, one.outside)
    return found.isoformat() if isinstance(found, date) else found


def _as_400(one: Field, value: object, name: str) -> object:
    try:
        return value_of(one, value, f"/query/{name}")
    except InputError as wrong:
        wrong.status = InputError.status
        raise


def _wrong(name: str, reason: str, code: str = "parameter_invalid") -> InputError:
    return InputError(
        reason, hint="The filters of each record are in /v1/openapi.json.", code=code, pointer=f"/query/{name[:80]}"
    )
