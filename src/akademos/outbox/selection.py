"""What of a record's change may leave, to whom, and how the person in it is called there. Pure.

Three things decide. The record's declaration says which fields tell of a person: those never leave, nor do words that
people wrote in a record about somebody. The consumer says which records it takes, for which purposes, and whether it
knows people at all. The person's live decisions say whether anything about them leaves at this moment: a record that
rests on consent needs it for every purpose of the consumer, any other record leaves unless the person has had the
processing for one of these purposes restricted, or objected to it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias, get_args

from akademos.catalogue.declarations import Basis, Purpose
from akademos.catalogue.records.declaration import Field, Record

People: TypeAlias = Literal["none", "pseudonym", "user_id"]
"""How a consumer knows people: not at all; by a name of its own for each, stable and of no use to anybody else; or by
the host's own id beside it, which needs a recorded basis."""

PEOPLE: tuple[People, ...] = get_args(People)
PSEUDONYM_BYTES = 16

NEVER_PUBLISHED = frozenset({"items"})


@dataclass(frozen=True, slots=True)
class PublishedRecord:
    """What of one record may leave: the parts of its key and the fields that tell of nobody, and the field that names
    the person the record is about (None: it is about nobody)."""

    record: str
    key: tuple[str, ...]
    fields: tuple[str, ...]
    person: str | None
    basis: Basis


def published_of(record: Record) -> PublishedRecord:
    """What may leave of a record, from its declaration: never people, confidential words or free forms; of a record
    about somebody no words at all, only references, choices, numbers and times."""
    about_somebody = record.subject is not None

    def may_be_told(one: Field) -> bool:
        if one.kind in {"person", "json"} or one.confidential:
            return False
        closed = bool(one.values or one.refers or one.key or (one.looked_up and not one.unique))
        return not about_somebody or closed or one.kind in _WITHOUT_WORDS

    told = tuple(one.name for one in record.fields if may_be_told(one))
    return PublishedRecord(
        record.name,
        tuple(one.name for one in record.keys if one.kind != "person"),
        (*told, "revision") if record.versioned else told,
        record.subject.name if record.subject is not None else None,
        record.basis,
    )


_WITHOUT_WORDS = frozenset({"integer", "number", "boolean", "date", "timestamp"})


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one record; `key`, `before` and `after` by field, None before the first and after the last."""

    record: str
    key: Mapping[str, Any]
    action: str
    version: int
    at: datetime
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Decisions:
    """What stands for a person at this moment: purposes that are live, and purposes that were stopped (restricted, or
    objected to)."""

    live: frozenset[Purpose]
    stopped: frozenset[Purpose]


@dataclass(frozen=True, slots=True)
class Recipient:
    """A consumer as far as it decides what it gets."""

    name: str
    records: frozenset[str]
    people: People
    purposes: tuple[Purpose, ...]


def may_leave(published: PublishedRecord, recipient: Recipient, decisions: Decisions | None) -> bool:
    """Whether a change may go to a recipient; `decisions` are of the person whom the record is about, None when the
    person is no longer there."""
    if published.record not in recipient.records:
        return False
    if published.person is None:
        return True
    if decisions is None:
        return False
    purposes = frozenset(recipient.purposes)
    if published.basis is Basis.CONSENT:
        return decisions.live >= purposes
    return not decisions.stopped & purposes


def published_records(records: Iterable[Record]) -> dict[str, PublishedRecord]:
    """What may leave of each record, by name; questions of the bank stay, since examinations are made of them."""
    return {one.name: published_of(one) for one in records if one.name not in NEVER_PUBLISHED}


def content(
    change: Change, published: PublishedRecord, person: str | None = None, user_id: str | None = None
) -> dict[str, Any]:
    """What a recipient is told of a change.

    Args:
        person: the recipient's name for whom the record is about; left out where it knows nobody.
        user_id: the host's id, where the recipient may know it.

    Returns:
        record, key (empty where the record is about somebody whom the recipient does not know), action, version,
        changed (names of the fields that are another now), values (the fields that may leave, as they are now; as they
        were last where the record is gone), person, user_id.
    """
    values = change.after if change.after is not None else change.before or {}
    told: dict[str, Any] = {
        "record": change.record,
        "key": {} if _anonymous(published, person) else _own_key(change, published),
        "action": change.action,
        "version": change.version,
        "changed": [
            name for name in published.fields if (change.before or {}).get(name) != (change.after or {}).get(name)
        ],
        "values": {name: values[name] for name in published.fields if name in values},
    }
    if person is not None:
        told["person"] = person
    if user_id is not None:
        told["user_id"] = user_id
    return told


def subject(change: Change, published: PublishedRecord, person: str | None = None) -> str | None:
    """The record's own key as text, without people; None where nothing is left, or where the record is about somebody
    whom the recipient does not know.

    Example:
        >>> from datetime import UTC
        >>> about = PublishedRecord("exam_weights", ("exam_id", "section"), (), None, Basis.CONTRACT)
        >>> key = {"exam_id": "step 1", "section": "a/b"}
        >>> subject(Change("exam_weights", key, "create", 1, datetime(2026, 1, 1, tzinfo=UTC), None, {}), about)
        'exam_weights/step 1/a~1b'
    """
    parts = [str(value) for value in _own_key(change, published).values()]
    if not parts or _anonymous(published, person):
        return None
    return "/".join([change.record, *(one.replace("~", "~0").replace("/", "~1") for one in parts)])


def _own_key(change: Change, published: PublishedRecord) -> dict[str, Any]:
    return {name: change.key[name] for name in published.key if name in change.key}


def _anonymous(published: PublishedRecord, person: str | None) -> bool:
    """A key of a record about somebody is a name for them: it stays with the name."""
    return published.person is not None and person is None


def pseudonym(key: bytes, consumer: str, learner_key: str) -> str:
    """How a consumer knows a person, 32 hexadecimal digits (BLAKE2b keyed by the tenant's key for consumers): two
    consumers cannot compare theirs, and nobody can go back without the key and the person's own."""
    keyed = hashlib.blake2b(f"{consumer}\0{learner_key}".encode(), key=key, digest_size=PSEUDONYM_BYTES)
    return keyed.hexdigest()
