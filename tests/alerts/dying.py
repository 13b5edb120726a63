"""A process that sends mail and kills itself: `python -m tests.alerts.dying DSN PORT NOW WHEN`.

WHEN is `before` the mail server has been spoken to, or `after` it has answered, before that is noted.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import UTC, datetime, timedelta

from tests.alerts.conftest import PAGE, server_at

from akademos.jobs.alert_mail import AlertMailJob
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.alerts import MailReply, Message
from akademos.stores.postgres.alert_notices import PostgresAlertNotices
from akademos.stores.postgres.database import Database
from akademos.stores.smtp.mail import SmtpMail


class DyingMail(SmtpMail):
    """Dies as kill -9 does."""

    when = ""

    def send(self, message: Message) -> MailReply:
        """Send, and die before or after."""
        if self.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        reply = super().send(message)
        assert reply.outcome == "sent"
        os.kill(os.getpid(), signal.SIGKILL)
        return reply


def main(dsn: str, port: str, now: str, when: str) -> None:
    """Send once."""
    database = Database(dsn)
    database.open()
    mail = DyingMail(server_at(int(port)), development=True, timeout=timedelta(seconds=5))
    mail.when = when
    clock = datetime.fromisoformat(now).astimezone(UTC)
    notices = PostgresAlertNotices(database, Keys(bytes(range(32))))
    AlertMailJob(notices, mail, page=PAGE, sender_domain="college.example", clock=lambda: clock).once()


if __name__ == "__main__":
    main(*sys.argv[1:])
