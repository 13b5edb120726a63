"""A merge re-attributes on read and rewrites nothing; its undoing gives back every answer, byte by byte."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import orjson
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.identity.conftest import EVERY, OPERATOR, PHONE, People
from tests.jobs.pipeline import core_rows

from akademos.analytics.learner_state import unpack
from akademos.analytics.schemas import STATE
from akademos.catalogue.declarations import Purpose
from akademos.errors import Conflict, NotFound
from akademos.jobs.learner_answers import LearnerAnswers
from akademos.stores.ports.answers import AnswerName, Question
from akademos.stores.ports.identity import Identifier, Login

LOGIN = Login(Identifier("user", "ada"), Identifier("anonymous", PHONE))


@pytest.fixture
def ada(people: People) -> People:
    """Ada has consented and answered as herself, before that on her phone without a name."""
    people.door.grant(PHONE, kind="anonymous")
    people.door.grant("ada")
    people.study({"anonymous_id": PHONE}, 20, first=100)
    people.study({"user_id": "ada"}, 15)
    return people


def test_earlier_anonymous_events_count_from_the_login_on(ada: People) -> None:
    alone = ada.said("ada")
    files = sorted(map(str, core_rows(ada.pipeline.folder)))
    assert ada.identity.login(ada.tenant, LOGIN, by="key:k") == "linked"
    merged = ada.said("ada")
    assert merged != alone
    assert sorted(map(str, core_rows(ada.pipeline.folder))) == files
    state = ada.states.read(ada.tenant, ada.door.person("ada"))
    assert state is not None
    assert state.events == 35
    assert ada.identity.login(ada.tenant, LOGIN, by="key:k") == "same_person"


def test_merged_answers_are_those_of_one_person_who_sent_everything(ada: People) -> None:
    ada.door.grant("one")
    ada.study({"user_id": "one"}, 20, first=100)
    ada.study({"user_id": "one"}, 15)
    ada.identity.login(ada.tenant, LOGIN, by="key:k")
    mine, other = ada.door.person("ada"), ada.door.person("one")

    def under_my_key(
        tenant_id: str, learner_keys: Sequence[str], *, until: datetime, known_at: datetime | None = None
    ) -> Mapping[str, pl.DataFrame]:
        """The other's tables, under the key that seeds the intervals of mine."""
        assert list(learner_keys) == [mine]
        found = ada.tables(tenant_id, [other], until=until, known_at=known_at)
        return {
            name: table.with_columns(pl.col("learner_key").replace(other, mine)) if "learner_key" in table else table
            for name, table in found.items()
        }

    question = Question(ada.tenant, mine, ada.door.now, "UTC", 0)
    ours = ada.answers.past(question, EVERY)
    theirs = LearnerAnswers(ada.records, under_my_key, ada.models).past(question, EVERY)
    assert orjson.dumps(list(ours.values())) == orjson.dumps(list(theirs.values()))
    assert ours[AnswerName.MASTERY]["provenance"]["answers"] == 35


def test_an_unmerge_gives_back_every_answer(ada: People) -> None:
    ada.door.grant("ben")
    ada.study({"user_id": "ben"}, 9, first=50)
    before = ada.said("ada"), ada.said("ben")
    first, second = ada.door.person("ada"), ada.door.person("ben")
    ada.identity.login(ada.tenant, LOGIN, by="key:k")
    linked = ada.said("ada")
    with pytest.raises(Conflict) as refused:
        ada.identity.merge(ada.tenant, first, second, by=OPERATOR, reason="same person")
    assert refused.value.code == "two_users"
    assert ada.said("ada") == linked
    merge = ada.identity.merge(ada.tenant, first, second, by=OPERATOR, reason="same person", confirmed=True)
    both = ada.said("ada")
    assert both not in (linked, *before)
    assert ada.said("ben") == both
    ada.identity.unmerge(ada.tenant, merge.merge_id, by=OPERATOR, reason="two people after all")
    assert (ada.said("ada"), ada.said("ben")) == (linked, before[1])
    (login,) = [one for one in ada.identity.log(ada.tenant) if one.evidence == "login"]
    ada.identity.unmerge(ada.tenant, login.merge_id, by=OPERATOR, reason="a shared phone")
    assert (ada.said("ada"), ada.said("ben")) == before
    with pytest.raises(Conflict):
        ada.identity.unmerge(ada.tenant, merge.merge_id, by=OPERATOR, reason="again")
    assert ada.identity.login(ada.tenant, LOGIN, by="key:k") == "undone_before"
    assert (ada.said("ada"), ada.said("ben")) == before


def test_a_state_of_other_keys_is_never_written(ada: People) -> None:
    ada.said("ada")
    key = ada.door.person("ada")
    of_one = ada.states.read(ada.tenant, key)
    assert of_one is not None
    ada.identity.login(ada.tenant, LOGIN, by="key:k")
    assert ada.states.read(ada.tenant, key) is None
    assert ada.states.write(ada.tenant, [of_one], of={key: (key,)}) == 0
    ada.said("ada")
    of_two = ada.states.read(ada.tenant, key)
    assert of_two is not None
    merge = ada.identity.log(ada.tenant)[0]
    ada.identity.unmerge(ada.tenant, merge.merge_id, by=OPERATOR, reason="a shared phone")
    keys = tuple(sorted((key, ada.door.person(PHONE, "anonymous"))))
    assert ada.states.write(ada.tenant, [of_two], of={key: keys}) == 0
    assert ada.states.read(ada.tenant, key) is None


def test_of_events_that_were_not_consented_to_nothing_counts(people: People) -> None:
    people.door.grant(PHONE, Purpose.RESEARCH, kind="anonymous")
    people.door.grant("ada")
    people.study({"anonymous_id": PHONE}, 5, first=100)
    people.study({"user_id": "ada"}, 5)
    alone = people.said("ada")
    people.identity.login(people.tenant, LOGIN, by="key:k")
    assert people.said("ada") == alone


def test_a_preview_counts_and_changes_nothing(ada: People) -> None:
    ada.door.grant("ben", Purpose.RESEARCH)
    ada.door.withdraw("ben", Purpose.LEARNING_SUPPORT)
    before = ada.said("ada")
    preview = ada.identity.preview(ada.tenant, ada.door.person(PHONE, "anonymous"), ada.door.person("ada"), ada.counts)
    assert (preview.first.events, preview.second.events) == (20, 15)
    assert (preview.first.users, preview.second.users, preview.refusal) == (0, 1, None)
    assert preview.person_key == ada.door.person("ada")
    users = ada.identity.preview(ada.tenant, ada.door.person("ada"), ada.door.person("ben"), ada.counts)
    assert users.refusal == "two_users"
    assert users.consents["learning_support"] is False
    assert users.consents["research"] is True
    assert ada.said("ada") == before
    assert ada.identity.log(ada.tenant) == []
    with pytest.raises(NotFound):
        ada.identity.preview(ada.tenant, ada.door.person("ada"), "00000000-0000-4000-8000-000000000000", ada.counts)


def test_staff_stay_themselves(ada: People) -> None:
    prof = Identifier("user", "prof")
    key = ada.door.vault.ensure(ada.tenant, [prof], kind="staff")[prof].learner_key
    assert ada.identity.login(ada.tenant, Login(prof, LOGIN.anonymous), by="key:k") == "staff"
    with pytest.raises(Conflict) as refused:
        ada.identity.merge(ada.tenant, key, ada.door.person("ada"), by=OPERATOR, reason="x", confirmed=True)
    assert refused.value.code == "staff"


def test_of_an_unknown_anonymous_id_nothing_is_kept(ada: People) -> None:
    nobody = Identifier("anonymous", "2d9b7c55-8c4f-4a53-9a0b-1f1f6a3f5a13")
    assert ada.identity.login(ada.tenant, Login(LOGIN.user, nobody), by="key:k") == "unknown"
    assert ada.door.vault.find(ada.tenant, [nobody]) == {}


def test_a_merge_stands_in_the_audit_log_of_both(ada: People) -> None:
    ada.identity.login(ada.tenant, LOGIN, by="key:k")
    merge = ada.identity.log(ada.tenant)[0]
    ada.identity.unmerge(ada.tenant, merge.merge_id, by=OPERATOR, reason="a shared phone")
    rows = ada.door.rows(
        "SELECT actor, action, subject IS NOT NULL, detail FROM audit_log WHERE action LIKE 'identity%' ORDER BY seq"
    )
    assert [row[:3] for row in rows] == [
        ("key:k", "identity.linked", True), ("key:k", "identity.linked", True),
        (OPERATOR, "identity.unmerged", True), (OPERATOR, "identity.unmerged", True),
    ]  # fmt: skip
    assert not any(ada.door.person("ada") in row[3] or "ada" in row[3] for row in rows)


def test_the_night_reads_people_as_the_live_refresh_does(ada: People) -> None:
    from akademos.jobs.learner_states import LearnerStatesJob
    from akademos.stores.postgres.job_runs import PostgresJobRuns
    from akademos.stores.postgres.models import PostgresModels

    ada.door.grant("ben")
    ada.study({"user_id": "ben"}, 9, first=50)
    ada.identity.login(ada.tenant, LOGIN, by="key:k")
    job = LearnerStatesJob(
        ada.pipeline.core,
        ada.records,
        ada.states,
        ada.door.consent,
        PostgresJobRuns(ada.door.database),
        lambda _: ada.door.registry,
        PostgresModels(ada.door.database, ada.door.vault_keys),
        ada.carried,
        clock=lambda: ada.door.now,
        processes=1,
        rows_per_bucket=10,
    )
    job.run(ada.tenant)
    night = ada.states.read(ada.tenant, ada.door.person("ada"))
    assert night is not None
    assert night.events == 35
    assert ada.states.read(ada.tenant, ada.door.person(PHONE, "anonymous")) is None
    ada.states.mark_stale(ada.tenant, [ada.door.person(PHONE, "anonymous")])
    ada.refresh().drain()
    live = ada.states.read(ada.tenant, ada.door.person("ada"))
    assert live is not None
    assert live.version == night.version + 1
    by_night, by_day = unpack(night.packed), unpack(live.packed)
    for name in STATE:
        assert_frame_equal(by_night[name], by_day[name])
    assert ada.states.read(ada.tenant, ada.door.person("ben")) is not None
