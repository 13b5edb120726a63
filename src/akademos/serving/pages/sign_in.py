"""The development sign-in: says that it is one, and lists whom one can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from akademos.serving.pages.shell import Shell, page

SHOWN_AT_ONCE = 9
_ROLES = ("learner", "instructor", "admin", "service")


@dataclass(frozen=True)
class Person:
    """Somebody to sign in as; `detail` says what is to be seen as them (a course, a persona)."""

    person_id: str
    name: str
    role: str
    detail: str = ""


@dataclass(frozen=True)
class RoleGroup:
    """The people of one role: some at once, the rest behind a click."""

    title: str
    first: Sequence[Person]
    rest: Sequence[Person]
    total: int


def render_sign_in(
    people: Sequence[Person], *, shell: Shell, action: str, next_path: str = "", problem: str = ""
) -> str:
    """The page as HTML; each name is a button that posts `person`, `next` and `csrf` to `action`.

    Args:
        people: in the order in which to show them; roles are learner, instructor, admin or service.
        action: where the form goes.
        next_path: where to go afterwards, handed back as posted.
        problem: a sentence about why the last try did not work.
    """
    words = shell.words
    groups = []
    for role in _ROLES:
        members = [person for person in people if person.role == role]
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
        title=words.plain("sign_in.title"),
        groups=groups,
        action=action,
        next_path=next_path,
        problem=problem,
    )
