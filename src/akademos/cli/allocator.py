"""How the C library gives out memory in this process."""

from __future__ import annotations

import ctypes

ARENAS = 2
_M_ARENA_MAX = -8  # malloc.h of the GNU C library


def bound_arenas() -> None:
    """Bound the pools from which threads are given memory; call before threads are started.

    The GNU C library makes up to eight a core, and each keeps what its threads have freed: a worker under load held
    450 MB instead of 310 (docs/decisions/0006-intake.md). Other C libraries have no such pools: nothing is done.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, ARENAS)
