"""What people do beside studying, each signed in as themself, over HTTP.

Before the night: somebody joins, opts out and asks to be forgotten; an application sends events twice and broken ones;
the registrar numbers the courses as the campus system does, two of them alike; people ask for access and are answered;
the product team notes what it saw. After the night: the advisor takes on what the scores raised and helps, and the
steward certifies. Everything is looked up first, so that a start which was broken off goes on without doing it twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Self
from uuid import NAMESPACE_URL, uuid5

import httpx

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.roles import Role
from akademos.demo.personas import ADVISOR, CAREER_CHANGER, STUDENT
from akademos.demo.simulation import History
from akademos.errors import Conflict, Unavailable
from akademos.sdk.client import Client

STEWARD, PRODUCT, ANALYST, REGISTRAR = "steward", "product", "analyst", "admin"
"""Ids of staff, as the sign-in of a development installation names them; their roles are granted by the tenant."""

GRANTED: tuple[tuple[str, Role], ...] = (
    (STEWARD, "steward"),
    (PRODUCT, "product"),
    (ANALYST, "analyst"),
    (REGISTRAR, "admin"),
)
GUEST = "lena"
"""Joins, looks around, opts out, and asks to be forgotten."""

NUMBERS = {"anatomy": "ANA-101", "algebra": "MAT-200", "data-analysis": "MAT-200"}
REASON = "weekly meeting on students in focus"
HELPED = 2
"""How many of the advisor's alerts are taken on."""

WAITS_S = 60.0
_LOOK_EVERY_S = 0.25


class PeopleAtWork:
    """The people of one institution at one server.

    Args:
        token: makes a token for a person in a role, as the host application does.
    """

    def __init__(self, url: str, key: str, text_version: str, token: Callable[[str, Role], str]) -> None:
        self._url = url
        self._key = key
        self._text_version = text_version
        self._token = token

    def before_the_night(self, history: History, recent: Sequence[Mapping[str, Any]]) -> None:
        """What the night's jobs and checks find; `recent` are events that were sent before."""
        self._join_and_leave()
        self._send_twice_and_broken(history, recent)
        with self._as(REGISTRAR, "admin") as registrar:
            _number_courses(registrar)
        with self._as(PRODUCT, "product") as product:
            _note(product, history)
        self._ask_for_access()
        with self._as(history.learners.user_ids[CAREER_CHANGER], "learner") as learner:
            _ask_for_rectification(learner)

    def after_the_night(self, history: History) -> None:
        """What follows from what the night computed; waits until the one who asked for it is forgotten."""
        with self._as(ADVISOR.user_id, "advisor") as advisor:
            _help(advisor, history)
            _suggest(advisor, history)
        with self._as(STEWARD, "steward") as steward:
            said = {"level": "certified", "statement": "Compared with the syllabus of the demo institution."}
            steward.put("/v1/catalogue/datasets/topics/certification", said)
            _wait_until_forgotten(steward)

    def _as(self, user_id: str, role: Role) -> _Desk:
        return _Desk(self._url, self._token(user_id, role))

    def _join_and_leave(self) -> None:
        with self._as(STEWARD, "steward") as steward:
            if steward.get("/v1/erasures")["erasures"]:
                return
        with _Desk(self._url, self._key) as host:
            joined = {
                "user_id": GUEST,
                "decision": "granted",
                "purposes": [purpose.value for purpose in Purpose],
                "text_version": self._text_version,
            }
            host.post("/v1/consent", joined)
            host.post("/v1/consent/tracking", {"user_id": GUEST, "tracking_opt_out": False})
            self._send([_visit("1"), _visit("2"), _opting_out()], {"accepted": 3})
            host.post("/v1/consent/tracking", {"user_id": GUEST, "tracking_opt_out": True})
            self._send([_visit("3")], {"suppressed": 1})  # an application that did not hear of it
        with self._as(GUEST, "learner") as guest:
            guest.post("/v1/erasures", {"reason": "I only wanted to look around."})

    def _send_twice_and_broken(self, history: History, recent: Sequence[Mapping[str, Any]]) -> None:
        """The same event again, the same id with other content, and an answer without what makes it one."""
        student = history.learners.user_ids[STUDENT]
        of_student = [one for one in recent if one.get("user_id") == student]
        answer = next(one for one in of_student if one["event_name"] == "question_submitted")
        other = {**answer, "properties": {**answer["properties"], "hints": answer["properties"]["hints"] + 1}}
        broken = {**answer, "event_id": str(uuid5(NAMESPACE_URL, answer["event_id"])), "properties": {"correct": "yes"}}
        self._send([answer, other, broken], {"duplicate": 1, "conflict": 1, "rejected": 1})

    def _send(self, events: Sequence[Mapping[str, Any]], expected: Mapping[str, int]) -> None:
        with Client(self._url, self._key) as client:
            counts = client.send(events).counts
        if dict(counts) != dict(expected):
            raise Conflict(f"Verdicts are {dict(counts)} instead of {dict(expected)}.", hint="Report it.")

    def _ask_for_access(self) -> None:
        asked: tuple[tuple[str, Role, str, str], ...] = (
            (ANALYST, "analyst", "research_dataset", "Comparing dropout between terms, without individuals."),
            (ADVISOR.user_id, "advisor", "faculty_self_service", "I would like to look at all courses."),
        )
        for user_id, role, name, reason in asked:
            with self._as(user_id, role) as person:
                if not person.get("/v1/catalogue/requests")["requests"]:
                    person.post("/v1/catalogue/requests", {"kind": "product", "name": name, "reason": reason})
        answers = {
            "research_dataset": (True, "For the study of this term."),
            "faculty_self_service": (False, "Your own learners are on Students in focus."),
        }
        with self._as(STEWARD, "steward") as steward:
            for one in steward.get("/v1/catalogue/requests")["requests"]:
                if one["status"] == "open":
                    approve, answer = answers[one["name"]]
                    address = f"/v1/catalogue/requests/{one['request_id']}/decision"
                    steward.post(address, {"approve": approve, "answer": answer})


def _number_courses(registrar: _Desk) -> None:
    """Numbers of the campus system for the courses; two get the same one by mistake, which becomes an issue."""
    for course_id, number in NUMBERS.items():
        address = f"/v1/records/courses/{course_id}"
        if registrar.get(address)["source_reference"] is None:
            registrar.patch(address, {"source_reference": number})


def _note(product: _Desk, history: History) -> None:
    """What the product team saw, heard and agreed on."""
    today = history.now.date()
    if product.get("/v1/analytics/kpis/notes")["notes"]:
        return
    notes: tuple[dict[str, Any], ...] = (
        {"kind": "annotation", "kpi": "weekly_active_users", "about": today - timedelta(days=40),
         "body": "Reading week: fewer sittings were to be expected."},
        {"kind": "signal", "kpi": "onboarding_completion", "about": today,
         "body": "Support reports that the third step of onboarding is found hard."},
        {"kind": "review", "kpi": "onboarding_completion", "about": today - timedelta(days=7),
         "body": "Shorten the third step and compare completion after two weeks.", "owner": "product",
         "due_on": today + timedelta(days=7)},
        {"kind": "review", "kpi": "web_vitals_lcp", "about": today - timedelta(days=7),
         "body": "Load pictures of the course page late.", "owner": "front end", "due_on": today},
    )  # fmt: skip
    for one in notes:
        days = {name: value.isoformat() for name, value in one.items() if name in ("about", "due_on")}
        kept = product.post("/v1/analytics/kpis/notes", {**one, **days})
    product.post(f"/v1/analytics/kpis/notes/{kept['note_id']}/done", {})


def _ask_for_rectification(learner: _Desk) -> None:
    if not learner.get("/v1/me/requests"):
        wrong = {"kind": "rectification", "concerns": "time_zone", "said": "I moved to Lisbon in the summer."}
        learner.post("/v1/me/requests", wrong)


def _help(advisor: _Desk, history: History) -> None:
    """The first alerts are taken on: one learner is spoken with, and it helped; another one will be."""
    reason = {"X-Access-Reason": REASON}
    if advisor.get("/v1/records/interventions", reason)["records"]:
        return
    raised = [one for one in advisor.get("/v1/records/alerts", reason)["records"] if one["status"] == "raised"]
    for place, alert in enumerate(raised[:HELPED]):
        address = f"/v1/records/alerts/{alert['id']}/actions"
        advisor.post(f"{address}/acknowledge", {}, reason)
        help_ = {
            "user_id": alert["user_id"],
            "alert_id": alert["alert_id"],
            "course_id": alert["course_id"],
            "kind": "tutoring" if place else "conversation",
            "staff_id": ADVISOR.user_id,
            "starts_on": (history.now.date() + timedelta(days=2 * place)).isoformat(),
            "arm": "treated",
            "assignment": "chosen",
        }
        noted = advisor.post("/v1/records/interventions", help_, {**reason, "Idempotency-Key": alert["alert_id"]})
        if place:
            continue
        acts = f"/v1/records/interventions/{noted['id']}/actions"
        advisor.post(f"{acts}/start", {}, reason)
        said = {"outcome": "helped", "outcome_note": "A plan for the next two weeks is agreed."}
        advisor.post(f"{acts}/complete", said, reason)
        advisor.post(f"{address}/resolve", {"outcome": "A plan is agreed."}, reason)


def _suggest(advisor: _Desk, history: History) -> None:
    """Two steps for the student, who has not answered yet."""
    reason = {"X-Access-Reason": REASON}
    if advisor.get("/v1/records/recommendations", reason)["records"]:
        return
    soon = history.now.date() + timedelta(days=4)
    steps = (
        ("Bring two questions about nerves to the tutorial", "They weigh much in the exam.", soon),
        ("Ask the study office for a desk in the quiet room", "You said that it is loud at home.", None),
    )
    for action, why, last in steps:
        step = {"user_id": history.learners.user_ids[STUDENT], "action": action, "reason": why}
        until = {} if last is None else {"expires_at": f"{last}T18:00:00+00:00"}
        advisor.post("/v1/records/recommendations", {**step, **until, "source_trigger": "advisor"}, reason)


def _wait_until_forgotten(steward: _Desk) -> None:
    deadline = time.monotonic() + WAITS_S
    while any(one["completed_at"] is None for one in steward.get("/v1/erasures")["erasures"]):
        if time.monotonic() > deadline:
            raise Unavailable(
                f"An erasure was not done within {WAITS_S:.0f} seconds.",
                hint="Look at what the worker logged, and start the demo again; it goes on where it stopped.",
            )
        time.sleep(_LOOK_EVERY_S)


def _visit(number: str) -> dict[str, Any]:
    return {
        "event_name": "session_started",
        "user_id": GUEST,
        "session_id": f"{GUEST}-{number}",
        "properties": {"sign_in_method": "password", "channel": "web"},
    }


def _opting_out() -> dict[str, Any]:
    return {
        "event_name": "settings_tracking_opt_out",
        "user_id": GUEST,
        "context_page": "/settings/privacy",
        "opt_out_status": True,
        "properties": {"tracking_opt_out": True, "opt_out_channel": "settings"},
    }


class _Desk:
    """One person at the API. A refusal ends the furnishing: the demo asks for nothing that it may not have."""

    def __init__(self, url: str, token: str) -> None:
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def get(self, address: str, headers: Mapping[str, str] | None = None) -> Any:
        """What is there."""
        return _answered(self._http.get(address, headers=headers))

    def post(self, address: str, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Any:
        """Something new, or an act."""
        return _answered(self._http.post(address, json=body, headers=headers))

    def patch(self, address: str, body: Mapping[str, Any]) -> Any:
        """Other values for some fields, upon the version that stands."""
        version = self._http.get(address).headers["ETag"]
        return _answered(self._http.patch(address, json=body, headers={"If-Match": version}))

    def put(self, address: str, body: Mapping[str, Any]) -> Any:
        """Something in the place of what was there."""
        return _answered(self._http.put(address, json=body))


def _answered(response: httpx.Response) -> Any:
    if not response.is_success:
        raise Unavailable(
            f"{response.request.method} {response.request.url.path} was refused: {response.status_code} "
            f"{response.text[:200]}",
            hint="Start the demo again; it goes on where it stopped.",
        )
    return response.json()
