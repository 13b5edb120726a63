"""Fitting text without a browser: widths are reckoned from a sans serif's, a little on the generous side."""

from __future__ import annotations

from functools import lru_cache

ELLIPSIS = "\u2026"
_SLACK = 1.08  # between the narrowest and the widest of the fonts in use
_BOLD = 1.06
_SQUARE = "\u2e80"  # from here on
_WIDTHS = {
    **dict.fromkeys("ijlI'|", 0.25),
    **dict.fromkeys(" .,:;!/\\ft[]()`-\u2019", 0.31),
    **dict.fromkeys("r", 0.36),
    **dict.fromkeys("ckJsvxyz", 0.51),
    **dict.fromkeys("FTZL", 0.61),
    **dict.fromkeys("ABEKPSVXY", 0.67),
    **dict.fromkeys("CDHNRUw&", 0.73),
    **dict.fromkeys("GOQ", 0.78),
    **dict.fromkeys("mM", 0.84),
    **dict.fromkeys("W%@\u2014\u2026", 0.96),
}


def text_width(words: str, size: float, *, bold: bool = False) -> float:
    """About the widest that `words` get at `size`, in the same unit; East Asian letters are square."""
    return _ems(words) * size * (_BOLD if bold else 1.0)


@lru_cache(maxsize=4096)
def _ems(words: str) -> float:
    return _SLACK * sum([_WIDTHS.get(letter, 0.56 if letter < _SQUARE else 1.0) for letter in words])


def fit(words: str, width: float, size: float, *, bold: bool = False) -> str:
    """`words`, cut with an ellipsis when wider than `width`; at least one character stays."""
    if text_width(words, size, bold=bold) <= width:
        return words
    kept = words
    while len(kept) > 1 and text_width(kept.rstrip() + ELLIPSIS, size, bold=bold) > width:
        kept = kept[:-1]
    return kept.rstrip() + ELLIPSIS


def wrap(words: str, width: float, size: float, lines: int = 2, *, bold: bool = False) -> list[str]:
    """`words` on at most `lines` lines no wider than `width`; the last one is cut when need be."""
    rows: list[str] = []
    pending = words.split()
    while pending and len(rows) < lines - 1:
        row = pending.pop(0)
        while pending and text_width(f"{row} {pending[0]}", size, bold=bold) <= width:
            row += f" {pending.pop(0)}"
        rows.append(fit(row, width, size, bold=bold))
    if pending:
        rows.append(fit(" ".join(pending), width, size, bold=bold))
    return rows
