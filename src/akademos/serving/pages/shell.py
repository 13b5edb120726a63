"""What surrounds every page: head, brand, navigation, who is signed in; and the templates' environment."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from akademos.serving.pages.wording import LANGUAGES, Words, words_in

_SERVING = Path(__file__).resolve().parent.parent
STATIC_FOLDER = _SERVING / "static"

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The policy that every page of this package works under."""


@dataclass(frozen=True)
class NavLink:
    """One entry of the navigation."""

    label: str
    href: str
    current: bool = False


@dataclass(frozen=True)
class Shell:
    """Who looks at a page and where its links lead.

    `person` is the name of whoever is signed in (None: nobody), `role` their role in words. `sign_out` receives
    a POST with `csrf_token` as field `csrf`. `query` are the parameters of the page's own address, which its
    links and forms keep. `static` is where the static folder is mounted.
    """

    nav: Sequence[NavLink] = ()
    home: str = "/"
    person: str | None = None
    role: str | None = None
    sign_in: str | None = None
    sign_out: str | None = None
    csrf_token: str | None = None
    language: str = "en"
    static: str = "/static"
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def words(self) -> Words:
        """The catalogue of the chosen language, English where there is none."""
        return words_in(self.language)

    @property
    def other_languages(self) -> Sequence[tuple[str, str]]:
        """The languages that the page could speak instead: code and own name."""
        return [(one, self.words.plain(f"language.{one}")) for one in LANGUAGES if one != self.words.locale.code]

    def address(self, fragment: str = "", **changed: str) -> str:
        """This page's own address with some parameters changed, relative to it."""
        query = urlencode({**self.query, **changed})
        return f"?{query}" + (f"#{fragment}" if fragment else "")

    def asset(self, name: str) -> str:
        """The address of a static file, with a digest of its content, so that it may be cached for good."""
        return f"{self.static}/{name}?v={_digest(name)}"


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC_FOLDER / name).read_bytes()).hexdigest()[:10]


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_SERVING / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )


def page(template: str, shell: Shell, **values: object) -> str:
    """One template rendered with the shell and its words."""
    return _environment().get_template(template).render(shell=shell, words=shell.words, **values)
