"""The records' part of the OpenAPI document, derived from their declarations."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from akademos.catalogue.records import RECORDS
from akademos.catalogue.records.declaration import Field, Record
from akademos.catalogue.records.policies import RECORD_LIMITS
from akademos.catalogue.records.values import (
    SOURCE_REFERENCE,
    longest,
    written_by,
    written_on_create,
    written_on_update,
)

_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_REASON = {"name": "X-Access-Reason", "in": "header", "schema": {"type": "string"}, "description": "Why, for the log."}
_IF_MATCH = {
    "name": "If-Match", "in": "header", "schema": {"type": "string"},
    "description": "ETag of the version that the change was made upon.",
}  # fmt: skip


def schemas() -> dict[str, dict[str, Any]]:
    """The form of one row of each record, by its name in the document."""
    return {form_name(record): _row_form(record) for record in RECORDS}


def form_name(record: Record) -> str:
    """What a record's form is called: `QuizAttempt` of quiz-attempts."""
    return "".join(word.capitalize() for word in f"record-{record.collection}".split("-"))


def paths() -> dict[str, Any]:
    """All addresses of the records."""
    found: dict[str, Any] = {}
    for record in RECORDS:
        base = f"/v1/records/{record.collection}"
        found[base] = {"get": _listing(record)}
        if _lets(record, "create"):
            found[base]["post"] = _creating(record)
        row = base + "/{key}"
        found[row] = {"get": _reading(record)}
        if _lets(record, "update"):
            found[row]["patch"] = _changing(record)
        for name, action in record.actions.items():
            if not action.by_platform:
                found[f"{row}/actions/{name}"] = {"post": _acting(record, name)}
        if record.versioned:
            found[row + "/revisions"] = {"get": _revisions(record)}
    return found


def form_of(one: Field) -> dict[str, Any]:
    """A field as JSON Schema."""
    form: dict[str, Any]
    match one.kind:
        case "boolean":
            form = {"type": "boolean"}
        case "integer" | "number":
            form = {"type": one.kind}
            form |= {} if one.least is None else {"minimum": one.least}
            form |= {} if one.most is None else {"maximum": one.most}
        case "texts":
            form = {"type": "array", "items": {"type": "string"}, "maxItems": RECORD_LIMITS.list_length}
        case "date":
            form = {"type": "string", "format": "date"}
        case "timestamp":
            form = {"type": "string", "format": "date-time"}
        case "json":
            form = dict(one.form or {})
        case _:
            form = {"enum": list(one.values)} if one.values else {"type": "string", "maxLength": longest(one)}
    said = one.description + (f" ({one.unit})" if one.unit else "") + ("; user id" if one.kind == "person" else "")
    return form | {"description": said}


def _empty_or(form: dict[str, Any]) -> dict[str, Any]:
    described = form.pop("description")
    return {"anyOf": [form, {"type": "null"}], "description": described}


def _object(fields: Iterable[Field], needed: Iterable[str] = ()) -> dict[str, Any]:
    fields, needed = tuple(fields), set(needed)
    form: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {one.outside: form_of(one) if one.required else _empty_or(form_of(one)) for one in fields},
    }
    required = [one.outside for one in fields if one.name in needed]
    return form | ({"required": required} if required else {})


def _row_form(record: Record) -> dict[str, Any]:
    form = _object(record.fields)
    form["properties"] |= {
        "source_reference": _empty_or(form_of(SOURCE_REFERENCE)),
        "version": {"type": "integer", "minimum": 1, "description": "counts the row's changes; the ETag"},
        "created_at": {"type": "string", "format": "date-time"},
        "updated_at": {"type": "string", "format": "date-time"},
        "id": {"type": "string", "description": "its key in one text"},
        "self": {"type": "string", "description": "its address"},
        "actions": {
            "type": "array",
            "items": {"type": "string"},
            "description": "what its state and the asker's role allow",
        },
    }
    if record.versioned:
        form["properties"] |= {
            "revision": {"type": "integer", "minimum": 1, "description": "number of the content's revision"},
            "published_at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        }
    return form | {"title": record.singular, "description": record.description}


def _lets(record: Record, verb: str) -> bool:
    return any(verb in one.verbs for one in record.access)


def _ok(record: Record, description: str) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{form_name(record)}"}
    return {"description": description, "content": {"application/json": {"schema": reference}}}


def _refusals(*statuses: int) -> dict[str, Any]:
    return {str(one): {"description": HTTPStatus(one).phrase, "content": _PROBLEM} for one in statuses}


def _operation(record: Record, name: str, summary: str, parameters: list[Any], **more: Any) -> dict[str, Any]:
    return {
        "tags": ["records"],
        "operationId": f"records_{record.collection.replace('-', '_')}_{name}",
        "summary": summary,
        "parameters": [*parameters, _REASON],
        **more,
    }


def _sent(form: dict[str, Any]) -> dict[str, Any]:
    return {"required": bool(form.get("required")), "content": {"application/json": {"schema": form}}}


def _key(record: Record) -> dict[str, Any]:
    names = ",".join(one.outside for one in record.keys)
    said = f"{names}, parted by commas; within a part ~ and two hexadecimal digits stand for any other byte."
    return {"name": "key", "in": "path", "required": True, "schema": {"type": "string"}, "description": said}


def _listing(record: Record) -> dict[str, Any]:
    def query(name: str, form: dict[str, Any], said: str) -> dict[str, Any]:
        return {"name": name, "in": "query", "schema": form, "description": said}

    instant = {"type": "string", "format": "date-time"}
    filters = [query(one.outside, form_of(one), one.description) for one in (*record.look_ups, SOURCE_REFERENCE)]
    if any(one.searched for one in record.fields):
        where = ", ".join(one.name for one in record.fields if one.searched)
        filters.append(query("q", {"type": "string", "maxLength": 200}, f"Text found in {where}."))
    filters += [
        query("updated_since", instant, "Only rows that were changed since, inclusive."),
        query("created_since", instant, "Only rows that came in since, inclusive."),
        query("limit", {"type": "integer", "minimum": 1, "maximum": RECORD_LIMITS.page}, "Rows of a page."),
        query("cursor", {"type": "string"}, "`next` of the page before."),
    ]
    page = {
        "type": "object",
        "properties": {
            "records": {"type": "array", "items": {"$ref": f"#/components/schemas/{form_name(record)}"}},
            "next": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
    }
    done = {"description": "A page, in the order of keys.", "content": {"application/json": {"schema": page}}}
    return _operation(
        record,
        "list",
        f"{record.description} Those within the asker's reach.",
        filters,
        responses={"200": done, **_refusals(400, 401, 403, 503)},
    )


def _creating(record: Record) -> dict[str, Any]:
    # A learner may leave out whom the row is about; a single key is made where none is sent.
    subject = record.subject
    apart = {record.keys[0].name if len(record.keys) == 1 else "", subject.name if subject else ""}
    needed = [one.name for one in record.fields if one.required and one.default is None and one.name not in apart]
    form = _object(written_on_create(record), needed)
    same = {
        "name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 255},
        "description": "The same request again makes no second row.",
    }  # fmt: skip
    return _operation(
        record,
        "create",
        f"A new {record.singular}.",
        [same],
        requestBody=_sent(form),
        responses={
            "200": _ok(record, "The row that this request made before."),
            "201": _ok(record, "Created."),
            **_refusals(400, 401, 403, 409, 413, 422, 503),
        },
    )


def _reading(record: Record) -> dict[str, Any]:
    return _operation(
        record,
        "read",
        f"One {record.singular}.",
        [_key(record), {"name": "If-None-Match", "in": "header", "schema": {"type": "string"}}],
        responses={
            "200": _ok(record, "The row; its version is the ETag."),
            "304": {"description": "Not changed."},
            **_refusals(400, 401, 403, 404, 503),
        },
    )


def _changing(record: Record) -> dict[str, Any]:
    return _operation(
        record,
        "change",
        f"Change fields of a {record.singular}.",
        [_key(record), {**_IF_MATCH, "required": True}],
        requestBody=_sent(_object(written_on_update(record))),
        responses={
            "200": _ok(record, "The row as it is now."),
            **_refusals(400, 401, 403, 404, 409, 412, 413, 422, 428, 503),
        },
    )


def _acting(record: Record, action: str) -> dict[str, Any]:
    declared = record.actions[action]
    return _operation(
        record,
        action,
        declared.description,
        [_key(record), _IF_MATCH],
        requestBody=_sent(_object(written_by(record, action), declared.needs)),
        responses={
            "200": _ok(record, "The row as it is now."),
            **_refusals(400, 401, 403, 404, 409, 412, 413, 422, 503),
        },
    )


def _revisions(record: Record) -> dict[str, Any]:
    one = {
        "type": "object",
        "properties": {
            "revision": {"type": "integer"},
            "published_at": {"type": "string", "format": "date-time"},
            "content": {"type": "object", "description": "the row and its parts as they were"},
        },
    }
    form = {"type": "object", "properties": {"revisions": {"type": "array", "items": one}}}
    done = {"description": "Newest first.", "content": {"application/json": {"schema": form}}}
    return _operation(
        record,
        "revisions",
        f"What was published of a {record.singular}.",
        [_key(record)],
        responses={"200": done, **_refusals(400, 401, 403, 404, 503)},
    )
