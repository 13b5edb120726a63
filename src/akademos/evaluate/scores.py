"""Scores of predicted probabilities as the protocols use them; they stand in `analytics.probability_scores`."""

from __future__ import annotations

from akademos.analytics.probability_scores import (
    Floats,
    Score,
    auc,
    brier,
    calibration_slope,
    ece,
    interval,
    log_loss,
)

__all__ = ["Floats", "Score", "auc", "brier", "calibration_slope", "ece", "interval", "log_loss"]
