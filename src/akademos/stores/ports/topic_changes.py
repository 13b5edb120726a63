"""Port of the changes of topics: merged and split, with history, and taken back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

Row = Mapping[str, object]
ChangeKind = Literal["merge", "split"]

UNDONE = "undone_already"
"""Code of the refusal to take a change back twice."""

KEYS: Mapping[str, tuple[str, ...]] = {
    "topics": ("topic_id",),
    "topic_relationships": ("from_topic", "to_topic", "kind"),
    "items": ("question_id",),
    "materials": ("material_id",),
    "exam_weights": ("exam_id", "section", "topic_id"),
}
"""Record tables that a change of topics touches, and what identifies a row."""

CurriculumRows = Mapping[str, Sequence[Row]]
"""Rows of these tables as they stand, archived ones too."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A row of a table before (None: it was not there) and after."""

    table: str
    before: Row | None
    after: Row


@dataclass(frozen=True, slots=True)
class Move:
    """Events on `source` are about `target` from now on; of one item or material where it is named."""

    source: str
    target: str
    question_id: str | None = None
    material_id: str | None = None


@dataclass(frozen=True, slots=True)
class TopicPlan:
    """What a change does."""

    kind: ChangeKind
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    edits: Sequence[Edit]
    moves: Sequence[Move]


@dataclass(frozen=True, slots=True)
class TopicChange:
    """A change as it stands in the history; `made_by` and `undone_by` as in the audit log."""

    number: int
    kind: ChangeKind
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    reason: str
    made_by: str
    made_at: datetime
    undone_by: str | None
    undone_reason: str | None
    undone_at: datetime | None


class TopicChanges(Protocol):
    """Each change is one transaction with its audit row; learners concerned are computed anew."""

    def make(
        self, tenant_id: str, plan: Callable[[CurriculumRows], TopicPlan], *, reason: str, actor: str
    ) -> TopicChange:
        """Plan a change on the curriculum as it stands and carry it out.

        Raises:
            InputError: a cycle would come of it (which is named).
            NotFound: there is no such tenant.
        """
        ...

    def preview(self, tenant_id: str, plan: Callable[[CurriculumRows], TopicPlan]) -> TopicPlan:
        """What a change would do: it is carried out with every check, and nothing of it is kept.

        Raises: what `make` raises.
        """
        ...

    def undo(self, tenant_id: str, number: int, *, reason: str, actor: str) -> TopicChange:
        """Take a change back: every row and every answer as before.

        Raises:
            NotFound: there is no such change.
            Conflict: it is undone already (code `UNDONE`), a later one rests on it, or a row was changed since (which
                is named).
        """
        ...

    def get(self, tenant_id: str, number: int) -> TopicChange:
        """One change.

        Raises:
            NotFound: there is no such change.
        """
        ...

    def history(self, tenant_id: str, *, before: int | None = None, limit: int | None = None) -> list[TopicChange]:
        """Changes, the newest first: all, or so many that came before another one."""
        ...
