"""Answers over groups through the doors: who gets them, what is withheld, what changes when somebody leaves."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from tests.privacy.crowd import TOPICS, Crowd
from tests.serving.institution import NOW, Institution

from akademos.bench.disclosure_attack import Answered, Attack, Fact, Group
from akademos.catalogue.metrics import METRICS
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.registry import Registry, builtin
from akademos.catalogue.roles import Role
from akademos.errors import CatalogueError
from akademos.jobs.group_statistics import Protection, declared_floor
from akademos.jobs.plan import follows
from akademos.stores.ports.job_runs import PastRun

PATH = "/v1/analytics/groups"


@pytest.fixture
def crowd(institution: Institution) -> Crowd:
    """60 learners of algebra, of whom prof is the instructor."""
    return Crowd(institution)


def asked(crowd: Crowd, user: str = "root", role: Role = "admin", **parameters: str) -> list[dict[str, Any]]:
    """The groups that somebody gets."""
    answer = crowd.institution.as_(user, role).get(PATH, params=parameters)
    assert answer.status_code == 200, answer.text
    groups: list[dict[str, Any]] = answer.json()["groups"]
    return groups


def test_groups_are_published_and_small_ones_withheld(crowd: Crowd) -> None:
    assert all(group["status"] == "withheld" and group["learners"] is None for group in asked(crowd))
    crowd.night()
    rows = {(row["course_id"], row["topic_id"], row["persona"]): row for row in asked(crowd)}
    everybody = rows["algebra", TOPICS[0], "*"]
    assert (everybody["learners"], everybody["status"]) == (60, "published")
    values = [crowd.mastery[user, TOPICS[0]] for user in crowd.keys]
    assert everybody["mastery"] == pytest.approx(sum(values) / len(values), abs=0.005)
    assert rows["algebra", TOPICS[0], "career_changer"]["learners"] == 15
    assert "nurse" not in {persona for _, _, persona in rows}
    assert rows[None, "*", "*"]["learners"] == 60
    for row in rows.values():
        assert row["learners"] is None or row["learners"] >= LIMITS.group_floor


def test_instructors_get_their_own_courses_and_nobody_else_gets_any(crowd: Crowd) -> None:
    crowd.night()
    assert {row["course_id"] for row in asked(crowd, "prof", "instructor")} == {"algebra"}
    client = crowd.institution.as_("prof", "instructor")
    assert client.get(PATH, params={"course": "geometry"}).json()["code"] == "scope"
    assert client.get("/groups", params={"course": "geometry"}).status_code == 200  # falls back to an own course
    for user, role, code in (("robot", "service", "role_not_granted"), ("ada", "learner", "role")):
        refused = crowd.institution.as_(user, role).get(PATH)  # type: ignore[arg-type]  # a role of the two
        assert (refused.status_code, refused.json()["code"]) == (403, code)
    assert crowd.institution.log()[-1][3:] == (PATH, "learning_support", None, "role")


def test_filters_choose_and_compute_nothing(crowd: Crowd) -> None:
    crowd.night()
    rows = asked(crowd)
    for name, key in (("course", "course_id"), ("topic", "topic_id"), ("persona", "persona")):
        for value in {row[key] for row in rows if row[key] is not None}:
            assert asked(crowd, **{name: value}) == [row for row in rows if row[key] == value]
    assert asked(crowd, topic="nothing") == []


def test_the_table_of_values_says_the_same_and_holds_no_formula(crowd: Crowd) -> None:
    crowd.night()
    client = crowd.institution.as_("root", "admin")
    told = client.get(PATH, headers={"Accept": "text/csv"})
    assert told.headers["content-type"] == "text/csv; charset=utf-8"
    assert told.text == client.get(PATH, params={"format": "csv"}).text
    rows = list(csv.DictReader(io.StringIO(told.text)))
    assert [row["learners"] for row in rows] == [
        "" if group["learners"] is None else str(group["learners"]) for group in asked(crowd)
    ]
    assert {row["topic"] for row in rows if row["topic_id"] in TOPICS} == {f"'=Topic {topic}" for topic in TOPICS}


def test_whoever_withdraws_is_out_of_every_number_at_the_next_refresh(crowd: Crowd) -> None:
    crowd.night()
    before = {(row["topic_id"], row["persona"]): row for row in asked(crowd, course="algebra")}
    blocks = crowd.groups.ledger(crowd.institution.tenant, "algebra").blocks.values()
    of_students = next(block for block in blocks if block.label == "student")  # some are lent to the mixed block
    leaver = next(user for user, key in crowd.keys.items() if key in of_students.people)
    crowd.withdraw(leaver)
    run = crowd.night()
    after = {(row["topic_id"], row["persona"]): row for row in asked(crowd, course="algebra")}
    for topic in TOPICS:
        lost = before[topic, "student"]["learners"] - after[topic, "student"]["learners"]
        assert LIMITS.group_floor <= lost <= 3 * LIMITS.group_floor  # with a block, never alone
        assert after[topic, "career_changer"] == before[topic, "career_changer"]
    assert run.detail["scopes"]["algebra"]["spent"] >= LIMITS.group_floor
    ledger = crowd.groups.ledger(crowd.institution.tenant, "algebra")
    assert not any(crowd.keys[leaver] in block.people for block in ledger.blocks.values())


def test_whoever_is_enrolled_under_another_of_their_keys_is_counted(crowd: Crowd) -> None:
    for number in range(10):
        crowd.enrol_under_another_key(f"student-{number}")
    run = crowd.night()
    assert run.detail["scopes"]["algebra"]["counted"] == 60
    rows = {(row["topic_id"], row["persona"]): row for row in asked(crowd, course="algebra")}
    assert rows[TOPICS[0], "*"]["learners"] == 60


def test_an_erased_person_takes_the_block_along(crowd: Crowd) -> None:
    crowd.night()
    ledger = crowd.groups.ledger(crowd.institution.tenant, "algebra")
    gone = crowd.keys.pop("nurse-2")
    crowd.personas.pop("nurse-2")
    crowd.mastery = {key: value for key, value in crowd.mastery.items() if key[0] != "nurse-2"}
    with crowd.institution.database.pipeline() as transaction:
        transaction.execute("DELETE FROM people WHERE learner_key = %s", (gone,))
    crowd.night()
    after = crowd.groups.ledger(crowd.institution.tenant, "algebra")
    (lost,) = [block for block in ledger.blocks.values() if gone in block.people]
    assert lost.people not in [block.people for block in after.blocks.values()]
    assert after.spent == frozenset(lost.people) - {gone}


def test_one_learner_who_studies_changes_nothing_and_ten_do(crowd: Crowd) -> None:
    crowd.night()
    first = asked(crowd)
    crowd.study("student-0", 1.0)
    crowd.night()
    assert asked(crowd) == first
    for number in range(40):
        crowd.study(f"student-{number}", 0.95)
    crowd.night()
    assert asked(crowd) != first


def test_a_floor_that_the_tenant_raises_holds_at_once(crowd: Crowd) -> None:
    crowd.night()
    with crowd.institution.database.pipeline() as transaction:
        transaction.execute("UPDATE tenants SET group_floor = 20 WHERE tenant_id = %s", (crowd.institution.tenant,))
    rows = asked(crowd)
    assert {row["status"] for row in rows if row["persona"] == "career_changer"} == {"withheld"}
    assert all(row["learners"] is None or row["learners"] >= 20 for row in rows)


def test_a_metric_over_groups_without_a_floor_registers_nowhere() -> None:
    bare = replace(builtin().metric("group_mastery"), group_floor=None)
    others = tuple(metric for metric in METRICS if metric.name != bare.name)
    with pytest.raises(CatalogueError, match="group_floor"):
        Registry(builtin().events, builtin().datasets, (*others, bare), builtin().policies, builtin().terms)
    with pytest.raises(CatalogueError, match="group_floor"):
        Registry(
            builtin().events,
            builtin().datasets,
            (*others, replace(bare, group_floor=LIMITS.group_floor_least - 1)),
            builtin().policies,
            builtin().terms,
        )
    with pytest.raises(CatalogueError, match="group_floor"):
        declared_floor((bare,))


def test_groups_follow_the_states_of_the_night() -> None:
    def past(outcome: str, minute: int) -> PastRun:
        at = NOW.replace(minute=minute)
        return PastRun("job", "t", at, at, outcome, 0, 0, {})

    assert not follows(None, None, NOW)
    assert not follows(past("failed", 0), None, NOW)
    assert follows(past("succeeded", 0), None, NOW)
    assert follows(past("succeeded", 30), past("succeeded", 10), NOW)
    assert not follows(past("succeeded", 10), past("succeeded", 30), NOW)
    assert not follows(past("succeeded", 10), past("failed", 30), NOW.replace(minute=31))
    assert follows(past("succeeded", 10), past("failed", 30), NOW.replace(minute=59))


def attack(crowd: Crowd, protection: Protection) -> tuple[set[Group], int]:
    """Groups of which cells are recovered, of three nights: one learner leaves, then one studies; and how many values
    of the one who left."""
    facts: dict[Group, Fact] = {}
    user, truth = "career_changer-2", dict(crowd.mastery)
    for night in range(3):
        if night == 1:
            crowd.withdraw(user)
        if night == 2:
            crowd.study("nurse-1", 0.99)
        crowd.night(protection)
        for asker, role in (("root", "admin"), ("prof", "instructor")):
            for row in asked(crowd, asker, role):  # type: ignore[arg-type]  # a role of the two
                group = Group(night, row["course_id"] or "", row["topic_id"], row["persona"])
                fact = Fact(row["learners"], row["mastery"], row["mastered"], row["weak"])
                assert facts.setdefault(group, fact) == fact, "two answers of a night contradict each other"
    solver = Attack(Answered(facts, LIMITS.group_floor, LIMITS.count_rounding, (0.05, 0.95)))
    cells = {found.group for found in solver.cells()}
    cells |= {found.group for night in (0, 1) for found in solver.differences(night, crowd.personas[user])}
    values = [
        low - 0.01 <= truth[user, topic] <= high + 0.01
        for _, topic, low, high in solver.values(0, crowd.personas[user])
    ]
    return cells, sum(values)


def test_the_attacker_finds_nothing(crowd: Crowd) -> None:
    assert attack(crowd, "full") == (set(), 0)


def test_the_attacker_finds_what_suppression_alone_leaves(crowd: Crowd) -> None:
    cells, values = attack(crowd, "suppression")
    assert any(group.night == 0 for group in cells)
    assert values


def test_the_attacker_finds_everything_without_protection(crowd: Crowd) -> None:
    cells, values = attack(crowd, "none")
    assert {group.persona for group in cells} >= {"nurse", "career_changer"}
    assert values
