"""The page about trust explains what its tiles show, and nothing that they do not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.web.invented_forms import NOW
from tests.web.invented_governance import TRUST

from akademos.serving.pages.shell import Shell
from akademos.serving.pages.trust import render_trust


@pytest.mark.parametrize(("language", "said"), [("en", "Months are those"), ("de", "Monate sind die")])
def test_months_are_explained_where_some_are_shown(language: str, said: str) -> None:
    def page(months: int) -> str:
        consents = [replace(one, months=one.months[:months]) for one in TRUST.consents]
        told = replace(TRUST, consents=consents)
        shell = Shell(nav=[], person="Kim", role="steward", language=language)
        return render_trust(told, shell=shell, now=NOW, actions=[], chosen=None, older=None, search="/x")

    assert said in page(12)
    assert said not in page(1)
    note = page(12).split('class="fine"', 1)[0]
    assert note.rstrip().endswith("<p"), "the note stands below the tiles"
    assert note.rstrip().removesuffix("<p").rstrip().endswith("</div>"), "and not as one of them"
