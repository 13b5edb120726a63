"""Organisations, their units, programmes, terms, offerings, sections and cohorts, and how mature they are."""

from __future__ import annotations

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.records.declaration import STUDY_RECORD, Access, Action, Field, LifeCycle, Record, access
from akademos.catalogue.records.life_cycles import (
    ACTIVE,
    AUTHORS,
    CONTENT,
    CONTENT_ACTIONS,
    PUBLISHED,
    REGISTRARS,
    SHELVED,
    SHELVED_ACTIONS,
    read_by_all,
    status,
)
from akademos.catalogue.roles import Reach

_SHELF = status(SHELVED, "active or archived")
_ORGANISATION = Field("organisation_id", "text", "organisation", required=True, refers="organisations", looked_up=True)
_OPEN: tuple[Access, ...] = (*REGISTRARS, *read_by_all(states=ACTIVE))


def _kept(
    name: str, collection: str, singular: str, description: str, grain: str, *fields: Field, file: str = ""
) -> Record:
    return Record(
        name=name,
        collection=collection,
        singular=singular,
        description=description,
        grain=grain,
        file=file or f"{name}.csv",
        fields=(*fields, _SHELF),
        access=_OPEN,
        life_cycle=SHELVED,
        actions=SHELVED_ACTIONS,
    )


ORGANISATIONS = _kept(
    "organisations",
    "organisations",
    "organisation",
    "Institutions, companies and other bodies that offer or take learning.",
    "one organisation",
    Field("organisation_id", "text", "organisation", key=True, required=True),
    Field("name", "text", "name", required=True, searched=True),
    Field("kind", "text", "university, school, company, ...", looked_up=True),
    Field("parent_id", "text", "organisation that it belongs to", refers="organisations", looked_up=True),
)
UNITS = _kept(
    "org_units",
    "org-units",
    "unit",
    "Faculties, departments and other parts of an organisation.",
    "one unit",
    Field("unit_id", "text", "unit", key=True, required=True),
    _ORGANISATION,
    Field("parent_id", "text", "unit above", refers="org_units", looked_up=True),
    Field("name", "text", "name", required=True, searched=True),
    Field("kind", "text", "faculty, department, school, district, ..."),
)
PROGRAMMES = _kept(
    "programmes",
    "programmes",
    "programme",
    "What people are admitted to and graduate from.",
    "one programme",
    Field("programme_id", "text", "programme", key=True, required=True),
    Field("organisation_id", "text", "organisation", refers="organisations", looked_up=True),
    Field("unit_id", "text", "unit that offers it", refers="org_units", looked_up=True),
    Field("title", "text", "title", required=True, searched=True),
    Field("award", "text", "what it leads to"),
    Field("level", "text", "level of the award"),
)
TERMS = _kept(
    "terms",
    "terms",
    "term",
    "School years, semesters, grading periods.",
    "one term",
    Field("term_id", "text", "term", key=True, required=True),
    Field("organisation_id", "text", "organisation", refers="organisations", looked_up=True),
    Field("parent_id", "text", "term that it lies in", refers="terms", looked_up=True),
    Field("title", "text", "title", required=True, searched=True),
    Field("kind", "text", "school year, semester, grading period, ..."),
    Field("starts_on", "date", "first day"),
    Field("ends_on", "date", "last day"),
)

OFFERING_STATES = LifeCycle(
    "planned",
    {
        "planned": {"open": "open", "cancel": "cancelled"},
        "open": {"start": "running", "cancel": "cancelled"},
        "running": {"close": "closed", "cancel": "cancelled"},
        "closed": {},
        "cancelled": {},
    },
    entries=("open", "running", "closed", "cancelled"),
)
OFFERINGS = Record(
    name="course_offerings",
    collection="course-offerings",
    singular="offering",
    description="A course as it is given in a term.",
    grain="one course and term, as often as it is given",
    file="course_offerings.csv",
    fields=(
        Field("offering_id", "text", "offering", key=True, required=True),
        Field("course_id", "text", "course", required=True, refers="learning_courses", looked_up=True),
        Field("term_id", "text", "term", refers="terms", looked_up=True),
        Field("organisation_id", "text", "organisation", refers="organisations", looked_up=True),
        Field("programme_id", "text", "programme", refers="programmes", looked_up=True),
        Field("title", "text", "title, where it is not the course's", searched=True),
        Field("starts_on", "date", "first day"),
        Field("ends_on", "date", "last day"),
        status(OFFERING_STATES, "planned, open, running, closed or cancelled"),
    ),
    access=(*REGISTRARS, *read_by_all()),
    life_cycle=OFFERING_STATES,
    actions={
        "open": Action("People may register."),
        "start": Action("It has begun."),
        "close": Action("It is over."),
        "cancel": Action("It does not take place."),
    },
)
SECTIONS = _kept(
    "sections",
    "sections",
    "section",
    "Groups in which an offering is taught.",
    "one section of an offering",
    Field("section_id", "text", "section", key=True, required=True),
    Field("offering_id", "text", "offering", required=True, refers="course_offerings", looked_up=True),
    Field("title", "text", "title", required=True, searched=True),
    Field("capacity", "integer", "how many can take part", least=0, most=1_000_000),
)
COHORTS = _kept(
    "cohorts",
    "cohorts",
    "cohort",
    "People who go through together.",
    "one cohort",
    Field("cohort_id", "text", "cohort", key=True, required=True),
    Field("programme_id", "text", "programme", refers="programmes", looked_up=True),
    Field("organisation_id", "text", "organisation", refers="organisations", looked_up=True),
    Field("title", "text", "title", required=True, searched=True),
    Field("starts_on", "date", "first day"),
)
COHORT_MEMBERS = Record(
    name="cohort_members",
    collection="cohort-members",
    singular="membership",
    description="Who is in which cohort.",
    grain="one learner and cohort",
    fields=(
        Field("cohort_id", "text", "cohort", key=True, required=True, refers="cohorts", looked_up=True),
        Field("learner_key", "person", "who", key=True, required=True, looked_up=True),
        Field("joined_on", "date", "first day"),
        Field("left_on", "date", "first day on which it is over"),
    ),
    access=(access("learner", Reach.SELF, "read"), access("service", Reach.TENANT, "read create update")),
    retention=STUDY_RECORD,
    owner="registrar",
)

PROFILE_STATES = LifeCycle(
    "forming",
    {
        "forming": {"activate": "active"},
        "active": {"suspend": "suspended"},
        "suspended": {"activate": "active", "close": "closed"},
        "closed": {},
    },
    entries=("active",),
    column="state",
)
PROFILES = Record(
    name="organization_learning_profiles",
    collection="organization-learning-profiles",
    singular="profile",
    description="An organisation's learning maturity and how far it has come as a whole.",
    grain="one organisation",
    fields=(
        Field("organisation_id", "text", "organisation", key=True, required=True, refers="organisations"),
        Field("maturity_level", "text", "level of the newest assessment", looked_up=True, set_by="platform"),
        Field("maturity_score", "number", "score of the newest assessment", least=0, set_by="platform"),
        Field("assessed_at", "timestamp", "when that was", set_by="platform"),
        Field(
            "progress_summary",
            "json",
            "counts over the whole organisation; names nobody",
            form={"type": "object", "additionalProperties": True},
        ),
        status(PROFILE_STATES, "forming, active, suspended or closed"),
    ),
    access=(*REGISTRARS, access("product", Reach.TENANT, "read"), access("analyst", Reach.TENANT, "read")),
    life_cycle=PROFILE_STATES,
    actions={
        "activate": Action("It takes part."),
        "suspend": Action("It pauses."),
        "close": Action("It takes part no longer."),
    },
)

MATURITY_RUBRIC = {
    "type": "object",
    "required": ["levels", "dimensions"],
    "properties": {
        "levels": {
            "type": "array",
            "minItems": 1,
            "maxItems": 20,
            "items": {
                "type": "object",
                "required": ["level", "from"],
                "properties": {
                    "level": {"type": "string", "minLength": 1, "maxLength": 256},
                    "from": {"type": "number", "minimum": 0},
                    "description": {"type": "string", "maxLength": 2_000},
                },
            },
        },
        "dimensions": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
                "type": "object",
                "required": ["dimension", "questions"],
                "properties": {
                    "dimension": {"type": "string", "minLength": 1, "maxLength": 256},
                    "weight": {"type": "number", "minimum": 0},
                    "questions": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 100,
                        "items": {
                            "type": "object",
                            "required": ["question", "text", "points"],
                            "properties": {
                                "question": {"type": "string", "minLength": 1, "maxLength": 256},
                                "text": {"type": "string", "minLength": 1, "maxLength": 2_000},
                                "points": {"type": "number", "minimum": 0},
                            },
                        },
                    },
                },
            },
        },
    },
}
MATURITY_MODELS = Record(
    name="maturity_models",
    collection="maturity-models",
    singular="maturity model",
    description="Rubrics by which organisations are assessed: any domain's, as data.",
    grain="one model",
    file="maturity_models.csv",
    fields=(
        Field("model_id", "text", "model", key=True, required=True),
        Field("title", "text", "title", required=True, searched=True),
        Field("domain", "text", "procurement, ...", looked_up=True),
        Field("rubric", "json", "levels by score; dimensions with questions", required=True, form=MATURITY_RUBRIC),
        status(CONTENT, "draft, in_review, published or archived"),
    ),
    access=(*AUTHORS, *read_by_all("product", states=PUBLISHED)),
    life_cycle=CONTENT,
    actions=CONTENT_ACTIONS,
    versioned=True,
)

ASSESSMENT_STATES = LifeCycle(
    "draft",
    {
        "draft": {"submit": "submitted", "discard": "discarded"},
        "submitted": {"score": "scored", "return": "draft"},
        "scored": {},
        "discarded": {},
    },
    entries=("scored",),
)
RESPONSES = {
    "type": "array",
    "maxItems": 10_000,
    "items": {
        "type": "object",
        "required": ["question", "points"],
        "properties": {
            "question": {"type": "string", "minLength": 1, "maxLength": 256},
            "points": {"type": "number", "minimum": 0},
            "note": {"type": "string", "maxLength": 2_000},
        },
    },
}
MATURITY_ASSESSMENTS = Record(
    name="procurement_maturity_assessments",
    collection="maturity-assessments",
    singular="maturity assessment",
    description="An organisation answers the questions of a maturity model; the score says at which revision of it.",
    grain="one assessment of one organisation",
    fields=(
        Field("assessment_id", "text", "assessment", key=True, required=True),
        _ORGANISATION,
        Field("model_id", "text", "maturity model", required=True, refers="maturity_models", looked_up=True),
        Field("model_revision", "integer", "revision of the model", least=1, set_by="platform"),
        Field("responses", "json", "points given to each question", form=RESPONSES),
        Field("score", "number", "of the whole", least=0, set_by="platform"),
        Field("maturity_level", "text", "level that the score reaches", looked_up=True, set_by="platform"),
        Field("assessor_key", "person", "who assessed", party="staff", looked_up=True),
        status(ASSESSMENT_STATES, "draft, submitted, scored or discarded"),
        Field("scored_at", "timestamp", "when it was scored", set_by="platform"),
    ),
    access=(*REGISTRARS, access("product", Reach.TENANT, "read"), access("analyst", Reach.TENANT, "read")),
    life_cycle=ASSESSMENT_STATES,
    actions={
        "submit": Action("It is complete."),
        "return": Action("Something is missing."),
        "discard": Action("It does not count."),
        "score": Action(
            "Score it.",
            sets=("score", "maturity_level", "model_revision"),
            needs=("score", "maturity_level"),
            stamps=("scored_at",),
            by_platform=True,
        ),
    },
    audited={"score": AuditAction.MATURITY_SCORED},
)

ORGANISATION = (
    ORGANISATIONS,
    UNITS,
    PROGRAMMES,
    TERMS,
    OFFERINGS,
    SECTIONS,
    COHORTS,
    COHORT_MEMBERS,
    PROFILES,
    MATURITY_MODELS,
    MATURITY_ASSESSMENTS,
)
