"""The shapes that properties of events usually have, so that a declaration says only what is special.

Each form brings its unit, bounds and an invalid example; a declaration may override them.
"""

from __future__ import annotations

from akademos.catalogue.declarations import Kind, Property

WEEK_SECONDS = 7 * 24 * 3600


def identifier(name: str, description: str, *, required: bool = False) -> Property:
    """An identifier in the sender's numbering, of a thing that has no core property."""
    return Property(name, Kind.STRING, description, required, minimum=1, maximum=256, invalid_example={"id": 1})


def choice(name: str, description: str, *values: str, required: bool = False) -> Property:
    """One of a closed enumeration."""
    return Property(name, Kind.STRING, description, required, values=values, invalid_example="of_another_kind")


def text(
    name: str, description: str, longest: int, *, pattern: str | None = None, free_text: str | None = None
) -> Property:
    """A string of at most `longest` characters; `free_text` says why people may write into it as they like."""
    invalid = "x" * (longest + 1)
    return Property(
        name,
        Kind.STRING,
        description,
        minimum=1,
        maximum=longest,
        pattern=pattern,
        free_text=free_text,
        invalid_example=invalid,
    )


def texts(
    name: str,
    description: str,
    *,
    most: int = 50,
    values: tuple[str, ...] = (),
    required: bool = False,
    column: str | None = None,
) -> Property:
    """An array of short strings, each of the enumeration where there is one."""
    return Property(
        name,
        Kind.STRINGS,
        description,
        required,
        minimum=1,
        maximum=most,
        values=values,
        column=column,
        invalid_example=[1],
    )


def count(
    name: str,
    description: str,
    highest: int = 1_000_000,
    *,
    lowest: int = 0,
    required: bool = False,
    unit: str | None = None,
    column: str | None = None,
) -> Property:
    """A whole number of things."""
    return Property(
        name,
        Kind.INTEGER,
        description,
        required,
        minimum=lowest,
        maximum=highest,
        unit=unit,
        column=column,
        invalid_example=lowest - 1,
    )


def number(
    name: str,
    description: str,
    lowest: float,
    highest: float,
    *,
    unit: str | None = None,
    required: bool = False,
    column: str | None = None,
) -> Property:
    """A number between two bounds, both inclusive."""
    return Property(
        name,
        Kind.NUMBER,
        description,
        required,
        minimum=lowest,
        maximum=highest,
        unit=unit,
        column=column,
        invalid_example=highest + 1,
    )


def share(name: str, description: str, *, required: bool = False, column: str | None = None) -> Property:
    """A number between 0 and 1."""
    return number(name, description, 0, 1, unit="share", required=required, column=column)


def seconds(
    name: str,
    description: str,
    longest: float = WEEK_SECONDS,
    *,
    required: bool = False,
    column: str | None = "duration_seconds",
) -> Property:
    """A duration; unless said otherwise it fills the column `duration_seconds`."""
    return number(name, description, 0, longest, unit="s", required=required, column=column)


def flag(name: str, description: str, *, required: bool = False, column: str | None = None) -> Property:
    """True or false, nothing that means one of them."""
    return Property(name, Kind.BOOLEAN, description, required, column=column, invalid_example="yes")


def moment(name: str, description: str, *, required: bool = False) -> Property:
    """A point in time, ISO 8601 with offset."""
    return Property(name, Kind.TIMESTAMP, description, required, invalid_example="2026-11-05 08:30")


def day(name: str, description: str, *, required: bool = False) -> Property:
    """A calendar day, ISO 8601."""
    return Property(name, Kind.DATE, description, required, invalid_example="2026-02-30")


def course_day(name: str, description: str) -> Property:
    """A day counted from the start of the course; negative before it."""
    return Property(
        name,
        Kind.INTEGER,
        description,
        minimum=-3650,
        maximum=3650,
        unit="days from the start of the course",
        invalid_example=3651,
    )
