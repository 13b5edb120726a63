"""Every state machine there is, driven over HTTP by whoever may and may not.

No row reaches a state that is not declared, a refusal changes nothing, every audited change has its audit row and every
audit row its change, and the chain holds.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from starlette.testclient import TestClient
from tests.records.test_walls import everything
from tests.serving.institution import Institution

from akademos.catalogue.records import BY_COLLECTION, BY_NAME, RECORDS
from akademos.catalogue.records.declaration import Record
from akademos.catalogue.roles import Role
from akademos.privacy.audit_chain import ChainRow, first_broken

__all__ = ["everything"]

WITH_STATES = [one for one in RECORDS if one.life_cycle is not None]
PEOPLE: dict[Role, str] = {
    "learner": "ada", "instructor": "prof", "advisor": "ann", "admin": "root", "product": "pam", "steward": "sue",
}  # fmt: skip
SENT: dict[tuple[str, str], dict[str, Any]] = {
    ("learning_certificates", "revoke"): {"revocation_reason": "r"},
    ("learner_assessments", "grade"): {"score": 0.5},
    ("learner_interventions", "complete"): {"outcome": "no_change"},
}
FOLLOWED: dict[tuple[str, str], str] = {
    ("learning_quiz_attempts", "submit"): "scored",
    ("procurement_maturity_assessments", "submit"): "scored",
}
"""Actions upon which the platform acts further."""


class Acts(RuleBasedStateMachine):
    """Acts on one row of every record at random."""

    institution: Institution
    rows: dict[str, str]
    """Address by record."""
    clients: dict[Role, TestClient]
    done: Counter[tuple[str, str]]

    @initialize()
    def begin(self) -> None:
        self.standing = {name: self.clients["service"].get(at).json() for name, at in self.rows.items()}

    @rule(data=st.data(), record=st.sampled_from(WITH_STATES), stale=st.sampled_from([False, False, False, True]))
    def act(self, data: Any, record: Record, stale: bool) -> None:
        if record.name not in self.rows:
            return
        assert record.life_cycle is not None
        action = data.draw(st.sampled_from(record.life_cycle.actions))
        role: Role = data.draw(st.just("service") | st.sampled_from(sorted(self.clients)))
        before = self.standing[record.name]
        state = before[record.life_cycle.column]
        headers = {"If-Match": f'"{before["version"] + 9}"'} if stale else {"If-Match": f'"{before["version"]}"'}
        sent = SENT.get((record.name, action), {})
        at = self.rows[record.name]
        answer = self.clients[role].post(f"{at}/actions/{action}", json=sent, headers=headers)
        after = self.clients["service"].get(at).json()
        where = (record.name, state, action, role, answer.text)
        if answer.status_code != 200:
            assert after == before, where
            assert answer.status_code in {403, 404, 409, 412, 422}, where
            mine = any(one.role == role and one.lets("act", action) for one in record.access)
            if record.actions[action].by_platform:
                assert answer.status_code == 404, where
            elif not mine:
                assert answer.status_code == 403, where
            elif role == "service" and stale:
                assert answer.status_code == 412, where
            elif role == "service" and action not in record.life_cycle.transitions[state]:
                assert answer.status_code == 409, where
                assert all(one in answer.json()["hint"] for one in record.life_cycle.allowed(state)), where
            return
        assert not stale, where
        expected = record.life_cycle.transitions[state][action]
        allowed = {expected, FOLLOWED.get((record.name, action), expected)}
        assert after[record.life_cycle.column] in allowed, where
        assert after["version"] > before["version"], where
        self.standing[record.name] = after
        self.done[record.name, action] += 1

    def teardown(self) -> None:
        hold_what_must(self.institution)


def hold_what_must(institution: Institution) -> None:
    """The laws over what the database holds."""
    with institution.database.pipeline() as transaction:
        changes = transaction.execute(
            "SELECT record, key, action, version, before, after FROM record_changes WHERE tenant_id = %s",
            (institution.tenant,),
        ).fetchall()
        log = transaction.execute(
            "SELECT tenant_id, seq, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), actor, "
            "action, subject, detail, previous, hash FROM audit_log WHERE tenant_id = %s ORDER BY seq",
            (institution.tenant,),
        ).fetchall()
    assert first_broken(ChainRow(*row) for row in log) is None
    noted = [json.loads(row[6]) | {"action": row[4]} for row in log]
    said = Counter(
        (one["record"], one["act"], one["version"], json.dumps(one["key"], sort_keys=True))
        for one in noted
        if "act" in one and "field" not in one
    )
    due: Counter[tuple[Any, ...]] = Counter()
    for name, key, action, version, before, after in changes:
        record = BY_NAME.get(name)
        if record is None:
            continue
        cycle = record.life_cycle
        if cycle is not None and before is not None and cycle.column in before:
            step = (before[cycle.column], after[cycle.column])
            assert step[0] == step[1] or step in cycle.pairs, (name, key, action, step)
        if action in record.audited:
            plain = {one.name: str(key[one.name]) for one in record.keys if one.kind != "person"}
            due[name, action, version, json.dumps(plain, sort_keys=True)] += 1
    # The institution's assignments were written past the doors, when it was furnished.
    assert due - said == Counter(
        {
            ("advisee_assignments", "create", 1, "{}"): 2,
            ("staff_assignments", "create", 1, '{"course_id": "algebra", "role": "instructor"}'): 1,
        }
    )
    assert not said - due


def test_no_sequence_of_acts_on_any_record_breaks_a_law(
    everything: dict[str, str],  # the fixture of that name
    host: TestClient,
    institution: Institution,
) -> None:
    Acts.institution, Acts.done = institution, Counter()
    Acts.clients = {role: institution.as_(name, role) for role, name in PEOPLE.items()}
    Acts.clients["service"] = host
    Acts.rows = {name: at for name, at in everything.items() if BY_NAME[name].life_cycle is not None}
    # What a service account does not keep is written by advisors, and read by nobody else.
    assert {one.name for one in WITH_STATES} - Acts.rows.keys() == {"advising_notes"}
    run_state_machine_as_test(
        Acts,
        settings=settings(
            max_examples=6, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
    assert Acts.done


def test_every_declared_step_and_no_other_is_taken(
    everything: dict[str, str],  # the fixture of that name
    host: TestClient,
    institution: Institution,
) -> None:
    """From every state that service accounts reach: what is declared succeeds or says what stands in its way, and what
    is not is a 409 that names what is allowed. Then the laws hold."""
    tried: set[tuple[str, str]] = set()
    for name, at in everything.items():
        record = BY_NAME[name]
        cycle = record.life_cycle
        if cycle is None:
            continue
        for _ in range(3 * len(cycle.states)):
            state = host.get(at).json()[cycle.column]
            for action in cycle.actions:
                if action in cycle.transitions[state] or record.actions[action].by_platform:
                    continue
                refused = host.post(f"{at}/actions/{action}", json=SENT.get((name, action), {}))
                expected = (
                    {409} if any(one.role == "service" and one.lets("act", action) for one in record.access) else {403}
                )
                assert refused.status_code in expected, (name, state, action, refused.text)
            onward = [one for one in cycle.transitions[state] if (name, f"{state}:{one}") not in tried]
            if not onward:
                break
            for action in onward:
                tried.add((name, f"{state}:{action}"))
                answer = host.post(f"{at}/actions/{action}", json=SENT.get((name, action), {}))
                assert answer.status_code in {200, 403, 404, 409, 422}, (name, state, action, answer.text)
                if answer.status_code == 200:
                    break
                assert host.get(at).json()[cycle.column] == state, (name, state, action)
    assert len({name for name, _ in tried}) == len(WITH_STATES) - 1
    hold_what_must(institution)


def test_the_models_name_every_collection() -> None:
    assert {one.collection for one in WITH_STATES} <= BY_COLLECTION.keys()
    for name, action in (*SENT, *FOLLOWED):
        assert action in BY_NAME[name].actions
