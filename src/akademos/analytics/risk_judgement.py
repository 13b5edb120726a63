"""How good estimates of risk are, judged the same in the evaluation on OULAD and on the card of a trained model.

Grain of every argument: one learner and course at one cut-off a row, in the same order. Two populations: `active`, who
was still registered then, which is the headline; and `all`, everybody who had registered by then, where who had
withdrawn already gets a chance of their own. Beside both stand what each part of the model says alone, and rules.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.fairness import LEAST, group_scores
from akademos.analytics.probability_scores import auc, average_precision
from akademos.catalogue.risk_datasets import FOCUS_SHARE

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
PARTS = ("logistic", "lightgbm")


def figure(value: float) -> float | None:
    """Rounded; null where there is none (one class only)."""
    return None if np.isnan(value) else round(float(value), 4)


def ranking(outcome: Floats, predicted: Floats) -> dict[str, Any]:
    """AUROC and AUPRC."""
    return {"auroc": figure(auc(outcome, predicted)), "auprc": figure(average_precision(outcome, predicted))}


def everybody(active: Flags, said: Floats, gone: float) -> Floats:
    """What is said of the active ones, and `gone` of the others."""
    chance = np.full(len(active), gone)
    chance[active] = said
    return chance


def baselines(outcome: Floats, active: Flags, inactive: Flags, parts: Mapping[str, Floats]) -> dict[str, Any]:
    """Ranking of each part of the model, of the rule *no activity for 7 days*, and of *already gone* (all only).

    Args:
        outcome: 0 or 1.
        active: still registered.
        inactive: has done nothing in the last days, as `risk_rules` says.
        parts: name -> what a part of the model says of the active ones.
    """
    rules = {name: everybody(active, said, 1.0) for name, said in parts.items()}
    rules["inactive_7d"] = inactive.astype(np.float64)
    rules["already_gone"] = (~active).astype(np.float64)
    return {
        name: {
            "active": None if name == "already_gone" else ranking(outcome[active], values[active]),
            "all": ranking(outcome, values),
        }
        for name, values in rules.items()
    }


def on_the_list(table: pl.DataFrame, predicted: Floats, share: float = FOCUS_SHARE) -> Flags:
    """Who is among the first `share` of their course, rounded up as in `risk_levels.focus_levels`.

    Args:
        table: course_id, and `day` where there are several.
        predicted: of the same rows.
        share: of a course for whom there is time.
    """
    within = ["course_id", *(name for name in ("day",) if name in table.columns)]
    best = pl.col("risk").rank("ordinal", descending=True).over(within) <= (share * pl.len().over(within)).ceil()
    return table.with_columns(risk=pl.Series(predicted)).select(best).to_series().to_numpy()


def fairness(table: pl.DataFrame, outcome: Floats, predicted: Floats, attributes: Sequence[str]) -> dict[str, Any]:
    """ABROCA and recall by group, on the list that an advisor has time for in each course.

    Args:
        table: of the active ones: learner_key, course_id, perhaps `day`, and the attributes, null if not stated.
        outcome, predicted: of the same rows.
        attributes: columns that say which group somebody belongs to.

    Returns:
        `abroca` and `recall_gap` by attribute, the `list`, and `groups`: attribute -> reference, abroca, recall,
        learners. Groups with fewer than `fairness.LEAST` learners of either outcome are left out, and attributes with
        fewer than two groups.
    """
    listed = on_the_list(table, predicted)
    found, learners = {}, {}
    for name in attributes:
        groups = table[name].fill_null("not stated")
        people = table.select("learner_key", group=groups, outcome=pl.Series(outcome)).unique()
        sizes = people.group_by("group", "outcome").agg(pl.col("learner_key").n_unique())
        enough = sizes.filter(pl.col("learner_key") >= LEAST).group_by("group").len().filter(pl.col("len") == 2)
        kept = groups.is_in(enough["group"].to_list()).to_numpy()
        scores = group_scores(outcome[kept], predicted[kept], listed[kept], groups.filter(kept).to_list())
        if scores is not None:
            found[name] = scores
            counts = people.group_by("group").agg(pl.col("learner_key").n_unique())
            learners[name] = dict(counts.filter(pl.col("group").is_in(list(scores.recall))).sort("group").iter_rows())
    return {
        "abroca": {name: figure(one.abroca_most) for name, one in found.items()},
        "recall_gap": {name: figure(one.recall_gap) for name, one in found.items()},
        "list": {
            "learners": int(listed.sum()),
            "precision": figure(float(outcome[listed].mean()) if listed.any() else float("nan")),
            "recall": figure(float(listed[outcome == 1].mean()) if (outcome == 1).any() else float("nan")),
        },
        "groups": {
            name: {
                "reference": one.reference,
                "abroca": {group: figure(value) for group, value in one.abroca.items()},
                "recall": {group: figure(value) for group, value in one.recall.items()},
                "learners": learners[name],
            }
            for name, one in found.items()
        },
    }
