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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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

    counted: tuple[Content, ...] = field(init=False, repr=False, compare=False)
    """The parts whose average it is, once each: the required ones; all, where none is required."""

    def __post_init__(self) -> None:
        required = [part.content for part in self.parts if not part.optional]
        counted = dict.fromkeys(required or [part.content for part in self.parts])
        object.__setattr__(self, "counted", tuple(counted))


class Reached(NamedTuple):
    """What begun parts of a whole come to.

    Of those that count: `hundredths` of a percent, summed; how many are `done`, and when the last of them was. Of all:
    the first and the last activity. Whole numbers, so that it is the same in whatever order they are summed.
    """

    hundredths: int
    done: int
    first_activity_at: datetime
    last_activity_at: datetime
    completed_at: datetime | None


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


def reached(outline: Outline, parts: Mapping[Content, Progress]) -> Reached | None:
    """What some of the parts of a whole come to; None where none of them was begun."""
    begun = [parts[part.content] for part in outline.parts if part.content in parts]
    if not begun:
        return None
    counted = [parts[content] for content in outline.counted if content in parts]
    ends = [one.completed_at for one in counted if one.completed_at is not None]
    return Reached(
        hundredths=sum(round(one.percent * 100) for one in counted),
        done=len(ends),
        first_activity_at=min(one.first_activity_at for one in begun),
        last_activity_at=max(one.last_activity_at for one in begun),
        completed_at=max(ends, default=None),
    )


def together(one: Reached | None, other: Reached | None) -> Reached | None:
    """What two lots of parts of one whole come to."""
    if one is None or other is None:
        return one or other
    return Reached(
        hundredths=one.hundredths + other.hundredths,
        done=one.done + other.done,
        first_activity_at=min(one.first_activity_at, other.first_activity_at),
        last_activity_at=max(one.last_activity_at, other.last_activity_at),
        completed_at=max((end for end in (one.completed_at, other.completed_at) if end is not None), default=None),
    )


def rolled_up(outline: Outline, parts: Reached | None, before: Progress | None = None) -> Progress | None:
    """What its parts make of a whole; None before anything of it was begun.

    Args:
        parts: what all its parts come to.
        before: what was reached so far, on this version or an earlier one: it never falls.
    """
    if parts is None:
        return before
    count = len(outline.counted)
    done = parts.done == count
    now = Progress(
        percent=DONE if done else min(NEARLY, parts.hundredths // count / 100),
        first_activity_at=parts.first_activity_at,
        last_activity_at=parts.last_activity_at,
        completed_at=parts.completed_at if done else None,
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

    def to_roll_up(self, seen: Iterable[Content], touched: Iterable[Content] = ()) -> list[Content]:
        """The wholes that may change with what is in them, parts before their wholes: what contains one of these, and
        what is seen and a whole itself, like a lesson that shows a quiz."""
        seen = set(seen)
        found = {*self.above({*seen, *touched}), *(one for one in seen if one in self)}
        return sorted(found, key=self.order)

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
    before: Mapping[Content, Progress],
    others: Mapping[Content, Reached],
    wholes: Iterable[Content],
) -> dict[Content, Progress]:
    """What observations of one learner change: the contents observed, and every whole above them.

    Args:
        outlines: of the tenant.
        seen: what was observed, joined by content.
        before: the progress that the learner has in what was seen, and in the wholes.
        others: what all other parts of each whole come to.
        wholes: to be rolled up, as `Outlines.to_roll_up` gives them.

    Returns:
        The progress of each content that is another now, and nothing else: the same observations again give nothing.
    """
    now = dict(before)
    for content, progress in seen.items():
        now[content] = joined(before.get(content), progress)
    for whole in wholes:
        parts = together(reached(outlines[whole], now), others.get(whole))
        rolled = rolled_up(outlines[whole], parts, now.get(whole))
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
