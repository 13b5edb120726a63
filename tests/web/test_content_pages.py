"""The pages about contents, items and journeys as text: every picture has its numbers, and no name breaks out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from tests.web.invented_content import ASKED, PAGES, journeys, rendered

from akademos.serving.pages.journeys import render_journeys
from akademos.serving.pages.shell import Shell

PICTURES = {"contents": 1, "content-one": 3, "items-map": 1, "item-one": 1, "journeys": 4}


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("which", PAGES)
def test_every_picture_has_its_table_and_words(which: str, language: str) -> None:
    html = rendered(which, language)
    assert "<script>alert" not in html
    assert html.count('role="img"') == 2 * PICTURES.get(which, 0)  # wide and narrow
    assert html.count("<table") >= PICTURES.get(which, 0)
    assert not re.search(r'style="|onclick=', html)
    assert "None" not in re.sub(r"<[^>]*>", " ", html)


def test_bounds_are_said_as_bounds() -> None:
    assert "&gt; 85%" in rendered("content-one")
    assert "\u2265 +35" in rendered("content-one")
    assert "withheld" in rendered("journeys")
    assert "&gt; 92%" in rendered("journeys")


def test_filters_stand_in_the_address() -> None:
    html = rendered("journeys")
    for name in ("course", "steps", "within", "step", "direction", "by", "until"):
        assert f'name="{name}"' in html
    assert "steps=registered%2Copened%3F%2Ccompleted%2Canswered%3Aright%2A3" in html


@pytest.mark.parametrize(
    ("language", "few", "title"),
    [("en", "too few for a number", "Until: stopped"), ("de", "für eine anzahl", "Bis: ")],
)
def test_where_too_few_walked_nothing_is_called_none_and_no_title_is_cut_off(
    language: str, few: str, title: str
) -> None:
    answers = [{**one, "learners": None, "steps": [], "paths": [], "cells": [], "points": []} for one in journeys()]
    answers[3].pop("until")
    shell = Shell(nav=[], person="Ines", role="instructor", language=language)
    html = render_journeys(answers, shell=shell, titles={"algebra": "Algebra"}, asked=ASKED, api="/v1/x")
    assert "None" not in html
    assert few in html.lower()
    assert title in html
    assert re.search(r"<h3[^>]*>(Until|Bis): *</h3>", html) is None
    other = render_journeys(
        answers, shell=shell, titles={"algebra": "Algebra"}, asked=replace(ASKED, until="visited"), api="/v1/x"
    )
    assert re.search(r"<h3[^>]*>(Until|Bis): *</h3>", other) is None
