"""What a learner did in a course until a cut-off, as the numbers that risk is predicted from.

Question: how does this learner's study until now compare with that of the others in the same course and week?
Grain of the result: one learner and course, of those still registered at the cut-off. A *share* lies in 0..1. A *place*
is the learner's place among those still registered in the same course at the same cut-off, (rank - 1/2) / learners, so
that a quiet course and a busy one speak the same language; it uses what is known at the cut-off and nothing later.
Nothing here says who somebody is: no demographic attribute, no course by name.

Caveat: clicks are a sign of study, not study. What is done on paper or elsewhere is not seen.
Source of the kinds of features: Kuzilek et al. (2015), OU Analyse (clicks by material, marks, registration); Hlosta,
Zdrahal and Zendulka (2017), doi:10.1145/3027385.3027449 (the same course as the measure).
"""

from __future__ import annotations

import polars as pl

from akademos.analytics.risk_assessments import assessment_features
from akademos.analytics.risk_materials import material_features
from akademos.analytics.risk_tables import KEYS, WEEK, RiskParameters, Tables, known, place

NEVER = 60.0
"""Days since the last activity, at most, and of somebody who never was active: as a feature, never as a fact that is
told (`idle_days`)."""

WEEKS_BACK = 4
"""Weeks before the cut-off that are described one by one."""


def risk_features(tables: Tables, as_of: int, params: RiskParameters) -> pl.DataFrame:
    """Features of everybody still registered when day `as_of` begins: KEYS, then one column a feature, null if unknown.

    Args:
        tables: of `risk_tables.INPUT`; rows of later days may be in them and change nothing.
        as_of: day of the course, 1 or later.
        params: see RiskParameters.
    """
    seen = known(tables, as_of, params)
    enrolled = seen["enrolments"].unique(KEYS, keep="first", maintain_order=True)
    active = enrolled.filter(pl.col("withdrawn_day").is_null())
    people = active.select(KEYS)
    done = seen["activity"].join(people, on=KEYS, how="semi")
    parts = [
        _registration(active, enrolled),
        _clicks(done, people, as_of),
        _rhythm(done, people, as_of),
        material_features(done, people, as_of, params),
        assessment_features(seen["assessments"], seen["submissions"], people, as_of),
    ]
    table = people.with_columns(day=pl.lit(float(as_of)))
    for part in parts:
        table = table.join(part, on=KEYS, how="left", maintain_order="left")
    # Sums in another order differ in their last digits; rounded, the same rows give the same features.
    return table.with_columns(pl.exclude(KEYS).cast(pl.Float64).round(9)).sort(KEYS)


def told_facts(tables: Tables, as_of: int, params: RiskParameters) -> pl.DataFrame:
    """What is told to people where the feature of that name serves the model otherwise (`risk_reasons.as_told`).

    Returns:
        KEYS, `told_inactive_days` (whole days since the last with an activity or hand-in, as many as they are; null:
        nothing yet), `waiting_days` (since the course began, or since the registration where that was later) and
        `told_missed` (assessments not handed in that were due after the learner had registered), of everybody
        registered when day `as_of` begins.
    """
    seen = known(tables, as_of, params)
    done = pl.concat(
        [seen["activity"].select(*KEYS, "day"), seen["submissions"].filter(~pl.col("banked")).select(*KEYS, "day")]
    )
    last = done.group_by(KEYS).agg(told_inactive_days=(as_of - 1 - pl.col("day").max()).cast(pl.Float64))
    enrolled = seen["enrolments"].unique(KEYS, keep="first", maintain_order=True)
    registered = pl.col("registered_day")
    missed = (
        enrolled.join(seen["assessments"].filter(pl.col("due_day") < as_of), on="course_id")
        .filter((pl.col("due_day") > registered) | registered.is_null())
        .join(seen["submissions"], on=[*KEYS, "assessment_id"], how="anti")
        .group_by(KEYS)
        .agg(told_missed=pl.len().cast(pl.Float64))
    )
    waiting = (as_of - pl.max_horizontal(registered, pl.lit(0))).cast(pl.Float64)
    return (
        enrolled.select(*KEYS, waiting_days=waiting)
        .join(last, on=KEYS, how="left")
        .join(missed, on=KEYS, how="left")
        .with_columns(pl.col("told_missed").fill_null(0.0))
    )


def _registration(active: pl.DataFrame, enrolled: pl.DataFrame) -> pl.DataFrame:
    """How early, how often before, how many courses at a time, and whether others were given up."""
    load = enrolled.group_by("learner_key").agg(
        courses=pl.len(), courses_left=pl.col("withdrawn_day").is_not_null().sum()
    )
    return (
        active.select(*KEYS, "resits", registered_day="registered_day")
        .with_columns(registered_place=place("registered_day"))
        .join(load, on="learner_key", how="left")
    )


def _clicks(done: pl.DataFrame, people: pl.DataFrame, as_of: int) -> pl.DataFrame:
    """Clicks: all, before the start, in each of the last weeks; as places, and the last weeks against those before."""
    back, clicks = (as_of - 1 - pl.col("day")) // WEEK, pl.col("clicks")
    weeks = range(WEEKS_BACK)
    counts = done.group_by(KEYS).agg(
        clicks=clicks.sum(),
        clicks_before=clicks.filter(pl.col("day") < 0).sum(),
        last_days=clicks.filter(pl.col("day") >= as_of - 3).sum(),
        **{f"week_{n}": clicks.filter((back == n) & (pl.col("day") >= 0)).sum() for n in weeks},
    )
    table = people.join(counts, on=KEYS, how="left", maintain_order="left").with_columns(pl.exclude(KEYS).fill_null(0))
    counted = [name for name in table.columns if name not in KEYS]
    lately = pl.mean_horizontal("week_0_place", "week_1_place")
    earlier = pl.mean_horizontal(f"week_{n}_place" for n in range(2, WEEKS_BACK))
    median = clicks.median().over("course_id")
    return table.select(
        *KEYS,
        *(place(name).alias(f"{name}_place") for name in counted),
        clicks_log=(clicks / (as_of / WEEK)).log1p(),
        clicks_to_median=((clicks + 1) / (median + 1)).log(),
        week_0_log=pl.col("week_0").log1p(),
        week_1_log=pl.col("week_1").log1p(),
    ).with_columns(
        weeks_mean_place=pl.mean_horizontal(f"week_{n}_place" for n in weeks),
        weeks_least_place=pl.min_horizontal(f"week_{n}_place" for n in weeks),
        weeks_change=lately - earlier,
    )


def _rhythm(done: pl.DataFrame, people: pl.DataFrame, as_of: int) -> pl.DataFrame:
    """Days with activity: how many, how lately, in what streaks and gaps."""
    day = pl.col("day")
    began = day >= 0
    days = done.select(*KEYS, "day").unique().sort(*KEYS, "day").with_columns(gap=(day - day.shift(1)).over(KEYS))
    streak = (pl.col("gap").fill_null(2) > 1).cum_sum().over(KEYS)
    streaks = days.with_columns(streak=streak).group_by(*KEYS, "streak").agg(length=pl.len(), last=day.max())
    longest = streaks.group_by(KEYS).agg(
        streak_longest=pl.col("length").max(),
        streak_now=pl.col("length").filter(pl.col("last") >= as_of - 2).max(),
    )
    found = (
        days.group_by(KEYS)
        .agg(
            first_day=day.min(),
            inactive_days=(as_of - day.max()).cast(pl.Float64),
            active_days=began.sum(),
            active_days_before=(~began).sum(),
            active_days_7=(day >= as_of - WEEK).sum(),
            active_days_14=(day >= as_of - 2 * WEEK).sum(),
            active_weeks=(day.filter(began) // WEEK).n_unique(),
            gap_longest=pl.col("gap").filter(began).max(),
            weekend_days=((day % WEEK >= 5) & began).sum(),
        )
        .join(longest, on=KEYS)
    )
    may_lack = ("first_day", "inactive_days", "gap_longest")
    counts = [name for name in found.columns if name not in (*KEYS, *may_lack)]
    return (
        people.join(found, on=KEYS, how="left", maintain_order="left")
        .with_columns(
            pl.col(counts).fill_null(0),
            inactive_days=pl.col("inactive_days").fill_null(NEVER).clip(upper_bound=NEVER),
            gap_longest=pl.max_horizontal("gap_longest", "inactive_days").fill_null(NEVER),
        )
        .with_columns(place(name).alias(f"{name}_place") for name in ("active_days", "active_days_14", "inactive_days"))
    )
