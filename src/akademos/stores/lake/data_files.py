"""Parquet files of the event log: how they are named, laid out, described to the table log, and made durable."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake.transaction import AddAction, RemoveAction

from akademos.catalogue.event_log import PARTITION_COLUMNS
from akademos.stores.ports.event_log import SCHEMA

FILE_SCHEMA = pa.schema([field for field in SCHEMA if field.name not in PARTITION_COLUMNS])
"""What a file holds: partition columns stand in its path."""

STATISTICS = ("learner_key", "occurred_at", "retention_from")
"""Columns whose least and greatest value the table log holds: what readers prune by, and nothing else."""

ROW_GROUP_ROWS = 16_384
"""A learner's month of a few thousand rows lies in one or two row groups."""

COMPRESSION = "zstd"
COMPRESSION_LEVEL = 1


@dataclass(frozen=True, slots=True)
class DataFile:
    """One file that a version of the table names; `low` and `high` bound its learner keys, null being ''."""

    path: str
    tenant_id: str
    month: str
    rows: int
    size: int
    modified_ms: int
    low: str
    high: str
    retention_from: datetime | None

    def may_hold(self, low: str, high: str) -> bool:
        """Whether a learner key between the two bounds (inclusive) may be in the file."""
        return self.low <= high and low <= self.high


def new_path(tenant_id: str, month: str) -> str:
    """Name of a file to be, relative to the table."""
    return f"tenant_id={tenant_id}/month={month}/{uuid.uuid4()}.parquet"


def write(folder: Path, tenant_id: str, month: str, rows: pa.Table) -> AddAction:
    """Write rows of one partition, sorted by the caller, durably; not part of the table before its commit."""
    path = new_path(tenant_id, month)
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        rows,
        target,
        row_group_size=ROW_GROUP_ROWS,
        compression=COMPRESSION,
        compression_level=COMPRESSION_LEVEL,
        use_dictionary=[name for name in FILE_SCHEMA.names if name != "event_id"],
    )
    return describe(folder, path)


def describe(folder: Path, path: str) -> AddAction:
    """The entry of a written file for the table log, from its footer; the file is made durable first."""
    target = folder / path
    make_durable(target)
    footer = pq.read_metadata(target)
    statistics: dict[str, Any] = {"numRecords": footer.num_rows}
    found = _statistics(footer)
    statistics["minValues"] = {name: _value(low, up=False) for name, (low, _, _) in found.items() if low is not None}
    statistics["maxValues"] = {name: _value(high, up=True) for name, (_, high, _) in found.items() if high is not None}
    statistics["nullCount"] = {name: nulls for name, (_, _, nulls) in found.items()}
    tenant, month = (part.split("=", 1)[1] for part in path.split("/")[:2])
    state = target.stat()
    return AddAction(
        path,
        state.st_size,
        {"tenant_id": tenant, "month": month},
        int(state.st_mtime * 1000),
        True,
        json.dumps(statistics, separators=(",", ":")),
    )


def _statistics(footer: Any) -> dict[str, tuple[Any, Any, int]]:
    positions = {footer.schema.column(index).path: index for index in range(footer.num_columns)}
    found: dict[str, tuple[Any, Any, int]] = {}
    for name in STATISTICS:
        lows, highs, nulls = [], [], 0
        for group in range(footer.num_row_groups):
            one = footer.row_group(group).column(positions[name]).statistics
            nulls += one.null_count
            if one.has_min_max:
                lows.append(one.min)
                highs.append(one.max)
        found[name] = (min(lows, default=None), max(highs, default=None), nulls)
    return found


def _value(value: object, *, up: bool) -> object:
    """As Delta wants it: instants in whole milliseconds, the lower bound down and the upper bound up."""
    if not isinstance(value, datetime):
        return value
    beyond = value.microsecond % 1000
    if up and beyond:
        value += timedelta(microseconds=1000 - beyond)
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def removal(file: DataFile, *, now: datetime, data_change: bool) -> RemoveAction:
    """The entry that takes a file out of the table."""
    return RemoveAction(
        file.path,
        data_change,
        int(now.timestamp() * 1000),
        size=file.size,
        partition_values={"tenant_id": file.tenant_id, "month": file.month},
    )


def listed(actions: Mapping[str, list[Any]]) -> Iterable[DataFile]:
    """The files of a version, from the columns of `DeltaTable.get_add_actions(flatten=True)`."""
    count = len(actions["path"])
    unknown: list[Any] = [None] * count
    rows = zip(
        actions["path"],
        actions["partition.tenant_id"],
        actions["partition.month"],
        actions["num_records"],
        actions["size_bytes"],
        actions["modification_time"],
        actions.get("min.learner_key", unknown),
        actions.get("max.learner_key", unknown),
        actions.get("null_count.learner_key", unknown),
        actions.get("min.retention_from", unknown),
        strict=True,
    )
    for path, tenant, month, records, size, modified, low, high, nulls, retained in rows:
        first = "" if nulls or low is None else low
        yield DataFile(path, tenant, month, records, size, modified, first, high or "", retained)


def make_durable(path: Path) -> None:
    """Have a file, and its entry in its folder, survive a power cut."""
    for one in (path, path.parent):
        descriptor = os.open(one, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
