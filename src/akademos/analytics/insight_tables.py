"""One report of insights for every learner of a state: the evidence of the days before an instant, and its verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from akademos.analytics.evaluated_tables import Columns
from akademos.analytics.hypotheses import HYPOTHESES
from akademos.analytics.insights import Evidence, Report, report
from akademos.analytics.parameters import InsightParameters
from akademos.analytics.resampling import name_hash, seeds
from akademos.analytics.rounds import Index
from akademos.analytics.state_arrays import StateArrays
from akademos.analytics.study_efficiency import columns_of

Floats = npt.NDArray[np.float64]
_SUBJECT = "insights"


def reports(arrays: StateArrays, params: InsightParameters) -> list[Report]:
    """The report of each learner, over the days of the window up to today."""
    days, contrasts = _Days(arrays), _Contrasts(arrays)
    keys = name_hash(arrays.keys)
    return [
        report(
            _evidence(days, contrasts, n, int(arrays.today[n]) - params.days + 1),
            seeds(keys[n : n + 1], name_hash([_SUBJECT]), arrays.today[n : n + 1]),
            params,
        )
        for n in range(len(arrays.keys))
    ]


def insights_table(arrays: StateArrays, found: Sequence[Report], params: InsightParameters) -> Columns:
    """Table `insights`; accuracies are the learner's mean score over the window plus the mean residual of the side."""
    days, score = arrays.learner_of("study_hours"), arrays.floats("study_hours", "score")
    date, answers = arrays.integers("study_hours", "date"), arrays.integers("study_hours", "answers")
    rows: list[dict[str, Any]] = []
    for n, one in enumerate(found):
        own = (days == n) & (date > arrays.today[n] - params.days)
        given = int(answers[own].sum())
        mean = float(score[own].sum()) / given if given else float("nan")
        tested = int(one.tested.sum())
        for place, (hypothesis, status) in enumerate(zip(HYPOTHESES, one.status(), strict=True)):
            rows.append(
                {
                    "learner_key": arrays.keys[n],
                    "hypothesis": hypothesis.key,
                    "status": status,
                    "answers": int(one.answers[place]),
                    "others": int(one.others[place]),
                    "days": int(one.clusters[place]),
                    "days_others": int(one.clusters_others[place]),
                    "accuracy": _share(mean + float(one.mean[place])),
                    "accuracy_others": _share(mean + float(one.mean_others[place])),
                    "difference": _known(float(one.difference[place])),
                    "low": _known(float(one.low[place])),
                    "high": _known(float(one.high[place])),
                    "effect": _known(float(one.effect[place])),
                    "p_value": _known(float(one.p_value[place])),
                    "adjusted_p_value": _known(float(one.adjusted[place])),
                    "tested": tested,
                }
            )
    return columns_of("insights", rows)


def better_parts_of_day(found: Report, parts: Sequence[str]) -> list[str]:
    """Parts of the day that a made insight speaks for."""
    places = {hypothesis.key: place for place, hypothesis in enumerate(HYPOTHESES)}
    return [part for part in parts if found.made[places[part]] and found.difference[places[part]] > 0]


class _Days:
    """Table `outcomes` as arrays."""

    def __init__(self, arrays: StateArrays) -> None:
        self.edges = np.searchsorted(arrays.learner_of("outcomes"), np.arange(len(arrays.keys) + 1))
        self.date = arrays.integers("outcomes", "date")
        self.answers = arrays.integers("outcomes", "answers")
        self.residual, self.squares = arrays.floats("outcomes", "residual"), arrays.floats("outcomes", "squares")


class _Contrasts:
    """Table `contrasts` as arrays."""

    def __init__(self, arrays: StateArrays) -> None:
        self.edges = np.searchsorted(arrays.learner_of("contrasts"), np.arange(len(arrays.keys) + 1))
        self.hypothesis = arrays.integers("contrasts", "hypothesis")
        self.date = arrays.integers("contrasts", "date")
        self.answers, self.others = (arrays.integers("contrasts", name) for name in ("answers", "others"))
        self.residual, self.residual_others = (
            arrays.floats("contrasts", name) for name in ("residual", "residual_others")
        )


def _evidence(days: _Days, contrasts: _Contrasts, learner: int, first_day: int) -> Evidence:
    begin, end = days.edges[learner : learner + 2]
    begin += np.searchsorted(days.date[begin:end], first_day)
    date = days.date[begin:end]
    rows = np.arange(*contrasts.edges[learner : learner + 2])
    rows = rows[contrasts.date[rows] >= first_day]
    at = contrasts.hypothesis[rows], np.searchsorted(date, contrasts.date[rows])

    def table(values: npt.NDArray[Any], dtype: type) -> npt.NDArray[Any]:
        found: npt.NDArray[Any] = np.zeros((len(HYPOTHESES), len(date)), dtype=dtype)
        found[at] = values[rows]
        return found

    answers: Index = table(contrasts.answers, np.int64)
    others: Index = table(contrasts.others, np.int64)
    return Evidence(
        answers,
        others,
        table(contrasts.residual, np.float64),
        table(contrasts.residual_others, np.float64),
        days.answers[begin:end],
        days.residual[begin:end],
        days.squares[begin:end],
    )


def _share(value: float) -> float | None:
    return None if np.isnan(value) else float(np.clip(value, 0.0, 1.0))


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value
