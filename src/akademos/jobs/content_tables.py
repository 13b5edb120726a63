"""From the analysis of contents to what is published of them.

Every number is made of the published ones wherever it can be: intervals of rounded shares, percentiles and reasons of
rounded parts, so that they say nothing that the rounding does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import floor as whole
from math import log10
from typing import TYPE_CHECKING, Any

import numpy as np

from akademos.analytics.content_effectiveness import REASONS, content_reasons, rank
from akademos.analytics.parameters import DEFAULT
from akademos.analytics.proportions import newcombe, wilson, z_of
from akademos.privacy.disclosure_tables import rounded
from akademos.privacy.shown_shares import ShownPoint, ShownShare, shown_curve, shown_share

if TYPE_CHECKING:
    import polars as pl

Detail = dict[str, Any]
_LIMITS = DEFAULT.content
_Z = z_of(_LIMITS.interval)
_PARTS = ("gain", "completion", "item_quality")


def published_contents(
    tables: Mapping[str, pl.DataFrame], halves: pl.DataFrame, floor: int, waiting: Mapping[str, int] | None = None
) -> dict[tuple[str, str], Detail]:
    """What may be said of each (material_id, version) of one course.

    Args:
        tables: of `content_effectiveness.TABLES`, of one course.
        halves: `content_use.HALVES`.
        floor: k.
        waiting: parts of the course in which a material is not shown, by material_id: fewer than k opened it in each.
    """
    found: dict[tuple[str, str], Detail] = {}
    by_version = ["material_id", "material_version"]
    curves = tables["drop_off"].partition_by(by_version, as_dict=True, maintain_order=True)
    for row in tables["contents"].iter_rows(named=True):
        key = (row["material_id"], row["material_version"])
        found[key] = _content(row, curves.get(key), floor, (waiting or {}).get(key[0], 0))
    for row in tables["edits"].iter_rows(named=True):
        before, after = ((row["material_id"], row[f"version_{one}"]) for one in ("before", "after"))
        change = _change(_finished(row, "before", floor), _finished(row, "after", floor))
        if change is not None and found[after]["status"] == "ok":
            found[after]["edit"] = {"version_before": before[1], **change}
    for row in halves.iter_rows(named=True):
        detail = found[row["material_id"], row["material_version"]]
        change = _change(_finished(row, "earlier", floor), _finished(row, "later", floor))
        if detail["status"] == "ok" and change is not None:
            first = row["later_from"].date()
            monday = first - timedelta(days=first.weekday())  # the day would be that of one person
            detail["drift"] = {"later_from": monday.isoformat(), **change}
    _rank(list(found.values()))
    return found


def published_support(
    shown: Mapping[tuple[str, str], Detail], similar: pl.DataFrame, newest: Mapping[str, str], floor: int
) -> dict[str, Detail]:
    """material_id to what may be said for the newest version of each material of a course that helps: `gain`, where it
    is clearly above zero, and `similar`: by topic and level how many succeeded after it and after others, where it is
    clearly more. Made of published numbers.

    Clearly: by an interval as wide as so many comparisons ask for (Bonferroni), so that where no material helps,
    nothing is said of any in 95 of 100 courses; what is shown beside it is the usual interval.

    Args:
        shown: from `published_contents`, of one course.
        similar: `similar_learners.SIMILAR`, of the same course.
        newest: from `content_use.newest_versions`.
        floor: k.
    """
    gains = {
        material: gain
        for material, version in sorted(newest.items())
        if (gain := shown[material, version].get("gain")) is not None
    }
    shares = [
        (row["material_id"], row["topic_id"], row["level"], after, others)
        for row in similar.iter_rows(named=True)
        if row["material_version"] == newest[row["material_id"]]
        and (after := share_of(row["succeeded"], row["learners"], floor)) is not None
        and (others := share_of(row["others_succeeded"], row["others"], floor)) is not None
    ]
    z = z_of(1 - (1 - _LIMITS.interval) / max(1, len(gains) + len(shares)))
    found: dict[str, Detail] = {}
    for material, gain in gains.items():
        if gain["value"] - (gain["value"] - gain["low"]) * z / _Z > 0:
            found.setdefault(material, {})["gain"] = gain
    for material, topic, level, after, others in shares:
        change, clear = _change(others, after), _change(others, after, z)
        if change is not None and clear is not None and clear["low"] > 0:
            by_level = found.setdefault(material, {}).setdefault("similar", {}).setdefault(topic, {})
            sides = {"learners": after, "others": others}
            by_level[level] = sides | {name: change[name] for name in ("change", "low", "high")}
    return found


def _content(row: Mapping[str, Any], curve: pl.DataFrame | None, floor: int, waiting: int) -> Detail:
    detail: Detail = {"kind": row["kind"], "status": row["status"], "reasons": []}
    people = int(row["learners"])
    if row["status"] != "ok" or people < 2 * floor:
        return detail | {"status": "too_few", "learners": rounded(people) if people >= floor else None}
    detail |= {
        "learners": rounded(people),
        "completion": share_of(row["completion"] * people, people, floor),
        "revisits": share_of(row["revisits"] * people, people, floor),
        "median_seconds": two_digits(row["median_seconds"]),
        "reach": _reach(people, row["enrolled"] or 0, waiting, floor),
        "gain": None,
        "item_quality": None if row["item_quality"] is None else round(row["item_quality"], 2),
    }
    if row["gain"] is not None and min(row["gain_learners"], row["gain_others"]) >= floor:
        detail["gain"] = {
            "value": round(row["gain"], 2),
            "low": round(row["gain_low"], 2),
            "high": round(row["gain_high"], 2),
            "learners": rounded(row["gain_learners"]),
            "others": rounded(row["gain_others"]),
        }
    detail["drop_off"] = None if curve is None else _drop_off(curve, floor)
    detail["steepest"] = None if detail["drop_off"] is None else _steepest(detail["drop_off"])
    return detail


def _reach(people: int, enrolled: int, waiting: int, floor: int) -> Detail | None:
    """The share of those enrolled who are known to have opened it; its interval reaches as far as if k - 1 more had in
    each waiting part."""
    reach = share_of(people, enrolled, floor)
    most = share_of(min(people + (floor - 1) * waiting, enrolled), enrolled, floor)
    return None if reach is None or most is None else reach | {"high": most["high"]}


def _finished(row: Mapping[str, Any], side: str, floor: int) -> Detail | None:
    """The share of one side of an edit, or of time, that completed."""
    return share_of(row[f"completed_{side}"], row[f"learners_{side}"], floor)


def share_of(count: float, people: int, floor: int) -> Detail | None:
    """A share with its Wilson interval, made of what is shown; None where nothing may be said."""
    shown = shown_share(count, people, floor)
    if shown is None:
        return None
    low, high = interval_of(shown)
    return {
        "value": shown.value, "low": round(low, 2), "high": round(high, 2), "people": shown.people, "bound": shown.bound
    }  # fmt: skip


def interval_of(shown: ShownShare) -> tuple[float, float]:
    """Wilson's interval; open towards the side that a bound leaves open."""
    low, high = wilson(shown.value, shown.people, _Z)
    return (0.0 if shown.bound == "below" else low), (1.0 if shown.bound == "above" else high)


def two_digits(value: float | None) -> float | None:
    """A duration, or a place in a video, to two digits: a median is the time of one person, who would know it again.

    Example:
        >>> two_digits(347.2), two_digits(8.44)
        (350.0, 8.4)
    """
    if value is None or value <= 0:
        return value
    return round(value, 1 - whole(log10(value)))


def _drop_off(curve: pl.DataFrame, floor: int) -> Detail | None:
    people = int(curve["learners"][0])
    still = [round(share * people) for share in curve["share"]]
    points = shown_curve(still, floor)
    if len(points) < 2:
        return None
    shown: Sequence[ShownPoint] = points
    farthest = two_digits(max(place for place, came in enumerate(still) if came >= floor)) or 0
    return {
        "unit": curve["unit"][0],
        "learners": rounded(people),
        "end": max(int(farthest), points[-1].position),
        "points": [[point.position, point.share] for point in shown],
    }


def _steepest(drop_off: Detail) -> Detail | None:
    """Where most leave within the window, as the points tell, straight between them; of videos only."""
    if drop_off["unit"] != "second":
        return None
    window = _LIMITS.leave_seconds
    places, shares = (np.array(column, dtype=np.float64) for column in zip(*drop_off["points"], strict=True))
    begins = np.unique(np.concatenate((places, np.maximum(places - window, 0))))
    lost = np.interp(begins, places, shares) - np.interp(begins + window, places, shares)
    at = int(lost.argmax())
    return {"from": int(begins[at]), "to": int(begins[at]) + window, "share": round(float(lost[at]), 2)}


_SIDES = {"": 0, "below": -1, "above": 1}


def _change(before: Detail | None, after: Detail | None, z: float = _Z) -> Detail | None:
    """From one share to another, with Newcombe's interval; where one of them is a bound, so is the change, and its
    interval is open to that side. None where bounds leave the direction open."""
    if before is None or after is None:
        return None
    sides = {_SIDES[after["bound"]], -_SIDES[before["bound"]]} - {0}
    if len(sides) > 1:
        return None
    low, high = newcombe(after["value"], after["people"], before["value"], before["people"], z)
    return {
        "before": before["value"],
        "after": after["value"],
        "learners_before": before["people"],
        "learners_after": after["people"],
        "change": round(after["value"] - before["value"], 2),
        "low": -1.0 if -1 in sides else round(low, 2),
        "high": 1.0 if 1 in sides else round(high, 2),
        "bound": "above" if 1 in sides else "below" if sides else "",
    }


def _rank(details: list[Detail]) -> None:
    """Percentiles among like contents, effectiveness and reasons, of published numbers."""
    known = [one for one in details if one["status"] == "ok"]
    rows: list[Detail] = [
        {
            "status": "ok",
            "kind": one["kind"],
            "gain": None if one["gain"] is None else one["gain"]["value"],
            "gain_high": None if one["gain"] is None else one["gain"]["high"],
            "completion": None if one["completion"] is None else one["completion"]["value"],
            "item_quality": one["item_quality"],
            "steepest_share": None if one["steepest"] is None else one["steepest"]["share"],
            "reach_high": None if one["reach"] is None else one["reach"]["high"],
        }
        for one in known
    ]
    rank(rows)
    for detail, row in zip(known, rows, strict=True):
        detail["like"] = row["like"]
        detail["percentiles"] = {part: _percentile(row.get(f"{part}_percentile")) for part in _PARTS}
        detail["effectiveness"] = _percentile(row["effectiveness"])
        detail["reasons"] = content_reasons(row)
        detail["severity"] = REASONS.index(detail["reasons"][0]) if detail["reasons"] else None


def _percentile(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
