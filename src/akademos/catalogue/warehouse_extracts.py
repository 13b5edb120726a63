"""What the warehouse is built from: named queries over PostgreSQL, declared once, a module of `catalogue.warehouse` a
schema.

Every extract becomes one Parquet file of typed columns, also when it has no rows, and is gone with the build. None
holds a payload or what a person wrote. People appear, where a grain needs them, by their audit name
(`privacy.pseudonyms.audit_name`); the keys of `linked_keys` join the core, and go once its models have run or failed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from akademos.errors import CatalogueError

TYPES = ("string", "int32", "int64", "float64", "bool", "timestamp", "date")
_DECIMAL = re.compile(r"decimal\((\d{1,2}),\s?(\d{1,2})\)")
_NAME = re.compile(r"[a-z][a-z0-9_]*")

Columns = tuple[tuple[str, str], ...]
"""(name, type) in order; a type is one of `TYPES` or `decimal(precision,scale)`. Timestamps are instants in UTC."""


@dataclass(frozen=True, slots=True)
class Extract:
    """One query, run for one tenant under the pipeline's role.

    Attributes:
        name: of the file, unique among all extracts; in SQL of the models: `{{ extract('name') }}`.
        query: a SELECT whose columns have the declared names, in any order. `%(tenant)s` is the tenant, by which every
            table must be filtered: this role sees all of them. Bytes come as hex, JSON as text.
        columns: what it gives.
        upstream: names of the datasets that it reads.
    """

    name: str
    query: str
    description: str
    columns: Columns
    upstream: tuple[str, ...] = ()


def decimal_digits(kind: str) -> tuple[int, int] | None:
    """Precision and scale of a decimal type, None of another.

    Example:
        >>> decimal_digits("decimal(38,9)"), decimal_digits("int64")
        ((38, 9), None)
    """
    found = _DECIMAL.fullmatch(kind)
    return (int(found[1]), int(found[2])) if found else None


@cache
def extracts() -> tuple[Extract, ...]:
    """The extracts of every schema, in the order of schema and declaration.

    Raises:
        CatalogueError: two have one name, or a column a type that is not known.
    """
    package = import_module("akademos.catalogue.warehouse")
    modules = sorted(found.name for found in iter_modules(package.__path__))
    found = tuple(one for name in modules for one in import_module(f"{package.__name__}.{name}").EXTRACTS)
    check_names((one.name, one.columns) for one in found)
    return found


def check_names(declared: Iterable[tuple[str, Columns]]) -> None:
    """Refuse names that stand twice and types that nobody knows.

    Raises:
        CatalogueError: as said.
    """
    seen: set[str] = set()
    for name, columns in declared:
        if name in seen or not _NAME.fullmatch(name):
            raise CatalogueError(f"The warehouse has two inputs `{name}`, or that is no name.", hint="Rename one.")
        seen.add(name)
        wrong = [column for column, kind in columns if kind not in TYPES and decimal_digits(kind) is None]
        if wrong or not columns:
            raise CatalogueError(
                f"Input `{name}` of the warehouse has columns of unknown type: {', '.join(wrong) or 'none at all'}.",
                hint="Types: " + ", ".join(TYPES) + ", decimal(precision,scale).",
            )
