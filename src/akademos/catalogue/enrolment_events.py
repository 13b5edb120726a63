"""Events of enrolment: who takes which course, from when to when."""

from __future__ import annotations

from akademos.catalogue.declarations import EventType, Party, years
from akademos.catalogue.event_defaults import ALL, REVIEW_BY, STUDY_PURPOSES, learner_example
from akademos.catalogue.property_forms import choice, count, course_day, day

ENROLMENT_EVENTS: tuple[EventType, ...] = (
    EventType(
        name="course_registered",
        description="A learner is registered for a course or module-presentation.",
        emitted_when="the registration is recorded, by the learner, by staff or by a transfer from the campus system",
        personas=ALL,
        purposes=STUDY_PURPOSES,
        retention=years(7),
        owner="registrar",
        review_by=REVIEW_BY,
        marts=("enrolments",),
        actor=Party.ANY,
        subject=Party.ANY,
        required_core=("course_id",),
        properties=(
            course_day("registration_day", "day of registration, where the source counts from the course's start"),
            count("course_length_days", "planned length of the course", 3650, lowest=1, unit="days"),
            day("course_starts_on", "first day of the course, day 0 of every day counted from it"),
            choice(
                "registration_channel",
                "how the registration came",
                "self_service",
                "staff",
                "transfer",
                "api",
            ),
            count("previous_registrations", "earlier registrations of this learner for the course", 100),
        ),
        example=learner_example(
            "course_registered",
            {"course_id": "AAA/2013J"},
            registration_day=-42,
            course_length_days=268,
            course_starts_on="2013-10-01",
            registration_channel="transfer",
            previous_registrations=0,
        ),
        frontend_emission="registration form, after the confirmation",
        backend_endpoint="POST courses/{id}/registrations",
        family="enrolment",
    ),
    EventType(
        name="course_withdrawn",
        description="A learner leaves a course before its end.",
        emitted_when="the withdrawal is recorded, by the learner, by staff or by a transfer from the campus system",
        personas=ALL,
        purposes=STUDY_PURPOSES,
        retention=years(7),
        owner="registrar",
        review_by=REVIEW_BY,
        marts=("enrolments",),
        actor=Party.ANY,
        subject=Party.ANY,
        required_core=("course_id",),
        properties=(
            course_day("withdrawal_day", "day of withdrawal, where the source counts from the course's start"),
            choice(
                "withdrawal_reason",
                "class of the reason, never the learner's own words",
                "workload",
                "personal",
                "financial",
                "content",
                "transfer",
                "administrative",
                "unknown",
            ),
        ),
        example=learner_example(
            "course_withdrawn", {"course_id": "AAA/2013J"}, withdrawal_day=34, withdrawal_reason="unknown"
        ),
        frontend_emission="withdrawal form, after the confirmation",
        backend_endpoint="DELETE courses/{id}/registrations/{registration}",
        family="enrolment",
    ),
)
