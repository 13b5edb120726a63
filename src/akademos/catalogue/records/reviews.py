"""Reviews one by one: what each reviewer found before a submission was settled."""

from __future__ import annotations

from akademos.catalogue.event_defaults import STUDY_PURPOSES
from akademos.catalogue.records.assessment import RUBRIC_SCORES
from akademos.catalogue.records.declaration import STUDY_RECORD, Field, Record, access
from akademos.catalogue.roles import Reach

EXERCISE_REVIEWS = Record(
    name="learning_exercise_reviews",
    collection="exercise-reviews",
    singular="review",
    description="What one reviewer found in a submission; two that disagree call for a third.",
    grain="one review of one submission",
    fields=(
        Field(
            "submission_id",
            "text",
            "submission",
            key=True,
            required=True,
            refers="learning_exercise_submissions",
            part_of=True,
        ),
        Field("round", "integer", "1 for the first", key=True, required=True, least=1, most=100),
        Field("learner_key", "person", "whose work it is", required=True, looked_up=True),
        Field("course_id", "text", "course of the exercise", refers="learning_courses", looked_up=True),
        Field("reviewer_key", "person", "who reviewed it", party="staff", looked_up=True),
        Field("rubric_scores", "json", "level reached in each criterion, and its points", form=RUBRIC_SCORES),
        Field("score", "number", "share of the points", required=True, unit="share", least=0, most=1),
        Field("feedback", "text", "what the reviewer says", confidential=True),
    ),
    access=(access("learner", Reach.SELF, "read"), access("instructor", Reach.OWN_COURSES, "read")),
    retention=STUDY_RECORD,
    purposes=STUDY_PURPOSES,
    upstream=("learning_exercise_submissions",),
)

REVIEWS = (EXERCISE_REVIEWS,)
