"""The form of the plan for an exam, as JSON Schema for the OpenAPI document."""

from __future__ import annotations

from akademos.serving.answer_forms import COUNT, DATE, NUMBER, SHARE, TEXT, Schema, answer, form, listing, or_null


def schemas() -> dict[str, Schema]:
    """The form, by the name it has in the document."""
    return {"ExamPlan": _exam_plan()}


def _exam_plan() -> Schema:
    return answer(
        "A plan for an exam day, what other minutes a day would give, and the load of reviews under a target.",
        status={"enum": ["ok", "not_enough_data", "needs_clock", "needs_date", "no_data"]},
        reason=or_null(TEXT),
        exam=form(
            "What is planned for.",
            exam_id=or_null(TEXT),
            date=or_null(DATE),
            date_source=or_null({"enum": ["asked", "target_exam"]}),
            weights={"enum": ["target_exam", "default"]},
            target_recall=SHARE,
            minutes_a_day=COUNT,
        ),
        plan=or_null(
            form(
                "The least minutes of the ladder that reach the target, or the best within the minutes asked for.",
                feasible={"type": "boolean"},
                days=COUNT,
                minutes_a_day=COUNT,
                minutes_needed=or_null(COUNT),
                expected_recall=SHARE,
                low=SHARE,
                high=SHARE,
                interval=SHARE,
                recall_now=SHARE,
                recall_unstudied=SHARE,
                recall_most=SHARE,
            )
        ),
        schedule=listing(form("One day.", date=DATE, reviews=COUNT, new_items=COUNT, minutes=NUMBER)),
        trade_off=listing(form("One rung.", minutes_a_day=COUNT, expected_recall=SHARE, minutes_used=NUMBER)),
        topics=listing(
            form(
                "One topic of the exam.",
                topic_id=TEXT,
                name=TEXT,
                weight=NUMBER,
                items=COUNT,
                seen=COUNT,
                recall_now=SHARE,
                recall_unstudied=SHARE,
                recall_planned=SHARE,
                reviews=COUNT,
                new_items=COUNT,
            )
        ),
        load=listing(
            form(
                "Were every seen item reviewed when its recall falls to the target.",
                target_retention=SHARE,
                reviews=COUNT,
                minutes_a_day=NUMBER,
                recall=SHARE,
                days=listing(form("One day.", date=DATE, reviews=COUNT, minutes=NUMBER)),
            )
        ),
        basis=form(
            "What it rests on.",
            answers=COUNT,
            items=COUNT,
            seen=COUNT,
            answer_seconds=NUMBER,
            answer_seconds_basis={"enum": ["own", "cohort", "assumed"]},
            first_attempt_share=SHARE,
            memory_weights=TEXT,
            memory_reviews=COUNT,
            memory_version=TEXT,
        ),
        assumptions=listing(TEXT),
    )
