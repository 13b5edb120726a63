"""The declared columns of what is kept of contents are those that the definition makes."""

from __future__ import annotations

import polars as pl

from akademos.analytics.content_use import EVENTS, by_learner
from akademos.jobs.content_rows import CONTENTS


def test_contents_have_the_columns_of_the_definition_and_how_many_events_they_rest_on() -> None:
    made = by_learner(pl.DataFrame(schema=pl.Schema(EVENTS))).schema
    assert pl.Schema({**made, "entry": pl.String(), "events": pl.Int64()}) == CONTENTS
