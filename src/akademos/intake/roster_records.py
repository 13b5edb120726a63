"""Records that follow from a kept OneRoster set: courses, enrolments, assignments of teachers.

Only what changed in the set is made again, so that what was changed here since stays as long as the set says nothing
new about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from akademos.intake.roster_changes import Changes, courses_of_classes, rows_of
from akademos.intake.roster_organisation import day_before, load_offerings, load_organisation, load_outcomes
from akademos.sources.csv_records import cells_of
from akademos.sources.oneroster import Membership, memberships
from akademos.stores.ports.records import LoadReport
from akademos.stores.ports.roster import RosterWriting

PEOPLE_AT_ONCE = 2_000


class RosterRecords:
    """Makes courses, enrolments and staff assignments of the kept rows that are not what they were."""

    def __init__(self, writing: RosterWriting, changes: Changes, today: str) -> None:
        self._writing = writing
        self._changes = changes
        self._today = today
        self.reports: list[LoadReport] = []
        self.ended = 0

    def derive(self) -> None:
        """Everything that follows from the rows that changed."""
        headers = self._changes.headers
        self.reports += load_organisation(self._writing, self._changes)
        if "courses" not in headers:
            return
        classes = courses_of_classes(self._writing, headers["classes"]) if "classes" in headers else {}
        ends = self._courses(classes)
        self.reports += load_offerings(self._writing, self._changes)
        if "enrollments" in headers:
            self._memberships(classes, ends)
        self.reports += load_outcomes(self._writing, self._changes, classes)

    def _courses(self, classes: Mapping[str, str]) -> dict[str, str | None]:
        """Courses that changed, or whose classes or sessions did; the last day of every course of the set."""
        headers, changed = self._changes.headers, self._changes.changed
        days = {
            row["sourcedId"]: (row["startDate"], row["endDate"])
            for row in rows_of(self._writing, headers, "academicSessions")
        }
        terms: dict[str, list[str]] = {}
        for row in rows_of(self._writing, headers, "classes"):
            terms.setdefault(row["courseSourcedId"], []).extend(_listed(row["termSourcedIds"]))
        touched = set(changed.get("courses", ())) | {
            classes[one] for one in changed.get("classes", ()) if one in classes
        }
        rows: list[dict[str, object]] = []
        last: dict[str, str | None] = {}
        kept: set[str] = set()
        for row in rows_of(self._writing, headers, "courses"):
            course = row["sourcedId"]
            kept.add(course)
            own = row.get("schoolYearSourcedId", "")
            spans = [days[one] for one in terms.get(course, [own] if own else []) if one in days]
            begins, ends = min((one for one, _ in spans), default=None), max((one for _, one in spans), default=None)
            last[course] = day_before(ends)
            if course in touched or changed.get("academicSessions"):
                rows.append({"course_id": course, "title": row["title"], "starts_on": begins, "ends_on": last[course]})
        if rows:
            self.reports.append(self._writing.load("learning_courses", rows))
        gone = self._gone_courses(kept)
        if gone:
            self.ended += self._writing.archive_courses(gone)
        return last

    def _gone_courses(self, kept: set[str]) -> set[str]:
        header = self._changes.old_headers.get("courses")
        before = self._changes.before.get("courses", ())
        if header is None:
            return set()
        return {header.values(cells_of(text))["sourcedId"] for _, text in before} - kept

    def _memberships(self, classes: Mapping[str, str], ends: Mapping[str, str | None]) -> None:
        people = set(self._changes.people)
        moved = {one for one in classes if self._changes.classes_before.get(one, classes[one]) != classes[one]}
        header = self._changes.headers["enrollments"]
        if moved:
            place = header.names.index("classSourcedId")
            for key, text in self._writing.owned_rows("enrollments"):
                if key is not None and cells_of(text)[place].strip() in moved:
                    people.add(key)
        now: set[tuple[str, str, str]] = set()
        enrolments = LoadReport("enrolments", 0, 0, 0, 0)
        staff = LoadReport("staff_assignments", 0, 0, 0, 0)
        for keys in _stretches(sorted(people)):
            of_person: dict[str, list[dict[str, str]]] = {}
            for key, text in self._writing.of_people("enrollments", keys):
                of_person.setdefault(key, []).append(header.values(cells_of(text)))
            found = [(key, one) for key, rows in of_person.items() for one in memberships(rows, classes)]
            found = [(key, one) for key, one in found if one.role == "student" or not self._is_over(one)]
            now.update((key, one.course_id, one.role) for key, one in found)
            taking = [_enrolment(key, one, ends) for key, one in found if one.role == "student"]
            teaching: list[dict[str, object]] = [
                {"learner_key": key, "course_id": one.course_id, "role": "instructor"}
                for key, one in found
                if one.role == "teacher"
            ]
            enrolments += self._writing.load("enrolments", taking)
            staff += self._writing.load("staff_assignments", teaching)
        self.reports += [one for one in (enrolments, staff) if one.read]
        self._end(now)

    def _is_over(self, one: Membership) -> bool:
        return one.ends is not None and one.ends <= self._today

    def _end(self, now: set[tuple[str, str, str]]) -> None:
        """What somebody's enrollments said before and do not say any more."""
        header = self._changes.old_headers.get("enrollments")
        if header is None:
            return
        over: set[tuple[str, str, str]] = set()
        for key, text in self._changes.before.get("enrollments", ()):
            for one in memberships([header.values(cells_of(text))], self._changes.classes_before):
                over.add((key or "", one.course_id, one.role))
        if over - now:
            self.ended += self._writing.end_memberships(over - now, on=self._today)


def _enrolment(key: str, one: Membership, ends: Mapping[str, str | None]) -> dict[str, object]:
    """An enrolment that ends with its course was completed, one that ends before was withdrawn."""
    last = ends.get(one.course_id)
    withdrawn = one.ends if one.ends is not None and (last is None or one.ends < last) else None
    return {
        "learner_key": key,
        "course_id": one.course_id,
        "registered_on": one.begins,
        "withdrawn_on": withdrawn,
        "offering_id": one.class_id,
    }


def _listed(cell: str) -> list[str]:
    return [part.strip() for part in cell.split(",") if part.strip()]


def _stretches(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), PEOPLE_AT_ONCE):
        yield keys[start : start + PEOPLE_AT_ONCE]
