"""The models of the warehouse as datasets of the catalogue: from the YAML that documents them, which dbt reads too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import yaml

from akademos.catalogue.checks import Check
from akademos.catalogue.declarations import Basis, Column, Dataset
from akademos.catalogue.warehouse_checks import check_of, recorded_name

_OWNER = "data engineering"


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
    tests = {_named(one)[0] for one in _tests(column)}
    kind = str(column.get("data_type", "string"))
    said = " ".join(str(column.get("description", "")).split())
    meta = {**column.get("config", {}).get("meta", {}), **column.get("meta", {})}
    return Column(
        str(column["name"]), kind, said, nullable="not_null" not in tests, personal=bool(meta.get("personal", False))
    )


def _tests(place: Mapping[str, Any]) -> list[Any]:
    return [*place.get("data_tests", ()), *place.get("tests", ())]


def _checks(model: Mapping[str, Any]) -> Iterator[Check]:
    """Tests of the model and its columns, which run with every build."""
    places = [(model, None), *((column, str(column["name"])) for column in model.get("columns", ()))]
    for place, column in places:
        for name, details in map(_named, _tests(place)):
            recorded = recorded_name(name, details.get("arguments", details))
            yield check_of(recorded, column, critical=_severity(details) != "warn")


def _named(test: str | Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    if isinstance(test, str):
        return test, {}
    ((name, details),) = test.items()
    return name, details if isinstance(details, Mapping) else {}


def _severity(details: Mapping[str, Any]) -> str:
    config = details.get("config", {})
    return str(details.get("severity") or (config.get("severity") if isinstance(config, Mapping) else "") or "")
