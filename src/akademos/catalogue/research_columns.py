"""What a row of a research release says, and how it may be said less exactly: declared as data.

The release, its tests and its data dictionary are all made from these declarations.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

WITHHELD = "*"
"""What stands where a column says nothing."""

LONGEST = 60
"""Weeks of a course that a release tells of at most."""

BLOCK_WEEKS = 4

ACTIVITY_BANDS = (0, 1, 10, 30)
"""Events in a week: none, 1-9, 10-29, 30 and more."""
ANSWER_BANDS = (0, 1, 10, 30)
"""Scored answers in a week, in the same bands."""
FIRST_WEEK_BANDS = (0, 1, 2, 5, 9)
"""First active week: before the start, 1, 2-4, 5-8, 9 and later."""
ACTIVE_WEEKS_BANDS = (1, 2, 4, 7, 13)
"""Weeks with any activity: 1, 2-3, 4-6, 7-12, 13 and more."""
ACTIVE_WEEKS_COARSE = (1, 4, 13)
CORRECT_BANDS = (0, 40, 60, 80)
"""Mean score in percent: below 40, 40-59, 60-79, 80 and more."""

NO_ANSWERS = "no answers"


class Form(StrEnum):
    """How exactly a column is told."""

    EXACT = "exact"
    BANDS = "bands"
    COARSE = "coarse bands"
    WEEKS = "band of each week"
    ACTIVE_WEEKS = "whether active, each week"
    BLOCKS = "largest band of each four weeks"
    ACTIVE_BLOCKS = "whether active, each four weeks"
    WITHHELD = "withheld"


class Part(StrEnum):
    """What a column is to somebody who looks for a person."""

    KEY = "key"
    QUASI_IDENTIFIER = "quasi-identifier"
    SENSITIVE = "sensitive"
    ABOUT = "about the row"


@dataclass(frozen=True, slots=True)
class ReleaseColumn:
    """One column of a release."""

    name: str
    part: Part
    description: str


RELEASE_COLUMNS: tuple[ReleaseColumn, ...] = (
    ReleaseColumn(
        "release_key",
        Part.KEY,
        "Random, of this row of this release alone. Anonymous: whose it was is written nowhere. Pseudonymous: sealed "
        "in the vault.",
    ),
    ReleaseColumn("detail", Part.ABOUT, "Number of the rung on which the row is told: 0 is the most exact."),
    ReleaseColumn("course", Part.QUASI_IDENTIFIER, "The course. One row is one learner in one course."),
    ReleaseColumn("persona", Part.QUASI_IDENTIFIER, "Persona of the learner."),
    ReleaseColumn("first_week", Part.QUASI_IDENTIFIER, "First week with activity, counted from the course's start."),
    ReleaseColumn("weeks_active", Part.QUASI_IDENTIFIER, "Weeks with any activity, in bands."),
    ReleaseColumn(
        "activity",
        Part.QUASI_IDENTIFIER,
        "Events by week, one digit a week (or four weeks): the number of the band. The first digit is the time before "
        "the start.",
    ),
    ReleaseColumn("answers", Part.QUASI_IDENTIFIER, "Scored answers by week, in the same form."),
    ReleaseColumn("correct", Part.SENSITIVE, "Mean score of the answers, in bands of percent."),
    ReleaseColumn("outcome", Part.SENSITIVE, "Whether the learner stayed in the course or withdrew; unknown without an "
                  "enrolment."),
)  # fmt: skip

KNOWN: tuple[str, ...] = tuple(one.name for one in RELEASE_COLUMNS if one.part is Part.QUASI_IDENTIFIER)
SENSITIVE: tuple[str, ...] = tuple(one.name for one in RELEASE_COLUMNS if one.part is Part.SENSITIVE)

_E, _B, _C, _X = Form.EXACT, Form.BANDS, Form.COARSE, Form.WITHHELD
_ORDER = ("course", "persona", "first_week", "weeks_active", "activity", "answers")
RUNGS: tuple[dict[str, Form], ...] = tuple(
    dict(zip(_ORDER, forms, strict=True))
    for forms in (
        (_E, _E, _E, _B, Form.WEEKS, Form.WEEKS),
        (_E, _E, _E, _B, Form.WEEKS, Form.ACTIVE_WEEKS),
        (_E, _E, _E, _B, Form.ACTIVE_WEEKS, Form.ACTIVE_BLOCKS),
        (_E, _E, _B, _B, Form.BLOCKS, Form.ACTIVE_BLOCKS),
        (_E, _E, _B, _C, Form.ACTIVE_BLOCKS, _X),
        (_E, _E, _X, _C, Form.ACTIVE_BLOCKS, _X),
        (_E, _E, _X, _C, _X, _X),
        (_E, _X, _X, _C, _X, _X),
        (_E, _X, _X, _X, _X, _X),
    )
)
"""From exact to coarse. A row is told on the first rung on which enough learners share all that it says; a row with
which too few share even the last is not released."""
