"""Quizzes, items and answers as the records hold them, read as what scoring works with.

An item's `answer_key` says how it is scored (the forms of `items.item_key`, without the options). Without one, a choice
is scored by the credit of its options: the one with all the credit is right, or with several kinds of choice those that
give any.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from akademos.errors import Conflict, InputError
from akademos.learning.items import Answer, ItemKey, item_key
from akademos.learning.scoring import KEEPS, ScoringPolicy

PASS_THRESHOLD = 0.5
"""The share from which a quiz or exercise is passed that does not say so itself."""

_SINGLE = frozenset({"single", "single choice", "single_choice", "true_false"})
_MULTIPLE = frozenset({"multiple", "multiple choice", "multiple_choice", "multiple response", "multiple_response"})


def policy_of(quiz: Mapping[str, object]) -> ScoringPolicy:
    """The scoring policy of a quiz's row.

    Raises:
        InputError: it is none.
    """
    declared = quiz.get("scoring_policy")
    rules: Mapping[str, object] = declared if isinstance(declared, Mapping) else {}
    counts = rules.get("counts", "best")
    if counts not in KEEPS:
        raise InputError("The quiz does not say which attempt counts.", hint="Correct it.", pointer="/scoring_policy")
    threshold, limit, allowed = quiz.get("pass_threshold"), quiz.get("time_limit_seconds"), quiz.get("attempts_allowed")
    weights = rules.get("weights")
    return ScoringPolicy(
        keep=counts,
        pass_threshold=PASS_THRESHOLD if threshold is None else _number(threshold),
        attempts_allowed=None if allowed is None else int(_number(allowed)),
        time_limit=None if limit is None else timedelta(seconds=_number(limit)),
        partial_credit=rules.get("partial_credit") is not False,
        weights={str(item): _number(weight) for item, weight in weights.items()}
        if isinstance(weights, Mapping)
        else {},
    )


def scoring_of(item: Mapping[str, object]) -> Mapping[str, object] | None:
    """How an item's row says that it is scored, in the form of `items.item_key`; None when it does not say."""
    listed = item.get("options")
    options = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, Sequence) else []
    ids = [str(one.get("option")) for one in options]
    declared = item.get("answer_key")
    if isinstance(declared, Mapping):
        return {"options": ids, **declared} if ids else declared
    credit = {str(one.get("option")): _number(one.get("credit") or 0) for one in options}
    kind = str(item.get("kind") or "").lower()
    full = [option for option, share in credit.items() if share == 1]
    if kind in _SINGLE and len(full) == 1:
        part = {option: share for option, share in credit.items() if 0 < share < 1}
        return {"kind": "single", "options": ids, "correct": full[0], "credits": part}
    right = [option for option, share in credit.items() if share > 0]
    if kind in _MULTIPLE and right:
        return {"kind": "multiple", "options": ids, "correct": right}
    return None


def item_keys(question_ids: Sequence[str], items: Mapping[str, Mapping[str, object]]) -> dict[str, ItemKey]:
    """How each item of a quiz is scored, in the quiz's order.

    Raises:
        Conflict: an item is missing or does not say what is right; published quizzes have none such.
    """
    keys = {}
    for question in question_ids:
        content = scoring_of(items[question]) if question in items else None
        if content is None:
            raise Conflict(
                f"The item {question} cannot be scored here.",
                hint="Have the item say what is right, then submit again.",
                code="item_unscorable",
            )
        keys[question] = item_key(content)
    return keys


def answers_of(entries: object) -> dict[str, Answer]:
    """Answers by item, from a list of objects with question_id and either `chosen` (options) or `text`.

    Raises:
        InputError: an item is answered twice.
    """
    found: dict[str, Answer] = {}
    for number, one in enumerate(entries if isinstance(entries, Sequence) else ()):
        question = str(one.get("question_id"))
        if question in found:
            raise InputError(
                f"The item {question[:64]} is answered twice.",
                hint="Send one answer an item.",
                code="answer_twice",
                pointer=f"/answers/{number}",
            )
        chosen = one.get("chosen")
        found[question] = chosen if chosen else one.get("text")
    return found


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError("A number of the record is none.", hint="Correct the record.")
    return float(value)
