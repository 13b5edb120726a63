"""The audit log as its writers see it: an entry goes into the transaction of the change that it records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from akademos.catalogue.audit_actions import AuditAction

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act, without personal data.

    Attributes:
        actor: who acted: `person:<audit name>` (privacy.pseudonyms.audit_name, hex), `key:<key id>`, `job:<name>`,
            `command line:<name of the operator>`.
        action: what was done.
        subject: audit name of the person whom it concerns; nobody can tell whose it is once the person's data key
            is destroyed, and the chain stays valid.
        detail: what else must be known: versions, counts, purposes. Names nobody.
    """

    actor: str
    action: AuditAction
    subject: bytes | None = None
    detail: Mapping[str, Json] = field(default_factory=dict)


class AuditLog(Protocol):
    """Writes entries about acts that change no table: whatever changes one writes its entry with the change."""

    def record(self, tenant_id: str, entry: AuditEntry) -> None:
        """Write an entry in a transaction of its own."""
        ...
