"""The answer of /v1/analytics/exam-plan."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from akademos.analytics.curriculum import Curriculum
from akademos.analytics.exam_plan import ExamPlan
from akademos.analytics.exam_planner import Asked, Planning
from akademos.jobs.answers.blocks import NO_CLOCK, count
from akademos.jobs.answers.header import Header, head
from akademos.jobs.answers.rows import Tables

INTERVAL = 0.8
ASSUMPTIONS = (
    "An item that was never answered counts as not recalled on the exam day.",
    "A review goes as FSRS-6 expects it: right answers count as Good, a miss is answered once more on the same day.",
    "Every answer takes the same time, and the minutes of every day are used; days off lower the result.",
    "The range holds if the model is right and items are recalled independently; the exam's own questions may differ.",
)


def exam_plan(
    evaluated: Tables, header: Header, asked: Asked, found: Planning, curriculum: Curriculum
) -> dict[str, Any]:
    """A plan for an exam day, what other minutes a day would give, and the load of reviews under a target.

    Args:
        evaluated: the table learner.
        header: facts for the head.
        asked: what was asked for.
        found: what the planner says.
        curriculum: names of topics.
    """
    plan, basis = found.plan, found.weights
    return {
        **head(evaluated, header),
        "status": found.status,
        "reason": _reason(found, header),
        "exam": {
            "exam_id": found.exam_id,
            "date": None if found.on is None else found.on.isoformat(),
            "date_source": None if found.on is None else "asked" if asked.on is not None else "target_exam",
            "weights": "target_exam" if found.weighed else "default",
            "target_recall": asked.target_recall,
            "minutes_a_day": asked.minutes_a_day,
        },
        "plan": None if plan is None else _plan(plan),
        "schedule": [
            {
                "date": (found.today + timedelta(days=one.day)).isoformat(),
                "reviews": one.reviews,
                "new_items": one.new_items,
                "minutes": one.minutes,
            }
            for one in (plan.schedule if plan else ())
        ],
        "trade_off": [
            {"minutes_a_day": rung.minutes, "expected_recall": rung.recall, "minutes_used": rung.used}
            for rung in (plan.ladder if plan else ())
        ],
        "topics": [
            {
                "topic_id": topic.topic_id,
                "name": curriculum.name(topic.topic_id),
                "weight": topic.weight,
                "items": topic.items,
                "seen": topic.seen,
                "recall_now": topic.recall_now,
                "recall_unstudied": topic.recall_unstudied,
                "recall_planned": topic.recall_planned,
                "reviews": topic.reviews,
                "new_items": topic.new_items,
            }
            for topic in (plan.topics if plan else ())
        ],
        "load": [
            {
                "target_retention": load.target,
                "reviews": sum(load.reviews),
                "minutes_a_day": sum(load.minutes) / len(load.minutes),
                "recall": load.recall,
                "days": [
                    {"date": (found.today + timedelta(days=n)).isoformat(), "reviews": reviews, "minutes": minutes}
                    for n, (reviews, minutes) in enumerate(zip(load.reviews, load.minutes, strict=True))
                ],
            }
            for load in found.load
        ],
        "basis": {
            "answers": found.answers,
            "items": found.items,
            "seen": found.seen,
            "answer_seconds": found.answer_seconds,
            "answer_seconds_basis": found.answer_basis,
            "first_attempt_share": found.first_right,
            "memory_weights": basis[0],
            "memory_reviews": basis[1],
            "memory_version": basis[2],
        },
        "assumptions": list(ASSUMPTIONS),
    }


def _plan(plan: ExamPlan) -> dict[str, Any]:
    return {
        "feasible": plan.feasible,
        "days": plan.days,
        "minutes_a_day": plan.minutes,
        "minutes_needed": plan.minutes_needed,
        "expected_recall": plan.recall,
        "low": plan.low,
        "high": plan.high,
        "interval": INTERVAL,
        "recall_now": plan.recall_now,
        "recall_unstudied": plan.recall_unstudied,
        "recall_most": plan.recall_most,
    }


def _reason(found: Planning, header: Header) -> str | None:
    if found.status == "not_enough_data":
        missing = header.parameters.plan.answers_min - found.answers
        return f"{count(found.answers, 'answer')} so far, {missing} more give a first plan."
    if found.status == "needs_date":
        if found.on is None:
            return "There is no target exam with a date: name one."
        return f"The exam date {found.on.isoformat()} is none of the next 366 days: name another."
    return {"needs_clock": NO_CLOCK, "no_data": "No answers yet."}.get(found.status)
