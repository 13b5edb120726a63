"""Places in the sequence of record changes, given under the lock of a tenant's head.

A change is noted as pending in its own transaction. Whoever gives places takes what is pending and committed, holding
the head until the commit: so a place is only ever given after all places before it are visible, whichever transaction
committed first, and a cursor that has passed a place has missed nothing. Transaction ids play no part in it, so a
restored store goes on where its sequence ended.
"""

from __future__ import annotations

from akademos.stores.postgres.database import Database, Transaction

AT_ONCE = 5_000
"""Places given in one transaction."""

_TENANTS = "SELECT DISTINCT tenant_id FROM outbox_pending"
_MAKE_HEAD = "INSERT INTO outbox_heads (tenant_id) VALUES (%s) ON CONFLICT DO NOTHING"
_LOCK_HEAD = "SELECT position FROM outbox_heads WHERE tenant_id = %s FOR UPDATE"
# From `after` on: what this loop has taken stays in the index until the next vacuum, and is not to be read once a turn.
_GIVE_PLACES = """
    WITH last AS (
        SELECT max(change) AS change FROM (SELECT change FROM outbox_pending
            WHERE tenant_id = %(tenant)s AND change > %(after)s ORDER BY change LIMIT %(limit)s) AS next
    ), taken AS (
        DELETE FROM outbox_pending WHERE tenant_id = %(tenant)s AND change > %(after)s
            AND change <= (SELECT change FROM last) RETURNING change
    ), placed AS (
        INSERT INTO outbox (tenant_id, position, change)
        SELECT %(tenant)s, %(head)s + row_number() OVER (ORDER BY change), change FROM taken RETURNING change
    )
    SELECT count(*), max(change) FROM placed
"""
_PENDING = "SELECT EXISTS (SELECT FROM outbox_pending WHERE tenant_id = %s)"
_MOVE_HEAD = "UPDATE outbox_heads SET position = %s WHERE tenant_id = %s"
_APPEND = "INSERT INTO outbox (tenant_id, position) VALUES (%s, %s)"


def waiting_tenants(database: Database) -> list[str]:
    """Tenants with changes that have no place yet."""
    with database.pipeline() as transaction:
        return [tenant_id for (tenant_id,) in transaction.execute(_TENANTS)]


def give_places(database: Database, tenant_id: str) -> int:
    """Give places to all changes of a tenant that are committed now; how many."""
    given = after = 0
    while True:
        with database.pipeline() as transaction:
            if not given and not _waits(transaction, tenant_id):
                return 0
            head = lock_head(transaction, tenant_id)
            # A statement of its own, so that it sees what the one who held the head before has committed.
            values = {"tenant": tenant_id, "head": head, "after": after, "limit": AT_ONCE}
            ((rows, last),) = transaction.execute(_GIVE_PLACES, values)
            if rows:
                transaction.execute(_MOVE_HEAD, (head + rows, tenant_id))
        if rows < AT_ONCE:
            return given + int(rows)
        given, after = given + rows, last


def _waits(transaction: Transaction, tenant_id: str) -> bool:
    ((waits,),) = transaction.execute(_PENDING, (tenant_id,))
    return bool(waits)


def lock_head(transaction: Transaction, tenant_id: str) -> int:
    """Hold the end of a tenant's sequence until the commit; where it is."""
    transaction.execute(_MAKE_HEAD, (tenant_id,))
    ((head,),) = transaction.execute(_LOCK_HEAD, (tenant_id,))
    return int(head)


def next_place(transaction: Transaction, tenant_id: str, head: int) -> int:
    """A place for what is no change, after `head`, which is held."""
    transaction.execute(_APPEND, (tenant_id, head + 1))
    transaction.execute(_MOVE_HEAD, (head + 1, tenant_id))
    return head + 1
