"""Ports of learners' progress: what was seen waits in a queue, and becomes progress in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, TypeAlias

from akademos.learning.progress import Content, ContentKind, Outline, Progress, Reached
from akademos.learning.structure import Structure

RECOMPUTE = "recompute"
"""Asks for everything of a learner to be computed from the core, because a mover left something; joins with what
stands."""
REBUILD = "rebuild"
"""The same after an import of history: what it changes is no news of today, so no event is emitted."""
TOUCHED = "touched"
"""Somebody has set the progress in a content: what contains it is to be rolled up."""

Action: TypeAlias = Literal["observe", "roll_up", "rebuild"]
"""How changes of progress are named in the log of changes when they follow from events: what bears another name was
made by somebody, and is followed."""

ACTIONS: tuple[Action, ...] = ("observe", "roll_up", "rebuild")


@dataclass(frozen=True, slots=True)
class Observation:
    """One thing that a learner was seen doing; the fields are those of `learning.observations.Seen`.

    `event` may be RECOMPUTE, REBUILD or TOUCHED; `content_type` is set with TOUCHED only, where the table
    holds it to what progress is kept of. `of_record`: a record says so, not an event.
    """

    tenant_id: str
    learner_key: str
    event: str
    content_type: ContentKind | None
    content_id: str | None
    at: datetime
    share: float | None = None
    score: float | None = None
    passed: bool | None = None
    result: str | None = None
    revision: int | None = None
    of_record: bool = False


class ProgressBatch(Protocol):
    """Observations, off the queue when the batch is left without an error."""

    @property
    def observations(self) -> Sequence[Observation]:
        """Oldest first, of one tenant."""
        ...

    @property
    def tenant_id(self) -> str:
        """Whose they are."""
        ...

    def structure(self) -> Structure:
        """The tenant's published content; at most a few seconds old."""
        ...

    def stored(self, wanted: Mapping[str, Collection[Content]]) -> Mapping[str, Mapping[Content, Progress]]:
        """Progress in some contents of each learner, by learner."""
        ...

    def reached(self, outline: Outline, but: Mapping[str, Collection[Content]]) -> Mapping[str, Reached]:
        """What the parts of a whole come to, by learner; which of them to leave out, by learner, too."""
        ...

    def write(
        self,
        action: Action,
        changes: Mapping[str, Mapping[Content, Progress]],
        course_of: Mapping[Content, str],
    ) -> int:
        """Write progress by learner; it joins with what somebody wrote meanwhile. How many rows."""
        ...


class ProgressStore(Protocol):
    """The queue, and the changes that feed it."""

    def observe(self, observations: Sequence[Observation]) -> None:
        """Put observations on the queue; those of people who are not there any more are left out."""
        ...

    def take(self, limit: int) -> AbstractContextManager[ProgressBatch | None]:
        """Enter with the next batch; None when nothing waits, or another process is at it."""
        ...

    def follow_changes(self) -> int:
        """Put on the queue what record changes say of progress: scored attempts, reviewed submissions, progress that
        somebody set. Exactly once each; how many changes were looked at."""
        ...


@dataclass(frozen=True, slots=True)
class ProgressChange:
    """One change of a progress, as its event needs it. `event_id` is always the same one, so that an event that is
    sent again is a duplicate; `action` is that of the log of changes, percentages are 0..100."""

    event_id: str
    user_id: str
    content: Content
    course_id: str | None
    action: str
    version: int
    at: datetime
    state: str
    percent: float
    percent_before: float | None
    revision: int | None


class ProgressEvents(Protocol):
    """Changes of progress, to be emitted as events."""

    def unpublished(self, limit: int) -> tuple[str, int, Sequence[ProgressChange]] | None:
        """A tenant, how far the next `limit` places of its sequence reach, and the changes of progress in them; None
        when everything is emitted. Of a tenant whose observations wait, changes of the last minute wait too."""
        ...

    def published(self, tenant_id: str, position: int) -> None:
        """Everything of the tenant up to a position is emitted."""
        ...
