"""Audit rows of a gathered range of receipts: receipts against envelopes, accepted events against the core.

Every difference is taken apart by id, among those that were meant to move. What an id does not tell is told by counts
of one day: an erasure leaves envelopes without an id, some of them of events that stay, without the person.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb

from akademos.stores.ports.warehouse import Causes, Load

IMPORTS = "import-"
"""How the source of an import begins."""

_CHANNEL = f"CASE WHEN starts_with(source, '{IMPORTS}') THEN 'import' ELSE 'live' END"
_BY_VERDICT = """
    SELECT received_on, channel, verdict, count(*) AS events, sum(('0x' || left(record_key, 16))::UBIGINT) AS checksum
    FROM {rows} GROUP BY ALL ORDER BY ALL
"""
# Of an import only accepted rows have an envelope each. A batch that is in the core and not yet counted is meant.
_AGAINST_RECEIPTS = f"""
    WITH counted AS (
        SELECT received_on, source, verdict, sum(events) AS events FROM read_parquet('{{counted}}')
        WHERE received_on IS NOT NULL AND (verdict = 'accepted' OR NOT starts_with(source, '{IMPORTS}')) GROUP BY ALL
    ), kept AS (
        SELECT received_on, source, verdict, count(*) AS events FROM read_parquet('{{gathered}}')
        WHERE verdict = 'accepted' OR NOT starts_with(source, '{IMPORTS}') GROUP BY ALL
    ), compared AS (
        SELECT received_on, source, verdict, coalesce(counted.events, 0) AS meant, coalesce(kept.events, 0) AS found
        FROM counted FULL JOIN kept USING (received_on, source, verdict)
    )
    SELECT received_on, {_CHANNEL} AS channel,
        sum(CASE WHEN source IN (SELECT source FROM read_parquet('{{counted}}') WHERE unfinished)
            THEN greatest(meant, found) ELSE meant END)::BIGINT AS meant,
        sum(greatest(meant - found, 0))::BIGINT AS missing,
        sum(greatest(found - meant, 0)) FILTER (WHERE source NOT IN
            (SELECT source FROM read_parquet('{{counted}}') WHERE unfinished))::BIGINT AS surplus
    FROM compared GROUP BY ALL ORDER BY ALL
"""
_AGAINST_CORE = f"""
    WITH known AS (
        SELECT received_on, event_id, verdict FROM read_parquet('{{gathered}}')
        WHERE channel = 'live' AND verdict IN ('accepted', 'held')
    ), placed AS (
        SELECT left(sha256($key || 'event' || event_id), 32) AS event_id, max(place) AS place
        FROM read_parquet('{{places}}') GROUP BY 1
    ), core AS (
        SELECT CAST(received_at AT TIME ZONE 'UTC' AS DATE) AS received_on,
            left(sha256($key || 'event' || event_id), 32) AS event_id, count(*) AS times,
            min(received_at) AS first_at
        FROM {{core}} WHERE NOT starts_with(source, '{IMPORTS}') AND received_at >= $since AND received_at < $until
        GROUP BY ALL
    ), compared AS (
        SELECT received_on, event_id, verdict, coalesce(times, 0) AS times, place,
            verdict = 'accepted' AND times IS NULL AS elsewhere, verdict IS NULL AND first_at >= $settled AS fresh
        FROM (SELECT * FROM known WHERE event_id IS NOT NULL) AS named FULL JOIN core USING (received_on, event_id)
            LEFT JOIN placed USING (event_id)
        UNION ALL
        SELECT received_on, NULL, verdict, 0, NULL, false, false FROM known WHERE event_id IS NULL
    )
    SELECT received_on,
        count(*) FILTER (WHERE verdict = 'accepted') AS meant,
        sum(times)::BIGINT AS moved,
        coalesce(sum(('0x' || left(event_id, 16))::UBIGINT) FILTER (WHERE verdict = 'accepted'), 0) AS meant_checksum,
        coalesce(sum(('0x' || left(event_id, 16))::UBIGINT * times) FILTER (WHERE NOT fresh), 0) AS moved_checksum,
        count(*) FILTER (WHERE elsewhere AND place = 'logs') AS in_logs,
        count(*) FILTER (WHERE elsewhere AND place = 'landing') AS in_landing,
        count(*) FILTER (WHERE elsewhere AND place IS NULL) AS nowhere,
        count(*) FILTER (WHERE verdict = 'held' AND times > 0) AS released,
        count(*) FILTER (WHERE verdict = 'accepted' AND event_id IS NULL) AS accepted_without_id,
        count(*) FILTER (WHERE verdict = 'held' AND event_id IS NULL) AS held_without_id,
        count(*) FILTER (WHERE verdict IS NULL AND NOT fresh) AS unknown,
        count(*) FILTER (WHERE fresh) AS fresh,
        coalesce(sum(times - 1) FILTER (WHERE times > 1), 0)::BIGINT AS again
    FROM compared GROUP BY ALL ORDER BY ALL
"""

Verdicts = dict[tuple[date, str], dict[str, tuple[int, int]]]
"""(day, channel) -> verdict -> events and sum of hashes."""


class ComparedDay(NamedTuple):
    """Accepted events of a day against the core, in events; `nowhere` are ids of envelopes that no store has, `unknown`
    ids of the core that no envelope has, `fresh` such that may be newer than the envelopes, `again` rows of the core
    beyond the first of an id."""

    received_on: date
    meant: int
    moved: int
    meant_checksum: int
    moved_checksum: int
    in_logs: int
    in_landing: int
    nowhere: int
    released: int
    accepted_without_id: int
    held_without_id: int
    unknown: int
    fresh: int
    again: int


def moved_and_causes(one: ComparedDay, *, accounted: bool) -> tuple[int, Causes]:
    """What moved of a day, and where the difference is: what the core has under no id of an envelope stands for
    envelopes that lost theirs, those of accepted events first; the rest of those is gone. What is newer than the
    envelopes is left to the next build."""
    strange = one.unknown + one.fresh
    stayed = min(strange, one.accepted_without_id)
    released = min(strange - stayed, one.held_without_id)
    strange -= stayed + released
    newer = min(strange, one.fresh)
    gone = one.nowhere + one.accepted_without_id - stayed
    unnamed = strange - newer + one.again
    return one.moved - newer, Causes(
        in_logs=one.in_logs,
        in_landing=one.in_landing,
        released=one.released + released,
        gone=gone if accounted else 0,
        unnamed=unnamed if accounted else unnamed + gone,
    )


def core_loads(
    engine: duckdb.DuckDBPyConnection,
    gathered: Path,
    places: Path,
    core: str,
    values: Mapping[str, object],
    verdicts: Verdicts,
    *,
    accounted: bool,
) -> list[Load]:
    """Accepted events of each day, by id, against the core, the logs and landing."""
    statement = _AGAINST_CORE.format(gathered=quoted(gathered), places=quoted(places), core=core)
    days = [ComparedDay(*row) for row in engine.execute(statement, dict(values)).fetchall()]
    found = []
    for one in days:
        moved, causes = moved_and_causes(one, accounted=accounted)
        counts = _counts(verdicts.get((one.received_on, "live"), {}))
        sums = _hex(one.meant_checksum), _hex(one.moved_checksum)
        found.append(Load("core", one.received_on, "live", counts, one.meant, moved, *sums, None, causes))
    return found


def envelope_loads(
    engine: duckdb.DuckDBPyConnection, gathered: Path, counted: Path, stayed: str, *, accounted: bool
) -> tuple[Verdicts, list[Load]]:
    """Receipts of each day and way in against the envelopes; `stayed` is where these are now, as SQL for FROM. What an
    import brought and withdrew before its day was closed has none."""
    came = by_verdict(engine, f"read_parquet('{quoted(gathered)}')")
    kept = by_verdict(engine, stayed)
    found = []
    for place, (meant, missing, surplus) in against_receipts(engine, gathered, counted).items():
        verdicts, there = came.get(place, {}), _sums(kept.get(place, {}))
        before = _sums(verdicts)
        left = missing if place[1] == "import" and accounted else 0
        lost = abs(before[0] - there[0]) or int(before[1] != there[1])
        unlisted = before[0] - sum(events for name, (events, _) in verdicts.items() if _compared(place[1], name))
        causes = Causes(gone=left, unnamed=missing - left + surplus + lost)
        found.append(
            Load(
                "envelopes", *place, _counts(verdicts), meant + unlisted, there[0], _hex(before[1]), _hex(there[1]),
                None, causes,
            )
        )  # fmt: skip
    return came, found


def against_receipts(
    engine: duckdb.DuckDBPyConnection, gathered: Path, counted: Path
) -> dict[tuple[date, str], tuple[int, int, int]]:
    """(day, channel) -> events by the receipts, of these without an envelope, and envelopes without a receipt."""
    statement = _AGAINST_RECEIPTS.format(gathered=quoted(gathered), counted=quoted(counted))
    return {
        (day, channel): (int(meant), int(missing), int(surplus or 0))
        for day, channel, meant, missing, surplus in engine.execute(statement).fetchall()
    }


def by_verdict(engine: duckdb.DuckDBPyConnection, rows: str) -> Verdicts:
    """Envelopes and sums of their keys."""
    found: defaultdict[tuple[date, str], dict[str, tuple[int, int]]] = defaultdict(dict)
    for day, channel, verdict, events, total in engine.execute(_BY_VERDICT.format(rows=rows)).fetchall():
        found[day, channel][verdict] = int(events), int(total)
    return dict(found)


def quoted(path: Path | str) -> str:
    """A path inside a string of SQL."""
    return str(path).replace("'", "''")


def _compared(channel: str, verdict: str) -> bool:
    return channel == "live" or verdict == "accepted"


def _counts(verdicts: Mapping[str, tuple[int, int]]) -> dict[str, int]:
    return {verdict: events for verdict, (events, _) in verdicts.items()}


def _sums(verdicts: Mapping[str, tuple[int, int]]) -> tuple[int, int]:
    return sum(events for events, _ in verdicts.values()), sum(total for _, total in verdicts.values())


def _hex(total: int) -> str:
    """A sum of hashes, modulo 2**64."""
    return f"{int(total) % 2**64:016x}"
