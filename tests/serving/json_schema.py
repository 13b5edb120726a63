"""Checks a JSON value against the part of JSON Schema that the forms of the answers use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_KNOWN = {
    *("type", "enum", "const", "anyOf", "$ref", "properties", "required", "items", "minimum", "maximum", "format"),
    "description",
}


def violations(value: Any, schema: Mapping[str, Any], forms: Mapping[str, Any], at: str = "") -> Iterator[str]:
    """What does not fit, each with where."""
    assert set(schema) <= _KNOWN, set(schema) - _KNOWN
    if "$ref" in schema:
        yield from violations(value, forms[schema["$ref"].removeprefix("#/components/schemas/")], forms, at)
        return
    if "anyOf" in schema:
        found = [list(violations(value, one, forms, at)) for one in schema["anyOf"]]
        if all(found):
            yield from min(found, key=len)
        return
    if "const" in schema and value != schema["const"]:
        yield f"{at}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is none of {schema['enum']}"
    if "type" in schema:
        wrong_bool = isinstance(value, bool) and schema["type"] != "boolean"
        if wrong_bool or not isinstance(value, _TYPES[schema["type"]]):
            yield f"{at}: {value!r} is no {schema['type']}"
            return
    if "minimum" in schema and value < schema["minimum"]:
        yield f"{at}: {value!r} is under {schema['minimum']}"
    if "maximum" in schema and value > schema["maximum"]:
        yield f"{at}: {value!r} is over {schema['maximum']}"
    if schema.get("format") == "date-time":
        assert datetime.fromisoformat(value).tzinfo is not None, f"{at}: {value!r}"
    if schema.get("format") == "date":
        date.fromisoformat(value)
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{at}/{name}: missing"
    for name, inner in schema.get("properties", {}).items():
        if name in value:
            yield from violations(value[name], inner, forms, f"{at}/{name}")
    if "items" in schema:
        for index, one in enumerate(value):
            yield from violations(one, schema["items"], forms, f"{at}/{index}")
