"""Changes of roles in the audit log: who of the staff was assigned to what by a load of records."""

from __future__ import annotations

from collections import Counter
from typing import TypeAlias

from akademos.catalogue.audit_actions import AuditAction
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.postgres.audit import append, name_of
from akademos.stores.postgres.database import Transaction

Assignments: TypeAlias = frozenset[tuple[str, str, str]]
"""(learner_key of the member of staff, course_id, role)."""


def assignments_of(transaction: Transaction, tenant_id: str) -> Assignments:
    """The tenant's staff assignments as the transaction sees them."""
    rows = transaction.execute(
        "SELECT learner_key::text, course_id, role FROM staff_assignments WHERE tenant_id = %s", (tenant_id,)
    )
    return frozenset((key, course, role) for key, course, role in rows)


def record_role_changes(
    transaction: Transaction, keys: Keys, tenant_id: str, before: Assignments, *, actor: str
) -> None:
    """Write an entry about the assignments that were not there before, and one about those that are no more: of whom,
    if it is one person, and how many of each role. The last statement of its transaction, see `audit.append`."""
    now = assignments_of(transaction, tenant_id)
    for what, changed in (("assigned", now - before), ("removed", before - now)):
        if not changed:
            continue
        people = {key for key, _, _ in changed}
        subject = name_of(transaction, keys, tenant_id, next(iter(people))) if len(people) == 1 else None
        roles = dict(sorted(Counter(role for _, _, role in changed).items()))
        detail: dict[str, Json] = {
            what: {**roles},
            "people": len(people),
            "courses": len({course for _, course, _ in changed}),
        }
        append(transaction, tenant_id, AuditEntry(actor, AuditAction.ROLE_CHANGED, subject, detail))
