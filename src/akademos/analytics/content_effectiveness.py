"""Content effectiveness: which materials help, and which to revise.

Question: of contents of one kind, which go with better answers, which are finished, and why should one be revised?

Grain: one version of one material in a course (`content_use` says who counts for it).

* gain: among learners who answered items of its topics, the adjusted difference (`adjusted_gain`) between those who had
  opened it before, at most `gain_days` days, and those who never opened it. The outcome is the mean of score minus the
  item's mean over first attempts at items of its topics; ability is the same over items of other topics,
  its error allowed for; term is the
  learner's. Unit: share of a full score. At least `compared_min` learners on each side.
* effectiveness: mean of the percentiles of gain, completion and item quality among contents of the same kind, at least
  `like_min` of them; parts that a content lacks are left out, and all stand beside the mean. Item quality is the mean
  item-rest correlation of the items of its topics.
* to revise, with its reasons: learners leave at one point of a video, its gain is clearly below zero, few open it, it
  lies among the least effective of its kind.

Caveats: a gain goes with opening the content; it need not be caused by it. Percentiles compare contents of this tenant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from akademos.analytics.adjusted_gain import AdjustedDifference, adjusted_difference
from akademos.analytics.content_use import CONTENT, DROP_OFF, EDITS, USE, by_learner, conform_events, content_use, edits
from akademos.analytics.item_answers import FirstAttempts, first_attempts
from akademos.analytics.parameters import DEFAULT, Parameters
from akademos.analytics.schemas import TIME

REASONS = ("gain_below_zero", "learners_leave_at_one_point", "hardly_opened", "among_least_effective")
_NUMBER = pl.Float64


def _table(**columns: Any) -> pl.Schema:
    return pl.Schema(columns)


TABLES: Mapping[str, pl.Schema] = {
    "contents": _table(
        **USE,
        gain=_NUMBER,
        gain_low=_NUMBER,
        gain_high=_NUMBER,
        gain_learners=pl.Int64,
        gain_others=pl.Int64,
        item_quality=_NUMBER,
        gain_percentile=_NUMBER,
        completion_percentile=_NUMBER,
        item_quality_percentile=_NUMBER,
        effectiveness=_NUMBER,
        like=pl.Int64,
        reasons=pl.List(pl.String),
    ),
    "drop_off": _table(**DROP_OFF),
    "edits": _table(**EDITS),
}
_PARTS = ("gain", "completion", "item_quality")


def content_effectiveness(
    events: pl.DataFrame,
    answers: pl.DataFrame,
    as_of: datetime,
    *,
    topics: Mapping[str, Sequence[str]],
    item_topics: Mapping[str, Sequence[str]],
    enrolled: Mapping[str, int] | None = None,
    terms: Mapping[str, str] | None = None,
    item_quality: Mapping[str, float] | None = None,
    params: Parameters = DEFAULT,
) -> dict[str, pl.DataFrame]:
    """The tables of `TABLES`.

    Args:
        events: `content_use.EVENTS`.
        answers: `item_answers.ANSWERS`.
        as_of: what happened later does not exist.
        topics, item_topics: topic_ids of each material and of each question.
        enrolled: learners of each course.
        terms: term of each learner.
        item_quality: item-rest correlation of each question, from `item_analysis`.
        params: parameters.

    Raises:
        InputError: a table is malformed (`table_malformed`).
    """
    people = by_learner(conform_events(events, as_of)).with_columns(seen_until=pl.lit(as_of, TIME))
    return content_tables(
        people,
        first_attempts(answers, as_of, params),
        topics=topics,
        item_topics=item_topics,
        enrolled=enrolled,
        terms=terms,
        item_quality=item_quality,
        params=params,
    )


def content_tables(
    people: pl.DataFrame,
    attempts: FirstAttempts,
    *,
    topics: Mapping[str, Sequence[str]],
    item_topics: Mapping[str, Sequence[str]],
    enrolled: Mapping[str, int] | None = None,
    terms: Mapping[str, str] | None = None,
    item_quality: Mapping[str, float] | None = None,
    params: Parameters = DEFAULT,
) -> dict[str, pl.DataFrame]:
    """The same, where the events are summed up by learner already.

    Args:
        people: from `content_use.by_learner`, with `seen_until`: until when each was looked at.
        attempts: from `item_answers.first_attempts`.
        topics, item_topics, enrolled, terms, item_quality, params: as of `content_effectiveness`.
    """
    use, positions = content_use(people, enrolled or {}, params)
    gains = _Gains(attempts, item_topics, terms or {}, params)
    rows = []
    ever = _openers(people)
    for row in use.to_dicts():
        if row["status"] == "ok":
            about = tuple(topics.get(row["material_id"], ()))
            openers = people.filter(*(pl.col(name) == row[name] for name in CONTENT))
            found = gains.of(about, openers, ever[row["course_id"], row["material_id"]], row["course_id"])
            if found is not None:
                row |= {"gain": found.value, "gain_low": found.low, "gain_high": found.high,
                        "gain_learners": found.learners, "gain_others": found.others}  # fmt: skip
            known = [
                quality
                for question, quality in (item_quality or {}).items()
                if set(item_topics.get(question, ())) & set(about)
            ]
            row["item_quality"] = float(np.mean(known)) if known else None
        rows.append(row)
    rank(rows, params)
    for row in rows:
        row["reasons"] = content_reasons(row, params)
    schema = TABLES["contents"]
    contents = pl.DataFrame({name: [row.get(name) for row in rows] for name in schema}, schema=schema)
    return {"contents": contents, "drop_off": positions, "edits": edits(use, people, params)}


def _openers(people: pl.DataFrame) -> dict[tuple[str, str], set[str]]:
    """Who ever opened any version of a material."""
    found: dict[tuple[str, str], set[str]] = {}
    for course, material, learner in people.select("course_id", "material_id", "learner_key").iter_rows():
        found.setdefault((course, material), set()).add(learner)
    return found


class _Gains:
    """First attempts, ready to compare those who had opened a content with those who never did."""

    def __init__(
        self,
        attempts: FirstAttempts,
        item_topics: Mapping[str, Sequence[str]],
        terms: Mapping[str, str],
        params: Parameters,
    ) -> None:
        rows = attempts.rows
        self._rows = rows.select(
            "learner_key",
            "course_id",
            "occurred_at",
            "question_id",
            beyond=pl.col("score") - pl.col("score").mean().over("item"),
        )
        self._item_topics = item_topics
        self._terms = terms
        self._limits = params.content

    def of(
        self, topics: Sequence[str], openers: pl.DataFrame, ever: set[str], course: str
    ) -> AdjustedDifference | None:
        """The gain of one content; None without topics or with too few learners on one side."""
        if not topics:
            return None
        mine = {one for one, of in self._item_topics.items() if set(of) & set(topics)}
        rows = self._rows.filter(pl.col("course_id") == course).with_columns(
            about=pl.col("question_id").is_in(list(mine))
        )
        ability = _abilities(rows.filter(~pl.col("about")))
        opened = rows.filter(pl.col("about")).join(openers.select("learner_key", "first_at"), on="learner_key")
        within = opened.filter(
            pl.col("occurred_at") > pl.col("first_at"),
            pl.col("occurred_at") <= pl.col("first_at") + timedelta(days=self._limits.gain_days),
        )
        never = rows.filter(pl.col("about"), ~pl.col("learner_key").is_in(list(ever)))
        learners = (
            pl.concat(
                [
                    within.group_by("learner_key")
                    .agg(outcome=pl.col("beyond").mean())
                    .with_columns(group=pl.lit(True)),
                    never.group_by("learner_key")
                    .agg(outcome=pl.col("beyond").mean())
                    .with_columns(group=pl.lit(False)),
                ]
            )
            .join(ability, on="learner_key")
            .sort("learner_key")
        )
        group = learners["group"].to_numpy()
        if min(int(group.sum()), int((~group).sum())) < self._limits.compared_min:
            return None
        names = [self._terms.get(one, "") for one in learners["learner_key"]]
        return adjusted_difference(
            learners["outcome"].to_numpy(),
            group,
            learners["ability"].to_numpy(),
            learners["error"].to_numpy(),
            np.unique(names, return_inverse=True)[1].astype(np.int64),
            self._limits.interval,
        )


def _abilities(rows: pl.DataFrame) -> pl.DataFrame:
    """learner_key, ability: mean of the scores beyond those of the items; error: its sampling variance, from how the
    scores of one learner vary, pooled over learners."""
    each = rows.group_by("learner_key").agg(
        ability=pl.col("beyond").mean(), of=pl.len(), squares=((pl.col("beyond") - pl.col("beyond").mean()) ** 2).sum()
    )
    freedom = max(rows.height - each.height, 1)
    pooled = float(each["squares"].sum()) / freedom
    return each.select("learner_key", "ability", error=pooled / pl.col("of"))


def rank(rows: list[dict[str, Any]], params: Parameters = DEFAULT) -> None:
    """Puts percentiles among like contents and their mean, the effectiveness, into rows that have `status`, `kind` and
    the parts gain, completion and item_quality."""
    kinds: dict[str | None, list[dict[str, Any]]] = {}
    for row in rows:
        if row["status"] == "ok":
            kinds.setdefault(row["kind"], []).append(row)
    for like in kinds.values():
        for row in like:
            row["like"] = len(like)
        for part in _PARTS:
            known = [row for row in like if row.get(part) is not None]
            if len(known) < params.content.like_min:
                continue
            values = np.array([row[part] for row in known])
            for row, value in zip(known, values, strict=True):
                below, same = int((values < value).sum()), int((values == value).sum())
                row[f"{part}_percentile"] = (below + (same - 1) / 2) / (len(known) - 1)
        for row in like:
            parts = [row[f"{part}_percentile"] for part in _PARTS if row.get(f"{part}_percentile") is not None]
            row["effectiveness"] = sum(parts) / len(parts) if parts else None


def content_reasons(row: Mapping[str, Any], params: Parameters = DEFAULT) -> list[str]:
    """Those of `REASONS` that the numbers of a row give."""
    limits = params.content
    said = {
        "gain_below_zero": (row.get("gain_high") or 0.0) < 0,
        "learners_leave_at_one_point": (row.get("steepest_share") or 0.0) >= limits.leave_share,
        "hardly_opened": row.get("reach_high") is not None and row["reach_high"] < limits.unused_below,
        "among_least_effective": row.get("effectiveness") is not None and row["effectiveness"] < limits.weak_below,
    }
    return [reason for reason in REASONS if said[reason]]
