"""The item bank and the materials of the demo institution, with the true difficulty that nobody else is told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.demo.courses import COURSES, MATERIAL_KINDS, Leaf
from akademos.demo.parameters import Items
from akademos.demo.randomness import stream

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bank:
    """Everything that can be studied, by number.

    Attributes:
        leaves: taught topics, in teaching order within each course.
        course_of_leaf: number of the course.
        place_of_leaf: place of the leaf within its course, from 0.
        needs: (leaves, leaves), true where the column's leaf is needed before the row's.
        question_ids: ids of the items.
        topics_of_item: (items, 2) numbers of leaves; an item with one topic has it twice.
        difficulty, discrimination: true item parameters, logit and 1.
        seconds: log of the item's time factor.
        material_ids, materials: ids, and (kind, title, leaf) of each material; `materials_per_leaf` follow each other.
    """

    leaves: tuple[Leaf, ...]
    course_of_leaf: Ints
    place_of_leaf: Ints
    needs: npt.NDArray[np.bool_]
    question_ids: tuple[str, ...]
    topics_of_item: Ints
    difficulty: Floats
    discrimination: Floats
    seconds: Floats
    material_ids: tuple[str, ...]
    materials: tuple[tuple[str, str, int], ...]

    @property
    def materials_per_leaf(self) -> int:
        """Materials of one leaf."""
        return len(MATERIAL_KINDS)

    def topic_ids(self, item: int) -> list[str]:
        """Ids of an item's topics, the main one first."""
        first, second = self.topics_of_item[item]
        return [self.leaves[first].topic_id, *([] if first == second else [self.leaves[second].topic_id])]


def build_bank(seed: int, params: Items, seconds_sd: float) -> Bank:
    """The bank of one seed."""
    rng = stream(seed, "items")
    leaves = tuple(leaf for course in COURSES for leaf in course.leaves)
    number = {leaf.topic_id: at for at, leaf in enumerate(leaves)}
    needs = np.zeros((len(leaves), len(leaves)), dtype=np.bool_)
    for at, leaf in enumerate(leaves):
        needs[at, [number[one] for one in leaf.needs]] = True
    main = np.repeat(np.arange(len(leaves)), params.per_topic)
    second = main.copy()
    for item in np.flatnonzero(rng.random(len(main)) < params.second_topic):
        before = np.flatnonzero(needs[main[item]])
        if len(before):
            second[item] = rng.choice(before)
    hardness = np.array([leaf.hardness for leaf in leaves])
    return Bank(
        leaves=leaves,
        course_of_leaf=np.concatenate([np.full(len(course.leaves), at) for at, course in enumerate(COURSES)]),
        place_of_leaf=np.concatenate([np.arange(len(course.leaves)) for course in COURSES]),
        needs=needs,
        question_ids=tuple(f"{leaf.topic_id}-{at + 1:02}" for leaf in leaves for at in range(params.per_topic)),
        topics_of_item=np.stack((main, second), axis=1),
        difficulty=hardness[main] + rng.normal(0, params.difficulty_sd, len(main)),
        discrimination=np.exp(rng.normal(0, params.discrimination_sd, len(main))),
        seconds=rng.normal(0, seconds_sd, len(main)),
        material_ids=tuple(f"{leaf.topic_id}-{kind}" for leaf in leaves for kind, _ in MATERIAL_KINDS),
        materials=tuple(
            (kind, title.format(leaf.name), at) for at, leaf in enumerate(leaves) for kind, title in MATERIAL_KINDS
        ),
    )
