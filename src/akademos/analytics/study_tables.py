"""The evaluated tables of study, of the parts asked for."""

from __future__ import annotations

from collections.abc import Collection

from akademos.analytics.evaluated_tables import Columns
from akademos.analytics.insight_tables import better_parts_of_day, insights_table, reports
from akademos.analytics.learning_patterns import (
    PARTS_OF_DAY,
    material_use_table,
    patterns_table,
    study_days_table,
    week_plan_table,
)
from akademos.analytics.state_arrays import StateArrays
from akademos.analytics.study_efficiency import (
    latest_sessions_table,
    session_lengths_table,
    study_table,
    study_weeks_table,
    weekday_hours_table,
)
from akademos.analytics.study_schemas import STUDY_PARTS
from akademos.analytics.study_windows import windows


def study_tables(arrays: StateArrays, parts: Collection[str]) -> dict[str, Columns]:
    """Tables of `study_schemas.STUDY_EVALUATED` that the parts give, and no others are computed."""
    wanted = set(parts) & STUDY_PARTS.keys()
    if not wanted:
        return {}
    params = arrays.params
    found: dict[str, Columns] = {}
    said = reports(arrays, params.insights) if wanted & {"insights", "patterns"} else []
    if "insights" in wanted:
        found["insights"] = insights_table(arrays, said, params.insights)
    if wanted == {"insights"}:
        return found
    seen = windows(arrays, params.study.window_days)
    found["study"] = study_table(arrays, seen, params.study)
    if "efficiency" in wanted:
        found["weekday_hours"] = weekday_hours_table(arrays, seen)
        found["session_lengths"] = session_lengths_table(arrays, seen)
        found["study_weeks"] = study_weeks_table(arrays, seen, params.study)
        found["latest_sessions"] = latest_sessions_table(arrays, seen, params.study)
    if "patterns" in wanted:
        better = [better_parts_of_day(one, list(PARTS_OF_DAY)) for one in said]
        found["patterns"] = patterns_table(arrays, seen, params.study)
        found["study_days"] = study_days_table(arrays, seen)
        found["material_use"] = material_use_table(arrays, seen, params)
        found["week_plan"] = week_plan_table(arrays, seen, better, params.study)
    return found
