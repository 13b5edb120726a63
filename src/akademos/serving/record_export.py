"""All rows of one record that somebody may read, page by page, each page under live consent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.records.declaration import Record
from akademos.catalogue.records.policies import RECORD_LIMITS
from akademos.serving.principal import Principal
from akademos.serving.record_gate import asking
from akademos.serving.services import Services
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.record_store import Asker, ListQuery, Page


def actor_of(services: Services, principal: Principal) -> str:
    """How the audit log names who asks."""
    if principal.way == "key":
        return f"key:{principal.user_id}"
    return services.identity.actor(principal.tenant_id, principal.user_id)


def exported_rows(
    services: Services, principal: Principal, record: Record, what: str, reason: str | None, form: str
) -> Iterator[Mapping[str, object]]:
    """Rows by the names that senders use. The first page is read and the audit row written before this returns.

    Raises:
        Forbidden: the role may not read the record.
    """
    with asking(services, principal, record, "read", what, reason=reason) as asker:
        first = services.records.find(asker, record, ListQuery(limit=RECORD_LIMITS.page))
    entry = AuditEntry(
        actor_of(services, principal), AuditAction.DATA_EXPORTED, None, {"what": record.name, "form": form}
    )
    services.audit.record(principal.tenant_id, entry)
    return _rows(services, asker, record, first)


def _rows(services: Services, asker: Asker, record: Record, page: Page) -> Iterator[Mapping[str, object]]:
    while True:
        yield from (row.values for row in page.rows)
        if page.after is None:
            return
        page = services.records.find(asker, record, ListQuery(after=page.after, limit=RECORD_LIMITS.page))
