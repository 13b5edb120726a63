"""Contents, items and journeys through the doors: who gets them, what is withheld, what changes when one leaves."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from tests.privacy.studying_crowd import ITEMS, PAGE, SECURE, VIDEO, StudyingCrowd
from tests.serving.institution import NOW, Institution

from akademos.analytics.content_effectiveness import content_tables
from akademos.catalogue.content_policies import JOURNEY_LIMITS
from akademos.catalogue.policies import LIMITS

CONTENT, ITEMS_PATH, JOURNEYS = "/v1/analytics/content", "/v1/analytics/items", "/v1/analytics/journeys"
K = LIMITS.group_floor


@pytest.fixture
def crowd(institution: Institution) -> StudyingCrowd:
    """120 learners of algebra who study; prof is the instructor."""
    return StudyingCrowd(institution)


def asked(crowd: StudyingCrowd, path: str, **parameters: str) -> Any:
    """What an administrator gets."""
    answer = crowd.institution.as_("root", "admin").get(path, params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def content(crowd: StudyingCrowd) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one["content_id"], one["version"]): one for one in asked(crowd, CONTENT)["content"]}


def numbers(found: object) -> list[float]:
    """Every number anywhere in an answer under a name that counts people."""
    if isinstance(found, dict):
        return [
            number
            for name, value in found.items()
            for number in ([value] if name in ("learners", "people", "others", "answers") and value else numbers(value))
        ]
    return [number for one in found for number in numbers(one)] if isinstance(found, list) else []


def test_a_video_shows_where_people_leave_and_what_its_edit_changed(crowd: StudyingCrowd) -> None:
    assert asked(crowd, CONTENT)["content"] == []
    crowd.night()
    first, second = content(crowd)[VIDEO, "1"], content(crowd)[VIDEO, "2"]
    assert (first["learners"], second["learners"]) == (60, 60)
    assert first["completion"]["value"] < 0.6 < second["completion"]["value"]
    assert first["steepest"]["from"] in range(38, 52)
    assert first["steepest"]["share"] >= 0.3
    assert first["reasons"][0] == "learners_leave_at_one_point"
    assert second["edit"]["version_before"] == "1"
    assert second["edit"]["low"] > 0
    assert content(crowd)[PAGE, ""]["completion"] == pytest.approx(
        {"value": 0.09, "low": 0.0, "high": 0.15, "people": 120, "bound": "below"}, abs=0.02
    )
    assert asked(crowd, CONTENT)["content"][0]["content_id"] == VIDEO  # to revise first


def test_items_have_their_numbers_and_secure_ones_no_name(crowd: StudyingCrowd) -> None:
    crowd.night()
    found = asked(crowd, ITEMS_PATH)["items"]
    assert len(found) == len(ITEMS)
    assert {one["status"] for one in found} == {"ok"}
    assert all(one["rest"]["value"] > 0.1 for one in found)
    assert sum(one["item_id"] == SECURE for one in found) == 0
    hidden = next(one for one in found if one["secure"])
    assert (hidden["item_id"], hidden["options"]) == ("secure 1", [])
    options = next(one["options"] for one in found if one["item_id"] == ITEMS[0])
    assert [one["options"] for one in options if one["key"]] == [["a"]]
    client = crowd.institution.as_("root", "admin")
    for form in ("csv", "parquet"):
        assert SECURE.encode() not in client.get(ITEMS_PATH, params={"format": form}).content
    assert SECURE not in client.get(f"{ITEMS_PATH}/{SECURE}").text
    page = crowd.institution.as_("prof", "instructor").get(f"/items/{SECURE}")
    assert page.status_code == 200
    assert "Kept for exams" in page.text


def test_tables_say_the_same_and_hold_no_formula(crowd: StudyingCrowd) -> None:
    crowd.night()
    client = crowd.institution.as_("root", "admin")
    told = client.get(CONTENT, headers={"Accept": "text/csv"})
    rows = list(csv.DictReader(io.StringIO(told.text)))
    lines = asked(crowd, CONTENT)["content"]
    assert [row["completion"] for row in rows] == [
        "" if one["completion"] is None else str(one["completion"]["value"]) for one in lines
    ]
    assert {row["title"] for row in rows if row["content_id"] == VIDEO} == {"'=A video <b>"}
    kind = "application/vnd.apache.parquet"
    frame = pl.read_parquet(io.BytesIO(client.get(CONTENT, headers={"Accept": kind}).content))
    assert frame["learners"].to_list() == [one["learners"] for one in lines]
    for path in ("funnel", "paths", "retention", "survival"):
        answer = client.get(f"{JOURNEYS}/{path}", params={"format": "parquet", "course": "algebra"})
        assert answer.status_code == 200
        assert pl.read_parquet(io.BytesIO(answer.content)).width > 2


def test_instructors_get_their_own_courses_and_learners_none(crowd: StudyingCrowd) -> None:
    crowd.night()
    client = crowd.institution.as_("prof", "instructor")
    paths = [CONTENT, ITEMS_PATH, *(f"{JOURNEYS}/{one}" for one in ("funnel", "paths", "retention", "survival"))]
    for path in [*paths, "/content", "/items", "/journeys", f"/content/{VIDEO}", f"/items/{ITEMS[0]}"]:
        assert client.get(path).status_code == 200, path
        assert crowd.institution.as_("ada", "learner").get(path).status_code == 403
        assert crowd.institution.as_("ann", "advisor").get(path).status_code == 403
    for path in paths:
        assert client.get(path, params={"course": "geometry"}).json()["code"] == "scope"
    elsewhere = crowd.institution.as_("boss", "admin", tenant=crowd.institution.elsewhere)
    assert elsewhere.get(CONTENT).json()["content"] == []
    assert elsewhere.get(f"{CONTENT}/{VIDEO}").status_code == 404
    assert elsewhere.get(f"{JOURNEYS}/funnel", params={"course": "algebra"}).status_code == 404


def test_no_count_is_of_fewer_than_k_and_every_count_is_rounded(crowd: StudyingCrowd) -> None:
    for user in list(crowd.keys)[:7]:  # a third version that seven open
        crowd.add(user, "material_opened", 55, {"material_kind": "page"}, material_id="rare")
    crowd.send()
    crowd.night()
    for path in (CONTENT, ITEMS_PATH, *(f"{JOURNEYS}/{one}" for one in ("funnel", "paths", "retention", "survival"))):
        for number in numbers(asked(crowd, path)):
            assert number >= K
            assert number % LIMITS.count_rounding == 0
    assert not any(name == "rare" for name, _ in content(crowd))


def test_one_more_answer_changes_nothing_and_k_do(crowd: StudyingCrowd) -> None:
    crowd.night()
    before = asked(crowd, CONTENT), asked(crowd, ITEMS_PATH)
    one = next(iter(crowd.keys))
    crowd.add(one, "material_completed", 58, {"material_kind": "page"}, material_id=PAGE)
    crowd.send()
    crowd.night(NOW + timedelta(days=1))
    assert (asked(crowd, CONTENT), asked(crowd, ITEMS_PATH)) == before
    for user in crowd.keys:
        crowd.add(user, "material_completed", 59, {"material_kind": "page"}, material_id=PAGE)
    crowd.send()
    crowd.night(NOW + timedelta(days=2))
    assert content(crowd)[PAGE, ""]["completion"]["bound"] == "above"


def test_who_withdraws_from_a_quiet_course_leaves_with_k_others_until_they_study(crowd: StudyingCrowd) -> None:
    crowd.night()
    funnel = f"{JOURNEYS}/funnel"
    before = asked(crowd, funnel)["learners"]
    leaver, key = next(iter(crowd.keys.items()))
    crowd.decide(leaver, "withdrawn")
    assert asked(crowd, funnel)["learners"] == before  # answered before
    assert asked(crowd, f"{JOURNEYS}/paths", step="opened")["withheld"]  # a new question waits for the night
    run = crowd.night(NOW + timedelta(days=1))
    memory = crowd.content.editions(crowd.tenant, "algebra")
    assert all(len(people) == 120 - 1 - K for people in memory.counted().values())
    assert key not in crowd.content.taken(crowd.tenant, "algebra")
    assert run.detail["courses"]["algebra"]["spent"] == 1
    assert asked(crowd, funnel)["learners"] <= before - K
    assert len(asked(crowd, f"{JOURNEYS}/paths", step="opened")["paths"]) > 0
    for user in crowd.keys:
        crowd.add(user, "material_opened", 61, {"material_kind": "page"}, material_id=PAGE)
    crowd.send()
    crowd.night(NOW + timedelta(days=2))
    counted = crowd.content.editions(crowd.tenant, "algebra").counted()
    assert len(counted["journeys"]) == len(counted[f"content:{PAGE}"]) == 119
    assert key not in counted["journeys"]


def test_who_withdraws_and_consents_again_before_the_night_leaves_no_question_withheld(crowd: StudyingCrowd) -> None:
    crowd.night()
    leaver = next(iter(crowd.keys))
    crowd.decide(leaver, "withdrawn")
    assert asked(crowd, f"{JOURNEYS}/paths", step="opened")["withheld"]
    crowd.decide(leaver, "granted")
    assert len(asked(crowd, f"{JOURNEYS}/paths", step="opened")["paths"]) > 0


def test_gains_know_the_term_in_which_each_learner_registered(
    crowd: StudyingCrowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = list(crowd.keys.values())
    with crowd.institution.database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO terms (tenant_id, term_id, title, starts_on, ends_on) VALUES (%s, 'spring', 'Spring', "
            "'2026-02-01', '2026-04-30')",
            (crowd.tenant,),
        )
        for day, some in (("2026-03-02", keys[:50]), ("2026-09-30", keys[50:100])):
            transaction.execute(
                "UPDATE enrolments SET registered_on = %s WHERE tenant_id = %s AND learner_key = ANY(%s)",
                (day, crowd.tenant, some),
            )
    told: dict[str, str] = {}

    def spied(*given: Any, terms: dict[str, str], **more: Any) -> dict[str, pl.DataFrame]:
        told.update(terms)
        return content_tables(*given, terms=terms, **more)

    monkeypatch.setattr("akademos.jobs.content_statistics.content_tables", spied)
    crowd.night()
    assert told == dict.fromkeys(keys[:50], "spring") | dict.fromkeys(keys[50:100], "2026-2")


def two_ways(crowd: StudyingCrowd, day: float, helped: int, lost: int) -> None:
    """Everybody misses four questions; one half opens the primer and answers the next four right but for `lost`, the
    other half the notes and all wrong but for `helped`."""
    with crowd.institution.database.pipeline() as transaction:
        transaction.cursor().executemany(
            "INSERT INTO materials (tenant_id, material_id, course_id, kind, title, topic_ids) "
            "VALUES (%s, %s, 'algebra', 'page', %s, '{fractions}') ON CONFLICT DO NOTHING",
            [(crowd.tenant, one, one) for one in ("primer", "notes")],
        )
    half = len(crowd.keys) // 2
    for number, user in enumerate(crowd.keys):
        material = "primer" if number < half else "notes"
        right = number % half >= lost if number < half else number % half < helped
        for place, item in enumerate(ITEMS):
            score = float(place >= 4 and right)
            crowd.add(user, "question_submitted", day + 0.001 * place + (0.1 if place >= 4 else 0),
                      {"item_version": "1"}, question_id=item, score=score, attempt_number=1)  # fmt: skip
        crowd.add(user, "material_opened", day + 0.05, {"material_kind": "page"}, material_id=material)
    crowd.send()


def test_what_helped_those_who_stood_alike_is_published_under_the_same_guard_and_kept(crowd: StudyingCrowd) -> None:
    two_ways(crowd, 0.5, helped=15, lost=15)
    crowd.night()
    (first,) = crowd.content.support(crowd.tenant, NOW)
    similar = first.materials["primer"]["similar"]["fractions"]["low"]
    assert (similar["learners"]["value"], similar["others"]["value"]) == (0.75, 0.25)
    assert similar["low"] > 0.2
    assert "similar" not in first.materials.get("notes", {})
    crowd.add(next(iter(crowd.keys)), "material_opened", 55, {"material_kind": "page"}, material_id="primer")
    crowd.send()
    crowd.night(NOW + timedelta(days=1))
    assert crowd.content.support(crowd.tenant, NOW + timedelta(days=2)) == (first,)  # one more changes nothing
    assert crowd.content.support(crowd.tenant, NOW - timedelta(minutes=1)) == ()
    for user in crowd.keys:
        crowd.decide(user, "withdrawn")
    crowd.night(NOW + timedelta(days=2))
    (gone,) = crowd.content.support(crowd.tenant, NOW + timedelta(days=3))
    assert gone.materials == {}
    assert crowd.content.support(crowd.tenant, NOW + timedelta(days=1)) == (first,)  # as it was said then


def test_of_few_it_is_a_bound_and_with_a_larger_floor_nothing(crowd: StudyingCrowd) -> None:
    two_ways(crowd, 0.5, helped=2, lost=0)
    crowd.night()
    (found,) = crowd.content.support(crowd.tenant, NOW)
    similar = found.materials["primer"]["similar"]["fractions"]["low"]
    assert [similar[side]["bound"] for side in ("learners", "others")] == ["above", "below"]
    with crowd.institution.database.pipeline() as transaction:
        transaction.execute("UPDATE tenants SET group_floor = 50 WHERE tenant_id = %s", (crowd.tenant,))
    assert crowd.content.support(crowd.tenant, NOW) == ()


def test_journeys_tell_the_funnel_and_answer_the_same_question_the_same_way(crowd: StudyingCrowd) -> None:
    crowd.night()
    path, steps = f"{JOURNEYS}/funnel", {"steps": "registered,opened:video,completed:video,answered*3"}
    found = asked(crowd, path, **steps)
    assert [one["learners"] for one in found["steps"][:2]] == [120, None]  # nobody left before the second: a bound
    assert found["steps"][1]["share"]["bound"] == "above"
    assert 50 <= found["steps"][2]["learners"] <= 90
    crowd.add(next(iter(crowd.keys)), "material_completed", 59.5, {"material_kind": "video"}, material_id=VIDEO)
    crowd.send()
    assert asked(crowd, path, **steps) == found
    ways = asked(crowd, f"{JOURNEYS}/paths", step="opened:video", depth="1")
    assert {tuple(one["steps"]) for one in ways["paths"]} >= {("opened:video", "completed:video")}
    back = asked(crowd, f"{JOURNEYS}/paths", step="completed:video", direction="to", depth="1")
    assert ("opened:video", "completed:video") in {tuple(one["steps"]) for one in back["paths"]}
    triangle = asked(crowd, f"{JOURNEYS}/retention", by="persona")["cells"]
    assert triangle[0]["share"]["bound"] == "above"
    curve = asked(crowd, f"{JOURNEYS}/survival", until="completed:video")["points"]
    assert [one["share"] for one in curve] == sorted((one["share"] for one in curve), reverse=True)


def test_questions_are_of_closed_lists_and_limited(crowd: StudyingCrowd, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd.night()
    client = crowd.institution.as_("root", "admin")
    for parameters, code in (
        ({"steps": "opened:student-1"}, "journey_step_unknown"),
        ({"steps": "registered,opened", "within": "6d"}, "journey_window"),
        ({"steps": ",".join(["opened"] * 7)}, "journey_steps"),
        ({"steps": "opened?,answered"}, "journey_steps"),
        ({"steps": "registered,answered*999"}, "journey_steps"),
    ):
        refused = client.get(f"{JOURNEYS}/funnel", params=parameters)
        assert (refused.status_code, refused.json()["code"]) == (400, code)
    monkeypatch.setattr("akademos.jobs.journey_answers.JOURNEY_LIMITS", _Few())
    for step in ("opened", "completed"):
        assert client.get(f"{JOURNEYS}/paths", params={"step": step}).status_code == 200
    refused = client.get(f"{JOURNEYS}/paths", params={"step": "answered"})
    assert (refused.status_code, refused.json()["code"]) == (429, "journey_questions")
    assert client.get(f"{JOURNEYS}/paths", params={"step": "opened"}).status_code == 200  # asked before
    crowd.night(NOW + timedelta(days=1))
    assert client.get(f"{JOURNEYS}/paths", params={"step": "answered"}).status_code == 429  # nothing has changed


class _Few:
    questions, paths = 2, JOURNEY_LIMITS.paths


def test_pages_show_no_markup_of_titles(crowd: StudyingCrowd) -> None:
    crowd.night()
    client = crowd.institution.as_("prof", "instructor")
    for path in ("/content", f"/content/{VIDEO}"):
        text = client.get(path).text
        assert "=A video &lt;b&gt;" in text
    assert client.get(f"/content/{VIDEO}").text.count('role="img"') >= 4
    for lang, word in (("de", "Lernwege"), ("en", "Journeys")):
        assert word in client.get("/journeys", params={"lang": lang}).text
    assert client.get(f"/content/{'x' * 300}").status_code in (400, 404)
