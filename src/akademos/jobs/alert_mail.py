"""Telling the owners of alerts by mail: one message for all that wait, which names nobody.

A message is sent at least once, and bears the same Message-ID when it is sent again: a process that dies between the
mail server's answer and its own note repeats the message, and mailboxes know it by that.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

import structlog

from akademos.jobs.quiet_hours import quiet_until
from akademos.outbox.retries import pause
from akademos.stores.ports.alerts import AlertNotice, AlertNotices, Mail, Message
from akademos.telemetry import ALERT_MAIL, ALERT_MAIL_DEAD, ALERT_MAIL_LAG

log = structlog.get_logger()

Result = Literal["sent", "postponed", "failed", "dead"]

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "subject": "Students in focus: {n} to look at",
        "begin": "Alerts about your own learners that nobody has taken on yet:",
        "new_in_focus": "new in focus: {n}",
        "sharp_rise": "sharp rise of risk: {n}",
        "other": "others: {n}",
        "where": "Whom they are about stands behind the sign-in:",
        "why": "An estimate, no verdict: it may be wrong, and nothing follows by itself. "
        "Where you see them you can also set when you are told.",
    },
    "de": {
        "subject": "Studierende im Blick: {n} zum Ansehen",
        "begin": "Hinweise zu Ihren eigenen Lernenden, um die sich noch niemand kümmert:",
        "new_in_focus": "neu im Blick: {n}",
        "sharp_rise": "Risiko stark gestiegen: {n}",
        "other": "andere: {n}",
        "where": "Um wen es geht, steht hinter der Anmeldung:",
        "why": "Eine Schätzung, kein Urteil: Sie kann falsch sein, und von selbst folgt nichts daraus. "
        "Dort stellen Sie auch ein, wann Sie benachrichtigt werden.",
    },
}
LANGUAGES = tuple(_WORDS)
KINDS = ("new_in_focus", "sharp_rise")
"""Kinds of alerts that this platform raises itself."""


class AlertMailJob:
    """Sends what is due; as many processes as there are may run it.

    Args:
        page: address of the page that shows the alerts; empty where the installation does not know its own.
        sender_domain: what Message-IDs end in.
        chance: a number in 0..1 for the jitter of pauses.
    """

    def __init__(
        self,
        notices: AlertNotices,
        mail: Mail,
        *,
        page: str,
        sender_domain: str,
        clock: Callable[[], datetime],
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._notices = notices
        self._mail = mail
        self._page = page
        self._domain = sender_domain
        self._clock = clock
        self._chance = chance

    def once(self) -> Result | None:
        """Send the next message; what came of it, None when none is due."""
        now = self._clock()
        notice = self._notices.take(now)
        if notice is None:
            return None
        wanted = notice.settings
        until = quiet_until(now, wanted.time_zone, wanted.quiet_from, wanted.quiet_until)
        result: Result
        if until is not None:
            self._notices.postponed(notice, until)
            result = "postponed"
        else:
            result = self._send(notice)
        ALERT_MAIL.labels(result).inc()
        return result

    def _send(self, notice: AlertNotice) -> Result:
        reply = self._mail.send(message(notice, page=self._page, domain=self._domain, at=self._clock()))
        if reply.outcome == "sent":
            self._notices.sent(notice)
            return "sent"
        log.warning("alert_mail_failed", tenant=notice.tenant_id, notice=str(notice.notice_id), reason=reply.reason)
        again = None
        if reply.outcome == "again":
            again = self._clock() + pause(notice.attempts + 1, self._chance())
        return "dead" if self._notices.failed(notice, reply.reason, next_attempt_at=again) else "failed"

    def measure(self) -> None:
        """Set the metrics that alerts to the operator rest on."""
        now = self._clock()
        standing = self._notices.standing(now)
        ALERT_MAIL_DEAD.set(standing.dead)
        since = standing.overdue_since
        ALERT_MAIL_LAG.set(0 if since is None else max(0.0, (now - since).total_seconds()))


def message(notice: AlertNotice, *, page: str, domain: str, at: datetime) -> Message:
    """What is sent: how many alerts of which kind, and where they stand. Nothing about anybody."""
    words = _WORDS.get(notice.settings.language, _WORDS["en"])
    total = sum(count for _, count in notice.kinds)
    lines = [words["begin"], ""]
    # What people call an alert of their own may say whom it is about: it is counted among the others.
    known = {kind: count for kind, count in notice.kinds if kind in KINDS}
    others = total - sum(known.values())
    lines += [f"- {words[kind].format(n=count)}" for kind, count in sorted(known.items())]
    lines += [f"- {words['other'].format(n=others)}"] if others else []
    lines += ["", *((words["where"], page, "") if page else ()), words["why"], ""]
    return Message(
        message_id=f"<{notice.notice_id}@{domain}>",
        to=notice.settings.address or "",
        subject=words["subject"].format(n=total),
        text="\n".join(lines),
        at=at,
    )
