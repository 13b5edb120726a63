"""`evaluate drift`: how often the watch over models raises an alarm where nothing has moved, and how often it sees what
has. docs/evaluation/drift.md holds the protocol.

Every look goes through `analytics.drift` with the limits that the job uses. A training has 400 learners, a night as
many as the row says; each has 1 to 30 rows of 12 figures that hang together within the learner, in three strata which
training and night mix differently. Half of the figures are normal, a quarter counts, a quarter mostly missing.
**Nothing moved**: 400 looks a size; every `drifting` is a false alarm, every `watch` beside it is counted too; the
bound is Clopper and Pearson's, one-sided, 95%. **Moved**: 100 looks a size, in which one figure lies d of its standard
deviations higher.
"""

from __future__ import annotations

import resource
import time
from collections import Counter
from typing import Any

import numpy as np
import polars as pl

from akademos.analytics.drift import reference, shifts, standing
from akademos.catalogue.model_policies import DRIFT
from akademos.catalogue.policies import LIMITS
from akademos.evaluate.insights import upper_bound

SEED = 2026
LOOKS, MOVED_LOOKS = 400, 100
TRAINED = 400
SIZES = (60, 200, 600)
EFFECTS = (0.5, 1.0)
FIGURES = 12


def run(*, looks: int = LOOKS, moved_looks: int = MOVED_LOOKS, seed: int = SEED) -> dict[str, Any]:
    """The figures of the last line; the arguments are for the tests, the command has none."""
    began = time.perf_counter()
    still = {f"{size} learners": _still(size, looks, seed) for size in SIZES}
    return {
        "figures": FIGURES,
        "limit": DRIFT.shift,
        "nothing_moved": still,
        "false_alarms_upper_bound": max(one["upper_bound"] for one in still.values()),
        "moved": {
            f"d={effect:g}, {size} learners": _moved(size, effect, moved_looks, seed)
            for effect in EFFECTS
            for size in SIZES
        },
        "seconds": round(time.perf_counter() - began, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _still(size: int, looks: int, seed: int) -> dict[str, Any]:
    said = Counter(_look(np.random.default_rng([seed, size, number]), size, 0.0) for number in range(looks))
    return {
        "looks": looks,
        "false_alarms": said["drifting"],
        "upper_bound": round(upper_bound(said["drifting"], looks), 4),
        "to_watch": said["watch"],
    }


def _moved(size: int, effect: float, looks: int, seed: int) -> dict[str, Any]:
    rng = [np.random.default_rng([seed, size, round(100 * effect), number]) for number in range(looks)]
    said = Counter(_look(one, size, effect) for one in rng)
    return {"looks": looks, "alarms": said["drifting"] / looks, "alarm_or_watch": 1 - said["stable"] / looks}


def _look(rng: np.random.Generator, size: int, effect: float) -> str:
    kept = reference(_rows(rng, TRAINED, (0.5, 0.3, 0.2), 0.0), LIMITS.group_floor)
    found = shifts(kept, _rows(rng, size, (0.2, 0.4, 0.4), effect), int(rng.integers(2**31)), DRIFT.learners)
    return standing(found, DRIFT.shift)


def _rows(rng: np.random.Generator, learners: int, mix: tuple[float, ...], effect: float) -> pl.DataFrame:
    """Rows of some learners; the first figure is `effect` standard deviations higher."""
    each = rng.integers(1, 31, learners)
    learner = np.repeat(np.arange(learners), each)
    stratum = rng.choice(len(mix), len(learner), p=mix)
    level, shared = rng.normal(0, 1, (learners, FIGURES)), rng.normal(0, 1, (learners, 1))
    values = np.sqrt(0.2) * shared[learner] + np.sqrt(0.4) * level[learner]
    values += np.sqrt(0.4) * rng.normal(0, 1, (len(learner), FIGURES))
    values[:, 0] += effect
    values += 0.8 * stratum[:, None]
    values[:, 6:9] = np.floor(np.exp(values[:, 6:9]))
    values[:, 9:][rng.random((len(learner), 3)) < 0.7] = np.nan
    return pl.DataFrame(
        {
            "learner_key": learner,
            "stratum": [f"part {n}" for n in stratum.tolist()],
            **{f"figure {n:02d}": values[:, n] for n in range(FIGURES)},
        }
    )
