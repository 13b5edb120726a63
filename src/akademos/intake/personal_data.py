"""Personal data in clear: found at any depth by pattern and by key, before anything else is done to an event.

Patterns: e-mail addresses, and phone numbers in E.164 form (a plus sign, a country code, 8 to 15 digits, with the
usual separators). A number without a plus sign is an id, not a phone. Keys: names that only ever hold personal data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from akademos.catalogue.core_properties import CORE_PROPERTIES
from akademos.catalogue.denied_keys import is_denied

EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"(?<![\w+:T.])\+[1-9](?:[ ().\-/]{0,2}\d){7,14}(?!\d)")
REMOVED = "[removed]"

_PERHAPS_PHONE = re.compile(rb"\+[1-9][0-9 ().\-/]{6}")


class PersonalData(NamedTuple):
    """Where it is (RFC 6901 pointer) and what kind: `email`, `phone` or `denied_key`."""

    pointer: str
    kind: str


def possible(canonical: bytes) -> bool:
    """Quick test over an event's bytes: false means that no value can match a pattern (keys are not looked at)."""
    # `find` of one byte is several times quicker than `in`.
    return canonical.find(b"@") >= 0 or _PERHAPS_PHONE.search(canonical) is not None


def kind_of(text: str) -> str | None:
    """`email`, `phone`, or None for one string."""
    if "@" in text and EMAIL.search(text):
        return "email"
    if "+" in text and PHONE.search(text):
        return "phone"
    return None


def find(event: object) -> Iterator[PersonalData]:
    """All personal data in an event, keys and values, at any depth."""
    waiting: list[tuple[object, str]] = [(event, "")]
    while waiting:
        value, at = waiting.pop()
        if isinstance(value, dict):
            for key, member in value.items():
                pointer = f"{at}/{_escape(key)}"
                if is_denied(key) and member is not None:
                    yield PersonalData(pointer, "denied_key")
                elif (kind := kind_of(key)) is not None:
                    yield PersonalData(f"{at}/{REMOVED}", kind)
                else:
                    waiting.append((member, pointer))
        elif isinstance(value, list):
            waiting.extend((member, f"{at}/{index}") for index, member in enumerate(value))
        elif isinstance(value, str) and (kind := kind_of(value)) is not None:
            yield PersonalData(at, kind)


def removed(value: object, depth: int = 0) -> object:
    """The same structure without personal data and identifiers, as a dead letter may keep it for 24 hours."""
    if depth > 32:
        return REMOVED
    if isinstance(value, dict):
        return {
            (REMOVED if kind_of(key) else key): (
                REMOVED if is_denied(key) or key in _IDENTIFIERS else removed(member, depth + 1)
            )
            for key, member in value.items()
        }
    if isinstance(value, list):
        return [removed(member, depth + 1) for member in value]
    if isinstance(value, str) and kind_of(value) is not None:
        return REMOVED
    return value


_IDENTIFIERS = frozenset(rule.name for rule in CORE_PROPERTIES if rule.kept_in == "vault")
"""Every core property that is kept in the vault only: ids of people, and hashes of what they are reached by."""


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
