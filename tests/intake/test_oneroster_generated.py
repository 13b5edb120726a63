"""Rosters made up at random.

What came in goes out byte for byte, the second one over the first is what it would be alone, and the same one again
changes nothing.
"""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.intake.oneroster_sets import FILES, content, write_set

from akademos.catalogue.declarations import Purpose
from akademos.intake.oneroster import RosterImport, RosterReport
from akademos.jobs.roster_export import export_roster
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.consent import RecordedBasis
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.audit import PostgresAuditLog
from akademos.stores.postgres.consent import PostgresConsent
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.records import PostgresRecords
from akademos.stores.postgres.roster import PostgresRosters
from akademos.stores.postgres.vault import PostgresVault

TODAY = date(2026, 11, 2)
COURSE_OF = {"k-bio-1": "c-bio", "k-bio-2": "c-bio", "k-math": "c-math"}
PEOPLE = ("ann", "bob", "cid", "dee", "tim", "ute")
TEACHERS = ("tim", "ute")
_FIXED = ("academicSessions.csv", "orgs.csv", "courses.csv", "classes.csv")
_NUMBER = itertools.count(1)


@st.composite
def sets(draw: st.DrawFn) -> dict[str, str]:
    """A set with some people and some of their enrollments, its rows written in one of the ways that CSV allows."""
    people = draw(st.lists(st.sampled_from(PEOPLE), min_size=1, unique=True))
    end = draw(st.sampled_from(["\r\n", "\n"]))
    last = draw(st.sampled_from(["", end]))
    mark = draw(st.sampled_from(["", "\ufeff"]))

    def file(name: str, rows: list[dict[str, str]]) -> str:
        header = FILES[name].splitlines()[0].removeprefix("\ufeff").split(",")
        written = []
        for row in rows:
            quoted = draw(st.booleans())
            cells = [row.get(column, "") for column in header]
            written.append(",".join(f'"{one}"' if quoted or "," in one else one for one in cells))
        return mark + ",".join(header) + end + end.join(written) + last

    names = st.text(st.sampled_from("aÄß, '-"), max_size=6).map(str.strip)
    users = [
        {"sourcedId": f"user-{one}", "enabledUser": "true", "username": one, "givenName": one + draw(names),
         "familyName": "F" + draw(names)}
        for one in people
    ]  # fmt: skip
    roles = [
        {"sourcedId": f"role-{one}", "userSourcedId": f"user-{one}", "roleType": "primary", "orgSourcedId": "o-south",
         "role": "teacher" if one in TEACHERS else "student"}
        for one in people
    ]  # fmt: skip
    pairs = st.tuples(st.sampled_from(people), st.sampled_from(sorted(COURSE_OF)))
    days = st.sampled_from([("", ""), ("2026-09-01", ""), ("2026-09-08", "2026-10-01"), ("2026-10-01", "2027-01-31")])
    enrollments = []
    for who, where in draw(st.lists(pairs, min_size=1, max_size=8, unique=True)):
        begins, ends = draw(days)
        enrollments.append(
            {"sourcedId": f"e-{who}-{where}", "classSourcedId": where, "schoolSourcedId": "o-south",
             "userSourcedId": f"user-{who}", "role": "teacher" if who in TEACHERS else "student", "beginDate": begins,
             "endDate": ends}
        )  # fmt: skip
    made = {"users.csv": users, "roles.csv": roles, "enrollments.csv": enrollments}
    return {name: FILES[name] for name in _FIXED} | {name: file(name, rows) for name, rows in made.items()}


class Campus:
    """A tenant of its own."""

    def __init__(self, database: Database, keys: Keys, folder: Path) -> None:
        number = next(_NUMBER)
        self.tenant, self._folder, self._database = f"campus-{number}", folder / f"campus-{number}", database
        with database.pipeline() as transaction:
            transaction.execute("INSERT INTO tenants (tenant_id, name) VALUES (%s, 'A campus')", (self.tenant,))
        self._vault = PostgresVault(database, keys)
        self._rosters = PostgresRosters(database, keys, PostgresRecords(database, keys))
        basis = RecordedBasis("r", self.tenant, (Purpose.LEARNING_SUPPORT,), "v1", "contract", "registrar", False)
        consent = PostgresConsent(database, lambda _tenant, _name: 0, keys)
        self._door = RosterImport(
            self._rosters, self._vault, consent, basis, actor="command line:test", today=lambda: TODAY
        )

    def take(self, files: dict[str, str]) -> tuple[RosterReport, dict[str, bytes]]:
        """Import a set; the report, and the files as they were."""
        folder = write_set(self._folder / f"in-{next(_NUMBER)}", files)
        return self._door.run(folder), content(folder)

    def give(self) -> dict[str, bytes]:
        """The set that is kept, written again."""
        folder, audit = self._folder / f"out-{next(_NUMBER)}", PostgresAuditLog(self._database)
        export_roster(folder, self.tenant, self._rosters, audit, actor="command line:test", reason="test")
        return content(folder)

    def memberships(self) -> dict[tuple[Any, ...], tuple[Any, ...]]:
        """Who is in which course, since when and until when; who teaches it."""
        known = self._vault.find(self.tenant, [Identifier("user", f"user-{one}") for one in PEOPLE])
        names = {person.learner_key: who.value for who, person in known.items()}
        with self._database.pipeline() as transaction:
            taking = transaction.execute(
                "SELECT learner_key::text, course_id, registered_on, withdrawn_on, offering_id FROM enrolments "
                "WHERE tenant_id = %s",
                (self.tenant,),
            ).fetchall()
            teaching = transaction.execute(
                "SELECT learner_key::text, course_id FROM staff_assignments WHERE tenant_id = %s", (self.tenant,)
            ).fetchall()
        found = {("takes", names[key], course): (begins, ends, where) for key, course, begins, ends, where in taking}
        return found | {("teaches", names[key], course): () for key, course in teaching}


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=sets(), second=sets())
def test_the_second_set_over_the_first_is_what_it_would_be_alone(
    tmp_path: Path, database: Database, keys: Keys, first: dict[str, str], second: dict[str, str]
) -> None:
    campus, alone = Campus(database, keys, tmp_path), Campus(database, keys, tmp_path)
    _, came = campus.take(first)
    assert campus.give() == came
    before = campus.memberships()
    _, came = campus.take(second)
    assert campus.give() == came
    alone.take(second)
    expected, now = alone.memberships(), campus.memberships()
    assert {one: now[one] for one in expected} == expected
    # Who is in the first set only is withdrawn, or was before; who taught by it does not any more.
    gone = now.keys() - expected.keys()
    assert gone <= {one for one in before if one[0] == "takes"}
    assert all(now[one][1] is not None and now[one][1] <= TODAY for one in gone)
    report, _ = campus.take(second)
    assert all((one.new, one.changed, one.removed) == (0, 0, 0) for one in report.files)
    assert (report.records, report.ended, campus.memberships()) == ([], 0, now)
