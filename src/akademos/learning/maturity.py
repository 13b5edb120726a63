"""Maturity models as data: questions in dimensions, weights, levels; any domain's model fits.

A question is answered with points, from 0 to the most that it gives. A dimension's score is the weighted mean of its
answers' shares on 0-100, the whole the weighted mean of its dimensions. The level is the highest whose threshold the
whole reaches and, where it asks for that (`every_dimension`), no dimension falls short of: strength in one field does
not hide a gap in another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from akademos.errors import InputError

WHOLE = 100.0
"""The score of an organisation that answers every question with all its points."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question, and the most points that it gives."""

    question: str
    points: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Dimension:
    """Questions that belong together."""

    dimension: str
    questions: tuple[Question, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class MaturityLevel:
    """A level: from which score on 0-100, and what each dimension must reach at least."""

    level: str
    start: float
    every_dimension: float = 0.0


@dataclass(frozen=True, slots=True)
class MaturityModel:
    """What organisations are scored by. `enough` is the share of each dimension's weight that must be answered."""

    dimensions: tuple[Dimension, ...]
    levels: tuple[MaturityLevel, ...]
    enough: float = 1.0


@dataclass(frozen=True, slots=True)
class MaturityScore:
    """A score on 0-100 with its level; None where some dimensions (score None) say too little.

    `held_back_by` are the dimensions that keep the whole from the level that its score would reach.
    """

    score: float | None
    level: str | None
    dimensions: Mapping[str, float | None]
    answered: int
    questions: int
    held_back_by: tuple[str, ...] = ()

    @property
    def lacking(self) -> tuple[str, ...]:
        """The dimensions of which too little was answered."""
        return tuple(name for name, score in self.dimensions.items() if score is None)


def score_maturity(model: MaturityModel, responses: Mapping[str, float]) -> MaturityScore:
    """Score the points given, by question; one left out was not answered.

    Raises:
        InputError: a question that the model does not have, or points that it does not give; `pointer` says which.
    """
    known = {question.question: question for one in model.dimensions for question in one.questions}
    for name, points in responses.items():
        question = known.get(name)
        if question is None:
            raise InputError(
                f"The model has no question {str(name)[:64]}.",
                hint="Answer the questions of this revision of the model.",
                code="question_unknown",
                pointer=f"/responses/{str(name)[:64]}",
            )
        if isinstance(points, bool) or not isinstance(points, int | float) or not 0 <= points <= question.points:
            raise InputError(
                f"The question {name} gives 0 to {question.points:g} points.",
                hint="Leave the question out if it cannot be answered.",
                code="points_out_of_range",
                pointer=f"/responses/{name}",
            )
    scores = {one.dimension: _score_dimension(one, responses, model.enough) for one in model.dimensions}
    reached = {name: score for name, score in scores.items() if score is not None}
    if len(reached) < len(scores):
        return MaturityScore(None, None, scores, len(responses), len(known))
    weight = math.fsum(one.weight for one in model.dimensions)
    whole = math.fsum(one.weight * reached[one.dimension] for one in model.dimensions) / weight
    level, held_back = _level(model.levels, whole, reached)
    return MaturityScore(whole, level, scores, len(responses), len(known), held_back)


def _level(
    levels: Sequence[MaturityLevel], whole: float, dimensions: Mapping[str, float]
) -> tuple[str, tuple[str, ...]]:
    reached = levels[0].level
    for level in levels[1:]:
        if not _reaches(whole, level.start):
            break
        short = tuple(name for name, score in dimensions.items() if not _reaches(score, level.every_dimension))
        if short:
            return reached, short
        reached = level.level
    return reached, ()


def _score_dimension(dimension: Dimension, responses: Mapping[str, float], enough: float) -> float | None:
    answered = [question for question in dimension.questions if question.question in responses]
    weight = math.fsum(question.weight for question in answered)
    if not weight or not _reaches(weight / math.fsum(one.weight for one in dimension.questions), enough):
        return None
    shares = (question.weight * responses[question.question] / question.points for question in answered)
    return WHOLE * math.fsum(shares) / weight


def _reaches(value: float, threshold: float) -> bool:
    return value >= threshold or math.isclose(value, threshold, abs_tol=1e-9)


def maturity_model(rubric: Mapping[str, object]) -> MaturityModel:
    """The model as its rubric declares it: `dimensions` (dimension, weight, `questions` with question, points and
    weight), `levels` (level, from, every_dimension), `enough`.

    Raises:
        InputError: something is missing or comes twice, or the levels do not rise from 0; `pointer` says where.
    """
    dimensions = []
    for number, one in enumerate(_objects(rubric, "dimensions", "")):
        place = f"/dimensions/{number}"
        questions = tuple(
            Question(
                _word(question, "question", f"{place}/questions/{position}"),
                _positive(question, "points", None, f"{place}/questions/{position}"),
                _positive(question, "weight", 1.0, f"{place}/questions/{position}"),
            )
            for position, question in enumerate(_objects(one, "questions", place))
        )
        dimensions.append(Dimension(_word(one, "dimension", place), questions, _positive(one, "weight", 1.0, place)))
    levels = tuple(
        MaturityLevel(
            _word(one, "level", f"/levels/{number}"),
            _number(one, "from", None, f"/levels/{number}"),
            _number(one, "every_dimension", 0.0, f"/levels/{number}"),
        )
        for number, one in enumerate(_objects(rubric, "levels", ""))
    )
    model = MaturityModel(tuple(dimensions), levels, _positive(rubric, "enough", 1.0, ""))
    _check(model)
    return model


def _check(model: MaturityModel) -> None:
    questions = [question.question for one in model.dimensions for question in one.questions]
    for names, place in (
        ([one.dimension for one in model.dimensions], "/dimensions"),
        (questions, "/dimensions/questions"),
        ([one.level for one in model.levels], "/levels"),
    ):
        if len(set(names)) < len(names):
            raise _broken("names one twice", place)
    if model.enough > 1:
        raise _broken("is a share, up to 1", "/enough")
    starts = [level.start for level in model.levels]
    if starts[0] != 0 or starts[-1] > WHOLE or not all(low < high for low, high in pairwise(starts)):
        raise _broken("rise from 0, up to 100", "/levels")
    if model.levels[0].every_dimension:
        raise _broken("asks for something, and is where everybody begins", "/levels/0/every_dimension")


def _broken(what: str, pointer: str) -> InputError:
    return InputError(
        f"The maturity model is not one: {pointer} {what}.",
        hint="Correct the model.",
        code="maturity_model_invalid",
        pointer=pointer,
    )


def _objects(content: Mapping[str, object], name: str, place: str) -> Sequence[Mapping[str, object]]:
    found = content.get(name)
    if not isinstance(found, list) or not found or not all(isinstance(one, Mapping) for one in found):
        raise _broken("is no list of objects", f"{place}/{name}")
    return found


def _word(content: Mapping[str, object], name: str, place: str) -> str:
    found = content.get(name)
    if not isinstance(found, str) or not found:
        raise _broken("is missing", f"{place}/{name}")
    return found


def _number(content: Mapping[str, object], name: str, default: float | None, place: str) -> float:
    found = content.get(name, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found < math.inf:
        raise _broken("is no number from 0", f"{place}/{name}")
    return float(found)


def _positive(content: Mapping[str, object], name: str, default: float | None, place: str) -> float:
    found = _number(content, name, default, place)
    if not found:
        raise _broken("is not above 0", f"{place}/{name}")
    return found
