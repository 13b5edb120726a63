"""`bench analytics`: events a second of each learner analytic over all learners, milliseconds for one, FSRS speed.

A seeded population of learners answers items of a curriculum with a prerequisite graph, next to one heavy learner with
a year of 5,000 answers; the analytics of study have populations of their own (`study`), the heavy learner of
20,000 events. Of each analytic is measured, from events to evaluated tables:

- `events_per_s`: all learners at once, the shared precomputation included;
- `one_learner_ms`: the heavy learner from events, the median of several rounds;
- `read_ms`: the heavy learner from the packed state, which is what an answer costs when it is asked for.

`tracing` is the feature pass of knowledge tracing alone, and its update after one answer (bench/tracing.py).

`renewal` is the precomputation alone where yesterday's state is at hand, as in the nightly run and after an answer.

`live_update_ms` is from the acknowledgement of an answer to the dashboard that shows it, in an installation of its own.

`exam_plan` is the planner for the heavy learner, 90 days ahead, and the load of reviews with it; `memory_fit` fits the
weights of learners side by side to histories drawn from the default weights, each with 600 scored reviews or so.

`fsrs` steps a million random reviews on one core, and compares stability, difficulty and retrievability with package
`fsrs` over random histories with repeats within the day; the largest relative difference stands in
`parity_max_rel`.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import Any

import numpy as np
import polars as pl

from akademos.analytics import fsrs
from akademos.analytics.clock import DAY_US, microseconds
from akademos.analytics.curriculum import Curriculum, prepare
from akademos.analytics.exam_planner import Asked, planning
from akademos.analytics.fsrs_fit import fit
from akademos.analytics.item_difficulty import item_difficulty
from akademos.analytics.learner_state import evaluate, pack, precompute, split, unpack
from akademos.analytics.pace import cohort_times
from akademos.analytics.parameters import DEFAULT
from akademos.analytics.schemas import TIME
from akademos.bench import live_update, study, tracing
from akademos.errors import Unavailable

Tables = dict[str, pl.DataFrame]

SEED = 2026
LEARNERS, ANSWERS_EACH, HEAVY_ANSWERS = 200, 300, 5_000
TOPICS, ITEMS, MATERIALS = 40, 1_500, 200
DAYS = 365
NOW = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
HEAVY = "heavy"
ROUNDS = 7
REVIEWS, PARITY_CARDS = 1_000_000, 1_000

PARTS = {
    "mastery": ("mastery", "hierarchy"),
    "forgetting": ("reviews", "curves", "items"),
    "knowledge_gaps": ("gaps", "gap_graph"),
    "exam_readiness": ("readiness", "readiness_details"),
}


def run(
    *,
    learners: int = LEARNERS,
    answers_each: int = ANSWERS_EACH,
    heavy_answers: int = HEAVY_ANSWERS,
    study_events: int = study.HEAVY_EVENTS,
    reviews: int = REVIEWS,
    rounds: int = ROUNDS,
    live_updates: int = live_update.UPDATES,
) -> dict[str, Any]:
    """The figures as the JSON object of the last line; `live_update_ms` is of an installation of its own.

    Raises:
        Unavailable: the extra `bench` is not installed.
    """
    if find_spec("fsrs") is None:
        raise Unavailable(
            "The comparison with package `fsrs` needs the extra `bench`.",
            hint="Install `akademos[bench]`, or run `make setup`.",
            code="extra_missing",
        )
    rng = np.random.default_rng(SEED)
    curriculum_tables = _curriculum_tables(rng)
    curriculum = prepare(curriculum_tables)
    everybody = _population(rng, [f"learner {n}" for n in range(learners)], answers_each, curriculum_tables)
    heavy = _population(rng, [HEAVY], heavy_answers, curriculum_tables)
    figures: dict[str, Any] = {
        name: _analytic(everybody, heavy, curriculum, parts, rounds) for name, parts in PARTS.items()
    }
    students = study.population(
        rng, [f"student {n}" for n in range(max(1, learners // 4))], study.EVENTS_EACH, curriculum_tables, NOW
    )
    reader = study.population(rng, [HEAVY], study_events, curriculum_tables, NOW)
    figures |= {name: _analytic(students, reader, curriculum, parts, rounds) for name, parts in study.PARTS.items()}
    figures["tracing"] = tracing.run(everybody["question_attempts"], rounds=rounds, heavy_answers=4 * heavy_answers)
    figures["renewal"] = {
        "events_per_s": round(_events(everybody) / _renewal_s(everybody, 1)),
        "one_learner_ms": round(1000 * _renewal_s(heavy, rounds), 2),
    }
    figures["live_update_ms"] = live_update.run(live_updates)
    figures["fsrs"] = {"reviews_per_s": _fsrs_speed(rng, reviews), "parity_max_rel": _fsrs_parity(rng)}
    figures["exam_plan"] = {"one_learner_ms": round(1000 * _planning_s(heavy, curriculum, rounds), 2)}
    figures["memory_fit"] = _fit_speed(rng, max(1, reviews // 100_000))
    figures["population"] = {
        "learners": learners,
        "events": _events(everybody),
        "heavy_learner_events": _events(heavy),
        "state_bytes": len(_packed(heavy)),
        "study_learner_events": _events(reader),
        "study_state_bytes": len(_packed(reader)),
    }
    return figures


def _analytic(
    everybody: Tables, heavy: Tables, curriculum: Curriculum, parts: tuple[str, ...], rounds: int
) -> dict[str, float]:
    def from_events(tables: Tables) -> None:
        dict(evaluate(precompute(tables, NOW), curriculum, NOW, parts=parts))

    blob = _packed(heavy)
    asked = NOW + timedelta(hours=6)
    all_s = _seconds(lambda: from_events(everybody), 1)
    one_s = _seconds(lambda: from_events(heavy), rounds)
    read_s = _seconds(lambda: evaluate(unpack(blob), curriculum, asked, parts=parts), rounds * 3)
    return {
        "events_per_s": round(_events(everybody) / all_s),
        "one_learner_ms": round(1000 * one_s, 2),
        "read_ms": round(1000 * read_s, 2),
    }


def _renewal_s(tables: Tables, rounds: int) -> float:
    yesterday = precompute(tables, NOW - timedelta(days=1))
    return _seconds(lambda: precompute(tables, NOW, previous=yesterday), rounds)


def _planning_s(tables: Tables, curriculum: Curriculum, rounds: int) -> float:
    state = unpack(_packed(tables))
    asked = Asked((NOW + timedelta(days=90)).date(), 0.9, 30)
    return _seconds(lambda: planning(state, curriculum, NOW, asked), rounds)


def _fit_speed(rng: np.random.Generator, learners: int) -> dict[str, float]:
    """Learners fitted side by side: scored reviews a second, and milliseconds a learner."""
    cards = 100
    at_us, _, starts, counts = _histories(rng, learners * cards, learners * cards * 12)
    recall = fsrs.review_all(at_us, np.full(len(at_us), fsrs.GOOD), starts, counts).retrievability
    grades = np.where((recall > 0) & (rng.random(len(at_us)) > recall), fsrs.AGAIN, fsrs.GOOD)
    group = np.repeat(np.arange(learners), cards)
    prior = np.tile(np.asarray(DEFAULT.forgetting.fsrs), (learners, 1))
    began = time.perf_counter()
    found = fit(at_us, grades, starts, counts, group, prior, DEFAULT.fit)
    seconds = time.perf_counter() - began
    return {
        "reviews_per_s": round(int(found.reviews.sum()) / seconds),
        "learner_ms": round(1000 * seconds / learners, 1),
        "learners": learners,
    }


def _packed(tables: Tables) -> bytes:
    _, state = next(iter(split(precompute(tables, NOW))))
    return pack(state)


def _seconds(work: Callable[[], object], rounds: int) -> float:
    """Median duration, after one run that warms up."""
    work()
    taken = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _events(tables: Tables) -> int:
    named = ("question_attempts", "material_interactions", "study_events")
    return sum(tables[name].height for name in named if name in tables)


def _curriculum_tables(rng: np.random.Generator) -> Tables:
    topics = [f"topic {n:02d}" for n in range(TOPICS)]
    edges = [(topics[int(rng.integers(0, n))], topics[n]) for n in range(1, TOPICS) for _ in range(2)]
    return {
        "topics": pl.DataFrame(
            {
                "topic_id": [*(f"part {n}" for n in range(5)), *topics],
                "parent_id": [*[None] * 5, *(f"part {n % 5}" for n in range(TOPICS))],
            }
        ),
        "topic_relationships": pl.DataFrame(edges, schema=["from_topic", "to_topic"], orient="row").with_columns(
            kind=pl.lit("prerequisite")
        ),
        "exam_weights": pl.DataFrame(
            {"exam_id": "exam", "topic_id": topics, "weight": [float(1 + n % 10) for n in range(TOPICS)]}
        ),
        "items": pl.DataFrame(
            {
                "question_id": [f"item {n:05d}" for n in range(ITEMS)],
                "topic_ids": [[topics[n % TOPICS]] for n in range(ITEMS)],
            }
        ),
        "materials": pl.DataFrame(
            {
                "material_id": [f"material {n:04d}" for n in range(MATERIALS)],
                "topic_ids": [[topics[n % TOPICS]] for n in range(MATERIALS)],
            }
        ),
    }


def _population(rng: np.random.Generator, learners: list[str], answers_each: int, curriculum_tables: Tables) -> Tables:
    """Learners of differing ability who answer at random moments of a year; one contact per ten answers."""
    answers, contacts = len(learners) * answers_each, len(learners) * answers_each // 10
    item = rng.integers(0, ITEMS, answers)
    ability = np.repeat(rng.normal(0.6, 1, len(learners)), answers_each)
    right = rng.random(answers) < 1 / (1 + np.exp(rng.normal(0, 1, ITEMS)[item] - ability))
    confidence = np.where(rng.random(answers) < 0.5, np.nan, rng.random(answers))
    attempts = pl.DataFrame(
        {
            "learner_key": np.repeat(np.array(learners), answers_each),
            "event_id": np.char.add("answer ", np.arange(answers).astype(str)),
            "occurred_at": _moments(rng, answers),
            "question_id": curriculum_tables["items"]["question_id"].gather(item),
            "topic_ids": curriculum_tables["items"]["topic_ids"].gather(item),
            "score": right.astype(np.float64),
            "duration_seconds": rng.lognormal(3, 0.5, answers),
            "confidence": pl.Series(confidence, nan_to_null=True),
        }
    )
    material = rng.integers(0, MATERIALS, contacts)
    interactions = pl.DataFrame(
        {
            "learner_key": np.array(learners)[np.arange(contacts) % len(learners)],
            "event_id": np.char.add("contact ", np.arange(contacts).astype(str)),
            "event_name": np.where(rng.random(contacts) < 0.5, "material_opened", "material_completed"),
            "occurred_at": _moments(rng, contacts),
            "material_id": curriculum_tables["materials"]["material_id"].gather(material),
            "duration_seconds": rng.lognormal(5, 0.5, contacts),
        }
    )
    tables = {**curriculum_tables, "question_attempts": attempts, "material_interactions": interactions}
    return {
        **tables,
        "learners": pl.DataFrame({"learner_key": learners, "time_zone": ["Europe/Berlin"] * len(learners)}),
        "learner_targets": pl.DataFrame({"learner_key": learners, "exam_id": ["exam"] * len(learners)}),
        "item_difficulty": item_difficulty(attempts, NOW),
        "cohort_times": cohort_times(tables, NOW),
    }


def _moments(rng: np.random.Generator, count: int) -> pl.Series:
    return pl.Series(microseconds(NOW) - rng.integers(0, DAYS * DAY_US, count)).cast(TIME)


def _histories(rng: np.random.Generator, cards: int, reviews: int) -> tuple[Any, Any, Any, Any]:
    """at_us, grades, starts, counts: random reviews, two in five within a day of the one before."""
    counts = rng.multinomial(reviews - cards, np.full(cards, 1 / cards)) + 1
    starts = np.cumsum(counts) - counts
    soon = rng.random(reviews) < 0.4
    gaps = (np.where(soon, rng.exponential(0.4, reviews), rng.exponential(20, reviews)) * DAY_US).astype(np.int64)
    total = np.cumsum(gaps)
    at_us = total - np.repeat(total[starts], counts) + 1_500_000_000_000_000
    return at_us, rng.integers(1, 5, reviews), starts, counts


def _fsrs_speed(rng: np.random.Generator, reviews: int) -> int:
    histories = _histories(rng, max(1, reviews // 10), reviews)
    return round(reviews / _seconds(lambda: fsrs.review_all(*histories), 3))


def _fsrs_parity(rng: np.random.Generator) -> float:
    from fsrs import Card, Rating, Scheduler

    at_us, grades, starts, counts = _histories(rng, PARITY_CARDS, PARITY_CARDS * 10)
    found = fsrs.review_all(at_us, grades, starts, counts)
    scheduler = Scheduler(enable_fuzzing=False)
    largest = 0.0
    for start, count in zip(starts.tolist(), counts.tolist(), strict=True):
        card = Card(card_id=1)
        for row in range(start, start + count):
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(at_us[row]))
            recall = scheduler.get_card_retrievability(card, moment)
            card, _ = scheduler.review_card(card, Rating(int(grades[row])), moment)
            for ours, theirs in (
                (found.stability[row], card.stability or 0.0),
                (found.difficulty[row], card.difficulty or 0.0),
                (found.retrievability[row], recall),
            ):
                largest = max(largest, abs(ours - theirs) / theirs if theirs else abs(ours))
    return float(f"{largest:.2e}")
