"""Mail over SMTP (RFC 5321): one server, declared by the operator; TLS, or in clear in development only."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Literal, TypeAlias

from akademos.catalogue.alert_datasets import ALERT_LIMITS
from akademos.errors import InputError, SettingsError
from akademos.stores.ports.alerts import MailReply, Message

Security: TypeAlias = Literal["starttls", "tls", "none"]

LONGEST_ADDRESS = 254
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_PERMANENT = 500


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail goes.

    Attributes:
        host: empty: there is none, and nothing is sent.
        security: STARTTLS, TLS from the first byte, or none.
        user, password: empty user: without signing in.
        sender: address that messages come from.
        domains: to which domains they may go, separated by commas; `*.example.org` for all below one.
    """

    host: str
    port: int
    security: Security
    user: str
    password: str
    sender: str
    domains: str

    @property
    def sender_domain(self) -> str:
        """What Message-IDs end in."""
        return parseaddr(self.sender)[1].rpartition("@")[2] or "akademos.invalid"


class SmtpMail:
    """Adapter of the port `Mail`. A connection for each message: they are few, and servers close idle ones.

    Args:
        development: also without TLS, which passwords and addresses must not cross a network in.
        context: certificates that are trusted; the system's where left out.

    Raises:
        SettingsError: a server without a sender, or without TLS outside of development.
    """

    def __init__(
        self,
        server: MailServer,
        *,
        development: bool = False,
        timeout: timedelta = ALERT_LIMITS.mail_timeout,
        context: ssl.SSLContext | None = None,
    ) -> None:
        if server.host and not _ADDRESS.fullmatch(parseaddr(server.sender)[1]):
            raise SettingsError(
                "There is a mail server, and no address that messages come from.",
                hint="Set AKADEMOS_MAIL_FROM, for example `Akademos <akademos@college.example>`.",
            )
        if server.host and server.security == "none" and not development:
            raise SettingsError("Mail would be sent in clear.", hint="Set AKADEMOS_SMTP_SECURITY to starttls or tls.")
        self._server = server
        self._timeout_s = timeout.total_seconds()
        self._context = context
        self._domains = frozenset(one.strip().lower() for one in server.domains.split(",") if one.strip())

    @property
    def declared(self) -> bool:
        """Whether there is a mail server."""
        return bool(self._server.host)

    def check(self, address: str) -> None:
        """Refuse an address that nothing may be sent to; see the port."""
        if not self.declared:
            raise InputError(
                "This installation sends no mail.",
                hint="Its operator declares a mail server with AKADEMOS_SMTP_HOST.",
                code="no_mail_server",
                pointer="/address",
            )
        if len(address) > LONGEST_ADDRESS or not _ADDRESS.fullmatch(address):
            raise InputError(
                "That is no mail address.", hint="It looks like name@college.example.", code="address_invalid",
                pointer="/address",
            )  # fmt: skip
        if not self._declared(address.rpartition("@")[2].lower()):
            raise InputError(
                "Mail does not go to that domain.",
                hint="Use an address of the institution; its operator declares domains with AKADEMOS_MAIL_DOMAINS.",
                code="domain_not_declared",
                pointer="/address",
            )

    def _declared(self, domain: str) -> bool:
        above = domain.split(".")
        return domain in self._domains or any(
            f"*.{'.'.join(above[start:])}" in self._domains for start in range(1, len(above))
        )

    def send(self, message: Message) -> MailReply:
        """Send a message; see the port."""
        try:
            self.check(message.to)
        except InputError as refused:  # the operator has taken the server or the domain away since
            return MailReply("refused", f"not sent: {refused.code}")
        try:
            connection = self._connected()
            try:
                connection.send_message(_mail(message, self._server.sender))
            finally:
                _leave(connection)
        except smtplib.SMTPRecipientsRefused as refused:
            return _reply(next(iter(refused.recipients.values()))[0])
        except smtplib.SMTPResponseException as refused:
            return _reply(refused.smtp_code)
        except (smtplib.SMTPException, OSError) as failure:
            return MailReply("again", f"not sent: {type(failure).__name__}")
        return MailReply("sent")

    def _connected(self) -> smtplib.SMTP:
        server = self._server
        context = self._context or ssl.create_default_context()
        connection: smtplib.SMTP
        if server.security == "tls":
            connection = smtplib.SMTP_SSL(server.host, server.port, timeout=self._timeout_s, context=context)
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=self._timeout_s)
        try:
            if server.security == "starttls":
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection


def _leave(connection: smtplib.SMTP) -> None:
    """Say goodbye. Whatever is answered to that, the message was taken, or refused, before."""
    with suppress(smtplib.SMTPException, OSError):
        connection.quit()
    connection.close()


def _mail(message: Message, sender: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = message.to
    mail["Subject"] = message.subject
    mail["Message-ID"] = message.message_id
    mail["Date"] = format_datetime(message.at)
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no automatic answers, please
    mail.set_content(message.text)
    return mail


def _reply(code: int) -> MailReply:
    """4xx is to be tried again, 5xx is for good (RFC 5321, 4.2.1). What the server says beside it may hold the address,
    and is not kept."""
    return MailReply("refused" if code >= _PERMANENT else "again", f"the mail server answered {code}")
