"""Parameters of the learner analytics: every number that a definition uses, with its unit and where it is from.

The parameters of one answer are one frozen `Parameters`; its `version` stands in the provenance of the answer.
`describe` lists them for the reference pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from akademos.errors import InputError

_SPEC_1 = "specification, mastery progression"
_SPEC_2 = "specification, retrieval strength"
_SPEC_4 = "specification, knowledge gaps"
_OWN = "own choice"

# Default weights w0..w20 of FSRS-6, as shipped with package `fsrs` 6.3.2.
FSRS_6_DEFAULT = (
    0.212, 1.2931, 2.3065, 8.2956, 6.4133, 0.8334, 3.0194, 0.001, 1.8722, 0.1666, 0.796,
    1.4835, 0.0614, 0.2629, 1.6483, 0.6014, 1.8729, 0.5425, 0.0912, 0.0658, 0.1542,
)  # fmt: skip


def _parameter(default: Any, unit: str, origin: str) -> Any:
    return field(default=default, metadata={"unit": unit, "origin": origin})


@dataclass(frozen=True, slots=True)
class MasteryParameters:
    """The composite, its interval and its levels."""

    first_attempt_weight: float = _parameter(0.30, "share", _SPEC_1)
    overall_weight: float = _parameter(0.20, "share", _SPEC_1)
    retrieval_weight: float = _parameter(0.30, "share", _SPEC_1)
    material_weight: float = _parameter(0.20, "share", _SPEC_1)
    answers_min: int = _parameter(5, "answers", _SPEC_1)
    mastered_from: float = _parameter(0.80, "share", _SPEC_1)
    weak_below: float = _parameter(0.50, "share", _SPEC_1)
    correct_from: float = _parameter(0.5, "score", f"{_OWN}: at least half right counts as recalled")
    opened_share: float = _parameter(
        0.5, "share of a material", f"{_OWN}: opened, completion unrecorded; several sources report visits only"
    )
    interval: float = _parameter(0.80, "coverage", _SPEC_1)
    replicates: int = _parameter(128, "bootstrap replicates", f"{_OWN}: a multiple of 16")
    history_weeks: int = _parameter(26, "weeks", "half a year of weekly points")
    newly_mastered_days: int = _parameter(30, "days", _OWN)


@dataclass(frozen=True, slots=True)
class TrendParameters:
    """The slope of difficulty-adjusted scores and the projection to mastery."""

    window_days: int = _parameter(30, "days", _SPEC_1)
    alpha: float = _parameter(0.05, "probability", _SPEC_1)
    answers_min: int = _parameter(10, "answers", _OWN)
    active_days_min: int = _parameter(3, "days", f"{_OWN}: a slope within one sitting is no trend")
    equivalence_margin: float = _parameter(0.10, "share per 30 days", f"{_OWN}: what a learner would not notice")
    projection_weeks: int = _parameter(8, "weeks", f"{_OWN}: recent pace")
    projection_weeks_min: int = _parameter(4, "weekly changes", _OWN)
    drift_prior: float = _parameter(0.02, "share a week, standard deviation", f"{_OWN}: `akademos bench recovery`")
    spread_prior: float = _parameter(0.02, "share a week, standard deviation", f"{_OWN}: `akademos bench recovery`")
    spread_prior_weeks: float = _parameter(8.0, "weekly changes that the prior is worth", _OWN)
    projection_horizon_days: int = _parameter(365, "days", f"{_OWN}: no date is named beyond a year")


@dataclass(frozen=True, slots=True)
class ForgettingParameters:
    """Memory of cards, grades, when a topic is due."""

    fsrs: tuple[float, ...] = _parameter(FSRS_6_DEFAULT, "FSRS-6 weights w0..w20", "package fsrs 6.3.2")
    target_retention: float = _parameter(0.9, "probability of recall", _SPEC_2)
    maximum_interval_days: int = _parameter(36500, "days", "package fsrs 6.3.2")
    due_horizon_days: int = _parameter(3650, "days", f"{_OWN}: a topic that holds ten years has no due date")
    slow_percentile: float = _parameter(0.90, "own percentile of time to answer", _SPEC_2)
    fast_percentile: float = _parameter(0.25, "own percentile of time to answer", _SPEC_2)
    percentile_answers_min: int = _parameter(20, "earlier correct answers", _SPEC_2)
    confidence_low: float = _parameter(0.4, "confidence, below", _SPEC_2)
    confidence_high: float = _parameter(0.8, "confidence, from", _SPEC_2)
    calendar_days: int = _parameter(30, "days ahead", _SPEC_2)
    curve_days: int = _parameter(28, "days back", f"{_OWN}: what fits one chart")


@dataclass(frozen=True, slots=True)
class GapParameters:
    """Knowledge gaps: priority, severity, time to close."""

    gap_weight: float = _parameter(3.0, "priority per gap", _SPEC_4)
    exam_factor: float = _parameter(2.0, "priority per point of exam weight", _SPEC_4)
    prerequisite_weight: float = _parameter(1.0, "priority per impact", _SPEC_4)
    failure_weight: float = _parameter(1.5, "priority per failure rate", _SPEC_4)
    exam_weight_default: float = _parameter(5.0, "points 0..10", _SPEC_4)
    recent_answers: int = _parameter(20, "answers", _SPEC_4)
    recent_days: int = _parameter(30, "days", _SPEC_4)
    critical_gap: float = _parameter(0.6, "gap", _SPEC_4)
    critical_priority: float = _parameter(10.0, "priority", _SPEC_4)
    high_gap: float = _parameter(0.4, "gap", _SPEC_4)
    high_priority: float = _parameter(7.0, "priority", _SPEC_4)
    medium_gap: float = _parameter(0.3, "gap", _SPEC_4)
    medium_priority: float = _parameter(7.0, "priority", _SPEC_4)
    own_times_min: int = _parameter(5, "timed answers or materials", f"{_OWN}: below that the cohort's median")


@dataclass(frozen=True, slots=True)
class CohortParameters:
    """Tables learned from the cohort."""

    difficulty_prior_answers: float = _parameter(10.0, "answers", f"{_OWN}: weight of the mean of all items")


@dataclass(frozen=True, slots=True)
class RhythmParameters:
    """Days of study."""

    daily_days: int = _parameter(182, "days back", "half a year of daily counts")


@dataclass(frozen=True, slots=True)
class ReadinessParameters:
    """Readiness for the target exam."""

    ready_from: float = _parameter(0.80, "share of the exam", f"{_OWN}: the level from which a topic is mastered")


@dataclass(frozen=True, slots=True)
class Parameters:
    """All parameters of the learner analytics; `version` names the set in the provenance."""

    version: str = "default/1"
    definition: str = "mastery/1"
    mastery: MasteryParameters = MasteryParameters()
    trend: TrendParameters = TrendParameters()
    forgetting: ForgettingParameters = ForgettingParameters()
    gaps: GapParameters = GapParameters()
    cohort: CohortParameters = CohortParameters()
    rhythm: RhythmParameters = RhythmParameters()
    readiness: ReadinessParameters = ReadinessParameters()

    def __post_init__(self) -> None:
        if self.mastery.replicates % 16 or self.mastery.replicates < 16:
            raise InputError("replicates is not a positive multiple of 16.", hint="Use 128.")
        if len(self.forgetting.fsrs) != 21:
            raise InputError("FSRS-6 has 21 weights.", hint="Give w0..w20.")


DEFAULT = Parameters()


def describe(parameters: Parameters = DEFAULT) -> Iterator[tuple[str, Any, str, str]]:
    """(name, value, unit, origin) of every parameter, names dotted as in `mastery.answers_min`."""
    for group in fields(parameters):
        member = getattr(parameters, group.name)
        if is_dataclass(member):
            for item in fields(member):
                yield (
                    f"{group.name}.{item.name}",
                    getattr(member, item.name),
                    item.metadata["unit"],
                    item.metadata["origin"],
                )
