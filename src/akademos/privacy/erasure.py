"""What an erasure does with what is held about a person, and what it must search for afterwards. Pure.

Where an event concerns somebody else, the person is taken out of it and the event stays. Where a record is kept on a
legal basis, it keeps its place under the person's audit name (`pseudonyms.audit_name`), which nobody can resolve once
the data key is destroyed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple
from uuid import UUID

from akademos.catalogue.declarations import Basis, Column, Dataset
from akademos.catalogue.roles import RULE_OF, Question, Role

Treatment = Literal["delete", "rename", "empty"]
Redaction = Literal["delete", "redact_actor", "redact_subject"]

STEPS = ("requested", "vault", "landing", "core", "tables", "write_ahead", "logs", "verified", "completed")
"""In this order; each is done once and remembered."""

SEARCHED_LENGTH = 8
"""Shorter identifiers occur everywhere by chance: the search of bytes leaves them out and says how many."""

_ACTOR_FIELDS = ("user_id", "anonymous_id", "pii_hash", "pii_hash_previous", "phone_hash", "phone_hash_previous")
_SUBJECT_FIELDS = ("subject_id",)


@dataclass(frozen=True, slots=True)
class ErasedPerson:
    """Whom a running erasure is about: known to its job only, sealed wherever it is stored.

    `names` gives each learner_key the audit name (16 bytes) that stands for it in what is kept; `identifiers` are
    (kind, value), `hashes` their keyed hashes; `client_hashes` are keyed hashes of e-mail addresses and telephone
    numbers that senders hashed and nobody else shares: searched for, and never suppressed.
    """

    names: Mapping[str, bytes]
    staff: bool
    identifiers: tuple[tuple[str, str], ...]
    hashes: tuple[bytes, ...]
    display_names: tuple[str, ...]
    client_hashes: tuple[bytes, ...] = ()

    @property
    def keys(self) -> list[str]:
        """The learner_keys."""
        return list(self.names)

    def dumped(self) -> str:
        """As text, to be sealed."""
        return json.dumps(
            {
                "names": {key: name.hex() for key, name in self.names.items()},
                "staff": self.staff,
                "identifiers": self.identifiers,
                "hashes": [one.hex() for one in self.hashes],
                "display_names": self.display_names,
                "client_hashes": [one.hex() for one in self.client_hashes],
            }
        )

    @classmethod
    def loaded(cls, text: str) -> ErasedPerson:
        """The person again."""
        found = json.loads(text)
        return cls(
            {key: bytes.fromhex(name) for key, name in found["names"].items()},
            found["staff"],
            tuple((kind, value) for kind, value in found["identifiers"]),
            tuple(bytes.fromhex(one) for one in found["hashes"]),
            tuple(found["display_names"]),
            tuple(bytes.fromhex(one) for one in found.get("client_hashes", ())),  # begun before they were kept
        )


class Needle(NamedTuple):
    """One form of something that must not be found: what it is (`learner_key`, `identifier`, `hash`, `name`)."""

    kind: str
    form: bytes


def needles(person: ErasedPerson) -> tuple[list[Needle], int]:
    """Everything to search for, in each form it may have on disk, and how many were too short to be searched for.

    Example:
        >>> key = "0d9b7c55-8c4f-4a53-9a0b-1f1f6a3f5a11"
        >>> found, short = needles(ErasedPerson({key: bytes(16)}, False, (("user", "u-1"),), (), ()))
        >>> [needle.form for needle in found][0], len(found), short
        (b'0d9b7c55-8c4f-4a53-9a0b-1f1f6a3f5a11', 3, 1)
    """
    found: list[Needle] = []
    short = 0
    for key in person.keys:
        found += [Needle("learner_key", form) for form in _uuid_forms(key)]
    for kind, values in (("identifier", [value for _, value in person.identifiers]), ("name", person.display_names)):
        for value in values:
            if len(value.encode()) < SEARCHED_LENGTH:
                short += 1
                continue
            found += [Needle(kind, form) for form in (*_text_forms(value), *_uuid_forms(value))]
    for one in (*person.hashes, *person.client_hashes):
        found += [Needle("hash", one), Needle("hash", one.hex().encode())]
    return list(dict.fromkeys(found)), short


def _uuid_forms(text: str) -> list[bytes]:
    try:
        value = UUID(text)
    except ValueError:
        return []
    return [str(value).encode(), value.bytes, value.hex.encode()]


def _text_forms(text: str) -> list[bytes]:
    escaped = (json.dumps(text, ensure_ascii=flag)[1:-1] for flag in (True, False))
    return list(dict.fromkeys([text.encode(), *(one.encode() for one in escaped)]))


def treatment(dataset: Dataset, column: Column) -> Treatment:
    """What happens to the rows of a dataset that name an erased person in a column: logs with a legal basis are kept,
    and rows about somebody else, without the name."""
    if column.other_party:
        return "empty"
    return "rename" if dataset.zone == "log" and dataset.basis is not Basis.CONSENT else "delete"


def of_event(*, is_actor: bool, is_subject: bool, staff: bool, actor_is_staff: bool, has_subject: bool) -> Redaction:
    """What happens to an event that names an erased person.

    The learner concerned is the actor when a learner, else the subject; an event about somebody else stays without
    the person. `staff`: the person is; `actor_is_staff`: whoever acted is, or nobody is known to have acted.
    """
    if is_actor:
        return "redact_actor" if staff and has_subject and not is_subject else "delete"
    return "delete" if actor_is_staff else "redact_subject"


def without_party(raw: bytes, redaction: Redaction) -> bytes:
    """A sender's event without the identifiers of one party.

    Example:
        >>> without_party(b'{"user_id":"staff-3","subject_id":"u-1"}', "redact_actor")
        b'{"subject_id":"u-1"}'
    """
    gone = _ACTOR_FIELDS if redaction == "redact_actor" else _SUBJECT_FIELDS
    kept = {name: value for name, value in json.loads(raw).items() if name not in gone}
    return json.dumps(kept, separators=(",", ":"), ensure_ascii=False).encode()


def may_request(role: Role, *, own: bool) -> bool:
    """Who may ask for an erasure: everybody their own, roles of governance anybody's."""
    return own or Question.GOVERNANCE in RULE_OF[role].questions


def without_names(text: str, names: Iterable[str]) -> str:
    """A reason that somebody gave, as it may be kept."""
    for name in sorted((one for one in names if one), key=len, reverse=True):
        text = text.replace(name, "[person]")
    return text
