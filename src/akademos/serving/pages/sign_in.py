"""The sign-in page: the identity providers of the tenants; in development, which it says, also whom one can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from akademos.catalogue.roles import ROLES
from akademos.serving.pages.shell import Shell, page

SHOWN_AT_ONCE = 9


@dataclass(frozen=True)
class Person:
    """Somebody to sign in as, by name (empty: the role's); `detail` says what is to be seen as them (a course)."""

    person_id: str
    name: str
    role: str
    detail: str = ""


@dataclass(frozen=True)
class SignInLink:
    """An identity provider to sign in with."""

    name: str
    href: str


@dataclass(frozen=True)
class RoleGroup:
    """The people of one role: some at once, the rest behind a click."""

    title: str
    first: Sequence[Person]
    rest: Sequence[Person]
    total: int


def render_sign_in(
    people: Sequence[Person] | None,
    links: Sequence[SignInLink] = (),
    *,
    shell: Shell,
    action: str,
    next_path: str = "",
    problem: str = "",
) -> str:
    """The page as HTML; each name is a button that posts `person`, `next` and `csrf` to `action`.

    Args:
        people: in the order in which to show them; None outside development.
        links: identity providers, in the order in which to show them.
        action: where the form goes.
        next_path: where to go afterwards, handed back as posted.
        problem: a sentence about why the last try did not work.
    """
    words = shell.words
    groups = []
    for role in ROLES:
        members = [
            person if person.name else replace(person, name=words.plain(f"role.{role}"))
            for person in people or ()
            if person.role == role
        ]
        if members:
            groups.append(
                RoleGroup(
                    words.plain(f"sign_in.role.{role}"),
                    members[:SHOWN_AT_ONCE],
                    members[SHOWN_AT_ONCE:],
                    len(members),
                )
            )
    return page(
        "sign_in.html",
        shell,
        title=words.plain("sign_in.title" if people is None else "sign_in.development.title"),
        development=people is not None,
        links=links,
        groups=groups,
        action=action,
        next_path=next_path,
        problem=problem,
    )


def render_signed_in(*, shell: Shell, next_path: str, problem: str = "") -> str:
    """The page after the identity provider: the way on, or what went wrong and the way back."""
    title = shell.words.plain("sign_in.failed" if problem else "sign_in.done")
    return page("signed_in.html", shell, title=title, next_path=next_path, problem=problem)
