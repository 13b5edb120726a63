"""Random streams that do not disturb each other: one per use and day, all from one seed."""

from __future__ import annotations

import numpy as np


def stream(seed: int, use: str, *numbers: int) -> np.random.Generator:
    """The generator of one use; equal arguments give equal numbers on every machine."""
    return np.random.Generator(np.random.PCG64([seed, *numbers, *use.encode()]))
