"""The receipt of an erasure: what went, from where, how many rows, what is kept on which basis. Names nobody. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from akademos.catalogue.declarations import Dataset

FORMAT = 1

NOT_IN_REACH = (
    "Backups and copies that were made outside: apply the erasure there with `akademos erasures export` and `apply`.",
    "Logs on standard error name nobody; whoever collects them decides how long they are kept.",
    "Blocks that the file system freed are not overwritten on the medium: use an encrypted volume.",
)


def receipt(
    requested_at: datetime, progress: Mapping[str, Any], completed_at: datetime, datasets: Iterable[Dataset]
) -> dict[str, Any]:
    """The receipt from what the steps noted; `checksum` is SHA-256 over all else as JSON with sorted names."""
    declared = {dataset.name: dataset for dataset in datasets}
    search, tables, server = progress["search"], progress["tables"], progress["write_ahead"]
    removed = {name: rows for name, rows in progress["removed"].items() if rows}
    said = {
        "format": FORMAT,
        "requested_at": requested_at.isoformat(),
        "completed_at": completed_at.isoformat(),
        "removed": {**removed, "landing": progress["landing"]["removed"], "event_log": progress["core"]["removed"]},
        "redacted_in_events_of_others": {
            "held": progress["held_redacted"],
            "landing": progress["landing"]["redacted"],
            "event_log": progress["core"]["redacted"],
        },
        "event_log": {name: progress["core"][name] for name in ("bytes_rewritten", "seconds", "files")},
        "ids_forgotten": progress["core"]["ids_forgotten"],
        "kept": [
            _kept(declared[name], rows, completed_at)
            for name, rows in progress["renamed"].items()
            if rows and name in declared
        ],
        "under_legal_hold": progress["held"],
        "models_to_rebuild": progress["models_to_rebuild"],
        "recipients": progress["recipients"],
        "database_files": {"tables": tables["done"], "write_ahead_log": server["done"], "logs": progress["logs"]},
        "search": search,
        "verified": not search["hits"],
        "not_in_reach": [*NOT_IN_REACH, *tables["left"], *server["left"]],
    }
    return {**said, "checksum": checksum(said)}


def checksum(said: Mapping[str, Any]) -> str:
    """SHA-256 of a receipt without its own checksum."""
    content = {name: value for name, value in said.items() if name != "checksum"}
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _kept(dataset: Dataset, rows: int, completed_at: datetime) -> dict[str, Any]:
    until = None if dataset.retention is None else (completed_at + dataset.retention).date().isoformat()
    return {
        "dataset": dataset.name,
        "rows": rows,
        "basis": dataset.basis.value,
        "until_at_the_latest": until,
        "as": "a name under the destroyed key, which nobody can resolve",
    }
