"""Attempts are numbered, timed and scored by the platform; what was begun stays on its revision."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from tests.records.desk import Desk, Row

from akademos.errors import Conflict, InputError

RIGHT = [{"question_id": "i1", "chosen": ["a"]}, {"question_id": "i2", "text": "112"}]
HALF = [{"question_id": "i1", "chosen": ["b"]}, {"question_id": "i2", "text": "112"}]


def begin(desk: Desk, learner: str, attempt: str = "a1", **values: object) -> Row:
    return desk.create(
        "learning_quiz_attempts", by=learner, attempt_id=attempt, learner_key=learner, quiz_id="q", **values
    )


def submit(desk: Desk, attempt: str = "a1", answers: object = RIGHT) -> Row:
    return desk.act("learning_quiz_attempts", attempt, "submit", answers=answers)


def test_an_attempt_is_scored_and_noted_with_its_submission(taught: Desk) -> None:
    ada = taught.person("ada")
    begun = begin(taught, ada)
    assert (begun["attempt_number"], begun["quiz_revision"], begun["course_id"]) == (1, 1, "aid")
    done = submit(taught, answers=HALF)
    assert (done["status"], done["score"], done["passed"]) == ("scored", 0.75, True)
    assert done["item_scores"] == [{"question_id": "i1", "score": 0.5}, {"question_id": "i2", "score": 1}]
    action, subject, detail = taught.audit()[-1]
    assert (action, subject) == ("quiz.scored", taught.audit_name(ada))
    assert detail["key"] == {"attempt_id": "a1"}


def test_attempts_run_out_even_for_two_at_once(taught: Desk) -> None:
    ada = taught.person("ada")
    begin(taught, ada, "a1")
    begin(taught, ada, "a2")

    def attempt(name: str) -> str:
        try:
            return str(begin(taught, ada, name)["attempt_number"])
        except Conflict as refusal:
            return refusal.code

    with ThreadPoolExecutor(2) as both:
        outcome = sorted(both.map(attempt, ["a3", "a4"]))
    assert outcome == ["3", "attempts_used_up"]
    begin(taught, taught.person("ben"), "b1")


def test_what_comes_after_the_time_limit_is_scored_and_does_not_pass(taught: Desk) -> None:
    ada = taught.person("ada")
    begin(taught, ada)
    taught.execute("UPDATE learning_quiz_attempts SET started_at = now() - interval '11 minutes'")
    done = submit(taught)
    assert (done["score"], done["passed"]) == (1, False)


def test_only_a_service_account_says_when_an_attempt_began(taught: Desk) -> None:
    ada, long_ago = taught.person("ada"), datetime.now(UTC) - timedelta(hours=1)
    assert begin(taught, ada, started_at=long_ago)["started_at"] > long_ago
    offline = taught.create(
        "learning_quiz_attempts", attempt_id="a2", learner_key=ada, quiz_id="q", started_at=long_ago
    )
    assert offline["started_at"] == long_ago


def test_a_revision_does_not_change_what_was_begun_on_the_one_before(taught: Desk) -> None:
    ada, ben = taught.person("ada"), taught.person("ben")
    begin(taught, ada)
    taught.act("items", "i2", "revise")
    taught.change("items", "i2", answer_key={"kind": "numeric", "correct": 911})
    taught.publish("items", "i2")
    taught.act("learning_quizzes", "q", "revise")
    taught.change("learning_quizzes", "q", question_ids=["i2"], pass_threshold=1)
    taught.publish("learning_quizzes", "q")
    assert submit(taught)["score"] == 1, "two items, 112 is right"
    begun = begin(taught, ben, "b1")
    assert begun["quiz_revision"] == 2
    assert submit(taught, "b1", [{"question_id": "i2", "text": "112"}])["score"] == 0


def test_answers_that_cannot_be_scored_leave_the_attempt_as_it_was(taught: Desk) -> None:
    begin(taught, taught.person("ada"))
    before = taught.audit()
    with pytest.raises(InputError) as refused:
        submit(taught, answers=[{"question_id": "i1", "chosen": ["z"]}])
    assert refused.value.pointer == "/answers/i1"
    assert taught.read("learning_quiz_attempts", "a1")["status"] == "in_progress"
    assert taught.audit() == before


def test_nobody_hands_in_twice(taught: Desk) -> None:
    begin(taught, taught.person("ada"))
    submit(taught)
    with pytest.raises(Conflict) as refused:
        submit(taught)
    assert refused.value.code == "illegal_transition"


def test_a_quiz_that_is_not_published_cannot_be_taken(taught: Desk) -> None:
    taught.act("learning_quizzes", "q", "archive")
    with pytest.raises(InputError) as refused:
        begin(taught, taught.person("ada"))
    assert refused.value.code == "not_published"
