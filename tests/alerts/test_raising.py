"""Alerts are raised once, to the right advisor, about nobody who does not consent."""

from __future__ import annotations

import psycopg
import pytest
from tests.alerts.conftest import Desk

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.records.support import ALERTS
from akademos.stores.ports.alerts import AlertSettings
from akademos.stores.postgres.record_changes import RecordWork

_ALERTS = """
    SELECT learner_key::text, course_id, kind, severity, status, owner_key::text, source_reference FROM learner_alerts
    ORDER BY learner_key, created_at
"""


def test_who_is_new_in_focus_is_raised_once_to_their_advisor(desk: Desk) -> None:
    desk.scored("ada", "ben")
    assert desk.raised() == 2
    assert desk.raised() == 0, "one is open"
    found = desk.rows(_ALERTS)
    assert {row[0] for row in found} == {desk.people["ada"], desk.people["ben"]}
    week = desk.week.date().isoformat()
    for row in found:
        assert row[1:] == ("algebra", "new_in_focus", "high", "raised", desk.people["ann"], f"risk_scores/{week}")


def test_who_was_in_focus_before_is_raised_only_when_it_rises_sharply(desk: Desk) -> None:
    desk.scored("ada", "ben", risk=0.65, weeks_ago=1)
    desk.scored("ada", risk=0.7)
    assert desk.raised() == 0
    as_of = desk.week.date()
    desk.risk.write(desk.tenant, as_of, [])
    desk.scored("ben", risk=0.85)
    assert desk.raised() == 1
    ((key, _, kind, *_),) = desk.rows(_ALERTS)
    assert (key, kind) == (desk.people["ben"], "sharp_rise")


@pytest.mark.parametrize("purpose", [Purpose.ADVISING, Purpose.LEARNING_SUPPORT])
@pytest.mark.parametrize("decision", ["withdrawn", "paused", "restricted", "objected"])
def test_nothing_is_raised_about_who_does_not_consent(desk: Desk, purpose: Purpose, decision: str) -> None:
    desk.scored("ada", "ben")
    desk.institution.decide("ada", decision, purpose=purpose)
    assert desk.raised() == 1
    assert [row[0] for row in desk.rows(_ALERTS)] == [desk.people["ben"]]


def test_nothing_is_raised_about_who_has_left_the_course(desk: Desk) -> None:
    desk.scored("ada", "ben")
    left = "UPDATE enrolments SET withdrawn_on = current_date - 1 WHERE learner_key = %s RETURNING 1"
    desk.rows(left, desk.people["ada"])
    assert desk.raised() == 1
    assert [row[0] for row in desk.rows(_ALERTS)] == [desk.people["ben"]]


def test_nothing_is_raised_about_a_course_that_is_over(desk: Desk) -> None:
    desk.scored("ada")
    desk.rows("UPDATE learning_courses SET ends_on = current_date - 1 WHERE course_id = 'algebra' RETURNING 1")
    assert desk.raised() == 0


def _settle(desk: Desk, action: str) -> None:
    with desk.institution.database.pipeline(desk.tenant) as transaction:
        ((alert_id,),) = transaction.execute("SELECT alert_id FROM learner_alerts").fetchall()
        work = RecordWork(transaction, desk.tenant, desk.institution.keys, "test")
        work.change(ALERTS, (alert_id,), action=action)
        work.finish()


def test_what_was_settled_is_not_raised_again_within_the_pause(desk: Desk, dsn: str) -> None:
    desk.scored("ada")
    assert desk.raised() == 1
    _settle(desk, "dismiss")
    assert desk.raised() == 0
    with psycopg.connect(dsn) as owner:  # what keeps created_at as it is stands in the way of going back in time
        owner.execute("ALTER TABLE akademos.learner_alerts DISABLE TRIGGER record_kept")
        owner.execute("SET ROLE akademos_pipeline")
        owner.execute("UPDATE akademos.learner_alerts SET created_at = now() - interval '15 days'")
    assert desk.raised() == 1


def test_without_a_named_advisor_it_is_the_courses(desk: Desk) -> None:
    desk.rows("DELETE FROM advisee_assignments WHERE learner_key = %s RETURNING 1", desk.people["ada"])
    desk.scored("ada")
    desk.raised()
    assert [row[5] for row in desk.rows(_ALERTS)] == [None], "prof teaches, and advises nobody"
    desk.rows("DELETE FROM learner_alerts RETURNING 1")
    desk.rows(
        "INSERT INTO staff_assignments (tenant_id, learner_key, course_id, role) VALUES (%s, %s, 'algebra', 'advisor') "
        "RETURNING 1",
        desk.tenant, desk.people["prof"],
    )  # fmt: skip
    desk.raised()
    assert [row[5] for row in desk.rows(_ALERTS)] == [desk.people["prof"]]


def test_the_change_is_in_the_log_of_changes_without_its_words(desk: Desk) -> None:
    desk.scored("ada")
    desk.raised()
    ((action, after),) = desk.rows("SELECT action, after FROM record_changes WHERE record = 'learner_alerts'")
    assert action == "create"
    assert "reason" not in after
    assert after["kind"] == "new_in_focus"


def test_only_who_wants_mail_is_to_be_told(desk: Desk) -> None:
    desk.scored("ada")
    desk.raised()
    assert desk.states() == []
    desk.tell()
    desk.scored("ada", "ben")
    desk.raised()
    assert desk.states() == ["pending"], "what stood before is on the page"
    desk.alerts.set_settings(
        desk.tenant, desk.people["ann"], AlertSettings(by_mail=False, address=None, time_zone="UTC")
    )
    assert desk.states() == ["withheld"]
