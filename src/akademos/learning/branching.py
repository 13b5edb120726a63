"""The branches of an interactive lesson: every step can be reached, and from every step an end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from akademos.learning.problems import Problem


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a scenario; `choices` name the steps that follow, `end` says that the lesson may end here."""

    step_id: str
    prompt: str
    choices: tuple[str, ...] = ()
    end: bool = False


def steps_of(scenario: Mapping[str, object]) -> list[Step]:
    """The steps as declared: objects with `step`, `prompt`, `choices` (objects with `next`) and `ends`.

    What is no step at all comes out as one without id or prompt, which `problems_of_scenario` names.
    """
    found = []
    for one in _listed(scenario.get("steps")):
        step = one if isinstance(one, Mapping) else {}
        targets = [
            str(choice.get("next") or "") if isinstance(choice, Mapping) else ""
            for choice in _listed(step.get("choices"))
        ]
        ends = step.get("ends") is True
        found.append(Step(str(step.get("step") or ""), str(step.get("prompt") or ""), tuple(targets), ends))
    return found


def problems_of_scenario(scenario: Mapping[str, object], where: str) -> list[Problem]:
    """Every reason why the scenario cannot be played through from its `start`. `where` is its place."""
    steps, start = steps_of(scenario), scenario.get("start")
    if not steps:
        return [Problem("scenario_empty", where, "The interactive lesson has no step.")]
    found = []
    if all(step.step_id != start for step in steps):
        found.append(
            Problem("start_unknown", f"{where}/start", f"It starts at {start or 'nothing'}, which is no step.")
        )
    known: dict[str, Step] = {}
    for number, step in enumerate(steps):
        place = f"{where}/steps/{step.step_id or number}"
        if not step.step_id:
            found.append(Problem("step_without_id", place, f"Step {number + 1} has no id."))
        elif step.step_id in known:
            found.append(Problem("step_twice", place, f"The step {step.step_id} is there twice."))
        if not step.prompt.strip():
            found.append(Problem("step_without_prompt", place, f"The step {step.step_id or number + 1} says nothing."))
        if step.step_id:
            known.setdefault(step.step_id, step)
    for step in known.values():
        found += [
            Problem(
                "step_unknown",
                f"{where}/steps/{step.step_id}",
                f"A choice of the step {step.step_id} leads to {target or 'nothing'}, which is no step.",
            )
            for target in step.choices
            if target not in known
        ]
    follows = {name: [target for target in step.choices if target in known] for name, step in known.items()}
    reached = _reachable(follows, [name for name in known if name == start])
    precedes: dict[str, list[str]] = {name: [] for name in known}
    for name, targets in follows.items():
        for target in targets:
            precedes[target].append(name)
    ending = _reachable(precedes, [name for name, step in known.items() if step.end])
    for name in known:
        place = f"{where}/steps/{name}"
        if name not in reached:
            found.append(Problem("step_unreachable", place, f"No choice ever leads to the step {name}."))
        if name not in ending:
            stuck = "is a dead end" if not follows[name] else "leads round in a circle that no end follows"
            found.append(Problem("step_dead_end", place, f"The step {name} {stuck}."))
    return found


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, Sequence) and not isinstance(value, str) else ()


def _reachable(edges: Mapping[str, Iterable[str]], start: Iterable[str]) -> set[str]:
    seen, waiting = set(start), list(start)
    while waiting:
        for target in edges[waiting.pop()]:
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen
