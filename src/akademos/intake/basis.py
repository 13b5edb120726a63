"""A recorded basis: the TOML file that says on what an import rests.

id = "winter-import-2026"            # never reused for another content
tenant = "college"
purposes = ["learning_support"]
text_version = "consent-2025-10"     # what the people were shown
evidence = "signed forms, archive 17/4"
person_responsible = "data steward, college"
historical = true                    # retention counts from the import, not from the event
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from akademos.catalogue.declarations import Purpose
from akademos.errors import InputError
from akademos.stores.ports.consent import RecordedBasis

TEXTS = ("id", "tenant", "text_version", "evidence", "person_responsible")


def read_basis(path: Path) -> RecordedBasis:
    """Read and check a basis.

    Raises:
        InputError: the file cannot be read, or a field is missing, empty, unknown or of the wrong type; says which.
    """
    try:
        document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as missing:
        raise InputError(f"The basis {path} cannot be read: {missing.strerror}.", hint="Check the path.") from missing
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise InputError(f"The basis {path} is not TOML: {broken}.", hint="Mend that line.") from broken
    for unknown in document.keys() - {*TEXTS, "purposes", "historical"}:
        raise InputError(f"The basis {path} has an unknown field `{unknown}`.", hint="Known fields are in the docs.")
    for name in TEXTS:
        if not isinstance(document.get(name), str) or not document[name].strip():
            raise InputError(f"The basis {path} lacks `{name}`.", hint="Set it to a text; the docs have an example.")
    purposes = document.get("purposes")
    allowed = ", ".join(Purpose)
    if not isinstance(purposes, list) or not purposes:
        raise InputError(f"The basis {path} lacks `purposes`.", hint=f"List at least one of: {allowed}.")
    for purpose in purposes:
        if purpose not in list(Purpose):
            raise InputError(f"The basis {path} names an unknown purpose `{purpose}`.", hint=f"Use: {allowed}.")
    if not isinstance(document.get("historical", False), bool):
        raise InputError(f"`historical` in the basis {path} is no true or false.", hint="Write it without quotes.")
    return RecordedBasis(
        basis_id=document["id"],
        tenant_id=document["tenant"],
        purposes=tuple(Purpose(purpose) for purpose in dict.fromkeys(purposes)),
        text_version=document["text_version"],
        evidence=document["evidence"],
        person_responsible=document["person_responsible"],
        historical=document.get("historical", False),
    )
