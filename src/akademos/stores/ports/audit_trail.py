"""Port of what was logged, as those read it whom it concerns: who looked at a person's data, and who changed what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from akademos.catalogue.audit_actions import AuditAction
from akademos.stores.ports.access import AccessEntry


@dataclass(frozen=True, slots=True)
class RecordedAccess:
    """A decision of the gate as it stands in the log. `own`: the person asked about themself; `staff_name` is the
    display name of a member of staff whom the vault still knows."""

    access_id: int
    at: datetime
    entry: AccessEntry
    own: bool
    staff_name: str | None


@dataclass(frozen=True, slots=True)
class RecordedAct:
    """One row of the audit log; `subject` as hex, `detail` as the JSON that was hashed."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str | None
    detail: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class AccessSearch:
    """Which rows of the access log are wanted; what is None does not narrow the search.

    Attributes:
        about: learner_key of whom the data was about.
        by: user_id of whoever looked, or a name as the log has it (`person:...`, `key:...`, `unknown:...`).
        since, until: from when on, and before when.
        refused: only refused attempts, or only looks that were allowed.
    """

    about: str | None = None
    by: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    refused: bool | None = None


class AuditTrail(Protocol):
    """Reads as the serving role behind row-level security, newest first."""

    def accesses(
        self, tenant_id: str, learner_key: str, *, own: bool = False, before: int | None = None, limit: int = 100
    ) -> list[RecordedAccess]:
        """Who looked at a person's data, from below the number `before` on; with `own` their own looks too."""
        ...

    def search(
        self, tenant_id: str, wanted: AccessSearch, *, before: int | None = None, limit: int = 100
    ) -> list[RecordedAccess]:
        """Rows of the access log, from below the number `before` on; none where the vault knows nobody by that name."""
        ...

    def acts(
        self, tenant_id: str, *, action: AuditAction | None = None, before: int | None = None, limit: int = 100
    ) -> list[RecordedAct]:
        """Who changed what in the tenant, from below the number `before` on."""
        ...
