"""What the record of help for a learner must say, so that whether it helped can be told later."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from akademos.catalogue.alert_datasets import ALERT_LIMITS
from akademos.errors import InputError


def check_help(help_: Mapping[str, object], today: date) -> None:
    """Let help be recorded, or say what does not fit together. Whether the learner takes the course is the store's.

    Raises:
        InputError: it begins further back, or further ahead, than anybody notes help; it ends before it begins; or the
            arm was drawn by lot and nothing says in which trial, or from which day on.
    """
    begins, ends = help_.get("starts_on"), help_.get("ends_on")
    earliest, latest = today - ALERT_LIMITS.noted_back, today + ALERT_LIMITS.noted_ahead
    for name, day in (("starts_on", begins), ("ends_on", ends)):
        if isinstance(day, date) and not earliest <= day <= latest:
            raise _refused("help_day", name, f"help is noted from {earliest} to {latest}")
    if isinstance(begins, date) and isinstance(ends, date) and ends < begins:
        raise _refused("help_ends_early", "ends_on", "it does not end before it begins")
    if help_.get("assignment") != "randomised":
        return
    for name in ("trial", "arm"):
        if not str(help_.get(name) or "").strip():
            raise _refused("help_trial", name, f"who was drawn by lot bears the {name}")
    if begins is None:  # without a day nobody is looked at again, and only help that takes place would get one
        raise _refused("help_drawn_day", "starts_on", "who was drawn by lot counts from a day on")


def not_enrolled() -> InputError:
    """The refusal of help in a course that the learner does not take."""
    return _refused("help_course", "course_id", "the learner does not take this course on that day")


def _refused(code: str, name: str, rule: str) -> InputError:
    return InputError(
        f"The intervention is not kept: {rule}.",
        hint=f"Correct `{name}` and send it again.",
        code=code,
        status=422,
        pointer=f"/{name}",
    )
