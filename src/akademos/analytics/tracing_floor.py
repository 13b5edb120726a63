"""What a knowledge-tracing model keeps of items and skills: only what enough learners taught, and a typical item each.

A row of an item that two people answered tells what they answered, so a model that is kept leaves out rows that rest on
fewer learners than a floor. An item without a row falls back to its skills, a skill without one to all answers.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from akademos.analytics.rounds import Index
from akademos.analytics.running import steps
from akademos.analytics.traced_answers import NO_SKILL, TracedAnswers
from akademos.analytics.tracing_difficulty import LEARNED, LearnedTables
from akademos.analytics.tracing_model import TracingModel

Floats = npt.NDArray[np.float64]
DECIMALS = 6


def with_floor(model: TracingModel, answers: TracedAnswers, floor: int) -> TracingModel:
    """The model without rows of items and skills that rest on fewer learners than `floor`, with typical items.

    Args:
        model: trained on `answers`.
        answers: of the learners who taught it.
        floor: least number of learners.
    """
    of_item = _learners_each(answers.item, answers.learner, len(answers.items))
    of_skill = _learners_each(answers.skill, answers.learner[answers.answer], len(answers.skills))
    known_items = {name for name, learners in zip(answers.items, of_item.tolist(), strict=True) if learners >= floor}
    known_skills = {name for name, learners in zip(answers.skills, of_skill.tolist(), strict=True) if learners >= floor}
    tables = _only(model.tables, known_items, known_skills)
    return dataclasses.replace(model, tables=tables, typical=_typical(tables, answers, known_skills))


def _learners_each(of: Index, learner: Index, size: int) -> Index:
    """How many different learners stand beside each number."""
    learners = int(learner.max(initial=0)) + 1
    return np.bincount(np.unique(of * learners + learner) // learners, minlength=size)


def _only(tables: LearnedTables, items: set[str], skills: set[str]) -> LearnedTables:
    item = np.array([name in items for name in tables.items], dtype=bool)
    skill = np.array([name in skills for name in tables.skills], dtype=bool)
    return dataclasses.replace(
        tables,
        items=tuple(name for name in tables.items if name in items),
        skills=tuple(name for name in tables.skills if name in skills),
        item=tables.item[np.append(item, True)],  # the last row is that of unknown names
        skill=tables.skill[np.append(skill, True)],
    )


def _typical(tables: LearnedTables, answers: TracedAnswers, skills: set[str]) -> dict[str, tuple[float, ...]]:
    """Per skill the mean of `LEARNED` over the answers on it: an item as its items usually are."""
    columns = tables.columns(answers)[answers.answer]
    count = np.bincount(answers.skill, minlength=len(answers.skills))
    mean = (
        np.column_stack([np.bincount(answers.skill, columns[:, n], minlength=len(count)) for n in range(len(LEARNED))])
        / np.maximum(count, 1)[:, None]
    )
    rows = steps(np.round(mean, DECIMALS)).tolist()
    return {name: tuple(rows[n]) for n, name in enumerate(answers.skills) if name in skills and name != NO_SKILL}
