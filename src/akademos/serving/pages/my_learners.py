"""An instructor's list: the learners of their courses, in the order of names, and who may like a message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from markupsafe import Markup

from akademos.serving.pages.answers import Json, block, estimate_of, moment, text_of
from akademos.serving.pages.mastery_spread import spread_card
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import Cell, Column, Table, range_cell, share_cell
from akademos.serving.pages.wording import Words

CHECK_IN_AFTER_DAYS = 10
ROOM_BELOW = 0.5


@dataclass(frozen=True)
class CourseChoice:
    """One course of the filter."""

    course_id: str
    name: str
    chosen: bool


class _Line(NamedTuple):
    """A row of the list, the mastery in it (a share), and whether a message may be welcome."""

    cells: list[Cell]
    mastery: float | None
    check_in: bool


def render_my_learners(
    learners: Sequence[Json],
    *,
    shell: Shell,
    as_of: datetime,
    progress_path: str = "/my-progress",
    course: str = "",
) -> str:
    """The list as HTML.

    Args:
        learners: rows {"learner": {"key", "display_name"|null}, "courses": [name], "mastery": estimate,
            "last_active_at": ISO 8601|null, "clock": exact|day|order|none}, only of consented learners.
        as_of: the moment against which "days ago" is counted.
        progress_path: the page of one learner; the key goes into its parameter `learner`.
        course: the title of the course that is looked at (parameter `course`); another than theirs stands for all.
    """
    words = shell.words
    courses = _choices(learners, course, words)
    if any(one.chosen for one in courses[1:]):
        learners = [row for row in learners if course in (row.get("courses") or [])]
    named = sorted(learners, key=lambda row: _name(row, words).casefold())
    lines = [_line(row, as_of.astimezone(UTC), progress_path, words) for row in named]
    wanted = sum(line.check_in for line in lines)
    take = (
        words.html("learners.take", n=wanted, total=words.counted("learners", len(lines)))
        if wanted
        else words.html("learners.take.none")
    )
    keys = ("name", "courses", "level", "range", "last", "status", "reason")
    numeric = {"level", "range", "last"}
    table = Table(
        words.plain("learners.title"),
        [Column(words.plain(f"learners.col.{key}"), numeric=key in numeric) for key in keys],
        [line.cells for line in lines],
    )
    return page(
        "my_learners.html",
        shell,
        title=words.plain("learners.title"),
        spread=spread_card([(line.mastery, line.check_in) for line in lines], ROOM_BELOW, words),
        take=take if lines else Markup(""),
        table=table if lines else None,
        courses=courses,
        provenance=_provenance(learners, words) if lines else [],
    )


def _choices(learners: Sequence[Json], course: str, words: Words) -> list[CourseChoice]:
    """All, and the courses of which the list has learners; nothing where it has one at the most."""
    titles = sorted({str(title) for row in learners for title in row.get("courses") or []}, key=str.casefold)
    if len(titles) < 2:
        return []
    chosen = [CourseChoice(title, title, title == course) for title in titles]
    return [CourseChoice("", words.plain("learners.course.all"), course not in titles), *chosen]


def _provenance(learners: Sequence[Json], words: Words) -> list[Markup]:
    """How the list is computed, from how many events and answers, how fresh it is, and who is not on it."""
    number = words.locale.number
    estimated = [block(row, "mastery") for row in learners if estimate_of(block(row, "mastery")).ok]
    answers = sum(int(block(one, "sample").get("answers") or 0) for one in estimated)
    ranges = {float(one["interval"]) for one in estimated if one.get("interval")}
    newest = max((at for at in (moment(one.get("as_of")) for one in estimated) if at is not None), default=None)
    told = [words.html("learners.how.mastery", room=words.locale.percent(ROOM_BELOW))]
    told += [words.html("learners.how.range", share=words.locale.percent(one)) for one in sorted(ranges)]
    told.append(
        words.html(
            "learners.how.sample", n=number(len(estimated)), total=number(len(learners)), answers=number(answers),
            events=number(sum(int(row.get("events") or 0) for row in learners)),
        )
    )  # fmt: skip
    if newest is not None:
        at = words.plain("ops.utc", at=words.locale.moment(newest.astimezone(UTC)))
        told.append(words.html("learners.how.fresh", at=at))
    told.append(words.html("learners.how.active", days=number(CHECK_IN_AFTER_DAYS)))
    told.append(words.html("learners.how.consent"))
    return told


def _name(row: Json, words: Words) -> str:
    learner = block(row, "learner")
    key = str(learner.get("key", ""))
    return text_of(learner.get("display_name")) or words.plain("learners.unnamed", short=key[:8])


def _line(row: Json, as_of: datetime, progress_path: str, words: Words) -> _Line:
    locale = words.locale
    estimate = estimate_of(block(row, "mastery"))
    mastery = estimate.value if estimate.ok else None
    last = moment(row.get("last_active_at")) if row.get("clock") in ("exact", "day") else None
    idle = None if last is None else max(0, (as_of.date() - last.date()).days)
    ago = "\u2013"
    if idle is not None:
        ago = words.counted_plain("learners.ago", idle) if idle else words.plain("learners.today")
    status, reason = _status(mastery, estimate.low, estimate.high, idle, words)
    key = str(block(row, "learner").get("key", ""))
    cells = [
        Cell(_name(row, words), href=f"{progress_path}?learner={key}"),
        Cell(", ".join(str(course) for course in row.get("courses") or [])),
        share_cell(mastery, locale),
        range_cell(estimate.low, estimate.high, locale),
        Cell(ago, -1 if idle is None else idle),
        Cell(words.plain(f"status.{status}"), chip="chip strong" if status == "check_in" else "chip"),
        Cell(reason),
    ]
    return _Line(cells, mastery, status == "check_in")


def _status(
    value: float | None, low: float | None, high: float | None, idle: int | None, words: Words
) -> tuple[str, str]:
    """A word and its reason; every word that asks for something says what."""
    if idle is not None and idle > CHECK_IN_AFTER_DAYS:
        return "check_in", words.plain("status.check_in.reason", days=words.counted_plain("days", idle))
    if value is None:
        return "too_little", words.plain("status.too_little.reason")
    if value < ROOM_BELOW:
        likely = words.locale.percent_range(low, high) if low is not None and high is not None else "\u2013"
        return "room", words.plain("status.room.reason", value=words.locale.percent(value), range=likely)
    if idle is None:
        return "no_clock", words.plain("status.no_clock.reason")
    value_shown = words.locale.percent(value)
    return "on_track", words.plain("status.on_track.reason", n=CHECK_IN_AFTER_DAYS, value=value_shown)
