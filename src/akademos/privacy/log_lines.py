"""What of a log line may be kept: an allow list of fields, and of their values those that name nobody."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5

from akademos.catalogue.log_fields import KEPT_FIELDS, LEVELS

LONGEST = 100
MOST_VALUES = 20
UNNAMED = "unnamed"

_EVENT = re.compile(r"[a-z][a-z0-9_ ,'-]{0,99}")
_WORD = re.compile(r"[A-Za-z0-9_.:/{}+-]{0,100}")
_TENANT = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LONG_NUMBER = re.compile(r"(?<![0-9a-f-])\d{7,}(?![0-9a-f-])")
"""Where a telephone or matriculation number may hide; digits within a UUID or a hash are none."""

_LEVEL_NAMES = frozenset(one.name for one in LEVELS)
_DROPPED = frozenset({"event", "level", "timestamp", "tenant", "exc_info", "stack_info"})


@dataclass(frozen=True, slots=True)
class KeptLine:
    """One line as it is kept.

    Attributes:
        logged_at: when it was said.
        tenant_id: tenant it is about, None for the installation.
        level, event: how grave, and what happened.
        fields: kept fields as JSON with sorted keys.
        trimmed: names of fields that were left out, sorted.
    """

    logged_at: datetime
    tenant_id: str | None
    level: str
    event: str
    fields: str
    trimmed: tuple[str, ...]


def kept_line(said: Mapping[str, object], at: datetime) -> KeptLine:
    """Trim a line: fields that are not on the list, and values that do not look like what those hold, are left out and
    named. Of an exception its kind is kept, never its words, which may quote data."""
    fields: dict[str, object] = {}
    trimmed: list[str] = []
    for name, value in said.items():
        if name in _DROPPED:
            continue
        kept = _kept(value) if name in KEPT_FIELDS else None
        if kept is None:
            trimmed.append(name if _WORD.fullmatch(name) else UNNAMED)
        else:
            fields[name] = kept
    if raised := _kind(said.get("exc_info")):
        fields["exception"] = raised
    event, level, tenant = (str(said.get(name, "")) for name in ("event", "level", "tenant"))
    return KeptLine(
        at,
        tenant if _TENANT.fullmatch(tenant) else None,
        level if level in _LEVEL_NAMES else "info",
        event if _EVENT.fullmatch(event) else UNNAMED,
        json.dumps(fields, sort_keys=True),
        tuple(sorted(trimmed)),
    )


def _kept(value: object) -> object:
    """The value if it may be kept, else None."""
    if isinstance(value, bool | int | float):
        return value if isinstance(value, bool) or abs(value) < 10**15 else None
    if isinstance(value, str):
        return value if _WORD.fullmatch(value) and not _LONG_NUMBER.search(value) else None
    if isinstance(value, list | tuple) and len(value) <= MOST_VALUES:
        kept = [_kept(one) for one in value]
        return None if None in kept else kept
    return None


def _kind(exc_info: object) -> str | None:
    raised = exc_info[1] if isinstance(exc_info, tuple) and len(exc_info) > 1 else exc_info
    return type(raised).__name__ if isinstance(raised, BaseException) else None


def line_sum(line: KeptLine, service: str, instance: str) -> int:
    """The number of a line in a checksum: 60 bits of the MD5 of its parts, which the store can compute of what it
    holds as well (stores.postgres.ops_logs). Sums of them do not depend on the order."""
    parts = (
        line.tenant_id or "",
        service,
        instance,
        line.level,
        line.event,
        str(round(line.logged_at.timestamp() * 1_000_000)),
        line.fields,
        ",".join(line.trimmed),
    )
    return int(md5("\x1f".join(parts).encode(), usedforsecurity=False).hexdigest()[:15], 16)
