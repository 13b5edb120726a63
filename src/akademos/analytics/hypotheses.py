"""The hypotheses about study habits: a fixed list, each tested in every report that has the data for it.

Each compares answers of one kind with answers of another kind of the same learner. The outcome is the residual of an
answer: its score less what was to be expected of the item (cohort difficulty at first attempts) and less the learner's
own mean over answers of the same acquaintance (first answer to the item, second, later, or again on the same day). So
neither hard items in the evening nor repeats at the end of a session make a difference by themselves.

The list is closed: a hypothesis that was thought of after looking at the data would need another correction. What goes
with what is all that such a comparison shows; nothing here says what causes what.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.parameters import InsightParameters
from akademos.analytics.rounds import Index

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
MATERIAL_GROUPS = {"video": "video", "audio": "video", "live_session": "video"}
"""Groups of kinds of material that hypotheses speak of; every other kind is read or worked with."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One comparison: its name, and of which answers (`side`) with which (`others`), in the catalogue's English."""

    key: str
    side: str
    others: str


HYPOTHESES: tuple[Hypothesis, ...] = (
    Hypothesis("morning", "answers between 5:00 and 12:00", "answers at other times"),
    Hypothesis("afternoon", "answers between 12:00 and 18:00", "answers at other times"),
    Hypothesis("evening", "answers between 18:00 and 23:00", "answers at other times"),
    Hypothesis("night", "answers between 23:00 and 5:00", "answers at other times"),
    Hypothesis("weekend", "answers on Saturdays and Sundays", "answers on other days"),
    Hypothesis("late_in_session", "answers after half an hour of a session", "answers in its first half hour"),
    Hypothesis("long_unbroken", "answers after an hour without a break", "answers in the first hour"),
    Hypothesis("after_break", "answers soon after a break", "other answers"),
    Hypothesis("about_45_minutes", "answers in sessions of 30 to 60 minutes", "answers in shorter and longer ones"),
    Hypothesis("short_session", "answers in sessions under 20 minutes", "answers in longer sessions"),
    Hypothesis("after_rest_day", "answers on a day after a day of rest", "answers on a day after a day of study"),
    Hypothesis("with_notes", "answers on topics with a note of the last 30 days", "answers on topics without one"),
    Hypothesis("after_material", "answers on topics with a material of the last 30 days", "answers on other topics"),
    Hypothesis("video", "answers on topics last met in a video", "answers on topics last met in another material"),
    Hypothesis("switching", "answers in sessions with many changes of window", "answers in sessions with few"),
)
KEYS = tuple(one.key for one in HYPOTHESES)


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What the hypotheses ask about each answer; NaN where it is not known.

    Attributes:
        hour: of the local day, 0..23.
        weekday: 0 is Monday.
        into_session, unbroken: minutes since the session, and the uninterrupted stretch, began.
        after_break: whether a break came before the stretch.
        session_minutes: active minutes of the session.
        switches_per_hour: changes of window in the session; NaN where its sender sends no heartbeats.
        rest_days: days without study before this day; NaN on the first.
        note_days, material_days: days since the last note to, and the last material of, the answer's topic.
        video: 1 where that material was a video, 0 where it was another, NaN without one.
        takes_notes: whether the learner ever took one.
    """

    hour: Index
    weekday: Index
    into_session: Floats
    unbroken: Floats
    after_break: Flags
    session_minutes: Floats
    switches_per_hour: Floats
    rest_days: Floats
    note_days: Floats
    material_days: Floats
    video: Floats
    takes_notes: Flags


def sides(facts: AnswerFacts, params: InsightParameters) -> tuple[Flags, Flags]:
    """(hypotheses, answers) twice, in the order of `HYPOTHESES`: whether an answer is of the one side, of the other."""
    hour, everywhere = facts.hour, np.ones(len(facts.hour), dtype=np.bool_)
    sat = ~np.isnan(facts.into_session)
    measured = ~np.isnan(facts.switches_per_hour)
    shortest, longest = params.about_45
    near = (facts.session_minutes >= shortest) & (facts.session_minutes < longest)
    noted = facts.note_days <= params.material_days
    met = facts.material_days <= params.material_days
    night = (hour >= 23) | (hour < 5)
    pairs: dict[str, tuple[Flags, Flags]] = {
        "morning": ((hour >= 5) & (hour < 12), everywhere),
        "afternoon": ((hour >= 12) & (hour < 18), everywhere),
        "evening": ((hour >= 18) & (hour < 23), everywhere),
        "night": (night, everywhere),
        "weekend": (facts.weekday >= 5, everywhere),
        "late_in_session": (facts.into_session >= params.late_minutes, sat),
        "long_unbroken": (facts.unbroken >= params.long_minutes, sat),
        "after_break": (facts.after_break & (facts.unbroken <= params.after_break_minutes), sat),
        "about_45_minutes": (near, sat),
        "short_session": (facts.session_minutes < params.short_session_minutes, sat),
        "after_rest_day": (facts.rest_days >= 1, ~np.isnan(facts.rest_days)),
        "with_notes": (noted, facts.takes_notes),
        "after_material": (met, everywhere),
        "video": ((facts.video == 1) & met, ~np.isnan(facts.video) & met),
        "switching": (facts.switches_per_hour > params.switches_per_hour, measured),
    }
    one = np.array([pairs[key][0] & pairs[key][1] for key in KEYS]).reshape(len(KEYS), -1)
    other = np.array([pairs[key][1] & ~pairs[key][0] for key in KEYS]).reshape(len(KEYS), -1)
    return one, other
