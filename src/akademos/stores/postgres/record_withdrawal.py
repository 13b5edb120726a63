"""What a withdrawal takes out of the learning records: rows whose basis is consent, where none of it is left."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from psycopg import sql

from akademos.catalogue.declarations import Basis, Purpose
from akademos.catalogue.records import RECORDS
from akademos.stores.postgres.database import Transaction

_FORGET = "SELECT erase_record_changes(%s, ARRAY[%s]::uuid[], '{}', %s)"


def clear_records(transaction: Transaction, tenant_id: str, learner_key: str, granted: AbstractSet[Purpose]) -> int:
    """Delete a learner's rows of records that rest on consent and that no granted purpose covers, with what the log of
    changes has of them; how many rows of records."""
    uncovered = {
        record.name: record.subject.name
        for record in RECORDS
        if record.basis is Basis.CONSENT and record.subject is not None and not granted & set(record.purposes)
    }
    rows = 0
    for name, subject in uncovered.items():
        statement = sql.SQL("DELETE FROM {} WHERE tenant_id = %s AND {} = %s").format(
            sql.Identifier(name), sql.Identifier(subject)
        )
        rows += transaction.execute(statement, (tenant_id, learner_key)).rowcount
    if uncovered:
        transaction.execute(_FORGET, (tenant_id, learner_key, list(uncovered)))
    return rows
