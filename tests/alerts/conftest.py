"""An institution with scores, an advisor who wants mail, and a mail server in a process of its own."""

from __future__ import annotations

import mailbox
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from tests.serving.institution import Institution, furnish
from tests.serving.test_risk_store import score

from akademos.catalogue.declarations import Purpose
from akademos.jobs.alert_mail import AlertMailJob
from akademos.jobs.risk_alerts import RiskAlertsJob
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.alerts import AlertSettings
from akademos.stores.postgres.alert_notices import PostgresAlertNotices
from akademos.stores.postgres.alerts import PostgresAlerts
from akademos.stores.postgres.behaviours import BEHAVIOURS, SUBSCRIBERS
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.risk import PostgresRisk
from akademos.stores.smtp.mail import MailServer, SmtpMail

PAGE = "https://college.example/students-in-focus"
ADDRESS = "ann@college.example"


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def server_at(port: int, **more: Any) -> MailServer:
    told = {"user": "", "password": "", "sender": "Akademos <akademos@college.example>", "domains": "college.example"}
    return MailServer("127.0.0.1", port, "none", **{**told, **more})


@dataclass
class Desk:
    """Stores and jobs over a small institution. The clock is moved by hand; it starts ahead of the store's."""

    institution: Institution
    clock: list[datetime] = field(default_factory=lambda: [datetime.now(UTC) + timedelta(minutes=1)])

    def __post_init__(self) -> None:
        database, keys = self.institution.database, self.institution.keys
        self.tenant, self.people = self.institution.tenant, self.institution.people
        self.risk = PostgresRisk(database)
        self.alerts = PostgresAlerts(database, keys, behaviours=BEHAVIOURS, subscribers=SUBSCRIBERS)
        self.notices = PostgresAlertNotices(database, keys)
        self.runs = PostgresJobRuns(database)

    @property
    def week(self) -> datetime:
        now = self.clock[0]
        return now - timedelta(days=now.weekday())

    def scored(self, *users: str, risk: float = 0.7, weeks_ago: int = 0, level: str = "high") -> None:
        """Scores of algebra in a week."""
        as_of = self.week.date() - timedelta(weeks=weeks_ago)
        rows = []
        for user in users:
            one = score(self.people[user], risk=risk, as_of=as_of)
            rows.append(type(one)(**{name: getattr(one, name) for name in type(one).__slots__} | {"level": level}))
        self.risk.write(self.tenant, as_of, rows)

    def raised(self) -> int:
        """Run the job; how many alerts it raised."""
        job = RiskAlertsJob(self.risk, self.alerts, self.runs, clock=lambda: self.clock[0])
        run = job.run(self.tenant)
        assert run is not None
        return run.rows_out

    def mailer(self, server: MailServer) -> AlertMailJob:
        mail = SmtpMail(server, development=True, timeout=timedelta(seconds=5))
        return AlertMailJob(
            self.notices, mail, page=PAGE, sender_domain="college.example", clock=lambda: self.clock[0],
            chance=lambda: 1.0,
        )  # fmt: skip

    def tell(self, **more: Any) -> None:
        """Ann wants mail."""
        wanted = {"by_mail": True, "address": ADDRESS, "time_zone": "UTC", **more}
        self.alerts.set_settings(self.tenant, self.people["ann"], AlertSettings(**wanted))

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self.institution.database.pipeline() as transaction:
            return transaction.execute(statement, values).fetchall()

    def states(self) -> list[str]:
        return sorted(state for (state,) in self.rows("SELECT state FROM alert_deliveries"))


@pytest.fixture
def desk(database: Database, keys: Keys) -> Desk:
    """Ada and Ben are ann's and study algebra; both consent to advising and learning support."""
    found = Desk(furnish(database, keys))
    for user in ("ada", "ben"):
        for purpose in (Purpose.ADVISING, Purpose.LEARNING_SUPPORT):
            found.institution.decide(user, "granted", purpose=purpose)
    return found


@dataclass
class PostOffice:
    """A mail server and what it has taken."""

    port: int
    folder: Path

    @property
    def taken(self) -> list[Message]:
        return sorted(mailbox.Maildir(self.folder), key=lambda one: str(one["Message-ID"]))


@pytest.fixture
def post_office(tmp_path: Path) -> Iterator[PostOffice]:
    """aiosmtpd in a process of its own, into a mailbox."""
    port, folder = free_port(), tmp_path / "mail"
    process = subprocess.Popen(
        [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Mailbox", folder],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        for _ in range(400):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert process.poll() is None, "the mail server did not start"
                time.sleep(0.05)
        yield PostOffice(port, folder)
    finally:
        process.kill()
        process.wait()
