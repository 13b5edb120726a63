"""The public page of a certificate: what was certified and whether it stands; never whose it is."""

from __future__ import annotations

from datetime import datetime

from akademos.learning.credentials import PublicCertificate
from akademos.serving.pages.shell import Shell, page


def render_verify(
    found: PublicCertificate | None, *, code: str, shell: Shell, action: str, now: datetime, unknown: bool = False
) -> str:
    """The page as HTML.

    Args:
        found: the certificate; None to ask for a code.
        code: what was typed.
        action: where the form sends the code.
        now: the instant of the check, in UTC.
        unknown: whether the code was looked for and is none.
    """
    words = shell.words
    facts: list[tuple[str, str]] = []
    sentence = ""
    if found is not None:
        day = words.locale.full_day
        ended = {"expired": found.expires_on, "revoked": found.revoked_at}.get(found.standing)
        sentence = words.plain(
            f"verify.{found.standing}.text", issuer=found.issuer, day=day(ended) if ended is not None else ""
        )
        last = words.plain("certificate.for_good") if found.expires_on is None else day(found.expires_on)
        facts = [
            (words.plain("verify.title.col"), found.title),
            (words.plain("certificate.number"), found.number),
            (words.plain("verify.issuer"), found.issuer),
            (words.plain("my_courses.col.revision"), "\u2013" if found.revision is None else str(found.revision)),
            (words.plain("certificate.issued"), day(found.issued_at)),
            (words.plain("certificate.expires"), last),
        ]
    return page(
        "verify.html",
        shell,
        title=words.plain("verify.title"),
        found=found,
        code=code[:64],
        action=action,
        facts=facts,
        sentence=sentence,
        asked=words.plain("verify.asked_at", at=words.locale.moment(now)),
        unknown=unknown,
    )
