"""Reads old versions of an event as the newest one: declared steps, a pure function of the properties."""

from __future__ import annotations

from collections.abc import Mapping

from akademos.catalogue.declarations import EventType, Upcast


def apply_upcast(step: Upcast, properties: Mapping[str, object]) -> dict[str, object]:
    """The properties of one version as those of the next; the input stays as it is."""
    result = dict(properties)
    for old, new in step.renamed:
        if old in result:
            result[new] = result.pop(old)
    for name in step.dropped:
        result.pop(name, None)
    values = {(name, old): new for name, old, new in step.mapped}
    for name in {name for name, _, _ in step.mapped}:
        value = result.get(name)
        if isinstance(value, str):
            result[name] = values.get((name, value), value)
    for name, factor in step.scaled:
        value = result.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            result[name] = value * factor
    for name, value in step.added:
        result.setdefault(name, value)
    return result


def upcast_problems(before: EventType, after: EventType) -> list[str]:
    """What is wrong with the upcast that leads from one version to the next, in sentences.

    The example of the old version, upcast, must be fine in the new one; that is checked where the checkers
    are compiled (`consistency`).
    """
    where = after.wire_name
    step = after.upcast
    if step is None:
        return [f"{where}: declare the upcast from {before.wire_name}"]
    old = {rule.name: rule for rule in before.properties}
    new = {rule.name: rule for rule in after.properties}
    problems = []
    for was, becomes in step.renamed:
        if was not in old or becomes not in new:
            problems.append(f"{where}: upcast renames {was} to {becomes}, one of which is not declared")
        elif old[was].column != new[becomes].column:
            problems.append(f"{where}: upcast renames {was} to {becomes}, which has another column")
    renamed = dict(step.renamed)
    for name, rule in old.items():
        if name not in new and name not in renamed and name not in step.dropped:
            problems.append(f"{where}: upcast must rename or drop {name}")
        elif name in step.dropped and rule.column is not None:
            problems.append(f"{where}: upcast drops {name}, but rows keep its column {rule.column}")
        elif name in new and name not in renamed and rule.column != new[name].column:
            problems.append(f"{where}: {name} moves to another column, which no upcast reaches")
    changed = {
        *(name for name, _, _ in step.mapped),
        *(name for name, _ in step.scaled),
        *(name for name, _ in step.added),
    }
    for name in sorted(changed):
        if name not in new:
            problems.append(f"{where}: upcast changes {name}, which is not declared")
        elif new[name].column is not None:
            problems.append(f"{where}: upcast changes {name}, whose column readers take as it is")
    return problems
