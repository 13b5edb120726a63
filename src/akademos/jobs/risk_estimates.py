"""What stands behind the weekly scores: of courses with dates and of courses without, who is asked after and by what.

Each of the two has its model. They are asked in a process of its own, which takes their libraries with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
import polars as pl

from akademos.analytics import dropout_hazard, dropout_risk
from akademos.analytics.dropout_hazard import LAST_WEEK, hazard_level, leaving_chance, leaving_contributions
from akademos.analytics.dropout_risk import Floats, RiskModel, from_bytes
from akademos.analytics.hazard_features import hazard_features, starts
from akademos.analytics.risk_features import risk_features, told_facts
from akademos.analytics.risk_levels import focus_levels
from akademos.analytics.risk_materials import common_kinds
from akademos.analytics.risk_reasons import as_told, changed, not_below_rule, reasons, rule_level, theme_effects
from akademos.analytics.risk_tables import KEYS, WEEK, RiskParameters, known
from akademos.jobs.child_process import run_apart
from akademos.jobs.course_activity import EPOCH, CourseActivity, tables_at
from akademos.stores.ports.risk import RiskScore

Said = tuple[float, dict[str, float]]
"""The chance, and what each theme adds to its log odds (of the hazard of a week, where there are no dates)."""


@dataclass(frozen=True, slots=True)
class Variant:
    """How learners of one kind of course are judged.

    Attributes:
        model: the name of its model.
        basis: as it stands in the scores where the model spoke.
        features: (what all did, enrolments, running courses, first day not known, kinds of material) -> KEYS, `day`,
            the features, those of `told_facts`, and `is_judged`: whether the model speaks of the row at all.
        estimates: (model as bytes, features) -> of each row what it says; called in a process of its own.
        levels: (courses, chances, model) -> the words, which the rule may raise.
    """

    model: str
    basis: Literal["model", "hazard"]
    features: Callable[[CourseActivity, pl.DataFrame, pl.DataFrame, date, tuple[str, ...] | None], pl.DataFrame]
    estimates: Callable[[bytes, pl.DataFrame], list[Said]]
    levels: Callable[[Sequence[str], Floats, RiskModel], list[str]]


def by_dates(
    whole: CourseActivity, enrolments: pl.DataFrame, courses: pl.DataFrame, week: date, kinds: tuple[str, ...] | None
) -> pl.DataFrame:
    """Everybody still enrolled in a course that has begun; courses on the same day of theirs go together."""
    params = RiskParameters(kinds=common_kinds(whole.activity) if kinds is None else kinds)
    running = courses.filter(pl.col("starts_on") < week).with_columns(
        day=(pl.lit(week) - pl.col("starts_on")).dt.total_days()
    )
    parts = []
    for (day,), of_day in sorted(running.partition_by("day", as_dict=True).items()):
        tables = tables_at(whole, enrolments, of_day, int(day))
        told = told_facts(tables, int(day), params)
        parts.append(risk_features(tables, int(day), params).join(told, on=KEYS, how="left", maintain_order="left"))
    table = pl.concat(parts) if parts else _nobody()
    return table.with_columns(is_judged=pl.lit(value=True))


def by_own_clock(
    whole: CourseActivity, enrolments: pl.DataFrame, courses: pl.DataFrame, week: date, kinds: tuple[str, ...] | None
) -> pl.DataFrame:
    """Everybody still enrolled in a course without a first day who has no certificate of it.

    The model speaks from a week after their start to the last week that it learned from. Who has not started is counted
    from their registration, and left out where that has no day: nothing is known of them.
    """
    if courses.is_empty():
        return _nobody().with_columns(is_judged=pl.lit(value=True))
    as_of = (week - EPOCH).days
    tables = tables_at(whole, enrolments, courses.with_columns(starts_on=pl.lit(EPOCH)), as_of)
    certified = whole.ends.filter(pl.col("certified_day") < as_of)
    tables["enrolments"] = tables["enrolments"].join(certified, on=KEYS, how="anti")
    params = RiskParameters(kinds=common_kinds(tables["activity"]) if kinds is None else kinds)
    at = starts(tables).filter(pl.col("start") < as_of).with_columns(as_of=pl.lit(as_of))
    started = hazard_features(tables, at, params)
    since = (as_of - pl.col("registered_day")).cast(pl.Float64)
    told = told_facts(tables, as_of, params)
    waiting = (
        known(tables, as_of, params)["enrolments"]
        .unique(KEYS, keep="first", maintain_order=True)
        .filter(pl.col("withdrawn_day").is_null(), pl.col("registered_day").is_not_null())
        .join(at, on=KEYS, how="anti")
        .select(*KEYS, day=since)
    )
    return (
        pl.concat([started, waiting], how="diagonal")
        .join(told, on=KEYS, how="left", maintain_order="left")
        .with_columns(is_judged=pl.col("clicks_log").is_not_null() & pl.col("day").is_between(WEEK, WEEK * LAST_WEEK))
    )


def estimates(artefact: bytes, features: pl.DataFrame) -> list[Said]:
    """Risk and effects of each row."""
    model = from_bytes(artefact)
    rows = model.rows(features)
    parts, _ = model.contributions(rows)
    return list(zip(model.risk(rows).tolist(), theme_effects(model.features, parts), strict=True))


def hazard_estimates(artefact: bytes, features: pl.DataFrame) -> list[Said]:
    """Chance to leave within the horizon, and effects, of each row."""
    model = from_bytes(artefact)
    parts = leaving_contributions(model, features)
    return list(zip(leaving_chance(model, features).tolist(), theme_effects(model.features, parts), strict=True))


BY_DATES = Variant(
    dropout_risk.MODEL,
    "model",
    by_dates,
    estimates,
    lambda courses, chances, model: focus_levels(courses, chances, float(model.notes["share_not_completed"])),
)
BY_OWN_CLOCK = Variant(
    dropout_hazard.MODEL,
    "hazard",
    by_own_clock,
    hazard_estimates,
    lambda _, chances, model: [hazard_level(one, float(model.notes["usual"])) for one in chances.tolist()],
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a model says of one row: chance and effects, the word, and which model of which version it was."""

    said: Said
    word: str
    variant: Variant
    version: int


def judged(features: pl.DataFrame, artefact: bytes, variant: Variant, model: RiskModel, version: int) -> list[Judged]:
    """What a model says of each row; it is asked in a process of its own."""
    said = run_apart(variant.estimates, artefact, features)
    words = variant.levels(features["course_id"].to_list(), np.array([chance for chance, _ in said]), model)
    return [Judged(one, word, variant, version) for one, word in zip(said, words, strict=True)]


def score(row: Mapping[str, Any], by: Judged | None, last: RiskScore | None, week: date, now: datetime) -> RiskScore:
    """The estimate as it is kept.

    Args:
        row: of the variant's features.
        by: what the model says of it; None: the rule stands.
        last: the estimate of the week before; compared only where the same version gave both.
        week, now: the first day that is not known, and when this was computed.
    """
    risk, version, basis = None, None, "rule"
    effects: dict[str, float] = {}
    facts = as_told(row)
    if by is None:
        word, found = rule_level(facts)
    else:
        (risk, effects), version, basis = by.said, by.version, by.variant.basis
        word, found = not_below_rule(by.word, reasons(effects, facts), effects, facts)
    same = last is not None and (last.basis, last.model_version) == (basis, version) and last.risk is not None
    moved: Sequence[tuple[str, float]] = changed(effects, last.effects if same and last is not None else None)
    return RiskScore(
        learner_key=row["learner_key"],
        course_id=row["course_id"],
        as_of=week,
        computed_at=now,
        course_day=int(row["day"]),
        basis=basis,
        model_version=version,
        risk=risk,
        level=word,
        reasons=[asdict(one) for one in found],
        effects=effects,
        previous_risk=last.risk if same and last is not None else None,
        changed=[{"theme": theme, "by": by} for theme, by in moved],
    )


def _nobody() -> pl.DataFrame:
    return pl.DataFrame(schema={"learner_key": pl.String, "course_id": pl.String, "day": pl.Float64})
