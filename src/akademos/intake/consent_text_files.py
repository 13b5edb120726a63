"""Consent texts as a tenant declares them, in TOML:

[[text]]
purpose = "learning_support"
version = "2026-winter"              # never reused for other words
language = "en"
shown_from = 2026-10-01T00:00:00Z    # may be left out: from now on
body = "What we ask, word for word."
"""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path

from akademos.catalogue.declarations import Purpose
from akademos.errors import InputError
from akademos.stores.ports.consent_terms import ConsentText

FIELDS = {"purpose", "version", "language", "shown_from", "body"}
LONGEST_VERSION = 64
LONGEST_BODY = 10_000


def read_texts(path: Path, now: datetime) -> list[ConsentText]:
    """Read and check declared texts.

    Raises:
        InputError: the file cannot be read, or a text is not as above; says which.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as missing:
        raise InputError(f"{path} cannot be read: {missing.strerror}.", hint="Check the path.") from missing
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise InputError(f"{path} is not TOML: {broken}.", hint="Mend that line.") from broken
    listed = document.get("text")
    if document.keys() != {"text"} or not isinstance(listed, list) or not listed:
        raise InputError(f"{path} declares no texts.", hint="List each under [[text]]; docs/consent.md has an example.")
    return [_text(one, number, now) for number, one in enumerate(listed, start=1)]


def _text(declared: object, number: int, now: datetime) -> ConsentText:
    if not isinstance(declared, dict) or declared.keys() - FIELDS:
        raise _wrong(number, f"its fields are {', '.join(sorted(FIELDS))}")
    purpose = next((one for one in Purpose if one == declared.get("purpose")), None)
    if purpose is None:
        raise _wrong(number, f"purpose is one of {', '.join(Purpose)}")
    version, body, language = (declared.get(name) for name in ("version", "body", "language"))
    if not isinstance(version, str) or not 0 < len(version) <= LONGEST_VERSION or not version.isprintable():
        raise _wrong(number, f"version is a name of up to {LONGEST_VERSION} characters")
    if not isinstance(body, str) or not body.strip() or len(body) > LONGEST_BODY or "\0" in body:
        raise _wrong(number, f"body is a text of up to {LONGEST_BODY:,} characters")
    if not isinstance(language, str) or len(language) != 2 or not language.isascii() or not language.islower():
        raise _wrong(number, "language is a code of two letters, such as en")
    shown_from = declared.get("shown_from", now)
    if not isinstance(shown_from, datetime) or shown_from.tzinfo is None:
        raise _wrong(number, "shown_from is an instant with an offset, such as 2026-10-01T00:00:00Z")
    return ConsentText(purpose, version, language, body.strip(), shown_from)


def _wrong(number: int, hint: str) -> InputError:
    return InputError(f"Text {number} is not as texts are declared.", hint=f"{hint[:1].upper()}{hint[1:]}.")
