"""The built-in texts of consent, shown where a tenant has declared none of its own; data, in two languages."""

from __future__ import annotations

from dataclasses import dataclass

from akademos.catalogue.declarations import Purpose


@dataclass(frozen=True, slots=True)
class BuiltInText:
    """One text; `shown_from` is an instant in ISO 8601."""

    purpose: Purpose
    version: str
    language: str
    body: str
    shown_from: str = "2026-01-01T00:00:00+00:00"


VERSION = "akademos-2026-1"

BUILT_IN: tuple[BuiltInText, ...] = (
    BuiltInText(
        Purpose.LEARNING_SUPPORT,
        VERSION,
        "en",
        "We keep what you do while you study (answers, materials, study times) and work out from it what you have "
        "mastered, what is due for review and where gaps are. You see all of it; instructors of your own courses see "
        "it too.",
    ),
    BuiltInText(
        Purpose.LEARNING_SUPPORT,
        VERSION,
        "de",
        "Wir bewahren auf, was Sie beim Lernen tun (Antworten, Materialien, Lernzeiten), und berechnen daraus, was Sie "
        "beherrschen, was wiederholt werden sollte und wo Lücken sind. Sie sehen alles davon; Lehrende Ihrer eigenen "
        "Kurse sehen es auch.",
    ),
    BuiltInText(
        Purpose.ADVISING,
        VERSION,
        "en",
        "Your own advisors may see estimates about your studies, with their reasons, so that they can offer help. They "
        "decide nothing automatically, and you see what they see.",
    ),
    BuiltInText(
        Purpose.ADVISING,
        VERSION,
        "de",
        "Ihre eigenen Beraterinnen und Berater dürfen Einschätzungen zu Ihrem Studium samt Begründung sehen, um Hilfe "
        "anbieten zu können. Nichts wird automatisch entschieden, und Sie sehen, was sie sehen.",
    ),
    BuiltInText(
        Purpose.PRODUCT_ANALYTICS,
        VERSION,
        "en",
        "We count how the product is used (pages, tasks, sessions) to improve it. Results are about groups, never "
        "about you alone.",
    ),
    BuiltInText(
        Purpose.PRODUCT_ANALYTICS,
        VERSION,
        "de",
        "Wir zählen, wie das Angebot genutzt wird (Seiten, Aufgaben, Sitzungen), um es zu verbessern. Ergebnisse "
        "betreffen Gruppen, nie Sie allein.",
    ),
    BuiltInText(
        Purpose.RESEARCH,
        VERSION,
        "en",
        "Your study data may be part of data sets for research on learning, without your name and only in a form in "
        "which you cannot be singled out.",
    ),
    BuiltInText(
        Purpose.RESEARCH,
        VERSION,
        "de",
        "Ihre Lerndaten dürfen Teil von Datensätzen für die Lernforschung sein, ohne Ihren Namen und nur so, dass Sie "
        "nicht herausgefunden werden können.",
    ),
    BuiltInText(
        Purpose.PEER_COMPARISON,
        VERSION,
        "en",
        "You see how your learning compares with others of your courses who chose the same, and count in what they "
        "see. Everything is about groups and in bands: nobody sees your values, there are no ranks, and no member of "
        "staff gets this comparison. It needs learning support too.",
    ),
    BuiltInText(
        Purpose.PEER_COMPARISON,
        VERSION,
        "de",
        "Sie sehen, wie Ihr Lernstand im Vergleich zu anderen Ihrer Kurse ist, die dasselbe gewählt haben, und zählen "
        "in dem mit, was diese sehen. Alles betrifft Gruppen und Bereiche: Niemand sieht Ihre Werte, es gibt keine "
        "Rangfolge, und Lehrende oder Beratende erhalten diesen Vergleich nicht. Die Lernunterstützung gehört dazu.",
    ),
)
