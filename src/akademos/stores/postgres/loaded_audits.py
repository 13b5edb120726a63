"""What a load of records does that is audited, from the log of changes of its own transaction.

A load writes tables at a time and names no acts; which act a change was follows from the states before and after it, as
the record's life cycle declares them. So a course that a file publishes stands in the audit log like one that somebody
published.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.records import BY_NAME
from akademos.catalogue.records.declaration import Record
from akademos.privacy.pseudonyms import Keys, audit_name
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.postgres.audit import append
from akademos.stores.postgres.database import Transaction

AT_ONCE = 1_000
_CHANGES = """
    SELECT position, record, key, learner_key::text, version, before, after FROM record_changes
    WHERE transaction_id = pg_current_xact_id() AND tenant_id = %s AND record = ANY(%s) AND position > %s
    ORDER BY position LIMIT %s
"""
_DATA_KEYS = "SELECT learner_key::text, data_key FROM people WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[])"


def audit_load(transaction: Transaction, keys: Keys, tenant_id: str, tables: Collection[str], *, actor: str) -> None:
    """Write an entry for everything audited that this transaction did to some tables. The last statements of its
    transaction, see `audit.append`.

    Args:
        transaction, keys, tenant_id: whose.
        tables: names of the records that the load has changed.
        actor: as the audit log names it.
    """
    watched = [name for name in tables if BY_NAME[name].audited or BY_NAME[name].audited_fields]
    after = 0
    while watched:
        rows = transaction.execute(_CHANGES, (tenant_id, watched, after, AT_ONCE)).fetchall()
        people = sorted({row[3] for row in rows if row[3] is not None})
        names = {
            key: audit_name(keys.unwrap(tenant_id, key, wrapped))
            for key, wrapped in transaction.execute(_DATA_KEYS, (tenant_id, people))
        }
        for _, name, key, learner_key, version, before, now in rows:
            record = BY_NAME[name]
            for action, more in acts(record, before, now):
                detail: dict[str, Json] = {"record": name, "key": _key(record, key), "version": version, **more}
                append(transaction, tenant_id, AuditEntry(actor, action, names.get(learner_key), detail))
        if len(rows) < AT_ONCE:
            return
        after = rows[-1][0]


def acts(
    record: Record, before: Mapping[str, Json] | None, now: Mapping[str, Json]
) -> Iterator[tuple[AuditAction, dict[str, Json]]]:
    """What of a change is audited, each once: acts of the life cycle, and fields.

    Args:
        record: its declaration.
        before: the row as it was; None for a new one, which may come in any state: with what leads there.
        now: the row as it is.
    """
    done = ["create" if before is None else "update"]
    if record.life_cycle is not None:
        column, steps = record.life_cycle.column, record.life_cycle.transitions
        was, state = before and before[column], now[column]
        if was != state:
            leads_here = steps.values() if was is None else [steps[str(was)]]
            if before is not None or state != record.life_cycle.initial:
                done += [act for possible in leads_here for act, to in possible.items() if to == state]
    noted: set[AuditAction] = set()
    for act in done:
        if act in record.audited and record.audited[act] not in noted:
            noted.add(record.audited[act])
            detail: dict[str, Json] = {"act": act}
            yield record.audited[act], detail | ({"revision": now["revision"]} if record.versioned else {})
    for name, action in record.audited_fields.items():
        had = None if before is None else before[name]
        if had != now[name]:
            yield action, {"act": done[0], "field": name, "before": had, "after": now[name]}


def _key(record: Record, key: Mapping[str, Json]) -> Json:
    """Which row, never whose."""
    return {part.name: str(key[part.name]) for part in record.keys if part.kind != "person"}
