"""Port of the core by time: everybody's events of a stretch, for what is counted by week."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


class PeriodEvents(Protocol):
    """Queries on the core; a reader always sees one committed version."""

    def between(
        self, tenant_id: str, since: datetime, until: datetime, *, columns: Sequence[str], event_names: Sequence[str]
    ) -> pa.Table:
        """Rows that occurred from `since` on and before `until`, those about no learner too, in no order."""
        ...

    def active(
        self, tenant_id: str, since: datetime, until: datetime, *, event_names: Sequence[str]
    ) -> list[tuple[str, str]]:
        """(learner_key, environment) of everybody with such an event with a clock in that time, each once."""
        ...
