"""Invented versions of models, as /v1/models tells of them: one that drifts, one just trained, one not promoted."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any

from tests.web.invented_forms import NOW, Json, iso

from akademos.serving.pages.models import first_to_show, render_models
from akademos.serving.pages.shell import NavLink, Shell

PAGES = {
    "models": ("exam_readiness", 3, "en"),
    "models-candidate": ("exam_readiness", 4, "de"),
    "models-risk": ("dropout_risk", 1, "de"),
    "models-tracing": ("tracing", 2, "en"),
    "no-models": None,
}
"""Page -> model, version, language that it shows."""


def _hash(of: str) -> str:
    return hashlib.sha256(of.encode()).hexdigest()


def _interval(value: float, spread: float) -> Json:
    return {"value": value, "low": value - spread, "high": value + spread}


def _comparison(learners: int, new: float | None, old: float | None, upper: float | None, against: str) -> Json:
    difference = None if new is None or old is None else new - old
    promoted = upper is not None and upper < 0
    return {
        "learners": learners, "new": new, "old": old, "difference": difference, "upper": upper, "promoted": promoted,
        "reason": "words of the register", "against": against,
    }  # fmt: skip


BEATS = _comparison(57, 0.0812, 0.1043, -0.0098, "the baseline")
NO_BETTER = _comparison(61, 0.0821, 0.0809, 0.0071, "the version in service")
FEW = _comparison(12, None, None, None, "the baseline: the version in service is of another release")


def _line(model: str, version: int, state: str, days: int, comparison: Json | None, **more: Any) -> dict[str, Any]:
    trained = NOW - timedelta(days=days)
    made = {name: _hash(f"{model}{version}{name}") for name in ("data_hash", "learners_hash", "artefact_hash")}
    return {
        "model": model, "version": version, "state": state, "trained_at": iso(trained),
        "promoted_at": iso(trained) if state in ("in service", "to rebuild") else None, "replaced_at": None,
        "rebuild_by": None, "learners": 240 + 17 * version, **made, "comparison": comparison, "watch": None, **more,
    }  # fmt: skip


def _figures(moved: float) -> list[Json]:
    names = ["known_share", "mean_mastery", "days_since_start", "study_minutes", "ability", "percent_correct", "output"]
    found: list[Json] = []
    for place, name in enumerate(names):
        value = moved / (1 + 0.8 * place)
        figure = {"figure": name, "learners": 210 - place, "value": value, "low": 0.6 * value, "high": 1.5 * value}
        found.append(figure)
    return [*found, {"figure": "topics_weak", "learners": 31, "value": None, "low": None, "high": None}]


def _looks(nights: int, moved: float, status: str) -> list[Json]:
    found: list[Json] = []
    for night in range(nights):
        share = (night + 1) / nights
        value = moved * (0.3 + 0.7 * share) + 0.01 * (night % 3)
        most = {"figure": "known_share", "learners": 210, "value": value, "low": 0.6 * value, "high": 1.5 * value}
        quiet = night == nights // 2
        found.append(
            {
                "watched_at": iso(NOW - timedelta(days=nights - night)), "learners": 12 if quiet else 210,
                "status": "not_enough_data" if quiet else status if night > nights - 4 else "stable",
                "most": None if quiet else most,
            }
        )  # fmt: skip
    return found


WATCH = {
    "watched_at": iso(NOW - timedelta(hours=5)), "status": "drifting", "learners": 210, "shift": 0.21,
    "figures": _figures(0.35),
}  # fmt: skip
CALM = {**WATCH, "status": "stable", "shift": 0.01, "figures": _figures(0.03)}
LINES = [
    _line("cohort_memory_weights", 31, "in service", 1, None, data_hash=None, learners_hash=None, artefact_hash=None),
    _line("dropout_risk", 1, "in service", 20, BEATS, watch=CALM),
    _line("exam_readiness", 4, "candidate", 2, NO_BETTER),
    _line("exam_readiness", 3, "to rebuild", 45, BEATS, watch=WATCH, rebuild_by=iso(NOW + timedelta(days=12))),
    _line("exam_readiness", 2, "retired", 80, FEW, replaced_at=iso(NOW - timedelta(days=45))),
    _line("tracing", 2, "in service", 9, BEATS, learners=1),
]
USE = "Shows learners, and those who teach or advise them, which score in their target exam their record points to."
CARD: Json = {
    "intended_use": USE, "release": "0.1.0",
    "data": {"rows": 1_204, "learners": 291, "held_out_learners": 61},
    "comparison": {"loss": "mean absolute error of the predicted score, over each learner's distances from the exam"},
    "limits": ["It knows what learners did here, nothing of what they do elsewhere.", "Unusual records: a wider one."],
}  # fmt: skip
READINESS: Json = {
    "metrics": {
        "learners": 61, "mae": _interval(0.081, 0.011), "r": _interval(0.71, 0.08),
        "coverage": {"stated": 0.9, **_interval(0.92, 0.04)}, "withheld": 0.03, "interval_width": 0.31,
        "passing": {"brier": 0.142, "reliability": [[0.12, 0.16, 12], [0.44, 0.38, 13], [0.71, 0.75, 12]]},
    },
    "groups": {
        "algebra-final": {"learners": 31, "mae": 0.084, "coverage": 0.93, "mean_score": 0.66},
        "anatomy-with-a-long-name-that-goes-on": {"learners": 18, "mae": 0.102, "coverage": 0.88, "mean_score": 0.7},
        "student": {"learners": 44, "mae": 0.079, "coverage": 0.92, "mean_score": 0.68},
    },
}  # fmt: skip
RISK: Json = {
    "metrics": {
        "learners": 410, "examples": 1_650, "auroc": _interval(0.81, 0.03), "auprc": _interval(0.55, 0.06),
        "brier": _interval(0.13, 0.02), "ece": _interval(0.031, 0.012), "slope": {"value": 0.94},
        "all_enrolled": {
            "learners": 436, "examples": 1_810, "gone": 31, "auroc": _interval(0.87, 0.02),
            "auprc": _interval(0.68, 0.05), "brier": _interval(0.12, 0.02), "ece": _interval(0.028, 0.01),
            "slope": {"value": 0.97},
        },
        "baselines": {
            "logistic": {"active": {"auroc": 0.805, "auprc": 0.54}, "all": {"auroc": 0.866, "auprc": 0.66}},
            "lightgbm": {"active": {"auroc": 0.801, "auprc": 0.53}, "all": {"auroc": 0.86, "auprc": 0.65}},
            "inactive_7d": {"active": {"auroc": 0.63, "auprc": 0.33}, "all": {"auroc": 0.69, "auprc": 0.41}},
            "already_gone": {"active": None, "all": {"auroc": 0.66, "auprc": 0.4}},
        },
        "fairness": {
            "attributes": ["age_band", "gender"], "abroca": {"gender": 0.041}, "recall_gap": {"gender": 0.07},
            "list": {"learners": 82, "precision": 0.61, "recall": 0.44},
        },
    },
    "groups": {
        f"course-{n}": {"learners": 20 + n, "auroc": 0.74 + 0.008 * n, "predicted": n / 20, "not_completed": n / 21}
        for n in range(1, 17)
    } | {
        "gender: F": {
            "learners": 208, "auroc": 0.82, "predicted": 0.2, "not_completed": 0.19, "recall": 0.47, "abroca": None,
        },
        "gender: M": {
            "learners": 202, "auroc": 0.79, "predicted": 0.25, "not_completed": 0.27, "recall": 0.4, "abroca": 0.041,
        },
    },
}  # fmt: skip
TRACING: Json = {
    "metrics": {
        "learners": 88, "answers": 9_120, "share_correct": 0.71, "auc": _interval(0.79, 0.02),
        "log_loss": _interval(0.49, 0.02), "ece": _interval(0.018, 0.006), "slope": _interval(1.04, 0.09),
    },
    "groups": {},
}  # fmt: skip
CARDS = {"exam_readiness": READINESS, "dropout_risk": RISK, "tracing": TRACING}


def version_of(model: str, version: int) -> dict[str, Any]:
    """One version as /v1/models/{name}/{version} tells of it."""
    line = next(one for one in LINES if (one["model"], one["version"]) == (model, version))
    status = line["watch"] and line["watch"]["status"]
    looks = {None: [], "drifting": _looks(42, 0.35, "drifting"), "stable": _looks(20, 0.03, "stable")}[status]
    return {
        **line, "seed": 812_331, "features": ["known_share", "mean_mastery", "ability"],
        "parameters": {"kind": "boosted trees", "coverage": 0.9, "half_widths": {"1 days": 0.14, "7 days": 0.16}},
        "metrics": CARDS[model]["metrics"], "withheld": {"floor": 10, "groups": 2, "bins": 2}, "looks": looks,
        "card": {**CARD, "fairness": {"groups": CARDS[model]["groups"], "note": ""}}, "drift_limit": 0.1,
    }  # fmt: skip


def models_page(which: str) -> str:
    """The page of that name as HTML."""
    place = PAGES[which]
    shell = Shell(nav=[NavLink("Models", "/models", current=True)], person="Ida Berg", role="admin",
                  language="en" if place is None else place[2])  # fmt: skip
    if place is None:
        assert first_to_show([], None) is None
        return render_models([], None, shell=shell, data="/v1/models")
    return render_models(LINES, version_of(place[0], place[1]), shell=shell, data="/v1/models")
