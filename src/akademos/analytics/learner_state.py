"""What is known about a learner, in two steps: precomputed when answers arrive, evaluated when somebody reads.

`precompute` is the heavy step: it reads answers and material interactions of any number of learners and gives a
state that holds whatever does not decay: memory of cards, counts, past weekly points, recent answers. `evaluate`
is the light step: it takes the state and an instant and gives the tables of `evaluated_schemas.EVALUATED`: mastery with
interval, trend and projection, due reviews, gaps, rhythm.

Laws (tests/analytics): evaluating a state later gives what precomputing later would give, as long as no new answers
came; one learner alone equals the same learner among all, bit for bit; order and repeats of input rows change
nothing; rows after `as_of` change nothing.

The state of one learner packs into bytes (`pack`, `unpack`), so that it fits one row of a store.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

import numpy as np
import polars as pl

from akademos.analytics.attempts import numbers
from akademos.analytics.curriculum import Curriculum
from akademos.analytics.evaluated_schemas import PARTS
from akademos.analytics.evaluated_tables import EvaluatedTables
from akademos.analytics.evaluation import evaluate_state
from akademos.analytics.exam_readiness import ServedScore
from akademos.analytics.next_answer import ServedTracing
from akademos.analytics.parameters import DEFAULT, Parameters
from akademos.analytics.precomputation import precompute_state
from akademos.analytics.state_codec import pack_state, unpack_state

State = Mapping[str, pl.DataFrame]
"""Tables of `schemas.STATE` by name, sorted by learner_key."""
Evaluated = EvaluatedTables
"""Tables of `evaluated_schemas.EVALUATED` by name, of the parts asked for: a mapping to data frames."""


def precompute(
    tables: Mapping[str, pl.DataFrame],
    as_of: datetime,
    params: Parameters = DEFAULT,
    previous: State | None = None,
    tracing: ServedTracing | None = None,
) -> dict[str, pl.DataFrame]:
    """State of every learner in the tables.

    Args:
        tables: any of `schemas.INPUT`; a missing table has no rows. Learners come from `question_attempts`,
            `material_interactions` and `learners`.
        as_of: aware instant; rows with a later `occurred_at` are ignored.
        params: parameters; `evaluate` must get the same ones.
        previous: an earlier state of some of the learners. It changes nothing but the time it takes: past weekly
            points are taken from it where the learner's past is the same, which saves most of the work.
        tracing: the tenant's knowledge-tracing model in service at `as_of`.

    Returns:
        Tables of `schemas.STATE`, each sorted by learner_key.

    Raises:
        InputError: `as_of` is naive (`naive_time`) or a table is malformed (`table_malformed`).
    """
    return precompute_state(tables, as_of, params, previous, tracing)


def evaluate(
    state: State,
    curriculum: Curriculum,
    as_of: datetime,
    params: Parameters = DEFAULT,
    parts: Collection[str] = tuple(PARTS),
    score: ServedScore | None = None,
) -> Evaluated:
    """What the state says at an instant, for every learner in it.

    Args:
        state: from `precompute` or `unpack`.
        curriculum: from `curriculum.prepare`.
        as_of: aware instant, not before the state's own.
        params: those of the state.
        parts: names of `evaluated_schemas.PARTS`; fewer parts are quicker.
        score: the tenant's score model in service, for the part readiness.

    Returns:
        Tables of `evaluated_schemas.EVALUATED` that belong to the parts, and always `learner`.

    Raises:
        InputError: `as_of` is naive (`naive_time`) or before the state's (`as_of_before_state`), or a part is
            unknown (`unknown_part`).
    """
    return evaluate_state(state, curriculum, as_of, params, parts, score)


def split(state: State) -> Iterator[tuple[str, dict[str, pl.DataFrame]]]:
    """(learner_key, state of that learner alone) for every learner in the state, in order."""
    keys = state["profile"]["learner_key"].to_list()
    edges = {
        name: np.searchsorted(numbers(table["learner_key"], keys).to_numpy(), np.arange(len(keys) + 1)).tolist()
        for name, table in state.items()
    }
    for n, key in enumerate(keys):
        yield key, {name: table[edges[name][n] : edges[name][n + 1]] for name, table in state.items()}


def pack(state: State) -> bytes:
    """State of exactly one learner as compressed bytes; `unpack` gives it back equal.

    Raises:
        InputError: the state holds no learner or several (`not_one_learner`).
    """
    return pack_state(state)


def unpack(blob: bytes) -> State:
    """State of one learner from the bytes of `pack`; its tables are decoded when they are first used.

    Raises:
        InputError: the bytes are no state, or one of another version, which must be precomputed anew
            (`state_unreadable`).
    """
    return unpack_state(blob)


def blank(learner_key: str, time_zone: str, as_of: datetime) -> dict[str, pl.DataFrame]:
    """State of a learner of whom nothing is known yet."""
    learners = pl.DataFrame({"learner_key": [learner_key], "time_zone": [time_zone]})
    return precompute({"learners": learners}, as_of)
