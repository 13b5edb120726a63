"""Datasets of the building of the warehouse: what its checks found, and what its loads moved."""

from __future__ import annotations

from akademos.catalogue.dataset_columns import TENANT, may, must
from akademos.catalogue.declarations import Basis, Dataset, years

_OWNER = "data engineering"

WAREHOUSE_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="warehouse_checks",
        description="What the checks of each build of the warehouse found; a repeated build adds nothing.",
        grain="one check of one build",
        owner=_OWNER,
        columns=(
            TENANT,
            must("build_id", "string", "fingerprint of what the build was made from"),
            must("dataset", "string", "table of the warehouse, with its schema"),
            must("check_name", "string", "name of the check"),
            must("column_name", "string", "column it is about; empty: the table"),
            must("severity", "string", "critical: a failure keeps the build from being published; or warning"),
            must("status", "string", "pass, warn or fail"),
            must("failures", "int64", "offending rows", unit="rows"),
            must("checked_at", "timestamp", "when"),
        ),
        zone="log",
        basis=Basis.LEGITIMATE_INTEREST,
        time_column="checked_at",
        retention=years(2),
    ),
    Dataset(
        name="warehouse_loads",
        description="Audit rows of loads: what was meant to move and what moved, for each closed day.",
        grain="one load of one day of receipt and channel",
        owner=_OWNER,
        columns=(
            TENANT,
            must("load", "string", "envelopes: database to raw zone; core: raw zone to event log"),
            must("received_on", "date", "day of receipt in UTC"),
            must("channel", "string", "live or import"),
            must("verdicts", "json", "events by verdict"),
            must("meant_rows", "int64", "events meant to move", unit="events"),
            must("moved_rows", "int64", "events that moved", unit="events"),
            must("meant_checksum", "string", "sum of keyed hashes of the ids meant to move, modulo 2^64, hexadecimal"),
            must("moved_checksum", "string", "the same of those that moved"),
            may("seconds", "float64", "duration of the load", unit="s"),
            may("causes", "json", "events by where the difference went; null: closed before that was noted"),
            must("recorded_at", "timestamp", "when"),
        ),
        zone="log",
        basis=Basis.LEGITIMATE_INTEREST,
        time_column="recorded_at",
        retention=years(7),
        upstream=("event_index", "envelopes", "event_log"),
    ),
)
