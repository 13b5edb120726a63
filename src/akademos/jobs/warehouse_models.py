"""The models of the warehouse as datasets of the catalogue: from the YAML that documents them, which dbt reads too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from akademos.catalogue.checks import Check, CheckKind, Severity, enforced
from akademos.catalogue.declarations import Basis, Column, Dataset

_OWNER = "data engineering"
_KINDS = {"not_null": CheckKind.NOT_NULL, "unique": CheckKind.UNIQUE, "relationships": CheckKind.REFERENCES}


@cache
def warehouse_models() -> tuple[Dataset, ...]:
    """Every documented model: `schema.table`, by name."""
    found = [dataset for file in _documents() for dataset in datasets_of(yaml.safe_load(file.read_text("utf-8")))]
    return tuple(sorted(found, key=lambda one: one.name))


def _documents() -> Iterator[Traversable]:
    marts = files("akademos").joinpath("warehouse", "models", "marts")
    if marts.is_dir():
        for schema in sorted(marts.iterdir(), key=lambda one: one.name):
            if schema.is_dir():
                yield from (one for one in schema.iterdir() if one.name.endswith(".yml"))


def datasets_of(document: Mapping[str, Any] | None) -> Iterator[Dataset]:
    """The models that one YAML document describes."""
    for model in (document or {}).get("models", ()):
        schema, _, table = str(model["name"]).partition("__")
        meta = {**model.get("config", {}).get("meta", {}), **model.get("meta", {})}
        columns = tuple(map(_column, model.get("columns", ())))
        yield Dataset(
            name=f"{schema}.{table or schema}",
            description=" ".join(str(model.get("description", "")).split()),
            grain=str(meta.get("grain", "one row")),
            owner=str(meta.get("owner", _OWNER)),
            columns=columns,
            zone="mart",
            basis=Basis.LEGITIMATE_INTEREST,
            service_level=str(meta.get("service_level", "every night")),
            checks=tuple(_checks(model)),
        )


def _column(column: Mapping[str, Any]) -> Column:
    tests = {one if isinstance(one, str) else next(iter(one)) for one in _tests(column)}
    kind = str(column.get("data_type", "string"))
    said = " ".join(str(column.get("description", "")).split())
    return Column(str(column["name"]), kind, said, nullable="not_null" not in tests)


def _tests(place: Mapping[str, Any]) -> list[Any]:
    return [*place.get("data_tests", ()), *place.get("tests", ())]


def _checks(model: Mapping[str, Any]) -> Iterator[Check]:
    """Tests of the model and its columns; dbt runs them with every build."""
    for test in _tests(model):
        name = test if isinstance(test, str) else next(iter(test))
        yield enforced(name.replace("_", " "))
    for column in model.get("columns", ()):
        for test in _tests(column):
            name = test if isinstance(test, str) else next(iter(test))
            severity = Severity.CRITICAL
            if isinstance(test, Mapping) and _severity(test[name]) == "warn":
                severity = Severity.MINOR
            kind = _KINDS.get(name, CheckKind.RULE)
            yield Check(f"{column['name']}: {name.replace('_', ' ')}", kind, severity, (str(column["name"]),))


def _severity(arguments: object) -> str:
    if not isinstance(arguments, Mapping):
        return ""
    config = arguments.get("config", {})
    return str(arguments.get("severity") or (config.get("severity") if isinstance(config, Mapping) else "") or "")
