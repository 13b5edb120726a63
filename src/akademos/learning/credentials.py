"""Certificates: their number, the public code that verifies one, how long they hold, and what a stranger is told."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, TypeAlias

from akademos.errors import InputError

Standing: TypeAlias = Literal["valid", "expired", "revoked"]
Kind: TypeAlias = Literal["course", "path"]
"""What a certificate is earned in."""

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U, so that a code read from paper is typed right."""

CODE_BYTES = 13
CODE_LENGTH = 20
"""Characters of a code: 100 random bits, so that nobody finds one by trying."""

_GROUP = 5
_READ_AS = str.maketrans("OIL", "011")
_SEPARATORS = re.compile(r"[\s\-\u2010-\u2015]+")


def check_character(text: str) -> str:
    """The check character of a string of 0-9A-Z by ISO 7064, MOD 37,36: every single wrong character, and nearly every
    swap of two neighbours, is found out.

    >>> check_character("A12425GABC1234002")
    'M'
    """
    product = 36
    for character in text:
        total = (product + ALPHABET.index(character)) % 36
        product = (total or 36) * 2 % 37
    return ALPHABET[(37 - product) % 36]


def certificate_number(year: int, serial: int) -> str:
    """The number on a certificate: year of issue, the how-manieth of the tenant, check character: `2026-000017-X`.

    It names a certificate among people; it is guessed easily, so that it verifies nothing.
    """
    body = f"{year:04d}{serial:06d}"
    return f"{year:04d}-{serial:06d}-{check_character(body)}"


def number_is_sound(number: str) -> bool:
    """Whether the check character of a number fits."""
    parts = number.upper().split("-")
    if len(parts) != 3 or not (parts[0] + parts[1]).isdigit() or len(parts[2]) != 1:
        return False
    return check_character(parts[0] + parts[1]) == parts[2]


def verification_code(randomness: bytes) -> str:
    """The public code of a certificate, made of 13 random bytes: 20 characters in groups of five."""
    if len(randomness) != CODE_BYTES:
        raise ValueError(f"{len(randomness)} random bytes, not {CODE_BYTES}")
    number = int.from_bytes(randomness) >> (8 * CODE_BYTES - 5 * CODE_LENGTH)
    characters = "".join(CODE_ALPHABET[number >> 5 * place & 31] for place in reversed(range(CODE_LENGTH)))
    return _grouped(characters)


def read_code(text: str) -> str | None:
    """A code as it is kept, from what somebody typed: case, spaces, dashes and look-alikes do not matter. None when it
    can be no code."""
    characters = _SEPARATORS.sub("", text[:64]).upper().translate(_READ_AS)
    if len(characters) != CODE_LENGTH or not set(characters) <= set(CODE_ALPHABET):
        return None
    return _grouped(characters)


def _grouped(characters: str) -> str:
    return "-".join(characters[start : start + _GROUP] for start in range(0, CODE_LENGTH, _GROUP))


def expires_on(issued_on: date, months: int | None) -> date | None:
    """The last day on which a certificate holds: so many months after its issue, None for ever.

    The day of a shorter month is its last one.

    >>> expires_on(date(2024, 2, 29), 12)
    datetime.date(2025, 2, 28)
    """
    if months is None:
        return None
    if months < 1:
        raise InputError(
            "A certificate holds for a month at least.", hint="Leave it out for ever.", pointer="/valid_months"
        )
    year, month = divmod(issued_on.month - 1 + months, 12)
    year, month = issued_on.year + year, month + 1
    return date(year, month, min(issued_on.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class PublicCertificate:
    """What anybody with the code is told of a certificate. No recipient, by construction."""

    number: str
    title: str
    revision: int | None
    kind: Kind
    issuer: str
    standing: Standing
    issued_at: datetime
    expires_on: date | None
    revoked_at: datetime | None


def standing_on(*, revoked_at: datetime | None, last_day: date | None, today: date) -> Standing:
    """How a certificate stands: revoked before all, expired after its last day, whether or not the job noted it."""
    if revoked_at is not None:
        return "revoked"
    return "expired" if last_day is not None and today > last_day else "valid"
