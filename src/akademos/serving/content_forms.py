"""Published statistics of contents and items as lines: of the API, of tables, of pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from akademos.errors import NotFound
from akademos.serving.principal import Principal, name_of
from akademos.serving.services import Services
from akademos.stores.ports.content import PublishedStatistic, Subject

Line = dict[str, Any]

CONTENT_COLUMNS = (
    "course_id", "course", "content_id", "version", "title", "kind", "topics", "status", "as_of", "learners",
    "reach", "reach_low", "reach_high", "reach_bound", "completion", "completion_low", "completion_high",
    "completion_bound", "revisits", "revisits_bound", "median_seconds", "gain", "gain_low", "gain_high", "item_quality",
    "effectiveness", "like", "reasons",
)  # fmt: skip
ITEM_COLUMNS = (
    "course_id", "course", "item_id", "version", "topics", "secure", "status", "as_of", "answers", "difficulty",
    "difficulty_low", "difficulty_high", "difficulty_bound", "rest", "rest_low", "rest_high", "guessing_floor",
    "median_seconds", "discrimination", "discrimination_se", "location", "location_se", "reasons",
)  # fmt: skip
_ID: dict[Subject, str] = {"content": "content_id", "item": "item_id", "course": "course_id"}
_WITH_INTERVAL = ("reach", "completion", "revisits", "gain", "difficulty", "rest")


def lines_of(
    services: Services, principal: Principal, what: str, subject: Subject, *, course: str | None
) -> tuple[list[Line], int]:
    """What the asker may see of contents or items, those to revise first, and the smallest group.

    Raises:
        Forbidden: the role gets no answers over groups, or the course is not the instructor's.
    """
    if course is not None:
        name_of(course, "course", "/query/course")
    courses, floor = services.gate.over_groups(principal, what, services.content_metrics, course=course)
    wanted = courses if course is None else frozenset({course})
    found = services.content.statistics(principal.tenant_id, subject, wanted)
    return ordered([line(one) for one in found if one.statistic.smallest_group >= floor]), floor


def line(one: PublishedStatistic) -> Line:
    """One statistic."""
    statistic = one.statistic
    found: Line = {
        "course_id": statistic.course_id,
        "course": one.course,
        _ID[statistic.subject]: statistic.subject_id,
        "version": statistic.version,
        "title": one.title,
        "topics": list(one.topics),
        "as_of": statistic.as_of.isoformat().replace("+00:00", "Z"),
        **statistic.detail,
    }
    return found | {"secure": one.secure} if statistic.subject == "item" else found


def ordered(lines: Sequence[Line]) -> list[Line]:
    """Those to revise first, the most serious reason before others; then by what is known of them."""

    def place(one: Line) -> tuple[float, int, float, str, str, str]:
        severity = one.get("severity")
        effectiveness = one.get("effectiveness")
        return (
            99 if severity is None else severity,
            -len(one["reasons"]),
            2.0 if effectiveness is None else effectiveness,
            one["course_id"],
            str(one.get("content_id") or one.get("item_id")),
            one["version"],
        )

    return sorted(lines, key=place)


def flat(one: Mapping[str, Any]) -> Line:
    """A line with one value a column."""
    found = dict(one)
    for name in _WITH_INTERVAL:
        block = found.pop(name, None)
        if block is not None:
            found |= {name: block["value"], f"{name}_low": block["low"], f"{name}_high": block["high"]}
            found[f"{name}_bound"] = block.get("bound", "")
    return found | (found.get("model") or {})


def masked(lines: Sequence[Line]) -> list[Line]:
    """Lines of items as they may leave the house: secure ones without name and options; statistics stay."""
    names: dict[str, str] = {}
    found = []
    for one in lines:
        if one.get("secure"):
            hidden = names.setdefault(one["item_id"], f"secure {len(names) + 1}")
            one = {**one, "item_id": hidden, "title": hidden, "options": []}  # noqa: PLW2901 -- the line as it leaves
        found.append(one)
    return found


def versions_of(lines: Sequence[Line], name: str, wanted: str) -> list[Line]:
    """The versions of one content or item, the newest first.

    Raises:
        NotFound: nothing is published of it, or the asker may not see it (the same refusal).
    """
    found = sorted((one for one in lines if one[name] == wanted), key=lambda one: version_key(one["version"]))[::-1]
    if not found:
        raise NotFound(
            "Nothing is published of it.",
            hint="It may be unknown, of a course that is not yours, or of too few learners; the list has the others.",
        )
    return found


def version_key(version: str) -> tuple[int, str]:
    """Versions that are numbers in their order, others by name."""
    return (int(version), "") if version.isdecimal() else (-1, version)
