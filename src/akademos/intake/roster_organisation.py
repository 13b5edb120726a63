"""Records that follow from a kept OneRoster set: organisations, terms, offerings of courses, exams and their outcomes.

An org is an organisation, an academic session a term, a class an offering of its course, a line item an exam of it and
a graded result its outcome. Only rows that changed in the set are made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from akademos.intake.roster_changes import Changes, rows_of
from akademos.sources.csv_records import cells_of
from akademos.sources.oneroster import number_in
from akademos.stores.ports.records import LoadReport
from akademos.stores.ports.roster import RosterWriting

OUTCOMES_AT_ONCE = 2_000
GRADED = ("fully graded", "partially graded")


def day_before(day: str | None) -> str | None:
    """The standard's end dates are the first day after."""
    return None if day is None else (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def load_organisation(writing: RosterWriting, changes: Changes) -> Iterator[LoadReport]:
    """Organisations and terms."""
    orgs = [
        {
            "organisation_id": row["sourcedId"],
            "name": row["name"],
            "kind": row["type"],
            "parent_id": row.get("parentSourcedId") or None,
        }
        for row in _changed_rows(writing, changes, "orgs")
    ]
    if orgs:
        yield writing.load("organisations", orgs)
    terms = [
        {
            "term_id": row["sourcedId"],
            "title": row["title"],
            "kind": row["type"],
            "parent_id": row.get("parentSourcedId") or None,
            "starts_on": row["startDate"],
            "ends_on": day_before(row["endDate"]),
        }
        for row in _changed_rows(writing, changes, "academicSessions")
    ]
    if terms:
        yield writing.load("terms", terms)


def load_offerings(writing: RosterWriting, changes: Changes) -> Iterator[LoadReport]:
    """A class is its course as it is given in its first term."""
    offerings = [
        {
            "offering_id": row["sourcedId"],
            "course_id": row["courseSourcedId"],
            "term_id": next((one.strip() for one in row["termSourcedIds"].split(",") if one.strip()), None),
            "organisation_id": row["schoolSourcedId"],
            "title": row["title"],
        }
        for row in _changed_rows(writing, changes, "classes")
    ]
    if offerings:
        yield writing.load("course_offerings", offerings)


def load_outcomes(writing: RosterWriting, changes: Changes, courses: Mapping[str, str]) -> Iterator[LoadReport]:
    """Line items as exams, and what graded results say of them.

    Of several results of a learner for one line item the latest counts. A result that is gone leaves an outcome
    without score; its history is in the log of changes.
    """
    exams = [
        {
            "exam_id": row["sourcedId"],
            "course_id": courses.get(row["classSourcedId"]),
            "name": row["title"],
            "held_on": row["dueDate"],
        }
        for row in _changed_rows(writing, changes, "lineItems")
    ]
    if exams:
        yield writing.load("exams", exams)
    if "results" not in changes.headers:
        return
    bounds = {
        row["sourcedId"]: (number_in(row.get("resultValueMin") or "0"), number_in(row.get("resultValueMax") or ""))
        for row in rows_of(writing, changes.headers, "lineItems")
    }
    header, read = changes.headers["results"], LoadReport("exam_outcomes", 0, 0, 0, 0)
    gone = _latest(
        (key or "", changes.old_headers["results"].values(cells_of(text)))
        for key, text in changes.before.get("results", ())
    )
    empty: dict[str, object] = {"score": None, "grade": None, "taken_on": None}
    for key, exam in gone:
        if exam in bounds:
            read += writing.load("exam_outcomes", [_outcome(key, exam) | empty])
    changed = set(changes.changed.get("results", ()))
    if changed:
        found = ((key or "", header.values(cells_of(text))) for key, text in writing.owned_rows("results"))
        latest = _latest(
            (key, row) for key, row in found if row["sourcedId"] in changed and row["scoreStatus"] in GRADED
        )
        rows = [
            _outcome(key, exam)
            | {"score": _share(row, bounds[exam]), "grade": row.get("textScore") or None, "taken_on": row["scoreDate"]}
            for (key, exam), row in latest.items()
        ]
        for start in range(0, len(rows), OUTCOMES_AT_ONCE):
            read += writing.load("exam_outcomes", rows[start : start + OUTCOMES_AT_ONCE])
    if read.read:
        yield read


def _changed_rows(writing: RosterWriting, changes: Changes, name: str) -> Iterator[dict[str, str]]:
    changed = set(changes.changed.get(name, ()))
    if changed:
        yield from (row for row in rows_of(writing, changes.headers, name) if row["sourcedId"] in changed)


def _outcome(key: str, exam: str) -> dict[str, object]:
    return {"learner_key": key, "exam_id": exam, "attempt": 1}


def _latest(rows: Iterator[tuple[str, dict[str, str]]]) -> dict[tuple[str, str], dict[str, str]]:
    """The newest row by learner and line item."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for key, row in rows:
        exam = row["lineItemSourcedId"]
        known = found.get((key, exam))
        if known is None or known["scoreDate"] <= row["scoreDate"]:
            found[key, exam] = row
    return found


def _share(row: Mapping[str, str], bounds: tuple[float | None, float | None]) -> float | None:
    """Share of the full mark; None where the line item does not say what that is, or the score lies outside."""
    score, (least, most) = number_in(row.get("score", "")), bounds
    if score is None or least is None or most is None or not least <= score <= most or most <= least:
        return None
    return (score - least) / (most - least)
