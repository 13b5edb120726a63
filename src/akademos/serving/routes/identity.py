"""/v1/identify: a host says who is whom. /v1/identity: administrators look at merges, make them and undo them."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query
from pydantic import UUID4, BaseModel, ConfigDict, Field
from starlette.responses import Response

from akademos.catalogue.core_properties import SHA256_PATTERN
from akademos.errors import Forbidden, InputError
from akademos.intake.check import hashes
from akademos.serving.merge_preview import previewed, require_administrator
from akademos.serving.principal import name_of
from akademos.serving.problems import documented
from akademos.serving.services import Asker, Served
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.identity import Identifier, Login, Merge

router = APIRouter(tags=["identity"], route_class=SmallBodyRoute)

SCOPE = "ingest"
REASON_LENGTH = 500

_Hash = Annotated[str | None, Field(None, pattern=f"^(?:{SHA256_PATTERN})$")]
_Reason = Annotated[
    str, Field(min_length=1, max_length=REASON_LENGTH, description="Why; kept in the log, so it names nobody.")
]
_Handle = Annotated[str, Query(description="user_id, anonymous_id or key.")]


class Identify(BaseModel):
    """A host's word about one user: the device's anonymous_id, and hashes that the client made."""

    model_config = ConfigDict(extra="forbid")

    user_id: Annotated[str, Field(min_length=1, max_length=256)]
    anonymous_id: UUID4 | None = None
    pii_hash: _Hash
    pii_hash_previous: _Hash
    phone_hash: _Hash
    phone_hash_previous: _Hash
    pii_salt_version: Annotated[int | None, Field(None, ge=1, le=1_000_000)]


class Identified(BaseModel):
    """What came of it."""

    outcome: Literal["linked", "same_person", "unknown", "two_users", "undone_before", "staff", "no_anonymous_id"] = (
        Field(description="Of the anonymous_id; `unknown` when nothing is held of it.")
    )
    merged: int = Field(description="How many people the hashes joined.")


class MergeWanted(BaseModel):
    """Two people to be made one."""

    model_config = ConfigDict(extra="forbid")

    first: str = Field(min_length=1, max_length=256, description="user_id, anonymous_id or key.")
    second: str = Field(min_length=1, max_length=256, description="user_id, anonymous_id or key.")
    reason: _Reason
    confirm: bool = Field(
        default=False, description="That two authenticated users, or people taken apart before, are one person."
    )


class UndoWanted(BaseModel):
    """Why a merge is taken back."""

    model_config = ConfigDict(extra="forbid")

    reason: _Reason


class MergeLine(BaseModel):
    """A merge in the log."""

    merge_id: str
    first_key: str
    second_key: str
    evidence: str
    reason: str | None
    merged_by: str
    merged_at: str
    undone_by: str | None
    undone_reason: str | None
    undone_at: str | None


class SideShown(BaseModel):
    """One of two people."""

    keys: list[str]
    users: int
    events: int = Field(description="How many events the core holds, of all types together.")
    consents: dict[str, bool]


class PreviewShown(BaseModel):
    """What a merge would join."""

    first: SideShown
    second: SideShown
    person_key: str
    consents: dict[str, bool]
    refusal: str | None


class MergesShown(BaseModel):
    """The log."""

    merges: list[MergeLine]


class SuggestionShown(BaseModel):
    """Two people who share a hash."""

    first_key: str
    second_key: str
    kind: str
    users: int


class SuggestionsShown(BaseModel):
    """People who share a hash and are not one."""

    suggestions: list[SuggestionShown]


def _answers(model: type[BaseModel], *statuses: int) -> dict[str, Any]:
    return {
        "response_class": Response,
        "responses": {200: {"model": model, "description": "Done."}, **documented(400, 401, 403, *statuses, 503)},
    }


@router.post("/v1/identify", **_answers(Identified, 413, 422))
def identify(services: Served, principal: Asker, said: Identify) -> Response:
    """Link a device to the user who signed in there; for servers, with a secret key."""
    if principal.role != "service" or SCOPE not in principal.scopes:
        raise Forbidden(
            "Who is whom is said by the host's server.", hint="Use a secret key with scope `ingest`.", code="role"
        )
    content = said.model_dump(exclude_none=True)
    if ("pii_salt_version" in content) is not any(name.endswith(("hash", "hash_previous")) for name in content):
        raise InputError(
            "Hashes and the version of their salt come together.",
            hint="GET /v1/identity/salt tells the version.",
            code="salt_version_missing",
            pointer="/pii_salt_version",
        )
    user = Identifier("user", name_of(said.user_id, "user_id", "/user_id"))
    by, tenant = f"key:{principal.user_id}", principal.tenant_id
    outcome = "no_anonymous_id"
    if said.anonymous_id is not None:
        login = Login(user, Identifier("anonymous", str(said.anonymous_id)))
        outcome = services.identity.login(tenant, login, by=by)
    merged = sum(services.identity.note_hash(tenant, seen, by=by) for seen in hashes(content, user))
    return _json({"outcome": outcome, "merged": merged})


@router.get("/v1/identity/preview", **_answers(PreviewShown, 404))
def preview(
    services: Served,
    principal: Asker,
    first: _Handle,
    second: _Handle,
    reason: Annotated[
        str, Query(min_length=1, max_length=REASON_LENGTH, description="Why; both people find it beside the look.")
    ],
) -> Response:
    """What a merge would join: how much there is of each, consents of both, and whether it may be; changes nothing."""
    found = previewed(
        services,
        principal,
        (first, second),
        ("/query/first", "/query/second"),
        what="GET /v1/identity/preview",
        reason=_reason(reason, "/query/reason"),
    )
    return _json(asdict(found))


@router.get("/v1/identity/merges", **_answers(MergesShown))
def merges(services: Served, principal: Asker, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
    """Merges, the newest first: on what evidence, by whom, and which are undone."""
    require_administrator(principal)
    return _json({"merges": [_line(one) for one in services.identity.log(principal.tenant_id, limit=limit)]})


@router.post("/v1/identity/merges", **_answers(MergeLine, 404, 409, 413, 422))
def merge(services: Served, principal: Asker, wanted: MergeWanted) -> Response:
    """Make two people one. Nothing is rewritten; undoing it gives back every answer."""
    require_administrator(principal)
    keys = [
        services.identity.key_of(principal.tenant_id, name_of(text, "person", pointer))
        for text, pointer in ((wanted.first, "/first"), (wanted.second, "/second"))
    ]
    done = services.identity.merge(
        principal.tenant_id,
        *keys,
        by=services.identity.actor(principal.tenant_id, principal.user_id),
        reason=_reason(wanted.reason),
        confirmed=wanted.confirm,
    )
    return _json(_line(done))


@router.post("/v1/identity/merges/{merge_id}/undo", **_answers(MergeLine, 404, 409, 413, 422))
def undo(services: Served, principal: Asker, merge_id: str, wanted: UndoWanted) -> Response:
    """Take a merge back: answers are what they would be without it."""
    require_administrator(principal)
    by = services.identity.actor(principal.tenant_id, principal.user_id)
    done = services.identity.unmerge(principal.tenant_id, merge_id, by=by, reason=_reason(wanted.reason))
    return _json(_line(done))


@router.get("/v1/identity/suggestions", **_answers(SuggestionsShown))
def suggestions(services: Served, principal: Asker, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Response:
    """People who share a hash of e-mail or telephone and are not one; nothing happens by itself."""
    require_administrator(principal)
    found = services.identity.suggestions(principal.tenant_id, limit=limit)
    return _json({"suggestions": [asdict(one) for one in found]})


def _reason(text: str, pointer: str = "/reason") -> str:
    if not text.isprintable():
        raise InputError("The reason holds control characters.", hint="Write plain text.", pointer=pointer)
    return text


def _line(one: Merge) -> dict[str, object]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(one).items()}


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), headers={"Cache-Control": "no-store"}, media_type="application/json")
