"""What a learner did in a course by their own clock, as the numbers that the chance of leaving soon is predicted from.

Question: how does this learner's study of late compare with their own before? Nothing rests on a date of the course,
so courses that anybody starts at any time are described as well. Grain of the result: one learner and course at one
cut-off, of those who have started and are still enrolled then. A learner *starts* with the first thing they do in the
course. Counts are logarithms, log(1 + n), since twice as much says the same of a busy and of a quiet learner.

Caveat: no comparison with others at all: a course in which everybody rests in August looks like one that all leave.
"""

from __future__ import annotations

import polars as pl

from akademos.analytics.risk_features import NEVER, WEEKS_BACK
from akademos.analytics.risk_tables import KEYS, WEEK, RiskParameters, Tables, known


def starts(tables: Tables) -> pl.DataFrame:
    """KEYS and `start`, the first day with activity or a hand-in, of everybody who has done anything."""
    done = [tables[name].select(*KEYS, "day") for name in ("activity", "submissions")]
    return pl.concat(done).group_by(KEYS).agg(start=pl.col("day").min()).sort(KEYS)


def hazard_features(tables: Tables, at: pl.DataFrame, params: RiskParameters) -> pl.DataFrame:
    """Features of those who are still enrolled at their cut-off: KEYS, then one column a feature, null if unknown.

    Args:
        tables: of `risk_tables.INPUT`; their days may count from anywhere, and later rows change nothing.
        at: KEYS, `start` and `as_of`, the day whose beginning is the cut-off, later than `start`.
        params: see RiskParameters.
    """
    seen = known(_before(tables, at), 0, params)
    people = (
        seen["enrolments"]
        .unique(KEYS, keep="first", maintain_order=True)
        .filter(pl.col("withdrawn_day").is_null())
        .join(at.select(*KEYS, day=(pl.col("as_of") - pl.col("start")).cast(pl.Float64)), on=KEYS)
        .select(
            *KEYS,
            "day",
            "resits",
            registered_wait=(-pl.col("registered_day") - pl.col("day")).clip(0),
        )
    )
    done = seen["activity"].join(people.select(KEYS), on=KEYS, how="semi")
    table = people
    for part in (_clicks(done), _rhythm(done), _materials(done, params), _handed_in(seen["submissions"])):
        table = table.join(part, on=KEYS, how="left", maintain_order="left")
    nothing = {name: 0 for name in table.columns if name.startswith(_COUNTS)}
    table = table.with_columns(pl.col(name).fill_null(value) for name, value in nothing.items())
    table = _by_day(table).drop("active_days", "active_weeks", "clicks", *(f"week_{n}" for n in range(WEEKS_BACK)))
    return table.with_columns(pl.exclude(KEYS).cast(pl.Float64).round(9)).sort(KEYS)


_COUNTS = ("clicks", "week_", "active_", "streak_", "opened_", "submitted", "banked")


def _before(tables: Tables, at: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The tables with days counted from each learner's own cut-off: what was before it is negative."""
    cut = at.select(*KEYS, "as_of")

    def moved(name: str, *days: str) -> pl.DataFrame:
        table = tables[name].join(cut, on=KEYS, maintain_order="left")
        return table.with_columns(pl.col(day) - pl.col("as_of") for day in days).drop("as_of")

    return {
        "enrolments": moved("enrolments", "registered_day", "withdrawn_day"),
        "activity": moved("activity", "day"),
        "assessments": tables["assessments"],
        "submissions": moved("submissions", "day"),
    }


def _clicks(done: pl.DataFrame) -> pl.DataFrame:
    """All, and of each of the last weeks."""
    back, clicks = (-1 - pl.col("day")) // WEEK, pl.col("clicks")
    weeks = {f"week_{n}": clicks.filter(back == n).sum() for n in range(WEEKS_BACK)}
    return done.group_by(KEYS).agg(clicks=clicks.sum(), **weeks)


def _rhythm(done: pl.DataFrame) -> pl.DataFrame:
    """Days with activity: how many, how lately, in what streaks and gaps."""
    day = pl.col("day")
    days = done.select(*KEYS, "day").unique().sort(*KEYS, "day").with_columns(gap=(day - day.shift(1)).over(KEYS))
    streak = (pl.col("gap").fill_null(2) > 1).cum_sum().over(KEYS)
    streaks = days.with_columns(streak=streak).group_by(*KEYS, "streak").agg(length=pl.len(), last=day.max())
    longest = streaks.group_by(KEYS).agg(
        streak_longest=pl.col("length").max(), streak_now=pl.col("length").filter(pl.col("last") >= -2).max()
    )
    return (
        days.group_by(KEYS)
        .agg(
            inactive_days=(-day.max()).cast(pl.Float64),
            active_days=pl.len(),
            active_weeks=((-1 - day) // WEEK).n_unique(),
            gap_longest=pl.col("gap").max().cast(pl.Float64),
            **{f"active_days_{span}": (day >= -span).sum() for span in (WEEK, 2 * WEEK, 4 * WEEK)},
        )
        .join(longest, on=KEYS)
    )


def _materials(done: pl.DataFrame, params: RiskParameters) -> pl.DataFrame:
    """How many were opened, how many of them for the first time in the last two weeks, and of which kinds."""
    opened = done.group_by(*KEYS, "material_id").agg(
        kind=pl.col("kind").first(),
        days=pl.col("day").n_unique(),
        clicks=pl.col("clicks").sum(),
        is_new=pl.col("day").min() >= -2 * WEEK,
    )
    clicks = pl.col("clicks")
    return opened.group_by(KEYS).agg(
        opened_log=pl.len().log1p(),
        opened_new_log=pl.col("is_new").sum().log1p(),
        opened_kinds=pl.col("kind").n_unique(),
        revisited_share=(pl.col("days") > 1).mean(),
        **{
            f"{kind}_share": pl.when(clicks.sum() > 0).then(clicks.filter(pl.col("kind") == kind).sum() / clicks.sum())
            for kind in params.kinds
        },
    )


def _handed_in(submissions: pl.DataFrame) -> pl.DataFrame:
    """Hand-ins: how many, how lately, and the marks that are out."""
    fresh, score = ~pl.col("banked"), pl.col("score")
    return (
        submissions.sort("day", "assessment_id", "learner_key")
        .group_by(KEYS, maintain_order=True)
        .agg(
            submitted=fresh.sum(),
            submitted_lately=(fresh & (pl.col("day") >= -4 * WEEK)).sum(),
            submitted_ago=(-pl.col("day").filter(fresh).max()).cast(pl.Float64).clip(upper_bound=NEVER),
            banked=pl.col("banked").sum(),
            score_mean=score.mean(),
            score_last=score.drop_nulls().last(),
            score_least=score.min(),
        )
        .with_columns(pl.col("submitted_ago").fill_null(NEVER))
    )


def _by_day(table: pl.DataFrame) -> pl.DataFrame:
    """What needs the length of the learner's own time: rates, and the last weeks against those before."""
    weeks = pl.col("day") / WEEK
    each, last = pl.col("clicks") / weeks, [pl.col(f"week_{n}") for n in range(WEEKS_BACK)]
    inactive = pl.min_horizontal(pl.col("inactive_days").fill_null(pl.col("day")), pl.lit(NEVER))
    return table.with_columns(
        inactive_days=inactive,
        inactive_log=inactive.log1p(),
        gap_longest=pl.max_horizontal("gap_longest", inactive).clip(upper_bound=NEVER),
        active_share=pl.col("active_days") / pl.col("day"),
        active_weeks_share=pl.col("active_weeks") / weeks.ceil(),
        day_log=weeks.log1p(),
        clicks_log=each.log1p(),
        **{f"week_{n}_log": one.log1p() for n, one in enumerate(last)},
        week_to_own=((last[0] + 1) / (each + 1)).log(),
        weeks_change=pl.when(weeks >= WEEKS_BACK).then((last[0] + last[1]).log1p() - (last[2] + last[3]).log1p()),
    )
