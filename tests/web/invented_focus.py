"""Invented lines of the list of students in focus, as `/v1/analytics/students-in-focus` gives them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime

from tests.web.invented_forms import Json

from akademos.serving.pages.focus_words import change_words, reason_words
from akademos.serving.pages.focus_work import FocusWork, Somebody, about_value
from akademos.serving.pages.wording import words_in
from akademos.stores.ports.alerts import AlertSettings, OpenAlerts
from akademos.stores.ports.intervention_effects import PublishedEffect
from akademos.stores.ports.record_store import RecordRow

REASONS: tuple[Json, ...] = (
    {"theme": "inactivity", "effect": 0.8, "facts": {"inactive_days": 11.0}},
    {"theme": "assessments", "effect": 0.5, "facts": {"missed": 1.0, "late": 0.0}},
    {"theme": "effort", "effect": 0.3, "facts": {"clicks_place": 0.12}},
    {"theme": "materials", "effect": 0.2, "facts": {"coverage_most": 0.4}},
    {"theme": "marks", "effect": 0.2, "facts": {"score_mean": 0.44}},
    {"theme": "rhythm", "effect": 0.1, "facts": {"active_days_14": 1.0}},
    {"theme": "registration", "effect": 0.1, "facts": {"registered_day": -3.0}},
)


def focus_lines(
    *, by_rule: bool = False, own_pace: bool = False, learners: int = 24, language: str = "de"
) -> list[Json]:
    """As many learners, most likely first; every theme is somebody's reason. With `own_pace` every other one is in a
    course without dates."""
    words, lines = words_in(language), []
    for n in range(learners):
        risk = round(0.94 - 0.035 * n, 4)
        reasons = [REASONS[(n + k) % len(REASONS)] for k in range(n % 4)]
        changed = [{"theme": "inactivity", "by": 0.4 - 0.05 * n}] if n % 3 == 0 else []
        hazard = own_pace and n % 2 == 1
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
                "basis": "rule" if by_rule else "hazard" if hazard else "model",
                "horizon_days": 28 if hazard else None,
                "model_version": None if by_rule else 2 if hazard else 4,
                "risk": None if by_rule else risk,
                "level": "high" if risk >= 0.6 else "raised" if risk >= 0.35 else "low",
                "reasons": [{**one, "text": reason_words(one, words)} for one in reasons],
                "previous_risk": None if by_rule or n % 5 == 4 else round(risk - 0.1 + 0.01 * n, 4),
                "changed": [{**one, "text": change_words(one, words)} for one in changed],
            }
        )
    return lines


def focus_work(lines: Sequence[Json]) -> FocusWork:
    """Alerts in every state, help in every state, notes, both designs of effects, mail switched on, a form refused."""
    users = [str(line["user_id"]) for line in lines]
    alerts = [
        RecordRow(
            (f"a{n}",),
            {
                "alert_id": f"a{n}", "user_id": users[n], "course_id": "maths",
                "severity": "high" if n % 2 else "medium",
                "kind": ("new_in_focus", "sharp_rise", "a very long kind that somebody made up <b>here</b>")[n % 3],
                "reason": "Sharp rise: chance of not completing 72%, 20 points more than the week before.",
                "status": ("raised", "raised", "raised", "acknowledged", "acknowledged", "resolved", "dismissed")[n],
                "resolved_at": None if n < 5 else "2026-03-10T09:00:00Z",
                "outcome": "A talk <b>about</b> a new job." if n == 5 else None,
                "handler_id": None if n < 3 else ("ann", "eve")[n % 2],
                "owner_id": ("ann", "eve", None)[n % 3], "created_at": "2026-03-09T03:45:00Z",
            },
            1,
        )
        for n in range(7)
    ]  # fmt: skip
    states = ("planned", "running", "completed", "planned")
    helped = [
        RecordRow(
            (f"i{n}",),
            {
                "intervention_id": f"i{n}", "user_id": users[n], "kind": ("tutoring", "conversation", "other", "x")[n],
                "status": states[n], "outcome": "partly" if states[n] == "completed" else None,
                "arm": "comparison" if n == 3 else "treated", "starts_on": "2026-03-02" if n else None,
                "created_at": "2026-03-01T03:45:00Z",
            },
            1,
        )
        for n in range(4)
    ]  # fmt: skip
    published = datetime(2026, 3, 9, tzinfo=UTC)
    return FocusWork(
        alerts=alerts[:5],
        settled=alerts[5:],
        notes=[
            RecordRow(
                (f"n{n}",),
                {
                    "note_id": f"n{n}",
                    "user_id": users[n],
                    "author_id": ("ann", "eve", None)[n],
                    "text": "Has a new job.\nMeets on <i>Fridays</i> only. " + "word " * 60 * n,
                    "created_at": "2026-03-09T03:45:00Z",
                },
                1,
            )
            for n in range(3)
        ],
        suggestions=[
            RecordRow(
                (f"s{n}",),
                {
                    "user_id": users[n % len(users)],
                    "action": "See the <b>tutor</b> on Friday" + " and once more" * 8 * (n % 2),
                    "reason": "Two chapters are open.",
                    "status": status,
                    "created_at": "2026-03-09T03:45:00Z",
                },
                1,
            )
            for n, status in enumerate(("proposed", "shown", "accepted", "dismissed", "completed", "expired"))
        ],
        interventions=helped,
        effects=[
            PublishedEffect("tutoring", "spring", published, "randomised", 40, 45, -0.08, -0.14, -0.02),
            PublishedEffect("conversation", "", published, "matched", 120, 120, 0.01, -0.03, 0.05),
        ],
        waiting=OpenAlerts(5, 3, "5/2026"),
        settings=AlertSettings(True, "noor.haddad@college.example", "Europe/Berlin", "20:00", "07:00", "de"),
        names={str(line["user_id"]): str(line["learner"]["display_name"]) for line in lines if line["learner"]},
        courses={"maths": "Mathematics 1"},
        people=[Somebody(about_value(user, "maths"), f"{user}, Mathematics 1") for user in users],
        learners=[Somebody(user, user) for user in users],
        colleagues=[Somebody("eve", "Eve Okonkwo-Featherstonehaugh")],
        typed={"form": "note", "learner": users[1], "text": "typed <b>before</b>"},
        ticked=frozenset({"a1"}),
        problem="Nothing was kept: who was drawn by lot belongs to a trial. Please give its name.",
        asker="ann",
        mail=True,
        today=date(2026, 3, 10),
    )
