"""Attempts and recommendations end although nobody says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.records.desk import Desk
from tests.records.test_quiz_attempts import RIGHT, begin

from akademos.stores.postgres.record_expiry import PostgresRecordExpiry


def test_an_attempt_ends_with_its_time_and_is_scored_by_what_was_saved(taught: Desk) -> None:
    expiry, ada = PostgresRecordExpiry(taught.database, taught.keys), taught.person("ada")
    begin(taught, ada)
    taught.change("learning_quiz_attempts", "a1", answers=RIGHT[:1])
    begun = taught.read("learning_quiz_attempts", "a1")["started_at"]
    assert expiry.expire_due(begun + timedelta(seconds=605))["learning_quiz_attempts"] == 0
    assert expiry.expire_due(begun + timedelta(seconds=611))["learning_quiz_attempts"] == 1
    ended = taught.read("learning_quiz_attempts", "a1")
    assert (ended["status"], ended["score"], ended["passed"]) == ("scored", 0.5, False)
    action, subject, _ = taught.audit()[-1]
    assert (action, subject) == ("quiz.scored", taught.audit_name(ada))


def test_a_recommendation_ends_and_one_that_was_dismissed_does_not(desk: Desk) -> None:
    ada, now = desk.person("ada"), datetime.now(UTC)
    for name in ("r1", "r2", "r3"):
        desk.create(
            "learning_recommendations",
            recommendation_id=name,
            learner_key=ada,
            action="review fractions",
            reason="due",
            source_trigger="knowledge_gap",
            expires_at=now + timedelta(days=2 if name == "r3" else 1),
        )
    desk.act("learning_recommendations", "r2", "dismiss", by=ada)
    expiry = PostgresRecordExpiry(desk.database, desk.keys)
    assert expiry.expire_due(now + timedelta(days=1))["learning_recommendations"] == 1
    states = [desk.read("learning_recommendations", name)["status"] for name in ("r1", "r2", "r3")]
    assert states == ["expired", "dismissed", "proposed"]
    noted = [action for action, _, _ in desk.audit()]
    assert noted == ["recommendation.created"] * 3 + ["recommendation.dismissed"]
