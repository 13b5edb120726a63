"""What came, what of it moved, and where the rest is: every event once, and every difference by its own cause."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.intake.conftest import answered
from tests.intake.test_opt_out import switch, viewed
from tests.warehouse.conftest import Site

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.warehouse.envelopes import PLACES, RECEIVED
from akademos.catalogue.warehouse_extracts import Extract
from akademos.privacy.standing import Decision
from akademos.stores.lake.load_audit import ComparedDay, moved_and_causes
from akademos.stores.lake.warehouse_build import LakeBuildFolder
from akademos.stores.ports.warehouse import Causes, Extraction
from akademos.stores.postgres.extracts import PostgresExtracts
from akademos.stores.postgres.waiting_events import forget_ids

CAUSES = ("in_logs", "in_landing", "released", "gone", "unnamed")
DIFFERING = pl.col("received") != pl.col("envelopes")


class Inputs:
    """The inputs of a build at this moment."""

    def __init__(self, site: Site, home: Path) -> None:
        door = site.door
        home.mkdir(exist_ok=True)
        self.folder = LakeBuildFolder(
            home, door.tenant, site.pipeline.core, site.envelopes.folder(door.tenant), memory_limit_mb=256
        )
        site.job.write_inputs(door.tenant, self.folder)

    def compared(self) -> dict[str, tuple[int, int]]:
        """By verdict: receipts and envelopes."""
        receipts, found = Counter[str](), Counter[str]()
        for row in self.folder.read("receipts_open").drop_nulls("received_on").iter_rows(named=True):
            receipts[row["verdict"]] += row["events"]
        found.update(self.folder.read("envelopes_open")["verdict"].to_list())
        return {verdict: (receipts[verdict], found[verdict]) for verdict in sorted(receipts | found)}

    def load(self, name: str, channel: str = "live") -> dict[str, Any]:
        rows = self.folder.read("loads_open").filter(load=name, channel=channel)
        assert rows.height == 1
        return rows.row(0, named=True)

    def causes(self, name: str = "core") -> dict[str, int]:
        row = self.load(name)
        assert row["meant_rows"] - row["moved_rows"] == row["in_logs"] + row["in_landing"] + row["gone"] - row[
            "released"
        ] or (row["unnamed"] > 0)
        return {cause: row[cause] for cause in CAUSES if row[cause]}


@pytest.fixture
def inputs(site: Site, tmp_path: Path) -> Iterator[Any]:
    def made() -> Inputs:
        return Inputs(site, tmp_path / "home")

    return made  # type: ignore[return-value]


def equal(compared: dict[str, tuple[int, int]]) -> bool:
    return all(receipts == envelopes for receipts, envelopes in compared.values())


def move_and_count(site: Site, kind: str, query: str) -> None:
    """Delete as a job does that counts what it deletes."""
    with site.door.database.pipeline() as transaction:
        rows = transaction.execute(query).rowcount
        transaction.execute(
            "INSERT INTO movements (tenant_id, kind, events) VALUES (%s, %s, %s)", (site.door.tenant, kind, rows)
        )


def test_suppressed_events_have_one_envelope_each(site: Site, inputs: Any) -> None:
    door = site.door
    for user in ("out", "restricted", "paused"):
        door.grant(user, Purpose.PRODUCT_ANALYTICS)
    door.batch(switch(off=True, user="out"))
    stopped: tuple[Decision, ...] = ("restricted", "paused")
    for decision in stopped:  # by the person of that name
        key, purposes = door.person(decision), (Purpose.PRODUCT_ANALYTICS,)
        door.consent.decide(door.tenant, key, purposes, decision, text_version=None, recorded_by="test")
    answer = door.batch(*(viewed(door, user) for user in ("out", "restricted", "paused")))
    assert [one["verdict"] for one in answer.verdicts] == ["suppressed"] * 3
    assert door.rows("SELECT count(*) FROM event_index WHERE verdict = 'suppressed'") == [(3,)]
    found = inputs()
    assert found.compared() == {"accepted": (1, 1), "suppressed": (3, 3)}
    assert sorted(found.folder.read("envelopes_open").drop_nulls("code")["code"]) == ["opt_out", "paused", "restricted"]

    # Nor do they get a second one when their ids have grown old.
    site.pipeline.queue.expire(landing_before=door.now, index_before=door.now.replace(year=2030))
    assert door.count("event_index") == 0
    assert inputs().compared() == {"accepted": (1, 1), "suppressed": (3, 3)}


def test_switch_on_a_page_has_an_envelope(site: Site, inputs: Any) -> None:
    door = site.door
    key = door.grant("u-1")
    door.consent.switch_tracking(door.tenant, key, opted_out=True, recorded_by="self", at=door.now)
    found = inputs()
    assert found.compared() == {"accepted": (1, 1)}
    assert found.causes() == {"in_logs": 1}
    ((hashed,),) = door.rows("SELECT content_hash FROM event_index")
    content = b'{"tracking_opt_out":true}'
    assert (
        bytes(hashed)
        == hashlib.blake2b(content, key=door.vault_keys.derived(door.tenant, "payloads"), digest_size=16).digest()
    )


def test_each_difference_has_the_cause_that_it_has(site: Site, inputs: Any) -> None:
    door = site.door
    door.grant("u-1")
    door.batch(*(answered(at=door.now) for _ in range(4)), answered("later", at=door.now))
    site.pipeline.drain()
    assert inputs().causes() == {}
    assert inputs().causes("envelopes") == {}
    door.grant("later")  # what was held is released
    site.pipeline.drain()
    door.batch(answered(at=door.now), answered(at=door.now), switch(off=False, user="u-9"))
    assert inputs().causes() == {"released": 1, "in_landing": 2, "in_logs": 1}
    move_and_count(site, "withdrawn", "DELETE FROM landing WHERE seq = (SELECT min(seq) FROM landing)")
    assert inputs().causes() == {"released": 1, "in_landing": 1, "in_logs": 1, "gone": 1}

    with door.database.pipeline() as transaction:  # lost: nobody has counted it
        transaction.execute("DELETE FROM landing")
    found = inputs()
    assert found.causes() == {"released": 1, "in_logs": 1, "unnamed": 2}
    assert equal(found.compared())


def test_what_an_erasure_takes_out_of_the_index_keeps_its_envelope(site: Site, inputs: Any) -> None:
    door = site.door
    door.grant("u-1")
    door.batch(*(answered(at=door.now) for _ in range(3)))
    before = {bytes(one) for (one,) in door.rows("SELECT content_hash FROM event_index")}
    site.pipeline.drain()
    door.batch(answered(at=door.now), answered("nobody-yet", at=door.now))
    gone, stays = door.rows("SELECT event_id FROM landing")[0][0], UUID(site.pipeline.ids()[0])
    with door.database.pipeline() as transaction:
        assert forget_ids(transaction, door.tenant, [gone, stays]) == 2
    move_and_count(site, "erased", "DELETE FROM landing")
    found = inputs()
    assert found.compared() == {"accepted": (4, 4), "held": (1, 1)}
    assert found.causes() == {"gone": 1}  # the other one was somebody else's: it stays, without the person
    kept = door.rows("SELECT verdict, event, payload_hash FROM envelopes")
    assert [row[:2] for row in kept] == [("accepted", "question_submitted")] * 2
    assert not {bytes(row[2]) for row in kept} & before  # and no guess at the content can be tried on it


def test_envelope_that_is_missing_or_there_twice_is_seen(site: Site, inputs: Any) -> None:
    door = site.door
    door.grant("u-1")
    door.batch(*(answered(at=door.now) for _ in range(3)), {"event_name": "nonsense"})
    site.pipeline.drain()
    with door.database.pipeline() as transaction:
        transaction.execute("DELETE FROM event_index WHERE event_id = (SELECT event_id FROM event_index LIMIT 1)")
        transaction.execute("INSERT INTO envelopes SELECT * FROM envelopes")
    door.pass_time(hours=3)  # nothing of it may be on its way into the database any more
    found = inputs()
    assert found.compared() == {"accepted": (3, 2), "rejected": (1, 2)}
    envelopes = found.load("envelopes")
    assert (envelopes["meant_rows"], envelopes["moved_rows"], envelopes["unnamed"]) == (4, 4, 2)
    assert found.causes() == {"unnamed": 1}  # the core has what no envelope speaks of

    # Such a day is not closed: what is closed is kept for good.
    door.pass_time(days=1, hours=3)
    assert site.job._close_days(door.tenant, found.folder, site.job._stock(door.tenant), door.now) == (None, 0)
    assert site.envelopes.closed_through(door.tenant) is None


def test_audit_row_of_a_closed_day_keeps_its_causes(site: Site, inputs: Any) -> None:
    door = site.door
    door.grant("u-1")
    door.batch(*(answered(at=door.now) for _ in range(3)), switch(off=False, user="u-9"))
    site.pipeline.drain()
    found = inputs()
    door.pass_time(days=1, hours=3)
    _, kept = site.job._close_days(door.tenant, found.folder, site.job._stock(door.tenant), door.now)
    assert kept == 4
    noted = dict(door.rows("SELECT load, causes FROM warehouse_loads"))
    assert noted == {
        "core": {"in_logs": 1, "in_landing": 0, "released": 0, "gone": 0, "unnamed": 0},
        "envelopes": {"in_logs": 0, "in_landing": 0, "released": 0, "gone": 0, "unnamed": 0},
    }


def test_a_day_whose_closing_died_before_its_audit_rows_has_them_the_next_night(
    site: Site, inputs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = site.door
    door.grant("u-1")
    door.batch(*(answered(at=door.now) for _ in range(3)), switch(off=False, user="u-9"))
    site.pipeline.drain()
    found = inputs()
    door.pass_time(days=1, hours=3)

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as killed:
        killed.setattr(site.job._ledger, "record_loads", dies)
        with pytest.raises(KeyboardInterrupt):
            site.job._close_days(door.tenant, found.folder, site.job._stock(door.tenant), door.now)
    assert site.envelopes.closed_through(door.tenant) is not None
    for _ in range(2):
        site.job._close_days(door.tenant, found.folder, site.job._stock(door.tenant), door.now)
        noted = dict(door.rows("SELECT load, (meant_rows, moved_rows, causes->'in_logs')::text FROM warehouse_loads"))
        assert noted == {"core": "(4,3,1)", "envelopes": "(4,4,0)"}


class Hurried(PostgresExtracts):
    """Senders and the mover go on while the inputs are written."""

    def __init__(self, site: Site) -> None:
        super().__init__(site.door.database)
        self._site = site

    @contextmanager
    def at_one_instant(self) -> Iterator[Any]:
        with super().at_one_instant() as at:
            yield Interrupted(at, self._site)


class Interrupted:
    def __init__(self, at: Extraction, site: Site) -> None:
        self._at, self._site = at, site

    def write(self, tenant_id: str, extract: Extract, to: Path, **values: object) -> int:
        rows = self._at.write(tenant_id, extract, to, **values)
        if extract is RECEIVED:
            self._site.door.batch(answered(at=self._site.door.now))
        if extract is PLACES:
            for _ in self._site.pipeline.mover().drain():
                pass
        return rows


def test_all_inputs_of_a_build_are_of_one_instant(site: Site, inputs: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    site.door.grant("u-1")
    site.door.batch(answered(at=site.door.now))
    monkeypatch.setattr(site.job, "_source", Hurried(site))
    found = inputs()
    assert found.compared() == {"accepted": (1, 1)}
    assert found.folder.read("receipts_by_hour")["received"].to_list() == [1]
    assert found.folder.read("waiting_by_day").filter(place="landing")["events"].to_list() == [1]
    # The core has both by then, and is not blamed for the one that nobody has asked the database about.
    assert len(site.pipeline.ids()) == 2
    assert found.causes() == {}
    assert inputs().causes() == {}


count = st.integers(0, 6)


@given(st.lists(count, min_size=10, max_size=10))
def test_causes_add_up_to_the_difference(counts: list[int]) -> None:
    both, logs, landing, nowhere, released, taken, held, unknown, fresh, again = counts
    meant, moved = both + logs + landing + nowhere + taken, both + released + unknown + fresh + again
    day = ComparedDay(
        date(2026, 3, 2), meant, moved, 0, 0, logs, landing, nowhere, released, taken, held, unknown, fresh, again
    )
    judged, found = moved_and_causes(day, accounted=True)
    assert meant - judged == found.in_logs + found.in_landing + found.gone - found.released - found.unnamed
    assert (found.unnamed == 0) == (again == 0 and unknown <= taken + held)
    # Where something is missing from the platform, nothing that is gone has a cause.
    doubted = moved_and_causes(day, accounted=False)[1]
    assert doubted == Causes(found.in_logs, found.in_landing, found.released, 0, found.unnamed + found.gone)
