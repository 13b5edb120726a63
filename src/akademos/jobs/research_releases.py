"""Make research releases, and keep people out of the pseudonymous ones who do not consent any more.

A release is read from the core under live consent to research, made coarse (`privacy.research_release`), attacked
(`privacy.release_attacks`), and written only if it withstands. Before it is registered everybody in it is looked up
again, while nobody of the tenant can change a decision or be erased.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import orjson
import structlog

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.registry import Registry
from akademos.errors import Conflict, InputError, NotFound, Unavailable
from akademos.jobs.release_traces import traces
from akademos.privacy.erasure import ErasedPerson
from akademos.privacy.release_attacks import disclosure_report
from akademos.privacy.release_dictionary import dictionary, dictionary_page
from akademos.privacy.research_release import Release as Anonymised
from akademos.privacy.research_release import Row, Trace, anonymise, unprotected, without
from akademos.stores.ports.erasure import Erasure
from akademos.stores.ports.event_log import EventLogReader
from akademos.stores.ports.job_runs import JobRun, JobRuns
from akademos.stores.ports.releases import Member, Release, ReleaseFiles, ReleaseKind, ReleaseRegister

log = structlog.get_logger()

JOB = "releases"
MAKING = "release"
ATTEMPTS = 3
SWEPT_AFTER_S = 3600.0
KEY_BYTES = 16

STAND = "stand: nobody can tell whose rows they hold"
"""What the receipt of an erasure says about anonymous releases."""


class ResearchReleases:
    """Makes, shrinks and withdraws releases.

    Args:
        register, files, core, runs: the stores; the core is opened when it is first needed.
        registries: a tenant's event types; only those that declare the purpose research are read.
        floor: the tenant's k.
        clock: the installation's.
        chance: for attackers; the keys of rows come from the operating system.
        protect: how rows are made coarse; to be left out for measuring what attackers find then.
    """

    def __init__(
        self,
        register: ReleaseRegister,
        files: ReleaseFiles,
        core: Callable[[], EventLogReader],
        runs: JobRuns,
        registries: Callable[[str], Registry],
        floor: Callable[[str], int],
        *,
        clock: Callable[[], datetime],
        chance: random.Random | None = None,
        protect: bool = True,
    ) -> None:
        self._register = register
        self._files = files
        self._core = core
        self._runs = runs
        self._registries = registries
        self._floor = floor
        self._clock = clock
        self._chance = chance or secrets.SystemRandom()
        self._protect = protect

    def make(
        self,
        tenant_id: str,
        name: str,
        kind: ReleaseKind,
        courses: Sequence[str],
        *,
        actor: str,
        k: int | None = None,
        diversity: int = LIMITS.release_diversity,
    ) -> Release:
        """Make one release of some courses.

        Raises:
            InputError: k is below the tenant's floor, l below two, or no course is named.
            NotFound: there is no such course.
            Conflict: nobody is left (`release_empty`), the release fails its own tests (`release_unsafe`), the course
                was released before and has not gone on (`released_before`), the name is taken, another one is made.
            Unavailable: consent kept changing meanwhile.
        """
        smallest = self._checked(tenant_id, courses, k, diversity)
        with self._runs.running(MAKING, tenant_id) as run:
            if run is None:
                raise Conflict("Another release is being made.", hint="Wait for it.", code="release_running")
            self._files.sweep(self._register.known(), older_than_s=SWEPT_AFTER_S)
            for _ in range(ATTEMPTS):
                made = self._attempt(tenant_id, name, kind, sorted(set(courses)), smallest, diversity, actor)
                if made is not None:
                    run.rows_out = made.row_count
                    return made
        raise Unavailable(
            "The consent of people in the release kept changing while it was made.",
            hint="Try again.",
            code="consent_changed",
        )

    def _checked(self, tenant_id: str, courses: Sequence[str], k: int | None, least: int) -> int:
        floor = self._floor(tenant_id)
        if k is not None and k < floor:
            raise InputError(
                f"The tenant releases nothing about groups of fewer than {floor} people.",
                hint="Leave --k out, or name a larger number.",
                code="group_floor_invalid",
            )
        if least < LIMITS.release_diversity:
            raise InputError(f"l is at least {LIMITS.release_diversity}.", hint="Leave --l out.", code="l_invalid")
        if not courses:
            raise InputError("A release is of one or more courses.", hint="Name them with --course.")
        return k or floor

    def _attempt(
        self, tenant_id: str, name: str, kind: ReleaseKind, courses: Sequence[str], k: int, least: int, actor: str
    ) -> Release | None:
        found, weeks = self._read(tenant_id, courses)
        if kind == "anonymous":
            self._require_new_weeks(tenant_id, weeks)
        anonymised = anonymise(found, k=k, diversity=least) if self._protect else unprotected(found)
        report = self._tested(found, anonymised, k, least)
        release_id = uuid4()
        keyed = [(secrets.token_hex(KEY_BYTES), person, row) for person, row in anonymised.rows]
        parameters = {"courses": list(courses), "weeks": weeks, "k": k, "l": least}
        try:
            checksum = self._files.write(
                release_id,
                [(key, row) for key, _, row in keyed],
                _papers(name, kind, parameters, report),
                sealed_for=tenant_id if kind == "pseudonymous" else None,
            )
            release = Release(
                tenant_id, release_id, name, kind, self._clock(), actor, parameters, len(keyed), checksum, report
            )
            members = [Member(person, row.known[0], key) for key, person, row in keyed]
            people = {person for _, person, _ in keyed}
            if self._register.add(release, people, members if kind == "pseudonymous" else []):
                return release
        except BaseException:
            self._files.remove(release_id)
            raise
        self._files.remove(release_id)
        return None

    def _read(self, tenant_id: str, courses: Sequence[str]) -> tuple[list[Trace], dict[str, int]]:
        population = self._register.population(tenant_id, courses)
        unknown = [one for one in courses if one not in population.courses]
        if unknown:
            raise NotFound(
                f"There is no course {unknown[0]}.", hint="Name it as the records do.", code="unknown_course"
            )
        names = [event.name for event in self._registries(tenant_id).newest() if Purpose.RESEARCH in event.purposes]
        return traces(self._core(), tenant_id, population, names)

    def _require_new_weeks(self, tenant_id: str, weeks: Mapping[str, int]) -> None:
        for before in self._register.all(tenant_id):
            told = before.parameters["weeks"] if before.kind == "anonymous" else {}
            again = [one for one in weeks if one in told and weeks[one] < told[one] + LIMITS.release_again_weeks]
            if again:
                raise Conflict(
                    f"The course {again[0]} was released as {before.name}, and has not gone on for "
                    f"{LIMITS.release_again_weeks} weeks since.",
                    hint="Two releases of the same weeks differ by whoever came or left; use the one there is.",
                    code="released_before",
                )

    def _tested(self, found: Sequence[Trace], anonymised: Anonymised, k: int, least: int) -> dict[str, Any]:
        if not anonymised.rows:
            raise Conflict(
                f"Nothing is left to release: no {k} learners of one course consent to research.",
                hint="Wait for more learners, or name other courses.",
                code="release_empty",
            )
        report = disclosure_report(found, anonymised.rows, k=k, diversity=least, chance=self._chance)
        if report["failed"]:
            raise Conflict(
                f"The release fails its own tests ({', '.join(report['failed'])}) and was not written.",
                hint="Release fewer courses, or with a larger --k.",
                code="release_unsafe",
            )
        return report

    def pending(self) -> bool:
        """Whether anybody has to go from a pseudonymous release."""
        return bool(self._register.outdated())

    def run(self) -> JobRun | None:
        """Take everybody out who does not consent any more; None when another process is at it."""
        with self._runs.running(JOB) as run:
            if run is not None:
                for tenant_id, release_id in self._register.outdated():
                    run.rows_in += 1
                    run.rows_out += self._shrink(tenant_id, release_id)
        return run

    def tell(self, erasure: Erasure, _: ErasedPerson) -> Mapping[str, Any]:
        """For the erasure job: the person's rows go now; what the receipt says of it."""
        outdated = self._register.outdated(erasure.tenant_id)
        gone = sum(self._shrink(*one) for one in outdated)
        return {"pseudonymous": {"releases_changed": len(outdated), "rows_removed": gone}, "anonymous": STAND}

    def _shrink(self, tenant_id: str, release_id: UUID) -> int:
        return self._register.shrink(tenant_id, release_id, self._rewrite, actor=f"job:{JOB}")

    def _rewrite(self, release: Release, live: frozenset[str]) -> tuple[frozenset[str], str]:
        asked = release.parameters
        try:
            rows = self._files.rows(release.release_id, sealed_for=release.sealed_for)
        except Unavailable as gone:  # a file that was lost holds nobody, and must not hold up an erasure
            log.warning("release_file_missing", release=str(release.release_id), code=gone.code)
            rows = []
        left = without(rows, lambda key: key not in live, k=asked["k"], diversity=asked["l"])
        kept = self._files.rewrite(release.release_id, left, sealed_for=release.sealed_for)
        return frozenset(key for key, _ in left), kept

    def withdraw(self, tenant_id: str, release_id: UUID, *, actor: str) -> bool:
        """Withdraw a release: its files go, its line stays. What was handed out is not called back by that."""
        done = self._register.withdraw(tenant_id, release_id, actor=actor)
        self._files.remove(release_id)
        return done

    def rows(self, release: Release) -> list[tuple[str, Row]]:
        """The rows of a release as they may be read now: of a pseudonymous one, once whoever does not consent any more
        is out of it.

        Raises:
            Unavailable: the file is not there, or not the one that was made.
        """
        if release.kind == "pseudonymous":
            for one in self._register.outdated(release.tenant_id):
                self._shrink(*one)
        return self._files.rows(release.release_id, sealed_for=release.sealed_for)


def _papers(name: str, kind: str, parameters: Mapping[str, Any], report: Mapping[str, Any]) -> dict[str, bytes]:
    said = {"name": name, "kind": kind, "parameters": parameters, "report": report}
    return {
        "report.json": orjson.dumps(said, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS),
        "dictionary.json": orjson.dumps(dictionary(), option=orjson.OPT_INDENT_2),
        "dictionary.md": dictionary_page().encode(),
    }
