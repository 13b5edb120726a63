"""Events from browsers: what they claim about people counts only as far as a host has vouched for it.

A publishable key is no secret, so whoever reads it may send anything with it. A user_id stays only where a token of
the host names that very user, client hashes only with it (a hash can be made by whoever knows an address), and a
subject_id, which speaks about somebody else, never does. What is dropped is named in the verdict.
"""

from __future__ import annotations

from typing import Any

from akademos.intake.check import EventCheck
from akademos.intake.decode import Body
from akademos.stores.ports.identity import HashSeen, Login
from akademos.stores.ports.landing import Arrival, Receipt

_HASHES = ("pii_hash", "pii_hash_previous", "phone_hash", "phone_hash_previous", "pii_salt_version")


def without_claims(event: dict[str, Any], user_id: str | None) -> tuple[str, ...]:
    """Take from an event what nobody vouches for; the pointers of what was there.

    Example:
        >>> event = {"event_name": "e", "user_id": "ada"}
        >>> without_claims(event, None), event
        (('/user_id',), {'event_name': 'e'})
    """
    dropped = []
    if "user_id" in event and (user_id is None or event["user_id"] != user_id):
        dropped.append("user_id")
    if "subject_id" in event:
        dropped.append("subject_id")
    if dropped[:1] == ["user_id"] or "user_id" not in event:
        dropped += [name for name in _HASHES if name in event]
    for name in dropped:
        del event[name]
    return tuple(f"/{name}" for name in dropped)


def check_all(
    check: EventCheck, body: Body, receipt: Receipt, dropped: dict[int, tuple[str, ...]], user_id: str | None
) -> None:
    """Check a browser's events, each by the long way; `user_id` is whom the host vouches for."""
    evidence: list[Login | HashSeen] = []
    check.evidence = evidence
    for position in range(len(body.events)):
        event = body.read(position)
        claims = without_claims(event, user_id) if isinstance(event, dict) else ()
        checked, gone = check.check(position, event, body.sent_at, receipt.received_at)
        if claims or gone:
            dropped[position] = (*claims, *gone)
        if isinstance(checked, Arrival):
            receipt.arrivals.append(checked)
        else:
            receipt.refusals.append(checked)
    receipt.evidence = evidence
