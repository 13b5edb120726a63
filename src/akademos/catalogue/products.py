"""Data products: what is handed out, by whom, under which contract. Ownership stays with the source domain.

A product's contract is what its datasets and metrics declare (columns, freshness, checks); its version goes up when
that contract breaks for its readers. `door` is where it is used; `anonymous` says that a grant alone, without a role
for individuals, lets somebody use it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.roles import Role

Opens = Literal["rows", "releases"]
"""What a granted request lets somebody do: see rows of its datasets that are about nobody, or use research releases."""


@dataclass(frozen=True, slots=True)
class DataProduct:
    """One product.

    Attributes:
        name: slug, part of its address.
        domain: the source domain that owns it.
        datasets: what it is made of; the contract is theirs.
        metrics: the numbers in it.
        used_by: roles that have it by their task.
        door: address where it is used.
        also_at: further addresses of the same product, under which the access log knows its use.
        opens: what a granted request opens; None where the rosters and the learner's consent alone decide.
    """

    name: str
    title: str
    description: str
    owner: str
    domain: str
    version: int
    datasets: tuple[str, ...]
    used_by: tuple[Role, ...]
    door: str
    purposes: tuple[Purpose, ...]
    metrics: tuple[str, ...] = ()
    opens: Opens | None = None
    also_at: tuple[str, ...] = ()

    @property
    def doors(self) -> tuple[str, ...]:
        """Every address where it is used."""
        return (self.door, *self.also_at)


_SUPPORT = (Purpose.LEARNING_SUPPORT,)
_ADVISING = (Purpose.ADVISING, Purpose.LEARNING_SUPPORT)
_RESEARCH = (Purpose.RESEARCH,)
_RELEASES = ("/v1/releases", "/v1/releases/{release_id}", "/v1/releases/{release_id}/file")

PRODUCTS: tuple[DataProduct, ...] = (
    DataProduct(
        "activity", "Activity (consented)", "Every event that a learner consents to, whatever door it came in by.",
        "data engineering", "event intake", 1, ("event_log",), ("learner",), "/v1/me/data", _SUPPORT,
    ),
    DataProduct(
        "enrolments", "Enrolments (consented)", "Who is registered for which course, since when, and how it ended.",
        "registrar", "student records", 1, ("enrolments", "learning_courses"), ("instructor", "advisor", "admin"),
        "/v1/records/enrolments", _SUPPORT,
    ),
    DataProduct(
        "activity_features", "Activity features", "Answers, materials and study events as analytics reads them.",
        "learning science", "learner analytics", 1,
        ("study_events", "question_attempts", "material_interactions"), ("learner", "instructor", "advisor"),
        "/v1/analytics/study-efficiency", _SUPPORT, ("active_study_time", "study_focus", "study_rhythm"),
    ),
    DataProduct(
        "learner_360", "Learner 360", "What is known of one learner: mastery, memory, gaps, readiness, rhythm.",
        "learning science", "learner analytics", 1, ("learner_state", "topic_mastery"),
        ("learner", "instructor", "advisor"), "/v1/analytics/dashboard", _SUPPORT,
        ("mastery", "retrievability", "knowledge_gap_priority", "exam_readiness"),
    ),
    DataProduct(
        "course_progress_monitor", "Course progress monitor", "How far learners are in their courses.",
        "product officer and enterprise architect", "learning records", 1,
        ("learning_user_progress", "learning_courses", "learning_lessons"), ("learner", "instructor", "advisor"),
        "/v1/records/user-progress", _SUPPORT,
    ),
    DataProduct(
        "students_in_focus", "Students in focus (advising)", "Who of an advisor's learners may need help, and why.",
        "learning science", "advising", 1, ("risk_scores",), ("advisor",), "/students-in-focus", _ADVISING,
        ("dropout_risk", "dropout_hazard", "dropout_rule"),
    ),
    DataProduct(
        "my_learning_progress", "My learning progress", "The page of a learner, and of who teaches them.",
        "learning science", "learner analytics", 1, ("learner_state", "topic_mastery"),
        ("learner", "instructor", "advisor"), "/my-progress", _SUPPORT, ("mastery", "reviews_due"),
    ),
    DataProduct(
        "faculty_self_service", "Faculty self-service", "Groups, topics and items of courses, without individuals.",
        "data steward", "learner analytics", 1, ("group_answers", "items", "topics", "materials"),
        ("instructor", "analyst", "product", "admin"), "/groups", _SUPPORT,
        ("group_mastery", "group_mastered", "group_learners"), "rows", ("/v1/analytics/groups",),
    ),
    DataProduct(
        "dropout_risk_scores", "Dropout risk scores", "A risk a learner, course and week, with its reasons.",
        "learning science", "advising", 1, ("risk_scores", "models"), ("advisor",),
        "/v1/analytics/students-in-focus", _ADVISING, ("dropout_risk", "dropout_hazard"),
    ),
    DataProduct(
        "support_recommendations", "Support recommendations", "What to do next, and what helps to get there.",
        "learning science", "learner analytics", 2,
        ("learning_recommendations", "materials", "topic_relationships", "content_support"),
        ("learner", "instructor", "advisor"), "/v1/analytics/recommendations", _SUPPORT,
        ("recommendations", "recommendation_acceptance", "recommendation_resolved"),
    ),
    DataProduct(
        "research_dataset", "Research dataset (anonymous)", "Weeks of courses from learners who consent to research, "
        "k-anonymous and attacked before release.",
        "data steward", "research", 1, ("research_dataset", "releases"), ("researcher",), "/releases", _RESEARCH,
        opens="releases", also_at=_RELEASES,
    ),
    DataProduct(
        "research_360", "Research 360", "The same rows under a key of the release, read inside the enclave only.",
        "data steward", "research", 1, ("research_360",), ("researcher",), "/releases", _RESEARCH, also_at=_RELEASES,
    ),
)  # fmt: skip
"""Every product once."""

PRODUCT_OF = {product.name: product for product in PRODUCTS}
