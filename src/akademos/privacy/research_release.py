"""The research release: learners' courses by relative weeks, told so coarsely that k learners share every row. Pure.

Local recoding by a declared ladder (`catalogue.research_columns.RUNGS`): on each rung the rows that are left are
grouped by everything they would say; a group of at least k learners whose sensitive columns have at least l values
each is released as it is, the others go down a rung. Suppression comes last. k-anonymity after Samarati (2001),
distinct l-diversity after Machanavajjhala et al. (2007). The weekly pattern is one of the quasi-identifiers, so no
released sequence is a single learner's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from akademos.catalogue.research_columns import (
    ACTIVE_WEEKS_BANDS,
    ACTIVE_WEEKS_COARSE,
    ACTIVITY_BANDS,
    ANSWER_BANDS,
    BLOCK_WEEKS,
    CORRECT_BANDS,
    FIRST_WEEK_BANDS,
    KNOWN,
    NO_ANSWERS,
    RUNGS,
    WITHHELD,
    Form,
)

Said = tuple[str, ...]
"""Values of the quasi-identifiers, or of the sensitive columns, in declared order."""


@dataclass(frozen=True, slots=True)
class Trace:
    """What one learner did in one course. `activity` and `answers` are counts by course-relative week, of equal
    length; the first is the time before the start. `score` is the mean of the scored answers, 0..1."""

    learner: str
    course: str
    persona: str
    activity: tuple[int, ...]
    answers: tuple[int, ...]
    score: float | None
    outcome: str


@dataclass(frozen=True, slots=True)
class Row:
    """One released row: the rung it is told on, quasi-identifiers, sensitive columns."""

    rung: int
    known: Said
    sensitive: Said


@dataclass(frozen=True, slots=True)
class Release:
    """Rows with the learner each is about (never written together for an anonymous release), and who is left out."""

    rows: tuple[tuple[str, Row], ...]
    suppressed: tuple[Trace, ...]


def band(count: float, bands: Sequence[int]) -> str:
    """A count as the band it is in.

    Example:
        >>> band(7, (0, 1, 10)), band(0, (0, 1, 10)), band(12, (0, 1, 10))
        ('1-9', '0', '10+')
    """
    at = max(bisect_right(bands, count) - 1, 0)
    if at == len(bands) - 1:
        return f"{bands[at]}+"
    return str(bands[at]) if bands[at + 1] == bands[at] + 1 else f"{bands[at]}-{bands[at + 1] - 1}"


def digit(count: int, bands: Sequence[int]) -> str:
    """The number of the band that a week's count is in."""
    return str(bisect_right(bands, count) - 1)


def blocks(weeks: str) -> str:
    """The largest digit of each four weeks; the time before the start stands for itself.

    Example:
        >>> blocks("0" + "0120" + "10")
        '021'
    """
    return weeks[:1] + "".join(max(weeks[at : at + BLOCK_WEEKS]) for at in range(1, len(weeks), BLOCK_WEEKS))


def presence(weeks: str) -> str:
    """Whether anything happened, by week or block.

    Example:
        >>> presence("0302")
        '0101'
    """
    return "".join("0" if one == "0" else "1" for one in weeks)


_SEQUENCES: Mapping[Form, Callable[[str], str]] = {
    Form.WEEKS: lambda weeks: weeks,
    Form.ACTIVE_WEEKS: presence,
    Form.BLOCKS: blocks,
    Form.ACTIVE_BLOCKS: lambda weeks: presence(blocks(weeks)),
}


def sequence(digits: str, form: Form) -> str:
    """A weekly sequence as one rung tells it."""
    return WITHHELD if form is Form.WITHHELD else _SEQUENCES[form](digits)


def weekly(trace: Trace) -> dict[str, str]:
    """The two sequences of a trace, a digit a week."""
    return {
        "activity": "".join(digit(count, ACTIVITY_BANDS) for count in trace.activity),
        "answers": "".join(digit(count, ANSWER_BANDS) for count in trace.answers),
    }


def first_week(trace: Trace) -> int:
    """The first week with activity; 0 is before the start. One without any counts as the first after the last."""
    return next((week for week, count in enumerate(trace.activity) if count), len(trace.activity))


def told(trace: Trace, rung: Mapping[str, Form]) -> Said:
    """The quasi-identifiers of a trace as one rung tells them."""
    digits = weekly(trace)
    active = sum(1 for count in trace.activity if count)
    first = first_week(trace)
    plain = {"course": trace.course, "persona": trace.persona, "first_week": str(first)}
    said = []
    for name in KNOWN:
        form = rung[name]
        if form is Form.WITHHELD:
            said.append(WITHHELD)
        elif name in digits:
            said.append(sequence(digits[name], form))
        elif name == "weeks_active":
            said.append(band(active, ACTIVE_WEEKS_BANDS if form is Form.BANDS else ACTIVE_WEEKS_COARSE))
        else:
            said.append(band(first, FIRST_WEEK_BANDS) if form is Form.BANDS else plain[name])
    return tuple(said)


def sensitive(trace: Trace) -> Said:
    """The sensitive columns of a trace."""
    correct = NO_ANSWERS if trace.score is None else band(100 * trace.score, CORRECT_BANDS)
    return (correct, trace.outcome)


def anonymise(traces: Iterable[Trace], *, k: int, diversity: int) -> Release:
    """The release of a population, every row shared by at least `k` learners with at least `l` values of each
    sensitive column. A column in which a whole course (or, on the last rung, a group) has fewer values is withheld
    there, since it would tell the same of everybody. Of a course in which fewer than k learners are left at the end,
    one class that is told already joins them on the last rung; only where there is none are they suppressed."""
    courses: dict[str, list[Trace]] = defaultdict(list)
    for one in sorted(traces, key=lambda trace: (trace.course, trace.learner)):
        courses[one.course].append(one)
    rows: list[tuple[str, Row]] = []
    suppressed: list[Trace] = []
    for members in courses.values():
        classes, left = _down_the_ladder(members, k, diversity)
        if left and classes:
            joining = min(classes, key=lambda one: (-one.rung, len(one.learners), one.known))
            together = [*left, *joining.learners]
            classes.remove(joining)
            classes.append(_on_last_rung(told(together[0], RUNGS[-1]), together, diversity))
        else:
            suppressed += left
        rows += [
            (one.learner, Row(told_as.rung, told_as.known, value))
            for told_as in classes
            for one, value in zip(told_as.learners, told_as.values, strict=True)
        ]
    return Release(tuple(rows), tuple(suppressed))


@dataclass(frozen=True, slots=True)
class _Class:
    """Learners of one course who are told alike."""

    rung: int
    known: Said
    learners: tuple[Trace, ...]
    values: tuple[Said, ...]


def _down_the_ladder(members: Sequence[Trace], k: int, least: int) -> tuple[list[_Class], list[Trace]]:
    """The classes of one course, and who is left at the end: fewer than k."""
    values = withheld_where_alike([sensitive(one) for one in members], least)
    said = dict(zip((one.learner for one in members), values, strict=True))
    classes, left = [], list(members)
    for number, rung in enumerate(RUNGS):
        groups: dict[Said, list[Trace]] = defaultdict(list)
        for one in left:
            groups[told(one, rung)].append(one)
        left = []
        for known, group in groups.items():
            values = [said[one.learner] for one in group]
            if len(group) < k:
                left += group
            elif number == len(RUNGS) - 1:
                classes.append(_on_last_rung(known, group, least))
            elif diverse(values, least):
                classes.append(_Class(number, known, tuple(group), tuple(values)))
            else:
                left += group
    return classes, left


def _on_last_rung(known: Said, group: Sequence[Trace], least: int) -> _Class:
    values = withheld_where_alike([sensitive(one) for one in group], least)
    return _Class(len(RUNGS) - 1, known, tuple(group), tuple(values))


def unprotected(traces: Iterable[Trace]) -> Release:
    """The same rows as exact as the ladder begins, whoever is alone in them: what the attackers are measured on."""
    return Release(tuple((one.learner, Row(0, told(one, RUNGS[0]), sensitive(one))) for one in traces), ())


def withheld_where_alike(values: Sequence[Said], least: int) -> list[Said]:
    """The values, with each column withheld that has fewer than `least` of them."""
    columns = list(zip(*values, strict=True))
    kept = [column if len(set(column)) >= least else (WITHHELD,) * len(column) for column in columns]
    return list(zip(*kept, strict=True))


def diverse(values: Sequence[Said], least: int) -> bool:
    """Whether each column has at least `least` values or is withheld for all."""
    return all(set(column) == {WITHHELD} or len(set(column)) >= least for column in zip(*values, strict=True))


@dataclass(frozen=True, slots=True)
class Reached:
    """What a release keeps, counted on its rows alone: the smallest class, the fewest values of a sensitive column in
    any class that tells one (None: none does), and sequences that fewer than k rows share."""

    k: int | None
    diversity: int | None
    rare_sequences: int
    classes: int


def reached(rows: Sequence[Row], k: int) -> Reached:
    """Count a release anew, from what is written."""
    groups: dict[tuple[int, Said], list[Said]] = defaultdict(list)
    sequences: Counter[tuple[object, ...]] = Counter()
    places = [KNOWN.index(name) for name in ("activity", "answers")]
    for row in rows:
        groups[row.rung, row.known].append(row.sensitive)
        sequences[row.rung, row.known[0], *(row.known[at] for at in places)] += 1
    values = [
        len(set(column))
        for members in groups.values()
        for column in zip(*members, strict=True)
        if set(column) != {WITHHELD}
    ]
    return Reached(
        min(map(len, groups.values()), default=None),
        min(values, default=None),
        sum(1 for count in sequences.values() if count < k),
        len(groups),
    )


def without(
    rows: Sequence[tuple[str, Row]], gone: Callable[[str], bool], *, k: int, diversity: int
) -> list[tuple[str, Row]]:
    """Rows (by their keys) of which some are gone; whoever is left in a class that is too small or too much alike
    then goes too."""
    groups: dict[tuple[int, Said], list[tuple[str, Row]]] = defaultdict(list)
    for key, row in rows:
        if not gone(key):
            groups[row.rung, row.known].append((key, row))
    return [
        one
        for members in groups.values()
        if len(members) >= k and diverse([row.sensitive for _, row in members], diversity)
        for one in members
    ]
