"""Journeys of a course that people leave one by one: what is answered stays close to what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from akademos.jobs.content_rows import JOURNEYS
from akademos.jobs.journey_answers import JourneyAnswers
from akademos.privacy.disclosure_editions import Editions, advance
from akademos.stores.ports.journeys import (
    AskedStep,
    CountedPart,
    Edition,
    FunnelQuestion,
    RetentionQuestion,
    SurvivalQuestion,
)

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
LEARNERS, WEEKS, K = 200, 16, 10
PEOPLE = [f"p{number:03}" for number in range(LEARNERS)]
last_days = np.floor(np.random.default_rng(1).exponential(1 / 0.08, LEARNERS) * 7).astype(int)
"""Day of each one's last event: of those there, 8% leave a week."""

DAYS = 7 * WEEKS
STUDIED = pl.DataFrame(
    [
        (person, f"{person}-{day}", "material_opened", at := START + timedelta(days=day), "exact", at)
        for person, stop in zip(PEOPLE, last_days.tolist(), strict=True)
        for day in range(min(stop + 1, DAYS))
    ],
    schema={
        "learner_key": pl.String,
        "event_id": pl.String,
        "event_name": pl.String,
        "occurred_at": pl.Datetime("us", "UTC"),
        "time_precision": pl.String,
        "received_at": pl.Datetime("us", "UTC"),
    },
    orient="row",
)
CHANNELS = ["staff"] * 100 + ["self_service"] * 75 + ["transfer"] * 17 + ["api"] * 8
REGISTERED = pl.DataFrame(
    {
        "learner_key": PEOPLE, "event_id": [f"{person}-r" for person in PEOPLE], "event_name": "course_registered",
        "occurred_at": START - timedelta(hours=1), "time_precision": "exact", "received_at": START,
        "properties": [f'{{"registration_channel":"{channel}"}}' for channel in CHANNELS],
    },
    schema_overrides={name: pl.Datetime("us", "UTC") for name in ("occurred_at", "received_at")},
)  # fmt: skip
EVENTS = pl.concat(
    [STUDIED.with_columns(properties=pl.lit('{"material_kind":"video"}')), REGISTERED], how="diagonal"
).with_columns(
    course_id=pl.lit("c"), material_id=pl.lit("m"), question_id=pl.lit(None, pl.String), score=pl.lit(None, pl.Float64),
)  # fmt: skip
KNOWN = {
    "materials": pl.DataFrame({"material_id": ["m"], "kind": ["video"], "course_id": ["c"]}),
    "items": pl.DataFrame({"question_id": ["q"], "course_id": ["c"]}),
}


def nights() -> Editions:
    """The guard's memory after every night."""
    memory = Editions()
    for day in range(1, DAYS + 1):
        events = {person: int(min(stop + 1, day)) for person, stop in zip(PEOPLE, last_days, strict=True)}
        memory = advance(
            memory, may_stay=PEOPLE, may_enter=dict.fromkeys(PEOPLE, "student"), evidence={JOURNEYS: events},
            floor=K, as_of=START + timedelta(days=day, hours=-9),
        )  # fmt: skip
    return memory


class _Ledger:
    """The edition of a memory; answers are kept nowhere."""

    def __init__(self, memory: Editions) -> None:
        (edition,) = memory.shown(JOURNEYS).values()
        part = CountedPart(memory.counted()[JOURNEYS], "student", edition.as_of, whole=True)
        self._edition = Edition(edition.since, K, (part,))

    def edition(self, tenant_id: str, course_id: str) -> Edition:
        return self._edition

    def kept(self, *_: object) -> None:
        return None

    def keep(self, *given: Any) -> Mapping[str, Any]:
        found: Mapping[str, Any] = given[4]
        return found


def desk(events: pl.DataFrame, memory: Editions) -> JourneyAnswers:
    def read(tenant_id: str, keys: Sequence[str], *, until: datetime, **_: object) -> pa.Table:
        return events.filter(pl.col("learner_key").is_in(list(keys)), pl.col("occurred_at") <= until).to_arrow()

    return JourneyAnswers(
        cast("Any", _Ledger(memory)),
        cast("Any", SimpleNamespace(learner_events=read)),
        cast("Any", SimpleNamespace(people=lambda _, listed, __: {person: (person,) for person in listed})),
        cast("Any", SimpleNamespace(curriculum=lambda _: SimpleNamespace(tables=KNOWN))),
        (cast("Any", "x"),),
        clock=lambda: START + timedelta(days=DAYS),
    )


@pytest.fixture(scope="module")
def answers() -> JourneyAnswers:
    return desk(EVENTS, nights())


@pytest.mark.parametrize(
    ("course", "score", "right", "wrong"),
    [("c", 1.0, 80, None), (None, 1.0, 80, None), (None, 0.5, 80, None), ("c", 0.4, None, 80), ("c", None, None, None)],
)
def test_answers_count_in_the_course_of_their_item_and_as_right_where_mastery_counts_them_so(
    course: str | None, score: float | None, right: int | None, wrong: int | None
) -> None:
    registered = REGISTERED.head(100).with_columns(course_id=pl.lit("c"))
    answered = REGISTERED.head(80).with_columns(
        event_id=pl.col("learner_key") + "-a", event_name=pl.lit("question_submitted"), occurred_at=START,
        question_id=pl.lit("q"), course_id=pl.lit(course, pl.String), score=pl.lit(score, pl.Float64),
    )  # fmt: skip
    events = pl.concat([registered, answered], how="diagonal").with_columns(material_id=pl.lit(None, pl.String))
    memory = advance(
        Editions(), may_stay=PEOPLE[:100], may_enter=dict.fromkeys(PEOPLE[:100], "student"),
        evidence={JOURNEYS: dict.fromkeys(PEOPLE[:100], 1)}, floor=K, as_of=START + timedelta(days=1),
    )  # fmt: skip

    def reached(step: str) -> int | None:
        question = FunnelQuestion((AskedStep("registered"), AskedStep(step)))
        content = desk(events, memory).answer("t", "c", question).content
        assert content is not None
        learners: int | None = content["steps"][1]["learners"]
        return learners

    assert (reached("answered:right"), reached("answered:wrong")) == (right, wrong)
    assert reached("answered") == (right or wrong)


def test_retention_is_that_of_everybody_however_few_still_come(answers: JourneyAnswers) -> None:
    content = answers.answer("t", "c", RetentionQuestion("persona")).content
    assert content is not None
    shown = {cell["week"]: cell["share"] for cell in content["cells"]}
    assert set(shown) >= set(range(WEEKS - 1))
    for week, share in shown.items():
        if not share["bound"]:
            # An event on any of the week's seven days; fewer than k may have news that waits to be read.
            truth = float((last_days >= 7 * week).mean())
            assert share["value"] == pytest.approx(truth, abs=(K - 1 + 2.5) / LEARNERS)


def test_retention_tells_how_registrations_came_apart(answers: JourneyAnswers) -> None:
    content = answers.answer("t", "c", RetentionQuestion("channel")).content
    assert content is not None
    assert content["by"] == "channel"
    started = {cell["group"]: cell["started"] for cell in content["cells"] if cell["week"] == 0}
    assert started == {"staff": 100, "self_service": 75, "other": 25}  # 17 transfers and 8 by an application


def test_survival_is_that_of_everybody(answers: JourneyAnswers) -> None:
    content = answers.answer("t", "c", SurvivalQuestion()).content
    assert content is not None
    assert content["points"][-1]["day"] > 70
    for point in content["points"][1:]:
        assert point["share"] == pytest.approx(float((last_days > point["day"]).mean()), abs=K / LEARNERS)
    assert content["median_days"] == pytest.approx(float(np.median(last_days)), abs=7)
