"""Which language a page speaks: the one its address asks for, else the browser's first that there is."""

from __future__ import annotations

from fastapi import Request

from akademos.serving.pages.wording import LANGUAGES


def language_of(request: Request, chosen: str | None = None) -> str:
    """The language to answer in.

    Args:
        request: its header Accept-Language is read in the order in which it stands.
        chosen: what the reader chose; None: what the address says in its parameter `lang`.
    """
    if chosen is None:
        chosen = request.query_params.get("lang", "")
    accepted = request.headers.get("accept-language", "").split(",")
    wanted = [chosen, *(part.split(";")[0].strip()[:2] for part in accepted)]
    return next((one.lower() for one in wanted if one.lower() in LANGUAGES), LANGUAGES[0])
