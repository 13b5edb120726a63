"""The event log as a data frame in memory: the second implementation, and the oracle of the contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import polars as pl
import pyarrow as pa

from akademos.catalogue.event_log import SORT_COLUMNS
from akademos.errors import Conflict, InputError
from akademos.stores.ports.event_log import SCHEMA, Compaction


class PolarsEventLog:
    """Both ports of the event log, as plainly as they can be said."""

    def __init__(self) -> None:
        self.frame = pl.DataFrame(SCHEMA.empty_table())
        self.versions: dict[str, int] = {}

    def append(
        self,
        events: pa.Table,
        *,
        application: str | None = None,
        version: int | None = None,
        after: int | None = None,
    ) -> int:
        if events.schema.names != SCHEMA.names:
            raise InputError("other columns", code="table_malformed")
        if application is not None and self.versions.get(application) != after:
            raise Conflict("moved on", code="already_committed")
        self.frame = pl.concat([self.frame, pl.DataFrame(events)])
        if application is not None and version is not None:
            self.versions[application] = version
        return int(events.num_rows)

    def missing(self, events: pa.Table) -> pa.Table:
        on = ["tenant_id", "month", "event_id"]
        return _table(pl.DataFrame(events).join(self.frame.select(on), on=on, how="anti", maintain_order="left"))

    def needs_compaction(self, *, minimum_files: int = 8) -> bool:
        return False

    def compact(self, *, minimum_files: int = 8) -> Compaction:
        return Compaction(0, 0, 0, 0)

    def delete(
        self,
        tenant_id: str,
        learner_key: str,
        event_names: Sequence[str] | None = None,
        *,
        application: str | None = None,
    ) -> int:
        if application in self.versions:
            return self.versions[application]
        gone = (pl.col("tenant_id") == tenant_id) & pl.any_horizontal(
            pl.col("learner_key", "actor_key", "subject_key") == learner_key
        )
        if event_names is not None:
            gone &= pl.col("event_name").is_in(list(event_names))
        count = self._drop(gone).height
        if application is not None:
            self.versions[application] = count
        return count

    def expire(
        self, tenant_id: str, cutoffs: Mapping[str, datetime], *, application: str, keep: Sequence[str] = ()
    ) -> int:
        gone = pl.lit(value=False)
        for name, cutoff in cutoffs.items():
            gone |= (pl.col("event_name") == name) & (pl.col("retention_from") < cutoff)
        gone &= ~pl.col("learner_key").fill_null("").is_in(list(keep))
        total = self.versions.get(application, 0) + self._drop((pl.col("tenant_id") == tenant_id) & gone).height
        if total:
            self.versions[application] = total
        return total

    def _drop(self, gone: pl.Expr) -> pl.DataFrame:
        kept = self.frame.filter(gone.fill_null(value=False).not_())
        dropped = self.frame.filter(gone)
        self.frame = kept
        return dropped

    def vacuum(self, *, keep_s: float) -> int:
        return 0

    def committed_version(self, application: str) -> int | None:
        return self.versions.get(application)

    def learner_events(
        self,
        tenant_id: str,
        learner_keys: Sequence[str],
        *,
        columns: Sequence[str] | None = None,
        event_names: Sequence[str] | None = None,
        until: datetime | None = None,
    ) -> pa.Table:
        found = self.frame.filter(pl.col("tenant_id") == tenant_id, pl.col("learner_key").is_in(list(learner_keys)))
        if event_names is not None:
            found = found.filter(pl.col("event_name").is_in(list(event_names)))
        if until is not None:
            found = found.filter(pl.col("occurred_at") <= until)
        return _table(found.sort(SORT_COLUMNS).select(columns or SCHEMA.names))

    def by_learner(
        self,
        tenant_id: str,
        *,
        columns: Sequence[str],
        event_names: Sequence[str] | None = None,
        due: Mapping[str, datetime] | None = None,
        rows_per_bucket: int = 500_000,
        after: str | None = None,
    ) -> Iterator[pa.Table]:
        mine = self.frame.filter(pl.col("tenant_id") == tenant_id, pl.col("learner_key") > (after or ""))
        for key in mine["learner_key"].unique().sort():
            events = self.learner_events(tenant_id, [key], event_names=event_names)
            if due is not None:
                rows = events.to_pylist()
                kept = [row["event_name"] in due and row["retention_from"] < due[row["event_name"]] for row in rows]
                events = events.filter(pa.array(kept, pa.bool_()))
            if events.num_rows:
                yield events.select(list(columns))

    def count(self, tenant_id: str | None = None) -> int:
        if tenant_id is None:
            return self.frame.height
        return self.frame.filter(pl.col("tenant_id") == tenant_id).height


def _table(frame: pl.DataFrame) -> pa.Table:
    return frame.to_arrow().cast(pa.schema([SCHEMA.field(name) for name in frame.columns]))
