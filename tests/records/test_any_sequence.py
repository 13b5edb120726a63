"""No sequence of calls reaches an illegal state, loses an audit row, or breaks the chain: a model beside the API."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from starlette.testclient import TestClient
from tests.records.published import filled, takeable
from tests.serving.institution import Institution

from akademos.catalogue.records import BY_COLLECTION
from akademos.privacy.audit_chain import ChainRow, first_broken

NEW: dict[str, dict[str, object]] = {
    "courses": {"title": "T"},
    "study-plans": {"user_id": "ada", "title": "T"},
    "recommendations": {"user_id": "ada", "action": "a", "reason": "r", "source_trigger": "t"},
    "quiz-attempts": {"user_id": "ada", "quiz_id": "taken"},
}
ACTIONS = sorted({action for name in NEW for action in BY_COLLECTION[name].actions})
SENT = {"score": {"score": 1}}


class Calls(RuleBasedStateMachine):
    """Creates, changes and acts at random, sometimes upon an old version, and knows what must have come of it."""

    institution: Institution
    host: TestClient

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, tuple[str, str, int]] = {}  # address -> collection, state, version
        self.audited: list[str] = []
        self.made = 0

    @initialize()
    def begin(self) -> None:
        takeable(self.host)
        self.audited = [action for action, _ in self._audit()]

    @rule(collection=st.sampled_from(sorted(NEW)))
    def create(self, collection: str) -> None:
        record = BY_COLLECTION[collection]
        self.made += 1
        key = f"{collection}-{id(self)}-{self.made}"
        answer = self.host.post(f"/v1/records/{collection}", json={record.keys[0].name: key, **NEW[collection]})
        assert answer.status_code == 201, answer.text
        if collection == "courses":
            filled(self.host, key)
        assert record.life_cycle is not None
        self.rows[answer.json()["self"]] = (collection, record.life_cycle.initial, 1)
        self._expect(collection, "create")

    @rule(data=st.data(), action=st.sampled_from(ACTIONS), stale=st.booleans())
    def act(self, data: Any, action: str, stale: bool) -> None:
        if not self.rows:
            return
        at = data.draw(st.sampled_from(sorted(self.rows)))
        collection, state, version = self.rows[at]
        record = BY_COLLECTION[collection]
        cycle = record.life_cycle
        assert cycle is not None
        headers = {"If-Match": f'"{version + 7}"'} if stale else {}
        answer = self.host.post(f"{at}/actions/{action}", json=SENT.get(action, {}), headers=headers)
        possible = cycle.transitions[state]
        declared = record.actions.get(action)
        if declared is None or declared.by_platform:
            assert answer.status_code == 404, answer.text
        elif stale:
            assert answer.status_code == 412, answer.text
        elif action not in possible:
            assert answer.status_code == 409, answer.text
            assert all(one in answer.json()["hint"] for one in possible)
        else:
            assert answer.status_code == 200, answer.text
            after, later = possible[action], version + 1
            self._expect(collection, action)
            if (collection, action) == ("quiz-attempts", "submit"):  # scored with it
                after, later = "scored", version + 2
                self._expect(collection, "score")
            assert answer.json()["status"] == after
            self.rows[at] = (collection, after, later)

    @rule(data=st.data(), stale=st.booleans())
    def change(self, data: Any, stale: bool) -> None:
        titled = sorted(at for at, (collection, _, _) in self.rows.items() if "title" in NEW[collection])
        if not titled:
            return
        at = data.draw(st.sampled_from(titled))
        collection, state, version = self.rows[at]
        title = data.draw(st.text(st.characters(categories=("L", "N")), min_size=1, max_size=5))
        said = version + 3 if stale else version
        answer = self.host.patch(at, json={"title": title}, headers={"If-Match": f'"{said}"'})
        if stale:
            assert answer.status_code == 412, answer.text
        elif collection == "courses" and state in {"published", "archived"}:
            # A draft that was put away was never published, and may still be written.
            assert answer.status_code in ({409} if state == "published" else {200, 409}), answer.text
            if answer.status_code == 200:
                self.rows[at] = (collection, state, answer.json()["version"])
        else:
            assert answer.status_code == 200, answer.text
            self.rows[at] = (collection, state, answer.json()["version"])

    @invariant()
    def every_row_is_where_it_must_be(self) -> None:
        for at, (_, state, version) in list(self.rows.items())[-3:]:
            row = self.host.get(at).json()
            assert (row["status"], row["version"]) == (state, version)

    @invariant()
    def nothing_is_missing_in_the_log_and_its_chain_holds(self) -> None:
        assert [action for action, _ in self._audit()] == self.audited

    def teardown(self) -> None:
        with self.institution.database.pipeline() as transaction:
            rows = transaction.execute(
                "SELECT tenant_id, seq, to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), actor, "
                "action, subject, detail, previous, hash FROM audit_log WHERE tenant_id = %s ORDER BY seq",
                (self.institution.tenant,),
            ).fetchall()
            noted = transaction.execute(
                "SELECT count(*), count(*) FILTER (WHERE version > 1 AND before IS NULL) FROM record_changes "
                "WHERE tenant_id = %s",
                (self.institution.tenant,),
            ).fetchone()
        assert first_broken(ChainRow(*row) for row in rows) is None
        assert noted is not None
        assert noted[1] == 0

    def _expect(self, collection: str, act: str) -> None:
        action = BY_COLLECTION[collection].audited.get(act)
        if action is not None:
            self.audited.append(action.value)

    def _audit(self) -> list[tuple[str, dict[str, Any]]]:
        with self.institution.database.pipeline() as transaction:
            rows = transaction.execute(
                "SELECT action, detail FROM audit_log WHERE tenant_id = %s AND detail LIKE %s ORDER BY seq",
                (self.institution.tenant, '%"record":%'),
            ).fetchall()
        return [(action, json.loads(detail)) for action, detail in rows]


def test_any_sequence_of_calls(institution: Institution, host: TestClient) -> None:
    Calls.institution, Calls.host = institution, host
    run_state_machine_as_test(
        Calls,
        settings=settings(
            max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
