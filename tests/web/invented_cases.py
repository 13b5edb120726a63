"""The learners that the pages are shown with.

`rich` (a term of answers in six areas), `new` (nothing yet), `order` (answers without a clock), `many` (110 flat
topics), `hostile` (long names with markup in them), `broken` (answers that could not be had), `small` (four
topics, one estimate).
"""

from __future__ import annotations

from datetime import timedelta

from tests.web.invented_forms import AREAS, NOW, Json, estimate, iso
from tests.web.invented_learners import Learner

from akademos.serving import pages
from akademos.stores.ports.record_store import RecordRow


def without_clock(answers: Json) -> Json:
    """What the contract says of answers that have an order only."""
    for answer in answers.values():
        answer["clock"] = "order"
        answer["provenance"] |= {"first_event_at": None, "last_event_at": None}
    needs: Json = {"status": "needs_clock"}
    answers["dashboard"] |= {
        "rhythm": needs | {"daily": []},
        "reviews": needs | {"retrieval_now": needs, "retrieval_history": []},
    }
    answers["mastery"]["history"] = []
    answers["mastery"]["overall"] |= {"trend": needs, "projection": needs}
    for topic in answers["mastery"]["topics"]:
        topic |= {"trend": needs, "projection": needs, "first_answer_at": None, "last_answer_at": None}
        topic["components"]["retrieval_strength"] = None
    answers["reviews"] |= needs | {"topics": [], "calendar": [], "past": [], "due_items": None, "due_topics": None}
    return answers


def nothing_yet() -> Json:
    """What the contract says of somebody without any event."""
    header = Learner().header()
    header |= {"clock": "none"}
    header["provenance"] |= {"events": 0, "answers": 0, "first_event_at": None, "last_event_at": None}
    none: Json = {"status": "no_data"}
    return {
        "dashboard": header
        | {
            "today": none,
            "rhythm": none,
            "reviews": none,
            "mastery": none,
            "gaps": [],
            "next_step": none,
            "readiness": none | {"missing": "no_target"},
        },
        "mastery": header | {"overall": none, "goal": 0.8, "topics": [], "history": [], "hierarchy": []},
        "reviews": header | none | {"topics": [], "calendar": [], "past": []},
        "gaps": header | {"gaps": [], "path": [], "graph": {"nodes": [], "edges": []}},
    }


def advised(before: str = "") -> Json:
    """Steps that somebody suggested: one taken on, one with a last day, one of a program."""
    last = "2027-03-01T00:00:00Z"
    steps = (("accepted", "advisor", None), ("proposed", "advisor", last), ("shown", "a program", None))
    rows = [
        RecordRow(
            (f"s{n}",),
            {
                "action": before + "See the tutor on Friday" + " and once more" * 14 * (n == 2),
                "reason": before + "Two chapters are open.",
                "priority": 3,
                "source_trigger": trigger,
                "status": status,
                "expires_at": until,
                "created_at": "2026-03-01T08:00:00Z",
            },
            1,
        )
        for n, (status, trigger, until) in enumerate(steps)
    ]
    return {"suggested": rows, "answer_to": "/my-progress/suggestions"}


def learner_answers(who: str, topic: str | None = None) -> Json:
    """The keyword arguments of `render_my_progress` for one of the invented learners."""
    if who == "new":
        return nothing_yet()
    if who == "broken":
        failure = pages.LoadFailure("The learner's numbers did not arrive in time.", NOW)
        return Learner().answers() | {"reviews": failure, "gaps": failure, "readiness": failure}
    if who == "many":
        flat = {
            "": [
                f"Skill {n}: {w} of things"
                for n, w in zip(range(110), ["Addition", "Area", "Equation solving"] * 40, strict=False)
            ]
        }
        pairs = list(flat[""])
        return Learner(areas=flat, edges=list(zip(pairs, pairs[7:], strict=False))[:80], unknown=9).answers(topic)
    if who == "hostile":
        long = "An exceptionally long topic name that goes on and on and never seems to come to its end"
        areas = {
            f'<img src=x onerror=alert(1)> & "{a}" {long}': [f"<script>alert('{t}')</script> {long}" for t in m]
            for a, m in AREAS.items()
        }
        pairs = [n for m in areas.values() for n in m]
        learner = Learner("<b>Sam</b> & \u201cCo\u201d", areas, list(zip(pairs, pairs[3:], strict=False)))
        return learner.answers(topic) | advised("<script>alert(1)</script> ")
    if who == "order":
        return without_clock(Learner().answers(topic))
    if who == "small":
        return Learner(areas={"": ["Ratios", "Fractions", "Percentages", "Exponents"]}, edges=[], unknown=3).answers(
            topic
        )
    return Learner().answers(topic) | advised()


def class_rows() -> list[Json]:
    """The instructor's rows."""
    people = [
        ("Amara O.", 0.44, 16),
        ("Ben K.", 0.52, 3),
        ("Chen L.", 0.81, 0),
        ("Dina R.", 0.63, 1),
        ("Elif S.", None, 12),
        ("Farid M.", 0.38, 2),
        (None, 0.72, None),
        ("<i>Gus</i>", 0.9, 5),
    ]
    return [
        {
            "learner": {"key": f"{n}f0c5b0e-5d0a-4a44-8f0f-1f8d3f6f0b11", "display_name": name},
            "courses": ["Mathematics 1", "Statistics"] if n % 3 else ["Mathematics 1"],
            "clock": "order" if idle is None else "exact",
            "mastery": estimate(value, 60 if value else 2),
            "last_active_at": None if idle is None else iso(NOW - timedelta(days=idle)),
        }
        for n, (name, value, idle) in enumerate(people)
    ]


def invented_accesses() -> list[pages.Access]:
    """What a learner reads about who saw their data: names, strangers, refusals, a reason that is no markup."""
    seen = [
        ("instructor", "Dr. Ines Adeyemi", "/my-progress", "Office hours", "allowed"),
        ("learner", None, "/v1/analytics/dashboard", None, "allowed"),
        ("instructor", "Dr. Ines Adeyemi", "/v1/learners", None, "allowed"),
        ("instructor", None, "command line: akademos learner (op)", "<i>a mistake</i> " + "long " * 30, "scope"),
        ("admin", None, "/v1/analytics/reviews", None, "role"),
        ("service", None, "/some/address/that/nobody/has/words/for", None, "consent_withdrawn"),
    ]
    return [
        pages.Access(
            at=NOW - timedelta(hours=7 * n),
            role=role,
            name=name,
            own=role == "learner",
            what=what,
            purposes=("learning_support", "advising") if n % 2 else (),
            reason=reason,
            decision=decision,
        )
        for n, (role, name, what, reason, decision) in enumerate(seen * 3)
    ]
