"""Four learners with a story of their own, and the staff."""

from __future__ import annotations

from dataclasses import dataclass

from akademos.demo.bank import Bank
from akademos.demo.courses import COURSES
from akademos.demo.population import NEVER, Learners

STUDENT, CAREER_CHANGER, UNDECIDED, NEWCOMER = range(4)
"""Numbers of the four among the learners."""


@dataclass(frozen=True, slots=True)
class StaffMember:
    """Somebody who works there; `courses` are those taught, or advised in, as `role` says."""

    user_id: str
    name: str
    persona: str
    courses: tuple[str, ...]
    role: str = "instructor"


INSTRUCTOR = StaffMember("ines", "Ines Roth", "instructor", tuple(course.course_id for course in COURSES))
ADVISOR = StaffMember("alva", "Alva Stein", "advisor", ("algebra", "anatomy"), "advisor")
STAFF = (INSTRUCTOR, ADVISOR)

_STRONG = ("ana-cell", "ana-blood", "ana-heart", "ana-breathing")
_FORGOTTEN = ("ana-tissues", "ana-skeleton", "ana-muscles")
_WEAK = ("ana-membranes", "ana-nerves", "ana-kidneys")
SHORT_HISTORY_DAYS = 30

GUIDE = (
    (
        "Mara Vogel",
        "student, anatomy exam in 12 days; strong topics, hard ones, and some forgotten; compares herself with peers",
    ),
    ("Jonas Petersen", "career changer, data analysis on irregular evenings for a month"),
    ("Noor Aziz", "studies, but never answered the question about consent"),
    ("Nico Baum", "enrolled, has done nothing yet"),
    ("Ines Roth", "instructor of all three courses"),
    ("Alva Stein", "advisor of those who take algebra or anatomy"),
    ("Administrator", "sees nobody's data"),
)
"""Whom to sign in as, and why."""


def compares_with_peers(number: int) -> bool:
    """Whether the learner of this number chose to: the student, three of four of those without a story, no other."""
    return number == STUDENT or (number > NEWCOMER and number % 4 > 0)


def place_personas(learners: Learners, weeks: int, bank: Bank) -> None:
    """Give the first four learners their stories, in place.

    The student studies often and close to the exam; knows some topics well, finds three hard, and learned three more
    early on, easily and without reading, that were never looked at again. The career changer began 30 days ago and
    studies on irregular evenings. One learner studies but never answered the question about consent. One is enrolled
    and has done nothing yet.
    """
    leaf = {one.topic_id: at for at, one in enumerate(bank.leaves)}
    course = {one.course_id: at for at, one in enumerate(COURSES)}

    student = STUDENT
    _name(learners, student, "mara", "Mara Vogel", "student")
    _enrol(learners, student, course["anatomy"])
    learners.ability[student], learners.engagement[student] = -0.3, 1.0
    for topics, aptitude in ((_STRONG, 0.9), (_FORGOTTEN, 1.5), (_WEAK, -1.4)):
        learners.aptitude[student, [leaf[one] for one in topics]] = aptitude
    learners.neglects[student] = False
    learners.neglects[student, [leaf[one] for one in _FORGOTTEN]] = True
    learners.reads[student] = ~learners.neglects[student]
    learners.starts[student], learners.answers[student] = 0.0, 11.0
    learners.hour[student], learners.hour_sd[student] = 16.0, 1.5
    learners.fast_half_life[student] = 6.0
    learners.reviews[student], learners.crams[student] = 0.5, 0.5
    learners.weekday[student] = (1.1, 1.0, 1.2, 1.0, 0.9, 0.5, 0.9)

    changer = CAREER_CHANGER
    _name(learners, changer, "jonas", "Jonas Petersen", "career_changer")
    _enrol(learners, changer, course["data-analysis"])
    learners.ability[changer], learners.engagement[changer] = -0.5, 0.3
    learners.starts[changer], learners.pace[changer] = 7.0 * weeks - SHORT_HISTORY_DAYS, 5.0
    learners.answers[changer] = 9.0
    learners.hour[changer], learners.hour_sd[changer] = 20.8, 1.1
    learners.weekday[changer] = (0.4, 1.6, 0.3, 1.2, 0.2, 1.3, 1.8)

    _name(learners, UNDECIDED, "noor", "Noor Aziz", "student")
    learners.consents[UNDECIDED] = "undecided"
    learners.engagement[UNDECIDED], learners.starts[UNDECIDED] = 1.5, 0.0

    _name(learners, NEWCOMER, "nico", "Nico Baum", "student")
    learners.starts[NEWCOMER] = NEVER


def _name(learners: Learners, at: int, user_id: str, name: str, persona: str) -> None:
    learners.user_ids[at], learners.names[at], learners.personas[at] = user_id, name, persona
    learners.consents[at], learners.zones[at] = "granted", "Europe/Berlin"
    learners.confidence[at], learners.drops[at] = 0.9, NEVER


def _enrol(learners: Learners, at: int, course: int) -> None:
    learners.enrolled[at] = False
    learners.enrolled[at, course] = True
    learners.target[at] = course
