"""Reasons as the access log keeps them: it knows people only by their audit names."""

from __future__ import annotations

from akademos.serving.principal import Principal
from akademos.stores.ports.access import Reading


def kept_reason(reason: str | None, learner: str | None, principal: Principal, reading: Reading | None) -> str | None:
    """A reason without the names of who asks and about whom.

    Args:
        reason: as it was given.
        learner: as the asker named them.
        principal: who asks.
        reading: the snapshot of the learner, if there is one; it knows their other names.
    """
    if reason is None:
        return None
    known = (reading.learner_key, reading.display_name) if reading else ()
    for name, stands_for in (*((name, "[learner]") for name in (learner, *known)), (principal.user_id, "[asker]")):
        if name:
            reason = reason.replace(name, stands_for)
    return reason
