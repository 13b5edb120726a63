"""Answers made ready for knowledge tracing: scored, in order of learner and time, each once, with numbers for names.

An answer that names no skill stands under `NO_SKILL`, an answer without a question is an item of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.parameters import DEFAULT, Parameters
from akademos.analytics.rounds import Index, runs
from akademos.analytics.schemas import conform

Floats = npt.NDArray[np.float64]
NO_SKILL = ""


@dataclass(frozen=True, slots=True)
class TracedAnswers:
    """Answers as arrays.

    Attributes:
        learner, item: number of the learner and of the item of each answer.
        correct: 0 or 1.
        position: how many answers of the learner came before.
        answer, skill: one entry per answer and skill of it, in order of answers: the answer's row, the skill's number.
        learners, items, skills: names by number; learners and items sorted.
    """

    learner: Index
    item: Index
    correct: Floats
    position: Index
    answer: Index
    skill: Index
    learners: list[str]
    items: list[str]
    skills: list[str]

    def __len__(self) -> int:
        return len(self.correct)

    @property
    def skills_each(self) -> Floats:
        """Number of skills of each answer, at least 1."""
        return np.bincount(self.answer, minlength=len(self)).astype(np.float64)

    def mean_of_skills(self, values: Floats) -> Floats:
        """Mean over the skills of each answer of one value per entry of `skill`."""
        return np.asarray(np.bincount(self.answer, values, minlength=len(self)) / self.skills_each)

    def of(self, learners: npt.NDArray[np.bool_]) -> TracedAnswers:
        """Only the answers of some learners (one flag a learner); numbers and names stay."""
        rows = learners[self.learner]
        entries = rows[self.answer]
        return TracedAnswers(
            learner=self.learner[rows],
            item=self.item[rows],
            correct=self.correct[rows],
            position=self.position[rows],
            answer=(np.cumsum(rows) - 1)[self.answer[entries]],
            skill=self.skill[entries],
            learners=self.learners,
            items=self.items,
            skills=self.skills,
        )


def trace_answers(question_attempts: pl.DataFrame, params: Parameters = DEFAULT) -> TracedAnswers:
    """The scored answers of a table `schemas.INPUT["question_attempts"]`, whatever the order of its rows.

    An answer counts as correct from `params.mastery.correct_from` on. Two rows of one event are one answer.

    Raises:
        InputError: the table is malformed (`table_malformed`).
    """
    rows = (
        conform(question_attempts, "question_attempts")
        .filter(pl.col("score").is_not_null(), pl.col("score").is_not_nan(), pl.col("learner_key").is_not_null())
        .sort("learner_key", "occurred_at", "event_id", "question_id", "score")
        .unique(["learner_key", "event_id"], keep="first", maintain_order=True)
        .with_columns(
            question_id=pl.coalesce("question_id", pl.concat_str(pl.lit("event "), "event_id")),
            topic_ids=pl.col("topic_ids").fill_null([]).list.drop_nulls().list.unique(maintain_order=True),
        )
        .with_columns(
            topic_ids=pl.when(pl.col("topic_ids").list.len() == 0)
            .then(pl.lit([NO_SKILL], dtype=pl.List(pl.String)))
            .otherwise("topic_ids")
        )
    )
    learner, learners = _numbered(rows["learner_key"])
    item, items = _numbered(rows["question_id"])
    entries = rows.select("topic_ids").with_row_index("answer").explode("topic_ids")
    skill, skills = _numbered(entries["topic_ids"])
    starts, counts = runs(learner)
    return TracedAnswers(
        learner=learner,
        item=item,
        correct=(rows["score"] >= params.mastery.correct_from).to_numpy().astype(np.float64),
        position=np.arange(len(learner)) - np.repeat(starts, counts),
        answer=entries["answer"].to_numpy().astype(np.int64),
        skill=skill,
        learners=learners,
        items=items,
        skills=skills,
    )


def _numbered(names: pl.Series) -> tuple[Index, list[str]]:
    known: Sequence[str] = names.unique().sort().to_list()
    return names.cast(pl.Enum(known)).to_physical().to_numpy().astype(np.int64), list(known)
