"""The registry of models: one version serves, only a better one takes its place, an erasure marks what it taught."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from akademos.errors import Conflict, NotFound
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.model_watch import Look
from akademos.stores.ports.models import Candidate
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.model_watch import ModelGauges, PostgresModelWatch
from akademos.stores.postgres.models import PostgresModels, mark_for_rebuild

NOW = datetime(2026, 5, 1, 3, 0, tzinfo=UTC)
PEOPLE = [f"00000000-0000-4000-8000-{n:012d}" for n in range(40)]


def candidate(at: datetime = NOW, *, better: bool = True, artefact: bytes = b"a model") -> Candidate:
    return Candidate(
        model="exam_readiness",
        trained_at=at,
        seed=3,
        data_hash=b"\x01" * 32,
        features=("known",),
        parameters={"kind": "linear"},
        metrics={"comparison": {"promoted": better}},
        card={"limits": ["knows little"]},
        artefact=artefact,
    )


@pytest.fixture
def models(database: Database, keys: Keys, tenant: str) -> PostgresModels:
    assert tenant == "college"
    return PostgresModels(database, keys)


def promote(models: PostgresModels, version: int) -> None:
    models.promote("college", "exam_readiness", version, actor="job:train", at=NOW, why={"upper": -0.1})


def states(models: PostgresModels) -> dict[int, str]:
    return {one.version: one.state for one in models.all("college")}


def audited(database: Database) -> list[tuple[str, str]]:
    with database.pipeline() as transaction:
        return transaction.execute("SELECT actor, action FROM audit_log ORDER BY seq").fetchall()


def test_a_candidate_serves_after_its_promotion_and_retires_the_one_before(
    models: PostgresModels, database: Database
) -> None:
    assert models.add("college", candidate(), PEOPLE) == 1
    assert models.in_service("college", "exam_readiness") is None
    promote(models, 1)
    assert models.add("college", candidate(artefact=b"another"), PEOPLE[:10]) == 2
    assert states(models) == {2: "candidate", 1: "in service"}
    promote(models, 2)
    assert states(models) == {2: "in service", 1: "retired"}
    assert models.artefact("college", "exam_readiness", 2) == b"another"
    assert audited(database) == [("job:train", "model.promoted")] * 2
    models.retire("college", "exam_readiness", 2, actor="command line:ops", at=NOW, why="it drifted")
    assert models.in_service("college", "exam_readiness") is None
    assert audited(database)[-1] == ("command line:ops", "model.retired")


def test_only_a_better_one_is_promoted(models: PostgresModels, database: Database) -> None:
    models.add("college", candidate(better=False), PEOPLE)
    with pytest.raises(Conflict) as refused:
        promote(models, 1)
    assert refused.value.code == "not_better"
    assert audited(database) == []
    with pytest.raises(NotFound):
        promote(models, 9)
    models.add("college", candidate(), PEOPLE)
    assert states(models) == {2: "candidate", 1: "retired"}, "a newer candidate takes the place of an older one"
    promote(models, 2)
    for again in (1, 2):
        with pytest.raises(Conflict) as refused:
            promote(models, again)
        assert refused.value.code == "not_a_candidate"


def test_bytes_that_were_changed_neither_serve_nor_get_promoted(models: PostgresModels, database: Database) -> None:
    models.add("college", candidate(), PEOPLE)
    with database.pipeline() as transaction:
        transaction.execute("UPDATE models SET artefact = %s", (b"something else",))
    assert models.artefact("college", "exam_readiness", 1) is None
    with pytest.raises(Conflict) as refused:
        promote(models, 1)
    assert refused.value.code == "artefact_changed"


def test_an_erasure_marks_what_a_person_taught(models: PostgresModels, database: Database, keys: Keys) -> None:
    models.add("college", candidate(), PEOPLE)
    promote(models, 1)
    models.add("college", candidate(), PEOPLE[:20])
    promote(models, 2)
    models.add("college", candidate(better=False), PEOPLE[1:])
    with database.pipeline() as transaction:
        marked = mark_for_rebuild(transaction, keys, "college", [PEOPLE[0]], NOW)
    assert marked == ["exam_readiness/2"]
    assert states(models) == {3: "candidate", 2: "to rebuild", 1: "retired"}
    assert models.artefact("college", "exam_readiness", 1) is None, "a retired version keeps nothing of the person"
    assert models.artefact("college", "exam_readiness", 2) is not None, "until it is rebuilt"
    assert models.trained_by("college", "exam_readiness", 2, PEOPLE) == frozenset(PEOPLE[1:20])
    promote(models, 3)  # though it is no better: the one that serves must go
    assert states(models) == {3: "in service", 2: "retired", 1: "retired"}


def test_a_candidate_that_an_erased_person_taught_is_not_promoted(
    models: PostgresModels, database: Database, keys: Keys
) -> None:
    models.add("college", candidate(), PEOPLE)
    with database.pipeline() as transaction:
        mark_for_rebuild(transaction, keys, "college", [PEOPLE[0]], NOW)
    with pytest.raises(Conflict) as refused:
        promote(models, 1)
    assert refused.value.code == "model_to_rebuild"


def test_one_in_five_is_held_out_for_ever(models: PostgresModels) -> None:
    people = [f"person {n}" for n in range(2_000)]
    held = models.held_out("college", people)
    assert 0.16 < len(held) / len(people) < 0.24
    assert models.held_out("college", people[::-1]) == held
    assert models.held_out("another", people) != held


def test_a_tenant_sees_its_own_models_only_and_nobody_whose_rows_trained_them(
    models: PostgresModels, database: Database
) -> None:
    with database.pipeline() as transaction:
        transaction.execute("INSERT INTO tenants (tenant_id, name) VALUES ('school', 'A school')")
    models.add("college", candidate(), PEOPLE)
    assert [one.version for one in models.cards("college")] == [1]
    assert models.cards("school") == []
    assert models.artefact("school", "exam_readiness", 1) is None
    with database.serving("school") as transaction:
        assert transaction.execute("SELECT count(*) FROM models WHERE tenant_id = 'college'").fetchone() == (0,)

    def read(statement: str) -> Any:
        with database.serving("college") as transaction:
            return transaction.execute(statement).fetchall()

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        read("SELECT trained_on FROM models")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        read("UPDATE models SET promoted_at = now()")


def test_a_version_of_the_night_serves_at_once(models: PostgresModels) -> None:
    for version in (1, 2):
        models.record("college", "item_difficulty", version, NOW + timedelta(days=version), PEOPLE)
    assert states(models) == {2: "in service", 1: "retired"}


def test_the_version_that_served_at_an_instant_can_be_asked_for(models: PostgresModels) -> None:
    for days in (0, 7):
        at = NOW + timedelta(days=days)
        version = models.add("college", candidate(at), PEOPLE)
        models.promote("college", "exam_readiness", version, actor="job:train", at=at, why={})
    models.retire("college", "exam_readiness", 2, actor="job:train", at=NOW + timedelta(days=9), why="no more")
    served = {
        days: models.in_service_at("college", "exam_readiness", NOW + timedelta(days=days)) for days in (-1, 0, 6)
    }
    assert served == {-1: None, 0: 1, 6: 1}
    served = {days: models.in_service_at("college", "exam_readiness", NOW + timedelta(days=days)) for days in (7, 8, 9)}
    assert served == {7: 2, 8: 2, 9: None}
    assert models.in_service_at("college", "tracing", NOW) is None
    known = models.version("college", "exam_readiness", 1)
    assert known is not None
    assert (known.state, known.metrics) == ("retired", {"comparison": {"promoted": True}})
    assert models.version("college", "exam_readiness", 3) is None
    assert models.in_service_at("school", "exam_readiness", NOW) is None


def test_who_has_no_rows_any_more_is_taken_out_and_the_versions_in_use_are_rebuilt(models: PostgresModels) -> None:
    models.add("college", candidate(), PEOPLE)
    promote(models, 1)
    models.record("college", "item_difficulty", 1, NOW, PEOPLE)
    names, left = ("exam_readiness", "tracing"), PEOPLE[:30]
    assert models.forget_absent("college", PEOPLE, names, NOW) == []
    assert models.forget_absent("college", left, names, NOW) == ["exam_readiness/1"]
    assert states(models)[1] == "in service", "the table of every night is no model of these"
    (rebuilt,) = [one for one in models.all("college") if one.model == "exam_readiness"]
    assert (rebuilt.state, rebuilt.rebuild_by) == ("to rebuild", NOW + timedelta(days=30))
    assert models.trained_by("college", "exam_readiness", 1, PEOPLE) == frozenset(left)
    assert models.forget_absent("college", left, names, NOW + timedelta(days=1)) == [], "marked once"
    assert models.forget_absent("college", [], names, NOW) == ["exam_readiness/1"]


def test_the_reference_of_a_training_goes_with_its_bytes(models: PostgresModels) -> None:
    kept = {"known": {"edges": [0.5], "strata": {"7 days before": {"learners": 40, "shares": [0.5, 0.5, 0]}}}}
    for _ in range(2):
        models.add("college", replace(candidate(), reference=kept), PEOPLE)
        promote(models, len(models.all("college")))
    assert [models.reference("college", "exam_readiness", n) for n in (1, 2, 3)] == [kept, kept, None]
    models.forget_absent("college", PEOPLE[1:], ("exam_readiness",), NOW)
    assert models.reference("college", "exam_readiness", 1) is None, "it serves no more"
    assert models.reference("college", "exam_readiness", 2) == kept
    models.add("college", candidate(), PEOPLE)
    assert models.reference("college", "exam_readiness", 3) is None


def test_the_figure_of_alerts_is_of_the_last_look_at_what_serves(models: PostgresModels, database: Database) -> None:
    watch, gauges = PostgresModelWatch(database), ModelGauges(database)
    for version in (1, 2):
        models.add("college", candidate(), PEOPLE)
        promote(models, version)
        for day, shift in ((0, 0.3), (1, 0.15 if version == 2 else 0.9)):
            figures = [{"figure": "known", "learners": 60, "value": 0.4, "low": shift, "high": 0.6}]
            at = NOW + timedelta(days=day)
            watch.write("college", Look("exam_readiness", version, at, 60, "drifting", shift, figures))
    assert [(one.version, one.shift) for one in watch.newest("college")] == [(2, 0.15), (1, 0.9)]
    assert watch.newest("another") == []
    assert [one.shift for one in watch.course("college", "exam_readiness", 2, NOW)] == [0.3, 0.15]
    assert [one.shift for one in watch.course("college", "exam_readiness", 2, NOW + timedelta(hours=1))] == [0.15]
    assert watch.course("another", "exam_readiness", 2, NOW) == []
    (measured,) = gauges.measure(NOW)
    assert (measured.figure, measured.value, measured.subject, measured.tenant_id) == (
        "model_drift",
        0.15,
        "exam_readiness",
        "college",
    )
    models.retire("college", "exam_readiness", 2, actor="command line:ops", at=NOW, why="it drifted")
    assert list(gauges.measure(NOW)) == []
