"""The codes of refusals that operations meet: what each means, whether trying again helps, and its runbook."""

from __future__ import annotations

import inspect
from dataclasses import dataclass

from akademos.catalogue.runbooks import RUNBOOKS
from akademos.errors import AkademosError

OUTCOMES = {
    "interrupted": "A run that its process did not survive; the next run goes on where it stopped.",
    "unexpected": "A fault of ours in a job; the log has its kind, standard error its traceback.",
    "rehearsal": "A failure on purpose: somebody rehearsed an incident.",
    "internal": "A fault of ours in an answer; the log has the number that the answer names.",
}
"""Codes that no error class carries."""


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One code; `runbook` is empty where only the sender can mend it."""

    code: str
    meaning: str
    status: int
    transient: bool
    runbook: str


def error_codes() -> tuple[ErrorCode, ...]:
    """Codes of the error classes, of outcomes, and those that runbooks explain; sorted."""
    runbook_of = {code: one for one in RUNBOOKS for code in one.codes}
    found: dict[str, ErrorCode] = {}
    kinds: list[type[AkademosError]] = [AkademosError, *_below(AkademosError)]
    for kind in kinds:
        meaning = inspect.getdoc(kind) or kind.__name__
        found[kind.code] = _code(kind.code, meaning.split("\n\n")[0].replace("\n", " "), kind.status, kind.transient)
    for code, meaning in OUTCOMES.items():
        found[code] = _code(code, meaning, 503, transient=True)
    for code, one in runbook_of.items():
        if code not in found:
            found[code] = _code(code, f"Explained under: {one.title}.", 409, transient=False)
    return tuple(found[code] for code in sorted(found))


def _code(code: str, meaning: str, status: int, transient: bool) -> ErrorCode:
    runbook = next((one.name for one in RUNBOOKS if code in one.codes), "")
    return ErrorCode(code, meaning, status, transient, runbook)


def _below(kind: type[AkademosError]) -> list[type[AkademosError]]:
    """Subclasses that the package itself declares, whatever else a process has imported."""
    found: list[type[AkademosError]] = []
    for one in kind.__subclasses__():
        if one.__module__ == AkademosError.__module__:
            found += [one, *_below(one)]
    return found
