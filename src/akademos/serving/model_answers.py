"""What is told of models, to `/v1/models` and to the page alike: versions, cards, what the watch found.

It names nobody. Groups and bins of fewer held-out learners than the tenant's floor are left out and counted, whatever
floor stood when the version was trained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from akademos.catalogue.model_policies import DRIFT
from akademos.catalogue.risk_datasets import RISK_MODELS
from akademos.catalogue.roles import RULE_OF, Question, Reach, Role
from akademos.errors import NotFound
from akademos.serving.gate import may_ask
from akademos.serving.principal import Principal
from akademos.serving.services import Services
from akademos.stores.ports.model_watch import Look
from akademos.stores.ports.models import TrainedModel

OPEN_TO = (Question.GOVERNANCE, Question.OPERATIONS, Question.AGGREGATE)
LOOKS_OF = timedelta(days=90)
"""So far back go the looks that are told of a version."""

_INSTANTS = ("trained_at", "promoted_at", "replaced_at", "rebuild_by")


def may_look_at_models(role: Role) -> bool:
    """Cards are about no learner: open to every member of staff who asks about groups, governance or operations, and
    those of `RISK_MODELS` to advisors."""
    return sees_all_models(role) or RULE_OF[role].reach is Reach.OWN_ADVISEES


def sees_all_models(role: Role) -> bool:
    """Whether a role may look at every kind of model, not at those alone that its own work rests on."""
    return not RULE_OF[role].questions.isdisjoint(OPEN_TO)


def told_versions(services: Services, principal: Principal) -> list[dict[str, Any]]:
    """Every version of every model of the tenant that the role may look at, by model, newest first.

    Raises:
        Forbidden: the role asks about nothing that models belong to.
    """
    versions = _versions(services, principal)
    looks = {(one.model, one.version): one for one in services.model_looks.newest(principal.tenant_id)}
    return [_line(one, looks.get((one.model, one.version))) for one in versions]


def told_version(services: Services, principal: Principal, name: str, version: int) -> dict[str, Any]:
    """One version with its features, metrics, card and looks.

    Raises:
        Forbidden: as of `told_versions`.
        NotFound: there is no such version.
    """
    found = [one for one in _versions(services, principal) if (one.model, one.version) == (name, version)]
    if not found:
        raise NotFound("There is no such version.", hint="/v1/models lists them.", code="unknown_model")
    one, tenant_id = found[0], principal.tenant_id
    looks = services.model_looks.course(tenant_id, name, version, services.clock() - LOOKS_OF)
    newest = [look for look in services.model_looks.newest(tenant_id) if (look.model, look.version) == (name, version)]
    floor = services.gate.floor(tenant_id)
    metrics, few_bins = _without_few(one.metrics, floor)
    card, few_groups = _card_without_few(one.card, floor)
    metrics = _without_attributes(metrics, one.card, card)
    if isinstance(card.get("metrics"), Mapping):
        card["metrics"] = _without_attributes(card["metrics"], one.card, card)
    return {
        **_line(one, newest[0] if newest else None),
        "seed": one.seed,
        "features": list(one.features),
        "parameters": dict(one.parameters),
        "metrics": metrics,
        "card": card,
        "withheld": {"floor": floor, "groups": few_groups, "bins": few_bins},
        "looks": [_shortly(look) for look in looks],
        "drift_limit": DRIFT.shift,
    }


def _versions(services: Services, principal: Principal) -> list[TrainedModel]:
    if may_look_at_models(principal.role) and not sees_all_models(principal.role):
        return [one for one in services.models.cards(principal.tenant_id) if one.model in RISK_MODELS]
    questions = RULE_OF[principal.role].questions
    may_ask(principal, next((one for one in OPEN_TO if one in questions), Question.GOVERNANCE))
    return services.models.cards(principal.tenant_id)


def _line(one: TrainedModel, look: Look | None) -> dict[str, Any]:
    return {
        "model": one.model,
        "version": one.version,
        "state": one.state,
        **{name: _instant(getattr(one, name)) for name in _INSTANTS},
        **{name: getattr(one, name) for name in ("learners", "data_hash", "learners_hash", "artefact_hash")},
        "comparison": one.metrics.get("comparison"),
        "watch": None
        if look is None
        else {
            "watched_at": _instant(look.watched_at),
            **{name: getattr(look, name) for name in ("status", "learners", "shift", "figures")},
        },
    }


def _shortly(look: Look) -> dict[str, Any]:
    """A look with the figure of which it is most certain that it moved."""
    known = [one for one in look.figures if one.get("low") is not None]
    return {
        "watched_at": _instant(look.watched_at),
        "status": look.status,
        "learners": look.learners,
        "most": max(known, key=lambda one: (one["low"], one["value"] or 0.0), default=None),
    }


def _without_few(metrics: Mapping[str, Any], floor: int) -> tuple[dict[str, Any], int]:
    """The metrics without bins of few learners, and how many those were."""
    passing = metrics.get("passing")
    if not isinstance(passing, Mapping) or not isinstance(passing.get("reliability"), Sequence):
        return dict(metrics), 0
    bins = passing["reliability"]
    kept = [one for one in bins if one[2] >= floor]
    return {**metrics, "passing": {**passing, "reliability": kept}}, len(bins) - len(kept)


def _card_without_few(card: Mapping[str, Any], floor: int) -> tuple[dict[str, Any], int]:
    """The card without groups and bins of few learners, and how many groups those were."""
    told, few = dict(card), 0
    if isinstance(card.get("metrics"), Mapping):
        told["metrics"], _ = _without_few(card["metrics"], floor)
    fairness = card.get("fairness")
    if isinstance(fairness, Mapping) and isinstance(fairness.get("groups"), Mapping):
        groups = {name: one for name, one in fairness["groups"].items() if one.get("learners", 0) >= floor}
        few = len(fairness["groups"]) - len(groups)
        told["fairness"] = {**fairness, "groups": groups}
    return told, few


def _without_attributes(
    metrics: Mapping[str, Any], whole: Mapping[str, Any], told: Mapping[str, Any]
) -> dict[str, Any]:
    """The metrics without what is said of an attribute of which a group is left out: it may be that group's."""
    fairness = metrics.get("fairness")
    if not isinstance(fairness, Mapping):
        return dict(metrics)
    kept, all_of = (set(one.get("fairness", {}).get("groups", {})) for one in (told, whole))
    hidden = {name.partition(": ")[0] for name in all_of - kept if ": " in name}
    shown = {
        key: {name: value for name, value in one.items() if name not in hidden} if isinstance(one, Mapping) else one
        for key, one in fairness.items()
    }
    return {**metrics, "fairness": shown}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
