"""May this event be kept, and may this answer be given? Pure decisions over sets of purposes."""

from __future__ import annotations

from collections.abc import Iterable

from akademos.catalogue.declarations import Purpose

BIT: dict[Purpose, int] = {purpose: 1 << position for position, purpose in enumerate(Purpose)}
"""Purposes as bits, for paths that decide about many events."""


def mask(purposes: Iterable[Purpose | str]) -> int:
    """Purposes as a bit mask."""
    bits = 0
    for purpose in purposes:
        bits |= BIT[Purpose(purpose)]
    return bits


def purposes_of(bits: int) -> frozenset[Purpose]:
    """The purposes in a mask."""
    return frozenset(purpose for purpose, bit in BIT.items() if bits & bit)


def may_keep(event_purposes: int, consented: Iterable[int]) -> bool:
    """Whether every learner in the event consents to at least one of the event's purposes.

    `consented` holds one mask a learner; an event about no learner may be kept on its named basis.
    """
    return all(event_purposes & learner for learner in consented)


def without_opted_out(consented: int) -> int:
    """What remains of a consent while its person has opted out of product-analytics tracking."""
    return consented & ~BIT[Purpose.PRODUCT_ANALYTICS]
