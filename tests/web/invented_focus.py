"""Invented lines of the list of students in focus, as `/v1/analytics/students-in-focus` gives them."""

from __future__ import annotations

from tests.web.invented_forms import Json

from akademos.serving.pages.focus_words import change_words, reason_words
from akademos.serving.pages.wording import words_in

REASONS: tuple[Json, ...] = (
    {"theme": "inactivity", "effect": 0.8, "facts": {"inactive_days": 11.0}},
    {"theme": "assessments", "effect": 0.5, "facts": {"missed": 1.0, "late": 0.0}},
    {"theme": "effort", "effect": 0.3, "facts": {"clicks_place": 0.12}},
    {"theme": "materials", "effect": 0.2, "facts": {"coverage_most": 0.4}},
    {"theme": "marks", "effect": 0.2, "facts": {"score_mean": 0.44}},
    {"theme": "rhythm", "effect": 0.1, "facts": {"active_days_14": 1.0}},
    {"theme": "registration", "effect": 0.1, "facts": {"registered_day": -3.0}},
)


def focus_lines(*, by_rule: bool = False, learners: int = 24, language: str = "de") -> list[Json]:
    """As many learners, most likely first; every theme is somebody's reason."""
    words, lines = words_in(language), []
    for n in range(learners):
        risk = round(0.94 - 0.035 * n, 4)
        reasons = [REASONS[(n + k) % len(REASONS)] for k in range(n % 4)]
        changed = [{"theme": "inactivity", "by": 0.4 - 0.05 * n}] if n % 3 == 0 else []
        lines.append(
            {
                "learner": {
                    "key": f"00000000-0000-4000-8000-{n:012}",
                    "display_name": None if n == 3 else f"Learner {n} <b>of a very long name that goes on and on</b>",
                },
                "user_id": f"u{n}",
                "course_id": "maths",
                "course": "Mathematics 1",
                "as_of": "2026-03-09",
                "computed_at": "2026-03-09T03:45:00Z",
                "course_day": 35,
                "basis": "rule" if by_rule else "model",
                "model_version": None if by_rule else 4,
                "risk": None if by_rule else risk,
                "level": "high" if risk >= 0.6 else "raised" if risk >= 0.35 else "low",
                "reasons": [{**one, "text": reason_words(one, words)} for one in reasons],
                "previous_risk": None if by_rule or n % 5 == 4 else round(risk - 0.1 + 0.01 * n, 4),
                "changed": [{**one, "text": change_words(one, words)} for one in changed],
            }
        )
    return lines
