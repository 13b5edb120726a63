"""Attacks on a release, run before it may leave: singling out and linkage with partial knowledge, inference. Pure.

The attacker knows that a target learns in a course, the target's persona and first active week, and for some weeks how
much the target did; looks for rows that fit; and guesses one of those told most exactly, since the ladder would have
told the target's row no more coarsely. A row *fits* when what it says, as coarsely as it says it, can be said of
somebody of whom this is known. The three questions are those of the Article 29 Working Party's opinion 05/2014 on
anonymisation.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

from akademos.catalogue.policies import LIMITS
from akademos.catalogue.research_columns import BLOCK_WEEKS, FIRST_WEEK_BANDS, KNOWN, RUNGS, WITHHELD, Form
from akademos.privacy.research_release import Row, Said, Trace, band, first_week, reached, unprotected, weekly

KNOWN_WEEKS: tuple[int | None, ...] = (1, 3, 6, None)
"""Weeks that an attacker knows; None: all of them."""
BASELINE_WEEKS = 3
TARGETS = 300
BASELINE_TARGETS = 100
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of a target: `weeks` gives the digits of activity and answers by week."""

    course: str
    persona: str
    first_week: int
    weeks: Mapping[int, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Attacked:
    """What came of one attack on `targets` learners.

    `singled_out`: fewer than k rows fit, the target's own among them; `alone`: no other. `matches` of as many guesses
    hit; `rate` is their expected share, `low`-`high` the 95% interval (Wilson 1927) of the observed one; `chance` the
    rate of guessing any row of the course. `inferred`: all rows that fit agree on a sensitive value, and it is the
    target's.
    """

    known_weeks: int | None
    targets: int
    singled_out: int
    alone: int
    matches: int
    rate: float
    low: float
    high: float
    chance: float
    inferred: int


def knowledge_of(trace: Trace, weeks: int | None, chance: random.Random) -> Knowledge:
    """What an attacker knows who saw the target in so many weeks."""
    digits = weekly(trace)
    pairs = dict(enumerate(zip(digits["activity"], digits["answers"], strict=True)))
    chosen = pairs if weeks is None else {at: pairs[at] for at in chance.sample(sorted(pairs), min(weeks, len(pairs)))}
    return Knowledge(trace.course, trace.persona, first_week(trace), chosen)


def fits(known: Knowledge, rung: int, said: Said) -> bool:
    """Whether a row may be about somebody of whom this is known."""
    forms, values = RUNGS[rung], dict(zip(KNOWN, said, strict=True))
    if values["course"] != known.course or values["persona"] not in (known.persona, WITHHELD):
        return False
    first = str(known.first_week) if forms["first_week"] is Form.EXACT else band(known.first_week, FIRST_WEEK_BANDS)
    if values["first_week"] not in (first, WITHHELD):
        return False
    return all(
        _week_fits(values[name], forms[name], week, digits[at])
        for week, digits in known.weeks.items()
        for at, name in enumerate(("activity", "answers"))
    )


def _week_fits(said: str, form: Form, week: int, digit: str) -> bool:
    if form is Form.WITHHELD:
        return True
    active = "0" if digit == "0" else "1"
    if form is Form.WEEKS:
        return said[week] == digit
    if form is Form.ACTIVE_WEEKS:
        return said[week] == active
    block = said[0 if week == 0 else 1 + (week - 1) // BLOCK_WEEKS]
    return block >= (digit if form is Form.BLOCKS else active)


def attack(
    traces: Sequence[Trace],
    rows: Sequence[tuple[str, Row]],
    *,
    k: int,
    known_weeks: int | None,
    chance: random.Random,
    targets: int = TARGETS,
) -> Attacked:
    """Attack a release with the truth beside it. The attacker knows that the target is in it, which is the worst case:
    of whoever was left out no row can be found."""
    classes: dict[str, dict[tuple[int, Said], list[int]]] = defaultdict(lambda: defaultdict(list))
    own = {}
    for at, (learner, row) in enumerate(rows):
        classes[row.known[0]][row.rung, row.known].append(at)
        own[learner, row.known[0]] = at
    sizes = {course: sum(map(len, found.values())) for course, found in classes.items()}
    there = [trace for trace in traces if (trace.learner, trace.course) in own]
    chosen = chance.sample(there, min(targets, len(there)))
    singled = alone = matches = inferred = 0
    expected = blind = 0.0
    for trace in chosen:
        known = knowledge_of(trace, known_weeks, chance)
        fitting = [
            at for (rung, said), members in classes[trace.course].items() if fits(known, rung, said) for at in members
        ]
        finest = min((rows[at][1].rung for at in fitting), default=None)
        fitting = [at for at in fitting if rows[at][1].rung == finest]
        at_home = own[trace.learner, trace.course]
        if at_home not in fitting:
            continue
        singled += len(fitting) < k
        alone += len(fitting) == 1
        matches += chance.choice(fitting) == at_home
        expected += 1 / len(fitting)
        blind += 1 / sizes[trace.course]
        inferred += any(
            len(set(column)) == 1 and column[0] != WITHHELD
            for column in zip(*(rows[at][1].sensitive for at in fitting), strict=True)
        )
    count = max(len(chosen), 1)
    low, high = wilson(matches, len(chosen))
    return Attacked(
        known_weeks, len(chosen), singled, alone, matches, expected / count, low, high, blind / count, inferred
    )


def wilson(hits: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Interval of a share (Wilson 1927).

    Example:
        >>> [round(edge, 3) for edge in wilson(5, 100)]
        [0.022, 0.112]
    """
    if not trials:
        return 0.0, 1.0
    share = hits / trials
    middle = share + z * z / (2 * trials)
    spread = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(0.0, (middle - spread) / (1 + z * z / trials)), min(1.0, (middle + spread) / (1 + z * z / trials))


def disclosure_report(
    traces: Sequence[Trace],
    rows: Sequence[tuple[str, Row]],
    *,
    k: int,
    diversity: int,
    chance: random.Random,
) -> dict[str, Any]:
    """What was reached, what attackers found, and what they find where nothing is protected. Counts of people are
    rounded. `failed` names the tests that the release does not pass; it may leave only where there are none."""
    kept = reached([row for _, row in rows], k)
    attacks = [attack(traces, rows, k=k, known_weeks=weeks, chance=chance) for weeks in KNOWN_WEEKS]
    bare = attack(
        traces, unprotected(traces).rows, k=k, known_weeks=BASELINE_WEEKS, chance=chance, targets=BASELINE_TARGETS
    )
    failed = [
        name
        for name, broken in (
            ("k_anonymity", kept.k is None or kept.k < k),
            ("l_diversity", kept.diversity is not None and kept.diversity < diversity),
            ("unique_sequences", kept.rare_sequences > 0),
            ("singling_out", any(one.singled_out for one in attacks)),
            ("linkage", any(one.rate > 1 / k + ROUNDING for one in attacks)),
            ("inference", any(one.inferred for one in attacks)),
        )
        if broken
    ]
    learners, left_out = _rounded(len(traces)), _rounded(len(traces) - len(rows))
    return {
        "k": {"asked": k, "reached": kept.k},
        "l": {"asked": diversity, "reached": kept.diversity},
        "classes": kept.classes,
        "sequences_shared_by_fewer_than_k": kept.rare_sequences,
        "learners_in_courses": learners,
        "suppressed": left_out,
        "share_suppressed": round(left_out / learners, 3) if learners else 0.0,
        "rows_by_detail": {str(rung): sum(1 for _, row in rows if row.rung == rung) for rung in range(len(RUNGS))},
        "attacks": [_said(one) for one in attacks],
        "without_protection": _said(bare),
        "attackers_can_find": bare.alone > 0,
        "failed": failed,
    }


def _rounded(count: int) -> int:
    return LIMITS.count_rounding * round(count / LIMITS.count_rounding)


def _said(found: Attacked) -> dict[str, Any]:
    return {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in asdict(found).items()
        if name != "known_weeks"
    } | {"known_weeks": "all" if found.known_weeks is None else found.known_weeks}
