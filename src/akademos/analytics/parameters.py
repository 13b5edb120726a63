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
_SPEC_3 = "specification, study efficiency"
_SPEC_4 = "specification, knowledge gaps"
_SPEC_6 = "specification, learning patterns"
_SPEC_CONTENT = "specification, content effectiveness"
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
    recall_error: float = _parameter(
        0.5, "logit of recall, standard deviation", f"{_OWN}: what the model misses of a learner, `bench recovery`"
    )
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
    drift_prior: float = _parameter(0.005, "share a week, standard deviation", f"{_OWN}: `akademos bench recovery`")
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
    guess: float = _parameter(0.25, "P(correct) without knowing", "where `bayesian_knowledge_tracing` starts")
    calendar_days: int = _parameter(30, "days ahead", _SPEC_2)
    curve_days: int = _parameter(28, "days back", f"{_OWN}: what fits one chart")


@dataclass(frozen=True, slots=True)
class FitParameters:
    """FSRS-6 weights fitted to reviews."""

    own_reviews: int = _parameter(400, "scored reviews", _SPEC_2)
    own_reviews_min: int = _parameter(50, "scored reviews", f"{_OWN}: below that the tenant's weights as they are")
    refit_growth: float = _parameter(1.1, "scored reviews, times those of the last fit", f"{_OWN}: when to fit anew")
    pull: float = _parameter(1.0, "penalty per squared spread", "fsrs-optimizer 6.5, gamma")
    tolerance: float = _parameter(1e-5, "relative gain of a step", f"{_OWN}: below it nothing shown changes")
    steps_most: int = _parameter(30, "steps", _OWN)


@dataclass(frozen=True, slots=True)
class PlanParameters:
    """The exam-day planner."""

    answers_min: int = _parameter(20, "answers", f"{_OWN}: below that nothing is planned")
    answer_seconds: float = _parameter(30.0, "seconds", f"{_OWN}: where neither own nor the cohort's times are known")
    first_prior_answers: float = _parameter(10.0, "answers, half of them right", f"{_OWN}: weight against own ones")


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
class StudyParameters:
    """Active time, sessions, efficiency and patterns."""

    heartbeat_seconds: float = _parameter(30.0, "s", _SPEC_3)
    idle_minutes: float = _parameter(5.0, "minutes", _SPEC_3)
    idle_minutes_short: float = _parameter(2.0, "minutes", f"{_OWN}: beside the rule, to show what hangs on it")
    idle_minutes_long: float = _parameter(10.0, "minutes", f"{_OWN}: beside the rule, to show what hangs on it")
    session_minutes: float = _parameter(30.0, "minutes", _SPEC_3)
    answer_minutes_most: float = _parameter(30.0, "minutes", f"{_OWN}: no answer counts longer than a session's pause")
    material_minutes_most: float = _parameter(240.0, "minutes", f"{_OWN}: the longest lecture")
    switch_seconds: float = _parameter(30.0, "s per change to another window", _SPEC_3)
    window_days: int = _parameter(84, "days back", f"{_OWN}: twelve weeks; the asker may choose another window")
    sessions_min: int = _parameter(5, "sessions", f"{_OWN}: below that no habit is described")
    days_min: int = _parameter(6, "days of study", f"{_OWN}: below that no rhythm is described")
    trend_weeks_min: int = _parameter(6, "weeks with study", f"{_OWN}: a slope over less is no trend")
    trend_alpha: float = _parameter(0.05, "probability", _SPEC_3)
    hour_answers_min: int = _parameter(100, "answers", f"{_OWN}: as for an insight")
    block_hours: int = _parameter(2, "hours", f"{_OWN}: a suggested time is a block of so many hours")
    suggested_days_most: int = _parameter(5, "days a week", f"{_OWN}: two days of rest stay free")
    rest_days_long: int = _parameter(3, "days", f"{_OWN}: from here on a pause between study days counts as long")


@dataclass(frozen=True, slots=True)
class InsightParameters:
    """When a statement about study habits is made."""

    days: int = _parameter(182, "days back", f"{_OWN}: half a year, whatever window is asked for")
    answers_min: int = _parameter(100, "answers on each side", f"{_OWN}: below that the hypothesis is not tested")
    clusters_min: int = _parameter(15, "days (learners) on each side", f"{_OWN}: `akademos evaluate insights`")
    false_discovery_rate: float = _parameter(0.05, "share", f"{_OWN}: judged by `akademos evaluate insights`")
    guard_alpha: float = _parameter(0.01, "probability", f"{_OWN}: the jackknife over clusters must agree")
    effect_min: float = _parameter(0.10, "standard deviations", f"{_OWN}: smaller effects change no plan")
    interval: float = _parameter(0.95, "coverage", f"{_OWN}")
    replicates: int = _parameter(512, "bootstrap replicates", f"{_OWN}: a multiple of 16")
    late_minutes: float = _parameter(30.0, "minutes into a session", _SPEC_6)
    long_minutes: float = _parameter(60.0, "minutes without a break", _SPEC_6)
    short_session_minutes: float = _parameter(20.0, "minutes", _SPEC_6)
    about_45: tuple[float, float] = _parameter((30.0, 60.0), "minutes", f"{_SPEC_3}: sessions of about 45 minutes")
    after_break_minutes: float = _parameter(15.0, "minutes after a break", _SPEC_6)
    material_days: int = _parameter(30, "days", f"{_OWN}: how long a note or a material counts for its topic")
    switches_per_hour: float = _parameter(6.0, "changes of window per hour", f"{_OWN}: one in ten minutes")


@dataclass(frozen=True, slots=True)
class ComparisonParameters:
    """Comparison with peers: bands, when a topic is hard or easy, weeks to mastery, study habits."""

    topics_min: int = _parameter(
        3, "topics with an estimate", f"{_OWN}: of one topic alone the band would be that topic's level"
    )
    edges: tuple[float, ...] = _parameter(
        (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9), "lower ends of bands of mastery", f"{_OWN}: narrow ones are merged"
    )
    hard_below: float = _parameter(0.60, "first-attempt accuracy", f"{_OWN}: four of ten items wrong at first")
    easy_from: float = _parameter(0.85, "first-attempt accuracy", _OWN)
    weak_point_from: float = _parameter(0.40, "share of peers who find a topic hard", _OWN)
    middle: float = _parameter(0.80, "share of peers in the middle", "specification, standing")
    weeks: tuple[int, ...] = _parameter(
        (1, 2, 3, 4, 6, 8, 12, 16, 26), "upper ends of bands of weeks to mastery", f"{_OWN}: as long as weekly points"
    )
    interval: float = _parameter(0.80, "coverage", f"{_OWN}: as of mastery")
    top_share: float = _parameter(1 / 3, "share of peers above the edge between top and rest", _OWN)
    top_share_least: float = _parameter(0.15, "share of peers above that edge, at least", _OWN)
    top_share_most: float = _parameter(0.55, "share of peers above that edge, at most", _OWN)
    difference_alpha: float = _parameter(0.05, "probability over all habits together", "specification, honesty")
    habit_days: int = _parameter(56, "days back", f"{_OWN}: eight weeks")
    habit_study_days_min: int = _parameter(5, "study days in them", f"{_OWN}: fewer show no habit")
    regular_days: int = _parameter(16, "study days in eight weeks", f"{_OWN}: two a week")
    long_pause_days: int = _parameter(8, "days between two study days", f"{_OWN}: more than a week")
    portion_answers: int = _parameter(30, "answers on a median study day, at most", _OWN)
    weekend_share: float = _parameter(0.25, "share of study days at weekends", f"{_OWN}: of seven days two are 0.29")


@dataclass(frozen=True, slots=True)
class ItemAnalysisParameters:
    """Item analysis: from how much data, and when an item is named as one to revise."""

    answers_min: int = _parameter(50, "first attempts", _SPEC_CONTENT)
    interval: float = _parameter(0.95, "coverage", _OWN)
    replicates: int = _parameter(256, "bootstrap replicates", f"{_OWN}: a multiple of 16")
    rest_items_min: int = _parameter(5, "other items of a learner", f"{_OWN}: below that the rest says too little")
    strata: int = _parameter(5, "strata of equal standing", "Zwick 2012: few and full ones")
    group_min: int = _parameter(100, "answers of the smaller group", f"{_OWN}: below that no difference is named")
    period_min: int = _parameter(100, "answers of each half of the time", f"{_OWN}: below that no drift is named")
    weak_share: float = _parameter(0.25, "share of the learners, those of lowest standing", _OWN)
    idle_below: float = _parameter(0.05, "share of answers", "Haladyna and Downing 1993: a distractor nobody takes")
    too_easy_from: float = _parameter(0.95, "lower bound of the mean score", _OWN)
    discriminates_from: float = _parameter(0.20, "item-rest correlation", "Ebel 1965: below it an item is revised")


@dataclass(frozen=True, slots=True)
class ContentParameters:
    """Content effectiveness: from how much data, and when a content is named as one to revise."""

    learners_min: int = _parameter(20, "learners who opened it", f"{_OWN}: below that nothing is said")
    compared_min: int = _parameter(30, "learners on each side", f"{_OWN}: below that no gain is estimated")
    complete_days: int = _parameter(14, "days after the opening", f"{_OWN}: those of the KPI content_completion")
    gain_days: int = _parameter(60, "days after the opening", f"{_OWN}: later answers have other causes")
    interval: float = _parameter(0.95, "coverage", _OWN)
    like_min: int = _parameter(5, "contents of a kind", f"{_OWN}: percentiles among fewer mean little")
    leave_share: float = _parameter(0.20, "share who leave within `leave_seconds`", _OWN)
    leave_seconds: int = _parameter(10, "seconds of a video", _OWN)
    unused_below: float = _parameter(0.10, "upper bound of the reach", _OWN)
    weak_below: float = _parameter(0.20, "percentile of effectiveness", _OWN)


@dataclass(frozen=True, slots=True)
class RecommendationParameters:
    """How long decisions about a recommendation hold, when inactivity calls for an advisor, when an outcome counts, and
    who is similar."""

    dismissed_days: int = _parameter(
        14, "days", f"{_OWN}: a no is respected for two weeks; later the gap may matter more than it did"
    )
    completed_days: int = _parameter(
        7, "days", f"{_OWN}: what came of it shows in answers within a week; a material that was completed stays out"
    )
    inactive_days: int = _parameter(14, "days", f"{_OWN}: twice the rule of risk; a week off is common")
    gone_days: int = _parameter(60, "days", f"{_OWN}: longer is a break between terms, or somebody who has left")
    decided_days: int = _parameter(14, "days after it was first seen", f"{_OWN}: as long as a dismissal holds")
    outcome_days: int = _parameter(28, "days after it was first seen", f"{_OWN}: four weekly points of a topic")
    similar_answers: int = _parameter(3, "answers before, and as many after", f"{_OWN}: of fewer a share says little")
    low_below: float = _parameter(0.5, "share of a full score", f"{_OWN}: more misses than hits")


@dataclass(frozen=True, slots=True)
class ReadinessParameters:
    """Readiness for the target exam."""

    ready_from: float = _parameter(0.80, "share of the exam", f"{_OWN}: the level from which a topic is mastered")


@dataclass(frozen=True, slots=True)
class Parameters:
    """All parameters of the learner analytics; `version` names the set in the provenance."""

    version: str = "default/2"
    definition: str = "mastery/2"
    mastery: MasteryParameters = MasteryParameters()
    trend: TrendParameters = TrendParameters()
    forgetting: ForgettingParameters = ForgettingParameters()
    fit: FitParameters = FitParameters()
    plan: PlanParameters = PlanParameters()
    gaps: GapParameters = GapParameters()
    cohort: CohortParameters = CohortParameters()
    rhythm: RhythmParameters = RhythmParameters()
    study: StudyParameters = StudyParameters()
    insights: InsightParameters = InsightParameters()
    comparison: ComparisonParameters = ComparisonParameters()
    readiness: ReadinessParameters = ReadinessParameters()
    items: ItemAnalysisParameters = ItemAnalysisParameters()
    content: ContentParameters = ContentParameters()
    recommendations: RecommendationParameters = RecommendationParameters()

    def __post_init__(self) -> None:
        if self.mastery.replicates % 16 or self.mastery.replicates < 16:
            raise InputError("replicates is not a positive multiple of 16.", hint="Use 128.")
        if self.insights.replicates % 16 or self.insights.replicates < 16:
            raise InputError("replicates is not a positive multiple of 16.", hint="Use 512.")
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
