"""Pages that say why there is nothing else to see: a refusal, or consent that is not given."""

from __future__ import annotations

from datetime import datetime

from akademos.errors import AkademosError
from akademos.serving.pages.shell import Shell, page


def render_error(
    error: AkademosError, *, shell: Shell, retry: str | None = None, last_good_at: datetime | None = None
) -> str:
    """A refusal as a page: what happened, what to do, a way to try again when it is transient.

    What the refusal itself says is English, whatever the language of the page, and marked as that.
    `retry` is the address for that; `last_good_at` (in the reader's zone) tells of the last good copy.
    """
    words = shell.words
    key, said = f"error.{error.status}", f"error.text.{error.status}"
    return page(
        "error.html",
        shell,
        title=words.plain(key if key in words else "error.title"),
        text=words.plain(said if said in words else "error.text"),
        error=error,
        retry=retry if error.transient or error.status >= 500 else None,
        last=words.html("error.last", at=words.locale.moment(last_good_at)) if last_good_at else "",
        safe=error.status >= 500,
    )


def render_no_consent(*, shell: Shell, own_page: bool, manage: str | None = None) -> str:
    """The page to send with 403 when learning support is not consented: what it means and what to do.

    `own_page`: the learner asks about themselves; `manage`: where they can give consent, if that is here.
    """
    return page(
        "no_consent.html",
        shell,
        title=shell.words.plain("consent.title"),
        who="own" if own_page else "other",
        manage=manage if own_page else None,
    )
