"""From landing to the core: what senders sent, as JSON, becomes rows of the event log, a column at a time.

`catalogue.column_plan` says where each value goes; `split` there is the same rule for one event, and the way out
when an event type has free-form properties, whose shape no schema tells. Identifiers of people have no column and
are no declared property, so they cannot get through: only what is declared is looked at.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from functools import reduce

import orjson
import polars as pl

from akademos.catalogue.column_plan import CONTENT_COLUMNS
from akademos.catalogue.declarations import CoreProperty, Kind
from akademos.catalogue.registry import KnownEvent, Registry
from akademos.catalogue.validation import parse_timestamp
from akademos.stores.ports.event_log import SCHEMA

CLOCKS = ("client_timestamp", "event_timestamp")
"""The sender's clock: the first of these that is there."""

TYPES = dict(pl.DataFrame(SCHEMA.empty_table()).schema)
"""Columns of the event log as Polars types."""

_CONTENT = (*CONTENT_COLUMNS, "client_timestamp", "time_precision", "properties")
_ON_THE_WIRE: Mapping[Kind, pl.DataType | type[pl.DataType]] = {
    Kind.STRING: pl.String,
    Kind.TIMESTAMP: pl.String,
    Kind.DATE: pl.String,
    Kind.INTEGER: pl.Int64,
    Kind.NUMBER: pl.Float64,
    Kind.BOOLEAN: pl.Boolean,
    Kind.STRINGS: pl.List(pl.String),
}
_TOPICS = "topic_ids"


class Content:
    """What the events of one type say, as columns of the event log (`persona` null where the sender said none)."""

    def __init__(self, known: KnownEvent, registry: Registry) -> None:
        self._plan = known.columns
        self.event = event = known.event
        core = {rule.name: rule for rule in registry.core}
        placed = {at.name for at in self._plan.placements if at.source == "core"}
        rest = [rule for rule in registry.core if rule.kept_in == "properties"]
        self._rest = [rule.name for rule in rest]
        self._own_rest = [rule.name for rule in event.properties if rule.column is None]
        kinds = {rule.kind for rule in event.properties} | {rule.kind for rule in rest}
        self._free_form = not kinds <= _ON_THE_WIRE.keys()
        looked_at: list[CoreProperty] = [core[name] for name in (*sorted(placed), *CLOCKS, "time_precision")]
        if not self._free_form:
            own = {rule.name: _ON_THE_WIRE[rule.kind] for rule in event.properties}
            self._schema = {
                **{rule.name: _ON_THE_WIRE[rule.kind] for rule in (*looked_at, *rest)},
                "properties": pl.Struct(own or {"-": pl.String}),
            }

    def read(self, raw: bytes) -> pl.DataFrame:
        """One row a line of `raw`.

        Raises:
            ValueError: a line is not what the dictionary declares; which one, `read_line` on each tells.
        """
        if self._free_form:
            return self._frame(self.read_line(line) for line in raw.split(b"\n"))
        try:
            wire = pl.read_ndjson(io.BytesIO(raw), schema=self._schema)
        except pl.exceptions.PolarsError as strange:
            raise ValueError("a line is not what the dictionary declares") from strange
        columns = wire.select(*map(self._column, CONTENT_COLUMNS), self._properties(wire))
        return columns.with_columns(_instants(wire)).select(_CONTENT).cast({name: TYPES[name] for name in _CONTENT})

    def read_line(self, line: bytes) -> dict[str, object]:
        """The same for one line."""
        event = orjson.loads(line)
        columns, rest = self._plan.split(event.pop("properties", None) or {}, event)
        clock = next((event[name] for name in CLOCKS if event.get(name) is not None), None)
        columns["persona"] = event.get("persona")
        columns["client_timestamp"] = parse_timestamp(clock) if clock is not None else None
        columns["time_precision"] = event.get("time_precision") or "exact"
        columns["properties"] = orjson.dumps(rest, option=orjson.OPT_SORT_KEYS).decode()
        return columns

    def readable(self, line: bytes) -> bool:
        """Whether `read` can make sense of a line."""
        try:
            self.read(line)
        except ValueError:
            return False
        return True

    def read_lines(self, lines: Iterable[bytes]) -> pl.DataFrame:
        """The same for lines that are known to be readable one by one."""
        return self._frame(map(self.read_line, lines))

    def _frame(self, rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
        return pl.DataFrame(rows, schema={name: TYPES[name] for name in _CONTENT}, orient="row")

    def _column(self, column: str) -> pl.Expr:
        values = [
            (at, pl.col(at.name) if at.source == "core" else pl.col("properties").struct.field(at.name))
            for at in self._plan.placements
            if at.column == column
        ]
        if column == _TOPICS:
            return _topics([value if at.kind is Kind.STRINGS else _alone(value) for at, value in values])
        default = None if column == "persona" else self._plan.defaults.get(column)
        return pl.coalesce(*(value for _, value in values), pl.lit(default)).cast(TYPES[column]).alias(column)

    def _properties(self, wire: pl.DataFrame) -> pl.Expr:
        own = wire["properties"].struct
        found: dict[str, list[pl.Expr]] = {}
        for names, values in ((self._rest, wire), (self._own_rest, own)):
            for name in names:
                if values[name].null_count() < wire.height:
                    value = pl.col(name) if values is wire else pl.col("properties").struct.field(name)
                    found.setdefault(name, []).append(_member(name, value))
        if not found:
            return pl.lit("{}").alias("properties")
        members = [pl.coalesce(found[name]) for name in sorted(found)]
        listed = pl.concat_str(members, separator=",", ignore_nulls=True)
        return pl.concat_str(pl.lit("{"), listed, pl.lit("}")).alias("properties")


def _topics(values: list[pl.Expr]) -> pl.Expr:
    def joined(first: pl.Expr, second: pl.Expr) -> pl.Expr:
        both = first.list.len() > 0
        return (
            pl.when(both & second.is_not_null())
            .then(pl.concat_list(first, second).list.unique(maintain_order=True))
            .otherwise(pl.coalesce(second, first))
        )

    if not values:
        return pl.lit(None, dtype=TYPES[_TOPICS]).alias(_TOPICS)
    return reduce(joined, [value.list.unique(maintain_order=True) for value in values]).alias(_TOPICS)


def _alone(value: pl.Expr) -> pl.Expr:
    return pl.when(value.is_not_null()).then(pl.concat_list(value))


def _member(name: str, value: pl.Expr) -> pl.Expr:
    """`"name":value` as JSON, null where there is no value."""
    encoded = pl.struct(value.alias(name)).struct.json_encode()
    return pl.when(value.is_not_null()).then(encoded.str.strip_prefix("{").str.strip_suffix("}"))


def _instants(wire: pl.DataFrame) -> list[pl.Series]:
    text = wire.select(pl.coalesce(CLOCKS)).to_series()
    found = text.str.to_datetime("%+", time_unit="us", time_zone="UTC", strict=False)
    odd = text.filter(found.is_null() & text.is_not_null())
    if len(odd):  # without seconds, or with an offset without colon
        parsed = {one: parse_timestamp(one) for one in odd.unique()}
        others = text.replace_strict(parsed, default=None, return_dtype=TYPES["client_timestamp"])
        found = found.zip_with(found.is_not_null(), others)
    return [found.alias("client_timestamp"), wire["time_precision"].fill_null("exact")]
