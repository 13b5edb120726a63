"""`akademos evaluate recommend DATA`: which material a learner opens next (protocol in docs/evaluation/recommend.md).

Temporal leave-last-out, full ranking: per learner and course, the last day with something new is held out; what was
newly opened on it is to be found among everything of the course that the learner had not opened. Nothing of that day,
of the learner or of others, is known; what goes with what is fitted to the weeks before the week of that day. The blend
is fitted to the day with something new before it, in the same way. Where a curriculum is known, the gap in the
material's topics is one more signal, and the list obeys prerequisites.
"""

from __future__ import annotations

import resource
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from akademos.analytics.content_order import Placed, in_prerequisite_order, violations
from akademos.analytics.next_content import (
    NEVER,
    RECENT_DAYS,
    SIGNALS,
    Asked,
    CourseHistory,
    Question,
    fit_blend,
    signals,
    standardised,
)
from akademos.errors import InputError
from akademos.evaluate.known_mastery import KnownMastery
from akademos.evaluate.material_files import Course, MaterialData, read_materials

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]

LENGTH = 10
OPENED_MIN = 5
"""Materials that a learner must have opened before the day asked about."""
INNER_QUESTIONS = 6_000
"""The blend is fitted to about so many."""
SEED, REPLICATES = 7, 1_000
LEARNERS_MIN = 30
BASELINES = {"popularity": "popularity", "transition": "transition", "itemknn": "item_knn", "ease": "ease",
             "newly_opened": f"new_{RECENT_DAYS[2]}_days"}  # fmt: skip
"""Name of the figure to the signal that ranks alone. The last one, what others began within a week, is not asked for
but is the strongest single one."""


@dataclass(frozen=True, slots=True)
class Block:
    """Questions about one course and week: rows of the course's learners, days, raw signals, what could be and was
    chosen."""

    course: Course
    asked: Question
    raw: Floats
    candidates: Bools
    chosen: Bools


def run(data: Path) -> dict[str, Any]:
    """Figures of the protocol.

    Raises:
        InputError: no data of a known layout (`folder_absent`, `layout_unknown`), or too few learners
            (`too_little_data`).
    """
    began = time.perf_counter()
    materials = read_materials(data)
    mastery = KnownMastery(materials)
    inner, last = _questions(materials, mastery)
    asked = sum(len(block.asked.day) for block in last)
    if asked < LEARNERS_MIN:
        raise InputError(
            f"{asked} learners opened {OPENED_MIN} materials and later a new one.",
            hint=f"It takes {LEARNERS_MIN}.",
            code="too_little_data",
        )
    fitting = time.perf_counter()
    weights = fit_blend([Asked(standardised(one.raw, one.candidates), one.candidates, one.chosen) for one in inner])
    fit_s = time.perf_counter() - fitting
    ours = [standardised(block.raw, block.candidates) @ weights for block in last]
    lists = [_top(block, score) for block, score in zip(last, ours, strict=True)]
    baselines = {}
    graph = materials.curriculum.graph
    broken = 0
    if graph.order:
        baselines["without_prerequisites"] = _figures(last, lists) | {
            "prerequisite_violations": _broken(
                last, [_plain(*one) for one in zip(last, lists, strict=True)], materials, mastery
            )
        }
        placed = [_obeying(block, score, materials, mastery) for block, score in zip(last, ours, strict=True)]
        broken = _broken(last, placed, materials, mastery)
        lists = [_numbers(block, rows) for block, rows in zip(last, placed, strict=True)]
    named = [*SIGNALS, *mastery.signals]
    for name, signal in BASELINES.items():
        alone = [_top(block, block.raw[:, :, named.index(signal)]) for block in last]
        baselines[name] = _figures(last, alone)
    return {
        **_figures(last, lists),
        "prerequisite_violations": broken,
        "prerequisites": sum(map(len, graph.before.values())),
        "baselines": baselines,
        "data": materials.name,
        "learners": asked,
        "courses": len(materials.courses),
        "materials": sum(len(one.material_ids) for one in materials.courses),
        "inner_questions": sum(len(block.asked.day) for block in inner),
        "weights": {name: round(float(weight), 3) for name, weight in zip(named, weights, strict=True)},
        "fit_s": round(fit_s, 2),
        "seconds": round(time.perf_counter() - began, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _questions(materials: MaterialData, mastery: KnownMastery) -> tuple[list[Block], list[Block]]:
    """(inner, last): about the last but one and the last day with something new, by course and week."""
    rng = np.random.default_rng(SEED)
    inner: list[Block] = []
    last: list[Block] = []
    learners = sum(len(course.learners) for course in materials.courses)
    keep = min(1.0, INNER_QUESTIONS / max(learners, 1))
    for course in materials.courses:
        newest, before = _last_days(course)
        kept = rng.random(len(newest)) < keep
        history = CourseHistory(course.first)
        asked = ((inner, before, _askable(course, before) & _askable(course, newest) & kept),
                 (last, newest, _askable(course, newest)))  # fmt: skip
        weeks = np.unique(np.concatenate([day[able] // 7 for _, day, able in asked]))
        for week in weeks.tolist():
            fitted = history.fitted(week * 7)
            for into, day, able in asked:
                rows = np.flatnonzero(able & (day // 7 == week))
                if len(rows):
                    question = Question(rows, day[rows])
                    known = course.first[rows]
                    raw = signals(fitted, course.first, question, course.items)
                    candidates, chosen = known >= day[rows][:, None], known == day[rows][:, None]
                    into.append(Block(course, question, mastery.added(raw, course, question), candidates, chosen))
    return inner, last


def _last_days(course: Course) -> tuple[Index, Index]:
    """The last and the last but one day with something new of each learner; -NEVER where there is none."""
    days = np.where(course.first < NEVER, course.first, -NEVER).astype(np.int64)
    newest = days.max(axis=1)
    return newest, np.where(days < newest[:, None], days, -NEVER).max(axis=1)


def _askable(course: Course, day: Index) -> Bools:
    """Whose day is one, with enough opened before it."""
    return np.asarray((day > -NEVER) & ((course.first < day[:, None]).sum(axis=1) >= OPENED_MIN))


def _top(block: Block, score: Floats) -> list[list[int]]:
    """The `LENGTH` best candidates of each question; ties go to the earlier material."""
    shown = np.where(block.candidates, score, -np.inf)
    order = np.argsort(-shown, axis=1, kind="stable")[:, :LENGTH]
    return [[int(item) for item in row if able[item]] for row, able in zip(order, block.candidates, strict=True)]


def _obeying(block: Block, score: Floats, materials: MaterialData, mastery: KnownMastery) -> list[list[Placed]]:
    """The same under prerequisites."""
    ids = block.course.material_ids
    found = []
    for row, able in enumerate(block.candidates):
        order = np.argsort(-np.where(able, score[row], -np.inf), kind="stable")[: int(able.sum())]
        lacking = mastery.lacking(block.course, block.asked, row)
        ranked = [ids[item] for item in order]
        found.append(in_prerequisite_order(ranked, materials.topics, lacking, materials.curriculum.graph, LENGTH))
    return found


def _broken(
    blocks: list[Block], lists: list[list[list[Placed]]], materials: MaterialData, mastery: KnownMastery
) -> int:
    """Materials placed before what they need, over all lists."""
    return sum(
        violations(rows, materials.topics, mastery.lacking(block.course, block.asked, row), materials.curriculum.graph)
        for block, of_block in zip(blocks, lists, strict=True)
        for row, rows in enumerate(of_block)
    )


def _plain(block: Block, lists: list[list[int]]) -> list[list[Placed]]:
    ids = block.course.material_ids
    return [[Placed(ids[item], ()) for item in row] for row in lists]


def _numbers(block: Block, lists: list[list[Placed]]) -> list[list[int]]:
    place = {one: number for number, one in enumerate(block.course.material_ids)}
    return [[place[one.material_id] for one in row] for row in lists]


def _figures(blocks: list[Block], lists: list[list[list[int]]]) -> dict[str, Any]:
    """NDCG with its interval over learners, how often one was found, share of all materials that were ever shown."""
    values: list[float] = []
    found: list[bool] = []
    who: list[str] = []
    shown: set[tuple[str, int]] = set()
    for block, rows in zip(blocks, lists, strict=True):
        for row, top in enumerate(rows):
            values.append(ndcg(block.chosen[row], top))
            found.append(bool(block.chosen[row][top].any()))
            who.append(block.course.learners[int(block.asked.learner[row])])
            shown.update((block.course.course_id, item) for item in top)
    courses = {block.course.course_id: len(block.course.material_ids) for block in blocks}
    return {
        "ndcg10": round(float(np.mean(values)), 4),
        "ci": _interval(np.array(values), who),
        "coverage10": round(len(shown) / sum(courses.values()), 4),
        "hit10": round(float(np.mean(found)), 4),
    }


def ndcg(chosen: Bools, top: list[int]) -> float:
    """Normalised discounted cumulative gain of a list, all that was chosen being equally good.

    Source: Järvelin and Kekäläinen (2002), doi:10.1145/582415.582418.

    Example:
        >>> ndcg(np.array([True, False, True]), [0, 2])
        1.0
    """
    discount = 1 / np.log2(np.arange(2, LENGTH + 2))
    gained = float(discount[: len(top)][chosen[top]].sum())
    return gained / float(discount[: min(int(chosen.sum()), LENGTH)].sum())


def _interval(values: Floats, who: list[str]) -> list[float]:
    """95% percentile interval of the mean over learners drawn with replacement, all courses of one together."""
    people, of = np.unique(who, return_inverse=True)
    sums, counts = np.bincount(of, values), np.bincount(of)
    rng = np.random.default_rng(SEED)
    drawn = []
    for _ in range(REPLICATES):
        times = np.bincount(rng.integers(0, len(people), len(people)), minlength=len(people))
        drawn.append(float((times * sums).sum() / (times * counts).sum()))
    low, high = np.quantile(drawn, [0.025, 0.975])
    return [round(float(low), 4), round(float(high), 4)]
