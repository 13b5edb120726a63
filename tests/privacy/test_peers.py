"""Comparison with peers through the doors: who sees it, who counts in it, what changes when somebody leaves."""

from __future__ import annotations

import random

import pytest
from starlette.testclient import TestClient
from tests.privacy.peer_crowd import PATH, TOPICS, PeerCrowd
from tests.serving.institution import Institution
from tests.serving.json_schema import violations

from akademos.bench.disclosure_peers import PeersUnderAttack
from akademos.catalogue.declarations import Purpose
from akademos.catalogue.policies import LIMITS
from akademos.jobs.group_statistics import Protection
from akademos.serving import peer_forms
from akademos.serving.answer_forms import schemas
from akademos.stores.ports.identity import Identifier


@pytest.fixture
def crowd(institution: Institution) -> PeerCrowd:
    """60 learners of algebra, of whom 54 compare themselves."""
    return PeerCrowd(institution)


def own_side_left_out(course: dict[str, object]) -> dict[str, object]:
    """What a course says of the peers alone."""

    def bare(value: object) -> object:
        if isinstance(value, dict):
            return {name: bare(inner) for name, inner in value.items() if name != "own"}
        return [bare(inner) for inner in value] if isinstance(value, list) else value

    found = bare(course)
    assert isinstance(found, dict)
    return found


def test_nothing_before_the_first_night_then_bands_of_at_least_k(crowd: PeerCrowd) -> None:
    assert crowd.asked(crowd.compared[0])["status"] == "not_enough_data"
    crowd.night()
    crowd_state = crowd.asked(crowd.compared[0])
    assert crowd_state["status"] == "ok"
    standing = crowd_state["standing"]
    assert standing["status"] == "ok"
    assert standing["learners"] == 55 == crowd_state["learners"]
    assert len(standing["bands"]) >= 2
    assert standing["bands"][0]["low"] == 0.0
    assert standing["bands"][-1]["high"] == 1.0
    for band in standing["bands"]:
        assert LIMITS.share_lowest <= band["share"] <= LIMITS.share_highest
        assert band["share"] * 57 >= LIMITS.group_floor - 1
    assert [topic["topic_id"] for topic in crowd_state["topics"]] == list(TOPICS)
    for topic in crowd_state["topics"]:
        assert topic["status"] == "ok"
        assert topic["learners"] % LIMITS.count_rounding == 0
    own = standing["own"]
    assert own["topics"] == 4
    assert own["place"] in ("lower", "middle", "upper")
    band = standing["bands"][own["band"]]
    assert band["low"] <= own["value"] < band["high"] or own["value"] == 1.0


def test_the_answer_has_its_declared_form_before_and_after(crowd: PeerCrowd) -> None:
    for _ in range(2):
        body = crowd.client(crowd.compared[0]).get(PATH).json()
        assert list(violations(body, peer_forms.schemas()["Peers"], schemas())) == []
        crowd.night()


def test_only_who_chose_it_sees_it_and_is_told_how_to(crowd: PeerCrowd) -> None:
    crowd.night()
    refused = crowd.client("peer-59").get(PATH)
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_missing")
    assert "peer comparison" in refused.json()["detail"]
    assert "learning support" not in refused.json()["detail"]
    assert "/my-consent" in refused.json()["hint"]
    page = crowd.client("peer-59").get("/peers", headers={"Accept": "text/html"})
    assert page.status_code == 403
    assert "/my-consent#purpose-peer_comparison" in page.text
    assert 'role="img"' not in page.text
    for user, role in (("prof", "instructor"), ("root", "admin"), ("ann", "advisor")):
        staff = crowd.institution.as_(user, role)  # type: ignore[arg-type]  # one of the three
        answer = staff.get(PATH, params={"learner": "peer-00"})
        assert answer.status_code in (400, 403)
        assert staff.get(PATH).status_code == 403
    assert crowd.client("peer-00").get(PATH, params={"learner": "peer-01"}).json()["code"] == "own_only"


def test_choosing_counts_at_once_for_seeing_and_withdrawing_too(crowd: PeerCrowd) -> None:
    crowd.night()
    crowd.decide("peer-58", "granted")
    assert crowd.asked("peer-58")["status"] == "ok"
    crowd.decide("peer-58", "withdrawn")
    refused = crowd.client("peer-58").get(PATH)
    assert (refused.status_code, refused.json()["code"]) == (403, "consent_withdrawn")
    crowd.decide("peer-00", "withdrawn", Purpose.LEARNING_SUPPORT)
    assert crowd.client("peer-00").get(PATH).json()["code"] == "consent_withdrawn"


def test_who_leaves_is_out_of_every_number_at_the_next_publication_never_alone(crowd: PeerCrowd) -> None:
    crowd.night()
    before = crowd.asked("peer-01")
    crowd.decide("peer-03", "withdrawn")
    assert crowd.asked("peer-01") == before  # published once a night
    crowd.night()
    after = crowd.asked("peer-01")
    assert LIMITS.group_floor <= before["learners"] - after["learners"] <= 3 * LIMITS.group_floor
    ledger = crowd.peers.ledger(crowd.tenant, "algebra")
    assert not any(crowd.keys["peer-03"] in block.people for block in ledger.blocks.values())
    crowd.decide("peer-03", "granted")  # coming back would show the difference
    crowd.night()
    assert own_side_left_out(crowd.asked("peer-01")) == own_side_left_out(after)


def test_whoever_is_enrolled_under_another_of_their_keys_counts_and_sees(crowd: PeerCrowd) -> None:
    tenant, device = crowd.tenant, Identifier("anonymous", "0b0c2f5e-58c5-4c1b-b7a6-3c2f2b1f5a11")
    key = crowd.institution.services.vault.ensure(tenant, [device], kind="learner")[device].learner_key
    with crowd.institution.database.pipeline() as transaction:
        of = (key, tenant, crowd.keys["peer-09"])
        transaction.execute("UPDATE enrolments SET learner_key = %s WHERE tenant_id = %s AND learner_key = %s", of)
        transaction.execute("INSERT INTO identity_links VALUES (%s, %s, %s, 1)", (tenant, key, crowd.keys["peer-09"]))
    run = crowd.night()
    assert run.detail["courses"]["algebra"]["counted"] == 54
    assert crowd.asked("peer-09")["status"] == "ok"


def test_an_erased_person_takes_the_block_along(crowd: PeerCrowd) -> None:
    crowd.night()
    with crowd.institution.database.pipeline() as transaction:
        transaction.execute("DELETE FROM people WHERE learner_key = %s", (crowd.keys.pop("peer-05"),))
    crowd.answers = [one for one in crowd.answers if one["learner_key"] in crowd.keys.values()]
    before = crowd.asked("peer-01")["learners"]
    crowd.night()
    assert before - crowd.asked("peer-01")["learners"] >= LIMITS.group_floor


def test_the_own_band_follows_the_own_value_and_tells_nothing_more(crowd: PeerCrowd) -> None:
    """Whatever a learner does to the own value, what is said of the others stays as it is published."""
    crowd.night()
    seen = own_side_left_out(crowd.asked("peer-07"))
    values = set()
    for ability in (1.0, 1.0, 0.0, 0.0, 0.0):
        crowd.study("peer-07", ability, crowd.now, answers=6)
        crowd.refresh("peer-07")
        now = crowd.asked("peer-07")
        values.add(now["standing"]["own"]["value"])
        assert own_side_left_out(now) == seen
    assert len(values) > 3
    crowd.night()  # one learner with new answers changes no number either
    assert {**own_side_left_out(crowd.asked("peer-07"))} == seen


def test_as_of_picks_the_publication_in_force_then(crowd: PeerCrowd) -> None:
    first_night = crowd.now
    crowd.night()
    before = crowd.asked("peer-01")
    for number in range(40):
        crowd.study(f"peer-{number:02d}", 1.0, crowd.now)
    crowd.night()
    assert len(crowd.published()) == 2
    now = crowd.asked("peer-01")
    assert now["published_at"] != before["published_at"]
    then = crowd.asked("peer-01", as_of=before["published_at"])
    assert own_side_left_out(then) == own_side_left_out(before)
    assert crowd.asked("peer-01", as_of=first_night.isoformat())["status"] == "not_enough_data"
    future = crowd.client("peer-01").get(PATH, params={"as_of": "2031-01-01T00:00:00Z"})
    assert future.json()["code"] == "as_of_in_future"


def test_a_floor_that_the_tenant_raises_holds_at_once(crowd: PeerCrowd) -> None:
    crowd.night()
    with crowd.institution.database.pipeline() as transaction:
        transaction.execute("UPDATE tenants SET group_floor = 20 WHERE tenant_id = %s", (crowd.tenant,))
    seen = crowd.asked("peer-01")
    assert seen["status"] == "not_enough_data"
    assert seen["standing"]["bands"] == []
    crowd.night()
    for band in crowd.asked("peer-01")["standing"]["bands"]:
        assert band["share"] * 57 >= 19


def test_too_few_who_compare_themselves_see_that_and_no_number(institution: Institution) -> None:
    crowd = PeerCrowd(institution, people=12, others=4)
    crowd.night()
    seen = crowd.asked("peer-00")
    assert (seen["status"], seen["learners"]) == ("hidden", None)
    assert all(topic["hard"] is None for topic in seen["topics"])
    assert seen["standing"]["own"]["value"] is not None
    page = crowd.client("peer-00").get("/peers")
    assert page.status_code == 200
    assert "Hidden for privacy" in page.text


def test_the_page_shows_the_same_as_pictures_with_their_tables(crowd: PeerCrowd) -> None:
    crowd.night()
    page = crowd.client("peer-01").get("/peers")
    assert page.status_code == 200
    assert page.text.count('role="img"') == 4  # two pictures for two widths
    assert "the middle 80% of them" in page.text
    assert "The middle 80%" in page.text
    for word in ("rank", "percentile", "failing", "behind"):
        assert word not in page.text.replace("no ranks", "").lower()
    assert crowd.institution.log()[-1][3:] == ("/peers", "learning_support,peer_comparison", None, "allowed")


@pytest.mark.parametrize(("protection", "found"), [("full", False), ("none", True)])
def test_an_attacker_with_a_solver_around_one_withdrawal(crowd: PeerCrowd, protection: Protection, found: bool) -> None:
    """All peers together, before and after one of them has left; without protection the same attack must find cells."""
    attack = PeersUnderAttack(
        list(crowd.keys),
        ("peer-03", "peer-07"),
        dict.fromkeys(crowd.keys, ("algebra",)),
        lambda user: {"Authorization": f"Bearer {crowd.institution.token(user)}"},
        random.Random(1),
        comparing=list(crowd.compared),
    )
    contradictions = 0
    for night in range(2):
        if night:
            crowd.decide("peer-03", "withdrawn")
        crowd.night(protection)
        contradictions += attack.ask(TestClient(crowd.app), night, 0)
    assert contradictions == 0
    recovered = attack.recovered(LIMITS.group_floor, LIMITS.count_rounding, (0.05, 0.95), (0, "peer-03"))
    assert bool(recovered) == found


def test_weaker_protection_publishes_what_the_attack_is_measured_against(crowd: PeerCrowd) -> None:
    crowd.night("none")
    course = crowd.asked("peer-01")
    assert course["learners"] == 54
    assert len(course["standing"]["bands"]) > 4
