"""Comparison of a learner with peers of a course.

Question: how does what I have mastered compare with others, which topics do many find hard, how long does mastery take,
and what do those who have mastered most do differently?

Two halves. `comparison_rows` says what one learner adds, from the learner's own evaluated tables alone, the same for
one learner and for all: standing in each course, first-attempt accuracy and weeks to mastery of each topic, habits.
The other functions read what was *published* of many such rows under disclosure control (`privacy.disclosure_tables`):
where the middle of the peers lies, in which band a value falls, how long half of them needed, which habits differ.

Definitions:

* standing: mean mastery over the topics of the course with an estimate, at least `topics_min`; its bounds are the
  means of the topics' bounds, as wide as if all errors went together.
* hard, easy: first-attempt accuracy on the topic below `hard_below`, from `easy_from` on; of at least `answers_min`
  answers.
* weeks to mastery: from the first answer on the topic to the first week end with mastery of 0.8 or more; who is not
  there yet is censored. Everybody is counted as far as bands of weeks are over for them (`as_far_as_closed`), so those
  who were quick do not enter before those who were slow. Counted are topics begun within the weeks that the weekly
  points reach back.
  Their median is that of Kaplan and Meier (1958), its interval that of Brookmeyer and Crowley (1982) on the log-log
  scale.
* habits: yes or no over eight weeks of study days. What goes into mastery itself (coming back to items, material
  completion) is no habit here: it would go with mastery by definition.

Caveats: peers are those who chose to compare themselves, not the course. A habit that goes with mastery need not cause
it. Nothing here is a rank.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise
from math import ceil, fsum
from statistics import NormalDist, median
from typing import Any

import polars as pl

from akademos.analytics.parameters import DEFAULT, ComparisonParameters, Parameters
from akademos.analytics.proportions import newcombe
from akademos.analytics.schemas import OVERALL
from akademos.analytics.survival import interval
from akademos.catalogue.policies import LIMITS

Tables = Mapping[str, pl.DataFrame]

PARTS = ("mastery", "rhythm")
"""Parts of `learner_state.evaluate` that `comparison_rows` reads."""

HABITS = ("regular_days", "no_long_pause", "small_portions", "weekends")
"""Fixed, so that as many differences are tested in every course."""


def _table(**columns: Any) -> pl.Schema:
    return pl.Schema(columns)


ROWS: Mapping[str, pl.Schema] = {
    # one course with enough topics
    "standing": _table(
        learner_key=pl.String,
        course_id=pl.String,
        topics=pl.Int32,
        value=pl.Float64,
        low=pl.Float64,
        high=pl.Float64,
        answers=pl.Int32,
    ),
    # one topic with an estimate; `weeks` (until mastery, else whole weeks so far, null before there is one), `mastered`
    # and `observed` (whole weeks so far) are null without a clock or where the beginning is too long ago
    "topics": _table(
        learner_key=pl.String,
        course_id=pl.String,
        topic_id=pl.String,
        first_attempt_accuracy=pl.Float64,
        weeks=pl.Int32,
        mastered=pl.Boolean,
        observed=pl.Int32,
        answers=pl.Int32,
    ),
    # one habit, of learners with enough study days
    "habits": _table(learner_key=pl.String, habit=pl.String, has=pl.Boolean, answers=pl.Int32),
}


def comparison_rows(evaluated: Tables, params: Parameters = DEFAULT) -> dict[str, pl.DataFrame]:
    """What each learner adds to a comparison, and what is placed in one.

    Args:
        evaluated: tables of `learner_state.evaluate` with `PARTS`, of any number of learners.
        params: parameters.

    Returns:
        Tables of `ROWS`, in the order of learner, then course, topic or habit.
    """
    known = evaluated["mastery"].filter(
        pl.col("status") == "ok", pl.col("topic_id") != OVERALL, pl.col("course_id").is_not_null()
    )
    columns = ("learner_key", "course_id", "topic_id", "value", "low", "high", "answers", "first_attempt_accuracy")
    topics = known.select(*columns, "first_answer_at").sort("learner_key", "course_id", "topic_id").to_dicts()
    standing = [
        {
            "learner_key": key,
            "course_id": course,
            "topics": len(group),
            **{name: fsum(one[name] for one in group) / len(group) for name in ("value", "low", "high")},
            "answers": sum(one["answers"] for one in group),
        }
        for (key, course), group in (
            (of, list(rows)) for of, rows in groupby(topics, key=lambda one: (one["learner_key"], one["course_id"]))
        )
        if len(group) >= params.comparison.topics_min
    ]
    times = _times(evaluated["history"])
    today = dict(evaluated["rhythm"].select("learner_key", "today").iter_rows())
    rows = [
        {**one, **_time_to_mastery(one, times.get((one["learner_key"], one["topic_id"]), ()), today, params)}
        for one in topics
    ]
    found = {"standing": standing, "topics": rows, "habits": _habits(evaluated, params)}
    return {
        name: pl.DataFrame({column: [row[column] for row in found[name]] for column in schema}, schema=schema)
        for name, schema in ROWS.items()
    }


def _times(history: pl.DataFrame) -> dict[tuple[str, str], list[tuple[date, float]]]:
    points: dict[tuple[str, str], list[tuple[date, float]]] = {}
    columns = history.select("learner_key", "topic_id", "date", "value").sort("learner_key", "topic_id", "date")
    for key, topic, day, value in columns.iter_rows():
        points.setdefault((key, topic), []).append((day, value))
    return points


def _time_to_mastery(
    topic: Mapping[str, Any],
    points: Sequence[tuple[date, float]],
    today: Mapping[str, date],
    params: Parameters,
) -> dict[str, int | bool | None]:
    began, now = topic["first_answer_at"], today[topic["learner_key"]]
    if not points or began is None or began.date() < now - timedelta(weeks=params.mastery.history_weeks):
        return {"weeks": None, "mastered": None, "observed": None}
    reached = next((day for day, value in points if value >= params.mastery.mastered_from), None)
    observed = whole_weeks(began.date(), now)
    weeks = observed or None if reached is None else weeks_until(began.date(), reached)
    return {"weeks": weeks, "mastered": reached is not None, "observed": observed}


def weeks_until(began: date, reached: date) -> int:
    """In which week, from 1 on, something was reached."""
    return max(1, ceil((reached - began).days / 7))


def whole_weeks(began: date, now: date) -> int:
    """Weeks that are over; 0 in the first."""
    return (now - began).days // 7


def as_far_as_closed(
    reached: int | None, observed: int, params: ComparisonParameters = DEFAULT.comparison
) -> tuple[int, bool] | None:
    """Weeks, and whether mastery was reached in them, as far as bands are over; None before the first is.

    Args:
        reached: the week in which it was reached; None: not yet.
        observed: whole weeks since the beginning.

    Example:
        >>> [as_far_as_closed(reached, weeks) for reached, weeks in ((5, 6), (5, 5), (None, 5), (1, 0))]
        [(5, True), (4, False), (4, False), None]
    """
    closed = max((end for end in params.weeks if end <= observed), default=None)
    if closed is None:
        return None
    return (reached, True) if reached is not None and reached <= closed else (closed, False)


def _habits(evaluated: Tables, params: Parameters) -> list[dict[str, Any]]:
    limits = params.comparison
    answers = dict(evaluated["learner"].select("learner_key", "answers").iter_rows())
    today = dict(evaluated["rhythm"].filter(pl.col("status") == "ok").select("learner_key", "today").iter_rows())
    days: dict[str, list[tuple[date, int]]] = {}
    for key, day, count in (
        evaluated["days"].select("learner_key", "date", "answers").sort("learner_key", "date").rows()
    ):
        if key in today and day > today[key] - timedelta(days=limits.habit_days):
            days.setdefault(key, []).append((day, count))
    rows = []
    for key, studied in sorted(days.items()):
        if len(studied) < limits.habit_study_days_min:
            continue
        pauses = [(later - earlier).days for (earlier, _), (later, _) in pairwise(studied)]
        has = {
            "regular_days": len(studied) >= limits.regular_days,
            "no_long_pause": max(*pauses, (today[key] - studied[-1][0]).days) < limits.long_pause_days,
            "small_portions": median(count for _, count in studied) <= limits.portion_answers,
            "weekends": sum(day.isoweekday() > 5 for day, _ in studied) >= limits.weekend_share * len(studied),
        }
        rows += [{"learner_key": key, "habit": habit, "has": has[habit], "answers": answers[key]} for habit in HABITS]
    return rows


def difficulty_band(accuracy: float, params: ComparisonParameters = DEFAULT.comparison) -> int:
    """0 where a topic is hard for a learner, 2 where it is easy, else 1."""
    return 0 if accuracy < params.hard_below else 2 if accuracy >= params.easy_from else 1


def time_band(weeks: int, *, mastered: bool, params: ComparisonParameters = DEFAULT.comparison) -> int:
    """Number of the band of weeks, twice, plus one where mastery was reached; later than the last band is censored
    there.

    Example:
        >>> time_band(1, mastered=True), time_band(5, mastered=False), time_band(40, mastered=True)
        (1, 8, 16)
    """
    place = next((n for n, end in enumerate(params.weeks) if weeks <= end), None)
    if place is None:
        return 2 * (len(params.weeks) - 1)
    return 2 * place + mastered


@dataclass(frozen=True, slots=True)
class TimeToMastery:
    """Weeks within which half have mastered a topic, with an interval; None: later than was looked."""

    weeks: int | None
    low: int | None
    high: int | None


def time_to_mastery(bands: Sequence[int], params: ComparisonParameters = DEFAULT.comparison) -> TimeToMastery:
    """Median by Kaplan and Meier from people by `time_band`, those not there yet censored at the end of their band.

    Example:
        >>> two_weeks = [0, 4, 0, 8, 4] + [0] * 13
        >>> time_to_mastery(two_weeks).weeks
        2
    """
    z = NormalDist().inv_cdf((1 + params.interval) / 2)
    at_risk, survival, hazard = sum(bands), 1.0, 0.0
    found: dict[str, int | None] = {"weeks": None, "low": None, "high": None}
    for place, end in enumerate(params.weeks):
        censored, reached = bands[2 * place], bands[2 * place + 1]
        if reached:
            survival *= 1 - reached / at_risk
            hazard += reached / (at_risk * (at_risk - reached)) if reached < at_risk else 0.0
        low, high = interval(survival, hazard, z)
        for name, value in (("weeks", survival), ("low", low), ("high", high)):
            if found[name] is None and value <= 0.5:
                found[name] = end
        at_risk -= censored + reached
    return TimeToMastery(found["weeks"], found["low"], found["high"])


@dataclass(frozen=True, slots=True)
class Band:
    """A published band of standing: from `low` to below `high`, and the share of the peers in it."""

    low: float
    high: float
    share: float


def middle(bands: Sequence[Band], share: float) -> tuple[float, float]:
    """Between which values so large a share of the peers lies, the same left out on either side; interpolated within
    bands, since no more is published.

    Example:
        >>> middle([Band(0.0, 0.5, 0.5), Band(0.5, 1.0, 0.5)], 0.8)
        (0.1, 0.9)
    """
    outside = (1 - share) / 2
    return round(_value_at(bands, outside), 2), round(_value_at(bands, 1 - outside), 2)


def _value_at(bands: Sequence[Band], share: float) -> float:
    whole, below = fsum(band.share for band in bands), 0.0
    for band in bands:
        part = band.share / whole
        if below + part >= share:
            return band.low + (band.high - band.low) * (share - below) / part
        below += part
    return bands[-1].high


@dataclass(frozen=True, slots=True)
class Placed:
    """The band a value falls in, and the shares of peers below the band and up to its end."""

    band: int
    below: float
    through: float


def placed(bands: Sequence[Band], value: float) -> Placed:
    """Where a value falls among published bands.

    Example:
        >>> placed([Band(0.0, 0.5, 0.4), Band(0.5, 1.0, 0.6)], 0.7)
        Placed(band=1, below=0.4, through=1.0)
    """
    whole = fsum(band.share for band in bands)
    place = max(n for n, band in enumerate(bands) if n == 0 or value >= band.low)
    below = fsum(band.share for band in bands[:place]) / whole
    return Placed(place, round(below, 2), round(min(1.0, below + bands[place].share / whole), 2))


def top_edge(bands: Sequence[Band], params: ComparisonParameters = DEFAULT.comparison) -> float | None:
    """The band edge above which the share of peers is nearest to `top_share`; None where all are far from it."""
    whole = fsum(band.share for band in bands)
    above = [(fsum(one.share for one in bands[n:]) / whole, bands[n].low) for n in range(1, len(bands))]
    fit = [(share, edge) for share, edge in above if params.top_share_least <= share <= params.top_share_most]
    return min(fit, key=lambda one: abs(one[0] - params.top_share))[1] if fit else None


@dataclass(frozen=True, slots=True)
class Difference:
    """Difference of two shares with its interval; `clear` when the interval leaves out zero."""

    value: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the groups differ."""
        return self.low > 0 or self.high < 0


def habit_difference(
    top: float, top_people: int, rest: float, rest_people: int, params: ComparisonParameters = DEFAULT.comparison
) -> Difference:
    """Difference of two shares (top minus rest) with Newcombe's hybrid score interval (1998, method 10), at a level
    that holds for all of `HABITS` together (Bonferroni), and wider by as much as rounded counts may be off.

    Example:
        >>> habit_difference(0.8, 100, 0.3, 100).clear, habit_difference(0.5, 10, 0.4, 20).clear
        (True, False)
    """
    off = LIMITS.count_rounding // 2 * (1 / top_people + 1 / rest_people)
    z = NormalDist().inv_cdf(1 - params.difference_alpha / len(HABITS) / 2)
    low, high = newcombe(top, top_people, rest, rest_people, z)
    return Difference(round(top - rest, 2), round(max(-1.0, low - off), 2), round(min(1.0, high + off), 2))
