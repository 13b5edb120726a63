"""A state as arrays at an instant: the ground on which the evaluated tables stand.

Groups are (learner, topic) in the order of the state's `topics`, so a learner's OVERALL comes first. Rows are items
within groups, in order of group, then item.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from akademos.analytics.attempts import numbers
from akademos.analytics.clock import instant_of, local_day, microseconds
from akademos.analytics.forgetting import NEVER, retrievability_at
from akademos.analytics.fsrs_gradient import WEIGHTS
from akademos.analytics.parameters import Parameters
from akademos.analytics.rounds import Index, runs
from akademos.analytics.schemas import STATE
from akademos.analytics.state_codec import PackedState
from akademos.errors import InputError

if TYPE_CHECKING:
    import polars as pl

Floats = npt.NDArray[np.float64]
_EPOCH = date(1970, 1, 1)
_NOT_A_TIME = np.iinfo(np.int64).min  # how numpy writes a missing instant


@dataclass(frozen=True, slots=True)
class StateArrays:
    """The numbers of a state.

    Attributes:
        state: the tables.
        params: parameters.
        as_of: the instant.
        now: the instant in microseconds.
        keys, zones, clocks: of each learner.
        computed: microseconds of the state's own instant, per learner.
        today: local day number, per learner.
        first_group, first_card: number of each learner's first group and card, with the total at the end.
        group_learner, topic_ids, answers, items: per group.
        weights: (learners, 21), the FSRS-6 weights in force.
        card_learner, last_review, stability, decay, due, recall: per card; `recall` at the instant.
        row_group, row_card, row_attempts, row_score, row_first: per row; `row_first` NaN where not seen.
        row_starts: first row of each group.
    """

    state: Mapping[str, pl.DataFrame]
    params: Parameters
    as_of: datetime
    now: int
    keys: list[str]
    zones: list[str]
    clocks: list[str]
    computed: Index
    today: Index
    first_group: Index
    first_card: Index
    group_learner: Index
    topic_ids: list[str]
    answers: Index
    items: Index
    weights: Floats
    card_learner: Index
    last_review: Index
    stability: Floats
    decay: Floats
    due: Index
    recall: Floats
    row_group: Index
    row_card: Index
    row_attempts: Index
    row_score: Floats
    row_first: Floats
    row_starts: Index

    def learner_of(self, table: str) -> Index:
        """Number of the learner of each row of a state table."""
        return _learner_of(self.state, table, self.keys)

    def group_of(self, table: str) -> Index:
        """Number of the group of each row of a state table that has a column `topic`."""
        return self.first_group[self.learner_of(table)] + self.integers(table, "topic")

    def integers(self, table: str, column: str) -> Index:
        """The numbers of a state column without nulls; instants are microseconds, dates days."""
        return _integers(self.state, table, column)

    def instants(self, table: str, column: str) -> Index:
        """Microseconds of a state column of instants, NEVER for null."""
        return _instants(self.state, table, column)

    def floats(self, table: str, column: str) -> Floats:
        """The numbers of a state column, NaN for null."""
        return values_of(self.state, table, column)

    def flags(self, table: str, column: str) -> npt.NDArray[np.bool_]:
        """A state column of truth values."""
        return values_of(self.state, table, column)

    def texts(self, table: str, column: str) -> list[Any]:
        """A state column as plain values, None for null."""
        return list_of(self.state, table, column)

    def keys_of(self, groups: Index) -> list[str]:
        """learner_key of each of the groups."""
        if len(self.keys) == 1:
            return self.keys * len(groups)
        return [self.keys[learner] for learner in self.group_learner[groups].tolist()]

    def topics_of(self, groups: Index) -> list[str]:
        """topic_id of each of the groups."""
        return [self.topic_ids[group] for group in groups.tolist()]

    def has_clock(self) -> npt.NDArray[np.bool_]:
        """Per learner, whether any of the answers has a clock."""
        clocked = np.zeros(len(self.keys), dtype=bool)
        clocked[self.card_learner[self.last_review != NEVER]] = True
        return clocked

    def recall_at(self, instants: Index) -> Floats:
        """Retrievability of each card at its learner's instants (learners, points): (cards, points)."""
        at = instants[self.card_learner]
        return retrievability_at(at, self.last_review[:, None], self.stability[:, None], self.decay[:, None])


def read_state(state: Mapping[str, pl.DataFrame], as_of: datetime, params: Parameters) -> StateArrays:
    """The arrays of a state.

    Raises:
        InputError: `as_of` is naive (`naive_time`) or before the state's own (`as_of_before_state`), or a table is
            missing (`state_unreadable`).
    """
    now = microseconds(as_of)
    lacking = STATE.keys() - state.keys()
    if lacking:
        raise InputError(
            f"The state has no table {', '.join(sorted(lacking))}.",
            hint="Precompute the state anew.",
            code="state_unreadable",
        )
    keys, zones = list_of(state, "profile", "learner_key"), list_of(state, "profile", "time_zone")
    computed = _integers(state, "profile", "as_of")
    if len(keys) and int(computed.max()) > now:
        raise InputError(
            f"The state is of {instant_of(int(computed.max()))}, which is after {as_of}.",
            hint="Precompute a state from the events up to the instant asked for.",
            code="as_of_before_state",
        )
    group_learner, card_learner = _learner_of(state, "topics", keys), _learner_of(state, "cards", keys)
    member_learner = _learner_of(state, "card_topics", keys)
    first_group, first_card = _edges(group_learner, len(keys)), _edges(card_learner, len(keys))
    # A card is a row of OVERALL, which is the first group of its learner; members are the rows of topics.
    row_group = np.concatenate(
        (first_group[card_learner], first_group[member_learner] + _integers(state, "card_topics", "topic"))
    )
    row_card = np.concatenate(
        (np.arange(len(card_learner)), first_card[member_learner] + _integers(state, "card_topics", "card"))
    )
    parts: list[npt.NDArray[Any]] = [
        np.concatenate((values_of(state, "cards", name), values_of(state, "card_topics", name)))
        for name in ("attempts", "score", "first_score")
    ]
    if len(keys) > 1:
        order = np.argsort(row_group, kind="stable")
        row_group, row_card, *parts = (part[order] for part in (row_group, row_card, *parts))
    weights = np.array(list_of(state, "profile", "memory_weights"), dtype=np.float64).reshape(len(keys), WEIGHTS)
    decay = weights[card_learner, 20]
    last_review, stability = _instants(state, "cards", "last_review"), values_of(state, "cards", "stability")
    return StateArrays(
        state=state,
        params=params,
        as_of=as_of,
        now=now,
        keys=keys,
        zones=zones,
        clocks=list_of(state, "profile", "clock"),
        computed=computed,
        today=np.array([local_day(now, zone) for zone in zones], dtype=np.int64),
        first_group=first_group,
        first_card=first_card,
        group_learner=group_learner,
        topic_ids=list_of(state, "topics", "topic_id"),
        answers=_integers(state, "topics", "answers"),
        items=_integers(state, "topics", "items"),
        weights=weights,
        card_learner=card_learner,
        last_review=last_review,
        stability=stability,
        decay=decay,
        due=_instants(state, "cards", "due_at"),
        recall=retrievability_at(now, last_review, stability, decay),
        row_group=row_group,
        row_card=row_card,
        row_attempts=parts[0].astype(np.int64),
        row_score=parts[1],
        row_first=parts[2],
        row_starts=runs(row_group)[0],
    )


def date_of(day: int) -> date:
    """The date of a day number."""
    return _EPOCH + timedelta(days=day)


def values_of(state: Mapping[str, pl.DataFrame], table: str, column: str) -> npt.NDArray[Any]:
    """A state column as an array: NaN and NaT for null."""
    if isinstance(state, PackedState):
        return state.values_of(table, column)
    return state[table][column].to_numpy()


def list_of(state: Mapping[str, pl.DataFrame], table: str, column: str) -> list[Any]:
    """A state column as plain values, None for null."""
    if isinstance(state, PackedState):
        return state.list_of(table, column)
    return state[table][column].to_list()


def _integers(state: Mapping[str, pl.DataFrame], table: str, column: str) -> Index:
    return values_of(state, table, column).astype(np.int64, copy=False)


def _instants(state: Mapping[str, pl.DataFrame], table: str, column: str) -> Index:
    us = values_of(state, table, column).view(np.int64)
    return np.where(us == _NOT_A_TIME, NEVER, us)


def _learner_of(state: Mapping[str, pl.DataFrame], table: str, keys: list[str]) -> Index:
    if len(keys) == 1:
        rows = state.rows(table) if isinstance(state, PackedState) else state[table].height
        return np.zeros(rows, dtype=np.int64)
    return numbers(state[table]["learner_key"], keys).to_numpy()


def _edges(learner: Index, learners: int) -> Index:
    return np.concatenate(([0], np.cumsum(np.bincount(learner, minlength=learners)))).astype(np.int64)
