"""The answer of /v1/analytics/recommendations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from akademos.analytics.curriculum import Curriculum
from akademos.analytics.recommendations import recommendations as steps_of
from akademos.jobs.answers.header import Header, head, instant
from akademos.jobs.answers.rows import Tables
from akademos.stores.ports.content import ContentSupport


def recommendations(
    evaluated: Tables,
    header: Header,
    state: Tables,
    curriculum: Curriculum,
    support: Sequence[ContentSupport] = (),
) -> dict[str, Any]:
    """What to do next, in order, each step with its trigger, its reason and what the learner did with it.

    Args:
        evaluated: parts reviews and gaps of one learner.
        header: facts for the head.
        state: of the learner: profile, materials and what was recommended.
        curriculum: what there is.
        support: what is published of materials that help, of every course.
    """
    params = header.parameters.recommendations
    known = {material: published for one in support for material, published in one.materials.items()}
    steps = steps_of(evaluated, state, curriculum, header.learner_key, header.as_of, params, known)
    listed = [
        {"position": place, **asdict(step), "shown_at": _at(step.shown_at), "accepted_at": _at(step.accepted_at)}
        for place, step in enumerate(steps, 1)
    ]
    return {**head(evaluated, header), "recommendations": listed}


def _at(moment: datetime | None) -> str | None:
    return None if moment is None else instant(moment)
