"""The feature pass of knowledge tracing: answers a second for all learners, milliseconds for one with 20,000 answers.

`live_update_ms` is one answer of that learner: their state moved on, and the features of the answer after it.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import polars as pl

from akademos.analytics.traced_answers import trace_answers
from akademos.analytics.tracing import features
from akademos.analytics.tracing_difficulty import LEARNED, LearnedTables, learn_tables
from akademos.analytics.tracing_state import TracingState

HEAVY_ANSWERS = 20_000
LIVE_ANSWERS = 300


def run(attempts: pl.DataFrame, *, rounds: int, heavy_answers: int = HEAVY_ANSWERS) -> dict[str, float]:
    """Figures over a population's answers; the heavy learner gives them again, one after another."""
    answers = trace_answers(attempts)
    tables = learn_tables(answers)
    repeated = pl.concat([attempts] * -(-heavy_answers // attempts.height)).head(heavy_answers)
    heavy = repeated.with_columns(
        learner_key=pl.lit("heavy"),
        event_id=pl.concat_str(pl.lit("heavy "), pl.int_range(pl.len()).cast(pl.String)),
    )

    def pass_over(rows: pl.DataFrame) -> None:
        traced = trace_answers(rows)
        features(traced, tables.columns(traced))

    return {
        "events_per_s": round(attempts.height / _seconds(lambda: pass_over(attempts), 1)),
        "one_learner_ms": round(1000 * _seconds(lambda: pass_over(heavy), min(rounds, 3)), 2),
        "live_update_ms": round(1000 * _live_s(heavy.head(LIVE_ANSWERS), tables), 2),
    }


def _live_s(attempts: pl.DataFrame, tables: LearnedTables) -> float:
    answers = trace_answers(attempts)
    learned = tables.columns(answers)
    state, taken = TracingState(), []
    for row in range(len(answers)):
        item = answers.items[answers.item[row]]
        skills = [answers.skills[n] for n in answers.skill[answers.answer == row]]
        known = dict(zip(LEARNED, learned[row].tolist(), strict=True))
        began = time.perf_counter()
        state = state.after(item, skills, known, correct=bool(answers.correct[row]))
        state.features(item, skills, known)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _seconds(work: Callable[[], object], rounds: int) -> float:
    work()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
