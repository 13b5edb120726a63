"""The term before this one: a course that has ended and can be learned from."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from akademos.demo.earlier_term import LEARNERS, earlier_term
from akademos.demo.simulation import History
from akademos.jobs.risk_trainer import EITHER_LEAST, OUTCOMES_LEAST


def test_it_has_ended_and_there_is_enough_to_learn_from(history: History) -> None:
    term = earlier_term(history)
    assert term.last_day < history.first_day
    withdrawn = [gone for _, _, gone in term.people if gone is not None]
    assert len(term.people) == LEARNERS >= OUTCOMES_LEAST
    assert EITHER_LEAST < len(withdrawn) < LEARNERS - EITHER_LEAST
    assert all(term.first_day + timedelta(days=14) < gone <= term.last_day for gone in withdrawn)
    assert term.events["event_id"].is_unique().all()
    assert term.events["user_id"].is_in(history.learners.user_ids).sum() == 0, "others than those of this term"
    assert earlier_term(history).events.equals(term.events), "a seed says it all"


def test_who_withdraws_studies_less_before_and_not_at_all_afterwards(history: History) -> None:
    term = earlier_term(history)
    gone = pl.DataFrame(term.people, schema=["user_id", "course_id", "gone"], orient="row").drop("course_id")
    opened = term.events.filter(event_name="material_opened").join(gone, on="user_id").drop_nulls("gone")
    before = (pl.col("gone") - pl.col("client_timestamp").dt.date()).dt.total_days()
    days = opened.select("user_id", before=before).unique()
    assert days["before"].min() >= 6, "silent some days before they say so"  # type: ignore[operator]  # a number
    weekly = [days.filter(pl.col("before").is_between(at, at + 6)).height for at in (16, 37)]
    assert weekly[0] < weekly[1]
