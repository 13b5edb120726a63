"""Who takes, teaches and advises what."""

from __future__ import annotations

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.event_defaults import STUDY_PURPOSES
from akademos.catalogue.records.declaration import STUDY_RECORD, Field, Record, access
from akademos.catalogue.roles import Reach

_REGISTRAR = "registrar"
_COURSE = Field(
    "course_id",
    "text",
    "course or module-presentation",
    key=True,
    required=True,
    refers="learning_courses",
    looked_up=True,
)
_SERVICE = access("service", Reach.TENANT, "read create update")

ENROLMENTS = Record(
    name="enrolments",
    collection="enrolments",
    singular="enrolment",
    description="Who takes which course; instructors see the learners of their own courses by it.",
    grain="one learner and course",
    file="enrolments.csv",
    owner=_REGISTRAR,
    fields=(
        Field("learner_key", "person", "random key of the person", key=True, required=True, looked_up=True),
        _COURSE,
        Field("registered_on", "date", "day of registration"),
        Field("withdrawn_on", "date", "day of withdrawal"),
        Field("offering_id", "text", "as given in which term", refers="course_offerings", looked_up=True),
        Field("section_id", "text", "in which section", refers="sections", looked_up=True),
        Field("programme_id", "text", "for which programme", refers="programmes", looked_up=True),
        Field("resit", "integer", "how often it was repeated; 0 for the first time", least=0, most=100),
        Field("completed_on", "date", "day of completion"),
        Field("grade", "text", "final grade, as the institution writes it"),
    ),
    access=(
        access("learner", Reach.SELF, "read"),
        access("instructor", Reach.OWN_COURSES, "read"),
        access("advisor", Reach.OWN_ADVISEES, "read"),
        _SERVICE,
    ),
    retention=STUDY_RECORD,
    purposes=STUDY_PURPOSES,
    upstream=("course_registered", "course_withdrawn"),
    cached=True,
)
STAFF_ASSIGNMENTS = Record(
    name="staff_assignments",
    collection="staff-assignments",
    singular="assignment",
    description="Which member of staff teaches or advises in which course.",
    grain="one member of staff, course and role",
    file="staff_assignments.csv",
    owner=_REGISTRAR,
    fields=(
        Field(
            "learner_key",
            "person",
            "random key of the member of staff",
            key=True,
            required=True,
            party="staff",
            looked_up=True,
        ),
        _COURSE,
        Field("role", "text", "instructor or advisor", key=True, required=True, values=("instructor", "advisor")),
    ),
    access=(access("admin", Reach.TENANT, "read create"), access("service", Reach.TENANT, "read create")),
    audited={"create": AuditAction.ROLE_CHANGED},
    retention=STUDY_RECORD,
)
ADVISEE_ASSIGNMENTS = Record(
    name="advisee_assignments",
    collection="advisee-assignments",
    singular="assignment",
    description="Who advises whom by name; advisors see these learners, and those of courses they advise in.",
    grain="one advisor and learner",
    file="advisees.csv",
    owner=_REGISTRAR,
    fields=(
        Field(
            "advisor_key",
            "person",
            "random key of the member of staff",
            key=True,
            required=True,
            party="staff",
            looked_up=True,
        ),
        Field("learner_key", "person", "random key of the person", key=True, required=True, looked_up=True),
        Field("starts_on", "date", "first day"),
        Field("ends_on", "date", "first day on which it is over"),
    ),
    access=(
        access("learner", Reach.SELF, "read"),
        access("advisor", Reach.OWN_ADVISEES, "read"),
        _SERVICE,
    ),
    audited={"create": AuditAction.ROLE_CHANGED, "update": AuditAction.ROLE_CHANGED},
    retention=STUDY_RECORD,
    purposes=STUDY_PURPOSES,
)

PEOPLE_RECORDS = (ENROLMENTS, STAFF_ASSIGNMENTS, ADVISEE_ASSIGNMENTS)
