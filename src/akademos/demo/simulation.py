"""A term of studying: people, bank and calendar in, what happened and what is true out.

All learners who study on a day take their next step together, so a step is a few array operations. Every day has
random streams of its own: a longer simulation begins with the shorter one. docs/demo.md has the equations.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from akademos.demo.bank import Bank, Floats, build_bank
from akademos.demo.habits import Term, plan_day
from akademos.demo.learning import Knowledge
from akademos.demo.midterm import MidtermResults, sit_midterms
from akademos.demo.parameters import DEFAULT, Parameters
from akademos.demo.personas import place_personas
from akademos.demo.population import Learners, draw_learners
from akademos.demo.randomness import stream
from akademos.demo.sitting import Attempts, Breaks, Contacts, Sittings, StudyRoom
from akademos.errors import InputError

TERM_WEEKS = 16


@dataclass(frozen=True, slots=True)
class History:
    """What happened, in the order in which it came about, and what is known at `term.end`.

    Times are local days since midnight of `first_day`.
    """

    seed: int
    now: datetime
    first_day: date
    term: Term
    learners: Learners
    bank: Bank
    attempts: Attempts
    contacts: Contacts
    sittings: Sittings
    breaks: Breaks
    knowledge: Knowledge
    midterms: MidtermResults


def simulate(
    count: int,
    seed: int,
    now: datetime,
    *,
    weeks: int = TERM_WEEKS,
    beyond_days: float = 0.0,
    params: Parameters = DEFAULT,
) -> History:
    """Simulate a term that ends `now`, or goes on `beyond_days` after it.

    Args:
        count: learners.
        now: aware instant; the exam is twelve days after it, the term began `weeks` weeks before it.

    Raises:
        InputError: a naive instant, too few learners, or no weeks.
    """
    if now.tzinfo is None:
        raise InputError("The instant has no time zone.", hint="Give an aware one.", code="naive_time")
    if weeks < 1:
        raise InputError(f"A term has no {weeks} weeks.", hint="Take 1 or more.")
    bank = build_bank(seed, params.items, params.answering.seconds_sd)
    learners = draw_learners(count, seed, weeks, bank, params)
    place_personas(learners, weeks, bank)
    first_day = now.astimezone(UTC).date() - timedelta(weeks=weeks)
    local_now = _local_days(now, learners.zones, first_day)
    term = Term(
        weekday=first_day.weekday(),
        weeks=weeks,
        now=local_now,
        end=local_now + beyond_days,
        exam=7.0 * weeks + params.habits.exam_in_days,
        midterm=7.0 * params.habits.midterm_week,
    )
    room = StudyRoom(term, learners, bank, params)
    nobody = np.empty(0, dtype=np.int64)
    midterms = MidtermResults(nobody, nobody, np.empty(0), nobody)
    for day in range(int(np.floor(term.end.max())) + 1):
        if day == int(term.midterm):
            midterms = sit_midterms(
                day, learners, bank, room.knowledge, lambda course: stream(seed, "midterm", course), params
            )
        plan = plan_day(day, term, learners, bank, stream(seed, "habits", day), params)
        room.sit(day, plan, stream(seed, "study", day), stream(seed, "breaks", day))
    attempts, contacts, sittings, breaks = room.history()
    return History(
        seed, now, first_day, term, learners, bank, attempts, contacts, sittings, breaks, room.knowledge, midterms
    )


def _local_days(now: datetime, zones: list[str], first_day: date) -> Floats:
    """The wall clock of each zone at an instant, in days since midnight of the first day."""
    origin = datetime.combine(first_day, datetime.min.time())
    of_zone = {
        zone: (now.astimezone(ZoneInfo(zone)).replace(tzinfo=None) - origin) / timedelta(days=1) for zone in set(zones)
    }
    return np.array([of_zone[zone] for zone in zones])
