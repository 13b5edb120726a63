"""What somebody sends of a record, checked against its declaration: names, kinds, bounds, lists, forms."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime

from akademos.catalogue.core_properties import IDENTIFIER_LENGTH
from akademos.catalogue.records.declaration import Field, Record
from akademos.catalogue.records.json_forms import misfit
from akademos.catalogue.records.policies import RECORD_LIMITS
from akademos.errors import InputError

SOURCE_REFERENCE = Field("source_reference", "text", "what the row is called where it comes from", looked_up=True)
"""The one standard column that senders write."""

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_INTEGERS = 2**31


def written_on_create(record: Record) -> tuple[Field, ...]:
    """What a sender may write in a new row."""
    return (*(one for one in record.fields if one.set_by == "client"), SOURCE_REFERENCE)


def written_on_update(record: Record) -> tuple[Field, ...]:
    """What a sender may change."""
    return (*(one for one in record.contents if one.set_by == "client"), SOURCE_REFERENCE)


def written_by(record: Record, action: str) -> tuple[Field, ...]:
    """What a sender may send with an action."""
    return tuple(one for one in record.fields if one.name in record.actions[action].sets)


def checked(
    sent: object, allowed: Iterable[Field], *, needed: Iterable[str] = (), generated: str | None = None
) -> dict[str, object]:
    """The values by column, people still by their user id; a null empties a column that may be empty.

    Args:
        sent: the body, parsed.
        allowed: the fields that may be in it.
        needed: columns that must be in it.
        generated: a key column that is made where it is not sent.

    Raises:
        InputError: no object, an unknown name, something missing, or a value that does not fit; `pointer` says where.
    """
    if not isinstance(sent, dict):
        raise _refused("The body is no JSON object.", "", code="input_invalid")
    fields = {one.outside: one for one in allowed}
    for name in sent:
        if name not in fields:
            known = ", ".join(fields)
            reason = f"`{str(name)[:80]}` is not written here; known: {known}."
            raise _refused(reason, f"/{_escaped(str(name)[:80])}", code="unknown_field")
    for one in fields.values():
        if one.name in needed and one.name != generated and sent.get(one.outside) is None and one.default is None:
            raise _refused(f"`{one.outside}` is missing.", f"/{one.outside}", code="missing")
    return {fields[name].name: value_of(fields[name], value, f"/{name}") for name, value in sent.items()}


def value_of(one: Field, value: object, pointer: str) -> object:
    """One value as the store takes it.

    Raises:
        InputError: it does not fit its field.
    """
    if value is None:
        if one.required:
            raise _refused(f"`{one.outside}` may not be empty.", pointer)
        return None
    match one.kind:
        case "boolean":
            if not isinstance(value, bool):
                raise _refused(f"`{one.outside}` is neither true nor false.", pointer)
            return value
        case "integer" | "number":
            return _number(one, value, pointer)
        case "texts":
            return _texts(one, value, pointer)
        case "json":
            wrong = misfit(value, one.form or {})
            if wrong is not None:
                raise _refused(f"`{one.outside}` {wrong.reason}.", pointer + wrong.pointer)
            return value
        case "date":
            return _day(one, value, pointer)
        case "timestamp":
            return instant_of(one.outside, value, pointer)
    return _text(one, value, pointer)


def can_be(one: Field, text: str) -> bool:
    """Whether a text can be a value of a field."""
    try:
        value_of(one, text, "")
    except InputError:
        return False
    return True


def longest(one: Field) -> int:
    """How many characters a text may have."""
    short = one.key or one.refers or one.kind == "person" or one.looked_up or one.unique
    return IDENTIFIER_LENGTH if short else RECORD_LIMITS.text


def _text(one: Field, value: object, pointer: str) -> str:
    if not isinstance(value, str):
        raise _refused(f"`{one.outside}` is no text.", pointer)
    if one.values:
        if value not in one.values:
            raise _refused(f"`{one.outside}` is not one of {', '.join(one.values)}.", pointer)
        return value
    empty = not value.strip() and (one.key or one.required or one.kind == "person") and one.default != value
    if empty or len(value) > longest(one) or _CONTROL.search(value):
        raise _refused(
            f"`{one.outside}` is empty, longer than {longest(one)} characters, or holds control characters.", pointer
        )
    return value


def _texts(one: Field, value: object, pointer: str) -> list[str]:
    if not isinstance(value, list) or len(value) > RECORD_LIMITS.list_length:
        raise _refused(f"`{one.outside}` is no list of at most {RECORD_LIMITS.list_length} texts.", pointer)
    for number, part in enumerate(value):
        fits = isinstance(part, str) and part and len(part) <= IDENTIFIER_LENGTH and not _CONTROL.search(part)
        if not fits:
            raise _refused(
                f"`{one.outside}` holds something that is no text of 1 to {IDENTIFIER_LENGTH} characters.",
                f"{pointer}/{number}",
            )
    return list(dict.fromkeys(value))


def _number(one: Field, value: object, pointer: str) -> float:
    whole = one.kind == "integer"
    if isinstance(value, bool) or not isinstance(value, int | float) or (whole and value != int_of(value)):
        raise _refused(f"`{one.outside}` is no {one.kind}.", pointer)
    least = one.least if one.least is not None else -_INTEGERS if whole else -math.inf
    most = one.most if one.most is not None else _INTEGERS - 1 if whole else math.inf
    if not least <= value <= most or abs(value) > 1e300:
        raise _refused(f"`{one.outside}` is outside {least:g} to {most:.15g}.", pointer)
    return int(value) if whole else float(value)


def int_of(value: float) -> int | None:
    """The whole number that a number is, if it is one."""
    return int(value) if isinstance(value, int) or (math.isfinite(value) and value == math.floor(value)) else None


def _day(one: Field, value: object, pointer: str) -> date:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        day = None
    if day is None:
        raise _refused(f"`{one.outside}` is no date; write YYYY-MM-DD.", pointer)
    return day


def instant_of(name: str, value: object, pointer: str) -> datetime:
    """An instant with its offset from UTC.

    Raises:
        InputError: it is none.
    """
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
        offset = None if instant is None else instant.utcoffset()
        # Near the ends of the calendar an instant has no UTC day.
        sound = instant is not None and offset is not None and instant.year in range(2, 9_999)
    except (ValueError, OverflowError):
        sound = False
    if not sound or instant is None:
        raise _refused(f"`{name}` is no instant with offset; write 2026-11-05T08:30:00+01:00.", pointer)
    return instant


def key_of(record: Record, parts: list[str]) -> tuple[object, ...]:
    """The values of a key that stands in an address, people by user id.

    Raises:
        InputError: too many or too few parts, or one that does not fit.
    """
    if len(parts) != len(record.keys):
        names = ",".join(one.outside for one in record.keys)
        raise InputError(
            f"The key of a {record.singular} has {len(record.keys)} parts.",
            hint=f"Write {names}, parted by commas; a comma, slash or ~ within a part as ~2C, ~2F or ~7E.",
            code="key_invalid",
            pointer="/path/key",
        )
    values: list[object] = []
    for one, text in zip(record.keys, parts, strict=True):
        sent: object = text
        if one.kind == "integer":
            sent = int(text) if re.fullmatch(r"[0-9]{1,9}", text) else text
        try:
            values.append(value_of(one, sent, "/path/key"))
        except InputError as wrong:
            wrong.status = InputError.status
            raise
    return tuple(values)


def _refused(reason: str, pointer: str, *, code: str = "value_invalid") -> InputError:
    return InputError(
        reason,
        hint="The form of each record is in /v1/openapi.json and docs/reference/records.md.",
        code=code,
        status=422,
        pointer=pointer,
    )


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def outside(record: Record, values: Mapping[str, object]) -> dict[str, object]:
    """Values by the names that senders use."""
    names = {one.name: one.outside for one in record.fields}
    return {names.get(name, name): value for name, value in values.items()}
