"""Open University Learning Analytics Dataset: seven tables of module-presentations, registrations, clicks and marks.

Days count from the start of the presentation: 1 February for B, 1 October for J. Ids are floats in some copies: 28.0 is
28. Rows of studentVle with equal keys are several interactions and stay several.

Source: Kuzilek, Hlosta, Zdrahal: Open University Learning Analytics dataset. Scientific Data 4:170171 (2017).
"""

from __future__ import annotations

from datetime import date

import polars as pl

from akademos.sources.event_frame import EventBatch, identifier, identity, number

NAME = "oulad"
TABLES: dict[str, tuple[str, ...]] = {
    "courses": ("code_module", "code_presentation", "module_presentation_length"),
    "assessments": ("code_module", "code_presentation", "id_assessment", "assessment_type", "date", "weight"),
    "vle": ("id_site", "code_module", "code_presentation", "activity_type"),
    "studentInfo": ("code_module", "code_presentation", "id_student", "final_result"),
    "studentRegistration": (
        "code_module", "code_presentation", "id_student", "date_registration", "date_unregistration",
    ),
    "studentAssessment": ("id_assessment", "id_student", "date_submitted", "is_banked", "score"),
    "studentVle": ("code_module", "code_presentation", "id_student", "id_site", "date", "sum_click"),
}  # fmt: skip
"""The tables and the columns that an import needs, in the order of import."""

DEMOGRAPHICS = (
    "gender", "region", "highest_education", "imd_band", "age_band", "num_of_prev_attempts", "studied_credits",
    "disability",
)  # fmt: skip
STARTS = {"B": 2, "J": 10}
KINDS = {"TMA": "tutor_marked", "CMA": "computer_marked", "Exam": "exam"}


def presentation_start(code_presentation: str) -> date:
    """First day of a presentation.

    Example:
        >>> presentation_start("2013J")
        datetime.date(2013, 10, 1)
    """
    return date(int(code_presentation[:4]), STARTS[code_presentation[4]], 1)


def interactions(rows: pl.DataFrame) -> EventBatch:
    """studentVle: one row, one material_opened with its clicks."""
    schema = rows.schema
    plain = rows.select(
        "row",
        _course(),
        identifier("id_student", schema["id_student"]).alias("user"),
        identifier("id_site", schema["id_site"]).alias("material_id"),
        number("date", schema["date"]).cast(pl.Int32, strict=False).alias("day"),
        number("sum_click", schema["sum_click"]).alias("clicks"),
        _start(),
    )
    good, problems = _complete(plain, "user", "material_id", "day", "clicks", "start")
    clicks = pl.col("clicks").cast(pl.Int64)
    frame = good.select(
        pl.col("row").cast(pl.UInt64),
        "user",
        identity("vle", pl.col("course_id"), pl.col("user"), pl.col("material_id"), pl.col("day"), clicks),
        _on("day"),
        "course_id",
        "material_id",
        pl.col("clicks").alias("p:quantity"),
    )
    return EventBatch("material_opened", "day", frame, rows.height, problems)


def submissions(rows: pl.DataFrame, assessments: pl.DataFrame) -> EventBatch:
    """studentAssessment: one row, one quiz_attempt_submitted; a missing score means not marked."""
    known = assessments.select(
        identifier("id_assessment", assessments.schema["id_assessment"]).alias("assessment_id"),
        _course(),
        _start(),
        pl.col("assessment_type").replace_strict(KINDS, default=None).alias("kind"),
        number("date", assessments.schema["date"]).alias("due"),
        number("weight", assessments.schema["weight"]).alias("weight"),
    )
    schema = rows.schema
    plain = rows.select(
        "row",
        identifier("id_assessment", schema["id_assessment"]).alias("assessment_id"),
        identifier("id_student", schema["id_student"]).alias("user"),
        number("date_submitted", schema["date_submitted"]).cast(pl.Int32, strict=False).alias("day"),
        number("is_banked", schema["is_banked"]).alias("banked"),
        number("score", schema["score"]).alias("mark"),
    ).join(known, on="assessment_id", how="left", maintain_order="left")
    good, problems = _complete(plain, "user", "assessment_id", "day", "start")
    frame = good.select(
        pl.col("row").cast(pl.UInt64),
        "user",
        identity(
            "submission", pl.col("assessment_id"), pl.col("user"), pl.col("day"), pl.col("banked").cast(pl.Int64),
            pl.col("mark"),
        ),
        _on("day"),
        "course_id",
        "assessment_id",
        (pl.col("mark") / 100).alias("p:score"),
        pl.col("kind").alias("p:assessment_kind"),
        (pl.col("day") - pl.col("due")).alias("p:due_offset_days"),
        pl.col("day").cast(pl.Int64).alias("p:submission_day"),
        (pl.col("banked") == 1).alias("p:is_banked"),
        pl.col("weight").alias("p:weight_percent"),
    )  # fmt: skip
    return EventBatch("quiz_attempt_submitted", "day", frame, rows.height, problems)


def registrations(rows: pl.DataFrame, courses: pl.DataFrame) -> EventBatch:
    """studentRegistration: one row, one course_registered."""
    lengths = courses.select(
        _course(), number("module_presentation_length", courses.schema["module_presentation_length"]).alias("length")
    )
    good, problems = _complete(_registered(rows).join(lengths, on="course_id", how="left"), "user", "on", "start")
    frame = good.sort("row").select(
        pl.col("row").cast(pl.UInt64),
        "user",
        identity("registration", pl.col("course_id"), pl.col("user"), pl.col("on")),
        _on("on"),
        "course_id",
        pl.col("on").cast(pl.Int64).alias("p:registration_day"),
        pl.col("length").cast(pl.Int64).alias("p:course_length_days"),
        pl.col("start").cast(pl.String).alias("p:course_starts_on"),
    )
    return EventBatch("course_registered", "day", frame, rows.height, problems)


def withdrawals(rows: pl.DataFrame) -> EventBatch:
    """studentRegistration: one row with a date of unregistration, one course_withdrawn."""
    left = _registered(rows).filter(pl.col("off").is_not_null())
    good, problems = _complete(left, "user", "start")
    frame = good.select(
        pl.col("row").cast(pl.UInt64),
        "user",
        identity("withdrawal", pl.col("course_id"), pl.col("user"), pl.col("off")),
        _on("off"),
        "course_id",
        pl.col("off").cast(pl.Int64).alias("p:withdrawal_day"),
    )
    return EventBatch("course_withdrawn", "day", frame, left.height, problems)


def _registered(rows: pl.DataFrame) -> pl.DataFrame:
    schema = rows.schema
    return rows.select(
        "row",
        _course(),
        identifier("id_student", schema["id_student"]).alias("user"),
        number("date_registration", schema["date_registration"]).cast(pl.Int32, strict=False).alias("on"),
        number("date_unregistration", schema["date_unregistration"]).cast(pl.Int32, strict=False).alias("off"),
        _start(),
    )


def enrolments(info: pl.DataFrame, registration: pl.DataFrame) -> pl.DataFrame:
    """Records: user, course_id, registered_on, withdrawn_on (dates, null where not known)."""
    dates = _registered(registration).select(
        "user",
        "course_id",
        (pl.col("start") + pl.duration(days=pl.col("on"))).alias("registered_on"),
        (pl.col("start") + pl.duration(days=pl.col("off"))).alias("withdrawn_on"),
    )
    people = info.select(identifier("id_student", info.schema["id_student"]).alias("user"), _course())
    return people.join(dates, on=["user", "course_id"], how="full", coalesce=True).unique(["user", "course_id"])


def demographics(info: pl.DataFrame) -> pl.DataFrame:
    """Restricted records: user, course_id, attributes (struct of text), final_result."""
    present = [one for one in DEMOGRAPHICS if one in info.columns]
    return info.select(
        identifier("id_student", info.schema["id_student"]).alias("user"),
        _course(),
        pl.struct(identifier(one, info.schema[one]).alias(one) for one in present).alias("attributes"),
        pl.col("final_result"),
    )


def courses(rows: pl.DataFrame) -> pl.DataFrame:
    """Records: course_id, title, starts_on, ends_on."""
    length = number("module_presentation_length", rows.schema["module_presentation_length"]).cast(pl.Int32)
    return rows.select(
        _course(),
        pl.format("{} {}", "code_module", "code_presentation").alias("title"),
        _start().alias("starts_on"),
        (_start() + pl.duration(days=length)).alias("ends_on"),
    )


def materials(vle: pl.DataFrame) -> pl.DataFrame:
    """Records: material_id, course_id, kind (the source's activity type), title."""
    site = identifier("id_site", vle.schema["id_site"])
    return vle.select(
        site.alias("material_id"),
        _course(),
        pl.col("activity_type").alias("kind"),
        pl.format("{} {}", "activity_type", site).alias("title"),
    )


def _course() -> pl.Expr:
    text = (pl.col(one).cast(pl.String).str.strip_chars() for one in ("code_module", "code_presentation"))
    return pl.concat_str(*text, separator="/").alias("course_id")


def _start() -> pl.Expr:
    code = pl.col("code_presentation").cast(pl.String).str.strip_chars()
    month = code.str.slice(4, 1).replace_strict(STARTS, default=None, return_dtype=pl.Int32)
    return pl.date(code.str.slice(0, 4).cast(pl.Int32, strict=False), month, 1).alias("start")


def _on(day: str) -> pl.Expr:
    moment = pl.col("start").cast(pl.Datetime("us")) + pl.duration(days=pl.col(day))
    return moment.dt.replace_time_zone("UTC").alias("occurred_at")


def _complete(plain: pl.DataFrame, *needed: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    missing = [pl.when(pl.col(one).is_null()).then(pl.lit(_SOURCE_NAMES.get(one, one))) for one in needed]
    bad = plain.filter(pl.any_horizontal(pl.col(one).is_null() for one in needed))
    problems = bad.select(
        pl.col("row").cast(pl.UInt64),
        pl.lit("value_missing").alias("code"),
        pl.concat_str(
            pl.lit("Missing or unreadable: "), pl.concat_list(missing).list.drop_nulls().list.join(", ")
        ).alias("hint"),
    )
    return plain.filter(pl.all_horizontal(pl.col(one).is_not_null() for one in needed)), problems


_SOURCE_NAMES = {
    "user": "id_student", "material_id": "id_site", "day": "date", "clicks": "sum_click", "start": "code_presentation",
    "on": "date_registration", "assessment_id": "id_assessment",
}  # fmt: skip
