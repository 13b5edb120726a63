"""Under which name the logs know whoever works at the command line."""

from __future__ import annotations

import getpass


def operator() -> str:
    """`command line:<login>`, as the audit log's actor."""
    return f"command line:{getpass.getuser()}"
