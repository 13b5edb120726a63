"""Features of risk about materials: how many, of which kinds, on how many days, and whether what others open is opened.

Grain: one learner and course. *Readership* of a material is the share of those still registered in the course who
opened it until the cut-off.
"""

from __future__ import annotations

import polars as pl

from akademos.analytics.risk_tables import KEYS, WEEK, RiskParameters, place

READ = 0.1
"""Readership from which a material counts in `coverage`; what fewer opened is rare."""

READ_LATELY = 0.25
"""Readership in the last two weeks from which a material counts in `coverage_lately`."""

READ_BY_MOST = 0.5


def common_kinds(activity: pl.DataFrame, least: float = 0.01) -> tuple[str, ...]:
    """Kinds of material that at least this share of the learners opened, in alphabetical order."""
    learners = activity.select(KEYS).n_unique()
    by_kind = activity.select(*KEYS, "kind").unique().group_by("kind").len()
    return tuple(sorted(by_kind.filter(pl.col("len") >= least * learners)["kind"].drop_nulls().to_list()))


def material_features(done: pl.DataFrame, people: pl.DataFrame, as_of: int, params: RiskParameters) -> pl.DataFrame:
    """KEYS and the features.

    Args:
        done: activity of those people until the cut-off.
        people: KEYS of those still registered.
        as_of: the cut-off.
        params: `kinds` that are told apart.
    """
    opened = _opened(done, people, as_of)
    read, lately = pl.col("readership"), pl.col("lately")
    counted = (read >= READ, lately >= READ_LATELY, read >= READ_BY_MOST)
    in_course = (
        opened.unique(["course_id", "material_id"])
        .group_by("course_id")
        .agg(
            all_read=read.filter(counted[0]).sum(),
            all_lately=lately.filter(counted[1]).sum(),
            all_most=counted[2].sum(),
        )
    )
    kind, days = pl.col("kind"), pl.col("days")
    by_learner = opened.group_by(KEYS).agg(
        materials=pl.len(),
        rare=(read < READ).sum(),
        revisited=(days > 1).sum(),
        days_each=days.mean(),
        clicks_each=pl.col("clicks").mean(),
        readership_mean=read.mean(),
        revisited_share=(days > 1).mean(),
        own_read=read.filter(counted[0]).sum(),
        own_lately=lately.filter(counted[1]).sum(),
        own_most=counted[2].sum(),
        **{f"{one}_clicks": pl.col("clicks").filter(kind == one).sum() for one in params.kinds},
        **{f"{one}_materials": (kind == one).sum() for one in params.kinds},
    )
    table = (
        people.join(by_learner, on=KEYS, how="left", maintain_order="left")
        .join(_per_day(done, params), on=KEYS, how="left", maintain_order="left")
        .with_columns(pl.exclude(*KEYS, "readership_mean", "revisited_share").fill_null(0))
        .join(in_course, on="course_id", how="left", maintain_order="left")
    )
    shares = {
        "coverage": pl.col("own_read") / pl.col("all_read"),
        "coverage_lately": pl.col("own_lately") / pl.col("all_lately"),
        "coverage_most": pl.col("own_most") / pl.col("all_most"),
    }
    not_placed = {
        *KEYS,
        "readership_mean",
        "revisited_share",
        *(n for n in table.columns if n.startswith(("own_", "all_"))),
    }
    return table.select(
        *KEYS,
        "readership_mean",
        "revisited_share",
        *(place(name).alias(f"{name}_place") for name in table.columns if name not in not_placed),
        **{name: pl.when(value.is_finite()).then(value) for name, value in shares.items()},
    )


def _opened(done: pl.DataFrame, people: pl.DataFrame, as_of: int) -> pl.DataFrame:
    """One row a learner and material: kind, days, clicks, and the material's readership, all along and lately."""
    day = pl.col("day")
    learners = people.group_by("course_id").agg(learners=pl.len())
    opened = done.group_by(*KEYS, "material_id").agg(
        kind=pl.col("kind").first(),
        days=day.n_unique(),
        clicks=pl.col("clicks").sum(),
        is_late=day.max() >= as_of - 2 * WEEK,
    )
    readership = (
        opened.group_by("course_id", "material_id")
        .agg(readers=pl.len(), late_readers=pl.col("is_late").sum())
        .join(learners, on="course_id")
        .select(
            "course_id",
            "material_id",
            readership=pl.col("readers") / pl.col("learners"),
            lately=pl.col("late_readers") / pl.col("learners"),
        )
    )
    return opened.join(readership, on=["course_id", "material_id"])


def _per_day(done: pl.DataFrame, params: RiskParameters) -> pl.DataFrame:
    """One row a learner: what a day with activity looks like, and days with each kind."""
    kind = pl.col("kind")
    by_day = done.group_by(*KEYS, "day").agg(
        materials=pl.col("material_id").n_unique(),
        clicks=pl.col("clicks").sum(),
        kinds=kind.n_unique(),
        **{f"on_{one}": (kind == one).any() for one in params.kinds},
    )
    return by_day.group_by(KEYS).agg(
        day_clicks=pl.col("clicks").mean(),
        day_clicks_median=pl.col("clicks").median(),
        day_materials=pl.col("materials").mean(),
        day_materials_most=pl.col("materials").max(),
        day_kinds=pl.col("kinds").mean(),
        **{f"{one}_days": pl.col(f"on_{one}").sum() for one in params.kinds},
    )
