"""Versions of materials, and how far people come in videos.

Some videos have a long introduction at which people leave; most of these are cut anew once their topic has been taught
for a while.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from akademos.demo.bank import Bank, Floats, Ints
from akademos.demo.population import NEVER, Bools
from akademos.demo.randomness import stream

VIDEO = 1
"""Place of the video among the materials of a leaf."""

_LONG_WINDED = (0, 1, 3)
_EDITED = (0, 3)
_TAUGHT_DAYS, _LESSON_DAYS = 12.0, 11.0
_LENGTH_LEAST, _LENGTH_STEP, _LENGTHS = 240, 12, 17
_INTRODUCTION_S, _INTRODUCTION_SD, _AT_INTRODUCTION = 48.0, 2.5, 0.7


def edited_on(bank: Bank, material: Ints) -> Floats:
    """Day on which each material got its second version; NEVER for those that have one only."""
    place = bank.place_of_leaf[material // bank.materials_per_leaf]
    return np.where(_is_video_at(bank, material, _EDITED), _TAUGHT_DAYS + _LESSON_DAYS * place, NEVER)


def is_long_winded(bank: Bank, material: Ints, at: Floats) -> Bools:
    """Whether each material is a video that had a long introduction then; who leaves it does not come back."""
    began_so = _is_video_at(bank, material, _LONG_WINDED)
    return np.asarray(began_so & (at < edited_on(bank, material)), dtype=np.bool_)


def _is_video_at(bank: Bank, material: Ints, places: tuple[int, ...]) -> Bools:
    place = bank.place_of_leaf[material // bank.materials_per_leaf]
    return np.asarray((material % bank.materials_per_leaf == VIDEO) & np.isin(place, places), dtype=np.bool_)


def versions(bank: Bank, material: Ints, at: Floats) -> list[str]:
    """The version that was on the screen."""
    return ["2" if edited else "1" for edited in at >= edited_on(bank, material)]


def left_at(seed: int, bank: Bank, material: Ints, at: Floats) -> pl.Series:
    """Second of a video at which each would leave who does not see it through; null for what is no video."""
    rng = stream(seed, "videos")
    length = lengths(material)
    dice, noise = rng.random((2, len(material))), rng.normal(0, _INTRODUCTION_SD, len(material))
    anywhere = 5 + dice[0] * (length - 10)
    bored = is_long_winded(bank, material, at) & (dice[1] < _AT_INTRODUCTION)
    left = np.where(bored, _INTRODUCTION_S + noise, anywhere)
    is_video = pl.Series(material % bank.materials_per_leaf == VIDEO)
    return pl.select(pl.when(is_video).then(pl.Series(left.round(1)))).to_series()


def lengths(material: Ints) -> Floats:
    """Length of each material in seconds, were it a video."""
    return _LENGTH_LEAST + _LENGTH_STEP * (material % _LENGTHS).astype(np.float64)
