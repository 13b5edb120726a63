"""Whether a JSON value fits its declared form: the part of JSON Schema 2020-12 that the records use.

Known are type (one name), enum, properties, required, additionalProperties (false unless declared true), items,
minItems, maxItems, minLength, maxLength, minimum and maximum. The same form goes into the OpenAPI document.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

DEEPEST = 20
LARGEST = 200_000
"""Characters of a value as JSON."""

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
}


class Misfit(NamedTuple):
    """What does not fit, and where (JSON pointer into the value)."""

    pointer: str
    reason: str


def misfit(value: object, form: Mapping[str, object]) -> Misfit | None:
    """The first place where a value does not fit its form; None when it fits.

    Example:
        >>> misfit({"rule": "viewed"}, {"type": "object", "properties": {"rule": {"enum": ["viewed"]}}})
        >>> misfit({"rule": 1}, {"type": "object", "properties": {"rule": {"enum": ["viewed"]}}})
        Misfit(pointer='/rule', reason='is not one of viewed')
    """
    too_much = _unbounded(value, "", 0)
    if too_much is not None:
        return too_much
    if len(json.dumps(value, ensure_ascii=False)) > LARGEST:
        return Misfit("", f"is larger than {LARGEST} characters")
    return _misfit(value, form, "")


def _unbounded(value: object, at: str, depth: int) -> Misfit | None:
    """What no store could hold: too deep, a NUL, half of a surrogate pair."""
    if depth > DEEPEST:
        return Misfit(at, f"is nested deeper than {DEEPEST}")
    if isinstance(value, str):
        return None if _storable(value) else Misfit(at, "holds characters that cannot be kept")
    if isinstance(value, list):
        inner = ((f"{at}/{number}", one) for number, one in enumerate(value))
    elif isinstance(value, dict):
        if not all(_storable(name) for name in value):
            return Misfit(at, "has a name with characters that cannot be kept")
        inner = ((f"{at}/{_escaped(name)}", one) for name, one in value.items())
    else:
        return None
    return next((found for place, one in inner if (found := _unbounded(one, place, depth + 1))), None)


def _storable(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _misfit(value: object, form: Mapping[str, object], at: str) -> Misfit | None:
    kind = form.get("type")
    if kind is not None:
        known = _TYPES[cast("str", kind)]
        if not isinstance(value, known) or (isinstance(value, bool) and kind != "boolean"):
            return Misfit(at, f"is no {kind}")
    allowed = cast("Sequence[object] | None", form.get("enum"))
    if allowed is not None and (isinstance(value, bool | list | dict) or value not in allowed):
        return Misfit(at, "is not one of " + ", ".join(map(str, allowed)))
    if isinstance(value, dict):
        return _object(value, form, at)
    if isinstance(value, list):
        return _array(value, form, at)
    if isinstance(value, str):
        return _between(len(value), form.get("minLength"), form.get("maxLength"), at, " characters")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _between(value, form.get("minimum"), form.get("maximum"), at, "")
    return None


def _object(value: dict[str, Any], form: Mapping[str, object], at: str) -> Misfit | None:
    properties = cast("Mapping[str, Mapping[str, object]]", form.get("properties", {}))
    for name in cast("Sequence[str]", form.get("required", ())):
        if name not in value:
            return Misfit(f"{at}/{name}", "is missing")
    if not form.get("additionalProperties", False):
        for name in value:
            if name not in properties:
                known = ", ".join(properties) or "nothing"
                return Misfit(f"{at}/{_escaped(name)[:80]}", f"is not known here; known: {known}")
    inner = ((name, form_of) for name, form_of in properties.items() if name in value)
    return next((found for name, one in inner if (found := _misfit(value[name], one, f"{at}/{name}"))), None)


def _array(value: list[Any], form: Mapping[str, object], at: str) -> Misfit | None:
    wrong = _between(len(value), form.get("minItems"), form.get("maxItems"), at, " elements")
    if wrong is not None:
        return wrong
    items = cast("Mapping[str, object]", form.get("items", {}))
    return next((found for number, one in enumerate(value) if (found := _misfit(one, items, f"{at}/{number}"))), None)


def _between(size: float, least: object, most: object, at: str, unit: str) -> Misfit | None:
    if least is not None and size < cast("float", least):
        return Misfit(at, f"is {size:g}{unit}, fewer than {least}" if unit else f"is {size:g}, less than {least}")
    if most is not None and size > cast("float", most):
        return Misfit(at, f"is {size:g}{unit}, more than {most}")
    return None
