"""Who is whom: which keys are one person, which merges are allowed, what of consent survives them. Pure decisions.

Keys are joined by merges that stand; a person is a connected component of them. Undoing a merge takes its edge away
and nothing else, so whoever was apart before is apart again.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from ipaddress import IPv4Address, ip_address, ip_network
from typing import Literal

from akademos.privacy.pseudonyms import HASH_BYTES

Evidence = Literal["login", "hash", "operator"]

Refusal = Literal["same_person", "staff", "two_users", "undone_before"]
"""Why two keys are not merged: they are one person already; staff stay themselves; both are authenticated users, which
an administrator must confirm; or an administrator has taken these two apart."""

IPV4_PREFIX, IPV6_PREFIX = 24, 48


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What decides about one key: whether it is of staff, whether a user_id leads to it, when it was made."""

    learner_key: str
    staff: bool
    users: int
    created_at: datetime


def people_of(keys: Collection[str], merges: Iterable[tuple[str, str]]) -> list[frozenset[str]]:
    """The people behind keys: the connected components of the merges that stand.

    Example:
        >>> [sorted(person) for person in people_of(["a", "b", "c"], [("b", "c")])]
        [['a'], ['b', 'c']]
    """
    group = {key: key for key in keys}

    def first(key: str) -> str:
        while group[key] != key:
            key = group[key]
        return key

    for one, other in merges:
        group[first(one)] = first(other)
    people: dict[str, set[str]] = {}
    for key in sorted(keys):
        people.setdefault(first(key), set()).add(key)
    return [frozenset(person) for person in people.values()]


def survivor(keys: Iterable[KeyFacts]) -> str:
    """Under which key a person is read: a user's before an anonymous one, then the oldest."""
    return min(keys, key=lambda one: (one.users == 0, one.created_at, one.learner_key)).learner_key


def links(keys: Mapping[str, KeyFacts], merges: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Absorbed key -> key of the person; who is alone, and who survives, is not in it."""
    found: dict[str, str] = {}
    for person in people_of(keys, merges):
        root = survivor(keys[key] for key in person)
        found |= {key: root for key in person if key != root}
    return found


def refusal(
    first: Sequence[KeyFacts], second: Sequence[KeyFacts], *, confirmed: bool, undone_before: bool
) -> Refusal | None:
    """Why two people (all their keys) are not made one; None when they may be.

    Args:
        confirmed: an administrator says so, for two authenticated users or against an earlier undoing.
        undone_before: a merge of the same two keys was undone.
    """
    if {one.learner_key for one in first} & {one.learner_key for one in second}:
        return "same_person"
    if any(one.staff for one in (*first, *second)):
        return "staff"
    if not confirmed and undone_before:
        return "undone_before"
    if not confirmed and any(one.users for one in first) and any(one.users for one in second):
        return "two_users"
    return None


def counts_for(versions: Sequence[int], sent: int) -> bool:
    """Whether a client's hash under salt `sent` says anything: of a tenant's salts the newest two do."""
    return sent in sorted(versions)[-2:]


def keyed_hash(secret: bytes, kind: str, salt_version: int, client_hash: str) -> bytes:
    """A client's hash as it is kept, 16 bytes (HMAC-SHA256, truncated): a salted e-mail hash can be guessed by whoever
    knows the salt, this one cannot."""
    return hmac.digest(secret, f"{kind}\0{salt_version}\0{client_hash}".encode(), "sha256")[:HASH_BYTES]


def address_name(secret: bytes, day: date, address: str) -> bytes:
    """An IP address as rate limits know it, 16 bytes: cut to its network, keyed, and another one every day.

    What is no IP address counts as one and the same.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        network = ""
    else:
        prefix = IPV4_PREFIX if isinstance(parsed, IPv4Address) else IPV6_PREFIX
        network = str(ip_network((parsed, prefix), strict=False))
    return hmac.digest(secret, f"{day.isoformat()}\0{network}".encode(), "sha256")[:HASH_BYTES]
