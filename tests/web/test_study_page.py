"""The page "my study habits" as text: every picture with its numbers, every sentence from the data, empty states."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

from tests.web.invented_study import study_answers

from akademos.serving.pages import LoadFailure, Shell, render_my_study

SHELL = Shell(query={"learner": "ada"})
NEVER_SAID = re.compile(r"\b(streak|fail\w*|worst|rank\w*|because|caus\w+)\b", re.IGNORECASE)
CARDS = ("efficiency", "hours", "lengths", "days", "plan", "materials", "rules")


def text_of(html: str) -> str:
    shown = re.sub(r"<(style|script|svg|table)\b.*?</\1>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", shown))


def card(html: str, key: str) -> str:
    return html.split(f' id="{key}">')[1].split('<div class="card ', maxsplit=1)[0]


def test_every_picture_has_its_takeaway_and_its_numbers() -> None:
    html = render_my_study(*study_answers("rich"), shell=SHELL)
    for key in CARDS:
        found = card(html, key)
        assert found.count('role="img"') == 2, key  # drawn for two widths
        assert '<table class="sortable">' in found, key
        assert 'class="take"' in found, key
    assert not NEVER_SAID.search(text_of(html))
    assert "style=" not in html
    assert re.search(r'href="\?learner=ada&amp;window=28"', html)


def test_sentences_come_from_the_answer() -> None:
    efficiency, patterns = study_answers("rich")
    html = render_my_study(efficiency, patterns, shell=SHELL)
    shown = text_of(html)
    share = efficiency["time"]["active_share"]
    assert f"{round(share * 100)}% of it was active" in shown
    said = patterns["insights"]["said"]
    assert {"morning", "evening"} & {one["hypothesis"] for one in said}
    for one in said:
        assert f"{int(one['accuracy'] * 100 + 0.5)}% of {one['answers']} answers" in shown
    assert "goes with what" in shown
    other: Any = deepcopy(efficiency)
    other["time"]["active_share"] = 0.31
    assert "31% of it was active" in text_of(render_my_study(other, patterns, shell=SHELL))


def test_every_comparison_stands_in_the_numbers_made_or_not() -> None:
    efficiency, patterns = study_answers("rich")
    found = card(render_my_study(efficiency, patterns, shell=SHELL), "highlights")
    assert found.count("<tr>") == 1 + len(patterns["insights"]["hypotheses"])
    assert "No clear difference" in found


def test_a_new_learner_reads_what_unlocks_each_card() -> None:
    html = render_my_study(*study_answers("new"), shell=SHELL)
    assert 'role="img"' not in html
    for key in (*CARDS, "highlights", "attention"):
        assert 'class="state ' in card(html, key), key
    assert "Five sessions" in text_of(html)
    assert "100 answers on each side" in text_of(html)


def test_without_times_of_day_it_says_so() -> None:
    efficiency, patterns = (deepcopy(one) for one in study_answers("new"))
    for one in (efficiency, patterns):
        one["status"] = "needs_clock"
    assert "Events that say when they happened unlock this" in text_of(
        render_my_study(efficiency, patterns, shell=SHELL)
    )


def test_an_answer_that_cannot_be_had_leaves_the_rest_standing() -> None:
    efficiency, patterns = study_answers("rich")
    lost = LoadFailure("The store does not answer.")
    html = render_my_study(lost, patterns, shell=SHELL)
    assert html.count("Your data is safe") >= 4
    assert 'role="img"' in card(html, "days")
    assert 'role="img"' in card(render_my_study(efficiency, lost, shell=SHELL), "hours")
    assert "Your data is safe" in render_my_study(lost, lost, shell=SHELL)


def test_staff_read_that_they_look_at_somebody() -> None:
    efficiency, patterns = study_answers("rich")
    html = render_my_study(efficiency, patterns, shell=SHELL, own_page=False)
    assert "Study habits of Ada &lt;i&gt;Adeyemi&lt;/i&gt;" in html
    assert "as a member of staff" in html
    assert "<i>Adeyemi" not in html
