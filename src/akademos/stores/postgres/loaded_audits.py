"""What a load of records does that is audited, from the log of changes of its own transaction.

A load writes tables at a time and names no acts; which act a change was follows from the states before and after it, as
the record's life cycle declares them. So a course that a file publishes stands in the audit log like one that somebody
published.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from akademos.catalogue.records import BY_NAME
from akademos.catalogue.records.declaration import Record
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.postgres.audit import append, names_of
from akademos.stores.postgres.audited_acts import audited_acts
from akademos.stores.postgres.database import Transaction

AT_ONCE = 1_000
_CHANGES = """
    SELECT position, record, key, learner_key::text, before, after || jsonb_build_object('version', version)
    FROM record_changes
    WHERE transaction_id = pg_current_xact_id() AND tenant_id = %s AND record = ANY(%s) AND position > %s
    ORDER BY position LIMIT %s
"""


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
        names = names_of(transaction, keys, tenant_id, {row[3] for row in rows if row[3] is not None})
        for _, name, key, learner_key, before, now in rows:
            record = BY_NAME[name]
            for action, detail in audited_acts(record, acts(record, before, now), key, before, now):
                append(transaction, tenant_id, AuditEntry(actor, action, names.get(learner_key), detail))
        if len(rows) < AT_ONCE:
            return
        after = rows[-1][0]


def acts(record: Record, before: Mapping[str, Json] | None, now: Mapping[str, Json]) -> list[str]:
    """What was done to a row: create or update, and the acts of the life cycle that lead to its state, from where it
    was; of a new row, which may come in any state, from anywhere.

    Args:
        record: its declaration.
        before: the row as it was; None for a new one.
        now: the row as it is.
    """
    done = ["create" if before is None else "update"]
    cycle = record.life_cycle
    if cycle is None:
        return done
    was, state = cycle.initial if before is None else str(before[cycle.column]), now[cycle.column]
    if was == state:
        return done
    leads_here = cycle.transitions.values() if before is None else [cycle.transitions[was]]
    return done + [act for possible in leads_here for act, to in possible.items() if to == state]
