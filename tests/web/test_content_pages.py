"""The pages about contents, items and journeys as text: every picture has its numbers, and no name breaks out."""

from __future__ import annotations

import re

import pytest
from tests.web.invented_content import PAGES, rendered

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
