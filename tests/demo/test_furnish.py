"""Furnishing: steps are remembered, and what cannot go on says why."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.roles import Role
from akademos.demo import furnish
from akademos.demo.furnish import STEPS, Furnishing
from akademos.demo.money import MoneyFiles
from akademos.demo.simulation import History, simulate
from akademos.errors import Conflict, Unavailable
from akademos.evaluate import recommend
from akademos.intake.basis import read_basis
from akademos.intake.bulk.layouts import plan
from akademos.intake.consent_text_files import read_texts
from akademos.sources.event_frame import EventBatch
from akademos.stores.ports.consent_terms import ConsentText


class Doors:
    """Doors that only note what they were asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.files: list[Path] = []
        self.texts: list[ConsentText] = []

    def create_tenant(self, tenant_id: str, name: str, time_zone: str) -> None:
        self.asked.append("tenant")

    def declare_texts(self, file: Path, tenant_id: str) -> None:
        self.asked.append("texts")
        self.texts = read_texts(file, datetime.now(UTC))

    def make_key(self, tenant_id: str, name: str) -> str:
        self.asked.append("key")
        return "key"

    def grant_role(self, tenant_id: str, user_id: str, role: Role) -> None:
        self.asked.append(f"role {role}")

    def sign_token(self, tenant_id: str, user_id: str, role: Role) -> str:
        return f"{role} {user_id}"

    def import_records(self, folder: Path, tenant_id: str) -> None:
        self.asked.append(f"records {folder.name}")

    def ingest(self, file: Path, basis: Path, columns: Path) -> None:
        self.asked.append("ingest")
        self.files += [file, basis, columns]

    def keep_books(self, files: MoneyFiles, tenant_id: str) -> None:
        self.asked.append("books")
        self.money = files

    def meter(self, tenant_id: str) -> None:
        self.asked.append("meter")

    def declare_maintenance(self, kind: str, length: timedelta, rules: Sequence[str]) -> None:
        self.asked.append(f"maintenance {kind}")

    def rehearse_incident(self) -> None:
        self.asked.append("rehearsal")

    def moved(self) -> bool:
        return True

    def train(self, model: str, tenant_id: str) -> None:
        self.asked.append(f"train {model}")

    def nightly(self) -> None:
        self.asked.append("nightly")


def furnishing(house: Path, history: History, **other: int) -> Furnishing:
    (house / "data").mkdir(exist_ok=True)
    asked = {"seed": history.seed, "learners": len(history.learners)} | other
    return Furnishing(house / "data", house / "outside", now=history.now, **asked)


def mark(house: Path, history: History, *done: str) -> None:
    (house / "data").mkdir(exist_ok=True)
    marker = {"seed": history.seed, "learners": len(history.learners), "now": history.now.isoformat(), "done": done}
    (house / "data" / "demo.json").write_text(json.dumps(marker))


def test_records_are_imported_once_featured_people_first(history: History, tmp_path: Path) -> None:
    doors = Doors()
    furnishing(tmp_path, history).before_serving(doors, history, print)
    assert doors.asked == [
        "tenant",
        "texts",
        "maintenance import",
        *(f"records {one}" for one in ("1-mara", "2-jonas", "3-noor", "4-nico", "5-all", "earlier")),
        "books",
    ]
    doors.asked.clear()
    furnishing(tmp_path, history).before_serving(doors, history, print)
    assert doors.asked == ["tenant", "texts"]
    assert {(one.purpose, one.language) for one in doors.texts} == {(one, to) for one in Purpose for to in ("en", "de")}
    assert {one.version for one in doors.texts} == {furnish.TEXT_VERSION}
    assert all(one.shown_from < history.now - timedelta(weeks=16) for one in doors.texts)  # before the term began


def test_a_marked_demo_goes_on_with_its_own_instant(history: History, tmp_path: Path) -> None:
    mark(tmp_path, history, *(step for step in STEPS if step != "analytics"))
    doors = Doors()
    later = Furnishing(
        tmp_path / "data",
        tmp_path / "outside",
        seed=history.seed,
        learners=len(history.learners),
        now=history.now + timedelta(days=3),
    )
    assert not later.finished
    again = later.simulate(print)
    assert again.now == history.now
    later.while_serving(doors, again, "http://nobody", print)
    assert doors.asked == ["train dropout_risk", "nightly", "meter"]
    assert furnishing(tmp_path, history).finished


def test_another_demo_in_the_same_folder_is_refused(history: History, tmp_path: Path) -> None:
    mark(tmp_path, history)
    with pytest.raises(Conflict, match="40 learners with seed 7"):
        furnishing(tmp_path, history, seed=8)


def test_history_of_those_who_decided_is_a_file_that_the_import_understands(history: History, tmp_path: Path) -> None:
    mark(tmp_path, history, *(step for step in STEPS if step != "history"))
    doors = Doors()
    furnishing(tmp_path, history).while_serving(doors, history, "http://nobody", print)
    assert doors.asked == ["ingest"]
    file, basis, columns = doors.files
    recorded = read_basis(basis)
    assert recorded.tenant_id == furnish.TENANT
    batches: list[EventBatch] = []
    for stream in plan([file], layout=None, column_map=tomllib.loads(columns.read_text())).events:
        batches += stream.batches()
    assert sum(one.rows_read for one in batches) == pl.read_parquet(file).height > 1000
    assert all(one.problems.height == 0 for one in batches)
    undecided = {
        user_id
        for user_id, consent in zip(history.learners.user_ids, history.learners.consents, strict=True)
        if consent == "undecided"
    }
    assert undecided.isdisjoint(user for one in batches for user in one.frame["user"])
    oldest_left_out = history.now - timedelta(days=furnish.RECENT_DAYS)
    assert all(one.frame["occurred_at"].max() < oldest_left_out for one in batches)  # type: ignore[operator]  # datetimes


@pytest.mark.slow
def test_what_the_demo_leaves_beside_its_data_is_judged_and_no_list_breaks_a_prerequisite(tmp_path: Path) -> None:
    history = simulate(60, 3, datetime(2026, 6, 20, 12, tzinfo=UTC))
    furnishing(tmp_path, history).before_serving(Doors(), history, print)
    mark(tmp_path, history, *(step for step in STEPS if step != "history"))
    furnishing(tmp_path, history).while_serving(Doors(), history, "http://nobody", print)
    said = recommend.run(tmp_path / "outside")
    assert said["data"] == "demo"
    assert said["prerequisites"] > 0
    assert said["prerequisite_violations"] == 0
    assert said["baselines"]["without_prerequisites"]["prerequisite_violations"] > 0


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(furnish, "PATIENCE_S", 0.0)
    with pytest.raises(Unavailable, match="has not reached"):
        furnish._wait_until(lambda: False)
