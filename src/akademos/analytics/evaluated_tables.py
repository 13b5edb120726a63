"""The evaluated tables as a mapping: plain columns inside, data frames when somebody asks for one.

An answer about one learner reads a few short columns, and making frames of them would cost more than computing them;
the nightly job and tests want frames.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from akademos.analytics.evaluated_schemas import EVALUATED
from akademos.analytics.forgetting import NEVER

Columns = dict[str, Any]
"""Values by column: lists, or arrays in which NaN and NEVER stand for null, instants are microseconds and dates
days."""
_NOT_A_TIME = np.iinfo(np.int64).min  # how numpy writes a missing instant


class EvaluatedTables(Mapping[str, pl.DataFrame]):
    """Tables of `evaluated_schemas.EVALUATED`; a frame is made when it is first asked for."""

    def __init__(self, columns: Mapping[str, Columns]) -> None:
        """`columns` holds the columns of each table."""
        self._columns = columns
        self._frames: dict[str, pl.DataFrame] = {}

    def __getitem__(self, name: str) -> pl.DataFrame:
        """The table as a frame of the declared types."""
        if name not in self._frames:
            columns = self._columns[name]
            self._frames[name] = pl.DataFrame([make(column, columns[column]) for column, make in _makers(name)])
        return self._frames[name]

    def __iter__(self) -> Iterator[str]:
        """Names of the tables."""
        return iter(self._columns)

    def __len__(self) -> int:
        """Number of tables."""
        return len(self._columns)

    def columns(self, name: str) -> Columns:
        """The plain columns of a table."""
        return self._columns[name]


@cache
def _makers(table: str) -> tuple[tuple[str, Callable[[str, Any], pl.Series]], ...]:
    """How to make each column of an evaluated table."""
    return tuple((name, _maker(dtype)) for name, dtype in EVALUATED[table].items())


def _maker(dtype: pl.DataType) -> Callable[[str, Any], pl.Series]:
    whole = np.int32 if dtype == pl.Int32 else np.int64 if dtype == pl.Int64 else None

    def make(name: str, values: Any) -> pl.Series:
        if isinstance(dtype, pl.List):
            inner = pa.large_string() if dtype.inner == pl.String else pa.float64()
            return pl.Series(name, pa.array(values, type=pa.large_list(inner)))
        if not isinstance(values, np.ndarray):
            return pl.Series(name, values, dtype=dtype)
        if isinstance(dtype, pl.Datetime):
            times = np.where(values == NEVER, _NOT_A_TIME, values).view("datetime64[us]")
            return pl.Series(name, times).cast(dtype)
        if isinstance(dtype, pl.Date):
            return pl.Series(name, values.astype("datetime64[D]"))
        if values.dtype.kind == "f":
            found = pl.Series(name, values, nan_to_null=True)
            return found if whole is None else found.cast(dtype)
        return pl.Series(name, values if whole is None else values.astype(whole))

    return make
