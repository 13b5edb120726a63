"""The conformed statuses: every status that a fact of any schema may carry, said once.

A module of another schema adds its own by exporting `STATUSES`, too; a pair of kind and status stands once in all.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from akademos.catalogue.warehouse_extracts import Extract
from akademos.errors import CatalogueError

EXTRACTS: tuple[Extract, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """One status. `kind` is what carries it; `final`: nothing follows by itself; `problem`: somebody should look."""

    kind: str
    status: str
    description: str
    final: bool = True
    problem: bool = False


STATUSES: tuple[Status, ...] = (
    Status("verdict", "accepted", "Taken; never lost."),
    Status("verdict", "held", "Waits for consent of its learner, a day at most.", final=False),
    Status("verdict", "duplicate", "The same id with the same content was there before."),
    Status("verdict", "conflict", "The same id with other content was there before; the first wins.", problem=True),
    Status("verdict", "suppressed", "Kept out by an opt-out, an erasure, a restriction or a pause."),
    Status("verdict", "rejected", "Refused, with a code and a hint.", problem=True),
    Status("load", "complete", "All that was meant to move has moved."),
    Status("load", "explained", "What is missing has gone elsewhere, and the cause is named."),
    Status("load", "unexplained", "Something is missing or there twice without a cause.", problem=True),
    Status("load", "unproven", "Something differs; the day was closed before causes were noted with it."),
    Status("load", "running", "The load has not ended.", final=False),
    Status("reconciliation", "balanced", "Both sides are equal."),
    Status("reconciliation", "explained", "The sides differ, and the cause of the difference is named."),
    Status("reconciliation", "unexplained", "The sides differ without a cause.", problem=True),
    Status("check", "pass", "No row offends."),
    Status("check", "warn", "Rows offend; the build is published all the same.", problem=True),
    Status("check", "fail", "Rows offend; the build is not published.", problem=True),
    Status("job", "running", "At work.", final=False),
    Status("job", "succeeded", "Ended as it should."),
    Status("job", "failed", "Ended by an error, or with its process.", problem=True),
    Status("mapping", "conformed", "One course of the source is one conformed course."),
    Status("mapping", "ambiguous", "Several could be meant; a person decides.", final=False, problem=True),
    Status("mapping", "unmapped", "Events name it, and no record does.", final=False, problem=True),
    Status("retry", "waiting", "Will be tried again when what it waits for comes.", final=False),
    Status("retry", "repeated", "The sender tried again; it counted once."),
    Status("retry", "open", "An operator may mend the cause and replay it.", final=False, problem=True),
)


@cache
def statuses() -> tuple[Status, ...]:
    """The statuses of all schemas.

    Raises:
        CatalogueError: a pair stands twice.
    """
    package = import_module("akademos.catalogue.warehouse")
    modules = sorted(found.name for found in iter_modules(package.__path__))
    found = [one for name in modules for one in getattr(import_module(f"{package.__name__}.{name}"), "STATUSES", ())]
    pairs = [(one.kind, one.status) for one in found]
    twice = {pair for pair in pairs if pairs.count(pair) > 1}
    if twice:
        raise CatalogueError(f"Statuses of the warehouse stand twice: {sorted(twice)}.", hint="Say each once.")
    return tuple(found)
