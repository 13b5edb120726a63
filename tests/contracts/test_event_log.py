"""The contract of the event log: every adapter does what the ports say, checked against a plain data frame."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contracts.event_tables import START, event, key, table
from tests.contracts.polars_event_log import PolarsEventLog

from akademos.errors import Conflict, InputError
from akademos.stores.lake.event_log import LakeEventLog
from akademos.stores.lake.locks import ThreadLocks
from akademos.stores.ports.event_log import SCHEMA

EventLog = LakeEventLog | PolarsEventLog


@pytest.fixture(params=["lake", "polars"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[EventLog]:
    if request.param == "polars":
        yield PolarsEventLog()
        return
    lake = LakeEventLog(str(tmp_path), ThreadLocks(), memory_limit_mb=64, rows_per_file=20)
    yield lake
    lake.close()


def ids(events: pa.Table) -> list[str]:
    found: list[str] = events["event_id"].to_pylist()
    return found


def test_an_empty_log_answers(log: EventLog) -> None:
    assert log.count() == 0
    assert log.committed_version("mover") is None
    assert log.learner_events("college", [key(1)]).schema.equals(SCHEMA)
    assert list(log.by_learner("college", columns=["learner_key"])) == []
    assert log.missing(table([event()])).num_rows == 1
    assert log.delete("college", key(1)) == 0
    assert log.expire("college", {"question_submitted": START}, application="expired/college") == 0
    assert not log.needs_compaction(minimum_files=2)
    assert log.append(table([])) == 0
    log.compact(minimum_files=2)
    log.vacuum(keep_s=0)


def test_rows_come_back_as_they_went_in(log: EventLog) -> None:
    rows = [
        event(learner_key=None, actor_key=None, event_name="content_published", topic_ids=None, score=None),
        event(
            day=0.3, topic_ids=["a", "ü%'\"", ""], properties='{"answer":"=cmd|\\n\u2028"}', confidence=0.25, hints=2
        ),
        event(day=40, topic_ids=[], subject_key=key(2), occurred_at=datetime(1970, 1, 1, 0, 0, 7, tzinfo=UTC)),
        event(day=40.000001, client_timestamp=datetime(2026, 2, 10, 0, 0, 0, 123456, tzinfo=UTC), quantity=3.0),
    ]
    rows[2]["month"] = "1970-01"
    assert log.append(table(rows)) == 4
    got = log.learner_events("college", [key(1)])
    assert got.schema.equals(SCHEMA)
    expected = sorted(rows[1:], key=lambda row: str(row["occurred_at"]))
    assert got.to_pylist() == table(expected).to_pylist()
    assert log.count("college") == 4


def test_rows_are_sorted_and_bounded(log: EventLog) -> None:
    for part in range(3):
        log.append(table(event(learner_key=key(n), day=d * 9 + part) for n in (3, 1, 2) for d in (4, 0, 2)))
    got = log.learner_events("college", [key(2), key(1), key(1)], until=START + timedelta(days=19))
    order = list(zip(got["learner_key"].to_pylist(), got["occurred_at"].to_pylist(), ids(got), strict=True))
    assert order == sorted(order)
    assert {row[0] for row in order} == {key(1), key(2)}
    assert max(row[1] for row in order) == START + timedelta(days=19)
    assert len(order) == 2 * 5
    named = log.learner_events("college", [key(1)], event_names=["no_such_event"], columns=["event_id", "score"])
    assert named.num_rows == 0
    assert named.schema.names == ["event_id", "score"]


def test_many_learners_at_once_equal_one_by_one(log: EventLog) -> None:
    log.append(table(event(learner_key=key(n), day=n % 50) for n in range(200)))
    wanted = [key(n) for n in range(0, 200, 2)]
    together = log.learner_events("college", wanted)
    apart = pa.concat_tables([log.learner_events("college", [one]) for one in sorted(wanted)])
    assert together.equals(apart)


def test_tenants_are_apart(log: EventLog) -> None:
    same = {"learner_key": key(1), "event_id": str(uuid.uuid4())}
    log.append(table([event(**same), event(**same, tenant_id="school")]))
    assert log.learner_events("school", [key(1)])["tenant_id"].to_pylist() == ["school"]
    assert log.missing(table([event(**same, tenant_id="academy")])).num_rows == 1
    assert log.delete("school", key(1)) == 1
    assert (log.count("school"), log.count("college"), log.count()) == (0, 1, 1)


def test_an_application_commits_a_version_once(log: EventLog) -> None:
    log.append(table([event()]), application="mover", version=7)
    assert log.committed_version("mover") == 7
    with pytest.raises(Conflict) as refused:
        log.append(table([event()]), application="mover", version=9, after=None)
    assert refused.value.code == "already_committed"
    log.append(table([event()]), application="another", version=1)
    log.append(table([]), application="mover", version=9, after=7)
    assert (log.committed_version("mover"), log.count()) == (9, 2)
    log.compact(minimum_files=2)
    log.vacuum(keep_s=0)
    assert (log.committed_version("mover"), log.committed_version("another")) == (9, 1)


def test_other_columns_are_refused(log: EventLog) -> None:
    with pytest.raises(InputError) as refused:
        log.append(table([event()]).drop_columns(["score"]))
    assert refused.value.code == "table_malformed"


def test_missing_finds_known_ids_whatever_was_rewritten(log: EventLog) -> None:
    known = [event(learner_key=key(n) if n else None, day=n) for n in range(60)]
    for part in range(0, 60, 10):
        log.append(table(known[part : part + 10]))
    new = [event(learner_key=key(n) if n else None, day=n) for n in range(5)]
    for _ in range(2):
        assert ids(log.missing(table([*known[:30], *new, *known[30:]]))) == [row["event_id"] for row in new]
        assert log.missing(table(known[:1])).num_rows == 0
        log.compact(minimum_files=2)


def test_buckets_hold_whole_learners_in_order(log: EventLog) -> None:
    rows = [event(learner_key=key(n), day=d * 12) for n in range(1, 12) for d in range(n)]
    rows += [event(learner_key=None, actor_key=None), event(event_name="material_opened", learner_key=key(99))]
    log.append(table(rows))
    buckets = list(
        log.by_learner(
            "college",
            columns=["learner_key", "event_id", "occurred_at"],
            event_names=["question_submitted"],
            rows_per_bucket=10,
        )
    )
    seen = [set(bucket["learner_key"].to_pylist()) for bucket in buckets]
    assert sum(map(len, seen)) == len(set().union(*seen)) == 11
    whole = pa.concat_tables(buckets)
    assert whole.equals(log.learner_events("college", [key(n) for n in range(1, 12)], columns=whole.schema.names))


def test_deleting_takes_whatever_concerns_the_learner(log: EventLog) -> None:
    log.append(
        table(
            [
                event(day=1),
                event(day=40, event_name="material_opened"),
                event(learner_key=key(2), subject_key=key(1), day=1),
                event(learner_key=key(2), actor_key=key(1), day=70),
                event(learner_key=key(2), day=1),
                event(learner_key=None, actor_key=None),
            ]
        )
    )
    assert log.delete("college", key(1), []) == 0
    assert log.delete("college", key(1), ["material_opened"], application="withdrawal/college/1") == 1
    assert log.delete("college", key(1), ["question_submitted"], application="withdrawal/college/1") == 1
    assert log.count() == 5
    assert log.delete("college", key(1), application="withdrawal/college/2") == 3
    assert log.committed_version("withdrawal/college/2") == 3
    assert log.delete("college", key(3), application="withdrawal/college/3") == 0
    assert log.committed_version("withdrawal/college/3") == 0
    assert log.learner_events("college", [key(1)]).num_rows == 0
    assert log.count() == 2


def test_expiry_counts_from_retention_and_adds_up(log: EventLog) -> None:
    for tenant in ("college", "school"):
        log.append(table(event(tenant_id=tenant, day=d, learner_key=key(d)) for d in range(10)))
    log.append(
        table([event(day=0, event_name="advisor_note_added"), event(day=0, retention_from=START + timedelta(9))])
    )
    cutoff = {"question_submitted": START + timedelta(days=3), "never_sent": START + timedelta(days=300)}
    assert log.expire("college", {}, application="expired/college") == 0
    assert log.expire("college", cutoff, application="expired/college") == 3
    assert log.expire("college", cutoff, application="expired/college") == 3
    later = {"question_submitted": START + timedelta(days=4)}
    assert log.expire("college", later, application="expired/college") == 4
    assert log.committed_version("expired/college") == 4
    assert (log.count("college"), log.count("school")) == (8, 10)


def test_compaction_changes_no_row(log: EventLog) -> None:
    for part in range(12):
        log.append(table(event(learner_key=key(n), day=part * 5) for n in range(part, part + 6)))
    log.append(table([event(learner_key=None, actor_key=None)]))
    keys = [key(n) for n in range(30)]
    before = log.learner_events("college", keys)
    log.compact(minimum_files=2)
    assert log.learner_events("college", keys).equals(before)
    assert log.count() == 73
    again = log.compact(minimum_files=2)
    assert (again.partitions, again.rows) == (0, 0)


keys = st.one_of(st.none(), st.integers(0, 5).map(key))
event_rows = st.builds(
    event,
    learner_key=keys,
    subject_key=keys,
    day=st.integers(0, 70),
    tenant_id=st.sampled_from(["college", "school"]),
    event_name=st.sampled_from(["question_submitted", "material_opened"]),
    score=st.one_of(st.none(), st.floats(0, 1)),
    topic_ids=st.one_of(st.none(), st.lists(st.text(max_size=3), max_size=2)),
)
steps = st.one_of(
    st.tuples(st.just("append"), st.lists(event_rows, min_size=1, max_size=12)),
    st.tuples(st.just("again"), st.integers(0, 40)),
    st.tuples(st.just("compact"), st.integers(2, 4)),
    st.tuples(st.just("delete"), st.integers(0, 5)),
    st.tuples(st.just("expire"), st.integers(0, 70)),
    st.tuples(st.just("vacuum"), st.just(0)),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(script=st.lists(steps, min_size=1, max_size=8))
def test_any_history_ends_where_the_data_frame_ends(
    script: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("lake")
    lake, oracle = LakeEventLog(str(folder), ThreadLocks(), memory_limit_mb=64, rows_per_file=7), PolarsEventLog()
    written: list[dict[str, object]] = []
    for step, given_ in script:
        answers = []
        for log in (lake, oracle):
            match step:
                case "append":
                    answers.append(log.append(log.missing(table(given_))))
                case "again":
                    answers.append(log.append(log.missing(table(written[:given_]))))
                case "delete":
                    answers.append(log.delete("college", key(given_), ["question_submitted"]))
                case "expire":
                    cutoff = {"material_opened": START + timedelta(days=given_)}
                    answers.append(log.expire("college", cutoff, application="expired/college"))
                case "compact":
                    log.compact(minimum_files=given_)
                case "vacuum":
                    log.vacuum(keep_s=0)
        assert len(answers) < 2 or answers[0] == answers[1]
        written += given_ if isinstance(given_, list) else []
    for tenant in ("college", "school"):
        assert lake.count(tenant) == oracle.count(tenant)
        everybody = [key(n) for n in range(6)]
        assert lake.learner_events(tenant, everybody).equals(oracle.learner_events(tenant, everybody))
        buckets = [list(log.by_learner(tenant, columns=SCHEMA.names, rows_per_bucket=3)) for log in (lake, oracle)]
        whole = [pa.concat_tables(found) if found else SCHEMA.empty_table() for found in buckets]
        assert whole[0].equals(whole[1])
    lake.close()
