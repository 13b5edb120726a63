"""Signs of activity from events: which interval each kind of event stands for (`study_sessions` says what comes of it).

| Event | Stands for |
|---|---|
| answer | the time to answer before it, at most 30 minutes |
| heartbeat, page visible | the 30 seconds before it (less where it says so) |
| heartbeat, media playing | the time since the last heartbeat, whole, visible or not |
| heartbeat, neither | nothing |
| material with a duration | the time spent with it before the event, at most 4 hours |
| progress of a video or audio without one | the time that the medium played since the progress before it |
| session paused or ended by idleness | nothing; what follows is a pause |
| any other | its instant |
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.attempts import Activity
from akademos.analytics.parameters import StudyParameters
from akademos.analytics.rounds import Index
from akademos.analytics.study_sessions import MINUTE_MS, Signs

PAUSED, RESUMED = "study_session_paused", "study_session_resumed"
ENDED, HEARTBEAT = "study_session_ended", "study_session_heartbeat_sent"
IDLE = "idle"
MEDIA_KINDS = ("video", "audio")


def signs_of(activity: Activity, params: StudyParameters) -> Signs:
    """Every event with an exact clock as a row of `Signs`."""
    exact = pl.col("time_precision") == "exact"
    answers = _rows(activity.answers.filter(exact), covers=_covered("duration_seconds", params.answer_minutes_most))
    contacts = activity.interactions.filter(exact)
    played = pl.Series("covers", _played_ms(contacts), dtype=pl.Float64)
    materials = _rows(
        contacts.with_columns(played),
        covers=pl.coalesce(_covered("duration_seconds", params.material_minutes_most), "covers"),
    )
    beat, name = pl.col("event_name") == HEARTBEAT, pl.col("event_name")
    idle = (pl.col("reason") == IDLE).fill_null(value=False)
    playing, visible = pl.col("media_playing").fill_null(value=False), pl.col("page_visible").fill_null(value=True)
    since = pl.col("seconds_since_last").fill_nan(None).clip(0)
    usual = pl.min_horizontal(since.fill_null(params.heartbeat_seconds), pl.lit(params.heartbeat_seconds))
    of_beat = pl.when(playing).then(since.fill_null(params.heartbeat_seconds)).otherwise(usual) * 1000
    others = _rows(
        activity.study.filter(exact),
        covers=pl.when(beat).then(of_beat).otherwise(0.0),
        active=pl.when(beat).then(playing | visible).otherwise(~(name.is_in([PAUSED, ENDED]) & idle)),
        resumes=name == RESUMED,
        pauses=name == PAUSED,
        ends=name == ENDED,
    )
    rows = pl.concat([answers, materials, others])
    stream = rows["session_id"].rank("dense").fill_null(0).to_numpy().astype(np.int64)
    end = rows["at"].to_numpy().astype(np.int64)
    return Signs(
        learner=rows["learner"].to_numpy(),
        stream=stream,
        start=end - rows["covers"].to_numpy().astype(np.int64),
        end=end,
        active=rows["active"].to_numpy(),
        resumes=rows["resumes"].to_numpy(),
        pauses=rows["pauses"].to_numpy(),
        ends=rows["ends"].to_numpy(),
    )


def switches_of(activity: Activity) -> tuple[Index, Index, Index]:
    """(learner, ms since 1970, changes to another window) of each heartbeat that counts any."""
    found = activity.study.filter(pl.col("time_precision") == "exact", pl.col("view_switches") > 0)
    return (
        found["learner"].to_numpy(),
        (found["occurred_at"].dt.epoch("us").to_numpy() // 1000).astype(np.int64),
        found["view_switches"].to_numpy().astype(np.int64),
    )


def _rows(table: pl.DataFrame, covers: pl.Expr, active: pl.Expr | None = None, **flags: pl.Expr) -> pl.DataFrame:
    return table.select(
        "learner",
        "session_id",
        at=pl.col("occurred_at").dt.epoch("us") // 1000,
        covers=covers.fill_nan(None).fill_null(0.0).round(),
        active=pl.lit(value=True) if active is None else active,
        **{name: flags.get(name, pl.lit(value=False)) for name in ("resumes", "pauses", "ends")},
    )


def _covered(column: str, most_minutes: float) -> pl.Expr:
    return (pl.col(column).fill_nan(None) * 1000).clip(0, most_minutes * MINUTE_MS)


def _played_ms(contacts: pl.DataFrame) -> npt.NDArray[np.float64]:
    """For progress of a medium: ms it played since the progress before it in its stream, at most the time between."""
    played = np.full(contacts.height, np.nan)
    rows = (
        contacts.lazy()
        .with_row_index("row")
        .filter(
            pl.col("media_second").is_not_null(),
            pl.col("media_second").is_not_nan(),
            pl.col("material_kind").is_in(MEDIA_KINDS),
        )
        .select(
            "row", "learner", "session_id", "material_id", "occurred_at", "event_id", "media_second", "playback_rate"
        )
        .sort("learner", "session_id", "material_id", "occurred_at", "event_id")
        .collect()
    )
    if rows.height < 2:
        return played
    same = rows.select(
        pl.all_horizontal(
            pl.col(name).eq_missing(pl.col(name).shift(1)) for name in ("learner", "session_id", "material_id")
        )
    ).to_series()
    rate = rows["playback_rate"].fill_nan(None).fill_null(1.0).clip(0.1, 16).to_numpy()
    advance = np.diff(rows["media_second"].to_numpy(), prepend=np.nan) / rate * 1000
    between = np.diff(rows["occurred_at"].dt.epoch("us").to_numpy() // 1000, prepend=0)
    counts = same.fill_null(value=False).to_numpy() & (advance > 0)
    played[rows["row"].to_numpy()[counts]] = np.minimum(advance, between)[counts]
    return played
