"""Whether every event is accounted for: what came in against where it is now.

    received = accepted + held + duplicate + conflict + suppressed + rejected
    accepted + released = in landing + in the core + in the preference and security logs + late duplicates + withdrawn
        + expired + erased
    held = still held + released + withdrawn + expired + erased before consent

They hold at every instant at which nothing is between two stores; what is, is named as a cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

VERDICTS = ("accepted", "held", "duplicate", "conflict", "suppressed", "rejected")
ACCEPTED = "accepted"
"""Name of the equation of what was accepted."""

AFTER_ACCEPTED = ("late_duplicate", "withdrawn", "expired_retention", "expired_log", "erased")
AFTER_HELD = ("released", "withdrawn_held", "expired_held", "erased_held")


@dataclass(frozen=True, slots=True)
class Stock:
    """What a tenant's stores hold and have counted at one instant, in events.

    Attributes:
        receipts: `received` and each verdict.
        movements: by kind.
        landing, held, logs, core: rows there now; `logs` are the preference and security logs.
        uncounted: deleted from the core for a withdrawal or by retention, by a job that has not counted it yet.
        between: what may be between two stores: cause -> events at the most.
    """

    receipts: Mapping[str, int]
    movements: Mapping[str, int]
    landing: int
    held: int
    logs: int
    core: int
    uncounted: int = 0
    between: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation: its sides by part, in events."""

    name: str
    left: Mapping[str, int]
    right: Mapping[str, int]

    @property
    def difference(self) -> int:
        """Left less right: above zero events are missing, below zero they are there twice."""
        return sum(self.left.values()) - sum(self.right.values())


def equations(stock: Stock) -> tuple[Equation, ...]:
    """The three equations of a tenant."""
    moved = stock.movements
    verdicts = {name: stock.receipts.get(name, 0) for name in VERDICTS}
    return (
        Equation("received", {"received": stock.receipts.get("received", 0)}, verdicts),
        Equation(
            ACCEPTED,
            {"accepted": verdicts["accepted"], "released": moved.get("released", 0)},
            {
                "in landing": stock.landing,
                "in the core": stock.core,
                "in the logs": stock.logs,
                **{name.replace("_", " "): moved.get(name, 0) for name in AFTER_ACCEPTED},
                "deleted, not counted yet": stock.uncounted,
            },
        ),
        Equation(
            "held",
            {"held": verdicts["held"]},
            {
                "still held": stock.held,
                **{name.replace("_", " "): moved.get(name, 0) for name in AFTER_HELD},
            },
        ),
    )


def unexplained(equation: Equation, stock: Stock) -> bool:
    """Whether a difference is more than what is between two stores. That is there twice, in the one and the other:
    nothing is missing for it, and verdicts and held events have no other store to be in."""
    most = sum(stock.between.values()) if equation.name == ACCEPTED else 0
    return not -most <= equation.difference <= 0


def accounted_for(stock: Stock) -> bool:
    """Whether all that left the platform is accounted for: nothing that was accepted is missing without a cause."""
    return not any(unexplained(one, stock) for one in equations(stock))
