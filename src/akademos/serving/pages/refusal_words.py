"""Why a form was refused, in the language of the page.

A refusal speaks to programs, in English; whoever fills in a form reads what to do there. Messages are found by the
refusal's code and the field it points at, then by its code.
"""

from __future__ import annotations

from akademos.errors import AkademosError
from akademos.serving.pages.wording import Words


def refusal_words(refusal: AkademosError, words: Words) -> str:
    """What stands on the page above the form; for a code without words of its own what holds of every refusal."""
    field = (refusal.pointer or "").rpartition("/")[2]
    for key in (f"refused.{refusal.code}.{field}", f"refused.{refusal.code}"):
        if key in words:
            return words.plain(key)
    return words.plain("refused.other")
