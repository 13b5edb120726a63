"""Parameters of the generative model: every number in it, with unit and meaning (docs/demo.md has the equations)."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from akademos.demo.product_parameters import Product


def _parameter(default: Any, unit: str, meaning: str) -> Any:
    return field(default=default, metadata={"unit": unit, "meaning": meaning})


@dataclass(frozen=True, slots=True)
class Population:
    """Who the learners are."""

    career_changers: float = _parameter(0.25, "share", "learners who study beside a job and start at any time")
    second_course: float = _parameter(0.35, "share", "learners who take a second course")
    without_consent: float = _parameter(0.08, "share", "learners who refused or never decided, half of them each")
    without_target: float = _parameter(0.12, "share", "learners without a target exam")
    ability_mean: float = _parameter(-0.6, "logit", "mean of ability before the course")
    ability_sd: float = _parameter(0.7, "logit", "spread of ability between learners")
    aptitude_sd: float = _parameter(0.5, "logit", "spread of a learner's aptitude between topics")
    late_start_weeks: float = _parameter(11.0, "weeks", "career changers start within the first so many weeks")
    register_days: float = _parameter(10.0, "days", "students start within the first so many days")


@dataclass(frozen=True, slots=True)
class Items:
    """What is asked."""

    per_topic: int = _parameter(24, "items", "items per taught topic")
    second_topic: float = _parameter(0.15, "share", "items that also need a prerequisite of their topic")
    difficulty_sd: float = _parameter(0.8, "logit", "spread of difficulty within a topic")
    discrimination_sd: float = _parameter(0.2, "log", "spread of the logarithm of discrimination, median 1")
    guess: float = _parameter(0.15, "probability", "of a right answer without knowing it")
    slip: float = _parameter(0.03, "probability", "of a wrong answer though knowing it")


@dataclass(frozen=True, slots=True)
class Learning:
    """How understanding of a topic grows and fades: two stores, one fast and one slow."""

    cap: float = _parameter(2.6, "logit", "most that a topic can be learned beyond ability and aptitude")
    answer_gain: float = _parameter(0.09, "logit", "median gain of one answer with feedback, nothing learned yet")
    answer_gain_sd: float = _parameter(0.3, "log", "spread of the gain between learners")
    material_gain: float = _parameter(0.22, "logit", "gain of a material worked through, half of it if left early")
    prerequisite_slope: float = _parameter(1.5, "1/logit", "how sharply missing prerequisites slow learning")
    prerequisite_floor: float = _parameter(0.25, "share", "of the gain that remains without any prerequisite")
    fast_half_life: float = _parameter(9.0, "days", "median half-life of what the fast store holds")
    fast_half_life_sd: float = _parameter(0.35, "log", "spread of the half-life between learners")
    slow_half_life: float = _parameter(150.0, "days", "half-life of what the slow store holds")
    slow_share_massed: float = _parameter(0.2, "share", "of a gain that goes to the slow store without a gap")
    slow_share_spaced: float = _parameter(0.7, "share", "of a gain that goes to the slow store after a long gap")
    spacing_days: float = _parameter(4.0, "days", "gap after which 63% of the way from massed to spaced is gone")


@dataclass(frozen=True, slots=True)
class Memory:
    """How the memory of one item grows and fades: traces with power-law decay (Pavlik and Anderson 2005)."""

    weight: float = _parameter(1.1, "logit", "of the memory of an item in the answer")
    decay_intercept: float = _parameter(0.17, "exponent", "decay of a trace made when nothing is remembered")
    decay_scale: float = _parameter(0.06, "exponent", "additional decay per e^activation at the time of practice")
    decay_most: float = _parameter(0.9, "exponent", "highest decay of a trace")
    lag_least: float = _parameter(1 / 1440, "days", "shortest age of a trace")
    traces: int = _parameter(10, "traces", "newest traces of an item that are kept")


@dataclass(frozen=True, slots=True)
class Habits:
    """When, how often and how long people study."""

    day_offset: float = _parameter(-0.4, "logit", "of studying on a day, for a learner of average engagement")
    day_slope: float = _parameter(0.7, "logit", "of studying on a day, per standard deviation of engagement")
    weekday_sd: float = _parameter(0.35, "log", "spread of a learner's personal weekly rhythm")
    weekend_student: float = _parameter(0.65, "factor", "of the weekend for students")
    weekend_career: float = _parameter(1.35, "factor", "of the weekend for career changers")
    break_week: int = _parameter(9, "week", "reading week of the term")
    break_factor: float = _parameter(0.35, "factor", "of studying on a day of the reading week")
    answers_student: float = _parameter(9.0, "answers", "median answers of a student on a study day")
    answers_career: float = _parameter(8.0, "answers", "median answers of a career changer on a study day")
    answers_sd: float = _parameter(0.35, "log", "spread of answers between learners, and again between days")
    answers_most: int = _parameter(60, "answers", "most on one day")
    materials: float = _parameter(0.8, "materials", "mean per study day")
    completes: float = _parameter(0.75, "probability", "of working a material through once opened")
    completes_long: float = _parameter(0.3, "probability", "of working a video with a long introduction through")
    current_days: float = _parameter(7.0, "days", "time constant at which interest in an opened topic wanes")
    review_share: float = _parameter(0.5, "weight", "of an older topic for a learner who always reviews")
    seen_days: float = _parameter(5.0, "days", "time constant after which a seen item is worth another look")
    neglected: float = _parameter(0.18, "share", "of learners' topics that they never return to")
    neglected_after: float = _parameter(18.0, "days", "after its opening from which a neglected topic is dropped")
    retries: float = _parameter(0.4, "probability", "of trying a wrong answer again at the end of the session")
    cram_days: float = _parameter(14.0, "days", "before a test in which learners cram")
    cram_volume: float = _parameter(1.6, "factor", "of additional answers for a learner who crams fully")
    midterm_week: float = _parameter(8.0, "weeks", "after the start of the term")
    exam_in_days: int = _parameter(12, "days", "from now to the exam")
    hazard: float = _parameter(0.0085, "1/week", "of dropping out, at average engagement and ability")
    hazard_engagement: float = _parameter(0.8, "log", "less hazard per standard deviation of engagement")
    hazard_ability: float = _parameter(0.5, "log", "less hazard per logit of ability above the mean")
    withdraws: float = _parameter(0.65, "probability", "that who drops out also withdraws, three days later")


@dataclass(frozen=True, slots=True)
class Answering:
    """What else an answer shows."""

    hint_effect: float = _parameter(0.7, "logit", "of taking a hint")
    fatigue: float = _parameter(0.3, "logit/h", "lost per hour of a session beyond its first half hour")
    rhythm: float = _parameter(0.15, "logit", "between the best and the worst time of day, half of it each way")
    gives_confidence: float = _parameter(0.75, "share", "learners who state their confidence, nine times of ten")
    confidence_slope: float = _parameter(0.8, "factor", "of the true logit in the stated confidence")
    confidence_bias: float = _parameter(0.2, "logit", "mean overconfidence between learners")
    confidence_bias_sd: float = _parameter(0.5, "logit", "spread of overconfidence between learners")
    confidence_noise: float = _parameter(0.8, "logit", "spread of confidence between answers")
    seconds: float = _parameter(28.0, "s", "median time to answer at even odds")
    seconds_sd: float = _parameter(0.25, "log", "spread of time between learners, and between items")
    seconds_noise: float = _parameter(0.3, "log", "spread of time between answers")
    seconds_slope: float = _parameter(0.18, "log/logit", "quicker per logit of knowing")


@dataclass(frozen=True, slots=True)
class Signs:
    """Breaks, and the signs of study that nothing is learned from."""

    breaks: float = _parameter(0.025, "probability", "of a break before the next answer")
    break_least: float = _parameter(6.0, "minutes", "shortest break")
    break_most: float = _parameter(16.0, "minutes", "longest break")
    presses_pause: float = _parameter(0.5, "probability", "that the pause button is pressed; else the pause is found")
    heartbeat_days: float = _parameter(21.0, "days", "before now from which sessions send heartbeats")
    switches: float = _parameter(0.05, "switches", "median changes of window in 30 seconds")
    switches_sd: float = _parameter(0.6, "log", "spread of changes of window between learners")
    second_device: float = _parameter(0.06, "probability", "that a session goes on on a telephone beside")
    takes_notes: float = _parameter(0.35, "share", "learners who take notes; in this model notes have no effect")
    note: float = _parameter(0.6, "probability", "of a note to a material, of learners who take notes")


@dataclass(frozen=True, slots=True)
class Parameters:
    """All of them."""

    population: Population = Population()
    items: Items = Items()
    learning: Learning = Learning()
    memory: Memory = Memory()
    habits: Habits = Habits()
    answering: Answering = Answering()
    signs: Signs = Signs()
    product: Product = field(default_factory=Product)


DEFAULT = Parameters()


def describe(parameters: Parameters = DEFAULT) -> list[tuple[str, Any, str, str]]:
    """(dotted name, value, unit, meaning) of every parameter, for docs/demo.md."""
    return [
        (f"{group.name}.{one.name}", getattr(member, one.name), one.metadata["unit"], one.metadata["meaning"])
        for group in fields(parameters)
        for member in [getattr(parameters, group.name)]
        for one in fields(member)
    ]
