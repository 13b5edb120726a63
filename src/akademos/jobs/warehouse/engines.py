"""The same models on two engines, from the same inputs: whether they make equal tables. Nothing is published by it, and
no check runs, which on equal tables would find the same."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from akademos.jobs.warehouse.build import MartsJob
from akademos.stores.ports.warehouse import BuildFolder, TableComparison


@dataclass(frozen=True, slots=True)
class EngineComparison:
    """What came of it: tables, seconds by step, and the tasks that each executor of the second engine ran."""

    tenant_id: str
    tables: tuple[TableComparison, ...]
    seconds: Mapping[str, float]
    executors: Mapping[str, int]

    @property
    def unequal(self) -> list[str]:
        """Tables that differ."""
        return [one.name for one in self.tables if not one.equal]


def compare_engines(job: MartsJob, tenant_id: str, first: BuildFolder, second: BuildFolder) -> EngineComparison:
    """Write the inputs once, make all tables of them twice, and compare.

    Args:
        job: knows the inputs.
        first: build folder whose inputs are written.
        second: one with another engine, which takes the inputs of the first.

    Raises:
        Unavailable: models could not be run on one of them.
    """
    steps, began = {}, time.monotonic()

    def step(name: str) -> None:
        nonlocal began
        steps[name] = round(time.monotonic() - began, 3)
        began = time.monotonic()

    closed = job.write_inputs(tenant_id, first)
    step("inputs")
    executors: dict[str, int] = {}
    second.take_inputs(first)
    for name, folder in (("first", first), ("second", second)):
        for after_checks in (False, True):
            phase = folder.run(after_checks=after_checks, closed_through=closed, checks=False)
            for executor, tasks in phase.executors.items():
                executors[executor] = executors.get(executor, 0) + tasks
        step(name)
    tables = tuple(first.compare(second))
    step("comparison")
    return EngineComparison(tenant_id, tables, steps, executors)
