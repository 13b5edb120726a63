"""The owner of an alert is to be told of it: when it is raised, and when it is handed to somebody else."""

from __future__ import annotations

from akademos.stores.postgres.record_changes import Change, RecordWork

# Whoever wants no mail, or nobody has asked, finds it on the page: nothing waits for them.
_TELL = """
    INSERT INTO alert_deliveries (tenant_id, alert_id, advisor_key, learner_key)
    SELECT s.tenant_id, %s, s.advisor_key, %s FROM alert_settings s
    WHERE s.tenant_id = %s AND s.advisor_key = %s AND s.by_mail
    ON CONFLICT (tenant_id, alert_id, advisor_key) DO NOTHING
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
