"""Owners of alerts are told by mail, over a real mail server: once, not at night, and never about whom."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from tests.alerts.conftest import ADDRESS, PAGE, Desk, PostOffice, free_port, server_at

from akademos.catalogue.alert_datasets import ALERT_LIMITS
from akademos.catalogue.declarations import Purpose
from akademos.catalogue.records.support import ALERTS
from akademos.errors import InputError, SettingsError
from akademos.stores.ports.alerts import AlertSettings
from akademos.stores.postgres.behaviours import SUBSCRIBERS
from akademos.stores.postgres.record_changes import RecordWork
from akademos.stores.smtp.mail import SmtpMail

ROOT = Path(__file__).parents[2]


def words_of(mail: Message) -> str:
    """The text of a message."""
    content = mail.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


@pytest.fixture
def waiting(desk: Desk) -> Desk:
    """Two alerts that ann is to be told of."""
    desk.tell()
    desk.scored("ada", "ben")
    assert desk.raised() == 2
    return desk


def test_one_message_for_all_that_wait_which_names_nobody(waiting: Desk, post_office: PostOffice) -> None:
    job = waiting.mailer(server_at(post_office.port))
    assert job.once() == "sent"
    assert job.once() is None
    (mail,) = post_office.taken
    text = words_of(mail)
    assert (mail["To"], mail["From"]) == (ADDRESS, "Akademos <akademos@college.example>")
    assert "2" in str(mail["Subject"])
    assert "new in focus: 2" in text
    assert PAGE in text
    everything = mail.as_string()
    for hidden in ("ada", "Ada", "ben", "Algebra", "algebra", *waiting.people.values()):
        assert hidden not in everything, hidden
    assert waiting.states() == ["sent", "sent"]


def test_quiet_hours_hold_it_back_by_the_persons_own_clock(waiting: Desk, post_office: PostOffice) -> None:
    waiting.tell(time_zone="Asia/Tokyo", quiet_from="20:00", quiet_until="07:30")
    tomorrow = (waiting.clock[0] + timedelta(days=1)).date()
    waiting.clock[0] = datetime(tomorrow.year, tomorrow.month, tomorrow.day, 14, 0, tzinfo=UTC)  # 23:00 in Tokyo
    job = waiting.mailer(server_at(post_office.port))
    assert job.once() == "postponed"
    waiting.clock[0] += timedelta(hours=8)
    assert job.once() is None
    assert post_office.taken == []
    waiting.clock[0] += timedelta(minutes=31)
    assert job.once() == "sent"
    assert len(post_office.taken) == 1


@pytest.mark.parametrize("purpose", [Purpose.ADVISING, Purpose.LEARNING_SUPPORT])
def test_consent_is_looked_at_when_it_is_sent(waiting: Desk, post_office: PostOffice, purpose: Purpose) -> None:
    job = waiting.mailer(server_at(post_office.port))
    waiting.institution.decide("ada", "withdrawn", purpose=purpose)
    assert job.once() == "sent"
    (mail,) = post_office.taken
    assert "new in focus: 1" in words_of(mail)
    assert waiting.states() == ["sent", "withheld"]


def test_nothing_is_sent_when_nothing_is_left_to_tell(waiting: Desk, post_office: PostOffice) -> None:
    waiting.institution.decide("ada", "withdrawn", purpose=Purpose.ADVISING)
    with waiting.institution.database.pipeline(waiting.tenant) as transaction:
        rows = transaction.execute(
            "SELECT alert_id FROM learner_alerts WHERE learner_key = %s", (waiting.people["ben"],)
        ).fetchall()
        work = RecordWork(transaction, waiting.tenant, waiting.institution.keys, "test", waiting.people["ann"])
        work.change(ALERTS, (rows[0][0],), action="acknowledge")
        work.finish()
    assert waiting.mailer(server_at(post_office.port)).once() is None
    assert post_office.taken == []
    assert waiting.states() == ["withheld", "withheld"]


def test_who_does_not_advise_the_learner_any_more_is_not_told(waiting: Desk, post_office: PostOffice) -> None:
    waiting.rows("DELETE FROM advisee_assignments WHERE advisor_key = %s RETURNING 1", waiting.people["ann"])
    assert waiting.mailer(server_at(post_office.port)).once() is None
    assert waiting.states() == ["withheld", "withheld"]


def advised_by_prof(desk: Desk) -> str:
    """An alert of a learner whom prof advises, too, and who wants mail, too; its id."""
    with desk.institution.database.pipeline(desk.tenant) as transaction:
        (alert_id,) = transaction.execute("SELECT alert_id FROM learner_alerts LIMIT 1").fetchone() or ("",)
        transaction.execute(
            "INSERT INTO advisee_assignments (tenant_id, advisor_key, learner_key) SELECT tenant_id, %s, learner_key "
            "FROM learner_alerts WHERE alert_id = %s", (desk.people["prof"], alert_id),
        )  # fmt: skip
    wanted = AlertSettings(by_mail=True, address="prof@college.example", time_zone="UTC", language="de")
    desk.alerts.set_settings(desk.tenant, desk.people["prof"], wanted)
    return str(alert_id)


def hand_over(desk: Desk, alert_id: str, giver: str, taker: str) -> None:
    with desk.institution.database.pipeline(desk.tenant) as transaction:
        work = RecordWork(
            transaction, desk.tenant, desk.institution.keys, "test", desk.people[giver], subscribers=SUBSCRIBERS
        )
        work.change(ALERTS, (alert_id,), values={"owner_key": desk.people[taker]})
        work.finish()


def test_whom_an_alert_is_handed_to_is_told(waiting: Desk, post_office: PostOffice) -> None:
    waiting.mailer(server_at(post_office.port)).once()
    hand_over(waiting, advised_by_prof(waiting), "ann", "prof")
    assert waiting.mailer(server_at(post_office.port)).once() == "sent"
    sent = {str(mail["To"]): mail for mail in post_office.taken}
    assert "Studierende im Blick" in str(sent["prof@college.example"]["Subject"])


def test_whom_an_alert_is_handed_back_to_is_told_again(waiting: Desk, post_office: PostOffice) -> None:
    job, alert_id = waiting.mailer(server_at(post_office.port)), advised_by_prof(waiting)
    assert job.once() == "sent"
    hand_over(waiting, alert_id, "ann", "prof")
    hand_over(waiting, alert_id, "prof", "ann")
    assert job.once() == "sent"
    assert job.once() is None
    assert [str(mail["To"]) for mail in post_office.taken] == [ADDRESS, ADDRESS], "prof has it no more"
    assert waiting.states() == ["sent", "sent", "withheld"]


@pytest.mark.faults
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_process_that_dies_loses_nothing_and_a_repetition_is_known(
    waiting: Desk, post_office: PostOffice, dsn: str, when: str
) -> None:
    now = waiting.clock[0]
    died = subprocess.run(
        [sys.executable, "-m", "tests.alerts.dying", dsn, str(post_office.port), now.isoformat(), when],
        cwd=ROOT, check=False,
    )  # fmt: skip
    assert died.returncode == -9
    job = waiting.mailer(server_at(post_office.port))
    assert job.once() is None, "the dead process's lease still stands"
    waiting.clock[0] = now + ALERT_LIMITS.lease + timedelta(seconds=1)
    assert job.once() == "sent"
    assert job.once() is None
    taken = post_office.taken
    assert len(taken) == (1 if when == "before" else 2)
    assert len({str(mail["Message-ID"]) for mail in taken}) == 1
    assert waiting.states() == ["sent", "sent"]


class Fussy:
    """Answers what it is told to, then takes."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.taken: list[str] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 - named by aiosmtpd
        if self.answers:
            return self.answers.pop(0)
        self.taken.append(envelope.content.decode())
        return "250 taken"


@pytest.fixture
def fussy() -> Iterator[tuple[Fussy, int]]:
    handler, port = Fussy(), free_port()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, port
    controller.stop()


def test_a_failure_is_tried_again_after_a_pause_under_the_same_id(waiting: Desk, fussy: tuple[Fussy, int]) -> None:
    handler, port = fussy
    handler.answers = [f"451 {ADDRESS} is busy"]
    job = waiting.mailer(server_at(port))
    assert job.once() == "failed"
    assert job.once() is None
    ((notice, error),) = waiting.rows("SELECT DISTINCT notice_id::text, last_error FROM alert_deliveries")
    assert error == "the mail server answered 451", "what it said may hold the address"
    waiting.clock[0] += timedelta(seconds=6)
    assert job.once() == "sent"
    assert f"Message-ID: <{notice}@college.example>" in handler.taken[0]


def test_a_refusal_for_good_is_given_up_at_once(waiting: Desk, fussy: tuple[Fussy, int]) -> None:
    handler, port = fussy
    handler.answers = ["550 no such mailbox"]
    job = waiting.mailer(server_at(port))
    assert job.once() == "dead"
    assert job.once() is None
    assert waiting.states() == ["dead", "dead"]
    job.measure()
    assert waiting.notices.standing(waiting.clock[0]).dead == 2


def test_a_server_that_is_away_is_given_up_after_so_many_attempts(waiting: Desk) -> None:
    job = waiting.mailer(server_at(free_port()))
    results = []
    for _ in range(ALERT_LIMITS.attempts):
        results.append(job.once())
        waiting.clock[0] += timedelta(hours=1)
    assert results == ["failed"] * (ALERT_LIMITS.attempts - 1) + ["dead"]
    assert job.once() is None


def test_two_processes_do_not_tell_the_same(waiting: Desk) -> None:
    first = waiting.notices.take(waiting.clock[0])
    assert first is not None
    assert waiting.notices.take(waiting.clock[0]) is None
    waiting.clock[0] += ALERT_LIMITS.lease + timedelta(seconds=1)
    second = waiting.notices.take(waiting.clock[0])
    assert second is not None
    assert second.notice_id == first.notice_id
    assert not waiting.notices.sent(first), "the first has lost its lease"
    assert waiting.notices.sent(second)


@pytest.mark.parametrize(
    ("address", "code"),
    [("ann@elsewhere.example", "domain_not_declared"), ("ann", "address_invalid"),
     ("ann@college.example\nBcc: x@y.example", "address_invalid"), ("a b@college.example", "address_invalid")],
)  # fmt: skip
def test_mail_goes_to_declared_domains_only(address: str, code: str) -> None:
    mail = SmtpMail(server_at(25), development=True)
    with pytest.raises(InputError) as refused:
        mail.check(address)
    assert refused.value.code == code
    SmtpMail(server_at(25, domains="*.example"), development=True).check("ann@college.example")


def test_no_mail_in_clear_outside_of_development() -> None:
    with pytest.raises(SettingsError):
        SmtpMail(server_at(25))
    with pytest.raises(SettingsError):
        SmtpMail(server_at(25, sender=""), development=True)


def test_erasing_a_learner_or_the_advisor_leaves_nothing_to_send(waiting: Desk, post_office: PostOffice) -> None:
    waiting.rows("DELETE FROM learner_alerts WHERE learner_key = %s RETURNING 1", waiting.people["ada"])
    assert len(waiting.states()) == 1
    waiting.rows("DELETE FROM identifiers WHERE learner_key = %s RETURNING 1", waiting.people["ann"])
    waiting.rows("DELETE FROM people WHERE learner_key = %s RETURNING 1", waiting.people["ann"])
    assert waiting.states() == []
    assert waiting.rows("SELECT count(*) FROM alert_settings") == [(0,)]
    assert waiting.rows("SELECT owner_key FROM learner_alerts") == [(None,)]
    assert waiting.mailer(server_at(post_office.port)).once() is None
