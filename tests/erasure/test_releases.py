"""Research releases from end to end: over the command line, out of a real core, and what consent and erasure do."""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pyarrow.parquet as pq
import pytest
import typer
from tests.erasure.installation import TENANT, Installation, answered, found_in
from typer.testing import CliRunner

from akademos.catalogue.declarations import Purpose
from akademos.cli import release
from akademos.errors import AkademosError, Conflict, Forbidden, InputError, NotFound, Unavailable
from akademos.jobs.research_releases import STAND, ResearchReleases
from akademos.privacy.pseudonyms import Keys
from akademos.stores.disk.release_files import ROWS, SEALED, LocalReleaseFiles

LEARNERS = 36
Run = Callable[..., str]


@dataclass
class School:
    """A course of learners who consent to research, and have answered for three weeks."""

    installation: Installation
    course: str
    keys: dict[str, str]

    def research(self, user: str, decision: str) -> None:
        self.installation.system.consent.decide(
            TENANT,
            self.keys[user],
            [Purpose.RESEARCH],
            decision,  # type: ignore[arg-type]  # tests name the two decisions
            text_version="v1",
            recorded_by="test",
        )

    def folder(self, said: str) -> Path:
        return self.installation.system.release_files.path(json.loads(said)["release_id"])

    def rows(self, said: str) -> list[dict[str, object]]:
        made = json.loads(said)
        if made["kind"] == "anonymous":
            found: list[dict[str, object]] = pq.read_table(self.folder(said) / ROWS).to_pylist()
            return found
        files = self.installation.system.release_files
        kept = files.rows(UUID(made["release_id"]), sealed_for=TENANT)
        return [{"release_key": key, "course": row.known[0]} for key, row in kept]


@pytest.fixture(scope="session")
def schools(installation: Installation) -> Callable[[str], School]:
    """Make a school."""

    def make(course: str) -> School:
        start = datetime.now(UTC) - timedelta(days=20)
        with installation.system.database.pipeline() as transaction:
            transaction.execute(
                "INSERT INTO learning_courses (tenant_id, course_id, title, starts_on) VALUES (%s, %s, %s, %s)",
                (TENANT, course, course, start.date()),
            )
        school = School(installation, course, {})
        chance = random.Random(7)
        left = start.date()
        for number in range(LEARNERS):
            user = f"learner-{course}-{number:02d}-5d1f"
            school.keys[user] = installation.person(user, f"Name of {user}")
            school.research(user, "granted")
            minutes = [(7 * week * 24 * 60) + at for week in range(3) for at in range(chance.choice((0, 1, 1, 12)))]
            events = [
                answered(
                    user,
                    course_id=course,
                    client_timestamp=(start + timedelta(minutes=at)).isoformat(),
                    properties={"correct": chance.random() < 0.6, "time_to_answer_seconds": 45},
                )
                for at in minutes
            ]
            if events:
                assert set(installation.send(*events)) == {"accepted"}
        with installation.system.database.pipeline() as transaction:
            transaction.cursor().executemany(
                "INSERT INTO enrolments (tenant_id, learner_key, course_id, withdrawn_on) VALUES (%s, %s, %s, %s)",
                [(TENANT, key, course, left if at % 3 == 0 else None) for at, key in enumerate(school.keys.values())],
            )
        installation.move()
        return school

    return make


@pytest.fixture(scope="session")
def school(schools: Callable[[str], School]) -> School:
    """One for most tests."""
    return schools("botany")


@pytest.fixture
def run(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `akademos release` with these words and give what it printed; refusals are raised."""
    monkeypatch.setenv("AKADEMOS_DATA", str(installation.data))
    app = typer.Typer()
    app.add_typer(release.app, name="release")

    def run_one(*words: str) -> str:
        done = CliRunner().invoke(app, ["release", *words], catch_exceptions=True)
        if isinstance(done.exception, AkademosError):
            raise done.exception
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    return run_one


def test_an_anonymous_release_from_end_to_end(school: School, run: Run) -> None:
    said = run("make", "spring", "--kind", "anonymous", "--course", school.course, "--json")
    made = json.loads(said)
    rows = school.rows(said)
    assert len(rows) == made["rows"] == LEARNERS
    assert made["report"]["failed"] == []
    assert made["report"]["k"]["reached"] >= 10
    assert {row["course"] for row in rows} == {school.course}
    assert len({row["release_key"] for row in rows}) == LEARNERS
    folder = school.folder(said)
    assert sorted(one.name for one in folder.iterdir()) == [
        "dictionary.json", "dictionary.md", ROWS, "report.json",
    ]  # fmt: skip
    names = [text.encode() for pair in school.keys.items() for text in pair]
    assert found_in(folder, names) == set()
    assert "2026" not in str(rows)  # no date
    members = school.installation.rows("SELECT count(*) FROM release_members WHERE release_id = %s", made["release_id"])
    assert members == [(0,)]
    (entry,) = school.installation.rows(
        "SELECT action, subject, detail::jsonb->>'kind' FROM audit_log WHERE detail::jsonb->>'release' = %s",
        made["release_id"],
    )
    assert entry == ("release.made", None, "anonymous")
    assert "spring" in run("list")
    assert "singled out" in run("show", "spring")
    assert json.loads(run("show", made["release_id"], "--json"))["checksum"] == made["checksum"]
    with pytest.raises(Conflict) as refused:  # whoever leaves meanwhile would be the difference
        run("make", "summer", "--kind", "anonymous", "--course", school.course)
    assert refused.value.code == "released_before"


def test_only_a_researcher_opens_what_lies_in_the_enclave(school: School, run: Run) -> None:
    said = run("make", "inside", "--kind", "pseudonymous", "--course", school.course, "--json")
    asked = ("rows", "inside", "--as", "scholar", "--reason", "study 7")
    with pytest.raises(Forbidden):
        run(*asked)
    assert str(school.folder(said)) not in run("show", "inside")
    school.installation.person("scholar", kind="staff", consents=False)
    school.installation.system.role_grants.grant(TENANT, "scholar", "researcher", by="test")
    printed = list(csv.DictReader(io.StringIO(run(*asked))))
    assert len(printed) == LEARNERS
    assert {row["release_key"] for row in printed} == {row["release_key"] for row in school.rows(said)}
    assert school.installation.rows(
        "SELECT role, decision, reason FROM access_log WHERE what LIKE %s", f"%{json.loads(said)['release_id']}%"
    ) == [("researcher", "allowed", "study 7")]
    assert "Withdrawn" in run("withdraw", "inside")
    assert not school.folder(said).exists()
    assert "already" in run("withdraw", "inside")
    with pytest.raises(NotFound):
        run(*asked)


def test_the_file_of_a_pseudonymous_release_tells_nobody_anything(school: School, run: Run) -> None:
    said = run("make", "sealed", "--kind", "pseudonymous", "--course", school.course, "--json")
    release_id, files = UUID(json.loads(said)["release_id"]), school.installation.system.release_files
    rows = school.rows(said)
    folder = school.folder(said)
    assert sorted(one.name for one in folder.iterdir()) == ["dictionary.json", "dictionary.md", SEALED, "report.json"]
    content = (folder / SEALED).read_bytes()
    told = [str(rows[0]["release_key"]).encode(), school.course.encode(), b"PAR1", b"release_key"]
    assert not [one for one in told if one in content]
    copied = LocalReleaseFiles(folder.parent, Keys(b"1" * 32))
    for reader, tenant in ((copied, TENANT), (files, "another")):  # another installation's key, another tenant's
        with pytest.raises(Unavailable) as refused:
            reader.rows(release_id, sealed_for=tenant)
        assert refused.value.code == "release_file_changed"
    other = folder.parent / str(uuid4())
    other.mkdir()
    for spoilt in (content, content[:-1] + bytes([content[-1] ^ 1]), content[:20], b""):  # another release's; damaged
        (other / SEALED).write_bytes(spoilt)
        with pytest.raises(Unavailable):
            files.rows(UUID(other.name), sealed_for=TENANT)
    kept = files.rows(release_id, sealed_for=TENANT)
    files.rewrite(release_id, kept, sealed_for=TENANT)
    assert (folder / SEALED).read_bytes()[:60] != content[:60]  # under a fresh key


def test_whoever_revokes_is_out_of_the_next_release_and_of_the_enclave(school: School, run: Run) -> None:
    said = run("make", "before", "--kind", "pseudonymous", "--course", school.course, "--json")
    before = {row["release_key"] for row in school.rows(said)}
    assert len(before) == LEARNERS
    job = school.installation.system.research_releases
    assert not job.pending()
    gone = next(iter(school.keys))
    school.research(gone, "withdrawn")
    try:
        assert job.pending()
        done = job.run()
        assert done is not None
        assert done.rows_out >= 1
        after = {row["release_key"] for row in school.rows(said)}
        assert after < before
        assert not job.pending()
        members = "SELECT learner_key::text FROM release_members WHERE release_id = %s"
        held = {key for (key,) in school.installation.rows(members, json.loads(said)["release_id"])}
        assert school.keys[gone] not in held
        assert len(held) == len(after)
        later = run("make", "after", "--kind", "pseudonymous", "--course", school.course, "--json")
        held = {key for (key,) in school.installation.rows(members, json.loads(later)["release_id"])}
        assert len(school.rows(later)) == LEARNERS - 1
        assert school.keys[gone] not in held
    finally:
        school.research(gone, "granted")


def test_a_release_that_attackers_break_is_not_written(school: School, installation: Installation) -> None:
    system = installation.system
    bare = ResearchReleases(
        system.releases, system.release_files, lambda: system.event_log, system.job_runs, system.registries,
        system.groups.floor, clock=lambda: datetime.now(UTC), protect=False,
    )  # fmt: skip
    before = sorted((installation.data / "releases").glob("*")) if (installation.data / "releases").exists() else []
    with pytest.raises(Conflict) as refused:
        bare.make(TENANT, "bare", "pseudonymous", [school.course], actor="test")
    assert refused.value.code == "release_unsafe"
    assert "singling_out" in refused.value.reason
    assert sorted((installation.data / "releases").glob("*")) == before


def test_rubbish_is_refused(school: School, run: Run) -> None:
    for words, refusal in (
        (("make", "x", "--kind", "naked", "--course", school.course), InputError),
        (("make", "x", "--kind", "anonymous", "--course", school.course, "--k", "4"), InputError),
        (("make", "x", "--kind", "anonymous", "--course", school.course, "--l", "1"), InputError),
        (("make", "x", "--kind", "anonymous", "--course", "no-such-course"), NotFound),
        (("make", "x", "--kind", "pseudonymous", "--course", school.course, "--k", "500"), Conflict),
        (("show", "nothing"), InputError),
        (("show", "5d1f6a3f-8c4f-4a53-9a0b-1f1f6a3f5a11"), NotFound),
    ):
        with pytest.raises(refusal):
            run(*words)


def test_an_erased_learner_leaves_the_pseudonymous_release(schools: Callable[[str], School], run: Run) -> None:
    school = schools("zoology")
    said = run("make", "animals", "--kind", "pseudonymous", "--course", school.course, "--json")
    public = run("make", "public animals", "--kind", "anonymous", "--course", school.course, "--json")
    before = {row["release_key"] for row in school.rows(said)}
    user = next(iter(school.keys))
    receipt = school.installation.erase(user)
    after = {row["release_key"] for row in school.rows(said)}
    assert after < before
    told = receipt["recipients"]["research releases"]
    assert told["anonymous"] == STAND
    assert told["pseudonymous"]["rows_removed"] == len(before) - len(after)
    assert receipt["removed"]["release_members"] >= 1
    assert receipt["verified"], receipt["search"]
    assert len(school.rows(public)) == LEARNERS
    assert not school.installation.system.research_releases.pending()
