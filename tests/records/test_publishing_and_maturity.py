"""Publishing refuses what does not hold together; organisations are scored by published models; paths are followed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from tests.records.desk import Desk
from tests.records.test_certificates import complete, issue

import akademos.learning
from akademos.errors import AkademosError, Unpublishable
from akademos.stores.postgres.learner_courses import PostgresLearnerCourses

SHIPPED = Path(akademos.learning.__file__).parent / "models" / "procurement.toml"
MODEL: dict[str, Any] = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
QUESTIONS = [question["question"] for one in MODEL["rubric"]["dimensions"] for question in one["questions"]]


def test_a_course_that_does_not_hold_together_is_refused_with_every_problem(taught: Desk) -> None:
    taught.create("learning_courses", course_id="bad", title="Bad", status="draft")
    taught.create("learning_modules", module_id="empty", course_id="bad", title="Empty")
    taught.create("learning_modules", module_id="m2", course_id="bad", title="Two")
    lesson = {"module_id": "m2", "course_id": "bad", "status": "draft"}
    taught.create("learning_lessons", lesson_id="v", title="Film", content_type="video", **lesson)
    taught.create("learning_lessons", lesson_id="x", title="Case", content_type="interactive", **lesson)
    scenario = {"start": "a", "steps": [{"step": "a", "prompt": "?", "choices": [{"text": "on", "next": "a"}]}]}
    taught.create("learning_interactive_lessons", lesson_id="x", course_id="bad", scenario=scenario)
    taught.create("learning_lessons", lesson_id="z", title="Quiz", content_type="quiz", content_id="none", **lesson)
    taught.act("learning_courses", "bad", "submit")
    with pytest.raises(Unpublishable) as refused:
        taught.act("learning_courses", "bad", "publish")
    assert {code for code, _, _ in refused.value.problems} == {
        "module_empty",
        "video_missing",
        "step_dead_end",
        "quiz_unknown",
    }
    assert taught.read("learning_courses", "bad")["status"] == "in_review"
    assert ("course.published", "bad") not in [(a, d.get("key", {}).get("course_id")) for a, _, d in taught.audit()]


def test_a_published_course_is_noted(taught: Desk) -> None:
    published = [detail for action, _, detail in taught.audit() if action == "course.published"]
    assert [one["key"] for one in published] == [{"course_id": "aid"}]


@pytest.mark.parametrize(
    ("record", "key", "changed", "code"),
    [
        ("learning_quizzes", "q", {"question_ids": []}, "quiz_empty"),
        ("learning_practical_exercises", "e", {"rubric": {"criteria": []}}, "rubric_invalid"),
    ],
)
def test_parts_are_looked_at_too(taught: Desk, record: str, key: str, changed: dict[str, Any], code: str) -> None:
    taught.act(record, key, "revise")
    taught.change(record, key, **changed)
    with pytest.raises(Unpublishable) as refused:
        taught.publish(record, key)
    assert refused.value.problems[0][0] == code


def test_a_path_is_followed_on_its_published_revision(taught: Desk) -> None:
    taught.create("learning_paths", path_id="p", title="Pfad", goal="Ans Ziel")
    step = {"path_id": "p", "content_type": "quiz", "content_id": "q"}
    taught.create("learning_path_steps", step_id="s1", position=1, needs_steps=["s2"], **step)
    taught.create("learning_path_steps", step_id="s2", position=2, needs_steps=["s1"], **step)
    with pytest.raises(Unpublishable) as refused:
        taught.publish("learning_paths", "p")
    assert refused.value.problems[0][0] == "prerequisite_cycle"
    taught.execute("UPDATE learning_path_steps SET needs_steps = NULL, content_type = 'exercise', content_id = 'e' "
                   "WHERE step_id = 's1'")  # fmt: skip
    taught.act("learning_paths", "p", "publish")
    courses = PostgresLearnerCourses(taught.database)
    ada = taught.person("ada")
    assert courses.paths(taught.tenant, ada) == []
    complete(taught, ada, kind="exercise", content="e")
    [path] = courses.paths(taught.tenant, ada)
    assert (path.title, path.standing.share, path.standing.next_step) == ("Pfad", 0.5, "s2")
    assert path.titles == {"s1": "Verband", "s2": "Quiz"}
    taught.act("learning_paths", "p", "revise")
    taught.change("learning_paths", "p", title="Anders")
    assert courses.paths(taught.tenant, ada)[0].title == "Pfad"


def test_courses_of_a_learner(taught: Desk) -> None:
    ada = taught.person("ada")
    taught.create("enrolments", learner_key=ada, course_id="aid")
    [course] = PostgresLearnerCourses(taught.database).courses(taught.tenant, ada)
    assert (course.title, course.state, course.share) == ("Erste Hilfe", "not_started", 0)
    complete(taught, ada)
    [course] = PostgresLearnerCourses(taught.database).courses(taught.tenant, ada)
    assert (course.state, course.share, course.revision) == ("completed", 1, 1)
    assert issue(taught, ada)["title"] == "Erste Hilfe"


def test_progress_points_at_the_revision_on_which_it_was_made(taught: Desk) -> None:
    ada = taught.person("ada")
    key = {"learner_key": ada, "content_type": "course", "content_id": "aid"}
    begun = taught.create("learning_user_progress", **key)
    assert (begun["content_revision"], begun["percentage"]) == (1, 0)
    taught.act("learning_courses", "aid", "revise")
    taught.publish("learning_courses", "aid")
    done = taught.act("learning_user_progress", (ada, "course", "aid"), "complete")
    assert (done["content_revision"], done["percentage"]) == (1, 100)
    ben = taught.person("ben")
    lesson = {"learner_key": ben, "content_type": "lesson", "content_id": "l1", "course_id": "aid"}
    assert taught.create("learning_user_progress", **lesson)["content_revision"] == 2


class TestMaturity:
    """An organisation is assessed by the shipped model."""

    @pytest.fixture
    def modelled(self, desk: Desk) -> Desk:
        desk.create("organisations", organisation_id="o", name="Werk")
        desk.create("maturity_models", **MODEL)
        desk.publish("maturity_models", MODEL["model_id"])
        return desk

    def assess(self, desk: Desk, name: str, points: int, questions: list[str] | None = None) -> Any:
        responses = [{"question": one, "points": points} for one in (QUESTIONS if questions is None else questions)]
        desk.create(
            "procurement_maturity_assessments",
            assessment_id=name,
            organisation_id="o",
            model_id="procurement",
            responses=responses,
        )
        return desk.act("procurement_maturity_assessments", name, "submit")

    def test_it_is_scored_with_level_revision_and_audit(self, modelled: Desk) -> None:
        done = self.assess(modelled, "a1", 2)
        assert (done["status"], done["score"], done["maturity_level"]) == ("scored", 50, "level_3")
        assert done["model_revision"] == 1
        assert modelled.audit()[-1][0] == "maturity.scored"
        self.assess(modelled, "a2", 4)
        profile = modelled.read("organization_learning_profiles", "o")
        assert (profile["maturity_level"], profile["maturity_score"]) == ("level_5", 100)

    def test_too_little_is_no_score(self, modelled: Desk) -> None:
        with pytest.raises(AkademosError) as refused:
            self.assess(modelled, "a1", 4, QUESTIONS[:3])
        assert refused.value.code == "too_little_answered"
        assert "sourcing" in refused.value.reason
        assert modelled.read("procurement_maturity_assessments", "a1")["status"] == "draft"

    def test_a_model_that_does_not_fit_is_not_published(self, modelled: Desk) -> None:
        rubric = {**MODEL["rubric"], "levels": [{"level": "x", "from": 5}]}
        modelled.create("maturity_models", model_id="bad", title="Bad", rubric=rubric)
        with pytest.raises(Unpublishable):
            modelled.publish("maturity_models", "bad")


@pytest.mark.parametrize(
    ("session", "pointer"),
    [
        ({"guardrail_result": "passed"}, "/confidence"),
        ({"guardrail_result": "passed", "confidence": 0.9}, "/material_ids"),
    ],
)
def test_a_tutor_session_says_what_must_be_known(desk: Desk, session: dict[str, Any], pointer: str) -> None:
    ada = desk.person("ada")
    with pytest.raises(AkademosError) as refused:
        desk.create("learning_ai_tutor_sessions", session_id="s", learner_key=ada, **session)
    assert refused.value.pointer == pointer
    desk.create("learning_ai_tutor_sessions", session_id="s", learner_key=ada, guardrail_result="blocked")
    assert desk.audit()[-1][0] == "tutor_session.recorded"
