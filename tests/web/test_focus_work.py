"""What an advisor does on the page: the list of learners is found below however many alerts wait."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.web.invented_focus import focus_lines, focus_work

from akademos.serving.pages.focus_work import FIRST_ALERTS, work_parts
from akademos.serving.pages.shell import Shell
from akademos.serving.pages.students_in_focus import render_students_in_focus
from akademos.serving.pages.wording import words_in
from akademos.stores.ports.record_store import RecordRow


@pytest.mark.parametrize(
    ("alerts", "ticked", "first", "opened"),
    [
        (9, "", 9, False),
        (30, "", FIRST_ALERTS, False),
        (30, "a3", FIRST_ALERTS, False),
        (30, "a20", FIRST_ALERTS, True),
    ],
)
def test_the_first_alerts_stand_open_and_the_others_behind_a_word(
    alerts: int, ticked: str, first: int, opened: bool
) -> None:
    work = focus_work(focus_lines())
    one = work.alerts[0]
    many = [RecordRow((f"a{n}",), {**one.values, "alert_id": f"a{n}"}, 1) for n in range(alerts)]
    parts = work_parts(replace(work, alerts=many, ticked=frozenset({ticked}), typed={}), words_in("en"))
    assert parts["first_alerts"] == first
    assert parts["problem_below"] is opened


def test_every_alert_is_on_the_page_once_and_can_be_acted_on() -> None:
    lines = focus_lines()
    work = focus_work(lines)
    many = [RecordRow((f"a{n}",), {**work.alerts[0].values, "alert_id": f"a{n}"}, 1) for n in range(30)]
    shell = Shell(nav=[], person="Ann", role="advisor", language="en")
    html = render_students_in_focus(
        lines, shell=shell, capacity=20, withheld=None, progress_path="/progress", models_path="/models",
        work=replace(work, alerts=many),
    )  # fmt: skip
    assert [html.count(f'<input type="hidden" name="alert" value="a{n}">') for n in range(30)] == [2] * 30
    assert "Show 22 more alerts" in html
    identifiers = re.findall(r'\bid="([^"]+)"', html)
    assert len(identifiers) == len(set(identifiers))


def test_the_reason_of_an_alert_is_in_the_language_of_the_page_and_what_is_not_is_marked() -> None:
    lines = focus_lines()
    work = focus_work(lines)
    shell = Shell(nav=[], person="Ann", role="advisor", language="de")

    def shown(reason: str) -> str:
        alert = replace(work.alerts[0], values={**work.alerts[0].values, "reason": reason})
        return render_students_in_focus(
            lines, shell=shell, capacity=20, withheld=None, progress_path="/progress", models_path="/models",
            work=replace(work, alerts=[alert]),
        )  # fmt: skip

    html = shown("Sharp rise: chance of not completing 72%, 20 points more than the week before.")
    assert "<span>Wahrscheinlichkeit, den Kurs nicht abzuschließen: 72" in html
    assert "chance of not completing" not in html
    assert '<span lang="en">New in focus: chance 70%.</span>' in shown("New in focus: chance 70%.")
