"""Checks of the warehouse by the name under which each build records them, and as checks of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping

from akademos.catalogue.checks import Check, CheckKind, Severity

_KINDS = {
    "not_null": CheckKind.NOT_NULL,
    "unique": CheckKind.UNIQUE,
    "unique_together": CheckKind.UNIQUE,
    "one_current": CheckKind.UNIQUE,
    "relationships": CheckKind.REFERENCES,
    "accepted_values": CheckKind.RANGE,
}
_SAID = {
    "no_rows": "no row where {}",
    "unique_together": "{} are unique together",
    "one_current": "one current row at the most for each {}",
}
_OF_COLUMN = {
    "not_null": "{} is filled",
    "unique": "{} is unique",
    "relationships": "{} is in the table it refers to",
    "accepted_values": "{} is one of the values listed for it",
}
_ARGUMENTS = ("condition", "columns", "key")
"""Arguments that tell two checks of one kind on one table apart."""


def recorded_name(test: str, arguments: Mapping[str, object]) -> str:
    """The name of a check in the record of builds.

    Args:
        test: of the project's macros, or one of dbt's own.
        arguments: as the model's description gives them.

    Example:
        >>> recorded_name("no_rows", {"condition": "rate <= 0"}), recorded_name("unique", {})
        ('no_rows: rate <= 0', 'unique')
    """
    for one in _ARGUMENTS:
        given = arguments.get(one)
        if given:
            return f"{test}: {', '.join(map(str, given)) if isinstance(given, list | tuple) else given}"
    return test


def check_of(name: str, column: str | None, *, critical: bool) -> Check:
    """A check of a model, from its name in the record and the column it is about (none: the table)."""
    test, _, argument = name.partition(": ")
    kind = _KINDS.get(test, CheckKind.RULE)
    severity = Severity.CRITICAL if critical else Severity.MINOR
    if column:
        said = _OF_COLUMN.get(test, "{}: " + test.replace("_", " "))
        return Check(said.format(column), kind, severity, (column,))
    statement = _SAID[test].format(argument) if test in _SAID and argument else name.replace("_", " ")
    return Check(statement, kind, severity)
