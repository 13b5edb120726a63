"""Item analysis: which questions are too hard or too easy, tell nothing, have a wrong key or change over time.

Question: can the answers to this item be trusted to say who knows, and if not, why?

From first attempts only (`item_answers`), at least `answers_min`; items below that are listed with what is missing.
Grain: one item version of a course.

* difficulty: mean score, so that high is easy; Wilson interval.
* item-rest correlation: Pearson's, of the score with the learner's standing on the other items of the course; interval
  by the Poisson bootstrap over learners.
* distractors: share of learners who chose an option, the mean score and the mean rest standing of those who did, and
  the option's correlation with the rest. Where the key goes with knowing less (its interval below 0) and a wrong
  option with knowing more, the key is suspect.
* guessing floor: one over the number of options ever chosen, for items of one choice; beside it the mean score of the
  quarter of lowest rest standing, and the share of answers faster than the item's own guessing time.
* differential functioning by group, and drift between the earlier and the later half of the time, by Mantel-Haenszel
  (`differential_functioning`), strata of equal standing.
* parameters of the two-parameter logistic model, from 200 learners of a course on (`two_parameter_logistic`).

Caveats: standing comes from the same course, so an item that differs in kind from the others correlates less without
being worse. Learners choose what they practise; who meets an item late knows more of the course.

Sources: Lord and Novick (1968), Statistical theories of mental test scores; Haladyna and Downing (1993),
doi:10.1177/0013164493053004013.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from math import isnan
from typing import Any

import numpy as np
import polars as pl

from akademos.analytics.differential_functioning import Functioning, mantel_haenszel
from akademos.analytics.item_answers import ITEM, FirstAttempts, first_attempts, strata_of
from akademos.analytics.parameters import DEFAULT, Parameters
from akademos.analytics.proportions import wilson, z_of
from akademos.analytics.rest_correlation import correlation, interval_of_correlation
from akademos.analytics.two_parameter_logistic import LEARNERS_MIN, fit_two_parameter_logistic
from akademos.errors import InputError

REASONS = (
    "key_suspect",
    "discriminates_wrongly",
    "at_guessing_floor",
    "functions_differently",
    "drifts",
    "discriminates_little",
    "too_easy",
    "distractor_idle",
)
"""Why an item is to be revised, the most serious first."""


def _table(**columns: Any) -> pl.Schema:
    return pl.Schema({**dict.fromkeys(ITEM, pl.String), **columns})


_NUMBER = pl.Float64
TABLES: Mapping[str, pl.Schema] = {
    # one item; everything but the counts is null where `status` is too_few
    "items": _table(
        status=pl.String,  # ok | too_few
        retired=pl.Boolean,
        answers=pl.Int64,
        missing=pl.Int64,
        difficulty=_NUMBER,
        difficulty_low=_NUMBER,
        difficulty_high=_NUMBER,
        rest_learners=pl.Int64,
        rest_correlation=_NUMBER,
        rest_low=_NUMBER,
        rest_high=_NUMBER,
        guessing_floor=_NUMBER,
        weak_score=_NUMBER,
        rapid_share=_NUMBER,
        median_seconds=_NUMBER,
        discrimination=_NUMBER,
        discrimination_se=_NUMBER,
        location=_NUMBER,
        location_se=_NUMBER,
        reasons=pl.List(pl.String),
    ),
    # one option of a closed item
    "options": _table(
        option=pl.String,
        chosen=pl.Int64,
        share=_NUMBER,
        mean_score=_NUMBER,
        rest_mean=_NUMBER,
        rest_correlation=_NUMBER,
        key=pl.Boolean,
        idle=pl.Boolean,
    ),
    # one item and group or, under attribute "period", later against earlier half
    "functioning": _table(
        attribute=pl.String,
        focal_value=pl.String,
        reference_value=pl.String,
        reference=pl.Int64,
        focal=pl.Int64,
        delta=_NUMBER,
        standard_error=_NUMBER,
        ets_class=pl.String,
    ),
}
PERIOD = "period"


def item_analysis(
    answers: pl.DataFrame,
    as_of: datetime,
    *,
    groups: pl.DataFrame | None = None,
    retired: Collection[str] = (),
    params: Parameters = DEFAULT,
) -> dict[str, pl.DataFrame]:
    """The tables of `TABLES`, in order of item.

    Args:
        answers: `item_answers.ANSWERS`.
        as_of: answers after it do not exist.
        retired: question_ids that are no longer asked: analysed like any, but not to be revised.
        groups: learner_key, attribute, value; the largest value of an attribute is its reference group.
        params: parameters.

    Raises:
        InputError: a table is malformed (`table_malformed`).
    """
    attempts = first_attempts(answers, as_of, params)
    memberships = _memberships(attempts, groups)
    irt = _parameters_of(attempts, params)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    for number, names in enumerate(attempts.items.iter_rows(named=True)):
        if attempts.counts[number] < params.items.answers_min:
            missing = params.items.answers_min - int(attempts.counts[number])
            found["items"].append(
                {
                    **names,
                    "status": "too_few",
                    "retired": names["question_id"] in retired,
                    "answers": int(attempts.counts[number]),
                    "missing": missing,
                    "reasons": [],
                }
            )
            continue
        item = _Item(attempts, number, params)
        options = list(item.options())
        functioning = [row for row in (item.drift(), *item.groups(memberships)) if row]
        row = {**item.row(), **irt.get(number, {})}
        row["retired"] = names["question_id"] in retired
        row["reasons"] = [] if row["retired"] else item_reasons(row, options, functioning, params)
        for name, rows in (("items", [row]), ("options", options), ("functioning", functioning)):
            found[name] += [names | one for one in rows]
    return {
        name: pl.DataFrame({column: [row.get(column) for row in found[name]] for column in schema}, schema=schema)
        for name, schema in TABLES.items()
    }


class _Item:
    """One item with enough first attempts."""

    def __init__(self, attempts: FirstAttempts, number: int, params: Parameters) -> None:
        part = attempts.rows_of(number)
        self._rows = attempts.rows[part]
        self._score = self._rows["score"].to_numpy()
        self._right = self._score >= params.mastery.correct_from
        self._rest, self._standing = attempts.rest[part], attempts.standing[part]
        self._learner = self._rows["learner"].to_numpy()
        self._name = "|".join(attempts.items.row(number))
        self._params, self._limits = params, params.items

    def row(self) -> dict[str, Any]:
        """Its row of `items` but parameters and reasons."""
        limits, people = self._limits, len(self._score)
        mean = float(self._score.mean())
        low, high = wilson(mean, people, z_of(limits.interval))
        known = ~np.isnan(self._rest)
        score, rest = self._score[known], self._rest[known]
        enough = len(score) >= limits.answers_min
        value = correlation(score, rest) if enough else None
        bounds = interval_of_correlation(score, rest, self._name, limits) if value is not None else (None, None)
        timed = self._rows.filter(pl.col("duration_seconds").is_not_null())
        limited = timed.filter(pl.col("guess_seconds").is_not_null())
        return {
            "status": "ok",
            "answers": people,
            "missing": 0,
            "difficulty": mean,
            "difficulty_low": low,
            "difficulty_high": high,
            "rest_learners": len(score),
            "rest_correlation": value,
            "rest_low": bounds[0],
            "rest_high": bounds[1],
            "guessing_floor": self._floor(),
            "weak_score": float(score[rest <= np.quantile(rest, limits.weak_share)].mean()) if enough else None,
            "rapid_share": (limited["duration_seconds"] < limited["guess_seconds"]).mean() if limited.height else None,
            "median_seconds": timed["duration_seconds"].median() if timed.height else None,
        }

    def _floor(self) -> float | None:
        """One over the options, where every answer is one choice."""
        chosen = self._rows["chosen_options"].drop_nulls()
        if len(chosen) < self._limits.answers_min or (chosen.list.len() != 1).any():
            return None
        options = chosen.list.first().n_unique()
        return 1 / options if options > 1 else None

    def options(self) -> Iterator[dict[str, Any]]:
        """Its rows of `options`; none where too few sent what was chosen. The key is the option whose choosers score
        highest, if they score at all."""
        told = self._rows.select("chosen_options").with_row_index("row").drop_nulls()
        people = told.height
        if people < self._limits.answers_min:
            return
        place = told["row"].to_numpy()
        each = told.explode("chosen_options").drop_nulls().unique().sort("chosen_options")
        by_option = each.group_by("chosen_options", maintain_order=True).agg("row")
        scores = [float(self._score[rows.to_numpy()].mean()) for rows in by_option["row"]]
        best = max(scores, default=0.0)
        for (option, rows), score in zip(by_option.iter_rows(), scores, strict=True):
            chose = np.isin(place, rows)
            rest = self._rest[place]
            known = ~np.isnan(rest)
            enough = int(known.sum()) >= self._limits.answers_min
            mean = float(rest[known & chose].mean()) if (known & chose).any() else None
            yield {
                "option": option,
                "chosen": len(rows),
                "share": len(rows) / people,
                "mean_score": score,
                "rest_mean": mean,
                "rest_correlation": correlation(chose[known].astype(np.float64), rest[known]) if enough else None,
                "key": score == best and best >= self._params.mastery.correct_from,
                "idle": len(rows) / people < self._limits.idle_below,
            }

    def drift(self) -> dict[str, Any] | None:
        """Its row of `functioning` for the later half of the time against the earlier."""
        at = self._rows["occurred_at"].dt.epoch("us").to_numpy()
        later = at > np.median(at)
        if min(int(later.sum()), int((~later).sum())) < self._limits.period_min:
            return None
        return self._compared(later, np.ones(len(later), dtype=bool), PERIOD, "later", "earlier")

    def groups(self, memberships: Mapping[str, list[str | None]]) -> Iterator[dict[str, Any] | None]:
        """Its rows of `functioning` by group."""
        for attribute, values in memberships.items():
            mine = np.array([values[learner] or "" for learner in self._learner])
            names, counts = np.unique(mine[mine != ""], return_counts=True)
            large = names[counts >= self._limits.group_min]
            if len(large) < 2:
                continue
            reference = str(names[counts.argmax()])
            for name in large:
                if name != reference:
                    yield self._compared(
                        mine == name, (mine == name) | (mine == reference), attribute, str(name), reference
                    )

    def _compared(self, focal: Any, members: Any, attribute: str, name: str, reference: str) -> dict[str, Any] | None:
        strata = strata_of(self._standing[members], self._limits.strata)
        found: Functioning | None = mantel_haenszel(self._right[members], focal[members], strata)
        if found is None:
            return None
        return {
            "attribute": attribute,
            "focal_value": name,
            "reference_value": reference,
            "reference": found.reference,
            "focal": found.focal,
            "delta": found.delta,
            "standard_error": found.standard_error,
            "ets_class": found.ets_class,
        }


def _memberships(attempts: FirstAttempts, groups: pl.DataFrame | None) -> dict[str, list[str | None]]:
    """Per attribute, the value of each learner by number."""
    if groups is None:
        return {}
    if not {"learner_key", "attribute", "value"} <= set(groups.columns):
        raise InputError(
            "Groups lack learner_key, attribute or value.", hint="Give these columns.", code="table_malformed"
        )
    learners = pl.DataFrame({"learner_key": attempts.learners}, schema={"learner_key": pl.String})
    return {
        str(attribute): learners.join(
            part.unique("learner_key", keep="first", maintain_order=True),
            on="learner_key",
            how="left",
            maintain_order="left",
        )["value"].to_list()
        for (attribute,), part in groups.sort("attribute", "learner_key", "value")
        .partition_by("attribute", as_dict=True, maintain_order=True)
        .items()
    }


def _parameters_of(attempts: FirstAttempts, params: Parameters) -> dict[int, dict[str, float]]:
    """Parameters of the items of each course with enough learners, by number of the item."""
    found: dict[int, dict[str, float]] = {}
    enough = np.flatnonzero(attempts.counts >= params.items.answers_min)
    for course in attempts.rows.filter(pl.col("item").is_in(enough)).partition_by("course_id", maintain_order=True):
        items, of_item = np.unique(course["item"].to_numpy(), return_inverse=True)
        learners, of_learner = np.unique(course["learner"].to_numpy(), return_inverse=True)
        if len(learners) < LEARNERS_MIN or len(items) < 2:
            continue
        correct = np.full((len(learners), len(items)), np.nan)
        correct[of_learner, of_item] = course["score"].to_numpy() >= params.mastery.correct_from
        varied = (np.nanmax(correct, axis=0) > np.nanmin(correct, axis=0)).nonzero()[0]
        if int((~np.isnan(correct[:, varied])).any(axis=1).sum()) < LEARNERS_MIN or len(varied) < 2:
            continue
        fitted = fit_two_parameter_logistic(correct[:, varied])
        for place, item in enumerate(items[varied]):
            found[int(item)] = _numbers(
                discrimination=fitted.discrimination[place],
                discrimination_se=fitted.discrimination_se[place],
                location=fitted.difficulty[place],
                location_se=fitted.difficulty_se[place],
            )
    return found


def _numbers(**values: float) -> dict[str, float]:
    return {name: float(value) for name, value in values.items() if not isnan(value)}


def item_reasons(
    item: Mapping[str, Any],
    options: Sequence[Mapping[str, Any]],
    functioning: Sequence[Mapping[str, Any]],
    params: Parameters = DEFAULT,
) -> list[str]:
    """Those of `REASONS` that rows of `items`, `options` and `functioning` about one item give."""
    limits = params.items
    better = any(not one["key"] and (one["rest_correlation"] or 0.0) > 0 for one in options)
    large = {one["attribute"] for one in functioning if one["ets_class"] == "C"}
    high, floor = item["rest_high"], item["guessing_floor"]
    wrongly = high is not None and high < 0
    said = {
        "key_suspect": wrongly and better,
        "discriminates_wrongly": wrongly and not better,
        "at_guessing_floor": floor is not None and item["difficulty_low"] <= floor,
        "functions_differently": bool(large - {PERIOD}),
        "drifts": PERIOD in large,
        "discriminates_little": high is not None and 0 <= high < limits.discriminates_from,
        "too_easy": item["difficulty_low"] >= limits.too_easy_from,
        "distractor_idle": any(one["idle"] and not one["key"] for one in options),
    }
    return [reason for reason in REASONS if said[reason]]


def masked(tables: Mapping[str, pl.DataFrame], secure: pl.Series) -> dict[str, pl.DataFrame]:
    """The tables as they may leave the house: what would give away a secure item is gone.

    Options of secure items are left out, keys and all; their ids are replaced by "secure 1", "secure 2", ... in the
    order of the table, the same in every table. Statistics stay.

    Args:
        tables: of `TABLES`.
        secure: question_ids of secure items.
    """
    ids = (
        tables["items"].filter(pl.col("question_id").is_in(secure.to_list()))["question_id"].unique(maintain_order=True)
    )
    names = {one: f"secure {place}" for place, one in enumerate(ids.to_list(), 1)}
    found = {name: table.with_columns(pl.col("question_id").replace(names)) for name, table in tables.items()}
    found["options"] = tables["options"].filter(~pl.col("question_id").is_in(secure.to_list()))
    return found
