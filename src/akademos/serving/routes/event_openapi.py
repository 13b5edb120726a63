"""The intake door's part of the OpenAPI document, derived from the dictionary."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from akademos.catalogue.declarations import CoreProperty, EventType, Kind, Property
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.registry import Registry
from akademos.stores.ports.landing import VERDICTS

_TYPES: dict[Kind, dict[str, Any]] = {
    Kind.STRING: {"type": "string"},
    Kind.INTEGER: {"type": "integer"},
    Kind.NUMBER: {"type": "number"},
    Kind.BOOLEAN: {"type": "boolean"},
    Kind.TIMESTAMP: {"type": "string", "format": "date-time"},
    Kind.DATE: {"type": "string", "format": "date"},
    Kind.STRINGS: {"type": "array", "items": {"type": "string"}},
    Kind.OBJECT: {"type": "object"},
}
_BOUNDS = {
    Kind.STRING: ("minLength", "maxLength"),
    Kind.STRINGS: ("minItems", "maxItems"),
    Kind.INTEGER: ("minimum", "maximum"),
    Kind.NUMBER: ("minimum", "maximum"),
}
_VERDICT = {
    "type": "object",
    "required": ["verdict"],
    "properties": {
        "event_id": {"type": "string", "format": "uuid"},
        "verdict": {"enum": list(VERDICTS)},
        "code": {"type": "string", "description": "why it was rejected"},
        "pointer": {"type": ["string", "null"], "description": "RFC 6901 pointer to what was wrong"},
        "hint": {"type": "string", "description": "what to do"},
        "dropped": {"type": "array", "items": {"type": "string"}, "description": "unknown properties left out"},
        "expires_at": {"type": "string", "format": "date-time", "description": "how long a held event waits"},
    },
}
_VOUCHED = "With a publishable key: JWT by which the host vouches for its user, else a user_id is dropped."
_PROBLEM = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def openapi_paths(registry: Registry) -> dict[str, Any]:
    """The paths of the door: bodies, verdicts, refusals, and the dictionary's own examples."""
    event = _event(registry)
    examples = {known.wire_name: {"value": dict(known.example)} for known in registry.newest()}
    single = {"application/json": {"schema": event, "examples": examples}}
    envelope = {
        "type": "object",
        "required": ["events"],
        "properties": {
            "sent_at": {"type": "string", "format": "date-time", "description": "the sender's clock at sending"},
            "events": {"type": "array", "maxItems": LIMITS.batch_events, "items": event},
        },
    }
    batch = {
        "application/json": {"schema": envelope},
        "application/x-ndjson": {"schema": {"type": "string", "description": "one event a line"}},
    }
    counts = {"type": "object", "properties": {verdict: {"type": "integer"} for verdict in VERDICTS}}
    answer = {
        "type": "object",
        "required": ["received_at", "counts", "verdicts"],
        "properties": {
            "received_at": {"type": "string", "format": "date-time"},
            "counts": counts,
            "verdicts": {"type": "array", "items": _VERDICT, "description": "in the order sent"},
        },
    }
    return {
        "/v1/events": {"post": _operation("Send one event", single, _VERDICT, {"422": "the event was rejected"})},
        "/v1/events/batch": {"post": _operation("Send up to a thousand events, a verdict for each", batch, answer, {})},
        "/v1/events/beacon": {"post": _operation("The same from a page that closes", _beacon(envelope), answer, {})},
        "/v1/identity/salt": {"get": _SALT},
    }


def _beacon(envelope: dict[str, Any]) -> dict[str, Any]:
    """The envelope with what a beacon cannot put into headers."""
    carried = {
        "key": {"type": "string", "description": "publishable key of the page's origin"},
        "user_token": {"type": "string", "description": "JWT by which the host vouches for its user"},
    }
    schema = {**envelope, "required": ["key", "events"], "properties": {**carried, **envelope["properties"]}}
    return {"application/json": {"schema": schema}, "text/plain": {"schema": schema}}


_OF_SALT = {"version": {"type": "integer", "minimum": 1}, "salt": {"type": "string"}}
_SALT = {
    "summary": "The salt that clients put into hashes of e-mail and telephone, and the one before while it counts",
    "tags": ["identity"],
    "security": [{"bearer": []}],
    "responses": {
        "200": {
            "description": "the present salt",
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "required": ["version", "salt", "previous"],
                        "properties": {
                            **_OF_SALT,
                            "previous": {"type": ["object", "null"], "properties": _OF_SALT},
                        },
                    }
                }
            },
        },
        "401": {"description": "no API key, or an unknown one", "content": _PROBLEM},
        "403": {"description": "the key may not be used from here", "content": _PROBLEM},
        "503": {"description": "ask again after Retry-After", "content": _PROBLEM},
    },
}


def _operation(summary: str, body: dict[str, Any], answer: dict[str, Any], more: dict[str, str]) -> dict[str, Any]:
    refusals = {
        "400": "the body cannot be read; the detail says where",
        "401": "no API key, or an unknown one",
        "403": "the key may not send events",
        "413": "the body, or the one event, is too large",
        "429": "the key's rate is used up; see Retry-After",
        "503": "nothing was taken: send the same ids again after Retry-After",
        **more,
    }
    return {
        "summary": summary,
        "tags": ["intake"],
        "security": [{"bearer": []}],
        "parameters": [
            {"name": "Content-Encoding", "in": "header", "schema": {"enum": ["gzip", "zstd", "identity"]}},
            {"name": "Akademos-Sent-At", "in": "header", "schema": {"type": "string", "format": "date-time"}},
            {"name": "Akademos-User-Token", "in": "header", "schema": {"type": "string"}, "description": _VOUCHED},
        ],
        "requestBody": {"required": True, "content": body},
        "responses": {
            "200": {"description": "durable", "content": {"application/json": {"schema": answer}}},
            **{status: {"description": text, "content": _PROBLEM} for status, text in sorted(refusals.items())},
        },
    }


def _event(registry: Registry) -> dict[str, Any]:
    names: Iterable[EventType] = registry.newest()
    core = {rule.name: _schema(rule) for rule in registry.core if rule.set_by == "sender"}
    core["event_name"] = {
        "enum": [known.wire_name for known in names],
        "description": core["event_name"]["description"],
    }
    return {
        "type": "object",
        "required": ["event_name"],
        "properties": {**core, "properties": {"type": "object", "description": "as the dictionary declares them"}},
    }


def _schema(rule: CoreProperty | Property) -> dict[str, Any]:
    schema: dict[str, Any] = {**_TYPES[rule.kind], "description": rule.description}
    for bound, value in zip(_BOUNDS.get(rule.kind, ()), (rule.minimum, rule.maximum), strict=False):
        if value is not None:
            schema[bound] = int(value) if rule.kind is not Kind.NUMBER else value
    if rule.values:
        schema["enum"] = list(rule.values)
    if rule.pattern:
        schema["pattern"] = f"^(?:{rule.pattern})$"
    return schema
