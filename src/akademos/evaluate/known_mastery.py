"""What a learner had mastered on the day that is asked about, by the platform's own definition."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.learner_state import evaluate, precompute
from akademos.analytics.next_content import Question
from akademos.analytics.parameters import DEFAULT
from akademos.evaluate.material_files import Course, MaterialData

Floats = npt.NDArray[np.float64]


class KnownMastery:
    """Gaps in topics by learner and day; where materials have no topics there is no signal of them."""

    signals: tuple[str, ...]

    def __init__(self, data: MaterialData) -> None:
        """Of a data set."""
        self._data = data
        self.signals = () if not data.topics else ("gap", "gap_of_course_topic_seen")
        self._known: dict[tuple[str, int], dict[str, float]] = {}
        self._by_learner = {
            name: table.partition_by("learner_key", as_dict=True) for name, table in data.tables.items()
        }

    def of(self, learner: str, day: int) -> dict[str, float]:
        """Mastery of each topic with an estimate, from everything before a day."""
        key = (learner, day)
        if key not in self._known:
            tables: dict[str, pl.DataFrame] = {
                name: parts[(learner,)] for name, parts in self._by_learner.items() if (learner,) in parts
            }
            as_of = self._data.instant(day)
            before = {
                name: table.filter(pl.col("occurred_at") < as_of) if "occurred_at" in table.columns else table
                for name, table in tables.items()
            }
            found = evaluate(precompute(before, as_of), self._data.curriculum, as_of, parts=("mastery",))["mastery"]
            ok = found.filter(pl.col("status") == "ok") if found.height else found
            self._known[key] = dict(ok.select("topic_id", "value").iter_rows())
        return self._known[key]

    def lacking(self, course: Course, asked: Question, row: int) -> set[str]:
        """Topics of the curriculum that the learner of a question has not mastered."""
        mastery = self.of(course.learners[int(asked.learner[row])], int(asked.day[row]))
        least = DEFAULT.mastery.mastered_from
        return {topic for topic in self._data.curriculum.topics if mastery.get(topic, 0.0) < least}

    def added(self, raw: Floats, course: Course, asked: Question) -> Floats:
        """The signals with those of gaps beside them: 1 - mastery of the material's weakest topic, and the same where
        the topic has been answered on, else 0."""
        if not self.signals:
            return raw
        gaps = np.zeros((len(asked.day), len(course.material_ids), 2))
        topics = [self._data.topics.get(one, ()) for one in course.material_ids]
        for row in range(len(asked.day)):
            mastery = self.of(course.learners[int(asked.learner[row])], int(asked.day[row]))
            for item, of_item in enumerate(topics):
                gaps[row, item, 0] = max((1 - mastery.get(one, 0.0) for one in of_item), default=0.0)
                gaps[row, item, 1] = max((1 - mastery[one] for one in of_item if one in mastery), default=0.0)
        return np.concatenate((raw, gaps), axis=2)
