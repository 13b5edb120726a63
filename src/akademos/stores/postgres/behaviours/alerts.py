"""The owner of an alert advises its learner, and is told of it while nobody has taken it on: when it is raised, and
when it is handed to somebody else. A note bears the name of who wrote it."""

from __future__ import annotations

from collections.abc import Mapping

from akademos.catalogue.records.declaration import Record
from akademos.errors import InputError
from akademos.stores.postgres.person_sql import ADVISEES, person_of
from akademos.stores.postgres.record_changes import Change, RecordWork
from akademos.stores.postgres.record_rows import Row

_LEARNER = person_of("%(tenant)s", "%(learner)s::uuid")
_ADVISES = f"""
    SELECT {_LEARNER} IN (SELECT {person_of("%(tenant)s", "own.learner_key")} FROM (
        {ADVISEES.format(actor="%(owner)s::uuid")}) AS own)
"""

# Whoever wants no mail, or nobody has asked, finds it on the page: nothing waits for them. Who had it before and gets
# it back is told again.
_TELL = """
    INSERT INTO alert_deliveries (tenant_id, alert_id, advisor_key, learner_key)
    SELECT s.tenant_id, %s, s.advisor_key, %s FROM alert_settings s
    WHERE s.tenant_id = %s AND s.advisor_key = %s AND s.by_mail
    ON CONFLICT (tenant_id, alert_id, advisor_key) DO UPDATE SET state = 'pending', attempts = 0,
        next_attempt_at = now(), notice_id = NULL, last_error = NULL, settled_at = NULL
    WHERE alert_deliveries.state <> 'pending'
"""


def tell_owner(work: RecordWork, change: Change) -> None:
    """Note that the owner is to be told; one who does it themself knows."""
    after, before = change.after, change.before
    if change.record.name != "learner_alerts" or after["status"] != "raised":
        return
    owner = after["owner_key"]
    unchanged = before is not None and before["owner_key"] == owner
    if owner is None or unchanged or str(owner) == work.actor_key:
        return
    work.transaction.execute(_TELL, (after["alert_id"], after["learner_key"], work.tenant_id, owner))


def on_alert(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """Refuse an owner who does not advise the learner: they would neither see the alert nor be told of it."""
    noted = row | dict(sent)
    owner, learner = noted.get("owner_key"), noted["learner_key"]
    if owner is not None and {"owner_key", "learner_key"} & sent.keys():
        work.require(lambda: _require_advisor(work, owner, learner))
    return {}


def _require_advisor(work: RecordWork, owner: object, learner: object) -> None:
    who = {"tenant": work.tenant_id, "owner": owner, "learner": learner}
    (advises,) = work.transaction.execute(_ADVISES, who).fetchone() or (False,)
    if not advises:
        raise InputError(
            "The alert is not kept: its owner does not advise the learner.",
            hint="Hand it to somebody who advises the learner by name, or in one of their courses.",
            code="owner_not_advising",
            status=422,
            pointer="/owner_id",
        )


def on_note(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """Who writes a note is its author."""
    return {"author_key": work.actor_key}
