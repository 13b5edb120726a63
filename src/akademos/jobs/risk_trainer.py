"""The trainer of `dropout_risk`: from courses that have ended, and what learners had done by some of their weeks.

An example is one learner and course at one week, with what came of it (`course_activity.outcomes`). Those still
enrolled then teach and are the headline of what it is judged on; who had withdrawn by then (`gone`) teaches how often
that is the end, and is judged with everybody. Cohorts are the days on which courses began. Which groups learners belong
to is known of who consents to research, teaches nothing, and is judged by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
import polars.selectors as cs
from scipy.special import expit

from akademos.analytics.dropout_risk import MODEL, from_bytes
from akademos.analytics.probability_scores import (
    CLIP,
    Floats,
    auc,
    average_precision,
    brier,
    calibration_slope,
    ece,
    interval,
)
from akademos.analytics.risk_features import risk_features
from akademos.analytics.risk_fitting import OUTCOME, Examples, examples, fit_risk
from akademos.analytics.risk_judgement import PARTS, baselines, everybody, fairness, figure
from akademos.analytics.risk_materials import common_kinds
from akademos.analytics.risk_rules import risk_rules
from akademos.analytics.risk_tables import KEYS, WEEK, RiskParameters
from akademos.jobs.course_activity import (
    COLUMNS,
    CourseActivity,
    course_activity,
    is_of_a_course,
    joined,
    outcomes,
    tables_at,
)
from akademos.jobs.trainers import TrainingSource

WEEKS = (2, 4, 6, 8, 12, 16, 20)
"""Of a course, as far as it is long enough: a model serves any week between the first and the last of them."""

OUTCOMES_LEAST = 200
"""Learners of courses that have ended, from which a model is fitted; below it a stated rule stands."""
EITHER_LEAST = 25
"""Examples of either outcome."""

_KINDS = "kinds"
_GROUP = "group: "
"""Beginning of the columns that say which group of an attribute a learner belongs to."""
_NOT_FEATURES = ("gone", "inactive", _KINDS)


class DropoutRiskTrainer:
    """See `jobs.trainers.Trainer`."""

    name = MODEL
    learners_least = OUTCOMES_LEAST
    use = (
        "Shows advisors who of their own learners may need help to complete a course, and why the model thinks so. "
        "Not for grading, admission, sanctions or ranking, and not for deciding anything about a person."
    )
    limits = (
        "It knows what learners do here and hand in here, nothing of their lives.",
        "It describes what went with not completing before; it does not say what would change it.",
        "Whether a course was completed is known from withdrawals and certificates only.",
        "A course of another kind than those it learned from is judged by their measure.",
    )
    loss = "mean log loss of each learner, over the weeks of their courses"

    def gather(self, source: TrainingSource, tenant_id: str, as_of: datetime) -> pl.DataFrame:
        """One row a learner, course and week; none where one outcome is too rare to learn from."""
        if source.risk is None:
            return nobody()
        courses = source.risk.courses(tenant_id).filter(pl.col("starts_on").is_not_null())
        whole = gathered(source, tenant_id, courses)
        if whole is None:
            return nobody()
        enrolments = source.risk.enrolments(tenant_id)
        ends = outcomes(whole, enrolments, courses, as_of.date())
        ended = courses.join(ends.select("course_id").unique(), on="course_id", how="semi")
        params = RiskParameters(kinds=common_kinds(whole.activity))
        length = (pl.col("ends_on") - pl.col("starts_on")).dt.total_days()
        rows = []
        for week in WEEKS:
            of_these = ended.filter(length > week * WEEK)
            if of_these.height:
                tables = tables_at(whole, enrolments, of_these, week * WEEK)
                registered = risk_rules(tables, week * WEEK, params).with_columns(day=pl.lit(float(week * WEEK)))
                features = risk_features(tables, week * WEEK, params).drop("day")
                rows.append(registered.join(features, on=KEYS, how="left", maintain_order="left").join(ends, on=KEYS))
        table = pl.concat(rows) if rows else nobody()
        if not table.height:
            return table
        there = still_there(table)
        if not EITHER_LEAST <= there[OUTCOME].sum() <= there.height - EITHER_LEAST:
            return table.clear()
        groups = source.risk.group_attributes(tenant_id)
        if groups.height:
            names = sorted(groups["attribute"].unique())
            wide = groups.pivot(on="attribute", index=KEYS, values="value", aggregate_function="first")
            named = wide.select(*KEYS, *(pl.col(name).alias(f"{_GROUP}{name}") for name in names))
            table = table.join(named, on=KEYS, how="left", maintain_order="left")
        return table.with_columns(pl.lit(" ".join(params.kinds)).alias(_KINDS))

    def fit(self, examples: pl.DataFrame, seed: int) -> bytes:
        """The model as bytes."""
        kinds = tuple(str(examples[_KINDS][0]).split())
        gone = examples.filter("gone").unique(KEYS, keep="last", maintain_order=True)[OUTCOME]
        withdrawn = (float(gone.sum()) + 1) / (len(gone) + 2)  # the extreme is left to nobody
        return fit_risk(_arrays(examples), kinds=kinds, withdrawn=withdrawn, seed=seed).to_bytes()

    def features(self, artefact: bytes) -> Sequence[str]:
        """What it predicts from."""
        return from_bytes(artefact).features

    def parameters(self, artefact: bytes) -> Mapping[str, Any]:
        """How it came about."""
        model = from_bytes(artefact)
        return {"kind": "logistic regression and boosted trees", "kinds_of_material": list(model.kinds), **model.notes}

    def losses(self, artefact: bytes | None, taught: pl.DataFrame, judged: pl.DataFrame) -> dict[str, float]:
        """Mean log loss of each learner; the baseline is the rule of a week without activity, as often right as it was
        among the learners of `taught`."""
        there = still_there(judged)
        chance = inactive_rule(still_there(taught), there) if artefact is None else _risk(artefact, there)
        return mean_losses(there, chance)

    def metrics(
        self, artefact: bytes, judged: pl.DataFrame, floor: int, seed: int
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """AUROC, AUPRC, Brier and calibration of who was still enrolled, the same of everybody who had registered
        (`all_enrolled`), the parts of the model and rules beside both (`baselines`), and by course and group: recall of
        the list that advisors have time for, and ABROCA against the largest group (`fairness`)."""
        there = still_there(judged)
        if there.is_empty():
            return {"learners": 0, "examples": 0}, {}
        model = from_bytes(artefact)
        rows = model.rows(there)
        said = model.risk(rows)
        metrics, groups = judged_metrics(there, said, floor, seed)
        active = ~judged["gone"].to_numpy()
        outcome = judged[OUTCOME].to_numpy()
        whole, _ = judged_metrics(judged, everybody(active, said, model.withdrawn), floor, seed)
        parts = (expit(model.logistic_log_odds(rows)), expit(model.boosted_log_odds(rows)))
        metrics["all_enrolled"] = {**whole, "gone": judged.filter("gone")["learner_key"].n_unique()}
        metrics["baselines"] = baselines(
            outcome, active, judged["inactive"].to_numpy(), dict(zip(PARTS, parts, strict=True))
        )
        of_groups, by_group = _by_group(there, said)
        return {**metrics, "fairness": of_groups}, {**groups, **by_group}


def judged_metrics(judged: pl.DataFrame, said: Floats, floor: int, seed: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """AUROC, AUPRC, Brier and calibration of what was said, with intervals; and by course of `floor` learners or more.

    Args:
        judged: KEYS and `outcome`.
        said: the chance, of each row.
        floor, seed: see `jobs.trainers.Trainer.metrics`.
    """
    outcome = judged[OUTCOME].to_numpy()
    learner = judged["learner_key"].rank("dense").to_numpy().astype(np.int64) - 1
    metrics: dict[str, Any] = {"learners": judged["learner_key"].n_unique(), "examples": judged.height}
    for name, score in (("auroc", auc), ("auprc", average_precision), ("brier", brier), ("ece", ece)):
        low, high = interval(score, outcome, said, learner, seed=seed)
        metrics[name] = {"value": score(outcome, said), "low": low, "high": high}
    metrics["slope"] = {"value": calibration_slope(outcome, said)}
    groups = {}
    for course, rows in judged.with_columns(said=said).partition_by("course_id", as_dict=True).items():
        if rows["learner_key"].n_unique() >= floor:
            its = rows[OUTCOME].to_numpy()
            groups[str(course[0])] = {
                "learners": rows["learner_key"].n_unique(),
                "auroc": round(auc(its, rows["said"].to_numpy()), 4),
                "predicted": round(float(rows["said"].to_numpy().mean()), 4),
                "not_completed": round(float(its.mean()), 4),
            }
    return metrics, groups


def mean_losses(judged: pl.DataFrame, said: Floats) -> dict[str, float]:
    """Mean log loss of each learner, in nats."""
    p, outcome = np.clip(said, CLIP, 1 - CLIP), judged[OUTCOME].to_numpy()
    loss = -(outcome * np.log(p) + (1 - outcome) * np.log1p(-p))
    by_learner = judged.select("learner_key").with_columns(loss=loss).group_by("learner_key").agg(pl.col("loss").mean())
    return dict(by_learner.sort("learner_key").iter_rows())


def gathered(source: TrainingSource, tenant_id: str, courses: pl.DataFrame) -> CourseActivity | None:
    """What the learners who consent did in these courses; None where there is nobody or no course.

    Args:
        source, tenant_id: whose.
        courses: course_id, starts_on, from which days are counted.
    """
    if courses.is_empty():
        return None
    kinds_of = (
        source.records.curriculum(tenant_id).tables["materials"].select("material_id", "kind").unique("material_id")
    )
    names = sorted(event.name for event in source.registries(tenant_id).events if is_of_a_course(event.name))
    buckets = source.buckets.read(tenant_id, names, COLUMNS)
    parts = [course_activity(bucket.events, courses, kinds_of) for bucket in buckets]
    return joined(parts) if parts else None


def still_there(table: pl.DataFrame) -> pl.DataFrame:
    """The examples of who was still enrolled."""
    return table.filter(~pl.col("gone"))


def _by_group(there: pl.DataFrame, said: Floats) -> tuple[dict[str, Any], dict[str, Any]]:
    """What of fairness is a number of the whole, and lines of groups as `judged_metrics` gives them by course."""
    names = [name for name in there.columns if name.startswith(_GROUP)]
    outcome = there[OUTCOME].to_numpy()
    found = fairness(there, outcome, said, names)
    lines = {}
    for name, one in found["groups"].items():
        for group, learners in one["learners"].items():
            its = there[name].fill_null("not stated").to_numpy() == group
            lines[f"{name.removeprefix(_GROUP)}: {group}"] = {
                "learners": learners,
                "auroc": figure(auc(outcome[its], said[its])),
                "predicted": figure(float(said[its].mean())),
                "not_completed": figure(float(outcome[its].mean())),
                "recall": one["recall"][group],
                "abroca": one["abroca"].get(group),
            }
    whole = {
        "attributes": [name.removeprefix(_GROUP) for name in names],
        **{
            key: {name.removeprefix(_GROUP): value for name, value in found[key].items()}
            for key in ("abroca", "recall_gap")
        },
        "list": found["list"],
    }
    return whole, lines


def nobody() -> pl.DataFrame:
    """No examples."""
    return pl.DataFrame(schema={"learner_key": pl.String})


def _arrays(table: pl.DataFrame) -> Examples:
    return examples(still_there(table).drop(*_NOT_FEATURES, cs.starts_with(_GROUP)))


def _risk(artefact: bytes, judged: pl.DataFrame) -> Floats:
    model = from_bytes(artefact)
    return model.risk(model.rows(judged))


def inactive_rule(taught: pl.DataFrame, judged: pl.DataFrame) -> Floats:
    """Chance by the rule: how often it came true of those with, and of those without, a week of inactivity."""
    idle = pl.col("inactive_days") >= WEEK
    chances: Floats = np.empty(judged.height)
    followed = judged.select(idle).to_series().to_numpy()
    for one in (False, True):
        those = taught.filter(idle == one)[OUTCOME].to_numpy()
        chances[followed == one] = (those.sum() + 1) / (len(those) + 2)
    return chances
