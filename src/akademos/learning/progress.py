"""How far a learner has come in a lesson, quiz or exercise, and what that makes of modules, courses and paths. Pure.

Progress only ever joins: the percentage is the highest reached, the first activity the earliest, the last the latest,
done is done since the earliest time it was. Joining is commutative, associative and idempotent, so observations may
come in any order and any number of times, and a replay changes nothing.

A whole is as far as its required parts on average, and done when all of them are; without a required part all parts
count. What was reached on one version of a content stays when the content is revised: the percentage never falls, and
the version says on which it was reached.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias, get_args

ContentKind: TypeAlias = Literal["lesson", "quiz", "exercise", "module", "course", "path"]
State: TypeAlias = Literal["not_started", "in_progress", "completed"]

CONTENT_KINDS: tuple[ContentKind, ...] = get_args(ContentKind)
DONE = 100.0
NEARLY = 99.0
"""The most that is not done."""


class Content(NamedTuple):
    """One content of a tenant."""

    kind: ContentKind
    id: str


class Progress(NamedTuple):
    """How far a learner has come: percent in 0..100, 100 if and only if `completed_at` is set.

    `version` is that of the content on which this was reached, None where nobody knows.
    """

    percent: float
    first_activity_at: datetime
    last_activity_at: datetime
    completed_at: datetime | None = None
    version: int | None = None

    @property
    def state(self) -> State:
        """In one word."""
        return "in_progress" if self.completed_at is None else "completed"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a whole; an optional one counts only where nothing else does."""

    content: Content
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    """What a whole is made of, in the version that learners have now."""

    content: Content
    version: int | None
    parts: tuple[Part, ...]


def observed(at: datetime, percent: float, *, completed: bool = False, version: int | None = None) -> Progress:
    """The progress that one observation shows.

    Args:
        at: when it happened.
        percent: how far, 0..100; what is not completed is 99 at the most.

    Example:
        >>> from datetime import UTC
        >>> at = datetime(2026, 1, 1, tzinfo=UTC)
        >>> observed(at, 100).percent, observed(at, 30, completed=True).percent
        (99.0, 100.0)
    """
    reached = DONE if completed else _rounded(percent)
    return Progress(reached, at, at, at if completed else None, version)


def joined(one: Progress | None, other: Progress) -> Progress:
    """Both together: the least progress that is at least each of them."""
    if one is None:
        return other
    ends = [end for end in (one.completed_at, other.completed_at) if end is not None]
    return Progress(
        percent=max(one.percent, other.percent),
        first_activity_at=min(one.first_activity_at, other.first_activity_at),
        last_activity_at=max(one.last_activity_at, other.last_activity_at),
        completed_at=min(ends, default=None),
        version=min(one, other, key=_reached_first).version,
    )


def rolled_up(outline: Outline, parts: Mapping[Content, Progress], before: Progress | None = None) -> Progress | None:
    """What the progress in its parts makes of a whole; None before anything of it was begun.

    Args:
        parts: progress in the parts, those begun only.
        before: what was reached so far, on this version or an earlier one: it never falls.
    """
    counted = [part.content for part in outline.parts if not part.optional]
    if not counted:
        counted = [part.content for part in outline.parts]
    begun = [parts[part.content] for part in outline.parts if part.content in parts]
    if not begun:
        return before
    reached = [parts[content] for content in counted if content in parts]
    ends = [one.completed_at for one in reached if one.completed_at is not None]
    done = bool(counted) and len(ends) == len(counted)
    percent = sum(one.percent for one in reached) / len(counted)
    now = Progress(
        percent=DONE if done else _rounded(percent),
        first_activity_at=min(one.first_activity_at for one in begun),
        last_activity_at=max(one.last_activity_at for one in begun),
        completed_at=max(ends) if done else None,
        version=outline.version,
    )
    return joined(before, now)


class Outlines:
    """All outlines of a tenant: which wholes a content is part of, and in which order they are rolled up.

    Args:
        outlines: of modules, courses and paths.

    Raises:
        ValueError: a whole is part of itself; the message names the way round.
    """

    def __init__(self, outlines: Iterable[Outline]) -> None:
        self._outlines = {one.content: one for one in outlines}
        self._wholes: dict[Content, list[Content]] = {}
        for outline in self._outlines.values():
            for part in outline.parts:
                self._wholes.setdefault(part.content, []).append(outline.content)
        self._heights: dict[Content, int] = {}
        for content in self._outlines:
            self._height(content, ())

    def __getitem__(self, content: Content) -> Outline:
        return self._outlines[content]

    def __contains__(self, content: Content) -> bool:
        return content in self._outlines

    def order(self, content: Content) -> tuple[int, Content]:
        """Sorts parts before their wholes."""
        return self._heights.get(content, 0), content

    def above(self, contents: Iterable[Content]) -> list[Content]:
        """Everything that contains one of these, however deep: parts before their wholes."""
        found: set[Content] = set()
        waiting = list(contents)
        while waiting:
            for whole in self._wholes.get(waiting.pop(), ()):
                if whole not in found:
                    found.add(whole)
                    waiting.append(whole)
        return sorted(found, key=self.order)

    def parts_of(self, wholes: Iterable[Content]) -> set[Content]:
        """Their parts, one level down."""
        return {part.content for whole in wholes for part in self._outlines[whole].parts}

    def _height(self, content: Content, below: tuple[Content, ...]) -> int:
        if content in below:
            way = " > ".join(f"{one.kind} {one.id}" for one in (*below[below.index(content) :], content))
            raise ValueError(f"a whole is part of itself: {way}")
        known = self._heights.get(content)
        if known is not None:
            return known
        outline = self._outlines.get(content)
        parts: Sequence[Part] = () if outline is None else outline.parts
        height = 1 + max((self._height(part.content, (*below, content)) for part in parts), default=-1)
        if outline is not None:
            self._heights[content] = height
        return height


def updated(
    outlines: Outlines,
    seen: Mapping[Content, Progress],
    stored: Callable[[Iterable[Content]], Mapping[Content, Progress]],
    touched: Iterable[Content] = (),
) -> dict[Content, Progress]:
    """What observations of one learner change: the contents observed, and every whole above them.

    Args:
        seen: what was observed, joined by content.
        stored: the progress that the learner has in some contents.
        touched: contents that somebody has set the progress of: what contains them is rolled up.

    Returns:
        The progress of each content that is another now, and nothing else: the same observations again give nothing.
    """
    above = outlines.above({*seen, *touched})
    # What is observed may be a whole itself, like a lesson that shows a quiz: rolled up with what is above it.
    above = sorted({*above, *(one for one in seen if one in outlines)}, key=outlines.order)
    before = dict(stored({*seen, *above, *outlines.parts_of(above)}))
    now = dict(before)
    for content, progress in seen.items():
        now[content] = joined(before.get(content), progress)
    for whole in above:
        rolled = rolled_up(outlines[whole], now, now.get(whole))
        if rolled is not None:
            now[whole] = rolled
    return {content: progress for content, progress in now.items() if progress != before.get(content)}


def _reached_first(one: Progress) -> tuple[float, datetime, float, bool]:
    """Orders by how far, and among those who got as far by which version: done first, and on the oldest version."""
    end = one.completed_at or one.last_activity_at.max.replace(tzinfo=one.last_activity_at.tzinfo)
    return (-one.percent, end, math.inf if one.version is None else one.version, one.version is None)


def _rounded(percent: float) -> float:
    """To hundredths, downwards, within what is not done."""
    if not math.isfinite(percent):
        raise ValueError(f"a percentage is a number, not {percent}")
    return min(NEARLY, max(0.0, math.floor(percent * 100) / 100))
