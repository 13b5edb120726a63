"""When an advisor is alerted: a learner is new in focus, or their risk has risen sharply.

Grain: one learner and course in one week. *New in focus*: the word for the estimate is `high` and was another the week
before, or there was none. *Sharp rise*: the probability is `sharp_rise` or more above that of the week before by the
same model, and the word is not `low`. Who is new in focus is not said to have risen as well. Advisory: nothing follows
by itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from akademos.catalogue.alert_datasets import ALERT_LIMITS
from akademos.catalogue.alert_reasons import AlertKind

Severity = Literal["medium", "high"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """What is known of a learner and course in a week: the word, and where a model gave it, its probability."""

    level: str
    risk: float | None = None


@dataclass(frozen=True, slots=True)
class RiskAlert:
    """What to alert somebody of, and how urgent that is: high for whoever is high, medium for the rest."""

    kind: AlertKind
    severity: Severity
    points: int | None
    """Hundredths of probability since the week before; None where the two cannot be compared."""


def risk_alert(
    now: Estimate, before: Estimate | None, *, comparable: bool, sharp_rise: float = ALERT_LIMITS.sharp_rise
) -> RiskAlert | None:
    """What to alert of; None when there is nothing new.

    Args:
        now, before: estimates of this week and the one before; None where there was none.
        comparable: whether one model gave both, so that their probabilities may be subtracted.
        sharp_rise: difference of probabilities.

    Example:
        >>> risk_alert(Estimate("high", 0.7), Estimate("raised", 0.5), comparable=True)
        RiskAlert(kind='new_in_focus', severity='high', points=20)
        >>> risk_alert(Estimate("raised", 0.55), Estimate("low", 0.3), comparable=True)
        RiskAlert(kind='sharp_rise', severity='medium', points=25)
        >>> risk_alert(Estimate("high", 0.7), Estimate("high", 0.68), comparable=True) is None
        True
    """
    by = None
    if comparable and before is not None and now.risk is not None and before.risk is not None:
        by = now.risk - before.risk
    points = None if by is None else round(100 * by)
    if now.level == "high" and (before is None or before.level != "high"):
        return RiskAlert("new_in_focus", "high", points)
    # Compared with a hundredth of a point to spare: 0.45 - 0.3 is not 0.15 in binary.
    if by is not None and by >= sharp_rise - 1e-4 and now.level != "low":
        return RiskAlert("sharp_rise", "high" if now.level == "high" else "medium", points)
    return None
