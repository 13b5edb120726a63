"""KPIs through the doors: who gets them, that every form says the same, what is withheld, and what may be noted."""

from __future__ import annotations

import csv
import html
import io
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from starlette.testclient import TestClient
from tests.serving.institution import NOW, Institution
from tests.web.conftest import served

from akademos.catalogue.kpis import KPIS
from akademos.catalogue.roles import Role
from akademos.serving.kpi_answers import COLUMNS, large_enough
from akademos.serving.pages.wording import words_in
from akademos.stores.ports.kpis import KpiNote, Snapshot
from akademos.stores.postgres.kpis import PostgresKpis

PATH = "/v1/analytics/kpis"
WEEK = date(2026, 3, 2)


def line(week: date = WEEK, **given: Any) -> Snapshot:
    said = {
        "kpi": "onboarding_completion",
        "week": week,
        "environment": "prod",
        "dimension": "",
        "member": "",
        "period": week.isoformat(),
        "computed_at": NOW,
        "status": "ok",
        "value": 0.5,
        "low": 0.35,
        "high": 0.65,
        "people": 40,
        "units": 45,
        "smallest_group": 10,
        "consenting": 0.9,
    }
    return Snapshot(**{**said, **given})


@pytest.fixture
def published(institution: Institution) -> Institution:
    """Two weeks, four weeks apart, of one KPI with slices."""
    kpis = PostgresKpis(institution.database)
    before = WEEK - timedelta(weeks=4)
    kpis.publish(institution.tenant, None, None, [line(before, value=0.8, low=0.7, high=0.9)])
    lines = [
        line(),
        line(dimension="persona", member="student", people=25),
        line(dimension="persona", member="=cmd|'/c calc'", people=15),
    ]
    kpis.publish(institution.tenant, None, None, lines)
    return institution


def test_staff_who_see_the_institution_get_kpis_and_nobody_else(published: Institution) -> None:
    for user, role in (("root", "admin"), ("pia", "product"), ("ana", "analyst")):
        answer = published.as_(user, role).get(PATH)  # type: ignore[arg-type]  # roles of the three
        assert answer.status_code == 200
        assert [one["name"] for one in answer.json()["kpis"]] == [kpi.name for kpi in KPIS]
    refused: tuple[tuple[str, Role], ...] = (("ada", "learner"), ("prof", "instructor"), ("ann", "advisor"))
    for user, role in refused:
        for path in (PATH, f"{PATH}/onboarding_completion", f"{PATH}/notes", "/kpis"):
            answer = published.as_(user, role).get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, "role")
    assert published.log()[-1][3] == "/kpis"


def test_every_form_says_the_same(published: Institution) -> None:
    client = published.as_("root", "admin")
    path = f"{PATH}/onboarding_completion"
    rows = client.get(path).json()["snapshots"]
    assert len(rows) == 4
    told = client.get(path, headers={"Accept": "text/csv"})
    table = list(csv.DictReader(io.StringIO(told.text)))
    assert tuple(table[0]) == COLUMNS
    shown = [{name: "" if one[name] is None else str(one[name]) for name in COLUMNS} for one in rows]
    assert [{**one, "member": one["member"].removeprefix("'")} for one in table] == shown
    assert any(one["member"].startswith("'=") for one in table)
    packed = client.get(path, headers={"Accept": "application/vnd.apache.parquet"})
    assert pq.read_table(io.BytesIO(packed.content)).to_pylist() == rows
    assert client.get(path, params={"format": "parquet"}).content[:4] == b"PAR1"


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("member", ["", "student"])
def test_the_page_shows_the_numbers_of_the_answer(published: Institution, language: str, member: str) -> None:
    client, words = published.as_("root", "admin"), words_in(language)
    chosen = {"slice": f"persona:{member}"} if member else {}
    page = client.get("/kpis", params={**chosen, "kpi": "onboarding_completion", "lang": language}).text
    rows = client.get(f"{PATH}/onboarding_completion").json()["snapshots"]

    def shown(one: dict[str, Any], *, by_week: bool) -> list[str]:
        percent, number = words.locale.percent, words.locale.number
        told = [percent(one["value"]), f"{percent(one['low'])} \u2013 {percent(one['high'])}"]
        told += [number(one["people"]), number(one["units"])]
        if by_week:
            week = words.locale.full_day(date.fromisoformat(one["week"]))
            return [week, *told, "\u2013", percent(one["consenting"])]  # no staging
        by = words.plain(f"kpis.by.{one['dimension']}") if one["dimension"] else ""
        return [f"{by}: {one['member']}" if by else words.plain("kpis.everybody"), *told]

    course = [one for one in rows if (one["dimension"], one["member"]) == ("persona" if member else "", member)]
    title, newest = words.plain("kpi.onboarding_completion"), max(one["week"] for one in rows)
    of_weeks = [shown(one, by_week=True) for one in sorted(course, key=lambda one: one["week"], reverse=True)]
    assert tables(page)[title] == [of_weeks] * 3  # tile, card, closer look
    slices = [shown(one, by_week=False) for one in rows if one["week"] == newest]
    assert tables(page)[words.plain("kpis.closer.slices")] == [slices]


def test_the_notebook_of_the_docs_gets_the_same(published: Institution) -> None:
    text = (Path(__file__).parents[2] / "docs" / "kpis.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    with served(published.app) as url:
        names: dict[str, Any] = {"url": url, "token": published.token("root", "admin")}
        exec(code, names)
    rows = published.as_("root", "admin").get(f"{PATH}/onboarding_completion").json()["snapshots"]
    assert names["frame"].to_dicts() == rows


def tables(page: str) -> dict[str, list[list[list[str]]]]:
    """The texts of all cells, by the table's caption; some tables stand on the page several times."""
    found: dict[str, list[list[list[str]]]] = {}
    for caption, body in re.findall(r"<caption[^>]*>(.*?)</caption>.*?<tbody>(.*?)</tbody>", page, re.DOTALL):
        rows = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in body.split("</tr>")[:-1]]
        found.setdefault(html.unescape(caption), []).append(
            [[html.unescape(re.sub(r"<[^>]+>", "", cell)) for cell in row] for row in rows]
        )
    return found


def test_how_a_value_moved_is_said(published: Institution) -> None:
    found = published.as_("root", "admin").get(f"{PATH}/onboarding_completion").json()["kpi"]
    assert found["moved"] == {"since": "2026-02-02", "from": 0.8, "change": -0.3, "clear": True, "better": False}
    assert found["target_reached"] is False


def test_slices_are_chosen_one_at_a_time_and_small_ones_are_not_there(published: Institution) -> None:
    client = published.as_("root", "admin")
    chosen = client.get(f"{PATH}/onboarding_completion", params={"persona": "student"}).json()["snapshots"]
    assert [one["people"] for one in chosen] == [25]
    both = client.get(PATH, params={"persona": "student", "course": "algebra"})
    assert (both.status_code, both.json()["code"]) == (400, "one_slice")
    with published.database.pipeline() as transaction:
        transaction.execute("UPDATE tenants SET group_floor = 30 WHERE tenant_id = %s", (published.tenant,))
    rows = client.get(f"{PATH}/onboarding_completion").json()["snapshots"]
    assert [one["people"] for one in rows] == [40, 40]
    with published.database.pipeline() as transaction:
        transaction.execute("UPDATE tenants SET group_floor = 50 WHERE tenant_id = %s", (published.tenant,))
    rows = client.get(f"{PATH}/onboarding_completion").json()["snapshots"]
    assert {(one["status"], one["value"], one["people"]) for one in rows} == {("withheld", None, None)}


@pytest.mark.parametrize(
    ("people", "published_under", "floor", "shown"),
    [
        (10, 12, 12, True),  # twelve people, rounded
        (15, 10, 14, False),  # thirteen people, perhaps
        (20, 10, 18, True),
        (None, 10, 14, False),
        (None, None, 14, True),  # of nobody, or withheld already
    ],
)
def test_a_group_is_as_large_as_the_floor_before_it_is_rounded(
    people: int | None, published_under: int | None, floor: int, *, shown: bool
) -> None:
    assert large_enough(line(people=people, smallest_group=published_under), floor) is shown


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"from": "2026-03-09", "to": "2026-03-01"}, 400),
        ({"from": "1066-10-14"}, 400),
        ({"to": "0001-01-01"}, 400),
        ({"from": "9999-12-31", "to": "9999-12-31"}, 400),
        ({"from": "yesterday"}, 400),
        ({"environment": "prod\x00"}, 400),
        ({"format": "xlsx"}, 400),
    ],
)
def test_rubbish_is_refused(published: Institution, parameters: dict[str, str], status: int) -> None:
    client = published.as_("root", "admin")
    for path in (PATH, f"{PATH}/onboarding_completion", f"{PATH}/notes", "/kpis"):
        if "format" not in parameters or (path.startswith(PATH) and not path.endswith("notes")):
            assert client.get(path, params=parameters).status_code == status, path
    assert client.get(f"{PATH}/no_such").json()["code"] == "unknown_kpi"
    assert client.get("/kpis", params={"slice": "shoe:9"}).status_code == 400
    assert client.get("/kpis", params={"from": "soon"}).status_code == 400


def test_notes_are_about_the_product(published: Institution) -> None:
    client = published.as_("root", "admin")
    review = {
        "kind": "review",
        "about": "2026-03-09",
        "body": "Shorten step 3",
        "owner": "product",
        "due_on": "2026-03-20",
    }
    kept = client.post(f"{PATH}/notes", json=review)
    assert kept.status_code == 200, kept.text
    late = {"kind": "signal", "about": "2026-03-02", "body": "Two schools ask for a shorter wizard"}
    assert client.post(f"{PATH}/notes", json=late).json()["in_time"] is False
    for bad, code in (
        ({**late, "body": "call ada@example.org"}, 422),
        ({**late, "owner": "team"}, 422),
        ({**late, "about": "2027-01-01"}, 422),
        ({**review, "due_on": None}, 422),
        ({**review, "kpi": "no_such"}, 404),
        ({**review, "kind": "gossip"}, 422),
    ):
        assert client.post(f"{PATH}/notes", json=bad).status_code == code, bad
    listed = client.get(f"{PATH}/notes").json()
    assert [one["kind"] for one in listed["notes"]] == ["review", "signal"]
    assert listed["next_review"] == "2026-03-16"
    assert "author" not in listed["notes"][0]
    assert client.post(f"{PATH}/notes/{kept.json()['note_id']}/done").json()["done"] is True
    assert client.post(f"{PATH}/notes/{kept.json()['note_id']}/done").status_code == 404
    analyst = published.as_("ana", "analyst").post(f"{PATH}/notes", json=late)
    assert (analyst.status_code, analyst.json()["code"]) == (403, "role")
    assert published.as_("root", "admin", tenant=published.elsewhere).get(f"{PATH}/notes").json()["notes"] == []


@pytest.mark.parametrize(
    ("zone", "now", "about", "ahead"),
    [
        ("Pacific/Auckland", datetime(2026, 5, 3, 20, tzinfo=UTC), "2026-05-04", "2026-05-05"),  # 8 on the fourth
        ("America/Los_Angeles", datetime(2026, 5, 3, 3, tzinfo=UTC), "2026-05-01", "2026-05-03"),  # 20 on the second
    ],
)
def test_notes_are_of_days_at_the_institution(
    published: Institution, zone: str, now: datetime, about: str, ahead: str
) -> None:
    published.clock[0] = now
    with published.database.pipeline() as transaction:
        transaction.execute("UPDATE tenants SET time_zone = %s WHERE tenant_id = %s", (zone, published.tenant))
    client = published.as_("root", "admin")
    signal = {"kind": "signal", "about": about, "body": "Two schools ask for a shorter wizard"}
    kept = client.post(f"{PATH}/notes", json=signal)
    assert (kept.status_code, kept.json().get("in_time")) == (200, True)
    assert [one["about"] for one in client.get(f"{PATH}/notes").json()["notes"]] == [about]
    refused = client.post(f"{PATH}/notes", json={**signal, "about": ahead})
    assert (refused.status_code, refused.json()["code"]) == (422, "note_ahead")
    here = now.astimezone(ZoneInfo(zone)).date().isoformat()
    published.give("pia", "product")
    assert f'name="about" type="date" value="{here}"' in published.signed_in("pia", "product").get("/kpis").text


def test_when_to_review_next_does_not_depend_on_the_period_looked_at(published: Institution) -> None:
    kpis, days = PostgresKpis(published.database), [date(2025, 9, 1) + timedelta(weeks=n) for n in range(11)]
    for day in [*days, date(2026, 3, 9), date(2026, 3, 9)]:
        note = KpiNote(str(uuid4()), "review", None, day, NOW, "person:1", "Held", done_at=NOW)
        kpis.add_note(published.tenant, note)
    client = published.as_("root", "admin")
    for period in ({}, {"from": "2026-03-01"}, {"from": "2025-09-01", "to": "2025-10-01"}):
        assert client.get(f"{PATH}/notes", params=period).json()["next_review"] == "2026-03-23"
        assert words_in("en").locale.full_day(date(2026, 3, 23)) in client.get("/kpis", params=period).text


def test_the_form_of_the_page_keeps_a_note_and_says_what_does_not_fit(published: Institution) -> None:
    published.give("pia", "product")
    client = published.signed_in("pia", "product")
    sent = {"kind": "annotation", "about": "2026-03-03", "body": "Release 4.3", "lang": "de"}
    sent["csrf"] = form_token(client)
    kept = client.post("/kpis", data=sent)
    assert (kept.status_code, kept.headers["location"]) == (303, "/kpis?lang=de#notes")
    assert "Release 4.3" in client.get("/kpis").text
    refused = client.post("/kpis", data={**sent, "body": "call +49 151 1234567", "kpi": "time_to_value"})
    assert refused.status_code == 422
    assert "lassen Sie Menschen weg" in refused.text
    assert 'value="call +49 151 1234567"' in refused.text  # what was written is not lost
    assert '<option value="time_to_value" selected>' in refused.text
    assert client.post("/kpis", data={**sent, "about": "soon"}).status_code == 400
    assert client.post("/kpis", data={**sent, "kpi": "no_such"}).status_code == 404
    assert published.as_("root", "admin").post("/kpis", data={**sent, "csrf": ""}).status_code == 303  # a program's


REFUSED: tuple[tuple[dict[str, str], int, str], ...] = (
    ({"csrf": ""}, 403, "gehört zu einer anderen Sitzung"),
    ({"kind": "gossip"}, 400, "Diese Art gibt es nicht"),
    ({"about": "soon"}, 400, "Der Tag ist kein Datum"),
    ({"kind": "signal", "about": "2027-01-01"}, 422, "Der Tag liegt voraus"),
    ({"kpi": "no_such"}, 404, "Diese Kennzahl gibt es nicht"),
    ({"kpi": "x" * 65}, 400, "Diese Kennzahl gibt es nicht"),
    ({"body": " "}, 400, "1 bis 2.000 Zeichen"),
    ({"body": "y" * 2_001}, 400, "1 bis 2.000 Zeichen"),
    ({"body": "to ada@example.org"}, 422, "In der Notiz steht eine Adresse"),
    ({"kind": "review", "owner": "ada@example.org", "due_on": "2026-04-01"}, 422, "Beim Team steht eine Adresse"),
    ({"kind": "review", "owner": "x" * 65}, 400, "höchstens 64 Zeichen"),
    ({"kind": "review", "due_on": "soon"}, 400, "an dem es fällig ist, ist kein Datum"),
    ({"kind": "review", "due_on": "2026-04-01"}, 422, "Eine Aufgabe hat ein Team"),
    ({"kind": "review", "owner": "content"}, 422, "Eine Aufgabe hat ein Team"),
    ({"owner": "content"}, 422, "lassen Sie beides leer"),
    ({"due_on": "2026-04-01"}, 422, "lassen Sie beides leer"),
)


@pytest.mark.parametrize(("change", "status", "said"), REFUSED)
def test_a_refusal_speaks_the_language_of_the_page_and_keeps_what_was_typed(
    published: Institution, change: dict[str, str], status: int, said: str
) -> None:
    published.give("pia", "product")
    client = published.signed_in("pia", "product")
    sound = {"kind": "annotation", "about": "2026-03-03", "body": "Release <b>4.3</b>", "lang": "de"}
    answer = client.post("/kpis", data={**sound, "csrf": form_token(client), **change})
    assert answer.status_code == status
    shown = re.findall(r'role="alert">([^<]*)<', answer.text)
    assert len(shown) == 1
    assert said in html.unescape(shown[0])
    assert '<html lang="de">' in answer.text
    for name in ("about", "body", "owner", "due_on"):
        typed = html.escape((sound | change).get(name, ""))
        assert re.search(rf'<input id="{name}" [^>]*value="{re.escape(typed)}"', answer.text), name
    assert "Release" not in published.as_("root", "admin").get(f"{PATH}/notes").text, "nothing is kept"


def test_a_form_of_another_session_or_role_keeps_nothing(published: Institution) -> None:
    published.give("pia", "product")
    published.give("ana", "analyst")
    client, other, reader = (
        published.signed_in(*who) for who in (("pia", "product"), ("pia", "product"), ("ana", "analyst"))
    )
    sent = {"kind": "annotation", "about": "2026-03-03", "body": "Release 4.4"}
    for token in ("", form_token(other)):
        refused = client.post("/kpis", data={**sent, "csrf": token})
        assert refused.status_code == 403
        assert 'value="Release 4.4"' in refused.text
    assert 'action="/kpis"' not in reader.get("/kpis").text
    assert reader.post("/kpis", data={**sent, "csrf": form_token(client)}).status_code == 403
    assert published.client().post("/kpis", data=sent).status_code == 401
    assert client.post("/kpis", data={**sent, "body": "x" * 20_000}).status_code == 413
    assert client.get(f"{PATH}/notes").json()["notes"] == []


def form_token(client: TestClient) -> str:
    """The token that the page's form bears."""
    found = re.search(r'name="csrf" value="([^"]+)"', client.get("/kpis").text)
    assert found is not None
    return found[1]
