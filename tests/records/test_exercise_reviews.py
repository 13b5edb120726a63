"""Reviews: points by rubric, who may review, and a second or third look where two disagree."""

from __future__ import annotations

import pytest
from tests.records.desk import Desk, Row

from akademos.errors import AkademosError


def hand_in(desk: Desk, learner: str) -> None:
    desk.create("learning_exercise_submissions", submission_id="s", learner_key=learner, exercise_id="e",
                evidence_reference="film.mp4")  # fmt: skip
    desk.act("learning_exercise_submissions", "s", "submit")


def review(desk: Desk, reviewer: str, points: int, feedback: str | None = None) -> Row:
    scores = [{"criterion": "care", "level": str(points)}]
    return desk.act(
        "learning_exercise_submissions", "s", "review", by=reviewer, rubric_scores=scores, feedback=feedback
    )


def test_one_review_settles_it(taught: Desk) -> None:
    ada, prof = taught.person("ada"), taught.person("prof", "staff")
    hand_in(taught, ada)
    done = review(taught, prof, 7, "Gut.")
    assert (done["status"], done["score"], done["passed"], done["reviewer_key"]) == ("reviewed", 0.7, True, prof)
    assert done["rubric_scores"] == [{"criterion": "care", "level": "7", "points": 7}]
    action, subject, _ = taught.audit()[-1]
    assert (action, subject) == ("exercise.reviewed", taught.audit_name(ada))
    assert taught.read("learning_exercise_reviews", "s", 1)["score"] == 0.7


def test_two_reviewers_who_disagree_call_for_a_third(taught: Desk) -> None:
    taught.act("learning_practical_exercises", "e", "revise")
    taught.change("learning_practical_exercises", "e", review="two")
    taught.publish("learning_practical_exercises", "e")
    hand_in(taught, taught.person("ada"))
    one, two, three = (taught.person(name, "staff") for name in ("one", "two", "three"))
    first = review(taught, one, 9)
    assert (first["status"], first["score"], first["reviewed_at"]) == ("second_review", None, None)
    second = review(taught, two, 5)
    assert (second["status"], second["second_reviewer_key"], second["passed"]) == ("second_review", two, None)
    third = review(taught, three, 6)
    assert (third["status"], third["score"], third["passed"]) == ("reviewed", 0.55, True)


def test_a_learner_may_have_it_looked_at_once_more(taught: Desk) -> None:
    ada, one, two = taught.person("ada"), taught.person("one", "staff"), taught.person("two", "staff")
    hand_in(taught, ada)
    review(taught, one, 6)
    waiting = taught.act("learning_exercise_submissions", "s", "contest", by=ada)
    assert (waiting["status"], waiting["score"]) == ("second_review", None)
    with pytest.raises(AkademosError) as refused:
        review(taught, one, 7)
    assert refused.value.code == "reviewed_already"
    assert review(taught, two, 7)["score"] == pytest.approx(0.65)
    with pytest.raises(AkademosError) as refused:
        taught.act("learning_exercise_submissions", "s", "contest", by=ada)
    assert refused.value.code == "reviewed_twice"


def test_nobody_reviews_their_own_work_or_off_the_rubric(taught: Desk) -> None:
    prof = taught.person("prof", "staff")
    hand_in(taught, prof)
    with pytest.raises(AkademosError) as refused:
        review(taught, prof, 10)
    assert refused.value.code == "own_work"
    with pytest.raises(AkademosError) as refused:
        review(taught, taught.person("other", "staff"), 11)
    assert refused.value.code == "level_unknown"
    assert taught.read("learning_exercise_submissions", "s")["status"] == "submitted"


def test_the_rubric_of_the_revision_that_was_worked_on_counts(taught: Desk) -> None:
    hand_in(taught, taught.person("ada"))
    taught.act("learning_practical_exercises", "e", "revise")
    levels = [{"level": "0", "points": 0}, {"level": "7", "points": 100}]
    taught.change("learning_practical_exercises", "e", rubric={"criteria": [{"criterion": "new", "levels": levels}]})
    taught.publish("learning_practical_exercises", "e")
    assert review(taught, taught.person("prof", "staff"), 7)["score"] == 0.7
