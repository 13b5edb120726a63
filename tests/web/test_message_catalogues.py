"""The files of messages: every language says everything, with the same values and markup, in careful words."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from akademos.serving import pages
from akademos.serving.pages.careless_words import careless
from akademos.serving.pages.wording import LANGUAGES, LOCALES

FOLDER = Path(pages.__file__).parent / "messages"
OTHERS = [language for language in LANGUAGES if language != "en"]
OF_THINGS = ("error.500", "ops.", "catalogue.", "content.", "items.", "kpi.", "kpis.", "journeys.step.", "models.")
"""Beginnings of messages about machines, checks, models, content and questions: those may fail, rank and be wrong."""
WITH_A_YEAR = (".as_of", ".review.next", ".survival.median")
"""Ends of messages whose day comes with its year, or is a number of days."""


def own_messages(language: str) -> dict[str, str]:
    """What the files of a language hold themselves, without the English that would stand in."""
    found: dict[str, str] = {}
    for file in (FOLDER / f"{language}.toml", *sorted(FOLDER.glob(f"{language}_*.toml"))):
        more = tomllib.loads(file.read_text(encoding="utf-8"))
        assert not found.keys() & more.keys(), f"{file.name} says again what another file says"
        found |= more
    return found


MESSAGES = {language: own_messages(language) for language in LANGUAGES}


def values_of(message: str) -> set[str]:
    return set(re.findall(r"{(\w+)}", message))


def said_in(message: str) -> str:
    """What a reader reads of it: no markup, no names of values."""
    return re.sub(r"<[^>]*>|{\w+}", " ", message)


def markup_of(message: str) -> Counter[str]:
    return Counter(re.findall(r"<[^>]*>", message))


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_says_all_that_english_says_and_nothing_else(language: str) -> None:
    assert MESSAGES[language].keys() - MESSAGES["en"].keys() == set()
    assert MESSAGES["en"].keys() - MESSAGES[language].keys() == set()


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_keeps_values_and_markup(language: str) -> None:
    for key, message in MESSAGES[language].items():
        english = MESSAGES["en"][key]
        assert values_of(message) == values_of(english), key
        assert markup_of(message) == markup_of(english), key
        assert bool(message) == bool(english), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_that_count_come_in_both_forms(language: str) -> None:
    for key in MESSAGES[language]:
        if key.endswith(".one"):
            assert key.removesuffix(".one") + ".other" in MESSAGES[language], key


@pytest.mark.parametrize("language", LANGUAGES)
def test_messages_are_careful(language: str) -> None:
    for key, message in MESSAGES[language].items():
        assert careless(said_in(message), language) == [] or key.startswith(OF_THINGS), key


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "Two failed, one is weak; the window is weekly.", ["failed", "weak"]),
        ("en", "Nobody is at risk of a backlog.", ["at risk"]),
        ("de", "Schwache Leistung, viele Fehler, hinterher.", ["Schwache", "Fehler", "hinterher"]),
        ("de", "Noch Luft nach oben: der nächste Schritt.", []),
    ],
)
def test_careless_words_are_found(language: str, text: str, found: list[str]) -> None:
    assert careless(text, language) == found


@pytest.mark.parametrize("language", [code for code, one in LOCALES.items() if any("." in m for m in one.months)])
def test_a_day_never_ends_a_sentence_where_months_end_in_a_dot(language: str) -> None:
    """ "bis zum 5. Jan.." is what would come of it."""
    for key, message in MESSAGES[language].items():
        if not key.endswith(WITH_A_YEAR):
            assert not re.search(r"{(?:day|early|late)}(?:</\w+>)?\.", message), key


def test_german_is_formal_and_has_its_own_quotation_marks() -> None:
    for key, message in MESSAGES["de"].items():
        said = said_in(message)
        assert not re.search(r"\b(?:du|dein\w*|dir|dich|euch|euer\w*)\b", said, re.IGNORECASE), key
        assert '"' not in said, key
        assert "“" not in said or "„" in said, key
        assert not re.search(r"\d%", said), key
