"""Port of the import ledger: where an import stands, and what its batches brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FileImport:
    """One file's import: its id (also the application id of its commits), batches done, batch under way.

    `pending` is what a batch will have brought if its commit to the core is found after a crash.
    """

    tenant_id: str
    import_id: str
    file: str
    batches_done: int
    counts: Mapping[str, int]
    pending: BatchCounts | None


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """What one batch brought: events by verdict, all received at one instant, which its rows in the core bear, too."""

    batch: int
    received_at: datetime
    accepted: int
    duplicate: int
    suppressed: int
    rejected: int

    @property
    def received(self) -> int:
        """All of them."""
        return self.accepted + self.duplicate + self.suppressed + self.rejected


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """One refused row: where it stands and why; `payload_hash` is keyed."""

    row: int
    event: str | None
    code: str
    hint: str
    payload_hash: bytes


class ImportLedger(Protocol):
    """Keeps receipts and movements of imports equal to what the core holds, whatever is killed when."""

    def begin(self, tenant_id: str, file: str, *, basis_id: str, layout: str, fingerprint: str) -> FileImport:
        """Go on with an unfinished import of this content, or begin a new one."""
        ...

    def consented_writes(self) -> AbstractContextManager[None]:
        """Held from checking consent until what it allowed is committed to the core."""
        ...

    def prepare(self, one: FileImport, counts: BatchCounts) -> None:
        """Note what a batch will bring, before its commit to the core."""
        ...

    def done(
        self, one: FileImport, counts: BatchCounts, *, counted_at: datetime, refused: Sequence[RefusedRow] = ()
    ) -> FileImport:
        """Count a batch (receipt, movement, envelopes) and move on, in one transaction."""
        ...

    def finish(self, one: FileImport) -> None:
        """The file is through."""
        ...

    def keep_demographics(self, tenant_id: str, basis_id: str, rows: Sequence[Mapping[str, object]]) -> tuple[int, int]:
        """Restricted rows (learner_key, course_id, attributes, final_result): how many are new, how many known."""
        ...
