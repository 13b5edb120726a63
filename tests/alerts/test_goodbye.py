"""What a mail server answers to QUIT changes nothing about the message before it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from tests.alerts.conftest import ADDRESS, server_at

from akademos.stores.ports.alerts import MailReply, Message
from akademos.stores.smtp.mail import SmtpMail

MESSAGE = Message(
    message_id="<x@college.example>", to=ADDRESS, subject="s", text="t", at=datetime(2026, 3, 9, tzinfo=UTC)
)
HANGS_UP = ""


@contextmanager
def serving(to_data: str, to_quit: str) -> Iterator[tuple[int, list[bytes]]]:
    """A mail server for one connection: its port, and what it took."""
    taken: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection, connection.makefile("rwb") as talk:

                def say(text: str) -> None:
                    talk.write(f"{text}\r\n".encode())
                    talk.flush()

                say("220 here")
                for line in talk:
                    match line[:4].upper():
                        case b"DATA":
                            say("354 go on")
                            body = list(iter(talk.readline, b".\r\n"))
                            if to_data.startswith("250"):
                                taken.append(b"".join(body))
                            say(to_data)
                        case b"QUIT":
                            if to_quit:
                                say(to_quit)
                            return
                        case _:
                            say("250 fine")

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield int(listening.getsockname()[1]), taken
        server.join(5)


@pytest.mark.parametrize("to_quit", ["221 bye", "421 too busy", "500 what", HANGS_UP])
@pytest.mark.parametrize(
    ("to_data", "reply"),
    [
        ("250 queued", MailReply("sent")),
        ("554 no", MailReply("refused", "the mail server answered 554")),
        ("451 later", MailReply("again", "the mail server answered 451")),
    ],
)
def test_the_reply_is_that_of_the_message(to_data: str, reply: MailReply, to_quit: str) -> None:
    with serving(to_data, to_quit) as (port, taken):
        mail = SmtpMail(server_at(port), development=True, timeout=timedelta(seconds=5))
        assert mail.send(MESSAGE) == reply
    assert len(taken) == (reply.outcome == "sent")
