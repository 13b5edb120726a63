"""Consent records, texts and ages: what a grant must name, and records in and out any number of times."""

from __future__ import annotations

import csv
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.intake.conftest import Door, answered

from akademos.catalogue.declarations import Purpose
from akademos.errors import Conflict, InputError, NotFound, Unavailable
from akademos.intake.consent_records import ROWS_AT_ONCE, ConsentRecords, read_records
from akademos.intake.consent_text_files import read_texts
from akademos.privacy.age import years_old
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.consent import Proof
from akademos.stores.ports.consent_terms import ConsentText, shown
from akademos.stores.postgres.consent_terms import PostgresConsentTerms

NOW = datetime.now(UTC)
SUPPORT = Purpose.LEARNING_SUPPORT


@pytest.fixture
def terms(door: Door, keys: Keys) -> PostgresConsentTerms:
    return PostgresConsentTerms(door.database, keys)


@pytest.fixture
def records(door: Door) -> ConsentRecords:
    return ConsentRecords(door.consent, door.vault, lambda: datetime.now(UTC))


def record(user: str = "u-1", decision: str = "granted", days: float = 10, **changes: Any) -> dict[str, Any]:
    return {
        "user_id": user,
        "purpose": "learning_support",
        "decision": decision,
        "text_version": "v1",
        "decided_at": (NOW - timedelta(days=days)).isoformat(),
        "evidence": "form 17, archive",
        **changes,
    }


def text(version: str, days: float = 1, language: str = "en", body: str = "Words.") -> ConsentText:
    return ConsentText(SUPPORT, version, language, body, NOW - timedelta(days=days))


def test_once_texts_are_declared_a_grant_names_one(door: Door, terms: PostgresConsentTerms) -> None:
    assert {one.purpose for one in terms.texts(door.tenant)} == set(Purpose)
    door.grant("u-1")
    assert terms.declare(door.tenant, text("2026-1"), declared_by="command line:t")
    assert not terms.declare(door.tenant, text("2026-1"), declared_by="command line:t")
    with pytest.raises(Conflict, match="other words"):
        terms.declare(door.tenant, text("2026-1", body="Others."), declared_by="command line:t")
    with pytest.raises(NotFound):
        terms.declare("nowhere", text("2026-1"), declared_by="command line:t")
    with pytest.raises(InputError, match="no text `v1`"):
        door.grant("u-2", SUPPORT)
    key = door.person("u-2")
    assert door.consent.state(door.tenant, key) == []
    door.consent.decide(door.tenant, key, [SUPPORT], "granted", text_version="2026-1", recorded_by="self")
    door.grant("u-2", Purpose.RESEARCH)  # nothing is declared for it
    assert door.withdraw("u-1") == 0  # taking back is refused to nobody
    with pytest.raises(InputError, match="must name"):
        door.consent.decide(door.tenant, key, [SUPPORT], "granted", recorded_by="self")


def test_the_newest_text_that_is_due_is_shown_in_the_language_there_is() -> None:
    texts = [text("1", 9), text("1", 9, "de"), text("2", 3), text("2", 3, "fr"), text("3", -2)]
    assert [
        (found.version, found.language)
        for language in ("en", "de", "fr")
        if (found := shown(texts, SUPPORT, language, NOW))
    ] == [("2", "en"), ("2", "en"), ("2", "fr")]
    assert shown(texts, Purpose.RESEARCH, "en", NOW) is None


def test_a_minor_needs_a_guardian_to_grant_and_nobody_to_stop(door: Door, terms: PostgresConsentTerms) -> None:
    today = NOW.date()
    born = today.replace(year=today.year - 15, day=1)
    key = door.person("u-1")
    terms.note_birth(door.tenant, key, born)
    with pytest.raises(Conflict, match="under 16"):
        door.grant("u-1")
    proof = Proof(None, "form", "signed by a parent, archive 4")
    door.consent.decide(door.tenant, key, [SUPPORT], "granted", text_version="v1", recorded_by="key:k", proof=proof)
    assert door.consent.history(door.tenant, key)[0].proof == proof
    for decision in ("paused", "resumed", "objected", "objection_withdrawn", "withdrawn"):
        door.consent.decide(door.tenant, key, [SUPPORT], decision, recorded_by="self")
    terms.set_age_limit(door.tenant, 14, set_by="command line:t")
    assert door.grant("u-1") == key
    stored = b"".join(bytes(row[0]) for row in door.rows("SELECT sealed FROM birth_dates"))
    assert born.isoformat().encode() not in stored
    with pytest.raises(InputError):
        terms.note_birth(door.tenant, key, today + timedelta(days=2))
    with pytest.raises(InputError):
        terms.set_age_limit(door.tenant, 99, set_by="command line:t")


def test_a_year_older_on_the_birthday() -> None:
    leap = datetime(2008, 2, 29, tzinfo=UTC).date()
    day = [datetime(2026, *one, tzinfo=UTC).date() for one in ((2, 28), (3, 1))]
    assert [years_old(leap, one) for one in day] == [17, 18]


def test_records_come_in_once_in_the_order_of_decisions(door: Door, records: ConsentRecords) -> None:
    held = answered("u-1")
    assert door.verdicts(held) == ["held"]
    rows = [
        record(days=30),
        record(decision="withdrawn", days=20),
        record(days=10),
        record(user="u-2", days=5),
        record(user="u-2", decision="withdrawn", days=4),
    ]
    random.Random(7).shuffle(rows)
    outcome = records.take(door.tenant, rows, recorded_by="command line:t")
    assert outcome.verdicts == {"recorded": 5}
    assert records.take(door.tenant, rows, recorded_by="command line:t").verdicts == {"duplicate": 5}
    one, two = door.person("u-1"), door.person("u-2")
    assert door.consent.purposes(door.tenant, [one, two]) == {one: {SUPPORT}}
    assert door.count("held") == 0
    late = records.take(door.tenant, [record(decision="withdrawn", days=15)], recorded_by="command line:t")
    assert late.verdicts == {"superseded": 1}
    door.withdraw("u-1", SUPPORT)
    assert records.take(door.tenant, rows, recorded_by="command line:t").verdicts == {"duplicate": 5}
    assert door.consent.purposes(door.tenant, [one, two]) == {}
    raw = door.rows("SELECT evidence FROM consent_history WHERE evidence IS NOT NULL")
    assert all(b"archive" not in bytes(value) for (value,) in raw)


def test_groups_are_kept_whole_and_broken_off_go_on_where_they_stopped(
    door: Door, records: ConsentRecords, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [record(user=f"g-{n}", days=400 - n) for n in range(2 * ROWS_AT_ONCE + 7)]
    rows[30] = record(user="g-30", purpose="research", decision="paused", days=370)  # nothing is granted to pause
    rows[31] = record(user="g-31", born_on="2999-01-01", days=369)
    rows[32] = record(user="g-29", days=371)  # the row of before, in the same group
    take, calls = door.consent.take, []

    def breaks(*arguments: Any, **named: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 2:
            raise Unavailable("The store is gone.")
        return take(*arguments, **named)

    with monkeypatch.context() as meddled:
        meddled.setattr(door.consent, "take", breaks)
        with pytest.raises(Unavailable):
            records.take(door.tenant, rows, recorded_by="command line:t")
    assert door.rows("SELECT count(*) FROM consent_history") == [(ROWS_AT_ONCE - 3,)]
    outcome = records.take(door.tenant, rows, recorded_by="command line:t")
    assert outcome.verdicts == {"recorded": ROWS_AT_ONCE + 7, "duplicate": ROWS_AT_ONCE - 2, "rejected": 2}
    assert [(row, code) for row, code, _ in outcome.rejected] == [(31, "nothing_to_pause"), (32, "input_invalid")]
    assert door.rows("SELECT count(*) FROM birth_dates") == [(0,)]
    audited = door.rows("SELECT count(*) FROM audit_log WHERE action = 'consent.decided' AND actor = 'command line:t'")
    assert audited == door.rows("SELECT count(*) FROM consent_history")


def test_a_withdrawal_in_a_group_empties_landing(door: Door, records: ConsentRecords) -> None:
    assert door.verdicts(answered("w-1")) == ["held"]
    rows = [record(user="w-1", days=9), record(user="w-1", decision="withdrawn", days=3), record(user="w-2", days=2)]
    assert records.take(door.tenant, rows, recorded_by="command line:t").verdicts == {"recorded": 3}
    assert door.count("landing") + door.count("held") == 0
    assert door.rows("SELECT count(*) FROM withdrawals") == [(1,)]


@pytest.mark.parametrize(
    "wrong",
    [
        record(user=""),
        record(anonymous_id="x"),
        record(purpose="spying"),
        record(decision="maybe"),
        record(evidence=None),
        record(decided_at="yesterday"),
        record(decided_at="2026-01-01T00:00:00"),
        record(days=-1),
        record(born_on="once"),
        record(evidence=7),
        record(more="fields"),
        record(text_version=None),
        record(evidence="x" * 501),
        {},
        {"": "malformed_json"},
    ],
)
def test_what_is_no_record_is_told_and_stops_nothing_else(
    door: Door, records: ConsentRecords, wrong: dict[str, Any]
) -> None:
    outcome = records.take(door.tenant, [wrong, record(user="u-9")], recorded_by="command line:t")
    assert outcome.verdicts == {"rejected": 1, "recorded": 1}
    assert outcome.rejected[0][0] == 1


def test_what_goes_out_comes_in_again(door: Door, records: ConsentRecords, tmp_path: Path) -> None:
    door.grant("u-1")
    door.withdraw("u-1", Purpose.RESEARCH)
    records.take(door.tenant, [record(user="u-2"), record(user="u-2", decision="paused", days=1)], recorded_by="key:k")
    given = list(records.give(door.tenant))
    assert len(given) == len(Purpose) + 3  # granted, one withdrawn; two of the other
    lines, table = tmp_path / "records.jsonl", tmp_path / "records.csv"
    lines.write_bytes(b"\n".join(orjson.dumps(one) for one in given))
    with table.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(given[0]))
        writer.writeheader()
        writer.writerows(given)
    for file_name in (lines, table):
        again = records.take(door.tenant, read_records(file_name), recorded_by="command line:t")
        assert again.verdicts == {"duplicate": len(given)}
    with door.database.pipeline() as transaction:
        transaction.execute("INSERT INTO tenants (tenant_id, name) VALUES ('other', 'Other')")
    taken = records.take("other", read_records(lines), recorded_by="command line:t")
    assert taken.verdicts == {"recorded": len(given)}
    key = door.vault.find("other", [who for who, _ in door.vault.learners("other")])
    assert {person.kind for person in key.values()} == {"learner"}


def test_text_files_are_checked(tmp_path: Path) -> None:
    file = tmp_path / "texts.toml"
    good = '[[text]]\npurpose = "research"\nversion = "1"\nlanguage = "de"\nbody = "Worte."\n'
    file.write_text(good)
    assert read_texts(file, NOW) == [ConsentText(Purpose.RESEARCH, "1", "de", "Worte.", NOW)]
    for broken in (
        "",
        "x = [",
        "text = 3",
        good.replace("research", "spying"),
        good.replace('"de"', '"deutsch"'),
        good.replace('"Worte."', '" "'),
        good.replace('version = "1"', "version = 1"),
        good + "more = 1\n",
        good + "shown_from = 2026-01-01T00:00:00\n",
    ):
        file.write_text(broken)
        with pytest.raises(InputError):
            read_texts(file, NOW)
