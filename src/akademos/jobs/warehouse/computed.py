"""Inputs of the warehouse that are made by a function instead of a query: histories, allocations, the registry itself.

A module `computed_<schema>` beside this one exports `COMPUTED`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import polars as pl

from akademos.catalogue.registry import Registry
from akademos.catalogue.warehouse_extracts import Columns, check_names, extracts


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a computed input may use: the frames of all extracts by name, and of the computed inputs before it.

    Attributes:
        tenant_id: whose warehouse is built.
        registry: the dictionary that is in force for the tenant.
        today: date of the build in UTC.
    """

    tenant_id: str
    registry: Registry
    today: date
    frame: Callable[[str], pl.DataFrame]


@dataclass(frozen=True, slots=True)
class Computed:
    """One computed input. `function` gives rows with the declared columns: mappings, or a frame; it is pure, so that a
    second build on the same inputs changes nothing.

    Attributes:
        columns: as of an `Extract`; values are cast to them.
        upstream: names of the datasets it derives from; empty for what the catalogue itself says.
    """

    name: str
    columns: Columns
    function: Callable[[Inputs], pl.DataFrame | list[Mapping[str, object]]]
    description: str
    upstream: tuple[str, ...] = ()


@cache
def computed() -> tuple[Computed, ...]:
    """The computed inputs of every schema.

    Raises:
        CatalogueError: a name is taken, or a type is not known.
    """
    package = import_module("akademos.jobs.warehouse")
    modules = sorted(one.name for one in iter_modules(package.__path__) if one.name.startswith("computed_"))
    found = tuple(one for name in modules for one in import_module(f"{package.__name__}.{name}").COMPUTED)
    check_names((one.name, one.columns) for one in (*extracts(), *found))
    return found
