"""From the analysis of items to what is published of them; reasons are made of the published numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from akademos.analytics.item_analysis import REASONS, item_reasons
from akademos.analytics.item_answers import FirstAttempts
from akademos.analytics.parameters import DEFAULT
from akademos.analytics.rest_correlation import correlation
from akademos.jobs.content_tables import Detail, share_of, two_digits
from akademos.privacy.disclosure_tables import rounded
from akademos.privacy.shown_shares import shown_choices

_LIMITS = DEFAULT.items
_KEY = ("question_id", "item_version")


def published_items(
    tables: Mapping[str, pl.DataFrame], attempts: FirstAttempts, floor: int
) -> dict[tuple[str, str], Detail]:
    """What may be said of each (question_id, version) of one course.

    Args:
        tables: of `item_analysis.TABLES`.
        attempts: what they were computed from.
        floor: k.
    """
    functioning = {key: part.to_dicts() for key, part in tables["functioning"].partition_by(_KEY, as_dict=True).items()}
    keys = {
        (question, version, option)
        for question, version, option in tables["options"].filter("key").select(*_KEY, "option").iter_rows()
    }
    found = {}
    for number, row in enumerate(tables["items"].iter_rows(named=True)):
        key = (row["question_id"], row["item_version"])
        found[key] = _item(row, floor)
        if found[key]["status"] == "ok":
            found[key]["options"] = _options(
                attempts, number, {option for *of, option in keys if tuple(of) == key}, floor
            )
            found[key]["functioning"] = [one for each in functioning.get(key, []) if (one := _compared(each, floor))]
            reasons = [] if row["retired"] else _reasons(found[key])
            found[key]["reasons"] = reasons
            found[key]["severity"] = REASONS.index(reasons[0]) if reasons else None
    return found


def _item(row: Mapping[str, Any], floor: int) -> Detail:
    people = int(row["answers"])
    detail: Detail = {"status": row["status"], "retired": row["retired"], "reasons": []}
    if row["status"] != "ok" or people < 2 * floor:
        return detail | {"status": "too_few", "answers": rounded(people) if people >= floor else None}
    detail |= {
        "answers": rounded(people),
        "difficulty": share_of(row["difficulty"] * people, people, floor),
        "rest": None,
        "guessing_floor": None if row["guessing_floor"] is None else round(row["guessing_floor"], 2),
        "median_seconds": two_digits(row["median_seconds"]),
        "model": None,
    }
    if row["rest_correlation"] is not None and row["rest_low"] is not None:
        detail["rest"] = {
            "value": round(row["rest_correlation"], 2),
            "low": round(row["rest_low"], 2),
            "high": round(row["rest_high"], 2),
            "learners": rounded(row["rest_learners"]),
        }
    if row["discrimination"] is not None and row["location"] is not None:
        names = ("discrimination", "discrimination_se", "location", "location_se")
        detail["model"] = {name: None if row[name] is None else round(row[name], 2) for name in names}
    return detail


def _options(attempts: FirstAttempts, number: int, keys: set[str], floor: int) -> list[Detail]:
    """The choices at a closed item of one choice: share, mean score and rest standing of who made them. Choices that
    fewer than k made stand together; the right one, where it is among them, is not named."""
    part = attempts.rows_of(number)
    chosen = attempts.rows[part]["chosen_options"]
    told = (chosen.list.len() == 1).fill_null(value=False)
    people = int(told.sum())
    if people < max(_LIMITS.answers_min, 2 * floor) or (chosen.drop_nulls().list.len() > 1).any():
        return []
    names = chosen.filter(told).list.first()
    score = attempts.rows[part]["score"].filter(told)
    rest = pl.Series(attempts.rest[part]).filter(told)
    counts = {str(name): int(count) for name, count in names.value_counts().iter_rows()}
    found = []
    for together, count in shown_choices(counts, floor):
        mine = names.is_in(together)
        known = mine & rest.is_not_nan()
        standing = int((rest.is_not_nan()).sum())
        told_apart = floor <= int(known.sum()) <= standing - floor
        found.append(
            {
                "options": list(together),
                "key": len(together) == 1 and together[0] in keys,
                "share": round(rounded(count) / rounded(people), 2),
                "mean_score": share_of(float(score.filter(mine).sum()), count, floor),
                "rest_mean": round(float(rest.filter(known).to_numpy().mean()), 2) if told_apart else None,
                "rest_correlation": _correlation(mine, rest) if told_apart else None,
                "idle": len(together) > 1 and floor / people <= _LIMITS.idle_below,
            }
        )
    return found


def _correlation(mine: pl.Series, rest: pl.Series) -> float | None:
    known = rest.is_not_nan()
    value = correlation(mine.filter(known).cast(pl.Float64).to_numpy(), rest.filter(known).to_numpy())
    return None if value is None else round(value, 2)


def _compared(row: Mapping[str, Any], floor: int) -> Detail | None:
    if min(row["reference"], row["focal"]) < floor:
        return None
    return {
        "attribute": row["attribute"],
        "focal_value": row["focal_value"],
        "reference_value": row["reference_value"],
        "focal": rounded(row["focal"]),
        "reference": rounded(row["reference"]),
        "delta": round(row["delta"], 2),
        "standard_error": round(row["standard_error"], 2),
        "ets_class": row["ets_class"],
    }


def _reasons(detail: Detail) -> list[str]:
    difficulty, rest = detail["difficulty"], detail["rest"]
    return item_reasons(
        {
            "rest_high": None if rest is None else rest["high"],
            "guessing_floor": detail["guessing_floor"] if difficulty is not None else None,
            "difficulty_low": 0.0 if difficulty is None else difficulty["low"],
        },
        detail["options"],
        detail["functioning"],
    )
