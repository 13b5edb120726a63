"""The page of KPIs as text: every state is said in words, values are written with their units, no name breaks out."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.serving.institution import furnish
from tests.web.conftest import served

from akademos.catalogue.kpi_declaration import NOT_HALF, NOT_KEPT, ONE_SIDED, Kpi
from akademos.catalogue.kpis import KPI_OF, KPIS
from akademos.jobs.kpi_publication import Run, not_available
from akademos.privacy.pseudonyms import Keys
from akademos.serving import pages
from akademos.serving.charts.weekly_course import nice_ticks
from akademos.serving.kpi_answers import next_review, row, summary, wanted
from akademos.serving.pages.kpi_values import shown_value
from akademos.serving.pages.kpis import KpiView, render_kpis
from akademos.serving.pages.wording import words_in
from akademos.stores.ports.kpis import Snapshot
from akademos.stores.postgres.database import Database

NOW = datetime(2026, 3, 10, tzinfo=UTC)
WEEKS = [date(2026, 2, 2), date(2026, 2, 9), date(2026, 2, 16), date(2026, 2, 23), date(2026, 3, 2)]


def line(kpi: str, week: date, value: float | None, **more: Any) -> Snapshot:
    status = "ok" if value is not None else "withheld"
    return Snapshot(kpi, week, "prod", "", "", week.isoformat(), NOW, status, value=value, **more)  # type: ignore[arg-type]  # one of the two


def rendered(lines: list[Snapshot], shell: pages.Shell, only: str = "", **given_: Any) -> str:
    asked = wanted(NOW.date(), WEEKS[0], NOW.date(), None, {})
    views = [
        KpiView(summary(kpi, lines, asked), [row(one) for one in lines if one.kpi == kpi.name], [])
        for kpi in KPIS if only in ("", kpi.name)
    ]  # fmt: skip
    if only:
        given_["closer"] = views[0], views[0].course
    values: dict[str, Any] = {
        "slices": {"persona": ["student"], "course": ["<b>x"], "cohort": []},
        "chosen": "",
        "environment": "prod",
        "since": WEEKS[0],
        "until": NOW.date(),
        "floor": 10,
        "notes": [],
        "next_review": None,
        "download": "/v1/analytics/kpis?format=csv",
        "today": NOW.date(),
    }
    return render_kpis(views, shell=shell, **{**values, **given_})


LINES = [
    *(line("onboarding_completion", week, 0.5, low=0.4, high=0.6, people=40, units=40) for week in WEEKS),
    *(line("weekly_active_users", week, 120.0 + n, people=120) for n, week in enumerate(WEEKS)),
    line("action_plan_adherence", WEEKS[-1], None, reason="too few people on one side of the share"),
    line("roi_projection_engagement", WEEKS[-1], 185.0, baseline=230.0, parity="beyond"),
    line("api_error_rate", WEEKS[-1], 0.0042, low=0.004, high=0.005, units=100_000),
    line("advisee_activation", WEEKS[-1], 0.95, bound="least"),
    Snapshot(
        "intervention_effectiveness", WEEKS[-1], "prod", "", "", "2026-1", NOW, "not_available", reason="it waits"
    ),
]


def test_figures_targets_and_states(shell: pages.Shell) -> None:
    html = rendered(LINES, shell)
    text = re.sub(r"<[^>]+>", " ", html)
    assert "<b>x" not in html.replace("<b>x</b>", "")
    assert "room to grow to 80%" in text
    assert "Hidden for privacy" in text
    assert "Not available yet" in text
    assert "at least 95%" in text
    assert "3:05 min" in text
    assert "0.4%" in text
    assert "staging differs" in text
    assert "most room to grow" in text
    assert "None" not in text
    assert html.count('role="img"') >= 2


def test_an_empty_product_says_what_to_do(shell: pages.Shell) -> None:
    text = re.sub(r"<[^>]+>", " ", rendered([], shell))
    assert "Nothing to count yet" in text
    assert "No review was held yet" in text


@pytest.mark.parametrize(
    ("language", "said", "else_said"),
    [
        ("en", "Not reached by half of them yet About 55 people are counted", "Nothing to count yet"),
        (
            "de",
            "Noch nicht von der H\u00e4lfte erreicht Gez\u00e4hlt sind etwa 55 Menschen",
            "Noch nichts zu z\u00e4hlen",
        ),
    ],
)
def test_what_half_have_not_reached_is_not_called_nothing_to_count(language: str, said: str, else_said: str) -> None:
    of = Snapshot(
        "time_to_value", WEEKS[-1], "prod", "", "", "2026-1", NOW, "no_data", reason=NOT_HALF, people=55, units=70
    )
    html = rendered([of], pages.Shell(language=language), only="time_to_value")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
    assert said in text
    assert else_said not in text
    reasons = {"en": "too few people on one side", "de": "zu wenige Menschen auf einer Seite"}
    withheld = line("onboarding_completion", WEEKS[-1], None, reason=ONE_SIDED)
    assert reasons[language] in rendered([withheld], pages.Shell(language=language), only="onboarding_completion")


@pytest.mark.parametrize("kpi", [kpi for kpi in KPIS if kpi.waits_for], ids=lambda kpi: kpi.name)
def test_what_a_kpi_waits_for_is_said_in_the_language_of_the_page(kpi: Kpi) -> None:
    (waiting,) = not_available(kpi, Run(WEEKS[-1], "prod", "2026-1", NOW, 10))
    for language, said in (("en", "(it waits for "), ("de", "(er wartet auf ")):
        page = unescape(rendered([waiting], pages.Shell(language=language), only=kpi.name))
        assert said in page
        assert (str(waiting.reason) in page) <= (language == "en")


@pytest.mark.parametrize(("language", "said"), [("en", "was not kept"), ("de", "wurde nicht aufbewahrt")])
def test_a_week_of_which_nothing_was_kept_says_so(language: str, said: str) -> None:
    past = replace(line("content_gain", WEEKS[0], None, reason=NOT_KEPT), status="no_data")
    assert said in rendered([past], pages.Shell(language=language), only="content_gain")


def test_german_has_words_for_every_kpi() -> None:
    german, english = words_in("de"), words_in("en")
    for kpi in KPIS:
        assert f"kpi.{kpi.name}" in english
        assert german.plain(f"kpi.{kpi.name}") != ""
    ours = [key for key in english.messages if key.startswith(("kpis.", "kpi."))]
    same = [key for key in ours if german.messages[key] == english.messages[key]]
    alike = "slice unit.minutes unit.ms by.persona env.staging col.staging note.owner fact.definition"
    assert set(same) <= {f"kpis.{key}" for key in alike.split()}


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("onboarding_completion", 0.5, "50%"),
        ("api_error_rate", 0.0042, "0.4%"),
        ("skill_readiness_delta", -2.5, "-2.5 points"),
        ("web_vitals_lcp", 1834.0, "1,834 ms"),
        ("web_vitals_cls", 0.042, "0.04"),
        ("time_to_value", 4.0, "4 weeks"),
        ("content_gain", 0.07, "7.0 points"),
        ("intervention_effectiveness", -0.093, "-9.3 points"),
    ],
)
def test_values_are_written_with_their_unit(name: str, value: float, shown: str) -> None:
    assert shown_value({"unit": KPI_OF[name].unit}, value, words_in("en")) == shown


@given(st.lists(st.floats(-1e6, 1e6).filter(lambda value: value == 0 or abs(value) > 1e-6), min_size=1, max_size=20))
def test_ticks_hold_all_values_and_zero(values: list[float]) -> None:
    ticks = nice_ticks(values)
    assert 2 <= len(ticks) <= 8
    reach = 1e-6 * max(map(abs, [*values, 1.0]))
    assert ticks[0] <= min(0.0, *values) + reach
    assert ticks[-1] >= max(0.0, *values) - reach


def test_reviews_are_weekly_at_first_then_every_second_week() -> None:
    def held(count: int) -> list[date]:
        return [date(2026, 1, 5) + timedelta(weeks=n) for n in range(count)]

    assert next_review([]) is None
    assert next_review(held(2)) == date(2026, 1, 19)
    assert next_review(held(12)) == date(2026, 4, 6)


@pytest.mark.web
def test_a_note_is_kept_from_the_page(browser: Any, database: Database, keys: Keys) -> None:
    institution = furnish(database, keys)
    institution.give("pia", "product")
    tokens = institution.services.doorkeeper.tokens
    cookie = institution.signed_in("pia", "product").cookies[tokens.session_cookie]
    with served(institution.app) as address, browser.new_context() as context:
        context.add_cookies([{"name": tokens.session_cookie, "value": cookie, "url": address}])
        page = context.new_page()
        page.goto(f"{address}/kpis?lang=de")
        page.get_by_text("Notiz hinzuf\u00fcgen").click()
        page.fill("#body", "ada@example.org fragen")
        page.locator("form[method=post] button.primary").click()
        page.locator("[role=alert]").wait_for()
        assert page.input_value("#body") == "ada@example.org fragen"
        page.fill("#body", "Release 4.3")
        page.locator("form[method=post] button.primary").click()
        page.wait_for_url("**/kpis?lang=de#notes")
        assert page.locator("#notes ~ div td", has_text="Release 4.3").count() == 1
        assert page.locator("html").get_attribute("lang") == "de"
