"""How a dataset must be handled, derived from its columns and zone: classification, sensitivity and tags.

Nothing is classified by hand, so a new personal column raises the class of its dataset by itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum

from akademos.catalogue.declarations import Dataset, Purpose, Term


class Classification(StrEnum):
    """Who may know of it."""

    OPEN = "open"  # may leave the institution
    INTERNAL = "internal"  # for staff
    CONFIDENTIAL = "confidential"  # for those whose task needs it
    RESTRICTED = "restricted"  # for the platform itself; nobody browses it


class Sensitivity(StrEnum):
    """What it says about people."""

    NONE = "none"  # about nobody
    GROUPED = "grouped"  # about groups, under disclosure control
    PSEUDONYMOUS = "pseudonymous"  # about individuals under a random key or a keyed hash
    IDENTIFYING = "identifying"  # names, identifiers or decisions of people, sealed or as they came


MEANING: Mapping[Classification, str] = {
    Classification.OPEN: "May leave the institution.",
    Classification.INTERNAL: "For staff of the institution.",
    Classification.CONFIDENTIAL: "For those whose task needs it.",
    Classification.RESTRICTED: "For the platform itself; nobody browses it.",
}
SAYS: Mapping[Sensitivity, str] = {
    Sensitivity.NONE: "About nobody.",
    Sensitivity.GROUPED: "About groups of people, under disclosure control.",
    Sensitivity.PSEUDONYMOUS: "About individuals, under random keys or keyed hashes.",
    Sensitivity.IDENTIFYING: "Identifies people, or holds what they decided.",
}

_GROUPED = ("group_", "peer_", "noisy_")


def sensitivity_of(dataset: Dataset) -> Sensitivity:
    """What a dataset says about people."""
    if any(column.personal for column in dataset.columns):
        return Sensitivity.IDENTIFYING if dataset.zone in {"vault", "landing"} else Sensitivity.PSEUDONYMOUS
    if dataset.zone == "vault":
        return Sensitivity.IDENTIFYING
    if dataset.name.startswith(_GROUPED) or dataset.name == "research_dataset":
        return Sensitivity.GROUPED
    return Sensitivity.NONE


def classification_of(dataset: Dataset) -> Classification:
    """Who may know of its rows: secrets and people are restricted or confidential, what was anonymised is open."""
    said = sensitivity_of(dataset)
    if said is Sensitivity.IDENTIFYING or any(column.type == "bytes" for column in dataset.columns):
        return Classification.RESTRICTED
    if said is Sensitivity.PSEUDONYMOUS:
        return Classification.CONFIDENTIAL
    if dataset.name == "research_dataset":
        return Classification.OPEN
    return Classification.INTERNAL


def tags_of(dataset: Dataset) -> tuple[str, ...]:
    """Zone, purposes and what is special about it, sorted."""
    tags = {f"zone:{dataset.zone}", *(f"purpose:{Purpose(one).value}" for one in dataset.purposes)}
    if dataset.retention is not None:
        tags.add("expires")
    if dataset.zone == "mart" and "." in dataset.name:
        tags.add(f"schema:{dataset.name.partition('.')[0]}")
    if any(column.personal for column in dataset.columns):
        tags.add("personal")
    if any(column.unit for column in dataset.columns):
        tags.add("measured")
    return tuple(sorted(tags))


def terms_of(dataset: Dataset, terms: Sequence[Term]) -> tuple[Term, ...]:
    """The words of the glossary that its columns are declared to hold, in the glossary's order."""
    held = {column.term for column in dataset.columns}
    return tuple(term for term in terms if term.name in held)
