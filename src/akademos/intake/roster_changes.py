"""What keeping a OneRoster set changed, and the kept rows by column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from akademos.sources.csv_records import BYTE_ORDER_MARK, cells_of
from akademos.sources.oneroster import Header
from akademos.sources.oneroster_files import BY_NAME
from akademos.stores.ports.roster import RosterReading


@dataclass(slots=True)
class Changes:
    """What keeping a set changed, as far as records follow from it.

    `changed` are sourcedIds of new and changed rows, by file; `before` rows (learner_key, text) as they were; `people`
    those of whom an enrollment is not what it was; `classes_before` course by class until then.
    """

    headers: dict[str, Header] = field(default_factory=dict)
    old_headers: dict[str, Header] = field(default_factory=dict)
    changed: dict[str, list[str]] = field(default_factory=dict)
    before: dict[str, list[tuple[str | None, str]]] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)
    classes_before: dict[str, str] = field(default_factory=dict)


def headers_of(kept: Mapping[str, str]) -> dict[str, Header]:
    """The headers of kept files, from their texts."""
    return {
        name: Header(BY_NAME[name], tuple(cells_of(text.removeprefix(BYTE_ORDER_MARK))))
        for name, text in kept.items()
        if name in BY_NAME
    }


def rows_of(kept: RosterReading, headers: Mapping[str, Header], name: str) -> Iterator[dict[str, str]]:
    """The kept rows of a file by column; none where the set has no such file."""
    if name in headers:
        for text in kept.rows(name):
            yield headers[name].values(cells_of(text))


def courses_of_classes(kept: RosterReading, header: Header) -> dict[str, str]:
    """The course of every kept class."""
    return {row["sourcedId"]: row["courseSourcedId"] for row in rows_of(kept, {"classes": header}, "classes")}
