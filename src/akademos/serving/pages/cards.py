"""What a card holds: a takeaway, a picture with its numbers, or a state that says what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import NamedTuple

from markupsafe import Markup

from akademos.serving.charts.heatmap_calendar import ramp
from akademos.serving.pages.answers import LoadFailure
from akademos.serving.pages.tables import Table
from akademos.serving.pages.wording import Words

NOTHING = Markup("")


@dataclass(frozen=True)
class State:
    """Why there is nothing to show, and what unlocks it. `kind` is the status; `retry` an address, if any."""

    kind: str
    title: str
    text: Markup
    retry: str | None = None


@dataclass(frozen=True)
class Note:
    """A sentence under a picture, marked as what it is (estimate, forecast)."""

    chip: str
    text: Markup


@dataclass(frozen=True)
class LegendEntry:
    """A sign (a class of the stylesheet) and its meaning."""

    sign: str
    text: str


class Ramp(NamedTuple):
    """The seven colours in a row, between the words for both ends."""

    drawing: Markup
    low: str
    high: str

    @classmethod
    def of(cls, low: str, high: str, thresholds: Sequence[int] | None = None) -> Ramp:
        """Of shares; with thresholds, of counts."""
        return cls(Markup(ramp(thresholds)), low, high)  # noqa: S704 - our drawing


def low_to_high(words: Words) -> Ramp:
    """The ramp of a heatmap of mastery."""
    return Ramp.of(words.plain("heatmap.low"), words.plain("heatmap.high"))


@dataclass(frozen=True)
class Card:
    """One card. A picture always comes with its tables; a state stands instead of both."""

    key: str
    title: str
    takeaway: Markup = NOTHING
    figure: Markup = NOTHING
    tables: Sequence[Table] = ()
    legend: Sequence[LegendEntry] = ()
    notes: Sequence[Note] = ()
    state: State | None = None
    ramp: Ramp | None = None


def figure(kind: str, *drawings: str) -> Markup:
    """Drawings of one picture for several widths; by `kind` (nw, nm, graph) the stylesheet shows one."""
    return Markup('<div class="plot {}">{}</div>').format(kind, Markup("".join(drawings)))  # noqa: S704 - ours


def state_for(words: Words, card: str, status: str, *, answers: int | None = None) -> State:
    """The state of a card whose answer has `status` (not ok); where answers are too few, also how many there are."""
    kind = status if f"state.{status}" in words else "not_enough_data"
    key = f"state.{kind}.{card}"
    text = words.html(key if key in words else f"state.{kind}.text")
    if answers and kind == "not_enough_data":
        text += Markup(" ") + words.html("state.so_far", n=words.counted("answers", answers))
    return State(kind, words.plain(f"state.{kind}"), text)


def failure_state(words: Words, failure: LoadFailure, retry: str, zone: tzinfo | None) -> State:
    """The state of a card whose answer could not be had: the data is safe, the last good time, try again."""
    parts = [words.html("state.error.text"), Markup("{}").format(failure.reason)]
    if failure.last_good_at is not None:
        parts.append(words.html("state.error.last", at=words.locale.moment(failure.last_good_at.astimezone(zone))))
    return State("error", words.plain("state.error"), Markup(" ").join(parts), retry)
