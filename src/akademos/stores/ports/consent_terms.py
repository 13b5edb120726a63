"""Port of the terms of consent: the texts that people are shown, and the age from which they decide alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from akademos.catalogue.declarations import Purpose


@dataclass(frozen=True, slots=True)
class ConsentText:
    """What people are asked for one purpose, in one language; of several versions the newest whose `shown_from` has
    come is shown."""

    purpose: Purpose
    version: str
    language: str
    body: str
    shown_from: datetime


def shown(texts: list[ConsentText], purpose: Purpose, language: str, now: datetime) -> ConsentText | None:
    """The text to show: the newest version that is due, in the language, else in English, else in any."""
    due = [text for text in texts if text.purpose == purpose and text.shown_from <= now]
    if not due:
        return None
    newest = max(due, key=lambda text: (text.shown_from, text.version))
    of_version = [text for text in due if text.version == newest.version]
    order = {language: 0, "en": 1}
    return min(of_version, key=lambda text: (order.get(text.language, 2), text.language))


class ConsentTerms(Protocol):
    """Texts are append-only; every change is audited."""

    def declare(self, tenant_id: str, text: ConsentText, *, declared_by: str) -> bool:
        """Add a text; false when it is already there.

        Raises:
            Conflict: it is there with other words.
            NotFound: there is no such tenant.
        """
        ...

    def texts(self, tenant_id: str) -> list[ConsentText]:
        """All texts of a tenant; the built-in ones for purposes for which it has declared none."""
        ...

    def set_age_limit(self, tenant_id: str, years: int, *, set_by: str) -> None:
        """From which age people decide alone.

        Raises:
            InputError: no age.
            NotFound: there is no such tenant.
        """
        ...

    def age_limit(self, tenant_id: str) -> int:
        """From which age people decide alone, in years."""
        ...

    def note_birth(self, tenant_id: str, learner_key: str, born_on: date) -> None:
        """Keep a person's date of birth, sealed; needed only where minors are asked.

        Raises:
            InputError: it lies ahead.
            NotFound: there is no such person.
        """
        ...
