"""Refusals: every error a caller can meet, with what happened, why, and what to do.

A refusal is *terminal* (the same input will be refused again) or *transient* (try again later); the kind
decides the next step of whoever catches it: dead-letter or retry, 4xx or 503.
"""

from __future__ import annotations


class AkademosError(Exception):
    """Base of every refusal.

    Attributes:
        code: stable snake_case identifier, part of the public interface.
        reason: what happened and where, in one sentence, never with personal data.
        hint: what to do about it, in one sentence.
        status: the HTTP status the refusal maps to.
        transient: whether the same call may succeed later.
    """

    code = "error"
    status = 400
    transient = False

    def __init__(
        self,
        reason: str,
        *,
        hint: str = "",
        code: str | None = None,
        status: int | None = None,
        pointer: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.pointer = pointer
        self.retry_after_s = retry_after_s
        if code is not None:
            self.code = code
        if status is not None:
            self.status = status

    def __str__(self) -> str:
        return f"{self.reason} {self.hint}".rstrip()


class SettingsError(AkademosError):
    """A setting is missing, malformed or contradicts another one."""

    code = "settings_invalid"


class CatalogueError(AkademosError):
    """A declaration is inconsistent, or a change to it would break senders."""

    code = "catalogue_invalid"


class InputError(AkademosError):
    """The caller's input cannot be understood; `pointer` says where."""

    code = "input_invalid"


class Unauthenticated(AkademosError):
    """Nobody, or nobody we know, is asking."""

    code = "unauthenticated"
    status = 401


class Forbidden(AkademosError):
    """The caller is known and may not do this; the reason says which rule refused it."""

    code = "forbidden"
    status = 403


class NotFound(AkademosError):
    """There is no such thing within the caller's reach."""

    code = "not_found"
    status = 404


class Conflict(AkademosError):
    """The request contradicts the present state."""

    code = "conflict"
    status = 409


class VersionMoved(AkademosError):
    """Somebody else has changed it since it was read."""

    code = "version_moved"
    status = 412


class VersionNeeded(AkademosError):
    """A change must say which version it was made upon."""

    code = "version_needed"
    status = 428


class TooLarge(AkademosError):
    """The body, or one event of it, is over the limit."""

    code = "too_large"
    status = 413


class TooFast(AkademosError):
    """The key's rate is used up; `retry_after_s` says for how long."""

    code = "too_fast"
    status = 429
    transient = True


class Unavailable(AkademosError):
    """A store is down or the queue is full: nothing was taken, send the same ids again."""

    code = "unavailable"
    status = 503
    transient = True
