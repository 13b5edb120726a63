"""Learning paths: which steps are open, how far a learner is, and whether a path can be followed at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Literal, TypeAlias

from akademos.learning.problems import Problem

State: TypeAlias = Literal["not_started", "in_progress", "completed"]


@dataclass(frozen=True, slots=True)
class PathStep:
    """One step: what must be done before it (ids of steps), and whether the path can be completed without it."""

    step_id: str
    prerequisites: tuple[str, ...] = ()
    optional: bool = False


@dataclass(frozen=True, slots=True)
class StepStanding:
    """A step for one learner: `open` when everything before it is done, `share` done in 0..1."""

    step_id: str
    share: float
    done: bool
    open: bool
    waits_for: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathStanding:
    """A path for one learner: the mean share of the steps that count, in 0..1; completed when all of those are."""

    share: float
    state: State
    steps: tuple[StepStanding, ...]
    next_step: str | None


def problems_of_path(steps: Sequence[PathStep]) -> list[Problem]:
    """Every reason why the path cannot be followed."""
    if not steps:
        return [Problem("path_empty", "/steps", "The path has no step.")]
    found: list[Problem] = []
    known: dict[str, PathStep] = {}
    for step in steps:
        if step.step_id in known:
            found.append(Problem("step_twice", f"/steps/{step.step_id}", f"The step {step.step_id} is there twice."))
        known.setdefault(step.step_id, step)
    if all(step.optional for step in steps):
        found.append(
            Problem("nothing_required", "/steps", "All steps are optional, so that nothing completes the path.")
        )
    for step in known.values():
        place = f"/steps/{step.step_id}/prerequisites"
        for before in step.prerequisites:
            if before not in known:
                reason = f"The step {step.step_id} needs {before}, which is no step of the path."
                found.append(Problem("prerequisite_unknown", place, reason))
            elif known[before].optional and not step.optional:
                reason = f"The step {step.step_id} counts, and needs {before}, which is optional."
                found.append(Problem("prerequisite_optional", place, reason))
    graph = {name: [one for one in step.prerequisites if one in known] for name, step in known.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        round_trip = " \N{RIGHTWARDS ARROW} ".join(reversed(circle.args[1]))
        found.append(Problem("prerequisite_cycle", "/steps", f"Steps need each other: {round_trip}."))
    return found


def path_standing(steps: Sequence[PathStep], shares: Mapping[str, float]) -> PathStanding:
    """How far a learner is. `shares` are what is done of each step, in 0..1; a step not in there has not begun.

    The next step is the first open one that counts, else the first open optional one. A step that is done stays so
    when something before it is not (content may be revised).
    """
    done = {step.step_id for step in steps if shares.get(step.step_id, 0.0) >= 1}
    standings = []
    for step in steps:
        waits = tuple(one for one in step.prerequisites if one not in done)
        share = min(1.0, max(0.0, shares.get(step.step_id, 0.0)))
        standings.append(StepStanding(step.step_id, share, step.step_id in done, not waits, waits))
    counting = [standing for step, standing in zip(steps, standings, strict=True) if not step.optional]
    share = sum(one.share for one in counting) / len(counting) if counting else 0.0
    state: State = "not_started"
    if counting and all(one.done for one in counting):
        state = "completed"
    elif any(one.share > 0 for one in standings):
        state = "in_progress"
    optional = [standing for step, standing in zip(steps, standings, strict=True) if step.optional]
    upcoming = next((one.step_id for one in (*counting, *optional) if one.open and not one.done), None)
    return PathStanding(1.0 if state == "completed" else share, state, tuple(standings), upcoming)
