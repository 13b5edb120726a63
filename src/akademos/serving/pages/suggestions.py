"""Steps that people suggest to a learner, beside those that are computed: on the learner's page to answer, on the
advisor's to see what became of them. They are the records `learning_recommendations`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from akademos.serving.pages.recommendation_card import Button
from akademos.serving.pages.wording import Words
from akademos.stores.ports.record_store import RecordRow

ADVISOR = "advisor"
"""What brought a step about that an advisor wrote down."""

ANSWERS: Mapping[str, str] = {"accept": "accepted", "dismiss": "dismissed", "complete": "completed"}
"""What a learner can say of a suggested step, and how the button is called elsewhere."""

OPEN = ("proposed", "shown", "accepted")
"""States of a step that still waits for the learner."""

SUGGESTION_LENGTH = 256
"""Characters of what to do, and of why, as the forms take them."""


@dataclass(frozen=True)
class SuggestedStep:
    """One step on the learner's page."""

    suggestion_id: str
    action: str
    reason: str
    trigger: str
    until: str
    taken: str | None
    buttons: Sequence[Button]


@dataclass(frozen=True)
class SuggestionLine:
    """One step on the page of whoever advises."""

    name: str
    action: str
    reason: str
    status: str
    since: str


def suggested_steps(
    found: Sequence[RecordRow], now: datetime, zone: tzinfo | None, words: Words
) -> list[SuggestedStep]:
    """What waits for the learner's word, the most urgent first, of these the oldest; what is over is left out."""
    waiting = [row for row in found if row.values["status"] in OPEN and not _over(row, now)]
    return [_step(row, zone, words) for row in sorted(waiting, key=_urgency)]


def suggestion_lines(found: Sequence[RecordRow], names: Mapping[str, str], words: Words) -> list[SuggestionLine]:
    """What was suggested to learners, and how it stands."""
    return [
        SuggestionLine(
            name=names.get(str(row.values["user_id"])) or str(row.values["user_id"]),
            action=str(row.values["action"]),
            reason=str(row.values["reason"]),
            status=words.plain(f"suggestion.status.{row.values['status']}"),
            since=words.locale.full_day(datetime.fromisoformat(str(row.values["created_at"])).date()),
        )
        for row in found
    ]


def _over(row: RecordRow, now: datetime) -> bool:
    until = row.values["expires_at"]
    return until is not None and datetime.fromisoformat(str(until)) <= now


def _urgency(row: RecordRow) -> tuple[bool, int, str]:
    return row.values["status"] != "accepted", int(str(row.values["priority"])), str(row.values["created_at"])


def _step(row: RecordRow, zone: tzinfo | None, words: Words) -> SuggestedStep:
    values = row.values
    taken = values["status"] == "accepted"
    trigger = f"suggestion.trigger.{values['source_trigger']}"
    until = ""
    if values["expires_at"] is not None:  # an instant; the last day is the one that holds the moment before
        last = datetime.fromisoformat(str(values["expires_at"])).astimezone(zone) - timedelta(microseconds=1)
        until = words.plain("suggestion.until", day=words.locale.full_day(last.date()))
    return SuggestedStep(
        suggestion_id=str(row.key[0]),
        action=str(values["action"]),
        reason=str(values["reason"]),
        trigger=words.plain(trigger) if trigger in words else words.plain("suggestion.trigger.other"),
        until=until,
        taken=words.plain("recommended.taken") if taken else None,
        buttons=[
            Button(one, words.plain(f"recommended.button.{ANSWERS[one]}"))
            for one in (("complete", "dismiss") if taken else ("accept", "dismiss"))
        ],
    )
