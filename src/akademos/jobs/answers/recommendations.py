"""The answer of /v1/analytics/recommendations."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from akademos.analytics.curriculum import Curriculum
from akademos.analytics.recommendations import recommendations as steps_of
from akademos.jobs.answers.header import Header, head
from akademos.jobs.answers.rows import Tables

if TYPE_CHECKING:
    import polars as pl


def recommendations(
    evaluated: Tables, header: Header, materials: pl.DataFrame, curriculum: Curriculum
) -> dict[str, Any]:
    """What to do next, in order, each step with its trigger and reason.

    Args:
        evaluated: parts reviews and gaps of one learner.
        header: facts for the head.
        materials: what the learner opened, of the state.
        curriculum: what there is.
    """
    steps = steps_of(evaluated, materials, curriculum, header.learner_key)
    return {
        **head(evaluated, header),
        "recommendations": [{"position": place, **asdict(step)} for place, step in enumerate(steps, 1)],
    }
