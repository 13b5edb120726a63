"""Why a learner is on the list of students in focus: what the model's features add, by theme, with the facts behind it.

Grain of the results: one learner and course. A theme's *effect* is the sum of what its features add to the log odds
(`dropout_risk.RiskModel.contributions`); it describes the model, not causes. Facts are plain numbers of the same
features, so that a reason can be said in words and checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from akademos.analytics.dropout_risk import Floats
from akademos.analytics.risk_levels import higher

MATERIALS = "materials"
THEMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("marks", ("score",)),
    ("assessments", ("missed", "submitted_", "late", "behind", "early_")),
    ("registration", ("registered_", "courses", "banked", "resits")),
    ("inactivity", ("inactive_", "last_days", "week_0", "week_1", "active_days_7", "active_days_14", "streak_now")),
    ("rhythm", ("active_", "streak_", "gap_", "weekend_", "first_day")),
    ("effort", ("clicks", "week_", "weeks_", "day_clicks", "day_materials", "day_kinds")),
    (MATERIALS, ("days_each",)),
    ("time", ("day", "step")),
)
"""Theme -> beginnings of the names of its features, first match; whatever matches none is about materials."""

FACTS: Mapping[str, tuple[str, ...]] = {
    "marks": ("score_mean", "score_place"),
    "assessments": ("missed", "late", "behind", "early_place"),
    "inactivity": ("inactive_days",),
    "rhythm": ("active_days_14", "active_days_place"),
    "effort": ("clicks_place", "week_to_own", "weeks_change"),
    MATERIALS: ("coverage_most", "coverage_lately", "opened_new_log"),
    "registration": ("registered_day", "registered_place", "resits"),
    "time": ("day",),
}
"""Theme -> features that it is told by, the plainest first. Courses with and without dates have not all the same."""
REASONS_MOST = 3
SLIGHT = 0.05
"""A theme that adds less to the log odds is no reason."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A theme that speaks for risk, how much it adds to the log odds (None in a rule), and its facts, as they are told:
    `inactive_days` is None where nothing was done."""

    theme: str
    effect: float | None
    facts: Mapping[str, float | None]


def as_told(row: Mapping[str, Any]) -> dict[str, Any]:
    """Features of a learner and course with `risk_features.told_facts` in their place, as far as there are such."""
    return {name: row.get(f"told_{name}", value) for name, value in row.items()}


def theme_of(feature: str) -> str:
    """The theme of a feature."""
    return next((theme for theme, starts in THEMES if feature.startswith(starts)), MATERIALS)


def theme_effects(features: Sequence[str], contributions: Floats) -> list[dict[str, float]]:
    """Of each row of (rows, features) the sum by theme, in log odds."""
    themes = np.array([theme_of(name) for name in features])
    sums = {str(theme): contributions[:, themes == theme].sum(axis=1) for theme in np.unique(themes)}
    return [
        {theme: round(float(values[row]), 4) for theme, values in sums.items()} for row in range(len(contributions))
    ]


def reasons(effects: Mapping[str, float], row: Mapping[str, float | None]) -> list[Reason]:
    """The themes that add most, largest first; the time of the course is nobody's reason."""
    found = sorted(effects.items(), key=lambda one: (-one[1], one[0]))
    return [
        Reason(theme, effect, facts_of(theme, row)) for theme, effect in found if effect >= SLIGHT and theme != "time"
    ][:REASONS_MOST]


def facts_of(theme: str, row: Mapping[str, float | None]) -> dict[str, float | None]:
    """The numbers behind a theme, as far as there are such features."""
    return {name: row[name] for name in FACTS[theme] if name in row}


def changed(now: Mapping[str, float], before: Mapping[str, float] | None) -> list[tuple[str, float]]:
    """Themes whose effect moved by more than SLIGHT since the last time, largest move first."""
    if before is None:
        return []
    moved = ((theme, round(now.get(theme, 0.0) - before.get(theme, 0.0), 4)) for theme in sorted({*now, *before}))
    kept = [(theme, by) for theme, by in moved if abs(by) > SLIGHT and theme != "time"]
    return sorted(kept, key=lambda one: -abs(one[1]))[:REASONS_MOST]


def not_below_rule(
    word: str, found: list[Reason], effects: Mapping[str, float], row: Mapping[str, float | None]
) -> tuple[str, list[Reason]]:
    """The word of a model and its reasons; where the rule is as urgent or more its word, and what it rests on first:
    a long silence is said even where the model puts it down to something else."""
    by_rule, why = rule_level(row)
    if not why or higher(word, by_rule) != by_rule:
        return word, found
    themes = {one.theme for one in why}
    first = [Reason(one.theme, effects.get(one.theme), one.facts) for one in why]
    return by_rule, [*first, *(one for one in found if one.theme not in themes)][:REASONS_MOST]


INACTIVE, LONG_INACTIVE = 7.0, 14.0


def rule_level(row: Mapping[str, float | None]) -> tuple[str, list[Reason]]:
    """The estimate by rule, where there is no model: no probability, only whom to ask after first.

    `high` after 14 days without activity, or after 7 with something missed; `raised` after 7, or with something missed;
    else `low`. The rule is stated wherever it is shown.

    Args:
        row: `inactive_days` (None: nothing yet), `waiting_days` (how long something could have been done) and `missed`.
    """
    idle = row.get("inactive_days")
    inactive, missed = (row.get("waiting_days") if idle is None else idle) or 0.0, row.get("missed") or 0.0
    found = []
    if inactive >= INACTIVE:
        found.append(Reason("inactivity", None, facts_of("inactivity", row)))
    if missed >= 1:
        found.append(Reason("assessments", None, facts_of("assessments", row)))
    if inactive >= LONG_INACTIVE or len(found) == 2:
        return "high", found
    return ("raised" if found else "low"), found
