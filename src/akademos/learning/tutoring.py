"""What the record of a session with an automated tutor must say.

A session whose answer was let through names how sure the tutor was; one without any reference is not let through as
certain. So a claim without a source can be found later, and counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from akademos.errors import InputError

CERTAIN = 0.8
"""From which confidence (share) an answer is put forward as certain."""


def check_session(session: Mapping[str, object]) -> None:
    """Let a session be recorded, or say what is missing.

    Raises:
        InputError: an answer that passed the guardrail has no confidence, or is certain without a reference; or the
            session ends before it begins.
    """
    passed = session.get("guardrail_result") == "passed"
    confidence = session.get("confidence")
    if passed and confidence is None:
        raise _incomplete("confidence", "an answer that passed says how sure the tutor was")
    if passed and isinstance(confidence, int | float) and confidence >= CERTAIN and not session.get("material_ids"):
        raise _incomplete("material_ids", f"an answer given with a confidence of {CERTAIN:g} or more names its sources")
    begun, ended = session.get("started_at"), session.get("ended_at")
    if isinstance(begun, datetime) and isinstance(ended, datetime) and ended < begun:
        raise _incomplete("ended_at", "a session does not end before it begins")


def _incomplete(name: str, rule: str) -> InputError:
    return InputError(
        f"The session is not kept: {rule}.",
        hint="Correct it and send it again.",
        code="tutor_session_invalid",
        status=422,
        pointer=f"/{name}",
    )
