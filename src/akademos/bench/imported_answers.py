"""Many answers of many learners over a year, brought in by a bulk import of the command line."""

from __future__ import annotations

import random
import uuid
from pathlib import Path

import polars as pl

from akademos.bench.installation import Installation

SEED = 2026
ANSWERS_EACH = 2_000
START = 1_735_689_600  # 2025-01-01T00:00Z
YEAR_S = 365 * 86_400

_BASIS = """
id = "bench-answers"
tenant = "{tenant}"
purposes = ["learning_support"]
text_version = "bench"
evidence = "made up"
person_responsible = "bench"
historical = true
"""
_MAP = """
[columns]
user_id = "user"
question_id = "question"
correct = "correct"
[constants]
event_name = "question_submitted"
topic_id = "algebra"
time_to_answer_seconds = 20
[time]
column = "at"
[values.correct]
1 = "true"
0 = "false"
"""


def import_answers(one: Installation, tenant: str, events: int, *, answers_each: int = ANSWERS_EACH) -> str:
    """Import answers of learners into a tenant that is there; the user_id of one of them."""
    rng = random.Random(SEED)  # noqa: S311  # no secret hangs on it
    learners = [str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(max(2, events // answers_each))]
    rows = pl.DataFrame({"number": pl.int_range(events, eager=True)})
    spread = pl.col("number").hash(SEED)
    table = rows.select(
        user=pl.lit(pl.Series(learners)).gather(pl.col("number") % len(learners)),
        question=pl.format("q{}", spread % 2_000),
        correct=(spread // 2_000 % 2).cast(pl.String),
        at=pl.from_epoch(START + (spread // 4_000 % YEAR_S).cast(pl.Int64)).dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    answers, basis, columns = (
        one.data.with_name(f"{one.data.name}-{name}") for name in ("answers.parquet", "basis.toml", "map.toml")
    )
    try:
        table.write_parquet(answers)
        basis.write_text(_BASIS.format(tenant=tenant))
        columns.write_text(_MAP)
        one.run("ingest", str(answers), "--map", str(columns), "--basis", str(basis))
    finally:
        for path in (answers, basis, columns):
            Path(path).unlink(missing_ok=True)
    return learners[len(learners) // 2]
