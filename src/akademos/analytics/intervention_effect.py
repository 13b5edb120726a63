"""Whether help helped: how much less likely it became that a course is not completed, against learners not helped.

Unit: one learner in one course, looked at when an intervention began and four weeks later. Value: the weekly risk; 1
for whoever has withdrawn meanwhile, so that leaving does not look like getting well. Nobody counts before that second
look, leavers neither: they are known at once, and whoever stays is not. Difference in differences:

    effect = mean(after - before | helped) - mean(after - before | compared with); below 0 is less risk.

*Randomised*: both arms of a trial were drawn by lot, and are compared as drawn, also who was not helped in the end: who
stops coming is not like the others. Interval by Welch's t (1947, doi:10.1093/biomet/34.1-2.28).
*Matched*: everybody who was helped is compared with somebody of the same course in the same week who was not, whose
risk then and the week before differed by no more than the caliper; who was helped first is matched first, with the
nearest, each learner once; interval of the paired t. Both sides are looked at in the same weeks, so a new version of
the model moves both. Where neither can be had, what was seen cannot be attributed to the intervention.

Caveats: who is chosen for help differs in what no score shows, which matching does not mend; risk is an estimate, not
an outcome. Source: Stuart (2010), doi:10.1214/09-STS313.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import inf, sqrt
from statistics import fmean, variance
from typing import Literal

from scipy.special import stdtrit

from akademos.catalogue.alert_datasets import ALERT_LIMITS

Design = Literal["randomised", "matched"]
COVERAGE = 0.95
WEEK = timedelta(days=7)
BEFORE = timedelta(days=14)
"""An older score says nothing of the beginning."""


@dataclass(frozen=True, slots=True)
class Help:
    """One intervention, or one learner of a comparison; `trial` empty outside of one, `course_id` where help is about
    none. `took_place`: not called off, and not only planned; of who was drawn by lot that is not asked."""

    learner_key: str
    course_id: str
    kind: str
    trial: str
    treated: bool
    randomised: bool
    starts_on: date
    took_place: bool = True


@dataclass(frozen=True, slots=True)
class WeeklyRisk:
    """The risk of one learner and course in one week."""

    learner_key: str
    course_id: str
    as_of: date
    risk: float


@dataclass(frozen=True, slots=True)
class Effect:
    """What is known of one kind of intervention and trial. `members` are all learners counted, of either side."""

    kind: str
    trial: str
    design: Design
    treated: int
    comparison: int
    effect: float
    low: float
    high: float
    members: frozenset[str]


@dataclass(frozen=True, slots=True)
class EffectParameters:
    """`after` and `slack` say when learners are looked at again; `caliper` how near matches must be; `least` how many
    each side needs."""

    least: int
    after: timedelta = ALERT_LIMITS.effect_after
    slack: timedelta = ALERT_LIMITS.effect_slack
    caliper: float = ALERT_LIMITS.caliper


Place = tuple[str, str]
"""(learner_key, course_id), the course empty for none"""


class Courses:
    """Scores and departures, by learner and course."""

    def __init__(self, scores: Iterable[WeeklyRisk], left: Mapping[Place, date], params: EffectParameters) -> None:
        self.params = params
        self._left = left
        self._scores: dict[Place, dict[date, float]] = defaultdict(dict)
        self._of_week: dict[tuple[str, date], list[str]] = defaultdict(list)
        self._weeks: dict[str, set[date]] = defaultdict(set)
        for one in scores:
            self._scores[one.learner_key, one.course_id][one.as_of] = one.risk
            self._of_week[one.course_id, one.as_of].append(one.learner_key)
            self._weeks[one.course_id].add(one.as_of)
        self._newest = max((max(weeks) for weeks in self._weeks.values()), default=date.min)

    def before(self, place: Place, day: date) -> tuple[date, float] | None:
        """The last week's score that was known on a day."""
        weeks = [week for week in self._scores.get(place, ()) if day - BEFORE < week <= day]
        return None if not weeks else (max(weeks), self._scores[place][max(weeks)])

    def at(self, place: Place, week: date) -> float | None:
        """The score of a week."""
        return self._scores.get(place, {}).get(week)

    def after(self, place: Place, day: date) -> float | None:
        """The value so long after a day: 1 for whoever has left by then; None while no week of then is scored."""
        target = day + self.params.after
        look = self._near(target, self._weeks.get(place[1], ()))
        if look is None or self._newest < target:
            return None
        left = self._left.get(place)
        if left is not None and day < left <= max(look, target):
            return 1.0
        own = self._scores.get(place, {})
        week = self._near(target, own)
        return None if week is None else own[week]

    def _near(self, target: date, weeks: Iterable[date]) -> date | None:
        """The week nearest to a day, of those within the slack."""
        near = [week for week in weeks if abs(week - target) <= self.params.slack]
        return min(near, key=lambda week: (abs(week - target), week), default=None)

    def others(self, course: str, week: date) -> Sequence[str]:
        """Learners of a course with a score of the week."""
        return self._of_week.get((course, week), ())

    def change(self, place: Place, day: date) -> float | None:
        """after - before; None where one of them is missing."""
        before, after = self.before(place, day), self.after(place, day)
        return None if before is None or after is None else after - before[1]


def intervention_effects(
    helped: Sequence[Help], scores: Iterable[WeeklyRisk], left: Mapping[Place, date], params: EffectParameters
) -> list[Effect]:
    """Every effect that can be attributed, by kind and trial; of the rest there is none in the list.

    Args:
        helped: interventions, and the learners of comparisons; a learner's first in a group counts. Help about no
            course has no effect of its own, but its learner is nobody to compare with in any.
        scores: weekly risks of all learners of the courses, helped or not.
        left: (learner_key, course_id) -> first day not enrolled any more.
    """
    courses = Courses(scores, left, params)
    groups: dict[tuple[str, str], list[Help]] = defaultdict(list)
    for one in sorted(helped, key=lambda one: (one.starts_on, one.learner_key, one.course_id)):
        if one.course_id:
            groups[one.kind, one.trial].append(one)
    days: dict[Place, list[date]] = defaultdict(list)
    for one in helped:
        if one.treated and one.took_place:
            days[one.learner_key, one.course_id].append(one.starts_on)
    found = []
    for (kind, trial), rows in sorted(groups.items()):
        by_lot = trial and all(one.randomised for one in rows)
        effect = _randomised(kind, trial, rows, courses) if by_lot else _matched(kind, trial, rows, courses, days)
        if effect is not None:
            found.append(effect)
    return found


def _randomised(kind: str, trial: str, rows: Sequence[Help], courses: Courses) -> Effect | None:
    arms: dict[bool, dict[str, float]] = {True: {}, False: {}}
    drawn: dict[str, bool] = {}
    for one in rows:
        arm = drawn.setdefault(one.learner_key, one.treated)  # as drawn first, whatever happened then
        change = courses.change((one.learner_key, one.course_id), one.starts_on)
        if change is not None:
            arms[arm].setdefault(one.learner_key, change)
    treated, comparison = list(arms[True].values()), list(arms[False].values())
    if min(len(treated), len(comparison)) < max(courses.params.least, 2):
        return None
    share = (variance(treated) / len(treated), variance(comparison) / len(comparison))
    error = sqrt(sum(share))
    degrees = inf
    if error > 0:
        parts = share[0] ** 2 / (len(treated) - 1) + share[1] ** 2 / (len(comparison) - 1)
        degrees = sum(share) ** 2 / parts
    members = frozenset(arms[True]) | frozenset(arms[False])
    value = fmean(treated) - fmean(comparison)
    return _effect(kind, trial, "randomised", (len(treated), len(comparison)), value, (error, degrees), members)


def _matched(
    kind: str, trial: str, rows: Sequence[Help], courses: Courses, days: Mapping[Place, Sequence[date]]
) -> Effect | None:
    pairs = _pairs([one for one in rows if one.treated and one.took_place], courses, days)
    if len(pairs) < max(courses.params.least, 2):
        return None
    differences = [own - other for _, _, own, other in pairs]
    error = sqrt(variance(differences) / len(differences))
    members = frozenset(one for pair in pairs for one in pair[:2])
    sizes = (len(pairs), len(pairs))
    return _effect(kind, trial, "matched", sizes, fmean(differences), (error, len(pairs) - 1.0), members)


def _pairs(
    rows: Sequence[Help], courses: Courses, days: Mapping[Place, Sequence[date]]
) -> list[tuple[str, str, float, float]]:
    """(helped, compared with, change of the one, change of the other). Earlier ones first, so that pairs stay as they
    are when more are helped later."""
    near = []
    for number, one in enumerate(rows):
        place = one.learner_key, one.course_id
        begun = courses.before(place, one.starts_on)
        if begun is None or courses.after(place, one.starts_on) is None:
            continue
        week, risk = begun
        earlier = courses.at(place, week - WEEK)
        for other in courses.others(one.course_id, week):
            there = other, one.course_id
            known = courses.at(there, week), courses.at(there, week - WEEK)
            helped = *days.get(there, ()), *days.get((other, ""), ())
            if known[0] is None or not _untouched(helped, one.starts_on, courses.params):
                continue
            if (earlier is None) != (known[1] is None):
                continue
            far = abs(known[0] - risk)
            if earlier is not None and known[1] is not None:
                far = max(far, abs(known[1] - earlier))
            if far <= courses.params.caliper and courses.after(there, one.starts_on) is not None:
                near.append((one.starts_on, far, number, other))
    pairs, used = [], set[str]()
    for day, _, number, other in sorted(near):
        one = rows[number]
        if one.learner_key in used or other in used:
            continue
        own = courses.change((one.learner_key, one.course_id), day)
        its = courses.change((other, one.course_id), day)
        if own is not None and its is not None:
            used |= {one.learner_key, other}
            pairs.append((one.learner_key, other, own, its))
    return pairs


def _untouched(days: Sequence[date], day: date, params: EffectParameters) -> bool:
    """Whether nobody helped somebody from four weeks before a day to the second look."""
    return not any(day - params.after <= one <= day + params.after + params.slack for one in days)


def _effect(
    kind: str,
    trial: str,
    design: Design,
    sizes: tuple[int, int],
    value: float,
    spread: tuple[float, float],
    members: frozenset[str],
) -> Effect:
    error, degrees = spread
    reach = 0.0 if error == 0 else error * float(stdtrit(min(degrees, 1e9), (1 + COVERAGE) / 2))
    return Effect(kind, trial, design, *sizes, value, value - reach, value + reach, members)
