"""What is true of the learners, kept outside the platform: only `bench recovery` reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl

from akademos.demo.simulation import History


def true_items(history: History) -> pl.DataFrame:
    """One row a learner and item of the learner's courses: `recall`, the probability that the learner knows it at the
    end (without guessing), and whether it was ever answered."""
    learners, bank = history.learners, history.bank
    recall = history.knowledge.recall(np.arange(len(learners)), history.term.end)
    who, item = np.nonzero(learners.enrolled[:, bank.course_of_leaf[bank.topics_of_item[:, 0]]])
    return pl.DataFrame(
        {
            "user_id": np.array(learners.user_ids)[who],
            "question_id": np.array(bank.question_ids)[item],
            "recall": recall[who, item],
            "seen": history.knowledge.memory.practised[who, item] > 0,
        }
    )


def item_topics(history: History) -> pl.DataFrame:
    """One row an item and topic: question_id, topic_id."""
    bank = history.bank
    topics = [bank.topic_ids(item) for item in range(len(bank.question_ids))]
    return pl.DataFrame({"question_id": bank.question_ids, "topic_id": topics}).explode("topic_id")


def true_topics(history: History, items: pl.DataFrame) -> pl.DataFrame:
    """One row a learner and topic of the learner's courses: `ability` (logit) and `mastery`, the share of the topic's
    items that the learner would answer from knowledge at the end; `recall_of_seen`, the same over seen items (null
    without any)."""
    learners, bank = history.learners, history.bank
    everybody = np.arange(len(learners))
    ability = history.knowledge.understanding.matrix(everybody, history.term.end)
    who, leaf = np.nonzero(learners.enrolled[:, bank.course_of_leaf])
    abilities = pl.DataFrame(
        {
            "user_id": np.array(learners.user_ids)[who],
            "topic_id": np.array([one.topic_id for one in bank.leaves])[leaf],
            "ability": ability[who, leaf],
        }
    )
    shares = (
        items.join(item_topics(history), on="question_id")
        .group_by("user_id", "topic_id")
        .agg(mastery=pl.col("recall").mean(), recall_of_seen=pl.col("recall").filter("seen").mean())
    )
    return abilities.join(shares, on=["user_id", "topic_id"]).sort("user_id", "topic_id")


def true_answers(history: History) -> pl.DataFrame:
    """One row an answer, by learner, item and attempt: the true probability that it was right."""
    rows = history.attempts
    return pl.DataFrame(
        {
            "user_id": np.array(history.learners.user_ids)[rows.who],
            "question_id": np.array(history.bank.question_ids)[rows.item],
            "attempt_number": rows.number,
            "chance": rows.chance,
        }
    )


def write_truth(history: History, folder: Path) -> None:
    """Parquet files: items, item_topics, topics, answers."""
    folder.mkdir(parents=True, exist_ok=True)
    items = true_items(history)
    items.write_parquet(folder / "items.parquet")
    item_topics(history).write_parquet(folder / "item_topics.parquet")
    true_topics(history, items).write_parquet(folder / "topics.parquet")
    true_answers(history).write_parquet(folder / "answers.parquet")
