"""Port of quality: running checks on the real tables, what came of them, and the issues they open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from akademos.catalogue.checks import Check
from akademos.catalogue.declarations import Dataset

Status = Literal["passed", "failed", "not_enough"]
"""`not_enough`: there is too little data to say."""


@dataclass(frozen=True, slots=True)
class Offence:
    """What a run of one check found. `offending` counts rows, `sample` holds keys of some of them, never a person's;
    `enough` is false where there was too little to look at; `said` are figures in words, of nobody."""

    offending: int
    sample: tuple[str, ...] = ()
    enough: bool = True
    said: str = ""


@dataclass(frozen=True, slots=True)
class QualityResult:
    """One check at one instant."""

    dataset: str
    check: str
    kind: str
    severity: str
    statement: str
    status: Status
    offending: int
    sample: tuple[str, ...]
    said: str
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class QualityIssue:
    """A check that fails, from its first failure until it passes again."""

    issue_id: str
    dataset: str
    check: str
    severity: str
    owner: str
    opened_at: datetime
    last_seen_at: datetime
    offending: int
    closed_at: datetime | None


class TableChecks(Protocol):
    """Looks at the rows of a tenant's tables."""

    def stands(self, dataset: Dataset) -> bool:
        """Whether there is a table of that name."""
        ...

    def offences(self, tenant_id: str, dataset: Dataset, check: Check, now: datetime) -> Offence:
        """What breaks a check of any kind but `enforced`. A check that cannot be run is an error, not a pass."""
        ...


class QualityStore(Protocol):
    """Results and issues."""

    def record(self, tenant_id: str, results: Sequence[QualityResult], owners: dict[str, str]) -> tuple[int, int]:
        """Keep results; open issues of checks that failed (`owners` by dataset), close those of checks that passed.
        How many were opened and closed."""
        ...

    def latest(self, tenant_id: str) -> list[QualityResult]:
        """The newest result of every check, by dataset and check."""
        ...

    def history(self, tenant_id: str, dataset: str, *, limit: int) -> list[QualityResult]:
        """Results of one dataset, newest first."""
        ...

    def issues(self, tenant_id: str, *, open_only: bool = False) -> list[QualityIssue]:
        """Newest first."""
        ...
