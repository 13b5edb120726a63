"""Maturity models as data: questions in dimensions, weights, levels; any domain's model fits.

A question is answered on the model's scale (say 1 to 5). A dimension's score is the weighted mean of its answers on
0-100, the whole the weighted mean of its dimensions. The level is the highest whose threshold the whole reaches and,
where it asks for that (`every_dimension`), no dimension falls short of: strength in one field does not hide a gap in
another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from akademos.errors import CatalogueError, InputError


@dataclass(frozen=True, slots=True)
class Question:
    """One question, by language."""

    question_id: str
    text: Mapping[str, str]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Dimension:
    """Questions that belong together."""

    dimension_id: str
    title: Mapping[str, str]
    questions: tuple[Question, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class MaturityLevel:
    """A level: from which score on 0-100, and what each dimension must reach at least."""

    level: int
    title: Mapping[str, str]
    from_score: float
    every_dimension: float = 0.0


@dataclass(frozen=True, slots=True)
class MaturityModel:
    """One version of a model. `enough` is the share of each dimension's weight that must be answered."""

    model_id: str
    version: str
    title: Mapping[str, str]
    lowest: int
    highest: int
    enough: float
    dimensions: tuple[Dimension, ...]
    levels: tuple[MaturityLevel, ...]

    @property
    def rubric_version(self) -> str:
        """What a score says it was made by."""
        return f"{self.model_id}/{self.version}"


@dataclass(frozen=True, slots=True)
class MaturityScore:
    """A score on 0-100 with its level, or None with the dimensions that say too little.

    `held_back_by` are the dimensions that keep the whole from the level that its score would reach.
    """

    rubric_version: str
    score: float | None
    level: int | None
    dimensions: Mapping[str, float | None]
    answered: int
    questions: int
    held_back_by: tuple[str, ...] = ()


def score_maturity(model: MaturityModel, responses: Mapping[str, int]) -> MaturityScore:
    """Score the answers, by question id; one left out was not answered.

    Raises:
        InputError: a question that the model does not have, or an answer off its scale; `pointer` says which.
    """
    known = {question.question_id for one in model.dimensions for question in one.questions}
    for name, answer in responses.items():
        if name not in known:
            raise InputError(
                f"The model {model.rubric_version} has no question {str(name)[:64]}.",
                hint="Answer the questions of this version of the model.",
                code="question_unknown",
                pointer=f"/responses/{str(name)[:64]}",
            )
        if isinstance(answer, bool) or not isinstance(answer, int) or not model.lowest <= answer <= model.highest:
            raise InputError(
                f"The answer to {name} is not on the scale of {model.lowest} to {model.highest}.",
                hint="Leave the question out if it cannot be answered.",
                code="answer_off_scale",
                pointer=f"/responses/{name}",
            )
    scores = {one.dimension_id: _score_dimension(model, one, responses) for one in model.dimensions}
    known_scores = {name: score for name, score in scores.items() if score is not None}
    if len(known_scores) < len(scores):
        return MaturityScore(model.rubric_version, None, None, scores, len(responses), len(known))
    weight = math.fsum(one.weight for one in model.dimensions)
    whole = math.fsum(one.weight * known_scores[one.dimension_id] for one in model.dimensions) / weight
    reached = model.levels[0]
    held_back: tuple[str, ...] = ()
    for level in model.levels[1:]:
        if not _reaches(whole, level.from_score):
            break
        short = tuple(name for name, score in known_scores.items() if not _reaches(score, level.every_dimension))
        if short:
            held_back = short
            break
        reached = level
    return MaturityScore(model.rubric_version, whole, reached.level, scores, len(responses), len(known), held_back)


def _score_dimension(model: MaturityModel, dimension: Dimension, responses: Mapping[str, int]) -> float | None:
    answered = [question for question in dimension.questions if question.question_id in responses]
    weight = math.fsum(question.weight for question in answered)
    if not weight or not _reaches(weight / math.fsum(one.weight for one in dimension.questions), model.enough):
        return None
    mean = math.fsum(question.weight * responses[question.question_id] for question in answered) / weight
    return 100 * (mean - model.lowest) / (model.highest - model.lowest)


def _reaches(value: float, threshold: float) -> bool:
    return value >= threshold or math.isclose(value, threshold, abs_tol=1e-9)


def maturity_model(content: Mapping[str, object]) -> MaturityModel:
    """A model from its file, with keys as the shipped one has them.

    Raises:
        CatalogueError: something is missing, comes twice, or the levels do not rise from 0.
    """
    scale = _mapping(content, "scale")
    dimensions = []
    for one in _tables(content, "dimensions"):
        questions = tuple(
            Question(_word(question, "id"), _texts(question, "text"), _positive(question, "weight", 1.0))
            for question in _tables(one, "questions")
        )
        dimensions.append(Dimension(_word(one, "id"), _texts(one, "title"), questions, _positive(one, "weight", 1.0)))
    levels = tuple(
        MaturityLevel(
            int(_number(one, "level", None)),
            _texts(one, "title"),
            _number(one, "from_score", None),
            _number(one, "every_dimension", 0.0),
        )
        for one in _tables(content, "levels")
    )
    model = MaturityModel(
        _word(content, "id"),
        _word(content, "version"),
        _texts(content, "title"),
        int(_number(scale, "lowest", None)),
        int(_number(scale, "highest", None)),
        _number(content, "enough", 1.0),
        tuple(dimensions),
        levels,
    )
    _check(model)
    return model


def _check(model: MaturityModel) -> None:
    ids = [one.dimension_id for one in model.dimensions]
    ids += [question.question_id for one in model.dimensions for question in one.questions]
    if len(set(ids)) < len(ids):
        raise _broken(model.model_id, "an id comes twice among dimensions and questions")
    if model.highest <= model.lowest:
        raise _broken(model.model_id, "the scale does not rise")
    if not 0 < model.enough <= 1:
        raise _broken(model.model_id, "`enough` is a share above 0, up to 1")
    starts = [level.from_score for level in model.levels]
    rising = all(low < high for low, high in pairwise(starts))
    numbered = [level.level for level in model.levels] == list(range(1, len(model.levels) + 1))
    if starts[0] != 0 or not rising or starts[-1] > 100 or not numbered or model.levels[0].every_dimension:
        raise _broken(model.model_id, "levels are 1, 2, 3, ... and rise from 0, which everybody reaches")


def _broken(model: str, reason: str) -> CatalogueError:
    return CatalogueError(f"The maturity model {model} does not fit: {reason}.", hint="Mend its file.")


def _mapping(content: Mapping[str, object], name: str) -> Mapping[str, object]:
    found = content.get(name)
    if not isinstance(found, Mapping):
        raise _broken(str(content.get("id", "")), f"`{name}` is no table")
    return found


def _tables(content: Mapping[str, object], name: str) -> Sequence[Mapping[str, object]]:
    found = content.get(name)
    if not isinstance(found, list) or not found or not all(isinstance(one, Mapping) for one in found):
        raise _broken(str(content.get("id", "")), f"`{name}` is no list of tables")
    return found


def _word(content: Mapping[str, object], name: str) -> str:
    found = content.get(name)
    if not isinstance(found, str) or not found:
        raise _broken(str(content.get("id", "")), f"`{name}` is missing")
    return found


def _texts(content: Mapping[str, object], name: str) -> dict[str, str]:
    found = _mapping(content, name)
    if "en" not in found or not all(isinstance(text, str) and text for text in found.values()):
        raise _broken(str(content.get("id", "")), f"`{name}` needs a text in English at least")
    return {language: str(text) for language, text in found.items()}


def _number(content: Mapping[str, object], name: str, default: float | None) -> float:
    found = content.get(name, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not math.isfinite(found):
        raise _broken(str(content.get("id", "")), f"`{name}` is no number")
    return float(found)


def _positive(content: Mapping[str, object], name: str, default: float) -> float:
    found = _number(content, name, default)
    if found <= 0:
        raise _broken(str(content.get("id", "")), f"`{name}` is not above 0")
    return found
