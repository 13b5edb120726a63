"""`akademos bench journeys`: every question about journeys over a file of many invented events.

The file is Parquet in order of learner and time, as the core keeps it: learner_key (32 hex digits), occurred_at, step
(40 names, some much more frequent than others), a year. Seconds are medians of rounds, `cpu_s`
means of what the processors worked; `with_read_s` is reading the
three columns and asking, as somebody waits who asks once.
"""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import polars as pl
from pyarrow import parquet

from akademos.analytics.journeys import FunnelStep, Steps, funnel, loops, paths, read_steps, time_between
from akademos.analytics.retention import retention
from akademos.analytics.survival import kaplan_meier

NAMES = 40
YEAR_US = 365 * 86_400_000_000
BEGIN_US = 1_767_225_600_000_000  # 2026-01-01
DAY_US = 86_400_000_000
ROUNDS = 3
SEED = 5


def run(events: int = 20_000_000, learners: int = 50_000) -> dict[str, Any]:
    """Figures as the JSON object of the last line."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "events.parquet"
        _write(file, events, learners)
        read_s, steps = _timed(lambda: _read(file))
        asked: dict[str, Callable[[Steps], object]] = {
            "funnel": _funnel,
            "funnel_optional_repeated": _long_funnel,
            "paths": lambda one: paths(one, [_name(3)], depth=4, gap_us=DAY_US),
            "paths_backwards": lambda one: paths(one, [_name(3)], depth=4, gap_us=DAY_US, backwards=True),
            "loops": lambda one: loops(one, gap_us=DAY_US),
            "time_between": lambda one: time_between(one, [_name(1)], [_name(5)]),
            "retention_by_start_week": lambda one: retention(one, BEGIN_US + YEAR_US),
            "retention_by_attribute": lambda one: retention(one, BEGIN_US + YEAR_US, _groups(one)),
            "survival": _survival,
        }
        figures = {name: _asked(question, steps, read_s) for name, question in asked.items()}
    return {
        "slowest_with_read_s": max(one["with_read_s"] for one in figures.values()),
        **figures,
        "events": events,
        "learners": learners,
        "read_s": round(read_s, 3),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _name(number: int) -> str:
    return f"step_{number:02}"


def _write(file: Path, events: int, learners: int) -> None:
    rng = np.random.default_rng(SEED)
    weight = rng.lognormal(0, 1, learners)
    counts = np.maximum(1, np.floor(weight / weight.sum() * events)).astype(np.int64)
    counts[0] += events - counts.sum()
    learner = np.repeat(np.arange(learners), counts)
    at = rng.integers(0, YEAR_US, events)
    at = at[np.lexsort((at, learner))] + BEGIN_US
    popular = 1 / np.arange(1, NAMES + 1)
    code = rng.choice(NAMES, events, p=popular / popular.sum()).astype(np.uint32)
    keys = pl.Series([f"{number:032x}" for number in range(learners)])
    names = pl.Series([_name(number) for number in range(NAMES)])
    pl.DataFrame(
        {
            "learner_key": keys.gather(pl.Series(learner)),
            "occurred_at": pl.Series(at).cast(pl.Datetime("us")).dt.replace_time_zone("UTC"),
            "step": names.gather(pl.Series(code)),
        }
    ).write_parquet(file, compression="zstd", row_group_size=500_000)


def _read(file: Path) -> Steps:
    table = parquet.read_table(file, read_dictionary=["learner_key", "step"])
    return read_steps(pl.DataFrame(table), in_order=True)


def _timed(question: Callable[[], Any]) -> tuple[float, Any]:
    seconds, answer = [], None
    for _ in range(ROUNDS):
        began = time.perf_counter()
        answer = question()
        seconds.append(time.perf_counter() - began)
    return median(seconds), answer


def _asked(question: Callable[[Steps], object], steps: Steps, read_s: float) -> dict[str, float]:
    began = time.process_time()
    seconds, _ = _timed(lambda: question(steps))
    cpu = (time.process_time() - began) / ROUNDS
    return {"s": round(seconds, 3), "cpu_s": round(cpu, 3), "with_read_s": round(read_s + seconds, 3)}


def _funnel(steps: Steps) -> object:
    return funnel(steps, [FunnelStep((_name(number),), None if not number else 7 * DAY_US) for number in range(5)])


def _long_funnel(steps: Steps) -> object:
    return funnel(
        steps,
        [
            FunnelStep((_name(0),)),
            FunnelStep((_name(1), _name(2)), DAY_US, optional=True),
            FunnelStep((_name(3),), 7 * DAY_US, times=3),
            FunnelStep((_name(4),), 30 * DAY_US),
        ],
    )


def _groups(steps: Steps) -> list[str]:
    return ["abcd"[number % 4] for number in range(steps.learners)]


def _survival(steps: Steps) -> object:
    """Days from each learner's first event to the first rare step, censored at the last event."""
    first = np.flatnonzero(np.diff(steps.learner, prepend=-1))
    last = np.concatenate((first[1:], [len(steps.learner)])) - 1
    rare = steps.rows([_name(NAMES - 1)])
    place = steps.firsts(rare)
    people = steps.learner[rare[place]]
    until = steps.at[last]
    until[people] = steps.at[rare[place]]
    happened = np.zeros(steps.learners, dtype=bool)
    happened[people] = True
    return kaplan_meier((until - steps.at[first]) / DAY_US, happened)
