"""The picture of chances counts everybody once, and the reasons stand where a telephone shows them."""

from __future__ import annotations

import re

from tests.web.invented_focus import focus_lines

from akademos.serving.pages.focus_picture import chances_card
from akademos.serving.pages.shell import Shell
from akademos.serving.pages.students_in_focus import render_students_in_focus, with_sign
from akademos.serving.pages.wording import words_in

LINES = focus_lines(own_pace=True, language="en")


def test_every_chance_is_in_one_column_and_those_of_another_kind_in_none() -> None:
    shown = with_sign(LINES)[:5]
    card = chances_card(LINES, shown, 5, words_in("en"))
    assert card is not None
    counts = [[float(cell.text) for cell in row[1:]] for row in card.tables[0].rows]
    of_model = [line for line in LINES if line["basis"] == "model"]
    assert sum(map(sum, counts)) == len(of_model) < len(LINES)
    assert sum(listed for listed, _ in counts) == sum(line["basis"] == "model" for line in shown)
    fifth = sorted((float(line["risk"]) for line in of_model), reverse=True)[4]
    assert f"the 5 likeliest: from {round(100 * fifth)}%" in card.figure
    assert chances_card(focus_lines(by_rule=True), [], 5, words_in("en")) is None, "a rule has no chances"


def test_course_reasons_and_change_stand_under_the_name() -> None:
    html = render_students_in_focus(
        LINES, shell=Shell(language="en"), capacity=20, withheld=None, progress_path="/progress", models_path="/models"
    )
    rows = re.findall(r'<tr><th scope="row".*?</tr>', html.partition('id="chances"')[0], re.DOTALL)
    assert len(rows) == len(with_sign(LINES)[:20])
    for row, line in zip(rows, LINES, strict=False):
        name = row.partition("</th>")[0]
        assert "Mathematics 1, week 5: " in name
        for reason in line["reasons"]:
            if reason["text"]:
                assert reason["text"] in name
        assert row.count("<td") == 2, "three columns, which fit on a telephone"
    assert 'href="/models?model=dropout_risk"' in html
