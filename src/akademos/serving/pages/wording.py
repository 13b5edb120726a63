"""Words of one language: messages by key, with values put in safely, and plural forms."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from markupsafe import Markup, escape

from akademos.errors import CatalogueError
from akademos.serving.charts.locale import ENGLISH, GERMAN, Locale

_SHORT = 48


@dataclass(frozen=True)
class Words:
    """A catalogue with its locale. A message is HTML with {placeholders}; what is put in is escaped.

    Messages that count come as `key.one` and `key.other` and receive {n} in the locale's writing.
    """

    messages: Mapping[str, str]
    locale: Locale

    def __contains__(self, key: str) -> bool:
        return key in self.messages

    def html(self, key: str, **values: object) -> Markup:
        """The message as HTML. Raises CatalogueError for a key that the catalogue lacks."""
        return Markup(self._template(key)).format(**values)  # noqa: S704 - templates are ours, values escaped

    def plain(self, key: str, **values: object) -> str:
        """The message as plain text, for attributes and drawings, which escape it themselves."""
        return self._template(key).format(**values)

    def counted(self, key: str, n: int, **values: object) -> Markup:
        """The message in the form for `n`, as HTML."""
        return self.html(self._form(key, n), n=self.locale.number(n), **values)

    def counted_plain(self, key: str, n: int, **values: object) -> str:
        """The message in the form for `n`, as plain text."""
        return self.plain(self._form(key, n), n=self.locale.number(n), **values)

    def short(self, name: str) -> str:
        """A name for a sentence: at most 48 letters; the numbers hold it whole."""
        return name if len(name) <= _SHORT else name[: _SHORT - 1].rstrip() + "\u2026"

    def listed(self, names: Sequence[str], *, bold: bool = False) -> Markup:
        """ "A, B and C", escaped."""
        short = [self.short(name) for name in names]
        shown = [Markup("<b>{}</b>").format(name) if bold else escape(name) for name in short]
        if len(shown) < 2:
            return Markup("").join(shown)
        return self.html("list.and", first=Markup(", ").join(shown[:-1]), last=shown[-1])

    def listed_plain(self, names: Sequence[str]) -> str:
        """ "A, B and C", not escaped."""
        if len(names) < 2:
            return "".join(names)
        return self.plain("list.and", first=", ".join(names[:-1]), last=names[-1])

    def _form(self, key: str, n: int) -> str:
        return f"{key}.one" if n == 1 else f"{key}.other"

    def _template(self, key: str) -> str:
        try:
            return self.messages[key]
        except KeyError:
            raise CatalogueError(
                f"There is no message {key} in {self.locale.code}.",
                hint="Add it to the messages of the pages.",
            ) from None


LOCALES: Mapping[str, Locale] = {"en": ENGLISH, "de": GERMAN}
LANGUAGES = tuple(LOCALES)
"""Codes of the languages that pages speak; the first where none is asked for."""


@cache
def words_in(language: str) -> Words:
    """The words of a language that has a locale and a file of messages; English for the rest."""
    locale = LOCALES.get(language, ENGLISH)
    messages: dict[str, str] = {}
    for code in dict.fromkeys((ENGLISH.code, locale.code)):
        folder = Path(__file__).parent / "messages"
        for file in (folder / f"{code}.toml", *sorted(folder.glob(f"{code}_*.toml"))):
            messages |= tomllib.loads(file.read_text(encoding="utf-8"))
    return Words(messages, locale)
