"""From rows of learners to what is counted of a course, and from counts to what is published of it.

Items of a course are `standing` (bands of mastery), `topic:<topic>` (hard, fair, easy), `time:<topic>` (weeks until
mastery, or so far without) and `habit:<habit>` (above the edge or not, with the habit or not).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from akademos.analytics.cohort_comparison import HABITS, as_far_as_closed, difficulty_band, time_band, time_to_mastery
from akademos.analytics.parameters import DEFAULT
from akademos.privacy.disclosure_blocks import Ledger, Record, Sums
from akademos.privacy.disclosure_tables import Row, Scale, merged_bands, published, rounded

if TYPE_CHECKING:
    import polars as pl

PEER = "peer"
"""The one label of all blocks: peers are not told apart."""

STANDING, TOPIC, TIME, HABIT = "standing", "topic:", "time:", "habit:"

_PARAMS = DEFAULT.comparison
_MASTERY = Scale(_PARAMS.edges)
_DIFFICULTY = Scale((0.0, _PARAMS.hard_below, _PARAMS.easy_from))
HARD, FAIR, EASY = range(3)
_HABIT = Scale((0.0, 1.0))
BANDS = max(len(_PARAMS.edges), 2 * len(_PARAMS.weeks))
"""As many as the item with the most has."""

Content = dict[str, Any]
Items = dict[str, dict[str, Record]]


def course_items(standing: pl.DataFrame, topics: pl.DataFrame) -> Items:
    """What is counted of a course but habits: item to learner to band, from tables of `cohort_comparison.ROWS`."""
    items: Items = {}
    for key, value, answers in standing.select("learner_key", "value", "answers").iter_rows():
        items.setdefault(STANDING, {})[key] = Record(0.0, _MASTERY.band(value), answers)
    columns = ("learner_key", "topic_id", "first_attempt_accuracy", "weeks", "mastered", "observed", "answers")
    for key, topic, accuracy, weeks, mastered, observed, answers in topics.select(columns).iter_rows():
        if accuracy is not None:
            items.setdefault(TOPIC + topic, {})[key] = Record(0.0, difficulty_band(accuracy), answers)
        time = None if observed is None else as_far_as_closed(weeks if mastered else None, observed)
        if time is not None:
            items.setdefault(TIME + topic, {})[key] = Record(0.0, time_band(time[0], mastered=time[1]), answers)
    return items


def habit_items(standing: pl.DataFrame, habits: pl.DataFrame, edge: float) -> Items:
    """Habits of those above the edge and of the others: band 2 * above + has."""
    joined = habits.join(standing.select("learner_key", "value"), on="learner_key")
    items: Items = {}
    for key, habit, has, answers, value in joined.select("learner_key", "habit", "has", "answers", "value").iter_rows():
        items.setdefault(HABIT + habit, {})[key] = Record(0.0, 2 * (value >= edge) + has, answers)
    return items


@dataclass(frozen=True, slots=True)
class Publishing:
    """How counts become what is published: nothing of fewer than `floor` people, rounded, capped and audited; with
    `exact` the mere numbers, for measuring what an attacker would find."""

    floor: int
    exact: bool = False

    def course(self, ledger: Ledger, edge: float | None) -> Content:
        """What is published of a course; `edge` is where the top begins."""
        topics = sorted({item.removeprefix(TOPIC) for item in ledger.items() if item.startswith(TOPIC)})
        people = sum(block.size for block in ledger.blocks.values())
        oldest = min((sums.as_of for sums in ledger.sums.values()), default=None)
        return {
            "learners": self._people(people) if people >= self.floor else None,
            "as_of": None if oldest is None else oldest.isoformat(),
            "standing": self.standing(ledger),
            "topics": {topic: self._topic(ledger, topic) for topic in topics},
            "top_from": edge,
            "habits": {} if edge is None else {habit: self._habit(ledger, habit) for habit in HABITS},
        }

    def standing(self, ledger: Ledger) -> Content:
        """Learners by band of mastery of the course; bands of too few are merged with their neighbours."""
        sums = ledger.rows(STANDING).get(PEER)
        bands = [] if sums is None else merged_bands(sums.bands[: len(_PARAMS.edges)], self.floor)
        if sums is None or len(bands) < 2:
            return {"learners": None, "bands": []}
        scale = Scale(tuple(_PARAMS.edges[first] for first, _ in bands))
        counts = [sum(sums.bands[first : last + 1]) for first, last in bands]
        row = self._row(sums, counts, range(len(bands)), scale)
        if None in row.shares:
            return {"learners": row.people, "bands": []}
        return {
            "learners": row.people,
            "bands": [
                {"low": low, "high": high, "share": share}
                for (low, high), share in zip(scale.ends(), row.shares, strict=True)
            ],
        }

    def _topic(self, ledger: Ledger, topic: str) -> Content | None:
        sums = ledger.rows(TOPIC + topic)[PEER]
        if sums.people < self.floor:
            return None
        row = self._row(sums, sums.bands[:3], (HARD, EASY), _DIFFICULTY)
        return {
            "learners": row.people,
            "hard": row.shares[0],
            "easy": row.shares[1],
            "time": self._time(ledger.rows(TIME + topic).get(PEER)),
        }

    def _time(self, sums: Sums | None) -> Content | None:
        """Only a median and its interval, in bands of weeks, are made of these counts."""
        if sums is None or sum(sums.bands[1 : 2 * len(_PARAMS.weeks) : 2]) < self.floor:
            return None
        found = time_to_mastery(sums.bands[: 2 * len(_PARAMS.weeks)])
        people = self._people(sums.people)
        return {"learners": people, "weeks": found.weeks, "low": found.low, "high": found.high}

    def _habit(self, ledger: Ledger, habit: str) -> Content | None:
        sums = ledger.rows(HABIT + habit).get(PEER)
        sides = {} if sums is None else {"rest": sums.bands[0:2], "top": sums.bands[2:4]}
        if sums is None or min(map(sum, sides.values())) < self.floor:
            return None
        rows = {name: Sums(sums.as_of, sum(counts), 0.0, tuple(counts)) for name, counts in sides.items()}
        shown = {row.label: row for row in self._rows(rows, (1,), _HABIT)}
        return {name: {"learners": shown[name].people, "share": shown[name].shares[0]} for name in sides}

    def _row(self, sums: Sums, counts: Sequence[int], shown: Sequence[int], scale: Scale) -> Row:
        """The one row of a table without labels."""
        table = {PEER: Sums(sums.as_of, sums.people, 0.0, tuple(counts))}
        return next(row for row in self._rows(table, shown, scale) if row.label == PEER)

    def _rows(self, table: Mapping[str, Sums], shown: Sequence[int], scale: Scale) -> list[Row]:
        if not self.exact:
            return published(table, shown=shown, scale=scale, floor=self.floor, means=False)
        return [
            Row(
                label,
                sums.people,
                None,
                tuple(sums.bands[band] / sums.people if sums.bands[band] >= self.floor else None for band in shown),
            )
            for label, sums in table.items()
        ]

    def _people(self, count: int) -> int:
        return count if self.exact else rounded(count)
