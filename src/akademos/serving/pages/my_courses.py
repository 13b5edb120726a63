"""A learner's courses, paths and certificates: how far, what opens next, what was earned and still stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from markupsafe import Markup

from akademos.learning.credentials import Standing
from akademos.learning.path import PathStanding, State, StepStanding
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, day_cell, share_cell
from akademos.serving.pages.tiles import Tile
from akademos.serving.pages.wording import Words


@dataclass(frozen=True, slots=True)
class CourseLine:
    """One course; `share` done in 0..1, `revision` the one that is worked on or was completed."""

    title: str
    state: State
    share: float
    revision: int | None
    last_activity: datetime | None


@dataclass(frozen=True, slots=True)
class PathLine:
    """One path that was begun; `titles` and `optional` by step."""

    title: str
    goal: str
    standing: PathStanding
    titles: dict[str, str]
    optional: frozenset[str]


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """One certificate with the addresses of its forms."""

    title: str
    number: str
    code: str
    standing: Standing
    issued_on: date
    last_day: date | None
    revision: int | None
    pdf: str
    badge: str
    public: str


@dataclass(frozen=True, slots=True)
class _Step:
    title: str
    chip: str
    strong: bool
    text: str


def render_my_courses(
    courses: Sequence[CourseLine], paths: Sequence[PathLine], certificates: Sequence[CertificateLine], *, shell: Shell
) -> str:
    """The page as HTML."""
    words = shell.words
    upcoming = next((path for path in paths if path.standing.next_step and path.standing.state != "completed"), None)
    return page(
        "my_courses.html",
        shell,
        title=words.plain("my_courses.title"),
        tiles=_tiles(courses, paths, certificates, words),
        upcoming=None if upcoming is None else (upcoming.titles[upcoming.standing.next_step or ""], upcoming.title),
        courses=_courses(courses, words) if courses else None,
        paths=[(path, _take(path, words), [_step(path, one, words) for one in path.standing.steps]) for path in paths],
        certificates=[(one, _dates(one, words)) for one in certificates],
    )


def _tiles(
    courses: Sequence[CourseLine], paths: Sequence[PathLine], certificates: Sequence[CertificateLine], words: Words
) -> list[Tile]:
    def of(done: int, total: int) -> str:
        if not total:
            return MISSING
        return words.plain("my_courses.tile.value", n=words.locale.number(done), total=words.locale.number(total))

    standing = [one for one in certificates if one.standing == "valid"]
    ending = sorted((one for one in standing if one.last_day is not None), key=lambda one: one.last_day or date.max)
    return [
        Tile(
            words.plain("my_courses.tile.courses"),
            of(sum(one.state == "completed" for one in courses), len(courses)),
            text=words.html("my_courses.tile.courses.text"),
        ),
        Tile(
            words.plain("my_courses.tile.paths"),
            of(sum(one.standing.state == "completed" for one in paths), len(paths)),
            text=words.html("my_courses.tile.paths.text"),
        ),
        Tile(
            words.plain("my_courses.tile.certificates"),
            words.locale.number(len(standing)),
            text=words.html("my_courses.tile.certificates.text"),
        ),
        Tile(
            words.plain("my_courses.tile.expiry"),
            words.locale.full_day(ending[0].last_day) if ending and ending[0].last_day else MISSING,
            text=words.html("my_courses.tile.expiry.text", title=words.short(ending[0].title))
            if ending
            else words.html("my_courses.tile.expiry.none"),
        ),
    ]


def _courses(courses: Sequence[CourseLine], words: Words) -> Table:
    numeric = {"done", "revision", "last"}
    keys = ("course", "state", "done", "revision", "last")
    rows = [
        [
            Cell(one.title),
            Cell(
                words.plain(f"my_courses.state.{one.state}"),
                chip="chip strong" if one.state == "completed" else "chip",
            ),
            share_cell(one.share, words.locale),
            Cell(MISSING, -1) if one.revision is None else Cell(str(one.revision), one.revision),
            day_cell(one.last_activity, words.locale),
        ]
        for one in courses
    ]
    columns = [Column(words.plain(f"my_courses.col.{key}"), numeric=key in numeric) for key in keys]
    return Table(words.plain("my_courses.courses"), columns, rows)


def _take(path: PathLine, words: Words) -> Markup:
    return words.html("my_courses.path.take", share=words.locale.percent(path.standing.share))


def _step(path: PathLine, step: StepStanding, words: Words) -> _Step:
    notes = []
    if step.waits_for and not step.done:
        names = [path.titles.get(one, one) for one in step.waits_for]
        notes.append(words.plain("my_courses.step.waits", names=words.listed_plain(names)))
    elif 0 < step.share < 1:
        notes.append(words.locale.percent(step.share))
    if step.step_id in path.optional:
        notes.append(words.plain("my_courses.step.optional"))
    chip = "done" if step.done else "open" if step.open else ""
    return _Step(
        path.titles.get(step.step_id, step.step_id),
        words.plain(f"my_courses.step.{chip}") if chip else "",
        step.done,
        ", ".join(notes),
    )


def _dates(one: CertificateLine, words: Words) -> str:
    day = words.locale.full_day
    parts = [words.plain("my_courses.certificate.since", day=day(one.issued_on))]
    if one.standing != "revoked":
        parts.append(
            words.plain("my_courses.certificate.for_good")
            if one.last_day is None
            else words.plain("my_courses.certificate.until", day=day(one.last_day))
        )
    if one.revision is not None:
        parts.append(words.plain("my_courses.certificate.earned_on", revision=one.revision))
    return ", ".join(parts) + "."
