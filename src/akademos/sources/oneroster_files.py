"""The files of a OneRoster 1.2 CSV set: their columns in order, what may stand in them and what they refer to.

Source: 1EdTech OneRoster CSV Binding 1.2.1, https://www.imsglobal.org/spec/oneroster/v1p2/bind/csv. Every file begins
with sourcedId, status and dateLastModified, and may have columns of its own at the end, named `metadata.*`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

FormKind: TypeAlias = Literal["text", "id", "ids", "list", "date", "datetime", "year", "integer", "number", "flag"]


@dataclass(frozen=True, slots=True)
class RosterColumn:
    """A column: `refers` names the file (without .csv) whose sourcedId an id is; `values` closes a vocabulary, which
    `extensible` opens for words that begin with `ext:`."""

    name: str
    kind: FormKind = "text"
    required: bool = False
    refers: str | None = None
    values: tuple[str, ...] = ()
    extensible: bool = True


@dataclass(frozen=True, slots=True)
class RosterFile:
    """A file of the set; `person` names the column that says whose row it is."""

    name: str
    columns: tuple[RosterColumn, ...]
    person: str | None = None

    @property
    def file(self) -> str:
        """Its name on disk."""
        return f"{self.name}.csv"


def _must(
    name: str, kind: FormKind = "text", *, refers: str | None = None, values: tuple[str, ...] = ()
) -> RosterColumn:
    return RosterColumn(name, kind, required=True, refers=refers, values=values)


def _may(
    name: str, kind: FormKind = "text", *, refers: str | None = None, values: tuple[str, ...] = ()
) -> RosterColumn:
    return RosterColumn(name, kind, refers=refers, values=values)


def _file(name: str, *columns: RosterColumn, person: str | None = None) -> RosterFile:
    return RosterFile(name, (*_EVERYWHERE, *columns), person)


_EVERYWHERE = (
    _must("sourcedId", "id"),
    RosterColumn("status", values=("active", "tobedeleted"), extensible=False),
    _may("dateLastModified", "datetime"),
)
_SUBJECTS = (_may("subjects", "list"), _may("subjectCodes", "list"))

ROSTER_FILES: tuple[RosterFile, ...] = (
    _file(
        "academicSessions",
        _must("title"),
        _must("type", values=("gradingPeriod", "semester", "schoolYear", "term")),
        _must("startDate", "date"),
        _must("endDate", "date"),
        _may("parentSourcedId", "id", refers="academicSessions"),
        _must("schoolYear", "year"),
    ),
    _file(
        "orgs",
        _must("name"),
        _must("type", values=("department", "school", "district", "local", "state", "national")),
        _may("identifier"),
        _may("parentSourcedId", "id", refers="orgs"),
    ),
    _file(
        "courses",
        _may("schoolYearSourcedId", "id", refers="academicSessions"),
        _must("title"),
        _may("courseCode"),
        _may("grades", "list"),
        _must("orgSourcedId", "id", refers="orgs"),
        *_SUBJECTS,
    ),
    _file(
        "classes",
        _must("title"),
        _may("grades", "list"),
        _must("courseSourcedId", "id", refers="courses"),
        _may("classCode"),
        _must("classType", values=("homeroom", "scheduled")),
        _may("location"),
        _must("schoolSourcedId", "id", refers="orgs"),
        _must("termSourcedIds", "ids", refers="academicSessions"),
        *_SUBJECTS,
        _may("periods", "list"),
    ),
    _file(
        "users",
        RosterColumn("enabledUser", "flag", required=True),
        _must("username"),
        _may("userIds", "list"),
        _must("givenName"),
        _must("familyName"),
        _may("middleName"),
        _may("identifier"),
        _may("email"),
        _may("sms"),
        _may("phone"),
        _may("agentSourcedIds", "ids", refers="users"),
        _may("grades", "list"),
        _may("password"),
        _may("userMasterIdentifier"),
        _may("preferredGivenName"),
        _may("preferredMiddleName"),
        _may("preferredFamilyName"),
        _may("primaryOrgSourcedId", "id", refers="orgs"),
        _may("pronouns"),
        person="sourcedId",
    ),
    _file(
        "userProfiles",
        _must("userSourcedId", "id", refers="users"),
        _must("profileType"),
        _must("vendorId"),
        _may("applicationId"),
        _may("description"),
        _must("credentialType"),
        _must("username"),
        _may("password"),
        person="userSourcedId",
    ),
    _file(
        "roles",
        _must("userSourcedId", "id", refers="users"),
        RosterColumn("roleType", required=True, values=("primary", "secondary"), extensible=False),
        _must(
            "role",
            values=(
                "aide", "counselor", "districtAdministrator", "guardian", "parent", "principal", "proctor", "relative",
                "siteAdministrator", "student", "systemAdministrator", "teacher",
            ),
        ),
        _may("beginDate", "date"),
        _may("endDate", "date"),
        _must("orgSourcedId", "id", refers="orgs"),
        _may("userProfileSourcedId", "id", refers="userProfiles"),
        person="userSourcedId",
    ),
    _file(
        "enrollments",
        _must("classSourcedId", "id", refers="classes"),
        _must("schoolSourcedId", "id", refers="orgs"),
        _must("userSourcedId", "id", refers="users"),
        _must("role", values=("administrator", "proctor", "student", "teacher")),
        _may("primary", "flag"),
        _may("beginDate", "date"),
        _may("endDate", "date"),
        person="userSourcedId",
    ),
    _file(
        "demographics",
        _may("birthDate", "date"),
        _may("sex", values=("male", "female", "unspecified", "other")),
        _may("americanIndianOrAlaskaNative", "flag"),
        _may("asian", "flag"),
        _may("blackOrAfricanAmerican", "flag"),
        _may("nativeHawaiianOrOtherPacificIslander", "flag"),
        _may("white", "flag"),
        _may("demographicRaceTwoOrMoreRaces", "flag"),
        _may("hispanicOrLatinoEthnicity", "flag"),
        _may("countryOfBirthCode"),
        _may("stateOfBirthAbbreviation"),
        _may("cityOfBirth"),
        _may("publicSchoolResidenceStatus"),
        person="sourcedId",
    ),
    _file(
        "resources",
        _must("vendorResourceId"),
        _may("title"),
        _may("roles", "list"),
        _may("importance", values=("primary", "secondary")),
        _may("vendorId"),
        _may("applicationId"),
    ),
    _file(
        "classResources",
        _may("title"),
        _must("classSourcedId", "id", refers="classes"),
        _must("resourceSourcedId", "id", refers="resources"),
    ),
    _file(
        "courseResources",
        _may("title"),
        _must("courseSourcedId", "id", refers="courses"),
        _must("resourceSourcedId", "id", refers="resources"),
    ),
    _file(
        "userResources",
        _must("userSourcedId", "id", refers="users"),
        _may("orgSourcedId", "id", refers="orgs"),
        _may("classSourcedId", "id", refers="classes"),
        _must("resourceSourcedId", "id", refers="resources"),
        person="userSourcedId",
    ),
    _file("categories", _must("title"), _may("weight", "integer")),
    _file(
        "scoreScales",
        _must("title"),
        _must("type"),
        _may("orgSourcedId", "id", refers="orgs"),
        _may("courseSourcedId", "id", refers="courses"),
        _must("classSourcedId", "id", refers="classes"),
        _must("scoreScaleValue", "list"),
    ),
    _file(
        "lineItems",
        _must("title"),
        _may("description"),
        _must("assignDate", "date"),
        _must("dueDate", "date"),
        _must("classSourcedId", "id", refers="classes"),
        _must("categorySourcedId", "id", refers="categories"),
        _must("academicSessionSourcedId", "id", refers="academicSessions"),
        _may("resultValueMin", "number"),
        _may("resultValueMax", "number"),
        _must("schoolSourcedId", "id", refers="orgs"),
    ),
    _file(
        "lineItemLearningObjectiveIds",
        _must("lineItemSourcedId", "id", refers="lineItems"),
        _must("source", values=("case", "unknown")),
        _must("learningObjectiveId"),
    ),
    _file(
        "lineItemScoreScales",
        _may("title"),
        _must("lineItemSourcedId", "id", refers="lineItems"),
        _must("scoreScaleSourcedId", "id", refers="scoreScales"),
    ),
    _file(
        "results",
        _must("lineItemSourcedId", "id", refers="lineItems"),
        _must("studentSourcedId", "id", refers="users"),
        _must("scoreStatus", values=("exempt", "fully graded", "not submitted", "partially graded", "submitted")),
        _may("score", "number"),
        _must("scoreDate", "date"),
        _may("comment"),
        _may("textScore"),
        _may("classSourcedId", "id", refers="classes"),
        _may("inProgress", "flag"),
        _may("incomplete", "flag"),
        _may("late", "flag"),
        _may("missing", "flag"),
        person="studentSourcedId",
    ),
    _file(
        "resultLearningObjectiveIds",
        _must("resultSourcedId", "id", refers="results"),
        _must("source", values=("case", "unknown")),
        _must("learningObjectiveId"),
        _may("score", "number"),
        _may("textScore"),
        person="resultSourcedId",
    ),
    _file(
        "resultScoreScales",
        _may("title"),
        _must("resultSourcedId", "id", refers="results"),
        _must("scoreScaleSourcedId", "id", refers="scoreScales"),
        person="resultSourcedId",
    ),
)  # fmt: skip
"""In an order in which what is referred to comes first, but for rows that refer to rows of their own file."""

BY_NAME = {one.name: one for one in ROSTER_FILES}
