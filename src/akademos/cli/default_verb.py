"""Groups of commands in which one verb may be left out."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup


def leaving_out(verb: str) -> type[TyperGroup]:
    """A group of commands in which `verb` is meant where the first word is none of its verbs."""

    class LeavingOut(TyperGroup):
        def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
            """Put in the verb that was left out."""
            if args and args[0] not in self.commands and args[0] != "--help":
                args = [verb, *args]
            return super().parse_args(ctx, args)

    return LeavingOut
