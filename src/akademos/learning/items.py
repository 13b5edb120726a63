"""The score of one answer to one item, in 0..1, by the kind of the item.

Rules and where they come from: a choice among several scores by right minus wrong as Canvas' *partial credit with
penalty*, or by a mapping with bounds as QTI 2.1 `map_response`; an order by positions or by neighbours as Moodle's
ordering question (*absolute position*, *relative to the next item*); a number within a tolerance as the QTI 2.1
operator `equal`. No answer scores 0, and no score leaves 0..1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, TypeAlias

from akademos.errors import InputError

Answer: TypeAlias = "str | float | Sequence[str] | None"
"""What was answered: one option, several options, an order of options, a number; None for none."""

Credit: TypeAlias = Literal["all_or_nothing", "partial"]
OrderCredit: TypeAlias = Literal["all_or_nothing", "position", "neighbours"]
ToleranceMode: TypeAlias = Literal["exact", "absolute", "relative"]


@dataclass(frozen=True, slots=True)
class SingleChoice:
    """One option is right; `credits` gives others a share in 0..1."""

    correct: str
    options: tuple[str, ...]
    credits: Mapping[str, float] = field(default_factory=dict)

    def score(self, answer: Answer) -> float:
        """1 for the right option, the share of another one, else 0."""
        chosen = _option(answer)
        if chosen is None:
            return 0.0
        _known([chosen], self.options)
        return 1.0 if chosen == self.correct else _share(self.credits.get(chosen, 0.0))


@dataclass(frozen=True, slots=True)
class MultipleChoice:
    """Several options are right.

    `partial`: each right option chosen earns 1/(right options), each wrong one costs as much, never below 0.
    """

    correct: tuple[str, ...]
    options: tuple[str, ...]
    credit: Credit = "partial"

    def score(self, answer: Answer) -> float:
        """The share earned."""
        chosen = set(_options(answer))
        _known(chosen, self.options)
        right = set(self.correct)
        if self.credit == "all_or_nothing":
            return float(chosen == right)
        return _share((len(chosen & right) - len(chosen - right)) / len(right))


@dataclass(frozen=True, slots=True)
class MappedChoice:
    """Each option is worth points; the sum is bounded, and its share of `upper` is the score (QTI map_response)."""

    points: Mapping[str, float]
    options: tuple[str, ...]
    upper: float
    lower: float = 0.0
    default: float = 0.0

    def total(self, answer: Answer) -> float:
        """Points within the bounds."""
        chosen = set(_options(answer))
        _known(chosen, self.options)
        return min(self.upper, max(self.lower, sum(self.points.get(one, self.default) for one in chosen)))

    def score(self, answer: Answer) -> float:
        """The share of `upper`."""
        return _share(self.total(answer) / self.upper)


@dataclass(frozen=True, slots=True)
class Ordering:
    """All options in one right order.

    `position`: share of options at their place. `neighbours`: share of the pairs next to each other in the answer
    that stand in the right order, of one less than there are options.
    """

    correct: tuple[str, ...]
    credit: OrderCredit = "position"

    def score(self, answer: Answer) -> float:
        """The share earned; an order that leaves options out or repeats them scores 0."""
        given = _options(answer)
        _known(given, self.correct)
        if sorted(given) != sorted(self.correct):
            return 0.0
        if self.credit == "all_or_nothing" or len(given) == 1:
            return float(tuple(given) == self.correct)
        if self.credit == "position":
            return sum(a == b for a, b in zip(given, self.correct, strict=True)) / len(given)
        place = {one: number for number, one in enumerate(self.correct)}
        ordered = sum(place[a] < place[b] for a, b in pairwise(given))
        return ordered / (len(given) - 1)


@dataclass(frozen=True, slots=True)
class Numeric:
    """A number within `tolerance` of the right one: in its unit (`absolute`), or in percent of it (`relative`).

    `near` and `near_credit` give a share for an answer within a wider tolerance, in the same mode.
    """

    correct: float
    tolerance: float = 0.0
    mode: ToleranceMode = "absolute"
    near: float | None = None
    near_credit: float = 0.0

    def score(self, answer: Answer) -> float:
        """1 within the tolerance (inclusive), `near_credit` within the wider one, else 0."""
        given = _number(answer)
        if given is None:
            return 0.0
        if self._within(given, self.tolerance):
            return 1.0
        return _share(self.near_credit) if self.near is not None and self._within(given, self.near) else 0.0

    def _within(self, given: float, tolerance: float) -> bool:
        if self.mode == "exact":
            return given == self.correct
        reach = tolerance if self.mode == "absolute" else abs(self.correct) * tolerance / 100
        off = abs(given - self.correct)
        return off <= reach or math.isclose(off, reach, rel_tol=1e-9, abs_tol=1e-12)


ItemKey: TypeAlias = "SingleChoice | MultipleChoice | MappedChoice | Ordering | Numeric"
"""How one item is scored."""


def item_key(content: Mapping[str, object]) -> ItemKey:
    """How an item is scored, from its declared content.

    `content["kind"]` is single | multiple | mapped | ordering | numeric. `options` are ids (or objects with `id`);
    `correct` an id, ids, the order or the number; further keys as the classes name them.

    Raises:
        InputError: nothing can be right, or what is right is no option; `pointer` says where.
    """
    kind = content.get("kind")
    options = tuple(_option_id(one) for one in _list(content, "options")) if "options" in content else ()
    if kind == "single":
        correct = content.get("correct")
        if not isinstance(correct, str) or correct not in options:
            raise _unscorable("correct", "names no option")
        return SingleChoice(correct, options, _shares(content, "credits", options))
    if kind == "multiple":
        right = tuple(str(one) for one in _list(content, "correct"))
        if not right or len(set(right)) != len(right) or not set(right) <= set(options):
            raise _unscorable("correct", "must name at least one option, each once")
        credit = content.get("credit", "partial")
        if credit not in ("all_or_nothing", "partial"):
            raise _unscorable("credit", "is all_or_nothing or partial")
        return MultipleChoice(right, options, credit)
    if kind == "mapped":
        points = _numbers(content, "points", options)
        upper = _finite(content, "upper", None)
        if upper <= 0 or sum(one for one in points.values() if one > 0) < upper:
            raise _unscorable("upper", "must be above 0 and within reach of the points")
        return MappedChoice(points, options, upper, _finite(content, "lower", 0.0), _finite(content, "default", 0.0))
    if kind == "ordering":
        order = tuple(str(one) for one in _list(content, "correct"))
        if len(order) < 2 or len(set(order)) != len(order):
            raise _unscorable("correct", "must hold two different options or more, each once")
        scheme = content.get("credit", "position")
        if scheme not in ("all_or_nothing", "position", "neighbours"):
            raise _unscorable("credit", "is all_or_nothing, position or neighbours")
        return Ordering(order, scheme)
    if kind == "numeric":
        mode = content.get("mode", "absolute")
        if mode not in ("exact", "absolute", "relative"):
            raise _unscorable("mode", "is exact, absolute or relative")
        tolerance, near = _finite(content, "tolerance", 0.0), content.get("near")
        if tolerance < 0:
            raise _unscorable("tolerance", "must not be negative")
        wider = None if near is None else _finite(content, "near", None)
        credit_near = _finite(content, "near_credit", 0.0)
        return Numeric(_finite(content, "correct", None), tolerance, mode, wider, credit_near)
    raise _unscorable("kind", "is single, multiple, mapped, ordering or numeric")


def _share(value: float) -> float:
    return min(1.0, max(0.0, value))


def _known(chosen: set[str] | Sequence[str], options: tuple[str, ...]) -> None:
    strange = sorted(set(chosen) - set(options))
    if strange:
        raise InputError(
            f"The answer names an option that the item does not have: {strange[0][:64]}.",
            hint="Send the ids of options as the item lists them.",
            code="answer_unknown_option",
        )


def _malformed(expected: str) -> InputError:
    return InputError(f"The answer is not {expected}.", hint="Look at the item's kind.", code="answer_malformed")


def _option(answer: Answer) -> str | None:
    if answer is None or answer in ([], ""):
        return None
    if isinstance(answer, str):
        return answer
    if isinstance(answer, Sequence) and len(answer) == 1:
        return str(answer[0])
    raise _malformed("one option")


def _options(answer: Answer) -> list[str]:
    if answer is None:
        return []
    if isinstance(answer, str):
        return [answer] if answer else []
    if isinstance(answer, Sequence) and all(isinstance(one, str) for one in answer):
        return list(answer)
    raise _malformed("a list of options")


def _number(answer: Answer) -> float | None:
    if answer is None or answer == "":
        return None
    if isinstance(answer, bool) or not isinstance(answer, int | float | str):
        raise _malformed("a number")
    try:
        given = float(answer)
    except ValueError:
        raise _malformed("a number") from None
    if not math.isfinite(given):
        raise _malformed("a finite number")
    return given


def _unscorable(name: str, what: str) -> InputError:
    return InputError(
        f"The item cannot be scored: `{name}` {what}.",
        hint="Correct the item before it is published.",
        code="item_unscorable",
        pointer=f"/{name}",
    )


def _list(content: Mapping[str, object], name: str) -> Sequence[object]:
    found = content.get(name)
    if isinstance(found, str) or not isinstance(found, Sequence):
        raise _unscorable(name, "is no list")
    return found


def _option_id(option: object) -> str:
    found = option.get("id") if isinstance(option, Mapping) else option
    if not isinstance(found, str) or not found:
        raise _unscorable("options", "holds one without an id")
    return found


def _finite(content: Mapping[str, object], name: str, default: float | None) -> float:
    found = content.get(name, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise _unscorable(name, "is no number")
    return float(found)


def _numbers(content: Mapping[str, object], name: str, options: tuple[str, ...]) -> dict[str, float]:
    found = content.get(name, {})
    if not isinstance(found, Mapping) or not set(found) <= set(options):
        raise _unscorable(name, "must give numbers to options only")
    return {option: _finite(found, option, None) for option in found}


def _shares(content: Mapping[str, object], name: str, options: tuple[str, ...]) -> dict[str, float]:
    found = _numbers(content, name, options)
    if any(not 0 <= share <= 1 for share in found.values()):
        raise _unscorable(name, "must be shares in 0..1")
    return found
