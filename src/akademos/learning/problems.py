"""What stands in the way of publishing: a code, the place, and a sentence for whoever has to mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem; `where` is the place in the content, like /modules/m1/lessons/l2."""

    code: str
    where: str
    reason: str
