"""kill -9 after every step, and between the commit of the core and its count: it goes on, and ends in one receipt."""

from __future__ import annotations

import signal
import uuid

import pytest
from tests.erasure.installation import TENANT, Installation, answered, found_in
from tests.erasure.test_erasure import core, ids_of

from akademos.errors import NotFound
from akademos.privacy.erasure import STEPS
from akademos.stores.ports.identity import Identifier

pytestmark = [pytest.mark.faults, pytest.mark.slow]


@pytest.mark.parametrize("step", ["core_commit", *STEPS[1:]])
def test_an_erasure_that_was_killed_completes(installation: Installation, step: str) -> None:
    user, other = str(uuid.uuid4()), str(uuid.uuid4())
    key, beside = installation.person(user), installation.person(other)
    assert installation.send(*(answered(one) for one in (user, user, other))) == ["accepted"] * 3
    installation.move()
    taken = installation.system.erasures.request(TENANT, Identifier("user", user), by=None, reason="leaves")

    assert installation.killed_at(step) == -signal.SIGKILL

    # From the first step on the person is refused, whatever was killed.
    assert installation.send(answered(user)) == ["suppressed"]
    with pytest.raises(NotFound):
        installation.system.consent.decide(TENANT, key, [], "granted", text_version="v", recorded_by="test")
    job = installation.system.erasure_job()
    job.run()
    job.run()
    done = installation.system.erasures.get(TENANT, taken.erasure_id)
    assert done is not None
    assert done.receipt is not None
    assert done.receipt["verified"]
    assert done.receipt["removed"]["event_log"] == 2
    assert found_in(installation.data, ids_of(installation, user, key)) == set()
    assert [row["learner_key"] for row in core(installation) if row["learner_key"] in (key, beside)] == [beside]
    assert installation.rows(
        "SELECT count(*) FROM audit_log WHERE action = 'erasure.completed' AND subject = %s", done.subject
    ) == [(1,)]
    assert installation.rows(
        "SELECT sum(events)::int FROM movements WHERE kind = 'erased' AND reference = %s", f"erasure/{taken.erasure_id}"
    ) == [(2,)]
    assert list((installation.data / "erasures").iterdir()) == []
