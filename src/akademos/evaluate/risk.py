"""`evaluate risk`: who will not complete a course, from the first weeks, by the model that the platform trains.

Trained on presentations 2013B and 2013J, judged on 2014B. Grain: one learner and course when day 7 x week of the course
begins, weeks 2, 4, 6 and 8. Outcome: final result Withdrawn or Fail; Withdrawn alone stands beside it. Headline
population (`active`): still registered then; `all`: everybody who had registered by then, where those who have
withdrawn get their own chance. Nothing later than the cut-off is seen: a submission counts on its day, its mark 14 days
later, and places among the others rest on the same. No demographic attribute is used; `with_demographics` says what
they would add. `new_learners` leaves out whoever was in training. docs/evaluation/risk.md says the same at length.
"""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.special import expit

from akademos.analytics.dropout_risk import RiskModel
from akademos.analytics.probability_scores import (
    Score,
    auc,
    average_precision,
    brier,
    calibration_slope,
    ece,
    interval,
)
from akademos.analytics.risk_features import risk_features, told_facts
from akademos.analytics.risk_fitting import COHORT, LIKE, OUTCOME, examples, fit_risk
from akademos.analytics.risk_judgement import PARTS, baselines, everybody, fairness, figure, ranking
from akademos.analytics.risk_levels import LEVELS, focus_levels, higher
from akademos.analytics.risk_materials import common_kinds
from akademos.analytics.risk_reasons import as_told, rule_level
from akademos.analytics.risk_rules import risk_rules
from akademos.analytics.risk_tables import KEYS, WEEK, RiskParameters
from akademos.catalogue.risk_datasets import FOCUS_SHARE
from akademos.evaluate.oulad_files import Presentation, read_presentation
from akademos.sources.oulad import DEMOGRAPHICS

Floats = npt.NDArray[np.float64]

TRAINING, TEST = ("2013B", "2013J"), "2014B"
WEEKS = (2, 4, 6, 8)
SEED = 14
GROUPS = ("gender", "disability", "age_band", "imd_band")
CAPACITY = FOCUS_SHARE
"""Share of a course's learners that an advisor has time for: recall by group is that of this list."""

BACKGROUND = tuple(name for name in DEMOGRAPHICS if name != "num_of_prev_attempts")
"""Who somebody is. How often the course was taken before is no background: it is a fact of registration (`resits`)."""

NOT_COMPLETED = ("Withdrawn", "Fail")


@dataclass(frozen=True, slots=True)
class Judged:
    """Learners and courses of one week, in one order.

    Attributes:
        table: KEYS, `result`, demographics, `gone` and `inactive`.
        outcome, withdrawn: 1 for Withdrawn or Fail; 1 for Withdrawn.
        active: still registered.
    """

    table: pl.DataFrame
    outcome: Floats
    withdrawn: Floats
    active: npt.NDArray[np.bool_]


def run(folder: Path) -> dict[str, Any]:
    """The figures as the JSON object of the last line.

    Raises:
        InputError: the folder does not hold the dataset.
    """
    began = time.perf_counter()
    training = [read_presentation(folder, code) for code in TRAINING]
    kinds = common_kinds(pl.concat([one.tables["activity"] for one in training]))
    params = RiskParameters(kinds=kinds)
    taught = pl.concat(_examples(one, number, params) for number, one in enumerate(training))
    gone = pl.concat(_gone(one, params) for one in training)
    known_people = taught.select("learner_key").unique()
    test = read_presentation(folder, TEST)
    del training
    seconds: dict[str, float] = {}
    models = {
        name: _fitted(name, taught.with_columns(outcome.alias(OUTCOME)), extra, kinds, gone, seconds)
        for name, outcome, extra in (
            ("headline", _not_completed(), ()),
            ("withdrawn", (pl.col("result") == "Withdrawn").cast(pl.Float64), ()),
            ("with_demographics", _not_completed(), BACKGROUND),
        )
    }
    weeks = {str(week): _week(test, week, models, params, known_people) for week in WEEKS}
    return {
        "weeks": weeks,
        "fit_s": seconds["headline"],
        "train": {
            "presentations": list(TRAINING),
            "examples": taught.height,
            "features": len(models["headline"].features),
            "kinds": list(kinds),
            **models["headline"].notes,
        },
        "test": {"presentation": TEST, "enrolments": test.outcomes.height},
        "capacity": CAPACITY,
        "total_s": round(time.perf_counter() - began, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _not_completed() -> pl.Expr:
    return pl.col("result").is_in(NOT_COMPLETED).cast(pl.Float64)


def _examples(presentation: Presentation, number: int, params: RiskParameters) -> pl.DataFrame:
    """Everybody still registered, at every week, with what came of it."""
    features = pl.concat(risk_features(presentation.tables, WEEK * week, params) for week in WEEKS)
    return features.join(presentation.outcomes, on=KEYS).with_columns(
        pl.lit(number).alias(COHORT), pl.lit(presentation.code[-1] == TEST[-1]).alias(LIKE)
    )


def _gone(presentation: Presentation, params: RiskParameters) -> pl.DataFrame:
    """Those who had withdrawn by the last week, with what came of it."""
    rules = risk_rules(presentation.tables, WEEK * WEEKS[-1], params).filter("gone")
    return rules.join(presentation.outcomes, on=KEYS).select(*KEYS, "result")


def _fitted(
    name: str,
    taught: pl.DataFrame,
    extra: tuple[str, ...],
    kinds: tuple[str, ...],
    gone: pl.DataFrame,
    seconds: dict[str, float],
) -> RiskModel:
    """A model with all features, and the demographics that are named, as numbers."""
    began = time.perf_counter()
    hits = gone.select(
        (pl.col("result") == "Withdrawn" if name == "withdrawn" else pl.col("result").is_in(NOT_COMPLETED)).sum()
    ).item()
    prepared = taught.with_columns(_encoded(taught, extra)).drop("result", *_not_used(taught, extra))
    # The extreme is left to nobody: of n who had withdrawn, (hits + 1) / (n + 2).
    model = fit_risk(examples(prepared), kinds=kinds, withdrawn=(hits + 1) / (gone.height + 2), seed=SEED)
    seconds[name] = round(time.perf_counter() - began, 1)
    return model


_ORDERED = {
    "highest_education": (
        "No Formal quals", "Lower Than A Level", "A Level or Equivalent", "HE Qualification",
        "Post Graduate Qualification",
    ),
    "age_band": ("0-35", "35-55", "55<="),
}  # fmt: skip


def _encoded(table: pl.DataFrame, columns: tuple[str, ...]) -> list[pl.Expr]:
    """Demographics as numbers: in their natural order, by their first number, or yes and no; region as unknown."""
    found = []
    for name in columns:
        text = pl.col(name)
        if name in _ORDERED:
            found.append(text.replace_strict(dict(zip(_ORDERED[name], range(9), strict=False)), default=None))
        elif name in ("gender", "disability"):
            found.append(text.is_in(["M", "Y"]).cast(pl.Float64))
        else:
            found.append(text.str.extract(r"^(\d+(?:\.\d+)?)", 1))
    return [one.cast(pl.Float64).alias(name) for one, name in zip(found, columns, strict=True) if name in table.columns]


def _not_used(table: pl.DataFrame, extra: tuple[str, ...]) -> list[str]:
    return [name for name in DEMOGRAPHICS if name in table.columns and name not in extra]


def _week(
    test: Presentation, week: int, models: dict[str, RiskModel], params: RiskParameters, taught: pl.DataFrame
) -> dict[str, Any]:
    """Every figure of one week."""
    features = risk_features(test.tables, WEEK * week, params)
    table = (
        risk_rules(test.tables, WEEK * week, params)
        .join(test.outcomes, on=KEYS, maintain_order="left")
        .join(taught.with_columns(taught=pl.lit(value=True)), on="learner_key", how="left", maintain_order="left")
        .with_columns(pl.col("taught").fill_null(value=False))
    )
    judged = Judged(
        table=table,
        outcome=table.select(_not_completed()).to_series().to_numpy(),
        withdrawn=(table["result"] == "Withdrawn").cast(pl.Float64).to_numpy(),
        active=~table["gone"].to_numpy(),
    )
    # Both are sorted by KEYS, so the rows of the active ones are those of the features.
    demographics = features.join(test.outcomes.select(*KEYS, *DEMOGRAPHICS), on=KEYS, maintain_order="left")
    demographics = demographics.with_columns(_encoded(demographics, DEMOGRAPHICS))
    rows = models["headline"].rows(features)
    active = {
        "headline": models["headline"].risk(rows),
        "withdrawn": models["withdrawn"].risk(models["withdrawn"].rows(features)),
        "with_demographics": models["with_demographics"].risk(models["with_demographics"].rows(demographics)),
        "logistic": expit(models["headline"].logistic_log_odds(rows)),
        "lightgbm": expit(models["headline"].boosted_log_odds(rows)),
    }
    told = told_facts(test.tables, WEEK * week, params)
    facts = features.select(*KEYS, "inactive_days", "missed").join(told, on=KEYS, how="left", maintain_order="left")
    return {
        "learners": int(judged.active.sum()),
        **_rows(judged, active, models),
        "levels": _levels(judged, active["headline"], facts, float(models["headline"].notes["share_not_completed"])),
    }


def _levels(judged: Judged, predicted: Floats, facts: pl.DataFrame, usual: float) -> dict[str, Any]:
    """Of the words that the platform gives, `high` alone and with `raised`: how many bear them, how often that came
    true, and how many of those who withdrew or failed, and who withdrew, were among them. Beside them the rule."""
    courses = facts["course_id"].to_list()
    by_rule = [rule_level(as_told(row))[0] for row in facts.drop(KEYS).iter_rows(named=True)]
    by_model = focus_levels(courses, predicted, usual)
    both = [higher(one, other) for one, other in zip(by_model, by_rule, strict=True)]
    outcome, withdrawn = judged.outcome[judged.active], judged.withdrawn[judged.active]
    found: dict[str, Any] = {}
    for name, words in (("said", both), ("by_model", by_model), ("by_rule", by_rule)):
        found[name] = {}
        for least in LEVELS[1:]:
            listed = np.array([higher(one, least) == one for one in words])
            found[name][least] = {
                "share": figure(float(listed.mean())),
                "precision": figure(float(outcome[listed].mean()) if listed.any() else float("nan")),
                "recall": figure(float(listed[outcome == 1].mean())),
                "recall_withdrawn": figure(float(listed[withdrawn == 1].mean()) if withdrawn.any() else float("nan")),
            }
    return found


def _rows(judged: Judged, said: dict[str, Floats], models: dict[str, RiskModel]) -> dict[str, Any]:
    here, outcome, withdrawn = judged.active, judged.outcome, judged.withdrawn
    learner = judged.table["learner_key"].rank("dense").to_numpy().astype(np.int64) - 1
    new = ~judged.table["taught"].to_numpy()[here]
    all_chances = everybody(here, said["headline"], models["headline"].withdrawn)
    all_withdrawn = everybody(here, said["withdrawn"], models["withdrawn"].withdrawn)
    return {
        "active": {
            **_scores(outcome[here], said["headline"]),
            "intervals": _intervals(outcome[here], said["headline"], learner[here]),
            **fairness(
                judged.table.filter(~pl.col("gone")),
                outcome[here],
                said["headline"],
                [name for name in GROUPS if name in judged.table.columns],
            ),
        },
        "all": {
            "learners": len(here),
            "gone": int((~here).sum()),
            **_scores(outcome, all_chances),
            "intervals": _intervals(outcome, all_chances, learner),
        },
        "withdrawn": {
            "active": _scores(withdrawn[here], said["withdrawn"]),
            "all": _scores(withdrawn, all_withdrawn),
        },
        "new_learners": {"learners": int(new.sum()), **_scores(outcome[here][new], said["headline"][new])},
        "with_demographics": {
            **_scores(outcome[here], said["with_demographics"]),
            "auroc_gain": figure(auc(outcome[here], said["with_demographics"]) - auc(outcome[here], said["headline"])),
        },
        "baselines": baselines(
            outcome, here, judged.table["inactive"].to_numpy(), {name: said[name] for name in PARTS}
        ),
    }


def _scores(outcome: Floats, predicted: Floats) -> dict[str, Any]:
    return {
        **ranking(outcome, predicted),
        "brier": figure(brier(outcome, predicted)),
        "ece": figure(ece(outcome, predicted)),
        "slope": figure(calibration_slope(outcome, predicted)),
        "share": figure(float(outcome.mean())),
        "predicted": figure(float(predicted.mean())),
    }


def _intervals(outcome: Floats, predicted: Floats, learner: npt.NDArray[np.int64]) -> dict[str, list[Any]]:
    """95%, over learners drawn with replacement."""
    scores: dict[str, Score] = {"auroc": auc, "auprc": average_precision, "brier": brier, "ece": ece}
    return {
        name: [figure(edge) for edge in interval(score, outcome, predicted, learner, seed=SEED)]
        for name, score in scores.items()
    }
