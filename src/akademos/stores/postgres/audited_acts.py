"""What the audit log says of a change of a record, whichever door it came through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.records.declaration import Record
from akademos.stores.ports.audit import Json
from akademos.stores.postgres.record_rows import plain


def audited_acts(
    record: Record,
    acts: Sequence[str],
    key: Mapping[str, object],
    before: Mapping[str, object] | None,
    now: Mapping[str, object],
) -> Iterator[tuple[AuditAction, dict[str, Json]]]:
    """What of a change is audited, each once, and what is said of it: of which row, never whose.

    Args:
        record: its declaration.
        acts: what was done: create, update or an act of the life cycle, and the acts that this amounts to.
        key: the key by its fields.
        before: the row as it was; None for a new one.
        now: the row as it is.
    """
    row: dict[str, Json] = {
        "record": record.name,
        "key": {part.name: str(key[part.name]) for part in record.keys if part.kind != "person"},
        "version": int(str(now["version"])),
    }
    if record.versioned:
        row["revision"] = int(str(now["revision"]))
    for name, action in record.audited_fields.items():
        had = None if before is None else before[name]
        if had != now[name]:
            yield action, row | {"act": acts[0], "field": name, "before": plain(had), "after": plain(now[name])}
    noted: set[AuditAction] = set()
    for act in acts:
        if act in record.audited and record.audited[act] not in noted:
            noted.add(record.audited[act])
            yield record.audited[act], row | {"act": act}
