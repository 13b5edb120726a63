"""Contents, items and journeys of an invented course, as the addresses have them."""

from __future__ import annotations

from typing import Any

from akademos.serving.content_forms import ordered
from akademos.serving.pages.content import render_content, render_contents
from akademos.serving.pages.items import render_item, render_items
from akademos.serving.pages.journeys import Asked, render_journeys
from akademos.serving.pages.shell import NavLink, Shell

Line = dict[str, Any]
AS_OF = "2026-11-20T03:40:00Z"
HOSTILE = "<script>alert(1)</script> A very long title of a material that goes on and on \u2013 part 2"
CURVE = [[0, 1.0], [44, 0.85], [48, 0.6], [52, 0.5], [180, 0.4]]


def estimate(value: float, people: int = 80, bound: str = "") -> Line:
    return {
        "value": value,
        "low": max(0.0, value - 0.1),
        "high": min(1.0, value + 0.1),
        "people": people,
        "bound": bound,
    }


def change(value: float, bound: str = "") -> Line:
    return {
        "before": 0.5, "after": 0.5 + value, "learners_before": 60, "learners_after": 70, "change": value,
        "low": value - 0.15, "high": 1.0 if bound else value + 0.15, "bound": bound,
    }  # fmt: skip


def content_line(number: int, version: str = "1", **more: Any) -> Line:
    known = {
        "course_id": "algebra", "course": "Algebra", "content_id": f"content-{number}", "version": version,
        "title": f"Fractions: worked example {number}", "topics": ["fractions"], "as_of": AS_OF, "kind": "video",
        "status": "ok", "learners": 80, "reach": estimate(0.7), "completion": estimate(0.4 + 0.05 * number),
        "revisits": estimate(0.2, bound="below"), "median_seconds": 340.0,
        "gain": {"value": 0.01 * number, "low": 0.01 * number - 0.05, "high": 0.01 * number + 0.05, "learners": 60,
                 "others": 40},
        "item_quality": 0.3, "drop_off": {"unit": "second", "learners": 80, "end": 300, "points": CURVE},
        "steepest": {"from": 44, "to": 54, "share": 0.35}, "like": 9,
        "percentiles": {"gain": 0.1 * number, "completion": 0.5, "item_quality": None},
        "effectiveness": 0.1 * number, "reasons": ["learners_leave_at_one_point"] if number < 3 else [],
        "severity": 1 if number < 3 else None,
    }  # fmt: skip
    return known | more


def contents() -> list[Line]:
    lines = [content_line(number) for number in range(8)]
    lines.append(content_line(8, title=HOSTILE, kind="page", drop_off=None, steepest=None, gain=None))
    edited = content_line(0, "2", edit={"version_before": "1", **change(0.35, "above")}, drift=None, reasons=[])
    lines.append({**edited, "severity": None, "completion": estimate(0.85, bound="above"), "drop_off": None})
    lines.append({**content_line(9), "status": "too_few", "learners": None, "effectiveness": None, "course": "Algebra"})
    lines.append(content_line(1, course_id="geometry", course="Geometry"))
    return ordered(lines)


def item_line(number: int, **more: Any) -> Line:
    reasons = ["key_suspect", "at_guessing_floor"] if number == 0 else ["discriminates_little"] if number == 1 else []
    rest = {"value": 0.05 * (number % 12) - 0.2 * (number == 0), "learners": 70}
    return {
        "course_id": "algebra", "course": "Algebra", "item_id": f"fractions-{number:02}", "version": "1",
        "title": f"fractions-{number:02}", "topics": ["fractions"], "as_of": AS_OF, "secure": number == 2,
         "status": "ok",
        "retired": False, "answers": 70, "difficulty": estimate(0.2 + (number * 7 % 60) / 100),
        "rest": {**rest, "low": rest["value"] - 0.15, "high": rest["value"] + 0.15}, "guessing_floor": 0.25,
        "median_seconds": 31.0,
        "model": {"discrimination": 1.2, "discrimination_se": 0.2, "location": 0.1, "location_se": 0.2},
        "options": [
            {"options": ["b"], "key": True, "share": 0.55, "mean_score": None, "rest_mean": 0.1,
             "rest_correlation": 0.3,             "idle": False},
            {"options": ["a"], "key": False, "share": 0.3, "mean_score": None, "rest_mean": 0.02,
             "rest_correlation": 0.05, "idle": False},
            {"options": ["c", "d"], "key": False, "share": 0.15, "mean_score": None, "rest_mean": None,
             "rest_correlation": None, "idle": True},
        ],
        "functioning": [
            {"attribute": "period", "focal_value": "later", "reference_value": "earlier", "focal": 110,
             "reference": 110, "delta": -1.7, "standard_error": 0.4, "ets_class": "C"},
        ],
        "reasons": reasons, "severity": 0 if number == 0 else 5 if number == 1 else None,
    } | more  # fmt: skip


def items() -> list[Line]:
    return ordered([item_line(number) for number in range(60)])


def share(value: float, bound: str = "") -> Line:
    return estimate(value, 120, bound)


def journeys() -> list[Line]:
    header = {"course_id": "algebra", "as_of": AS_OF, "learners": 130}
    funnel = [
        {"step": "registered", "within": "any", "optional": False, "times": 1, "learners": 130, "share": None,
         "median_hours": None},
        {"step": "opened", "within": "7d", "optional": True, "times": 1, "learners": None, "share": share(0.92,
         "above"),
         "median_hours": None},
        {"step": "completed", "within": "any", "optional": False, "times": 1, "learners": 95, "share": share(0.73),
         "median_hours": 4.5},
        {"step": "answered:right", "within": "any", "optional": False, "times": 3, "learners": 60, "share": share(0.63),
         "median_hours": 72.0},
    ]  # fmt: skip
    ways = [
        (["opened:video", "completed:video", "answered:right", "answered:right"], 60),
        (["opened:video", "completed:video", "answered:wrong", "answered:right"], 45),
        (["opened:video", "answered:wrong", "answered:wrong", "end"], 30),
        (["opened:video", "opened:page", "completed:page", "answered:right"], 20),
        (["opened:video", "end"], 15),
    ]
    groups = ["2026-08-03", "2026-08-10", "2026-08-17", "2026-08-31"]
    cells = [
        {"group": group, "week": week, "started": 40 - 5 * place, "share": share(max(0.2, 0.85 - 0.05 * week))}
        for place, group in enumerate(groups)
        for week in range(14 - 3 * place)
    ]
    cells[3]["share"] = None
    curve = [
        {"day": day, "share": 1 - day / 150, "low": max(0.0, 0.9 - day / 150), "high": min(1.0, 1.06 - day / 150),
         "at_risk": 130 - day}
        for day in (0, 9, 21, 40, 66, 90)
    ]  # fmt: skip
    return [
        {**header, "steps": funnel},
        {
            **header, "step": "opened:video", "started": 110,
            "paths": [{"steps": steps, "learners": people, "share": share(people / 110)} for steps, people in ways],
            "loops": [{"step": "answered:wrong", "by_way_of": "answered:right", "learners": 80}],
        },
        {**header, "by": "week", "cells": cells},
        {**header, "until": "stopped", "points": curve, "days": 100, "median_days": 90},
    ]  # fmt: skip


ASKED = Asked(
    "algebra",
    "registered,opened?,completed,answered:right*3",
    "any",
    "opened:video",
    "from",
    "3",
    "week",
    "",
    "stopped",
)
PAGES = ("contents", "no-contents", "content-one", "items-map", "item-one", "journeys", "no-journeys")


def rendered(which: str, language: str = "en") -> str:
    """One page of `PAGES` as HTML."""
    shell = Shell(
        nav=[NavLink("Content", "/contents", current=True)], person="Ines", role="instructor", language=language
    )
    if which in ("contents", "no-contents"):
        lines = contents() if which == "contents" else []
        return render_contents(lines, shell=shell, chosen="algebra", floor=10, here="/content", api="/v1/x")
    if which == "content-one":
        found = [one for one in contents() if one["content_id"] == "content-0"]
        found.sort(key=lambda one: str(one["version"]), reverse=True)
        return render_content(found, shell=shell, floor=10, back="/contents")
    if which == "items-map":
        return render_items(items(), shell=shell, chosen="algebra", floor=10, here="/items", api="/v1/x")
    if which == "item-one":
        return render_item([item_line(0)], shell=shell, floor=10, back="/items-map")
    answers = journeys() if which == "journeys" else []
    return render_journeys(answers, shell=shell, titles={"algebra": "Algebra"}, asked=ASKED, api="/v1/x")
