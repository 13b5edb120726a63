"""/v1/topics/changes: topics merged and split, looked at before, kept as history, taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Header, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from akademos.catalogue.core_properties import IDENTIFIER_LENGTH
from akademos.catalogue.records.policies import RECORD_LIMITS
from akademos.errors import Conflict, InputError, VersionMoved, VersionNeeded
from akademos.intake.topic_plans import Planner, plan_merge, plan_split, tag_of, upon
from akademos.serving.problems import documented
from akademos.serving.record_export import actor_of
from akademos.serving.record_requests import version_in
from akademos.serving.services import Asker, Served
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.serving.topic_gate import require_curriculum
from akademos.stores.ports.topic_changes import KEYS, UNDONE, Edit, TopicChange

LARGEST = 2**31 - 1
_TAG = re.compile(r'"([0-9a-f]{32})"')


class PlanRoute(SmallBodyRoute):
    """A split of a large topic names many items."""

    most_bytes = RECORD_LIMITS.body_bytes


router = APIRouter(tags=["records"], route_class=PlanRoute)

CHANGES = "/v1/topics/changes"
Identifier = Annotated[str, Field(min_length=1, max_length=IDENTIFIER_LENGTH, pattern=r"^[^\x00-\x1f\x7f]+$")]
Name = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
Reason = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
Number = Annotated[int, Path(ge=1, le=LARGEST, description="Of the change.")]
IfMatch = Annotated[str | None, Header(description="ETag of the preview, or of the change; * for whatever stands.")]


class Merge(BaseModel):
    """Topics that become one that is there."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["merge"]
    sources: Annotated[list[Identifier], Field(min_length=1, max_length=RECORD_LIMITS.list_length)] = Field(
        description="Topics that go."
    )
    into: Identifier = Field(description="Topic that stays.")


class Split(BaseModel):
    """A topic that becomes several new ones."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["split"]
    topic: Identifier = Field(description="Topic that goes.")
    parts: Annotated[dict[Identifier, Name], Field(min_length=2, max_length=RECORD_LIMITS.list_length)] = Field(
        description="Names of the new topics, by their ids."
    )
    rest: Identifier = Field(description="The part that takes what is not assigned.")
    items: dict[Identifier, Identifier] = Field(default={}, description="Part by item.")
    materials: dict[Identifier, Identifier] = Field(default={}, description="Part by material.")


class NewChange(BaseModel):
    """A change to make, and why."""

    model_config = ConfigDict(extra="forbid")

    change: Annotated[Merge | Split, Field(discriminator="kind")]
    reason: Reason = Field(description="For history and audit log; names nobody.")


class Wanted(BaseModel):
    """A change to look at."""

    model_config = ConfigDict(extra="forbid")

    change: Annotated[Merge | Split, Field(discriminator="kind")]


class TakeBack(BaseModel):
    """Why a change is taken back."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason = Field(description="For history and audit log; names nobody.")


class RowChange(BaseModel):
    """A row of the curriculum before (null: it is new) and after; only what differs, and of a new one everything."""

    record: str
    key: dict[str, str]
    before: dict[str, Any] | None
    after: dict[str, Any]


class Preview(BaseModel):
    """What a change would do. Nobody's answers are counted: two previews could differ by one person."""

    kind: Literal["merge", "split"]
    sources: list[str]
    targets: list[str]
    rows: dict[str, int] = Field(description="Rows that would change, by record.")
    changes: list[RowChange]


class ChangeLine(BaseModel):
    """A change of the history; `made_by` and `undone_by` as the audit log names them."""

    number: int
    kind: Literal["merge", "split"]
    sources: list[str]
    targets: list[str]
    reason: str
    made_by: str
    made_at: datetime
    undone_by: str | None
    undone_reason: str | None
    undone_at: datetime | None


class History(BaseModel):
    """Changes, the newest first; `next` is `before` of the page that follows."""

    changes: list[ChangeLine]
    next: int | None


@router.get(
    CHANGES,
    response_class=Response,
    responses={200: {"model": History, "description": "A page."}, **documented(400, 401, 403, 503)},
)
def history(
    services: Served,
    principal: Asker,
    before: Annotated[int | None, Query(ge=1, le=LARGEST, description="Only changes of a lower number.")] = None,
    limit: Annotated[int, Query(ge=1, le=RECORD_LIMITS.page, description="Most changes.")] = RECORD_LIMITS.page_usual,
) -> Response:
    """What topics were merged and split, and what of it was taken back."""
    require_curriculum(principal)
    found = services.topics.history(principal.tenant_id, before=before, limit=limit + 1)
    more = found[limit - 1].number if len(found) > limit else None
    return _json({"changes": [_line(one) for one in found[:limit]], "next": more})


@router.post(
    CHANGES + "/preview",
    response_class=Response,
    responses={
        200: {"model": Preview, "description": "What would happen; the ETag names it."},
        **documented(400, 401, 403, 404, 409, 413, 422, 503),
    },
)
def preview(services: Served, principal: Asker, wanted: Wanted) -> Response:
    """What a merge or split would do, with every check that it would meet; nothing of it is kept."""
    require_curriculum(principal)
    with _of_the_body():
        plan = services.topics.preview(principal.tenant_id, _planner(wanted.change))
    counts = {table: sum(one.table == table for one in plan.edits) for table in KEYS}
    content = {
        "kind": plan.kind,
        "sources": plan.sources,
        "targets": plan.targets,
        "rows": {table: count for table, count in counts.items() if count},
        "changes": [_row_change(one) for one in plan.edits],
    }
    return _json(content, headers={"ETag": f'"{tag_of(plan)}"'})


@router.post(
    CHANGES,
    response_class=Response,
    status_code=201,
    responses={
        201: {"model": ChangeLine, "description": "Made; it stands in the history and in the audit log."},
        **documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
    },
)
def make(services: Served, principal: Asker, wanted: NewChange, if_match: IfMatch = None) -> Response:
    """Merge or split topics, as it was previewed: If-Match holds the preview's ETag, and a curriculum that has changed
    so that something else would come of it answers 412."""
    require_curriculum(principal)
    tag = _tag_in(if_match)
    actor = actor_of(services, principal)
    with _of_the_body():
        made = services.topics.make(
            principal.tenant_id, upon(_planner(wanted.change), tag), reason=wanted.reason, actor=actor
        )
    return _answer(made, status=201)


@router.get(
    CHANGES + "/{number}",
    response_class=Response,
    responses={200: {"model": ChangeLine, "description": "The change."}, **documented(400, 401, 403, 404, 503)},
)
def read(services: Served, principal: Asker, number: Number) -> Response:
    """One change."""
    require_curriculum(principal)
    return _answer(services.topics.get(principal.tenant_id, number))


@router.post(
    CHANGES + "/{number}/undo",
    response_class=Response,
    responses={
        200: {"model": ChangeLine, "description": "Taken back: topics, items and answers are what they were."},
        **documented(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
    },
)
def undo(services: Served, principal: Asker, number: Number, wanted: TakeBack, if_match: IfMatch = None) -> Response:
    """Take a change back; 409 when a later one rests on it, or what it made was changed since."""
    require_curriculum(principal)
    expected = version_in(if_match, needed=True)
    actor = actor_of(services, principal)
    if expected not in (None, _version(services.topics.get(principal.tenant_id, number))):
        raise _moved(number)
    try:
        return _answer(services.topics.undo(principal.tenant_id, number, reason=wanted.reason, actor=actor))
    except Conflict as refusal:
        if expected == 1 and refusal.code == UNDONE:  # somebody else was quicker
            raise _moved(number) from refusal
        raise


def _moved(number: int) -> VersionMoved:
    return VersionMoved(
        f"Change {number} is not as it was read.",
        hint=f"Read it again: GET {CHANGES}/{number}.",
        pointer="/header/If-Match",
    )


def _planner(change: Merge | Split) -> Planner:
    if isinstance(change, Merge):
        return lambda rows: plan_merge(rows, change.sources, change.into)
    return lambda rows: plan_split(rows, change.topic, change.parts, change.rest, change.items, change.materials)


@contextmanager
def _of_the_body() -> Iterator[None]:
    """What does not fit is refused as a fault of the body."""
    try:
        yield
    except InputError as wrong:
        wrong.status = 422
        raise


def _tag_in(if_match: str | None) -> str | None:
    if if_match is None:
        raise VersionNeeded(
            "The change does not say which preview it was made upon.",
            hint=f"POST {CHANGES}/preview first, and send its ETag in the header If-Match.",
            pointer="/header/If-Match",
        )
    if if_match.strip() == "*":
        return None
    tag = _TAG.fullmatch(if_match.strip())
    if tag is None:
        raise InputError(
            "The header If-Match holds no ETag of a preview.",
            hint="Send it as it came, in its quotation marks.",
            code="version_invalid",
            pointer="/header/If-Match",
        )
    return tag[1]


def _row_change(edit: Edit) -> dict[str, object]:
    key = {name: edit.after[name] for name in KEYS[edit.table]}
    before = edit.before
    changed = [name for name in edit.after if name not in key and (before is None or before[name] != edit.after[name])]
    return {
        "record": edit.table,
        "key": key,
        "before": None if before is None else {name: before[name] for name in changed},
        "after": {name: edit.after[name] for name in changed},
    }


def _version(change: TopicChange) -> int:
    """A change is made, and at most once taken back."""
    return 1 if change.undone_at is None else 2


def _line(change: TopicChange) -> dict[str, object]:
    return {
        "number": change.number,
        "kind": change.kind,
        "sources": change.sources,
        "targets": change.targets,
        "reason": change.reason,
        "made_by": change.made_by,
        "made_at": change.made_at,
        "undone_by": change.undone_by,
        "undone_reason": change.undone_reason,
        "undone_at": change.undone_at,
    }


def _answer(change: TopicChange, *, status: int = 200) -> Response:
    headers = {"ETag": f'"{_version(change)}"'}
    if status == 201:
        headers["Location"] = f"{CHANGES}/{change.number}"
    return _json(_line(change), status=status, headers=headers)


def _json(content: object, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(orjson.dumps(content), status, {"Cache-Control": "no-store", **(headers or {})}, "application/json")
