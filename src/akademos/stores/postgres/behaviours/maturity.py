"""Assessments of organisations: scored by the published revision of their model; the organisation's profile follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akademos.catalogue.records import BY_NAME
from akademos.catalogue.records.declaration import Record
from akademos.errors import Conflict
from akademos.learning.maturity import MaturityScore, maturity_model, score_maturity
from akademos.stores.postgres.behaviours.content import Content, published, rows
from akademos.stores.postgres.record_changes import Change, RecordWork
from akademos.stores.postgres.record_rows import Row

ASSESSMENTS = "procurement_maturity_assessments"
PROFILES = BY_NAME["organization_learning_profiles"]


def on_submitted_assessment(
    work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]
) -> Mapping[str, object]:
    """Refuse an assessment that cannot be scored.

    Raises:
        InputError: its model is not published, or an answer does not fit it.
        Conflict: too little was answered, and in which dimensions.
    """
    _score(work, row)
    return {}


def score_assessment(work: RecordWork, change: Change) -> None:
    """Score an assessment that was submitted."""
    if change.record.name != ASSESSMENTS or change.action != "submit":
        return
    model, scored = _score(work, change.after)
    values = {"score": scored.score, "maturity_level": scored.level, "model_revision": model["revision"]}
    after = work.change(change.record, change.key, action="score", values=values)
    profile: dict[str, object] = {
        "maturity_score": scored.score,
        "maturity_level": scored.level,
        "assessed_at": after["scored_at"],
    }
    organisation = change.after["organisation_id"]
    if rows(
        work,
        "SELECT FROM organization_learning_profiles WHERE tenant_id = %s AND organisation_id = %s FOR UPDATE",
        organisation,
    ):
        work.change(PROFILES, (organisation,), values=profile)
    else:
        work.create(PROFILES, {"organisation_id": organisation, **profile})


def _score(work: RecordWork, assessment: Mapping[str, Any]) -> tuple[Content, MaturityScore]:
    model = published(work, "maturity_models", assessment["model_id"])
    responses = {one["question"]: one["points"] for one in assessment["responses"] or ()}
    scored = score_maturity(maturity_model(model["rubric"]), responses)
    if scored.lacking:
        raise Conflict(
            f"Too little is answered in: {', '.join(scored.lacking)}.",
            hint="Answer more questions of these dimensions, then submit again.",
            code="too_little_answered",
        )
    return model, scored
