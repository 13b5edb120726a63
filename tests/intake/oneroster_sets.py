"""A small OneRoster 1.2 set with everything that must come back: quotes, line ends, columns of the sender's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

ALL = (
    "academicSessions", "categories", "classes", "classResources", "courses", "courseResources", "demographics",
    "enrollments", "lineItemLearningObjectiveIds", "lineItems", "lineItemScoreScales", "orgs", "resources",
    "resultLearningObjectiveIds", "results", "resultScoreScales", "roles", "scoreScales", "userProfiles",
    "userResources", "users",
)  # fmt: skip

FILES: dict[str, str] = {
    "academicSessions.csv": "\ufeffsourcedId,status,dateLastModified,title,type,startDate,endDate,parentSourcedId,"
    "schoolYear\r\n"
    "t-autumn,,,Autumn,semester,2026-09-01,2027-01-31,y-2027,2027\r\n"
    "y-2027,,,Year 2026/27,schoolYear,2026-09-01,2027-08-01,,2027\r\n",
    "orgs.csv": "sourcedId,status,dateLastModified,name,type,identifier,parentSourcedId\n"
    '"o-south","","","South, the School","school","",""\n',
    "courses.csv": "sourcedId,status,dateLastModified,schoolYearSourcedId,title,courseCode,grades,orgSourcedId,"
    "subjects,subjectCodes,metadata.credits\r\n"
    'c-bio,,,y-2027,"Biology ""A""",BIO1,"10,11",o-south,Science,,6\r\n'
    "c-math,,,y-2027,Mathematics,MAT,,o-south,,,4",
    "classes.csv": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,classType,location,"
    "schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\r\n"
    'k-bio-1,,,Biology 1,,c-bio,B1,scheduled,Room 7,o-south,t-autumn,,,"1,3"\r\n'
    "k-bio-2,,,Biology 2,,c-bio,B2,scheduled,,o-south,t-autumn,,,\r\n"
    "k-math,,,Mathematics,,c-math,M,scheduled,,o-south,y-2027,,,\r\n",
    "users.csv": "sourcedId,status,dateLastModified,enabledUser,username,userIds,givenName,familyName,middleName,"
    "identifier,email,sms,phone,agentSourcedIds,grades,password,userMasterIdentifier,preferredGivenName,"
    "preferredMiddleName,preferredFamilyName,primaryOrgSourcedId,pronouns\r\n"
    'user-ada-0001,,,true,ada.king,"{LTI:17}",Augusta Ada,King,,,ada@example.org,,,user-anna-0003,11,,,Ada,,'
    "Lovelace,o-south,she/her\r\n"
    "user-ben-0002,,,true,ben.bee,,Ben,Bee,,,,,,,10,,,,,,o-south,\r\n"
    "user-anna-0003,,,true,anna.king,,Anna,King,,,,,,,,,,,,,,\r\n"
    "user-tess-0004,,,true,tess.teach,,Tess,Teach,,,,,,,,,,,,,o-south,\r\n",
    "roles.csv": "sourcedId,status,dateLastModified,userSourcedId,roleType,role,beginDate,endDate,orgSourcedId,"
    "userProfileSourcedId\r\n"
    "r1,,,user-ada-0001,primary,student,,,o-south,\r\n"
    "r2,,,user-ben-0002,primary,student,,,o-south,\r\n"
    "r3,,,user-anna-0003,primary,parent,,,o-south,\r\n"
    "r4,,,user-tess-0004,primary,teacher,,,o-south,\r\n",
    "enrollments.csv": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,userSourcedId,role,primary,"
    "beginDate,endDate\r\n"
    "e1,,,k-bio-1,o-south,user-ada-0001,student,,2026-09-01,\r\n"
    "e2,,,k-math,o-south,user-ada-0001,student,,2026-09-01,2026-10-15\r\n"
    "e3,,,k-bio-2,o-south,user-ben-0002,student,,2026-09-08,2027-01-31\r\n"
    "e4,,,k-bio-1,o-south,user-tess-0004,teacher,true,,\r\n",
    "demographics.csv": "sourcedId,status,dateLastModified,birthDate,sex,americanIndianOrAlaskaNative,asian,"
    "blackOrAfricanAmerican,nativeHawaiianOrOtherPacificIslander,white,demographicRaceTwoOrMoreRaces,"
    "hispanicOrLatinoEthnicity,countryOfBirthCode,stateOfBirthAbbreviation,cityOfBirth,publicSchoolResidenceStatus\r\n"
    "user-ada-0001,,,2010-12-10,female,,,,,,,,,,,\r\n",
    "categories.csv": "sourcedId,status,dateLastModified,title,weight\r\ng1,,,Tests,60\r\n",
    "lineItems.csv": "sourcedId,status,dateLastModified,title,description,assignDate,dueDate,classSourcedId,"
    "categorySourcedId,academicSessionSourcedId,resultValueMin,resultValueMax,schoolSourcedId\r\n"
    "l1,,,First test,,2026-10-01,2026-10-02,k-bio-1,g1,t-autumn,0,20,o-south\r\n",
    "results.csv": "sourcedId,status,dateLastModified,lineItemSourcedId,studentSourcedId,scoreStatus,score,scoreDate,"
    "comment,textScore,classSourcedId,inProgress,incomplete,late,missing\r\n"
    's1,,,l1,user-ada-0001,fully graded,17.5,2026-10-05,"Well done, Ada",B+,k-bio-1,,,,\r\n',
    "resultLearningObjectiveIds.csv": "sourcedId,status,dateLastModified,resultSourcedId,source,learningObjectiveId,"
    "score,textScore\r\nro1,,,s1,case,cells-1,3,\r\n",
}


def manifest(files: Mapping[str, str], mode: str = "bulk") -> str:
    """A manifest that announces these files."""
    lines = ["propertyName,value", "manifest.version,1.0", "oneroster.version,1.2"]
    lines += [f"file.{name},{mode if name + '.csv' in files else 'absent'}" for name in ALL]
    lines += ['source.systemName,"South, records"', "source.systemCode,south"]
    return "\r\n".join(lines) + "\r\n"


def write_set(folder: Path, files: Mapping[str, str] = FILES, mode: str = "bulk") -> Path:
    """Write a set into a new folder."""
    folder.mkdir(parents=True)
    for name, text in {"manifest.csv": manifest(files, mode), **files}.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    return folder


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def write_large_set(folder: Path, students: int) -> Path:
    """A set of one school with so many students, each with a role and an enrollment."""
    base = {name: text for name, text in FILES.items() if name in ("academicSessions.csv", "orgs.csv", "courses.csv")}
    write_set(
        folder,
        {**base, "classes.csv": FILES["classes.csv"], "users.csv": "", "roles.csv": "", "enrollments.csv": ""},
    )
    heads = {name: FILES[name].splitlines(keepends=True)[0] for name in ("users.csv", "roles.csv", "enrollments.csv")}
    rows = {
        "users.csv": "user-{n:08},,,true,name.{n},,Given{n},Family{n},,,name.{n}@example.org,,,,10,,,,,,o-south,\r\n",
        "roles.csv": "role-{n:08},,,user-{n:08},primary,student,,,o-south,\r\n",
        "enrollments.csv": "enrol-{n:08},,,{k},o-south,user-{n:08},student,,2026-09-01,\r\n",
    }
    classes = ("k-bio-1", "k-bio-2", "k-math")
    for name, row in rows.items():
        with (folder / name).open("w", encoding="utf-8", newline="") as out:
            out.write(heads[name])
            out.writelines(row.format(n=n, k=classes[n % 3]) for n in range(students))
    return folder
