"""Words that pages never use of a learner, one list for each language.

They judge a person, blame, or rank: "failed", "weak", "behind". A page says what a number means instead, compares with
the learner's own past or goal, and is tentative about causes. Whoever translates the messages keeps to the list of
their language; a language without a list is no language of the pages.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_LISTS: Mapping[str, tuple[str, ...]] = {
    "en": (
        r"fail\w*", r"weak\w*", "worst", r"poor\w*", "bad", "behind", r"rank\w*", "percentile", "lazy", r"struggl\w*",
        "wrong", "at risk", "streak",
    ),
    "de": (
        r"versag\w*", r"scheiter\w*", r"gescheitert\w*", r"durchgefallen\w*", r"durchfall\w*", r"schwach\w*",
        r"schwäch\w*", r"schlecht\w*", r"schlimm\w*", r"mangelhaft\w*", r"ungenügend\w*", r"faul\w*", r"dumm\w*",
        r"falsch\w*", r"fehler\w*", r"defizit\w*", r"problem\w*", r"rang\w*", r"ränge\w*", r"platzierung\w*",
        r"perzentil\w*", "hinterher", r"abgehängt\w*", r"zurückgefallen\w*", r"gefährdet\w*",
        r"risiko(?:gruppe|person)\w*", "streak",
    ),
}  # fmt: skip


def careless(text: str, language: str) -> list[str]:
    """The words of `text` that stand on the list of its language. Raises KeyError for a language without a list."""
    pattern = rf"(?<![\w-])(?:{'|'.join(_LISTS[language])})(?!\w)"
    return re.findall(pattern, text, re.IGNORECASE)
