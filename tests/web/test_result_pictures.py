"""Pictures of pages that had a table alone: they say what the table says, leave out what is not known, and no more."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.web.invented_catalogue import catalogue_page
from tests.web.invented_forms import NOW, Json
from tests.web.invented_governance import RELEASES, RETENTION

from akademos.serving.pages.cards import Card
from akademos.serving.pages.mastery_spread import spread_card
from akademos.serving.pages.product_freshness import freshness_card
from akademos.serving.pages.release_sizes import sizes_card
from akademos.serving.pages.releases import render_releases
from akademos.serving.pages.retention_card import DRAWN, retention_card
from akademos.serving.pages.shell import Shell
from akademos.serving.pages.tables import MISSING
from akademos.serving.pages.wording import words_in
from akademos.stores.ports.retention import Age

EN = words_in("en")


def tips(card: Card) -> list[str]:
    """What the marks of the first drawing say."""
    return re.findall(r'data-tip="([^"]*)"', card.figure.partition("</svg>")[0])


def cells(card: Card) -> list[list[str]]:
    return [[cell.text for cell in row] for row in card.tables[0].rows]


def dots(card: Card) -> list[float]:
    """Where the dots of the first drawing stand, as shares of the way from 0% to its dashed line."""
    drawn = card.figure.partition("</svg>")[0]
    limit = float(re.findall(r'class="goal" d="M([\d.]+)', drawn)[0])
    start = float(re.findall(r'class="rule" d="M([\d.]+)', drawn)[0])
    found = re.findall(r'class="end" cx="([\d.]+)"', drawn)
    return [(float(one) - start) / (limit - start) for one in found]


@pytest.mark.parametrize(("language", "said"), [("en", "2</b> learners have too few"), ("de", "Bei <b>2</b> Personen")])
def test_everybody_with_an_estimate_is_in_one_column(language: str, said: str) -> None:
    lines = [(0.0, False), (0.49, True), (0.5, False), (0.55, True), (1.0, False), (None, True), (None, False)]
    card = spread_card(lines, 0.5, words_in(language))
    assert card is not None
    counts = [[int(count) for count in row[1:]] for row in cells(card)]
    assert [marked for marked, _ in counts] == [0, 0, 0, 0, 1, 1, 0, 0, 0, 0]
    assert [others for _, others in counts] == [1, 0, 0, 0, 0, 1, 0, 0, 0, 1]
    assert re.search(r"<b>2 (of|von) 5</b>", card.takeaway), "at 50% there is no more room than at the line"
    assert said in card.takeaway
    assert len(tips(card)) == 10


def test_without_an_estimate_there_is_no_spread() -> None:
    assert spread_card([(None, True)], 0.5, EN) is None


def a_product(title: str, *parts: tuple[str, float | None, int | None]) -> Json:
    """A product of parts (dataset, hours since it was made, hours promised)."""
    contract: list[dict[str, Any]] = []
    for dataset, ago, promised in parts:
        made = None if ago is None else (NOW - timedelta(hours=ago)).isoformat()
        contract.append({"dataset": dataset, "freshness": {"last_success": made, "within_hours": promised}})
    known = [(ago, promised) for _, ago, promised in parts if promised is not None]
    state = "no promise" if not known else "fresh"
    if any(ago is None for ago, _ in known):
        state = "never"
    if any(ago is not None and ago > promised for ago, promised in known):
        state = "late"
    return {"title": title, "state": {"freshness": state}, "contract": contract}


def test_a_product_is_as_old_as_the_part_nearest_to_its_promise() -> None:
    products = [
        a_product("Silent", ("items", 3, None)),
        a_product("Fresh", ("states", 13, 26), ("scores", 19.2, 192)),
        a_product("Waiting", ("states", None, 26)),
        a_product("Late", ("scores", 96, 192), ("states", 39, 26)),
    ]
    card = freshness_card(products, NOW, EN)
    assert [line[:2] + line[3:] for line in cells(card)] == [
        ["Late", "states", "39.0", "26", "150%", "late"],
        ["Fresh", "states", "13.0", "26", "50%", "fresh"],
        ["Silent", MISSING, MISSING, MISSING, MISSING, "no promise"],
        ["Waiting", MISSING, MISSING, MISSING, MISSING, "has not run yet"],
    ]
    assert tips(card) == ["Late: for 39 hours, of 26 hours (150%)", "Fresh: for 13 hours, of 26 hours (50%)"]
    assert dots(card) == pytest.approx([1.5, 0.5], abs=0.01)
    assert "<b>1 of 3</b> products that promise an age" in card.takeaway
    assert "<b>Late</b>: its part states was made 39 hours ago" in card.takeaway


def test_what_is_far_past_its_time_is_drawn_at_the_end_and_written_as_it_is() -> None:
    card = freshness_card([a_product("Lost", ("states", 260, 26))], NOW, EN)
    assert dots(card) == pytest.approx([2.0], abs=0.01)
    assert "1,000%" in card.figure


def test_before_the_first_run_a_page_of_products_says_what_is_missing() -> None:
    card = freshness_card([a_product("Waiting", ("states", None, 26))], NOW, EN)
    assert card.state is not None
    assert not card.figure
    assert "Noch kein Alter zu zeigen." in catalogue_page("products-new")


def test_retention_draws_those_furthest_in_their_time_and_lists_all() -> None:
    many = [
        replace(RETENTION[0], name=f"event {n}", age=Age(9, NOW - timedelta(days=7.3 * n), 0)) for n in range(DRAWN + 4)
    ]
    ahead = replace(RETENTION[0], name="ahead", age=Age(4, NOW + timedelta(days=12), 0))
    card = retention_card([*many, ahead, RETENTION[2]], NOW, EN)
    assert len(cells(card)) == DRAWN + 6
    assert [tip.partition(":")[0] for tip in tips(card)] == [f"event {n}" for n in range(DRAWN + 3, 3, -1)]
    used = {row[0]: row[4] for row in cells(card)}
    assert (used["event 5"], used["ahead"], used["learner_state"]) == ("5%", "0%", MISSING)
    assert "<b>event 11</b>: its oldest row has been kept for 80 days, of 730 days" in card.takeaway
    assert not any("yet not due" in note.text for note in card.notes)


def test_what_is_past_its_time_and_not_due_is_explained() -> None:
    open_still = replace(RETENTION[0], name="models", age=Age(1, NOW - timedelta(days=1_000), 0))
    due = replace(RETENTION[0], name="receipts", age=Age(1, NOW - timedelta(days=1_000), 1))
    notes = [note.text for note in retention_card([open_still, due], NOW, EN).notes]
    assert "Older than their time and yet not due: models." in notes[0]


def test_without_a_limit_retention_has_its_table_alone() -> None:
    card = retention_card([RETENTION[2]], NOW, EN)
    assert not card.figure
    assert [row[0] for row in cells(card)] == ["learner_state"]


def test_releases_that_stand_are_drawn_with_what_was_left_out() -> None:
    bare = {**RELEASES[0], "name": "bare", "report": {"failed": []}}
    card = sizes_card([*RELEASES, bare], EN)
    assert card is not None
    assert cells(card) == [
        ["spring 2026", "240", "0", "0%"],
        ["inside", "209", "20", "9%"],
        ["bare", "240", MISSING, MISSING],
    ]
    assert tips(card) == [
        "spring 2026: 240 rows, about 0 left out",
        "inside: 209 rows, about 20 left out",
        "bare: 240 rows",
    ]
    assert card.figure.partition("</svg>")[0].count('class="q2"') == 1
    assert "<b>689</b> rows" in card.takeaway
    assert "About <b>20</b> more were left out" in card.takeaway


def test_nothing_left_out_needs_no_sign() -> None:
    card = sizes_card(RELEASES[:1], EN)
    assert card is not None
    assert [entry.sign for entry in card.legend] == ["bar"]
    assert "Next to none" in card.takeaway


def test_a_page_without_a_standing_release_has_its_list_alone() -> None:
    html = render_releases(RELEASES[2:], shell=Shell(language="en"))
    assert "winter 2025" in html
    assert 'id="sizes"' not in html
