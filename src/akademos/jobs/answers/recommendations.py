"""The answer of /v1/analytics/recommendations."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from akademos.analytics.curriculum import Curriculum
from akademos.analytics.recommendations import recommendations as steps_of
from akademos.jobs.answers.header import Header, head, instant
from akademos.jobs.answers.rows import Tables


def recommendations(evaluated: Tables, header: Header, state: Tables, curriculum: Curriculum) -> dict[str, Any]:
    """What to do next, in order, each step with its trigger, its reason and what the learner did with it.

    Args:
        evaluated: parts reviews and gaps of one learner.
        header: facts for the head.
        state: of the learner: profile, materials and what was recommended.
        curriculum: what there is.
    """
    params = header.parameters.recommendations
    steps = steps_of(evaluated, state, curriculum, header.learner_key, header.as_of, params)
    listed = [
        {"position": place, **asdict(step), "shown_at": _at(step.shown_at), "accepted_at": _at(step.accepted_at)}
        for place, step in enumerate(steps, 1)
    ]
    return {**head(evaluated, header), "recommendations": listed}


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else instant(moment)
